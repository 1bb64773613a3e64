//! Normalisation of each example by itself: over features, groups of features or places.

use crate::Module;
use lazulite_base::Dtype;
use lazulite_core::ops::{Axes, keep};
use lazulite_core::{Array, fast};

/// Ones for a scale and zeros for a shift.
pub(crate) fn unit(dims: usize) -> (Option<Array>, Option<Array>) {
    (Some(Array::ones([dims], Dtype::F32)), Some(Array::zeros([dims], Dtype::F32)))
}

/// `x * weight + bias`, as far as they are there.
#[track_caller]
pub(crate) fn affine(x: Array, weight: Option<&Array>, bias: Option<&Array>) -> Array {
    let y = match weight {
        Some(w) => x * w,
        None => x,
    };
    shifted(y, bias)
}

/// `x + bias`, where there is one.
#[track_caller]
pub(crate) fn shifted(x: Array, bias: Option<&Array>) -> Array {
    match bias {
        Some(b) => x + b,
        None => x,
    }
}

/// `eps`, if it is positive.
#[track_caller]
pub(crate) fn positive(layer: &str, eps: f32) -> f32 {
    assert!(eps > 0.0, "eps of {layer} must be positive, not {eps}");
    eps
}

/// `x`, or halves in `float32`: their sums of squares overflow.
pub(crate) fn wide(x: &Array) -> Array {
    if x.dtype().is_half() { x.astype(Dtype::F32) } else { x.clone() }
}

/// `y` in the dtype of `x`, if these are halves.
pub(crate) fn narrow(y: Array, x: &Array) -> Array {
    if x.dtype().is_half() { y.astype(x.dtype()) } else { y }
}

/// `x` with mean zero and variance one over `axes`.
#[track_caller]
fn standard(x: &Array, axes: impl Into<Axes>, eps: f32) -> Array {
    let (axes, values) = (keep(axes), wide(x));
    narrow((&values - values.mean(axes.clone())) * (values.var(axes, 0) + eps).rsqrt(), x)
}

/// Normalises the last axis to mean zero and variance one, then scales and shifts it.
///
/// Halves are normalised in `float32`. It is composed of plain operations, which fuse to one pass over each row.
///
/// ```
/// use lazulite::nn::LayerNorm;
/// use lazulite::prelude::*;
/// let y = LayerNorm::new(2).forward(&array![[1.0, 3.0]]);
/// let y = y.to_vec::<f32>().unwrap();
/// assert!((y[0] + 1.0).abs() < 1e-4 && (y[1] - 1.0).abs() < 1e-4);
/// ```
#[derive(Clone, Debug, Module)]
pub struct LayerNorm {
    /// `(dims,)`, the scale, if there is one.
    pub weight: Option<Array>,
    /// `(dims,)`, the shift, if there is one.
    pub bias: Option<Array>,
    #[module(static)]
    eps: f32,
}

impl LayerNorm {
    /// Over `dims` features: scale one, shift zero, `eps` 1e-5.
    ///
    /// ```
    /// use lazulite::nn::LayerNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(LayerNorm::new(4).num_parameters(), 8);
    /// ```
    #[track_caller]
    pub fn new(dims: usize) -> LayerNorm {
        let (weight, bias) = unit(dims);
        LayerNorm { weight, bias, eps: 1e-5 }
    }

    /// What is added to the variance.
    ///
    /// # Panics
    /// If it is not positive.
    ///
    /// ```
    /// use lazulite::nn::LayerNorm;
    /// use lazulite::prelude::*;
    /// let y = LayerNorm::new(2).eps(1.0).forward(&array![[1.0, 3.0]]);
    /// assert!((y.max(..).item::<f32>().unwrap() - 0.5f32.sqrt()).abs() < 1e-6);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f32) -> LayerNorm {
        LayerNorm { eps: positive("LayerNorm", eps), ..self }
    }

    /// The same layer without its shift.
    ///
    /// ```
    /// use lazulite::nn::LayerNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(LayerNorm::new(2).without_bias().parameters().len(), 1);
    /// ```
    #[must_use]
    pub fn without_bias(self) -> LayerNorm {
        LayerNorm { bias: None, ..self }
    }

    /// The same layer without scale and shift.
    ///
    /// ```
    /// use lazulite::nn::LayerNorm;
    /// use lazulite::prelude::*;
    /// assert!(LayerNorm::new(2).without_affine().parameters().is_empty());
    /// ```
    #[must_use]
    pub fn without_affine(self) -> LayerNorm {
        LayerNorm { weight: None, bias: None, ..self }
    }

    /// `(..., dims)` to the same shape.
    ///
    /// ```
    /// use lazulite::nn::LayerNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(LayerNorm::new(4).forward(&Array::ones([2, 4], Dtype::F32)).to_vec::<f32>().unwrap(), [0.0; 8]);
    /// ```
    ///
    /// # Panics
    /// If the last axis is not of `dims` elements; without scale and shift also if `x` is no float.
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        fast::layer_norm(x, self.weight.as_ref(), self.bias.as_ref(), self.eps as f64)
    }
}

/// Divides the last axis by the root of its mean square, then scales it (Zhang & Sennrich 2019).
///
/// Halves are normalised in `float32`.
///
/// ```
/// use lazulite::nn::RMSNorm;
/// use lazulite::prelude::*;
/// let y = RMSNorm::new(2).forward(&array![3.0, 4.0]).to_vec::<f32>().unwrap();
/// assert!((y[0] - 0.848528).abs() < 1e-5 && (y[1] - 1.13137).abs() < 1e-5);
/// ```
#[derive(Clone, Debug, Module)]
pub struct RMSNorm {
    /// `(dims,)`, the scale.
    pub weight: Array,
    #[module(static)]
    eps: f32,
}

impl RMSNorm {
    /// Over `dims` features: scale one, `eps` 1e-5.
    ///
    /// ```
    /// use lazulite::nn::RMSNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(RMSNorm::new(4).num_parameters(), 4);
    /// ```
    #[track_caller]
    pub fn new(dims: usize) -> RMSNorm {
        RMSNorm { weight: Array::ones([dims], Dtype::F32), eps: 1e-5 }
    }

    /// What is added to the mean square.
    ///
    /// # Panics
    /// If it is not positive.
    ///
    /// ```
    /// use lazulite::nn::RMSNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(RMSNorm::new(1).eps(3.0).forward(&array![1.0]).item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f32) -> RMSNorm {
        RMSNorm { eps: positive("RMSNorm", eps), ..self }
    }

    /// `(..., dims)` to the same shape.
    ///
    /// ```
    /// use lazulite::nn::RMSNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(RMSNorm::new(4).forward(&Array::ones([2, 4], Dtype::F32)).shape(), [2, 4]);
    /// ```
    ///
    /// # Panics
    /// If the last axis is not of `dims` elements.
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        fast::rms_norm(x, Some(&self.weight), self.eps as f64)
    }
}

/// Normalises groups of features over all places, then scales and shifts each feature (Wu & He 2018).
///
/// The first axis is the batch, the last the features, those between are places. Halves are normalised in `float32`.
///
/// ```
/// use lazulite::nn::GroupNorm;
/// use lazulite::prelude::*;
/// let y = GroupNorm::new(2, 4).forward(&random::normal([2, 5, 4], &random::key(0)));
/// assert_eq!(y.shape(), [2, 5, 4]);
/// assert!(y.mean(..).item::<f32>().unwrap().abs() < 1e-5);
/// ```
#[derive(Clone, Debug, Module)]
pub struct GroupNorm {
    /// `(dims,)`, the scale, if there is one.
    pub weight: Option<Array>,
    /// `(dims,)`, the shift, if there is one.
    pub bias: Option<Array>,
    #[module(static)]
    num_groups: usize,
    #[module(static)]
    dims: usize,
    #[module(static)]
    eps: f32,
    #[module(static)]
    pytorch_compatible: bool,
}

impl GroupNorm {
    /// `num_groups` groups of `dims` features: scale one, shift zero, `eps` 1e-5. Features `num_groups` apart form a group.
    ///
    /// # Panics
    /// If the features do not make so many groups.
    ///
    /// ```
    /// use lazulite::nn::GroupNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(GroupNorm::new(2, 4).num_parameters(), 8);
    /// ```
    #[track_caller]
    pub fn new(num_groups: usize, dims: usize) -> GroupNorm {
        assert!(num_groups > 0 && dims.is_multiple_of(num_groups), "GroupNorm: {dims} features do not make {num_groups} groups");
        let (weight, bias) = unit(dims);
        GroupNorm { weight, bias, num_groups, dims, eps: 1e-5, pytorch_compatible: false }
    }

    /// What is added to the variance.
    ///
    /// # Panics
    /// If it is not positive.
    ///
    /// ```
    /// use lazulite::nn::GroupNorm;
    /// use lazulite::prelude::*;
    /// let y = GroupNorm::new(1, 2).eps(3.0).forward(&array![[0.0, 2.0]]);
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [-0.5, 0.5]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f32) -> GroupNorm {
        GroupNorm { eps: positive("GroupNorm", eps), ..self }
    }

    /// The same layer without scale and shift.
    ///
    /// ```
    /// use lazulite::nn::GroupNorm;
    /// use lazulite::prelude::*;
    /// assert!(GroupNorm::new(2, 4).without_affine().parameters().is_empty());
    /// ```
    #[must_use]
    pub fn without_affine(self) -> GroupNorm {
        GroupNorm { weight: None, bias: None, ..self }
    }

    /// Whether neighbouring features form a group, as in PyTorch, rather than features `num_groups` apart.
    ///
    /// ```
    /// use lazulite::nn::GroupNorm;
    /// use lazulite::prelude::*;
    /// let norm = GroupNorm::new(2, 4).pytorch_compatible(true).eps(1e-12);
    /// assert_eq!(norm.forward(&array![[0.0, 2.0, 0.0, 4.0]]).to_vec::<f32>().unwrap(), [-1.0, 1.0, -1.0, 1.0]);
    /// ```
    #[must_use]
    pub fn pytorch_compatible(self, on: bool) -> GroupNorm {
        GroupNorm { pytorch_compatible: on, ..self }
    }

    /// `(n, places.., dims)` to the same shape.
    ///
    /// ```
    /// use lazulite::nn::GroupNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(GroupNorm::new(2, 4).forward(&Array::ones([1, 3, 4], Dtype::F32)).to_vec::<f32>().unwrap(), [0.0; 12]);
    /// ```
    ///
    /// # Panics
    /// For fewer than two axes, or if the last is not of `dims` elements.
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        let shape: Vec<i64> = x.shape().iter().map(|&n| n as i64).collect();
        let fits = shape.len() >= 2 && x.shape().last() == Some(&self.dims);
        assert!(fits, "GroupNorm takes (n, places.., {}), not {shape:?}", self.dims);
        let (batch, groups) = (shape[0], self.num_groups as i64);
        let places: i64 = shape[1..shape.len() - 1].iter().product();
        let each = (self.dims / self.num_groups) as i64;
        let y = if self.pytorch_compatible {
            let apart = x.reshape([batch, places, groups, each]).swapaxes(1, 2).reshape([batch, groups, places * each]);
            let y = fast::layer_norm(&apart, None, None, self.eps as f64);
            y.reshape([batch, groups, places, each]).swapaxes(1, 2)
        } else {
            standard(&x.reshape([batch, places * each, groups]), 1, self.eps)
        };
        affine(y.reshape(shape), self.weight.as_ref(), self.bias.as_ref())
    }
}

/// Normalises each feature of each example over its places (Ulyanov et al. 2016). Halves are normalised in `float32`.
///
/// ```
/// use lazulite::nn::InstanceNorm;
/// use lazulite::prelude::*;
/// let y = InstanceNorm::new(2).forward(&random::normal([3, 5, 5, 2], &random::key(0)));
/// assert!(y.mean([1, 2]).abs().max(..).item::<f32>().unwrap() < 1e-5);
/// ```
#[derive(Clone, Debug, Module)]
pub struct InstanceNorm {
    /// `(dims,)`, the scale, if there is one.
    pub weight: Option<Array>,
    /// `(dims,)`, the shift, if there is one.
    pub bias: Option<Array>,
    #[module(static)]
    dims: usize,
    #[module(static)]
    eps: f32,
}

impl InstanceNorm {
    /// Of `dims` features, without scale and shift, `eps` 1e-5.
    ///
    /// ```
    /// use lazulite::nn::InstanceNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(InstanceNorm::new(4).num_parameters(), 0);
    /// ```
    pub fn new(dims: usize) -> InstanceNorm {
        InstanceNorm { weight: None, bias: None, dims, eps: 1e-5 }
    }

    /// What is added to the variance.
    ///
    /// # Panics
    /// If it is not positive.
    ///
    /// ```
    /// use lazulite::nn::InstanceNorm;
    /// use lazulite::prelude::*;
    /// let y = InstanceNorm::new(1).eps(3.0).forward(&array![[[0.0], [2.0]]]);
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [-0.5, 0.5]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f32) -> InstanceNorm {
        InstanceNorm { eps: positive("InstanceNorm", eps), ..self }
    }

    /// The same layer with a scale of one and a shift of zero, to be learned.
    ///
    /// ```
    /// use lazulite::nn::InstanceNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(InstanceNorm::new(4).with_affine().num_parameters(), 8);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn with_affine(self) -> InstanceNorm {
        let (weight, bias) = unit(self.dims);
        InstanceNorm { weight, bias, ..self }
    }

    /// `(n, places.., dims)` to the same shape.
    ///
    /// ```
    /// use lazulite::nn::InstanceNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(InstanceNorm::new(4).forward(&Array::ones([1, 3, 4], Dtype::F32)).to_vec::<f32>().unwrap(), [0.0; 12]);
    /// ```
    ///
    /// # Panics
    /// For fewer than three axes, or if the last is not of `dims` elements.
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        let fits = x.ndim() >= 3 && x.shape().last() == Some(&self.dims);
        assert!(fits, "InstanceNorm takes (n, places.., {}), not {:?}", self.dims, x.shape());
        affine(standard(x, 1..=x.ndim() as i64 - 2, self.eps), self.weight.as_ref(), self.bias.as_ref())
    }
}
