//! Files as bytes: read or mapped, and written whole or not at all.

use crate::elements::{declared, failed};
use lazulite_base::{Dtype, Error, Result};
use lazulite_core::Array;
use memmap2::{MmapMut, MmapOptions};
use std::fs::{self, File};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// From this many bytes on a file is mapped.
const MAPPED: u64 = 1 << 20;

/// A file's contents.
pub enum Contents {
    Read(Vec<u8>),
    Mapped(Arc<MmapMut>),
}

impl Contents {
    /// Reads or maps a file.
    pub fn open(path: &Path) -> Result<Contents> {
        let failed = |e: std::io::Error| failed("load", format!("{}: {e}", path.display()));
        // A device or a pipe may never end, and opening a pipe waits.
        if !fs::metadata(path).map_err(failed)?.is_file() {
            return Err(failed(std::io::Error::other("not a file")));
        }
        let file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() < MAPPED {
            return fs::read(path).map(Contents::Read).map_err(failed);
        }
        // SAFETY: the mapping is private, so what is written to it stays there; that the file is not changed in place is the contract of
        // loading, which the crate's documentation states.
        let map = unsafe { MmapOptions::new().map_copy(&file) }.map_err(failed)?;
        Ok(Contents::Mapped(Arc::new(map)))
    }

    /// The bytes, and where they come from.
    pub fn source(&self) -> Source<'_> {
        match self {
            Contents::Read(bytes) => Source { bytes, map: None },
            Contents::Mapped(map) => Source { bytes: map, map: Some(map) },
        }
    }
}

/// Bytes to read arrays from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub bytes: &'a [u8],
    map: Option<&'a Arc<MmapMut>>,
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(bytes: &'a [u8]) -> Source<'a> {
        Source { bytes, map: None }
    }
}

impl Source<'_> {
    /// The array whose elements lie in row-major order from `at` on: over the mapped file if it is one and they are aligned, else a copy.
    pub fn array(&self, at: usize, shape: &[usize], dtype: Dtype) -> Result<Array> {
        let (found, bytes) = (self.bytes.len(), declared(shape, dtype)?);
        let range: Range<usize> = at..at.checked_add(bytes).filter(|&end| end <= found).ok_or_else(|| {
            failed("load", format!("{dtype}{shape:?} takes {bytes} bytes from byte {at} on, and the file has {found}: cut short?"))
        })?;
        let slice = &self.bytes[range];
        match self.map {
            // A byte of the file that stands for a bool may be any.
            Some(map) if dtype != Dtype::Bool && bytes > 0 && slice.as_ptr().addr().is_multiple_of(dtype.size()) => {
                // SAFETY: the range was checked to be in the mapping, which `map` keeps and which is private; nobody else has a
                // reference to write to it. The address is aligned.
                Ok(unsafe { Array::adopt(slice.as_ptr().cast_mut(), shape, dtype, map.clone()) })
            }
            _ => Array::from_bytes(slice, shape, dtype),
        }
    }
}

/// The same error, naming the file.
pub fn in_file(e: Error, path: &Path) -> Error {
    let text = format!("{}: {}", path.display(), e.message());
    let named = Error::new(e.kind(), e.op(), text);
    match e.site() {
        Some(site) => named.at(site),
        None => named,
    }
}

/// Writes a file beside `path` and renames it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes).map_err(|e| failed("save", format!("{}: {e}", path.display())))
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    struct Temporary(PathBuf);
    impl Drop for Temporary {
        fn drop(&mut self) {
            // After the rename there is nothing to remove.
            let _ = fs::remove_file(&self.0);
        }
    }
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().ok_or_else(|| std::io::Error::other("not the name of a file"))?.to_os_string();
    name.push(format!(".{}-{}.tmp", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    let temporary = Temporary(path.with_file_name(name));
    let mut file = File::create_new(&temporary.0)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&temporary.0, path)
}
