//! Arrays to files and back: [safetensors](self#functions), [`npy`], [`npz`] and [`gguf`].
//!
//! Files are written beside their target and renamed, so that a crash leaves the old file or the new one, never half of either. What is
//! read is checked before anything is allocated for it: a file that is cut short or corrupt is an error.
//!
//! A large file is mapped into memory, and its arrays lie there: pages are read when an array is first used, and writing to the arrays
//! never changes the file. While its arrays live, a mapped file may be replaced (which is what the functions here do) or removed, but not
//! be cut short or written in place.
//!
//! The functions of this module are for safetensors files: named arrays with their dtypes and shapes, and a dictionary of text.
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

#[doc(hidden)]
pub mod export;
pub mod gguf;
pub mod npy;
pub mod npz;

mod elements;
mod file;
mod safetensors;
mod tree;

pub use safetensors::{from_bytes, load, load_with, save, save_with, to_bytes};
pub use tree::{load_tree, save_tree};

use lazulite_core::Array;
use std::collections::BTreeMap;

/// Arrays by name.
///
/// ```
/// use lazulite::io::{self, Arrays, Metadata};
/// use lazulite::prelude::*;
/// let bytes = io::to_bytes([("x", &array![1, 2])], &Metadata::new()).unwrap();
/// let (arrays, about): (Arrays, Metadata) = io::from_bytes(&bytes).unwrap();
/// assert_eq!((arrays["x"].shape(), about.len()), (&[2][..], 0));
/// ```
pub type Arrays = BTreeMap<String, Array>;

/// Text by name, kept beside the arrays.
pub type Metadata = BTreeMap<String, String>;
