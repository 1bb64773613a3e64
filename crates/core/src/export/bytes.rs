//! Bytes of the format: numbers of eight bytes, counted texts and lists, and a checksum at the end. Reading checks every count against
//! what is left before anything is allocated for it.

use crate::Array;
use lazulite_base::Dtype;
use lazulite_base::error::{Error, ErrorKind, Result};

/// An error in what is read.
#[track_caller]
pub fn broken(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Io, "import_function", text)
}

/// FNV-1a, which sees every change of one byte.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| (h ^ b as u64).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Bytes as they are written.
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn new(magic: &[u8], version: u32) -> Writer {
        let mut w = Writer(magic.to_vec());
        w.0.extend(version.to_le_bytes());
        w
    }

    /// All bytes, with their checksum.
    pub fn finish(mut self) -> Vec<u8> {
        let sum = checksum(&self.0);
        self.word(sum);
        self.0
    }

    pub fn word(&mut self, v: u64) {
        self.0.extend(v.to_le_bytes());
    }

    pub fn count(&mut self, n: usize) {
        self.word(n as u64);
    }

    pub fn text(&mut self, s: &str) {
        self.count(s.len());
        self.0.extend_from_slice(s.as_bytes());
    }

    /// An evaluated array.
    pub fn array(&mut self, a: &Array) -> Result<()> {
        let dense = crate::ops::contiguous(a)?;
        let host = dense.host()?;
        self.text(a.dtype().name());
        self.count(a.ndim());
        a.dims().iter().for_each(|&n| self.count(n));
        self.count(a.nbytes());
        if a.size() > 0 {
            // SAFETY: the array is row-major, so its `nbytes` bytes lie at the address, complete and kept by `host`.
            self.0.extend_from_slice(unsafe { std::slice::from_raw_parts(host.address(), a.nbytes()) });
        }
        Ok(())
    }
}

/// Bytes as they are read.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Checks the first bytes, the version and the checksum.
    pub fn open(bytes: &'a [u8], magic: &[u8], version: u32) -> Result<Reader<'a>> {
        let rest = bytes.strip_prefix(magic).ok_or_else(|| broken("not a file of exported functions"))?;
        let (found, _) = rest.split_first_chunk().ok_or_else(|| broken("the file is cut short"))?;
        let found = u32::from_le_bytes(*found);
        if found != version {
            return Err(broken(format!("the file has version {found}, and version {version} is read")));
        }
        let (body, sum) = bytes.split_last_chunk().ok_or_else(|| broken("the file is cut short"))?;
        if body.len() < magic.len() + 4 || checksum(body) != u64::from_le_bytes(*sum) {
            return Err(broken("the file is damaged: its checksum differs"));
        }
        Ok(Reader(&body[magic.len() + 4..]))
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(broken("there is something behind the functions")) }
    }

    fn bytes(&mut self, n: usize) -> Result<&'a [u8]> {
        let (found, rest) = self.0.split_at_checked(n).ok_or_else(|| broken("a count is larger than the file"))?;
        self.0 = rest;
        Ok(found)
    }

    pub fn word(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.bytes(8)?.try_into().expect("eight bytes")))
    }

    pub fn size(&mut self) -> Result<usize> {
        usize::try_from(self.word()?).map_err(|_| broken("a number is too large"))
    }

    pub fn text(&mut self) -> Result<String> {
        let n = self.size()?;
        let text = std::str::from_utf8(self.bytes(n)?).map_err(|_| broken("a name is no text"))?;
        Ok(text.to_owned())
    }

    /// A counted list. It grows as its elements are read, each of which takes bytes.
    pub fn list<T, C: FromIterator<T>>(&mut self, mut read: impl FnMut(&mut Reader<'a>) -> Result<T>) -> Result<C> {
        let n = self.size()?;
        if n > self.0.len() {
            return Err(broken("a count is larger than the file"));
        }
        (0..n).map(|_| read(self)).collect()
    }

    pub fn dtype(&mut self) -> Result<Dtype> {
        let name = self.text()?;
        Dtype::ALL.into_iter().find(|d| d.name() == name).ok_or_else(|| broken(format!("there is no dtype `{name}`")))
    }

    pub fn array(&mut self) -> Result<Array> {
        let dtype = self.dtype()?;
        let shape: Vec<usize> = self.list(Reader::size)?;
        let n = self.size()?;
        Array::from_bytes(self.bytes(n)?, shape, dtype)
    }
}
