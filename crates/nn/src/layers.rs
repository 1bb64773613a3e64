//! Layers that most models have: affine and bilinear maps, embeddings, learned activations.

use crate::norm::shifted;
use crate::{Module, init, prelu};
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
        let bias = Some(init::by_root(input_dims, [output_dims], &b));
        Linear { weight: init::by_root(input_dims, [output_dims, input_dims], &a), bias }
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
        shifted(x.matmul(&self.weight.t()), self.bias.as_ref())
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

    /// The vectors of integer `ids`, `(...)` to `(..., dims)`. Negative ids count from the last. Ids out of range are no error: they give the
    /// nearest one's vector.
    ///
    /// ```
    /// use lazulite::nn::Embedding;
    /// use lazulite::prelude::*;
    /// let table = Embedding { weight: array![[1.0], [2.0], [3.0]] };
    /// assert_eq!(table.forward(&array![2, 0, -2, 9]).to_vec::<f32>().unwrap(), [3.0, 1.0, 2.0, 3.0]);
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

/// Its input as it is: a place for a layer.
///
/// ```
/// use lazulite::nn::{Identity, Sequential};
/// use lazulite::prelude::*;
/// assert_eq!(Sequential::new().then(Identity).forward(&array![3]).item::<i32>().unwrap(), 3);
/// ```
#[derive(Clone, Copy, Default, Debug, Module)]
pub struct Identity;

impl Identity {
    /// `x`, of any shape.
    ///
    /// ```
    /// use lazulite::nn::Identity;
    /// use lazulite::prelude::*;
    /// assert!(Identity.forward(&array![true]).item::<bool>().unwrap());
    /// ```
    pub fn forward(&self, x: &Array) -> Array {
        x.clone()
    }
}

/// [`prelu`], with its slopes as parameters.
///
/// ```
/// use lazulite::nn::PReLU;
/// use lazulite::prelude::*;
/// let layer = PReLU::new(2);
/// assert_eq!(layer.forward(&array![[-4.0, 2.0]]).to_vec::<f32>().unwrap(), [-1.0, 2.0]);
/// let g = grad(|l: &PReLU| l.forward(&array![[-4.0, 2.0]]).sum(..))(&layer);
/// assert_eq!(g.weight.to_vec::<f32>().unwrap(), [-4.0, 0.0]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct PReLU {
    /// `(num_parameters,)`, the slopes below zero.
    pub weight: Array,
}

impl PReLU {
    /// With one slope for all features, or one for each; all 0.25.
    ///
    /// ```
    /// use lazulite::nn::PReLU;
    /// assert_eq!(PReLU::new(3).weight.to_vec::<f32>().unwrap(), [0.25; 3]);
    /// ```
    #[track_caller]
    pub fn new(num_parameters: usize) -> PReLU {
        PReLU { weight: init::constant([num_parameters], 0.25) }
    }

    /// With slopes that start at this value.
    ///
    /// ```
    /// use lazulite::nn::PReLU;
    /// assert_eq!(PReLU::new(1).init(0.5).weight.item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn init(self, value: f32) -> PReLU {
        PReLU { weight: init::constant(self.weight.shape(), value) }
    }

    /// `(..., features)` to the same shape.
    ///
    /// ```
    /// use lazulite::nn::PReLU;
    /// use lazulite::prelude::*;
    /// assert_eq!(PReLU::new(1).forward(&array![-2.0]).item::<f32>().unwrap(), -0.5);
    /// ```
    ///
    /// # Panics
    /// If the slopes do not broadcast.
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        prelu(x, &self.weight)
    }
}

/// A map that is linear in each of two inputs: `y[k] = x1ᵀ W[k]ᵀ x2 + b[k]`.
///
/// ```
/// use lazulite::nn::Bilinear;
/// use lazulite::prelude::*;
/// let layer = Bilinear::new(3, 4, 2, &random::key(0));
/// let (x1, x2) = (Array::ones([5, 3], Dtype::F32), Array::ones([5, 4], Dtype::F32));
/// assert_eq!(layer.forward(&x1, &x2).shape(), [5, 2]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct Bilinear {
    /// `(output_dims, input2_dims, input1_dims)`.
    pub weight: Array,
    /// `(output_dims,)`, if there is one.
    pub bias: Option<Array>,
}

impl Bilinear {
    /// From `input1_dims` and `input2_dims` features to `output_dims`, with a bias; all float32, uniform in ±1/√`input1_dims`.
    ///
    /// ```
    /// use lazulite::nn::Bilinear;
    /// use lazulite::prelude::*;
    /// assert_eq!(Bilinear::new(3, 4, 2, &random::key(0)).weight.shape(), [2, 4, 3]);
    /// ```
    #[track_caller]
    pub fn new(input1_dims: usize, input2_dims: usize, output_dims: usize, key: &Array) -> Bilinear {
        let (a, b) = random::split(key);
        let weight = init::by_root(input1_dims, [output_dims, input2_dims, input1_dims], &a);
        Bilinear { weight, bias: Some(init::by_root(input1_dims, [output_dims], &b)) }
    }

    /// The same layer without its bias.
    ///
    /// ```
    /// use lazulite::nn::Bilinear;
    /// use lazulite::prelude::*;
    /// assert_eq!(Bilinear::new(3, 4, 2, &random::key(0)).without_bias().parameters().len(), 1);
    /// ```
    #[must_use]
    pub fn without_bias(self) -> Bilinear {
        Bilinear { bias: None, ..self }
    }

    /// `(..., input1_dims)` and `(..., input2_dims)`, whose leading axes broadcast, to `(..., output_dims)`.
    ///
    /// ```
    /// use lazulite::nn::Bilinear;
    /// use lazulite::prelude::*;
    /// let layer = Bilinear { weight: array![[[1.0, 0.0], [0.0, 1.0]]], bias: None };
    /// assert_eq!(layer.forward(&array![3.0, 4.0], &array![5.0, 6.0]).item::<f32>().unwrap(), 39.0);
    /// ```
    ///
    /// # Panics
    /// If the last axes are not the weight's, or the others do not broadcast.
    #[track_caller]
    pub fn forward(&self, x1: &Array, x2: &Array) -> Array {
        // A row for each output and feature of the second input.
        let rows = self.weight.flatten(0, 1);
        let (outputs, dims) = (self.weight.shape()[0] as i64, self.weight.shape()[1] as i64);
        let first = x1.matmul(&rows.t());
        let mut shape: Vec<i64> = x1.shape().iter().map(|&n| n as i64).collect();
        shape.splice(shape.len() - 1.., [outputs, dims]);
        shifted(first.reshape(shape).matmul(&x2.expand_dims(-1)).squeeze(-1), self.bias.as_ref())
    }
}
