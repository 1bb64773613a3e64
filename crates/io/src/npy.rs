//! NumPy's file of one array.
//!
//! Reads versions 1 to 3 of the header, row-major and column-major, both byte orders. `bfloat16` is written as MLX and `ml_dtypes` do,
//! as elements of two bytes without a meaning (`V2`).
//!
//! ```
//! use lazulite::io::npy;
//! use lazulite::prelude::*;
//! let bytes = npy::to_bytes(&array![[1, 2], [3, 4]]).unwrap();
//! assert_eq!(npy::from_bytes(&bytes).unwrap().to_vec::<i32>().unwrap(), [1, 2, 3, 4]);
//! ```

use crate::elements::{Bytes, declared, failed};
use crate::file::{self, Contents, Source, in_file};
use lazulite_base::{Dtype, Error, Result};
use lazulite_core::Array;
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Evaluates the array and writes it to a file, which replaces one that is there.
///
/// # Errors
/// Of kind `Io`, with the file's name, if it cannot be written; what evaluation reports.
///
/// ```
/// use lazulite::prelude::*;
/// # let path = std::env::temp_dir().join(format!("lazulite-save-{}.npy", std::process::id()));
/// lazulite::io::npy::save(&path, &array![1.0, 2.0]).unwrap();
/// # std::fs::remove_file(&path).unwrap();
/// ```
pub fn save(path: impl AsRef<Path>, array: &Array) -> Result<()> {
    let path = path.as_ref();
    let bytes = to_bytes(array).map_err(|e| in_file(e, path))?;
    file::write(path, &bytes)
}

/// The array of a file.
///
/// # Errors
/// Of kind `Io`, with the file's name, if it cannot be read, is cut short or corrupt; of kind `Type` if its elements are of a type that
/// no array has.
///
/// ```
/// assert!(lazulite::io::npy::load("no such file").unwrap_err().to_string().contains("no such file"));
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let contents = Contents::open(path)?;
    read(contents.source()).map_err(|e| in_file(e, path))
}

/// The array as the bytes of a file; evaluates it. An array that lies in column-major order is written so.
///
/// # Errors
/// What evaluation reports.
///
/// ```
/// use lazulite::prelude::*;
/// assert!(lazulite::io::npy::to_bytes(&array![1.0]).unwrap().starts_with(b"\x93NUMPY"));
/// ```
pub fn to_bytes(array: &Array) -> Result<Vec<u8>> {
    let column = Bytes::column_major(array)?;
    let fortran = column.is_some();
    let data = match column {
        Some(data) => data,
        None => Bytes::row_major(array)?,
    };
    let shape: String = array.shape().iter().map(|n| format!("{n}, ")).collect();
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{}', 'fortran_order': {order}, 'shape': ({shape})}}", descr(array.dtype()));
    // The format asks for elements that start at a multiple of 64. This is MLX's padding, so that files are the same to the byte; every
    // reader goes by the header's length.
    header.push_str(&" ".repeat((header.len() + 13) % 16));
    header.push('\n');
    let mut out = Vec::with_capacity(header.len() + data.len() + 12);
    out.extend_from_slice(MAGIC);
    match u16::try_from(header.len()) {
        Ok(n) => {
            out.extend([1, 0]);
            out.extend(n.to_le_bytes());
        }
        Err(_) => {
            out.extend([2, 0]);
            out.extend((header.len() as u32).to_le_bytes());
        }
    }
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(&data);
    Ok(out)
}

/// The array in the bytes of a file.
///
/// # Errors
/// Of kind `Io` if the bytes are cut short or corrupt; of kind `Type` if the elements are of a type that no array has.
///
/// ```
/// assert!(lazulite::io::npy::from_bytes(b"nonsense").is_err());
/// ```
pub fn from_bytes(bytes: &[u8]) -> Result<Array> {
    read(bytes.into())
}

fn read(source: Source<'_>) -> Result<Array> {
    let (header, at) = header(source.bytes)?;
    let mut shape = header.shape;
    if header.fortran {
        shape.reverse();
    }
    let array = if header.swap > 1 {
        let bytes = declared(&shape, header.dtype)?;
        let data = at.checked_add(bytes).and_then(|end| source.bytes.get(at..end)).ok_or_else(cut)?;
        let swapped: Vec<u8> = data.chunks_exact(header.swap).flat_map(|c| c.iter().rev().copied()).collect();
        Array::from_bytes(&swapped, shape, header.dtype)?
    } else {
        source.array(at, &shape, header.dtype)?
    };
    Ok(if header.fortran && array.ndim() > 1 { array.t() } else { array })
}

fn cut() -> Error {
    failed("load", "the npy file is cut short")
}

/// What stands before the elements.
struct Header {
    dtype: Dtype,
    /// Bytes to reverse each; 1 if the order is the machine's.
    swap: usize,
    fortran: bool,
    shape: Vec<usize>,
}

/// The header, and where the elements start.
fn header(bytes: &[u8]) -> Result<(Header, usize)> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| failed("load", "not an npy file"))?;
    let (&[major, _], rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (length, rest) = match major {
        1 => rest.split_first_chunk().map(|(n, rest)| (u16::from_le_bytes(*n) as usize, rest)).ok_or_else(cut)?,
        2 | 3 => rest.split_first_chunk().map(|(n, rest)| (u32::from_le_bytes(*n) as usize, rest)).ok_or_else(cut)?,
        _ => return Err(failed("load", format!("unsupported version {major} of the npy format"))),
    };
    let text = rest.get(..length).ok_or_else(cut)?;
    let broken = |what: &str| failed("load", format!("invalid npy header: {what}"));
    let text = std::str::from_utf8(text).map_err(|_| broken("not text"))?;
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    let mut p = Parser(text);
    p.expect('{')?;
    while !p.take('}') {
        let key = p.string()?;
        p.expect(':')?;
        match key {
            "descr" => descr = Some(p.descr()?),
            "fortran_order" => fortran = Some(p.bool()?),
            "shape" => shape = Some(p.shape()?),
            _ => return Err(broken(&format!("unknown key `{key}`"))),
        }
        if !p.take(',') && !p.0.trim_start().starts_with('}') {
            return Err(broken("`,` or `}` is missing"));
        }
    }
    if !p.0.trim().is_empty() {
        return Err(broken("text after the dictionary"));
    }
    let missing = |key: &str| broken(&format!("no `{key}`"));
    let (dtype, swap) = descr.ok_or_else(|| missing("descr"))?;
    let fortran = fortran.ok_or_else(|| missing("fortran_order"))?;
    let shape = shape.ok_or_else(|| missing("shape"))?;
    Ok((Header { dtype, swap, fortran, shape }, bytes.len() - rest.len() + length))
}

/// Reads the header's dictionary: a Python literal.
struct Parser<'a>(&'a str);

impl<'a> Parser<'a> {
    fn broken(&self, wanted: &str) -> Error {
        let found: String = self.0.chars().take(20).collect();
        failed("load", format!("invalid npy header: {wanted} expected, found `{found}`"))
    }

    /// Takes the character if it comes next.
    fn take(&mut self, c: char) -> bool {
        let rest = self.0.trim_start();
        match rest.strip_prefix(c) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, c: char) -> Result<()> {
        if self.take(c) { Ok(()) } else { Err(self.broken(&format!("`{c}`"))) }
    }

    fn string(&mut self) -> Result<&'a str> {
        let rest = self.0.trim_start();
        let quote = rest.chars().next().filter(|c| "'\"".contains(*c)).ok_or_else(|| self.broken("a string"))?;
        let (text, rest) = rest[1..].split_once(quote).ok_or_else(|| self.broken("the end of a string"))?;
        self.0 = rest;
        Ok(text)
    }

    fn bool(&mut self) -> Result<bool> {
        let rest = self.0.trim_start();
        for (text, value) in [("True", true), ("False", false)] {
            if let Some(rest) = rest.strip_prefix(text) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err(self.broken("True or False"))
    }

    fn shape(&mut self) -> Result<Vec<usize>> {
        self.expect('(')?;
        let mut shape = Vec::new();
        while !self.take(')') {
            let rest = self.0.trim_start();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            shape.push(rest[..digits].parse().map_err(|_| self.broken("a size"))?);
            // Python 2 wrote long integers with a letter behind.
            self.0 = rest[digits..].trim_start_matches('L');
            if !self.take(',') && !self.0.trim_start().starts_with(')') {
                return Err(self.broken("`,` or `)`"));
            }
        }
        Ok(shape)
    }

    /// The dtype, and how many bytes to reverse each.
    fn descr(&mut self) -> Result<(Dtype, usize)> {
        let unsupported = |text: &str| Error::dtype("load", format!("no array has elements of the npy type {text}"));
        if self.0.trim_start().starts_with('[') {
            return Err(unsupported("of a structure"));
        }
        let text = self.string()?;
        let order = text.chars().next().filter(|c| "<>|=".contains(*c));
        let kind = &text[order.map_or(0, char::len_utf8)..];
        let dtype = DTYPES.iter().find(|(_, k)| *k == kind).map(|(d, _)| *d).ok_or_else(|| unsupported(text))?;
        let part = if dtype == Dtype::C64 { 4 } else { dtype.size() };
        Ok((dtype, if order == Some('>') { part } else { 1 }))
    }
}

/// What the format calls dtypes, without the byte order.
const DTYPES: [(Dtype, &str); 14] = [
    (Dtype::Bool, "b1"),
    (Dtype::U8, "u1"),
    (Dtype::U16, "u2"),
    (Dtype::U32, "u4"),
    (Dtype::U64, "u8"),
    (Dtype::I8, "i1"),
    (Dtype::I16, "i2"),
    (Dtype::I32, "i4"),
    (Dtype::I64, "i8"),
    (Dtype::F16, "f2"),
    (Dtype::BF16, "V2"),
    (Dtype::F32, "f4"),
    (Dtype::F64, "f8"),
    (Dtype::C64, "c8"),
];

/// The dtype as the format writes it.
fn descr(d: Dtype) -> String {
    let kind = DTYPES.iter().find(|(e, _)| *e == d).expect("every dtype is in the table").1;
    format!("{}{kind}", if d.size() == 1 { '|' } else { '<' })
}
