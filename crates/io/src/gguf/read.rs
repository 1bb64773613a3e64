//! Reading: the header's entries one after another, then the tensors.

use super::{ALIGNMENT, ALIGNMENT_KEY, LIST, MAGIC, Metadata, TENSORS, TEXT, VALUES, Value, blocks, failed};
use crate::Arrays;
use crate::elements::declared;
use crate::file::Source;
use lazulite_base::{Dtype, Error, Result};
use lazulite_core::Array;

/// What is left to read.
struct Cursor<'a> {
    source: Source<'a>,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The next bytes; an error if there are fewer.
    fn bytes(&mut self, n: u64) -> Result<&'a [u8]> {
        let cut = || failed("load", format!("the gguf file is cut short: {n} bytes are missing from byte {} on", self.at));
        let end = usize::try_from(n).ok().and_then(|n| self.at.checked_add(n)).ok_or_else(cut)?;
        let found = self.source.bytes.get(self.at..end).ok_or_else(cut)?;
        self.at = end;
        Ok(found)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.bytes(4)?.try_into().expect("four bytes")))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.bytes(8)?.try_into().expect("eight bytes")))
    }

    fn text(&mut self) -> Result<String> {
        let n = self.u64()?;
        // Vocabularies have entries that are no whole characters.
        Ok(String::from_utf8_lossy(self.bytes(n)?).into_owned())
    }

    /// Elements as an array.
    fn array(&mut self, shape: &[usize], dtype: Dtype) -> Result<Array> {
        let bytes = self.bytes(declared(shape, dtype)? as u64)?;
        Array::from_bytes(bytes, shape, dtype)
    }

    /// A setting of the type with this number.
    fn value(&mut self, kind: u32) -> Result<Value> {
        let unknown = |kind| failed("load", format!("unknown type {kind} of a setting"));
        let dtype = |kind| VALUES.iter().find(|(k, _)| *k == kind).map(|(_, d)| *d);
        if kind == TEXT {
            return self.text().map(Value::Text);
        }
        if kind != LIST {
            return self.array(&[], dtype(kind).ok_or_else(|| unknown(kind))?).map(Value::Array);
        }
        let (of, n) = (self.u32()?, self.u64()?);
        match dtype(of) {
            Some(d) => self.array(&[usize::try_from(n).unwrap_or(usize::MAX)], d).map(Value::Array),
            None if of == TEXT => (0..n).map(|_| self.text()).collect::<Result<_>>().map(Value::Texts),
            None if of == LIST => Err(Error::value("load", "a setting that is a list of lists")),
            None => Err(unknown(of)),
        }
    }
}

/// What the header says of a tensor.
struct Tensor {
    name: String,
    /// The last axis first, as the format has them, turned round.
    shape: Vec<usize>,
    kind: u32,
    offset: u64,
}

/// The arrays and the settings of a file.
pub fn read(source: Source<'_>) -> Result<(Arrays, Metadata)> {
    let mut c = Cursor { source, at: 0 };
    if c.bytes(4).ok() != Some(MAGIC) {
        return Err(failed("load", "not a gguf file"));
    }
    let version = c.u32()?;
    if !(2..=3).contains(&version) {
        return Err(failed("load", format!("unsupported version {version} of the gguf format")));
    }
    let (tensors, settings) = (c.u64()?, c.u64()?);
    let mut metadata = Metadata::new();
    for _ in 0..settings {
        let (name, kind) = (c.text()?, c.u32()?);
        let value = c.value(kind).map_err(|e| Error::new(e.kind(), "load", format!("`{name}`: {}", e.message())))?;
        metadata.insert(name, value);
    }
    let mut list = Vec::new();
    for _ in 0..tensors {
        let (name, ndim) = (c.text()?, c.u32()?);
        let mut shape = Vec::new();
        for _ in 0..ndim {
            shape.push(usize::try_from(c.u64()?).unwrap_or(usize::MAX));
        }
        shape.reverse();
        list.push(Tensor { name, shape, kind: c.u32()?, offset: c.u64()? });
    }
    let start = c.at.checked_next_multiple_of(alignment(&metadata)?).unwrap_or(usize::MAX);
    let mut arrays = Arrays::new();
    for t in list {
        let (name, kind) = (t.name.clone(), t.kind);
        let parts = tensor(source, start, t).map_err(|e| Error::new(e.kind(), "load", format!("tensor `{name}`: {}", e.message())))?;
        for (name, array) in parts {
            if arrays.contains_key(&name) {
                return Err(failed("load", format!("two arrays are named `{name}` (one of a tensor of type {kind})")));
            }
            arrays.insert(name, array);
        }
    }
    Ok((arrays, metadata))
}

fn alignment(metadata: &Metadata) -> Result<usize> {
    match metadata.get(ALIGNMENT_KEY) {
        None => Ok(ALIGNMENT as usize),
        Some(Value::Array(a)) if a.dtype() == Dtype::U32 && a.ndim() == 0 && a.item::<u32>()?.is_power_of_two() => {
            Ok(a.item::<u32>()? as usize)
        }
        Some(_) => Err(failed("load", format!("`{ALIGNMENT_KEY}` is no power of two of type uint32"))),
    }
}

/// The arrays of a tensor: itself, or for those that stay quantized three.
fn tensor(source: Source<'_>, start: usize, t: Tensor) -> Result<Vec<(String, Array)>> {
    let at = usize::try_from(t.offset).ok().and_then(|o| start.checked_add(o)).unwrap_or(usize::MAX);
    if let Some((_, dtype)) = TENSORS.iter().find(|(k, _)| *k == t.kind) {
        return Ok(vec![(t.name, source.array(at, &t.shape, *dtype)?)]);
    }
    let kind = blocks::Kind::of(t.kind).ok_or_else(|| failed("load", format!("unsupported type {} of a tensor", t.kind)))?;
    // No type takes more than a byte an element, so this bounds what is computed below.
    declared(&t.shape, Dtype::F16)?;
    let (elements, bytes) = kind.block();
    let last = *t.shape.last().unwrap_or(&1);
    if !last.is_multiple_of(elements) {
        return Err(failed("load", format!("the last axis of {:?} is not a multiple of {elements}", t.shape)));
    }
    let n = t.shape.iter().product::<usize>() / elements * bytes;
    let data = at.checked_add(n).and_then(|end| source.bytes.get(at..end));
    let data = data.ok_or_else(|| failed("load", format!("it takes {n} bytes from byte {at} on: is the file cut short?")))?;
    kind.arrays(&t.name, &t.shape, data)
}
