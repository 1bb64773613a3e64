//! Losses, with MLX's names and defaults.
//!
//! Each is a function of arrays, and a struct of its settings for other than the defaults. Every struct has the setting `reduction`: what
//! becomes of the losses, one for each element or example.
//!
//! ```
//! use lazulite::nn::losses::{self, Reduction};
//! use lazulite::prelude::*;
//! let (x, y) = (array![1.0, 2.0], array![1.0, 4.0]);
//! assert_eq!(losses::mse_loss(&x, &y).item::<f32>().unwrap(), 2.0); // the mean
//! let sum = losses::MseLoss::default().reduction(Reduction::Sum);
//! assert_eq!(sum.of(&x, &y).item::<f32>().unwrap(), 4.0);
//! ```

use crate::norm::wide;
use crate::raised;
use lazulite_base::Dtype;
use lazulite_base::dtype::promote;
use lazulite_core::Array;
use lazulite_core::ops::{iota, select};

/// What becomes of the losses of elements or examples.
///
/// ```
/// use lazulite::nn::losses::{HingeLoss, Reduction};
/// use lazulite::prelude::*;
/// let (x, y) = (array![0.5, 0.0], array![1.0, 1.0]);
/// let by = |r| HingeLoss::default().reduction(r).of(&x, &y).to_vec::<f32>().unwrap();
/// assert_eq!([by(Reduction::None), by(Reduction::Mean), by(Reduction::Sum)], [vec![0.5, 1.0], vec![0.75], vec![1.5]]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reduction {
    /// They stay as they are.
    None,
    /// Their mean, 0-d.
    Mean,
    /// Their sum, 0-d.
    Sum,
}

impl Reduction {
    #[track_caller]
    fn of(self, loss: Array) -> Array {
        match self {
            Reduction::None => loss,
            Reduction::Mean => loss.mean(..),
            Reduction::Sum => loss.sum(..),
        }
    }
}

/// Declares the method that sets a field, from another type if one is named.
macro_rules! setting {
    ($(#[$set:meta])* $field:ident: $ty:ty) => {
        $(#[$set])*
        #[must_use]
        pub fn $field(self, $field: $ty) -> Self {
            Self { $field, ..self }
        }
    };
    ($(#[$set:meta])* $field:ident: $ty:ty as $given:ty) => {
        $(#[$set])*
        #[must_use]
        pub fn $field(self, $field: $given) -> Self {
            Self { $field: $field.into(), ..self }
        }
    };
}

/// Declares a loss: the function, the struct of its settings, their methods.
macro_rules! losses {
    ($(
        $(#[$doc:meta])*
        pub fn $name:ident($($arg:ident),*) with $How:ident, $reduction:ident { $($(#[$set:meta])* $field:ident: $ty:ty $(as $given:ty)? = $default:expr),* }
        |$how:ident| $body:expr;
    )*) => {$(
        $(#[$doc])*
        #[doc = concat!("\n\nOther settings than the defaults: [`", stringify!($How), "`].")]
        #[track_caller]
        pub fn $name($($arg: &Array),*) -> Array {
            $How::default().of($($arg),*)
        }

        #[doc = concat!("The settings of [`", stringify!($name), "`]. The losses' default is [`Reduction::", stringify!($reduction), "`].")]
        ///
        /// ```
        #[doc = concat!("use lazulite::nn::losses::{", stringify!($How), ", Reduction};")]
        #[doc = concat!("let _ = ", stringify!($How), "::default().reduction(Reduction::Sum);")]
        /// ```
        #[derive(Clone, Debug)]
        pub struct $How {
            $($field: $ty,)*
            reduction: Reduction,
        }

        impl Default for $How {
            fn default() -> $How {
                $How { $($field: $default,)* reduction: Reduction::$reduction }
            }
        }

        impl $How {
            $(setting! { $(#[$set])* $field: $ty $(as $given)? })*

            /// What becomes of the losses.
            #[must_use]
            pub fn reduction(self, reduction: Reduction) -> $How {
                #[allow(clippy::needless_update)]
                $How { reduction, ..self }
            }

            $(#[$doc])*
            #[track_caller]
            pub fn of(&self, $($arg: &Array),*) -> Array {
                let $how = self;
                $how.reduction.of($body)
            }
        }
    )*};
}

losses! {
    /// The mean of `(predictions - targets)²`: of two arrays of one shape, 0-d.
    ///
    /// # Panics
    /// For shapes that differ.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// assert_eq!(losses::mse_loss(&array![1.0, 3.0], &array![1.0, 1.0]).item::<f32>().unwrap(), 2.0);
    /// ```
    pub fn mse_loss(predictions, targets) with MseLoss, Mean {}
    |_how| {
        same("mse_loss", predictions, targets);
        (predictions - targets).square()
    };

    /// The mean of `|predictions - targets|`: of two arrays of one shape, 0-d.
    ///
    /// # Panics
    /// For shapes that differ.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// assert_eq!(losses::l1_loss(&array![1.0, 3.0], &array![1.0, 1.0]).item::<f32>().unwrap(), 1.0);
    /// ```
    pub fn l1_loss(predictions, targets) with L1Loss, Mean {}
    |_how| {
        same("l1_loss", predictions, targets);
        (predictions - targets).abs()
    };

    /// The mean of `d² / (2 beta)` where `d = |predictions - targets| < beta`, else of `d - beta / 2` (Girshick 2015): of two arrays of one
    /// shape, 0-d.
    ///
    /// # Panics
    /// For shapes that differ, or a `beta` that is not positive.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// assert_eq!(losses::smooth_l1_loss(&array![0.5, 3.0], &array![0.0, 0.0]).item::<f32>().unwrap(), 1.3125);
    /// ```
    pub fn smooth_l1_loss(predictions, targets) with SmoothL1Loss, Mean {
        /// Where the square meets the line; 1 by default.
        beta: f32 = 1.0
    }
    |how| {
        same("smooth_l1_loss", predictions, targets);
        assert!(how.beta > 0.0, "smooth_l1_loss: beta must be positive, not {}", how.beta);
        let d = predictions - targets;
        let far = d.abs();
        select(&far.lt(how.beta), d.square() * (0.5 / how.beta), far - 0.5 * how.beta)
    };

    /// `d² / 2` where `d = |inputs - targets| <= delta`, else `delta (d - delta / 2)` (Huber 1964), for each element of two arrays that
    /// broadcast.
    ///
    /// # Panics
    /// For shapes that do not broadcast, or a `delta` that is not positive.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// assert_eq!(losses::huber_loss(&array![0.5, 3.0], &array![0.0, 0.0]).to_vec::<f32>().unwrap(), [0.125, 2.5]);
    /// ```
    pub fn huber_loss(inputs, targets) with HuberLoss, None {
        /// Where the square meets the line; 1 by default.
        delta: f32 = 1.0
    }
    |how| {
        assert!(how.delta > 0.0, "huber_loss: delta must be positive, not {}", how.delta);
        let d = inputs - targets;
        let far = d.abs();
        select(&far.le(how.delta), d.square() * 0.5, (far - 0.5 * how.delta) * how.delta)
    };

    /// `max(1 - inputs * targets, 0)` for each element of two arrays that broadcast; targets are -1 or 1.
    ///
    /// # Panics
    /// For shapes that do not broadcast.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// assert_eq!(losses::hinge_loss(&array![0.5, 2.0], &array![1.0, -1.0]).to_vec::<f32>().unwrap(), [0.5, 3.0]);
    /// ```
    pub fn hinge_loss(inputs, targets) with HingeLoss, None {}
    |_how| (1 - inputs * targets).maximum(0);

    /// `log(cosh(inputs - targets))` for each element of two arrays that broadcast: a square near zero, a line far from it.
    ///
    /// # Panics
    /// For shapes that do not broadcast.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// let y = losses::log_cosh_loss(&array![1.0], &array![0.0]).item::<f32>().unwrap();
    /// assert!((y - 0.433781).abs() < 1e-5);
    /// ```
    pub fn log_cosh_loss(inputs, targets) with LogCoshLoss, None {}
    |_how| {
        let d = inputs - targets;
        d.logaddexp(-&d) - std::f32::consts::LN_2
    };

    /// The negative log likelihood of each example: `-inputs[target]` along the classes. Log probabilities `(..., classes)` and integer
    /// targets `(...)` to `(...)`. Negative targets count from the last class.
    ///
    /// # Panics
    /// For shapes that do not fit, or targets that are no integers.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// assert_eq!(losses::nll_loss(&array![[-0.1, -2.0]], &array![1]).to_vec::<f32>().unwrap(), [2.0]);
    /// ```
    pub fn nll_loss(inputs, targets) with NllLoss, None {
        /// The axis of the classes; the last by default.
        axis: i64 = -1
    }
    |how| -picked("nll_loss", inputs, targets, how.axis);

    /// The mean of `(log v + (inputs - targets)² / v) / 2` with `v = max(vars, eps)` (Nix & Weigend 1994): of predicted means, samples and
    /// predicted variances of one shape, 0-d.
    ///
    /// # Panics
    /// For shapes that differ.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// let y = losses::gaussian_nll_loss(&array![1.0], &array![2.0], &array![1.0]);
    /// assert_eq!(y.item::<f32>().unwrap(), 0.5);
    /// ```
    pub fn gaussian_nll_loss(inputs, targets, vars) with GaussianNllLoss, Mean {
        /// Whether the constant `log(2 π) / 2` is added; not by default.
        full: bool = false,
        /// The least variance; 1e-6 by default.
        eps: f32 = 1e-6
    }
    |how| {
        same("gaussian_nll_loss", inputs, targets);
        same("gaussian_nll_loss", inputs, vars);
        let v = vars.maximum(how.eps);
        let loss = (v.log() + (targets - inputs).square() / v) * 0.5;
        if how.full { loss + 0.5 * std::f32::consts::TAU.ln() } else { loss }
    };

    /// The divergence of Kullback and Leibler, `Σ exp(targets) (targets - inputs)` over the last axis, of log probabilities that broadcast.
    ///
    /// # Panics
    /// For shapes that do not broadcast.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// let p = array![[0.5, 0.5]].log();
    /// assert_eq!(losses::kl_div_loss(&p, &p).to_vec::<f32>().unwrap(), [0.0]);
    /// ```
    pub fn kl_div_loss(inputs, targets) with KlDivLoss, None {
        /// The axis of the classes; the last by default.
        axis: i64 = -1
    }
    |how| (targets.exp() * (targets - inputs)).sum(how.axis);

    /// The cosine of the angle between vectors along axis 1: `x1 · x2 / max(‖x1‖ ‖x2‖, eps)`, of two arrays that broadcast. Halves are
    /// computed in `float32`.
    ///
    /// # Panics
    /// For shapes that do not broadcast, or that have no axis 1.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// let y = losses::cosine_similarity_loss(&array![[1.0, 0.0]], &array![[1.0, 1.0]]).item::<f32>().unwrap();
    /// assert!((y - 0.5f32.sqrt()).abs() < 1e-6);
    /// ```
    pub fn cosine_similarity_loss(x1, x2) with CosineSimilarityLoss, None {
        /// The axis of the vectors; 1 by default.
        axis: i64 = 1,
        /// The least product of lengths; 1e-8 by default.
        eps: f32 = 1e-8
    }
    |how| {
        let (a, b) = (&wide(x1), &wide(x2));
        let cosine = (a * b).sum(how.axis) / (length(a, how.axis) * length(b, how.axis)).maximum(how.eps);
        let dtype = promote(x1.dtype(), x2.dtype());
        if dtype.is_half() { cosine.astype(dtype) } else { cosine }
    };

    /// `max(-targets (inputs1 - inputs2) + margin, 0)` for each element of three arrays of one shape; a target is 1 where the first score
    /// should be higher, -1 where the second should.
    ///
    /// # Panics
    /// For shapes that differ.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// let y = losses::margin_ranking_loss(&array![1.0, 1.0], &array![0.0, 3.0], &array![1, 1]);
    /// assert_eq!(y.to_vec::<f32>().unwrap(), [0.0, 2.0]);
    /// ```
    pub fn margin_ranking_loss(inputs1, inputs2, targets) with MarginRankingLoss, None {
        /// By how much; 0 by default.
        margin: f32 = 0.0
    }
    |how| {
        same("margin_ranking_loss", inputs1, inputs2);
        same("margin_ranking_loss", inputs1, targets);
        (-targets * (inputs1 - inputs2) + how.margin).maximum(0)
    };

    /// `max(‖anchors - positives‖ - ‖anchors - negatives‖ + margin, 0)` over the last axis, of arrays that broadcast (Schroff et al. 2015).
    ///
    /// # Panics
    /// For shapes that do not broadcast.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// let (a, n) = (array![[0.0, 0.0]], array![[0.0, 0.5]]);
    /// let y = losses::triplet_loss(&a, &a, &n).item::<f32>().unwrap();
    /// assert!((y - 0.501).abs() < 1e-4);
    /// ```
    pub fn triplet_loss(anchors, positives, negatives) with TripletLoss, None {
        /// The axis of the vectors; the last by default.
        axis: i64 = -1,
        /// Which norm; 2 by default.
        p: f32 = 2.0,
        /// By how much the negative should be farther away; 1 by default.
        margin: f32 = 1.0,
        /// What is added under the root; 1e-6 by default.
        eps: f32 = 1e-6
    }
    |how| {
        let (near, far) = (how.distance(anchors, positives), how.distance(anchors, negatives));
        (near - far + how.margin).maximum(0)
    };

    /// The cross entropy of each example: `-log(softmax(logits)[target])` along the classes.
    ///
    /// `logits` are `(..., classes)`, before softmax; integer `targets` are `(...)`, and so is the result. Negative targets count from the
    /// last class; a number that is of no class has score zero. Targets of the logits' own shape are probabilities of the classes.
    ///
    /// # Panics
    /// For shapes that do not fit, or targets of fewer axes that are no integers.
    ///
    /// ```
    /// use lazulite::nn::losses;
    /// use lazulite::prelude::*;
    /// let loss = losses::cross_entropy(&array![[2.0, -1.0], [-1.0, 2.0]], &array![0, 1]);
    /// assert!(loss.to_vec::<f32>().unwrap().iter().all(|l| (l - 0.0485873).abs() < 1e-6));
    /// ```
    pub fn cross_entropy(logits, targets) with CrossEntropy, None {
        /// What each loss is multiplied by, of the shape of the losses; nothing by default.
        weights: Option<Array> as Array = None,
        /// The axis of the classes; the last by default.
        axis: i64 = -1,
        /// The share of each target, in `0.0..1.0`, that is spread evenly over all classes (Szegedy et al. 2016); 0 by default.
        label_smoothing: f32 = 0.0
    }
    |how| {
        let smoothing = how.label_smoothing;
        assert!((0.0..1.0).contains(&smoothing), "cross_entropy: a label smoothing of {smoothing} is not in 0..1");
        let score = if targets.ndim() == logits.ndim() {
            same("cross_entropy", logits, targets);
            (logits * targets).sum(how.axis)
        } else {
            picked("cross_entropy", logits, targets, how.axis)
        };
        let norm = logits.logsumexp(how.axis);
        let loss = match smoothing {
            0.0 => norm - score,
            _ => norm - score * (1.0 - smoothing) - logits.mean(how.axis) * smoothing,
        };
        weighted("cross_entropy", loss, how.weights.as_ref())
    };

    /// The mean of the cross entropy `-(t log p + (1 - t) log(1 - p))` of yes-or-no predictions, where `p` is the sigmoid of the inputs:
    /// of inputs, and targets from 0 to 1, of one shape, 0-d.
    ///
    /// # Panics
    /// For shapes that differ.
    ///
    /// ```
    /// use lazulite::nn::losses::{self, BinaryCrossEntropy};
    /// use lazulite::prelude::*;
    /// let loss = losses::binary_cross_entropy(&array![0.105361, 0.223144, 1.20397, 0.916291], &array![0, 0, 1, 1]);
    /// assert!((loss.item::<f32>().unwrap() - 0.539245).abs() < 1e-5);
    /// let loss = BinaryCrossEntropy::default().with_logits(false).of(&array![0.1, 0.1, 0.4, 0.4], &array![0, 0, 1, 1]);
    /// assert!((loss.item::<f32>().unwrap() - 0.510826).abs() < 1e-5);
    /// ```
    pub fn binary_cross_entropy(inputs, targets) with BinaryCrossEntropy, Mean {
        /// What each loss is multiplied by, of the shape of the inputs; nothing by default.
        weights: Option<Array> as Array = None,
        /// Whether inputs are logits, as by default, or probabilities, whose logarithms are cut off at -100.
        with_logits: bool = true
    }
    |how| {
        same("binary_cross_entropy", inputs, targets);
        let loss = if how.with_logits {
            inputs.logaddexp(0) - inputs * targets
        } else {
            -(targets * cut_log(inputs) + (1 - targets) * cut_log(&(1 - inputs)))
        };
        weighted("binary_cross_entropy", loss, how.weights.as_ref())
    };
}

/// The lengths of vectors. Of a vector of zeros the derivative is zero, not NaN.
#[track_caller]
fn length(x: &Array, axis: i64) -> Array {
    let squares = x.square().sum(axis);
    let some = squares.gt(0);
    select(&some, select(&some, squares, 1).sqrt(), 0)
}

/// `max(log(x), -100)`, whose derivative at zero is zero, not NaN.
#[track_caller]
fn cut_log(x: &Array) -> Array {
    let some = x.ne(0);
    select(&some, select(&some, x, 1).log().maximum(-100), -100)
}

impl TripletLoss {
    #[track_caller]
    fn distance(&self, from: &Array, to: &Array) -> Array {
        ((from - to).abs().power(self.p).sum(self.axis) + self.eps).power(1.0 / self.p)
    }
}

/// Checks that shapes do not differ: a silent broadcast is the usual mistake.
#[track_caller]
fn same(loss: &str, x: &Array, y: &Array) {
    assert!(x.shape() == y.shape(), "{loss}: shapes {:?} and {:?} differ", x.shape(), y.shape());
}

#[track_caller]
fn weighted(loss: &str, losses: Array, weights: Option<&Array>) -> Array {
    let Some(w) = weights else { return losses };
    assert!(w.shape() == losses.shape(), "{loss}: weights of shape {:?} for losses of shape {:?}", w.shape(), losses.shape());
    losses * w
}

/// The score of each example's target along the classes' axis of `scores`.
#[track_caller]
fn picked(loss: &str, scores: &Array, targets: &Array, axis: i64) -> Array {
    let n = scores.ndim() as i64;
    assert!((-n..n).contains(&axis), "{loss}: the scores, of shape {:?}, have no axis {axis}", scores.shape());
    let axis = axis.rem_euclid(n);
    let mut rest = scores.shape().to_vec();
    let classes = rest.remove(axis as usize);
    let fits = rest == *targets.shape();
    assert!(fits, "{loss}: targets of shape {:?} do not fit scores of shape {:?} with {classes} classes", targets.shape(), scores.shape());
    assert!(targets.dtype().is_integer(), "{loss}: targets are the numbers of classes, not {}", targets.dtype());
    // As it is, if it has numbers for all classes, else a wider one.
    let narrow = match targets.dtype() {
        Dtype::I8 => classes > i8::MAX as usize,
        Dtype::U8 => classes > u8::MAX as usize,
        Dtype::I16 => classes > i16::MAX as usize,
        Dtype::U16 => classes > u16::MAX as usize,
        _ => false,
    };
    let targets = if narrow { targets.astype(Dtype::I32) } else { targets.clone() }.expand_dims(axis);
    // Compared, not looked up: it fuses with the pass over the scores, and so does its derivative.
    let class = raised(iota(scores.shape(), axis, targets.dtype()));
    let first = class.eq(&targets);
    let chosen = if targets.dtype().is_unsigned() { first } else { first.logical_or((class - classes as i64).eq(&targets)) };
    select(&chosen, scores, 0).sum(axis)
}
