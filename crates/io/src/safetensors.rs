//! Safetensors files: named arrays and a dictionary of text.

use crate::elements::{Bytes, failed};
use crate::file::{self, Contents, Source, in_file};
use crate::{Arrays, Metadata};
use lazulite_base::{Dtype, Error, Result};
use lazulite_core::Array;
use safetensors::tensor::{Dtype as Stored, SafeTensors, TensorView, View};
use std::borrow::Cow;
use std::path::Path;

/// Evaluates the arrays and writes them to a safetensors file, which replaces one that is there.
///
/// # Errors
/// Of kind `Io`, with the file's name, if it cannot be written or a name is used twice; what evaluation reports.
///
/// ```
/// use lazulite::prelude::*;
/// # let path = std::env::temp_dir().join(format!("lazulite-save-{}.safetensors", std::process::id()));
/// lazulite::io::save(&path, [("x", &array![1.0, 2.0])]).unwrap();
/// # std::fs::remove_file(&path).unwrap();
/// ```
pub fn save<'a, S: Into<String>>(path: impl AsRef<Path>, arrays: impl IntoIterator<Item = (S, &'a Array)>) -> Result<()> {
    save_with(path, arrays, &Metadata::new())
}

/// [`save`], with metadata.
///
/// # Errors
/// As for [`save`].
///
/// ```
/// use lazulite::io;
/// use lazulite::prelude::*;
/// # let path = std::env::temp_dir().join(format!("lazulite-save-with-{}.safetensors", std::process::id()));
/// let about = io::Metadata::from([("epoch".to_string(), "3".to_string())]);
/// io::save_with(&path, [("x", &array![1.0])], &about).unwrap();
/// assert_eq!(io::load_with(&path).unwrap().1["epoch"], "3");
/// # std::fs::remove_file(&path).unwrap();
/// ```
pub fn save_with<'a, S: Into<String>>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (S, &'a Array)>,
    metadata: &Metadata,
) -> Result<()> {
    let path = path.as_ref();
    let bytes = to_bytes(arrays, metadata).map_err(|e| in_file(e, path))?;
    file::write(path, &bytes)
}

/// The arrays of a safetensors file.
///
/// # Errors
/// Of kind `Io`, with the file's name, if it cannot be read, is cut short or corrupt, or holds a type that no array has.
///
/// ```
/// assert!(lazulite::io::load("no such file").unwrap_err().to_string().contains("no such file"));
/// ```
pub fn load(path: impl AsRef<Path>) -> Result<Arrays> {
    load_with(path).map(|(arrays, _)| arrays)
}

/// [`load`], with the file's metadata.
///
/// # Errors
/// As for [`load`].
///
/// ```
/// use lazulite::io;
/// use lazulite::prelude::*;
/// # let path = std::env::temp_dir().join(format!("lazulite-load-with-{}.safetensors", std::process::id()));
/// io::save(&path, [("x", &array![1.0])]).unwrap();
/// let (arrays, metadata) = io::load_with(&path).unwrap();
/// assert_eq!((arrays.len(), metadata.len()), (1, 0));
/// # std::fs::remove_file(&path).unwrap();
/// ```
pub fn load_with(path: impl AsRef<Path>) -> Result<(Arrays, Metadata)> {
    let path = path.as_ref();
    let contents = Contents::open(path)?;
    read(contents.source()).map_err(|e| in_file(e, path))
}

/// The arrays as the bytes of a safetensors file; evaluates them.
///
/// # Errors
/// Of kind `Io` if a name is used twice or is `__metadata__`; what evaluation reports.
///
/// ```
/// use lazulite::io;
/// use lazulite::prelude::*;
/// let bytes = io::to_bytes([("x", &array![1.0, 2.0])], &io::Metadata::new()).unwrap();
/// assert_eq!(io::from_bytes(&bytes).unwrap().0["x"].to_vec::<f32>().unwrap(), [1.0, 2.0]);
/// ```
pub fn to_bytes<'a, S: Into<String>>(arrays: impl IntoIterator<Item = (S, &'a Array)>, metadata: &Metadata) -> Result<Vec<u8>> {
    let list: Vec<(String, &Array)> = arrays.into_iter().map(|(name, a)| (name.into(), a)).collect();
    let mut names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|w| w[0] == w[1]) {
        return Err(failed("save", format!("two arrays are named `{}`", pair[0])));
    }
    if names.contains(&"__metadata__") {
        return Err(failed("save", "`__metadata__` is no name for an array"));
    }
    lazulite_core::eval(list.iter().map(|(_, a)| *a))?;
    let entries =
        list.into_iter().map(|(name, a)| Ok((name, Entry { bytes: Bytes::row_major(a)?, shape: a.shape(), dtype: stored(a.dtype()) })));
    let entries: Vec<(String, Entry<'_>)> = entries.collect::<Result<_>>()?;
    let metadata = (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect());
    safetensors::serialize(entries, metadata).map_err(|e| failed("save", e.to_string()))
}

/// The arrays and the metadata in the bytes of a safetensors file.
///
/// # Errors
/// Of kind `Io` if the bytes are cut short or corrupt, or hold a type that no array has.
///
/// ```
/// assert!(lazulite::io::from_bytes(b"nonsense").is_err());
/// ```
pub fn from_bytes(bytes: &[u8]) -> Result<(Arrays, Metadata)> {
    read(bytes.into())
}

fn read(source: Source<'_>) -> Result<(Arrays, Metadata)> {
    let broken = |e: safetensors::SafeTensorError| failed("load", format!("not a whole safetensors file: {e}"));
    let (_, header) = SafeTensors::read_metadata(source.bytes).map_err(broken)?;
    let views = SafeTensors::deserialize(source.bytes).map_err(broken)?;
    let mut arrays = Arrays::new();
    for (name, view) in views.iter() {
        let array = array(&view, source).map_err(|e| failed("load", format!("array `{name}`: {}", e.message())))?;
        arrays.insert(name.to_owned(), array);
    }
    let metadata = header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    Ok((arrays, metadata))
}

/// The array of a stored one, which is a part of the source.
fn array(view: &TensorView<'_>, source: Source<'_>) -> Result<Array> {
    let dtype = dtype(view.dtype()).ok_or_else(|| Error::dtype("load", format!("no array has the type {:?}", view.dtype())))?;
    source.array(view.data().as_ptr().addr() - source.bytes.as_ptr().addr(), view.shape(), dtype)
}

/// An array on its way into a file.
struct Entry<'a> {
    bytes: Bytes,
    shape: &'a [usize],
    dtype: Stored,
}

impl View for Entry<'_> {
    fn dtype(&self) -> Stored {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The dtypes that both know, the format's name first.
macro_rules! dtypes {
    ($($stored:ident $dtype:ident),*) => {
        /// The format's name of a dtype.
        fn stored(d: Dtype) -> Stored {
            match d {
                $(Dtype::$dtype => Stored::$stored,)*
            }
        }

        /// The dtype of the format's name, if there is one.
        fn dtype(s: Stored) -> Option<Dtype> {
            match s {
                $(Stored::$stored => Some(Dtype::$dtype),)*
                _ => None,
            }
        }
    };
}

dtypes!(BOOL Bool, U8 U8, U16 U16, U32 U32, U64 U64, I8 I8, I16 I16, I32 I32, I64 I64, F16 F16, BF16 BF16, F32 F32, F64 F64, C64 C64);
