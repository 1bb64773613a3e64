//! Trees of arrays to safetensors files and back: models, states of optimizers, tuples of both.

use crate::{load, save};
use lazulite_base::{Error, ErrorKind, Result};
use lazulite_core::Tree;
use lazulite_core::tree::{named, unflatten};
use std::panic::Location;
use std::path::Path;

/// Writes the arrays of a tree to a safetensors file, which replaces one that is there: a model and its optimizer's state, say, as one
/// tuple.
///
/// # Errors
/// As for [`save`].
///
/// ```
/// use lazulite::io;
/// use lazulite::nn::Linear;
/// use lazulite::optim::{Adam, Optimizer};
/// use lazulite::prelude::*;
/// # let path = std::env::temp_dir().join(format!("lazulite-tree-{}.safetensors", std::process::id()));
/// let model = Linear::new(2, 1, &random::key(0));
/// let state = Adam::new(0.1).init(&model);
/// let checkpoint = (model, state);
/// io::save_tree(&path, &checkpoint).unwrap();
/// let (model, state) = io::load_tree(&path, &checkpoint).unwrap();
/// assert_eq!(model.weight.to_vec::<f32>().unwrap(), checkpoint.0.weight.to_vec::<f32>().unwrap());
/// assert_eq!(state.step.item::<u32>().unwrap(), 0);
/// # std::fs::remove_file(&path).unwrap();
/// ```
#[track_caller]
pub fn save_tree(path: impl AsRef<Path>, tree: &impl Tree) -> Result<()> {
    let list = named(tree);
    match save(path, list.iter().map(|(name, x)| (name.as_str(), x))) {
        Ok(()) => Ok(()),
        Err(e) => Err(e.at(Location::caller())),
    }
}

/// A tree like `like` with the arrays of a file that [`save_tree`] wrote.
///
/// # Errors
/// Of kind `Io`, with the file's name and the array's, if the file is not whole or its names, shapes and dtypes are not those of `like`.
///
/// ```
/// use lazulite::io;
/// use lazulite::prelude::*;
/// # let path = std::env::temp_dir().join(format!("lazulite-load-tree-{}.safetensors", std::process::id()));
/// io::save_tree(&path, &vec![array![1.0, 2.0]]).unwrap();
/// let e = io::load_tree(&path, &vec![array![0.0]]).err().unwrap();
/// assert!(e.to_string().contains("`0` has shape [2]"), "{e}");
/// # std::fs::remove_file(&path).unwrap();
/// ```
#[track_caller]
pub fn load_tree<T: Tree>(path: impl AsRef<Path>, like: &T) -> Result<T> {
    let path = path.as_ref();
    let unfit = |text| Error::new(ErrorKind::Io, "load", format!("{}: {text}", path.display()));
    match load(path).and_then(|found| replaced(like, found).map_err(unfit)) {
        Ok(tree) => Ok(tree),
        Err(e) => Err(e.at(Location::caller())),
    }
}

/// The tree with its arrays replaced by name, or what does not fit.
fn replaced<T: Tree>(like: &T, mut found: crate::Arrays) -> Result<T, String> {
    let mut list = Vec::new();
    for (name, mine) in named(like) {
        let Some(x) = found.remove(&name) else { return Err(format!("there is no parameter `{name}`")) };
        if x.shape() != mine.shape() {
            return Err(format!("parameter `{name}` has shape {:?}, the model's has {:?}", x.shape(), mine.shape()));
        }
        if x.dtype() != mine.dtype() {
            return Err(format!("parameter `{name}` is {}, the model's is {}", x.dtype(), mine.dtype()));
        }
        list.push(x);
    }
    match found.keys().next() {
        Some(name) => Err(format!("the model has no parameter `{name}`")),
        None => Ok(unflatten(like, &list)),
    }
}
