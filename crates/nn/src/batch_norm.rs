//! Batch normalisation, whose running averages are part of the model and come back from [`with_statistics`](crate::with_statistics).

use crate::mode::advance;
use crate::norm::{affine, narrow, positive, unit, wide};
use crate::{Frozen, Module, is_training};
use lazulite_base::Dtype;
use lazulite_core::Array;

/// Normalises each feature over all examples and places, then scales and shifts it (Ioffe & Szegedy 2015).
///
/// In training mode by the batch's own mean and variance, of which running averages are kept: a step in training mode runs in
/// [`with_statistics`](crate::with_statistics), which gives the model with the next averages. Otherwise by the running averages, which no
/// gradient reaches and no optimizer changes. The running variance is the unbiased one. Halves are normalised in `float32`.
///
/// ```
/// use lazulite::nn::{self, BatchNorm};
/// use lazulite::prelude::*;
/// let norm = BatchNorm::new(1).momentum(0.5);
/// let x = array![[1.0], [3.0]];
/// let (y, next) = nn::with_statistics(&norm, |norm| norm.forward(&x));
/// assert!((y.max(..).item::<f32>().unwrap() - 1.0).abs() < 1e-4);
/// let averages = |n: &BatchNorm| [&n.running_mean, &n.running_var].map(|a| a.get().unwrap().item::<f32>().unwrap());
/// assert_eq!(averages(&norm), [0.0, 1.0]);
/// assert_eq!(averages(&next), [1.0, 1.5]);
/// ```
#[derive(Clone, Debug, Module)]
pub struct BatchNorm {
    /// `(num_features,)`, the scale, if there is one.
    pub weight: Option<Array>,
    /// `(num_features,)`, the shift, if there is one.
    pub bias: Option<Array>,
    /// `(num_features,)`, the running mean, if it is kept.
    pub running_mean: Frozen<Option<Array>>,
    /// `(num_features,)`, the running variance, if it is kept.
    pub running_var: Frozen<Option<Array>>,
    #[module(static)]
    num_features: usize,
    #[module(static)]
    eps: f32,
    #[module(static)]
    momentum: f32,
}

impl BatchNorm {
    /// Of `num_features` features: scale one, shift zero, running mean zero and variance one, `eps` 1e-5, momentum 0.1.
    ///
    /// ```
    /// use lazulite::nn::BatchNorm;
    /// use lazulite::prelude::*;
    /// let names: Vec<String> = BatchNorm::new(4).parameters().into_iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["weight", "bias", "running_mean", "running_var"]);
    /// ```
    #[track_caller]
    pub fn new(num_features: usize) -> BatchNorm {
        let (weight, bias) = unit(num_features);
        let running_mean = Frozen::new(Some(Array::zeros([num_features], Dtype::F32)));
        let running_var = Frozen::new(Some(Array::ones([num_features], Dtype::F32)));
        BatchNorm { weight, bias, running_mean, running_var, num_features, eps: 1e-5, momentum: 0.1 }
    }

    /// What is added to the variance.
    ///
    /// # Panics
    /// If it is not positive.
    ///
    /// ```
    /// use lazulite::nn::BatchNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(BatchNorm::new(1).eps(3.0).forward(&array![[1.0]]).item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f32) -> BatchNorm {
        BatchNorm { eps: positive("BatchNorm", eps), ..self }
    }

    /// The share of a new batch in the running averages, from 0 to 1.
    ///
    /// # Panics
    /// For a number outside of that.
    ///
    /// ```
    /// use lazulite::nn::{self, BatchNorm};
    /// use lazulite::prelude::*;
    /// let (_, next) = nn::with_statistics(&BatchNorm::new(1).momentum(1.0), |n| n.forward(&array![[1.0], [3.0]]));
    /// assert_eq!(next.running_mean.get().unwrap().item::<f32>().unwrap(), 2.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn momentum(self, momentum: f32) -> BatchNorm {
        assert!((0.0..=1.0).contains(&momentum), "the momentum of BatchNorm, {momentum}, is not in 0..=1");
        BatchNorm { momentum, ..self }
    }

    /// The same layer without scale and shift.
    ///
    /// ```
    /// use lazulite::nn::BatchNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(BatchNorm::new(4).without_affine().parameters().len(), 2);
    /// ```
    #[must_use]
    pub fn without_affine(self) -> BatchNorm {
        BatchNorm { weight: None, bias: None, ..self }
    }

    /// The same layer without running averages: the batch's own are used always.
    ///
    /// ```
    /// use lazulite::nn::BatchNorm;
    /// use lazulite::prelude::*;
    /// let y = BatchNorm::new(1).without_running_stats().eps(3.0).forward(&array![[0.0], [2.0]]);
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [-0.5, 0.5]);
    /// ```
    #[must_use]
    pub fn without_running_stats(self) -> BatchNorm {
        BatchNorm { running_mean: Frozen::new(None), running_var: Frozen::new(None), ..self }
    }

    /// `(n, num_features)`, or that with one or two axes of places between, to the same shape.
    ///
    /// ```
    /// use lazulite::nn::BatchNorm;
    /// use lazulite::prelude::*;
    /// assert_eq!(BatchNorm::new(4).forward(&Array::ones([5, 4], Dtype::F32)).shape(), [5, 4]);
    /// ```
    ///
    /// # Panics
    /// For other than two to four axes, or if the last is not of `num_features` elements. In training mode also for a single value of
    /// each feature; with running averages, outside of [`with_statistics`](crate::with_statistics).
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        let fits = (2..=4).contains(&x.ndim()) && x.shape().last() == Some(&self.num_features);
        assert!(fits, "BatchNorm takes (n, places.., {}) with at most two axes of places, not {:?}", self.num_features, x.shape());
        let count: usize = x.shape()[..x.ndim() - 1].iter().product();
        let training = is_training();
        assert!(!training || count > 1, "BatchNorm: training needs more than one value of each feature, not {:?}", x.shape());
        let (axes, values) = (0..=x.ndim() as i64 - 2, wide(x));
        let (mean, var) = match (self.running_mean.get(), self.running_var.get()) {
            (Some(mean), Some(var)) if !training => (wide(&mean), wide(&var)),
            kept => {
                let (mean, var) = (values.mean(axes.clone()), values.var(axes, 0));
                if let ((Some(running_mean), Some(running_var)), true) = (kept, training) {
                    let unbiased = &var * (count as f32 / (count - 1) as f32);
                    for (running, new) in [(running_mean, &mean), (running_var, &unbiased)] {
                        advance("BatchNorm", &running, |old| (old * (1.0 - self.momentum) + new * self.momentum).astype(running.dtype()));
                    }
                }
                (mean, var)
            }
        };
        affine(narrow((values - mean) * (var + self.eps).rsqrt(), x), self.weight.as_ref(), self.bias.as_ref())
    }
}
