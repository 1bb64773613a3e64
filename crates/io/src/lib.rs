//! Arrays to files and back, in the [safetensors](https://github.com/huggingface/safetensors) format: named arrays with their dtypes and
//! shapes, and a dictionary of text.
//!
//! Files are written beside their target and renamed, so that a crash leaves the old file or the new one, never half of either. What is
//! read is checked before anything is allocated for it.
//!
//! ```
//! use lazulite::io;
//! use lazulite::prelude::*;
//!
//! let path = std::env::temp_dir().join(format!("lazulite-io-{}.safetensors", std::process::id()));
//! io::save(&path, [("x", &array![[1.0, 2.0]]), ("n", &array![3])]).unwrap();
//! let arrays = io::load(&path).unwrap();
//! assert_eq!(arrays["x"].shape(), [1, 2]);
//! assert_eq!(arrays["n"].to_vec::<i32>().unwrap(), [3]);
//! # std::fs::remove_file(&path).unwrap();
//! ```

use half::{bf16, f16};
use lazulite_base::{Dtype, Element, Error, ErrorKind, Result};
use lazulite_core::Array;
use num_complex::Complex32;
use safetensors::tensor::{Dtype as Stored, SafeTensors, TensorView, View};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Arrays by name.
pub type Arrays = BTreeMap<String, Array>;

/// Text by name, kept beside the arrays.
pub type Metadata = BTreeMap<String, String>;

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
    write(path, &bytes).map_err(|e| Error::new(ErrorKind::Io, "save", format!("{}: {e}", path.display())))
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
    let failed = |text: String| Error::new(ErrorKind::Io, "load", format!("{}: {text}", path.display()));
    // A device or a pipe may never end.
    if !fs::metadata(path).map_err(|e| failed(e.to_string()))?.is_file() {
        return Err(failed("not a file".into()));
    }
    let bytes = fs::read(path).map_err(|e| failed(e.to_string()))?;
    from_bytes(&bytes).map_err(|e| in_file(e, path))
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
        return Err(Error::new(ErrorKind::Io, "save", format!("two arrays are named `{}`", pair[0])));
    }
    if names.contains(&"__metadata__") {
        return Err(Error::new(ErrorKind::Io, "save", "`__metadata__` is no name for an array"));
    }
    lazulite_core::eval(list.iter().map(|(_, a)| *a))?;
    let entries = list.into_iter().map(|(name, a)| Ok((name, Entry { bytes: bytes_of(a)?, shape: a.shape(), dtype: stored(a.dtype()) })));
    let entries: Vec<(String, Entry<'_>)> = entries.collect::<Result<_>>()?;
    let metadata = (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect());
    safetensors::serialize(entries, metadata).map_err(|e| Error::new(ErrorKind::Io, "save", e.to_string()))
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
    let failed = |text: String| Error::new(ErrorKind::Io, "load", text);
    let broken = |e: safetensors::SafeTensorError| failed(format!("not a whole safetensors file: {e}"));
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
    let file = SafeTensors::deserialize(bytes).map_err(broken)?;
    let mut arrays = Arrays::new();
    for (name, view) in file.iter() {
        let array = array_of(&view).map_err(|e| failed(format!("array `{name}`: {}", e.message())))?;
        arrays.insert(name.to_owned(), array);
    }
    let metadata = header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    Ok((arrays, metadata))
}

/// The same error, naming the file.
fn in_file(e: Error, path: &Path) -> Error {
    let text = format!("{}: {}", path.display(), e.message());
    let named = Error::new(e.kind(), e.op(), text);
    match e.site() {
        Some(site) => named.at(site),
        None => named,
    }
}

/// Writes a file beside `path` and renames it.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
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

/// An array on its way into a file.
struct Entry<'a> {
    bytes: Vec<u8>,
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

/// The dtypes that both know, the format's name first, and how an element becomes bytes and back.
macro_rules! dtypes {
    ($($stored:ident, $dtype:ident, $t:ty, $to:expr, $from:expr;)*) => {
        /// The format's name of a dtype.
        fn stored(d: Dtype) -> Stored {
            match d {
                $(Dtype::$dtype => Stored::$stored,)*
            }
        }

        /// The elements in row-major order, little-endian.
        fn bytes_of(a: &Array) -> Result<Vec<u8>> {
            Ok(match a.dtype() {
                $(Dtype::$dtype => a.to_vec::<$t>()?.into_iter().flat_map($to).collect(),)*
            })
        }

        /// The array of a stored one.
        fn array_of(view: &TensorView<'_>) -> Result<Array> {
            match view.dtype() {
                $(Stored::$stored => elements(view, $from),)*
                other => Err(Error::dtype("load", format!("no array has the type {other:?}"))),
            }
        }
    };
}

dtypes! {
    BOOL, Bool, bool, |v: bool| [v as u8], |b: [u8; 1]| b[0] != 0;
    U8, U8, u8, u8::to_le_bytes, u8::from_le_bytes;
    U16, U16, u16, u16::to_le_bytes, u16::from_le_bytes;
    U32, U32, u32, u32::to_le_bytes, u32::from_le_bytes;
    U64, U64, u64, u64::to_le_bytes, u64::from_le_bytes;
    I8, I8, i8, i8::to_le_bytes, i8::from_le_bytes;
    I16, I16, i16, i16::to_le_bytes, i16::from_le_bytes;
    I32, I32, i32, i32::to_le_bytes, i32::from_le_bytes;
    I64, I64, i64, i64::to_le_bytes, i64::from_le_bytes;
    F16, F16, f16, f16::to_le_bytes, f16::from_le_bytes;
    BF16, BF16, bf16, bf16::to_le_bytes, bf16::from_le_bytes;
    F32, F32, f32, f32::to_le_bytes, f32::from_le_bytes;
    F64, F64, f64, f64::to_le_bytes, f64::from_le_bytes;
    C64, C64, Complex32, complex_to_bytes, complex_from_bytes;
}

fn complex_to_bytes(z: Complex32) -> [u8; 8] {
    (z.re.to_bits() as u64 | (z.im.to_bits() as u64) << 32).to_le_bytes()
}

fn complex_from_bytes(b: [u8; 8]) -> Complex32 {
    let bits = u64::from_le_bytes(b);
    Complex32::new(f32::from_bits(bits as u32), f32::from_bits((bits >> 32) as u32))
}

/// The array of elements that `from` makes of `N` bytes each.
fn elements<T: Element, const N: usize>(view: &TensorView<'_>, from: impl Fn([u8; N]) -> T) -> Result<Array> {
    let (chunks, rest) = view.data().as_chunks::<N>();
    debug_assert!(rest.is_empty(), "the format checks sizes");
    let values: Vec<T> = chunks.iter().map(|&b| from(b)).collect();
    Array::from_slice(&values, view.shape())
}
