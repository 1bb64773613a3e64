//! `Module`: a tree of parameters, with names and a file.

use lazulite_base::{Dtype, Result};
use lazulite_core::{Array, Tree, tree};
use std::path::Path;

/// A model: a struct or enum that derives it.
///
/// Its parameters are named by their paths, `hidden.weight`. A gradient of a model has the model's type: what is frozen holds zeros
/// there, arrays that are no floats hold zeros of their dtype, and static fields their values. Such zeros are lazy; if nothing reads
/// them they cost nothing.
///
/// ```
/// use lazulite::nn::Linear;
/// use lazulite::prelude::*;
///
/// #[derive(Clone, Module)]
/// struct Model {
///     layers: Vec<Linear>,
/// }
///
/// let model = Model { layers: vec![Linear::new(2, 3, &random::key(0))] };
/// assert_eq!(model.parameters()[0].0, "layers.0.weight");
/// assert_eq!(model.num_parameters(), 2 * 3 + 3);
/// ```
pub trait Module: Tree + Clone {
    /// Every array with its name, in order.
    ///
    /// ```
    /// use lazulite::nn::Linear;
    /// use lazulite::prelude::*;
    /// let names: Vec<String> = Linear::new(1, 1, &random::key(0)).parameters().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["weight", "bias"]);
    /// ```
    fn parameters(&self) -> Vec<(String, Array)> {
        tree::named(self)
    }

    /// The arrays that an optimizer changes, with their names, in order: those of floats outside of `Frozen` parts.
    ///
    /// ```
    /// use lazulite::nn::{Frozen, Linear};
    /// use lazulite::prelude::*;
    /// #[derive(Clone, Module)]
    /// struct Tuned {
    ///     base: Frozen<Linear>,
    ///     head: Linear,
    /// }
    /// let model = Tuned { base: Frozen::new(Linear::new(9, 9, &random::key(0))), head: Linear::new(9, 1, &random::key(1)) };
    /// let trained = model.trainable_parameters();
    /// assert_eq!(trained[0].0, "head.weight");
    /// assert_eq!(trained.iter().map(|(_, x)| x.size()).sum::<usize>(), 10);
    /// assert_eq!(model.num_parameters(), 90 + 10);
    /// ```
    fn trainable_parameters(&self) -> Vec<(String, Array)> {
        self.parameters().into_iter().zip(tree::trainable(self)).filter(|(_, trained)| *trained).map(|(named, _)| named).collect()
    }

    /// Number of elements in all arrays.
    ///
    /// ```
    /// use lazulite::nn::Linear;
    /// use lazulite::prelude::*;
    /// assert_eq!(Linear::new(3, 2, &random::key(0)).num_parameters(), 8);
    /// ```
    fn num_parameters(&self) -> usize {
        let mut n = 0;
        self.visit(&mut |x| n += x.size());
        n
    }

    /// This model with its floats in another dtype of floats, those that are not trained included; other arrays stay as they are.
    ///
    /// ```
    /// use lazulite::nn::Linear;
    /// use lazulite::prelude::*;
    /// let half = Linear::new(3, 2, &random::key(0)).set_dtype(Dtype::F16);
    /// assert_eq!(half.forward(&Array::ones([1, 3], Dtype::F16)).dtype(), Dtype::F16);
    /// ```
    ///
    /// # Panics
    /// For a dtype that is no float.
    #[must_use]
    #[track_caller]
    fn set_dtype(&self, dtype: Dtype) -> Self {
        assert!(dtype.is_float(), "a model's floats cannot be {dtype}");
        self.map_arrays(&mut |x| if x.dtype().is_float() { x.astype(dtype) } else { x.clone() })
    }

    /// Writes the parameters to a safetensors file, which replaces one that is there.
    ///
    /// # Errors
    /// Of kind `Io`, with the file's name, if it cannot be written; what evaluation reports.
    ///
    /// ```
    /// use lazulite::nn::{LayerNorm, Linear};
    /// use lazulite::prelude::*;
    /// # let path = std::env::temp_dir().join(format!("lazulite-module-{}.safetensors", std::process::id()));
    /// let layer = Linear::new(2, 2, &random::key(0));
    /// layer.save(&path).unwrap();
    /// let same = Linear::new(2, 2, &random::key(1)).load(&path).unwrap();
    /// assert_eq!(same.weight.to_vec::<f32>().unwrap(), layer.weight.to_vec::<f32>().unwrap());
    /// let e = LayerNorm::new(3).load(&path).err().unwrap();
    /// assert!(e.to_string().contains("`weight`"), "{e}");
    /// # std::fs::remove_file(&path).unwrap();
    /// ```
    #[track_caller]
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        lazulite_io::save_tree(path, self)
    }

    /// This model with the parameters of a safetensors file in place of its own.
    ///
    /// ```
    /// use lazulite::nn::Linear;
    /// use lazulite::prelude::*;
    /// assert!(Linear::new(1, 1, &random::key(0)).load("no such file").is_err());
    /// ```
    ///
    /// # Errors
    /// Of kind `Io`, with the file's name and the parameter's, if the file is not whole or its names, shapes and dtypes are not this
    /// model's.
    #[track_caller]
    fn load(&self, path: impl AsRef<Path>) -> Result<Self> {
        lazulite_io::load_tree(path, self)
    }
}
