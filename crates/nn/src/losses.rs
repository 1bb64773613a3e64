//! Losses.

use lazulite_core::Array;
use lazulite_core::ops::{iota, select};

/// The score of each example's target among the last axis of `scores`.
#[track_caller]
fn picked(scores: &Array, targets: &Array, loss: &str) -> Array {
    let n = scores.ndim();
    let fits = n == targets.ndim() + 1 && scores.shape()[..n - 1] == *targets.shape();
    assert!(
        fits,
        "{loss}: targets of shape {:?} do not fit scores of shape {:?}, which have one more axis, the classes",
        targets.shape(),
        scores.shape()
    );
    assert!(targets.dtype().is_integer(), "{loss}: targets are the numbers of classes, not {}", targets.dtype());
    // Compared, not looked up: it fuses with the pass over the scores, and so does its derivative.
    let class = match iota(scores.shape(), n as i64 - 1, targets.dtype()) {
        Ok(a) => a,
        Err(e) => e.raise(),
    };
    select(&class.eq(targets.expand_dims(-1)), scores, 0).sum(-1)
}

/// The cross entropy of each example: `-log(softmax(logits)[target])`.
///
/// `logits` are `(..., classes)`, before softmax; integer `targets` are `(...)`, and so is the result. Targets of the logits' own shape
/// are probabilities of the classes. An integer that names no class has score zero.
///
/// # Panics
/// For shapes that do not fit.
///
/// ```
/// use lazulite::prelude::*;
/// let loss = lazulite::nn::cross_entropy(&array![[2.0, -1.0], [-1.0, 2.0]], &array![0, 1]);
/// assert!(loss.to_vec::<f32>().unwrap().iter().all(|l| (l - 0.0485873).abs() < 1e-6));
/// ```
#[track_caller]
pub fn cross_entropy(logits: &Array, targets: &Array) -> Array {
    let score = if targets.ndim() == logits.ndim() {
        assert!(
            targets.shape() == logits.shape(),
            "cross_entropy: probabilities of shape {:?} do not fit logits of shape {:?}",
            targets.shape(),
            logits.shape()
        );
        (logits * targets).sum(-1)
    } else {
        picked(logits, targets, "cross_entropy")
    };
    logits.logsumexp(-1) - score
}

/// The negative log likelihood of each example: `-log_probabilities[target]`, `(..., classes)` and `(...)` to `(...)`.
///
/// # Panics
/// For shapes that do not fit, or targets that are no integers.
///
/// ```
/// use lazulite::prelude::*;
/// let loss = lazulite::nn::nll(&array![[-0.1, -2.0]], &array![1]);
/// assert_eq!(loss.to_vec::<f32>().unwrap(), [2.0]);
/// ```
#[track_caller]
pub fn nll(log_probabilities: &Array, targets: &Array) -> Array {
    -picked(log_probabilities, targets, "nll")
}

/// The mean of the squared differences, over all elements: of two arrays of one shape, 0-d.
///
/// # Panics
/// For shapes that differ.
///
/// ```
/// use lazulite::prelude::*;
/// assert_eq!(lazulite::nn::mse(&array![1.0, 2.0], &array![1.0, 4.0]).item::<f32>().unwrap(), 2.0);
/// ```
#[track_caller]
pub fn mse(predictions: &Array, targets: &Array) -> Array {
    same("mse", predictions, targets);
    (predictions - targets).square().mean(..)
}

/// The mean of the absolute differences, over all elements: of two arrays of one shape, 0-d.
///
/// # Panics
/// For shapes that differ.
///
/// ```
/// use lazulite::prelude::*;
/// assert_eq!(lazulite::nn::l1(&array![1.0, 2.0], &array![1.0, 4.0]).item::<f32>().unwrap(), 1.0);
/// ```
#[track_caller]
pub fn l1(predictions: &Array, targets: &Array) -> Array {
    same("l1", predictions, targets);
    (predictions - targets).abs().mean(..)
}

/// The mean binary cross entropy of logits, numbers before the sigmoid, against targets from 0 to 1 of the same shape; 0-d.
///
/// # Panics
/// For shapes that differ.
///
/// ```
/// use lazulite::prelude::*;
/// let loss = lazulite::nn::binary_cross_entropy_with_logits(&array![0.105361, 0.223144, 1.20397, 0.916291], &array![0, 0, 1, 1]);
/// assert!((loss.item::<f32>().unwrap() - 0.539245).abs() < 1e-5);
/// ```
#[track_caller]
pub fn binary_cross_entropy_with_logits(logits: &Array, targets: &Array) -> Array {
    same("binary_cross_entropy_with_logits", logits, targets);
    (logits.logaddexp(0) - logits * targets).mean(..)
}

/// The mean binary cross entropy of probabilities against targets from 0 to 1 of the same shape; 0-d. Logarithms are cut off at -100.
///
/// # Panics
/// For shapes that differ.
///
/// ```
/// use lazulite::prelude::*;
/// let loss = lazulite::nn::binary_cross_entropy(&array![0.1, 0.1, 0.4, 0.4], &array![0, 0, 1, 1]);
/// assert!((loss.item::<f32>().unwrap() - 0.510826).abs() < 1e-5);
/// ```
#[track_caller]
pub fn binary_cross_entropy(probabilities: &Array, targets: &Array) -> Array {
    same("binary_cross_entropy", probabilities, targets);
    let yes = probabilities.log().maximum(-100);
    let no = (1 - probabilities).log().maximum(-100);
    -(targets * yes + (1 - targets) * no).mean(..)
}

/// Checks that shapes do not differ: a silent broadcast is the usual mistake.
#[track_caller]
fn same(loss: &str, x: &Array, y: &Array) {
    assert!(x.shape() == y.shape(), "{loss}: shapes {:?} and {:?} differ", x.shape(), y.shape());
}
