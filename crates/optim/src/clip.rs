//! Clipping of gradients.

use lazulite_core::tree::{flatten, trainable, unflatten};
use lazulite_core::{Array, Dtype, Tree};

/// The gradient, scaled down if its norm over all arrays exceeds `most`, and the norm that it had.
///
/// # Panics
/// For a negative `most`.
///
/// ```
/// use lazulite::optim::clip_grad_norm;
/// use lazulite::prelude::*;
/// let (g, norm) = clip_grad_norm(&(array![3.0], array![4.0]), 1.0);
/// assert_eq!(norm.item::<f32>().unwrap(), 5.0);
/// assert!((g.1.item::<f32>().unwrap() - 0.8).abs() < 1e-5);
/// ```
#[track_caller]
pub fn clip_grad_norm<M: Tree>(grads: &M, most: f32) -> (M, Array) {
    assert!(most >= 0.0, "a norm is not negative: {most}");
    let trained = trainable(grads);
    let mut list = flatten(grads);
    let squares = list.iter().zip(&trained).filter(|(_, t)| **t).map(|(g, _)| g.astype(wide(g.dtype())).abs().square().sum(..));
    let norm = squares.reduce(|a, b| a + b).unwrap_or_else(|| Array::zeros((), Dtype::F32)).sqrt();
    let scale = (most / (&norm + 1e-6)).minimum(1);
    for (g, _) in list.iter_mut().zip(&trained).filter(|(_, t)| **t) {
        *g = (&*g * &scale).astype(g.dtype());
    }
    (unflatten(grads, &list), norm)
}

/// Halves are squared in f32, where they do not overflow.
fn wide(d: Dtype) -> Dtype {
    if d.is_half() { Dtype::F32 } else { d }
}
