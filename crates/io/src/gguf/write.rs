//! Writing: the header, then the tensors, each at a multiple of the alignment.

use super::{ALIGNMENT, ALIGNMENT_KEY, LIST, MAGIC, Metadata, TENSORS, TEXT, VALUES, VERSION, Value, failed};
use crate::elements::Bytes;
use lazulite_base::{Dtype, Result};
use lazulite_core::Array;

/// The bytes of a file.
pub fn write(mut list: Vec<(String, &Array)>, metadata: &Metadata) -> Result<Vec<u8>> {
    list.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some(pair) = list.windows(2).find(|w| w[0].0 == w[1].0) {
        return Err(failed("save", format!("two arrays are named `{}`", pair[0].0)));
    }
    if metadata.contains_key(ALIGNMENT_KEY) {
        return Err(failed("save", format!("`{ALIGNMENT_KEY}` is chosen by the writer")));
    }
    let settings = metadata.values().filter_map(|v| if let Value::Array(a) = v { Some(a) } else { None });
    lazulite_core::eval(list.iter().map(|(_, a)| *a).chain(settings))?;
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_le_bytes());
    out.extend((list.len() as u64).to_le_bytes());
    out.extend((metadata.len() as u64).to_le_bytes());
    for (name, v) in metadata {
        text(&mut out, name);
        value(&mut out, name, v)?;
    }
    let mut at = 0;
    for (name, a) in &list {
        let kind = TENSORS.iter().find(|(_, d)| *d == a.dtype()).map(|(k, _)| *k);
        let kind = kind.ok_or_else(|| failed("save", format!("array `{name}`: the format has no {}", a.dtype())))?;
        text(&mut out, name);
        out.extend((a.ndim() as u32).to_le_bytes());
        a.shape().iter().rev().for_each(|&n| out.extend((n as u64).to_le_bytes()));
        out.extend(kind.to_le_bytes());
        out.extend((at as u64).to_le_bytes());
        at = (at + a.nbytes()).next_multiple_of(ALIGNMENT as usize);
    }
    for (_, a) in &list {
        out.resize(out.len().next_multiple_of(ALIGNMENT as usize), 0);
        out.extend_from_slice(&Bytes::row_major(a)?);
    }
    Ok(out)
}

fn text(out: &mut Vec<u8>, s: &str) {
    out.extend((s.len() as u64).to_le_bytes());
    out.extend_from_slice(s.as_bytes());
}

fn value(out: &mut Vec<u8>, name: &str, v: &Value) -> Result<()> {
    match v {
        Value::Text(t) => {
            out.extend(TEXT.to_le_bytes());
            text(out, t);
        }
        Value::Texts(list) => {
            out.extend(LIST.to_le_bytes());
            out.extend(TEXT.to_le_bytes());
            out.extend((list.len() as u64).to_le_bytes());
            list.iter().for_each(|t| text(out, t));
        }
        Value::Array(a) => {
            let kind = |d: Dtype| VALUES.iter().find(|(_, e)| *e == d).map(|(k, _)| *k);
            let kind = kind(a.dtype()).filter(|_| a.ndim() <= 1);
            let kind = kind.ok_or_else(|| failed("save", format!("setting `{name}`: the format has no {}{:?}", a.dtype(), a.shape())))?;
            if a.ndim() == 1 {
                out.extend(LIST.to_le_bytes());
            }
            out.extend(kind.to_le_bytes());
            if a.ndim() == 1 {
                out.extend((a.size() as u64).to_le_bytes());
            }
            out.extend_from_slice(&Bytes::row_major(a)?);
        }
    }
    Ok(())
}
