//! Layers with parameters.

use crate::{Module, init};
use lazulite_core::{Array, random};

/// An affine map of the last axis: `x Wᵀ + b`.
///
/// ```
/// use lazulite::nn::Linear;
/// use lazulite::prelude::*;
/// let layer = Linear::new(3, 2, &random::key(0));
/// assert_eq!(layer.weight.shape(), [2, 3]);
/// assert_eq!(layer.forward(&Array::ones([5, 3], Dtype::F32)).shape(), [5, 2]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct Linear {
    /// `(output_dims, input_dims)`.
    pub weight: Array,
    /// `(output_dims,)`, if there is one.
    pub bias: Option<Array>,
}

impl Linear {
    /// From `input_dims` features to `output_dims`, with a bias; all parameters float32, uniform in ±1/√`input_dims`.
    ///
    /// ```
    /// use lazulite::nn::Linear;
    /// use lazulite::prelude::*;
    /// assert_eq!(Linear::new(3, 2, &random::key(0)).num_parameters(), 8);
    /// ```
    #[track_caller]
    pub fn new(input_dims: usize, output_dims: usize, key: &Array) -> Linear {
        let (a, b) = random::split(key);
        let bound = 1.0 / (input_dims.max(1) as f32).sqrt();
        let bias = Some(init::uniform([output_dims], -bound, bound, &b));
        Linear { weight: init::uniform([output_dims, input_dims], -bound, bound, &a), bias }
    }

    /// The same layer without its bias.
    ///
    /// ```
    /// use lazulite::nn::Linear;
    /// use lazulite::prelude::*;
    /// assert_eq!(Linear::new(3, 2, &random::key(0)).without_bias().parameters().len(), 1);
    /// ```
    #[must_use]
    pub fn without_bias(self) -> Linear {
        Linear { bias: None, ..self }
    }

    /// `(..., input_dims)` to `(..., output_dims)`.
    ///
    /// ```
    /// use lazulite::nn::Linear;
    /// use lazulite::prelude::*;
    /// let layer = Linear { weight: array![[1.0, 2.0]], bias: Some(array![0.5]) };
    /// assert_eq!(layer.forward(&array![[3.0, 4.0]]).to_vec::<f32>().unwrap(), [11.5]);
    /// ```
    ///
    /// # Panics
    /// If the last axis of `x` is not the weight's.
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        let y = x.matmul(&self.weight.t());
        match &self.bias {
            Some(b) => y + b,
            None => y,
        }
    }
}

/// A table of vectors, looked up by integers.
///
/// ```
/// use lazulite::nn::Embedding;
/// use lazulite::prelude::*;
/// let table = Embedding::new(10, 4, &random::key(0));
/// assert_eq!(table.forward(&array![[1, 2, 3]]).shape(), [1, 3, 4]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct Embedding {
    /// `(num_embeddings, dims)`.
    pub weight: Array,
}

impl Embedding {
    /// `num_embeddings` float32 vectors of `dims` elements, normal with deviation 1/√`dims`.
    ///
    /// ```
    /// use lazulite::nn::Embedding;
    /// use lazulite::prelude::*;
    /// assert_eq!(Embedding::new(10, 4, &random::key(0)).weight.shape(), [10, 4]);
    /// ```
    #[track_caller]
    pub fn new(num_embeddings: usize, dims: usize, key: &Array) -> Embedding {
        Embedding { weight: init::normal([num_embeddings, dims], 0.0, 1.0 / (dims.max(1) as f32).sqrt(), key) }
    }

    /// The vectors of integer `ids`, `(...)` to `(..., dims)`. Ids out of range are no error: they give the nearest one's vector.
    ///
    /// ```
    /// use lazulite::nn::Embedding;
    /// use lazulite::prelude::*;
    /// let table = Embedding { weight: array![[1.0], [2.0], [3.0]] };
    /// assert_eq!(table.forward(&array![2, 0]).to_vec::<f32>().unwrap(), [3.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If `ids` are no integers.
    #[track_caller]
    pub fn forward(&self, ids: &Array) -> Array {
        self.weight.take(ids, 0)
    }

    /// The table as a linear map `(..., dims)` to `(..., num_embeddings)`: for output weights tied to it.
    ///
    /// ```
    /// use lazulite::nn::Embedding;
    /// use lazulite::prelude::*;
    /// let table = Embedding::new(10, 4, &random::key(0));
    /// assert_eq!(table.as_linear(&Array::ones([2, 4], Dtype::F32)).shape(), [2, 10]);
    /// ```
    ///
    /// # Panics
    /// If the last axis of `x` is not of `dims` elements.
    #[track_caller]
    pub fn as_linear(&self, x: &Array) -> Array {
        x.matmul(&self.weight.t())
    }
}
