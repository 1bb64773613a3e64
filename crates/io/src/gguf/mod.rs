//! GGUF, the file of weights and settings of llama.cpp and GGML.
//!
//! Tensors of `float32`, `float16`, `bfloat16`, `float64` and the signed integers become arrays as they are, over the mapped file where it
//! is large. `Q4_0`, `Q4_1` and `Q8_0` become what the quantized operations take, in groups of 32: `x.weight` (packed in `uint32`),
//! `x.scales` and `x.biases`. `Q2_K`, `Q4_K` and `Q6_K` become `float16`.
//!
//! ```
//! use lazulite::io::gguf::{self, Metadata, Value};
//! use lazulite::prelude::*;
//! let about = Metadata::from([("general.name".to_string(), Value::Text("tiny".into()))]);
//! let bytes = gguf::to_bytes([("w", &array![1.0, 2.0])], &about).unwrap();
//! let (arrays, metadata) = gguf::from_bytes(&bytes).unwrap();
//! assert_eq!(arrays["w"].to_vec::<f32>().unwrap(), [1.0, 2.0]);
//! assert!(matches!(&metadata["general.name"], Value::Text(t) if t == "tiny"));
//! ```

mod blocks;
mod read;
mod write;

use crate::Arrays;
use crate::elements::failed;
use crate::file::{self, Contents, in_file};
use lazulite_base::{Dtype, Result};
use lazulite_core::Array;
use std::collections::BTreeMap;
use std::path::Path;

/// A setting in a file.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A number or a bool (0-d), or a list of them (1-d).
    Array(Array),
}

/// Settings by name.
pub type Metadata = BTreeMap<String, Value>;

/// Evaluates the arrays and writes them with the metadata to a file, which replaces one that is there.
///
/// # Errors
/// Of kind `Io`, with the file's name, if it cannot be written, a name is used twice, or the format has no name for an array's dtype
/// (bool, unsigned integers, complex numbers) or a setting's; what evaluation reports.
///
/// ```
/// use lazulite::io::gguf;
/// use lazulite::prelude::*;
/// # let path = std::env::temp_dir().join(format!("lazulite-save-{}.gguf", std::process::id()));
/// gguf::save(&path, [("w", &array![1.0, 2.0])], &gguf::Metadata::new()).unwrap();
/// # std::fs::remove_file(&path).unwrap();
/// ```
pub fn save<'a, S: Into<String>>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (S, &'a Array)>,
    metadata: &Metadata,
) -> Result<()> {
    let path = path.as_ref();
    let bytes = to_bytes(arrays, metadata).map_err(|e| in_file(e, path))?;
    file::write(path, &bytes)
}

/// The arrays and the metadata of a file.
///
/// # Errors
/// Of kind `Io`, with the file's name, if it cannot be read, is cut short or corrupt, or has tensors of a type that is not among those
/// above.
///
/// ```
/// assert!(lazulite::io::gguf::load("no such file").unwrap_err().to_string().contains("no such file"));
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<(Arrays, Metadata)> {
    let path = path.as_ref();
    let contents = Contents::open(path)?;
    read::read(contents.source()).map_err(|e| in_file(e, path))
}

/// The arrays and the metadata as the bytes of a file; evaluates the arrays.
///
/// # Errors
/// As for [`save`], but for the file's name.
///
/// ```
/// use lazulite::io::gguf;
/// use lazulite::prelude::*;
/// assert!(gguf::to_bytes([("w", &array![true])], &gguf::Metadata::new()).is_err());
/// ```
pub fn to_bytes<'a, S: Into<String>>(arrays: impl IntoIterator<Item = (S, &'a Array)>, metadata: &Metadata) -> Result<Vec<u8>> {
    write::write(arrays.into_iter().map(|(name, a)| (name.into(), a)).collect(), metadata)
}

/// The arrays and the metadata in the bytes of a file.
///
/// # Errors
/// As for [`load`], but for the file's name.
///
/// ```
/// assert!(lazulite::io::gguf::from_bytes(b"nonsense").is_err());
/// ```
pub fn from_bytes(bytes: &[u8]) -> Result<(Arrays, Metadata)> {
    read::read(bytes.into())
}

const MAGIC: &[u8] = b"GGUF";
/// The version that is written; version 2 differs in nothing that is read here.
const VERSION: u32 = 3;
/// Tensors start at multiples of this, unless the setting of this name says otherwise.
const ALIGNMENT: u32 = 32;
const ALIGNMENT_KEY: &str = "general.alignment";

/// Numbers of the types of settings: text, list, and those that are elements.
const TEXT: u32 = 8;
const LIST: u32 = 9;
const VALUES: [(u32, Dtype); 11] = [
    (0, Dtype::U8),
    (1, Dtype::I8),
    (2, Dtype::U16),
    (3, Dtype::I16),
    (4, Dtype::U32),
    (5, Dtype::I32),
    (6, Dtype::F32),
    (7, Dtype::Bool),
    (10, Dtype::U64),
    (11, Dtype::I64),
    (12, Dtype::F64),
];

/// Numbers of the types of tensors that are elements.
const TENSORS: [(u32, Dtype); 8] = [
    (0, Dtype::F32),
    (1, Dtype::F16),
    (24, Dtype::I8),
    (25, Dtype::I16),
    (26, Dtype::I32),
    (27, Dtype::I64),
    (28, Dtype::F64),
    (30, Dtype::BF16),
];
