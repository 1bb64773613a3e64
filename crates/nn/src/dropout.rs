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
        drop_in(x, self.p, x.shape())
    }
}

/// `x` with a part zeroed in training mode: one draw for each element of `shape`, which broadcasts to that of `x`.
#[track_caller]
fn drop_in(x: &Array, p: f32, shape: &[usize]) -> Array {
    if p == 0.0 || !is_training() {
        return x.clone();
    }
    let Some(key) = next_key() else {
        panic!("dropout in training mode needs random numbers: run the step in `nn::with_key(&key, || ...)`");
    };
    let kept = random::bernoulli(1.0 - p, shape, &key);
    lazulite_core::ops::select(&kept, x * (1.0 / (1.0 - p)), 0)
}

macro_rules! channels {
    ($($(#[$doc:meta])* $name:ident, $places:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Module)]
        pub struct $name {
            #[module(static)]
            p: f32,
        }

        impl $name {
            /// Dropout with probability `p` in `0.0..1.0`.
            ///
            /// # Panics
            /// For a probability outside of that.
            #[track_caller]
            pub fn new(p: f32) -> $name {
                $name { p: Dropout::new(p).p }
            }

            /// `(n, places.., channels)`, or that without the batch, with channels zeroed in training mode.
            ///
            /// # Panics
            /// For another number of axes; in training mode outside of [`with_key`](crate::with_key).
            #[track_caller]
            pub fn forward(&self, x: &Array) -> Array {
                let n = x.ndim();
                assert!(
                    n == $places + 1 || n == $places + 2,
                    "{} takes (n, places.., channels) with {} axes of places, not {:?}", stringify!($name), $places, x.shape()
                );
                let mut shape = x.shape().to_vec();
                shape[n - 1 - $places..n - 1].fill(1);
                drop_in(x, self.p, &shape)
            }
        }
    )*};
}

channels! {
    /// Zeroes whole channels of images with probability `p` in training mode, and divides the others by `1 - p` (Tompson et al. 2015).
    ///
    /// ```
    /// use lazulite::nn::{self, Dropout2d};
    /// use lazulite::prelude::*;
    /// let x = Array::ones([1, 2, 2, 8], Dtype::F32);
    /// let y = nn::with_key(&random::key(0), || Dropout2d::new(0.5).forward(&x));
    /// assert!(y.max([1, 2]).eq(y.min([1, 2])).all(..).item::<bool>().unwrap());
    /// ```
    Dropout2d, 2;
    /// [`Dropout2d`] for volumes.
    ///
    /// ```
    /// use lazulite::nn::Dropout3d;
    /// use lazulite::prelude::*;
    /// let x = Array::ones([2, 2, 2, 8], Dtype::F32); // without a batch
    /// assert_eq!(Dropout3d::new(0.5).forward(&x).shape(), [2, 2, 2, 8]);
    /// ```
    Dropout3d, 3;
}
