//! Adamax.

use crate::check::{not_negative, share};
use crate::{Moments, Rule, Schedule, Step};
use lazulite_core::Array;

/// Adamax: steps along the running mean of the gradient, each element divided by its largest absolute value, which fades.
///
/// With the gradient `g`, the weights `w`, the rate `a` and the shares `b1` and `b2`, each step does
///
/// ```text
/// m <- b1 m + (1 - b1) g                  from m = 0
/// v <- max(b2 v, |g|)                     from v = 0
/// w <- w - a m / (v + eps)
/// ```
///
/// element by element, for real parameters of any shape: Kingma & Ba, *Adam: a method for stochastic optimization* (ICLR 2015), algorithm
/// 2, without its correction for the start of `m` at zero and with `eps`, as in MLX.
///
/// ```
/// use lazulite::optim::{Adamax, Optimizer};
/// use lazulite::prelude::*;
/// let opt = Adamax::new(0.5);
/// let (x, _) = opt.update(&array![1.0, 1.0], &array![0.01, -100.0], &opt.init(&array![1.0, 1.0]));
/// let x = x.to_vec::<f32>().unwrap();
/// assert!((x[0] - 0.95).abs() < 1e-6 && (x[1] - 1.05).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct Adamax {
    rate: Schedule,
    betas: [f64; 2],
    eps: f64,
}

impl Adamax {
    /// Adamax at a learning rate, a number or a [`Schedule`], with the shares 0.9 and 0.999 and an `eps` of 1e-8.
    ///
    /// # Panics
    /// If a constant rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::{Adamax, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adamax::new(1.0);
    /// let (_, state) = opt.update(&array![1.0], &array![-3.0], &opt.init(&array![1.0]));
    /// assert_eq!(state.get("").unwrap().v.item::<f32>().unwrap(), 3.0);
    /// ```
    #[track_caller]
    pub fn new(learning_rate: impl Into<Schedule>) -> Adamax {
        Adamax { rate: learning_rate.into(), betas: [0.9, 0.999], eps: 1e-8 }
    }

    /// The shares of the old mean and of the old largest gradient that are kept at a step.
    ///
    /// # Panics
    /// If one is not in `0.0..1.0`.
    ///
    /// ```
    /// use lazulite::optim::{Adamax, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adamax::new(0.5).betas(0.0, 0.0); // the sign of the gradient
    /// let (x, _) = opt.update(&array![1.0], &array![7.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn betas(self, mean: f64, largest: f64) -> Adamax {
        Adamax { betas: [share("the first beta", mean), share("the second beta", largest)], ..self }
    }

    /// What is added to the divisor.
    ///
    /// # Panics
    /// If it is negative or not finite.
    ///
    /// ```
    /// use lazulite::optim::{Adamax, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adamax::new(1.0).betas(0.0, 0.0).eps(1.0);
    /// let (x, _) = opt.update(&array![1.0], &array![1.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f64) -> Adamax {
        Adamax { eps: not_negative("eps", eps), ..self }
    }
}

impl Rule for Adamax {
    type Kept = Moments;
    const NAME: &'static str = "adamax";

    fn learning_rate(&self) -> Schedule {
        self.rate.clone()
    }

    fn init_single(&self, parameter: &Array) -> Moments {
        Moments::zeros(parameter)
    }

    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Moments, step: &Step) -> (Array, Moments) {
        let [b1, b2] = self.betas;
        let m = &kept.m * b1 + gradient * (1.0 - b1);
        let v = (&kept.v * b2).maximum(gradient.abs());
        (parameter - step.times_rate(&m) / (&v + self.eps), Moments { m, v })
    }
}
