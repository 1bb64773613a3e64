//! Clipping of gradients.

use crate::check::positive;
use crate::rule::arithmetic;
use lazulite_core::tree::{flatten, trainable, unflatten};
use lazulite_core::{Array, Dtype, Tree};

/// The gradient scaled down to the norm `max_norm` if its own is larger, and its norm before that, 0-d and `float32` (`float64` if an array is).
///
/// ```text
/// |g| = sqrt(sum of |element|^2 over all arrays)
/// g <- g * min(1, max_norm / |g|)
/// ```
///
/// Pascanu, Mikolov & Bengio, *On the difficulty of training recurrent neural networks* (ICML 2013), algorithm 1. Arrays of any shapes;
/// their dtypes stay. Frozen parts and arrays that are no floats do not count, and stay as they are. Nothing is evaluated here.
///
/// A norm that is not finite clips finite elements to zero or NaN and makes the others NaN: read the norm to skip such a step. Squares
/// are summed in `float32`, so elements beyond 1e19 give an infinite one.
///
/// # Panics
/// If `max_norm` is not positive and finite.
///
/// ```
/// use lazulite::optim::clip_grad_norm;
/// use lazulite::prelude::*;
/// let ((a, b), norm) = clip_grad_norm(&(array![3.0], array![0.0, 4.0]), 1.0);
/// assert_eq!(norm.item::<f32>().unwrap(), 5.0);
/// assert!((a.item::<f32>().unwrap() - 0.6).abs() < 1e-6);
/// assert_eq!(b.shape(), [2]);
/// ```
#[track_caller]
pub fn clip_grad_norm<M: Tree>(grads: &M, max_norm: f64) -> (M, Array) {
    let max_norm = positive("the largest norm", max_norm);
    let trained = trainable(grads);
    let mut list = flatten(grads);
    let counted = || (0..trained.len()).filter(|&i| trained[i]);
    let squares = counted().map(|i| list[i].astype(arithmetic(list[i].dtype())).abs().square().sum(..));
    let norm = squares.reduce(|a, b| a + b).map_or_else(|| Array::zeros([], Dtype::F32), |s| s.sqrt());
    let scale = (Array::full([], max_norm, norm.dtype()) / &norm).minimum(1.0);
    for i in counted() {
        let own = list[i].dtype();
        let wide = arithmetic(own);
        list[i] = (list[i].astype(wide) * scale.astype(wide)).astype(own);
    }
    (unflatten(grads, &list), norm)
}
