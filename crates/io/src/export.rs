//! Exported functions in files.

use crate::file::{self, Contents, in_file};
use lazulite_base::Result;
use lazulite_core::export::{Exporter, Functions};
use std::path::Path;

/// Writes the functions to a file, which replaces one that is there.
///
/// # Errors
/// Of kind `Io`, with the file's name, if it cannot be written; what evaluating captured arrays reports.
///
/// ```
/// use lazulite::export::{self, Exporter};
/// use lazulite::prelude::*;
/// # let path = std::env::temp_dir().join(format!("lazulite-save-{}.function", std::process::id()));
/// let mut exporter = Exporter::new();
/// exporter.add(|x: &Array| x * 2.0, &array![1.0]).unwrap();
/// export::save(&path, &exporter).unwrap();
/// assert_eq!(export::load(&path).unwrap().call(&[array![3.0]], &[]).unwrap()[0].item::<f32>().unwrap(), 6.0);
/// # std::fs::remove_file(&path).unwrap();
/// ```
pub fn save(path: impl AsRef<Path>, exporter: &Exporter) -> Result<()> {
    let path = path.as_ref();
    let bytes = exporter.to_bytes().map_err(|e| in_file(e, path))?;
    file::write(path, &bytes)
}

/// The functions of a file.
///
/// # Errors
/// Of kind `Io`, with the file's name, if it cannot be read, is something else, damaged, or of a version or with primitives that are not
/// known here.
///
/// ```
/// assert!(lazulite::export::load("no such file").unwrap_err().to_string().contains("no such file"));
/// ```
#[track_caller]
pub fn load(path: impl AsRef<Path>) -> Result<Functions> {
    let path = path.as_ref();
    let contents = Contents::open(path)?;
    Functions::from_bytes(contents.source().bytes).map_err(|e| in_file(e, path))
}
