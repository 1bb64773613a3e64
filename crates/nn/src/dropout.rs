//! Dropout.

use crate::{Module, is_training, next_key};
use lazulite_core::{Array, random};

/// Zeroes each element with probability `p` in training mode, and divides the others by `1 - p`; otherwise the identity.
///
/// ```
/// use lazulite::nn::{self, Dropout};
/// use lazulite::prelude::*;
/// let (drop, x) = (Dropout::new(0.5), array![1.0, 2.0]);
/// assert_eq!(drop.forward(&x).to_vec::<f32>().unwrap(), [1.0, 2.0]);
/// let y = nn::with_key(&random::key(1), || drop.forward(&x));
/// assert!(y.to_vec::<f32>().unwrap().iter().all(|v| [0.0, 2.0, 4.0].contains(v)));
/// ```
#[derive(Clone, Debug, Module)]
pub struct Dropout {
    #[module(static)]
    p: f32,
}

impl Dropout {
    /// Dropout with probability `p` in `0.0..1.0`.
    ///
    /// ```
    /// use lazulite::nn::Dropout;
    /// use lazulite::prelude::*;
    /// assert_eq!(Dropout::new(0.1).num_parameters(), 0);
    /// ```
    ///
    /// # Panics
    /// For a probability outside of that.
    #[track_caller]
    pub fn new(p: f32) -> Dropout {
        assert!((0.0..1.0).contains(&p), "the probability of dropout, {p}, is not in 0..1");
        Dropout { p }
    }

    /// `x` of any shape, with elements zeroed in training mode.
    ///
    /// ```
    /// use lazulite::nn::Dropout;
    /// use lazulite::prelude::*;
    /// assert_eq!(Dropout::new(0.5).forward(&array![1.0]).item::<f32>().unwrap(), 1.0); // not training
    /// ```
    ///
    /// # Panics
    /// In training mode outside of [`with_key`](crate::with_key).
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        if self.p == 0.0 || !is_training() {
            return x.clone();
        }
        let Some(key) = next_key() else {
            panic!("dropout in training mode needs random numbers: run the step in `nn::with_key(&key, || ...)`");
        };
        let kept = random::bernoulli(1.0 - self.p, x.shape(), &key);
        lazulite_core::ops::select(&kept, x * (1.0 / (1.0 - self.p)), 0)
    }
}
