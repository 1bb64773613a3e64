//! NumPy's file of several arrays: a zip archive of [`npy`] files, stored or compressed.
//!
//! ```
//! use lazulite::io::npz;
//! use lazulite::prelude::*;
//! let bytes = npz::to_bytes([("x", &array![1, 2]), ("y", &array![3.0])], npz::Packing::Stored).unwrap();
//! assert_eq!(npz::from_bytes(&bytes).unwrap()["x"].to_vec::<i32>().unwrap(), [1, 2]);
//! ```

use crate::elements::failed;
use crate::file::{self, Contents, in_file};
use crate::{Arrays, npy};
use lazulite_base::{Error, Result};
use lazulite_core::Array;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Whether arrays are compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packing {
    /// As they are.
    Stored,
    /// By deflate, as `savez_compressed` of NumPy and MLX.
    Compressed,
}

/// Evaluates the arrays and writes them to a file, which replaces one that is there.
///
/// # Errors
/// Of kind `Io`, with the file's name, if it cannot be written or a name is used twice; what evaluation reports.
///
/// ```
/// use lazulite::io::npz;
/// use lazulite::prelude::*;
/// # let path = std::env::temp_dir().join(format!("lazulite-save-{}.npz", std::process::id()));
/// npz::save(&path, [("x", &array![1.0, 2.0])], npz::Packing::Compressed).unwrap();
/// # std::fs::remove_file(&path).unwrap();
/// ```
pub fn save<'a, S: Into<String>>(path: impl AsRef<Path>, arrays: impl IntoIterator<Item = (S, &'a Array)>, packing: Packing) -> Result<()> {
    let path = path.as_ref();
    let bytes = to_bytes(arrays, packing).map_err(|e| in_file(e, path))?;
    file::write(path, &bytes)
}

/// The arrays of a file.
///
/// # Errors
/// Of kind `Io`, with the file's name, if it cannot be read, is cut short or corrupt; of kind `Type` for elements of a type that no array
/// has.
///
/// ```
/// assert!(lazulite::io::npz::load("no such file").unwrap_err().to_string().contains("no such file"));
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<Arrays> {
    let path = path.as_ref();
    let contents = Contents::open(path)?;
    from_bytes(contents.source().bytes).map_err(|e| in_file(e, path))
}

/// The arrays as the bytes of a file; evaluates them.
///
/// # Errors
/// Of kind `Io` if a name is used twice; what evaluation reports.
///
/// ```
/// use lazulite::io::npz;
/// use lazulite::prelude::*;
/// assert!(npz::to_bytes([("x", &array![1.0])], npz::Packing::Stored).unwrap().starts_with(b"PK"));
/// ```
pub fn to_bytes<'a, S: Into<String>>(arrays: impl IntoIterator<Item = (S, &'a Array)>, packing: Packing) -> Result<Vec<u8>> {
    let list: Vec<(String, &Array)> = arrays.into_iter().map(|(name, a)| (name.into(), a)).collect();
    lazulite_core::eval(list.iter().map(|(_, a)| *a))?;
    let method = match packing {
        Packing::Stored => CompressionMethod::Stored,
        Packing::Compressed => CompressionMethod::Deflated,
    };
    // No time, so that equal arrays make equal files.
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o600)
        .large_file(true);
    let broken = |e: &dyn std::fmt::Display| failed("save", e.to_string());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, a) in list {
        zip.start_file(format!("{name}.npy"), options).map_err(|e| broken(&e))?;
        zip.write_all(&npy::to_bytes(a)?).map_err(|e| broken(&e))?;
    }
    Ok(zip.finish().map_err(|e| broken(&e))?.into_inner())
}

/// Deflate makes at most this many bytes of one.
const RATIO: u64 = 1032;

/// The arrays in the bytes of a file.
///
/// # Errors
/// Of kind `Io` if the bytes are cut short or corrupt; of kind `Type` for elements of a type that no array has.
///
/// ```
/// assert!(lazulite::io::npz::from_bytes(b"nonsense").is_err());
/// ```
pub fn from_bytes(bytes: &[u8]) -> Result<Arrays> {
    let broken = |e: &dyn std::fmt::Display| failed("load", format!("not a whole zip file: {e}"));
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut arrays = Arrays::new();
    // Entries of a file that is meant to do harm may share bytes, so their sum counts.
    let mut room = RATIO * bytes.len() as u64;
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i).map_err(|e| broken(&e))?;
        let name = entry.name().map_err(|e| broken(&e))?.into_owned();
        let size = entry.size();
        let more = || failed("load", format!("`{name}` is said to have {size} bytes, more than the file can hold"));
        room = room.checked_sub(size).ok_or_else(more)?;
        // The vector grows with what is there, not with what is said to be.
        let mut file = Vec::new();
        let read = entry.by_ref().take(size + 1).read_to_end(&mut file).map_err(|e| broken(&e))?;
        if read as u64 != size {
            return Err(failed("load", format!("`{name}` is said to have {size} bytes, and has others")));
        }
        let array = npy::from_bytes(&file).map_err(|e| Error::new(e.kind(), "load", format!("`{name}`: {}", e.message())))?;
        arrays.insert(name.strip_suffix(".npy").unwrap_or(&name).to_owned(), array);
    }
    Ok(arrays)
}
