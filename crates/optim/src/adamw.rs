//! AdamW.

use crate::check::not_negative;
use crate::{Adam, Moments, Rule, Schedule, Step};
use lazulite_core::Array;

/// Adam with decoupled weight decay: the weights shrink by a share of themselves, beside the step along the means and not through them.
///
/// With Adam's `m` and `v`, see [`Adam`], the rate `a` and the decay `d`, each step does
///
/// ```text
/// w <- w - a (m / (sqrt(v) + eps) + d w)
/// ```
///
/// element by element, for real parameters of any shape: Loshchilov & Hutter, *Decoupled weight decay regularization* (ICLR 2019),
/// algorithm 2, where `a` stands for both the schedule's multiplier and the rate, so that `d` is scaled by the rate, too, as is usual.
/// [`bias_correction`](AdamW::bias_correction) is off unless set, as in MLX.
///
/// ```
/// use lazulite::optim::{AdamW, Optimizer};
/// use lazulite::prelude::*;
/// let opt = AdamW::new(0.5).weight_decay(0.5);
/// let (x, _) = opt.update(&array![4.0], &array![0.0], &opt.init(&array![4.0]));
/// assert_eq!(x.item::<f32>().unwrap(), 3.0);
/// ```
#[derive(Clone, Debug)]
pub struct AdamW {
    adam: Adam,
    weight_decay: f64,
}

impl AdamW {
    /// AdamW at a learning rate, a number or a [`Schedule`], with Adam's settings and a weight decay of 0.01.
    ///
    /// # Panics
    /// If a constant rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::{AdamW, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = AdamW::new(1.0);
    /// let (x, _) = opt.update(&array![1.0], &array![0.0], &opt.init(&array![1.0]));
    /// assert!((x.item::<f32>().unwrap() - 0.99).abs() < 1e-6);
    /// ```
    #[track_caller]
    pub fn new(learning_rate: impl Into<Schedule>) -> AdamW {
        AdamW { adam: Adam::new(learning_rate), weight_decay: 0.01 }
    }

    /// The share `d` of the weights that a step at rate 1 takes away.
    ///
    /// # Panics
    /// If it is negative or not finite.
    ///
    /// ```
    /// use lazulite::optim::{AdamW, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = AdamW::new(0.5).weight_decay(0.0);
    /// let (x, _) = opt.update(&array![4.0], &array![0.0], &opt.init(&array![4.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 4.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn weight_decay(self, weight_decay: f64) -> AdamW {
        AdamW { weight_decay: not_negative("weight decay", weight_decay), ..self }
    }

    /// As [`Adam::betas`].
    ///
    /// # Panics
    /// If one is not in `0.0..1.0`.
    ///
    /// ```
    /// use lazulite::optim::{AdamW, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = AdamW::new(0.5).weight_decay(0.0).betas(0.0, 0.0);
    /// let (x, _) = opt.update(&array![1.0], &array![-7.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 1.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn betas(self, mean: f64, square: f64) -> AdamW {
        AdamW { adam: self.adam.betas(mean, square), ..self }
    }

    /// As [`Adam::eps`].
    ///
    /// # Panics
    /// If it is negative or not finite.
    ///
    /// ```
    /// use lazulite::optim::{AdamW, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = AdamW::new(1.0).weight_decay(0.0).betas(0.0, 0.0).eps(3.0);
    /// let (x, _) = opt.update(&array![1.0], &array![1.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 0.75);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f64) -> AdamW {
        AdamW { adam: self.adam.eps(eps), ..self }
    }

    /// As [`Adam::bias_correction`].
    ///
    /// ```
    /// use lazulite::optim::{AdamW, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = AdamW::new(0.1).weight_decay(0.0).bias_correction(true);
    /// let (x, _) = opt.update(&array![1.0], &array![0.5], &opt.init(&array![1.0]));
    /// assert!((x.item::<f32>().unwrap() - 0.9).abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn bias_correction(self, on: bool) -> AdamW {
        AdamW { adam: self.adam.bias_correction(on), ..self }
    }
}

impl Rule for AdamW {
    type Kept = Moments;
    const NAME: &'static str = "adamw";

    fn learning_rate(&self) -> Schedule {
        self.adam.learning_rate()
    }

    fn init_single(&self, parameter: &Array) -> Moments {
        Moments::zeros(parameter)
    }

    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Moments, step: &Step) -> (Array, Moments) {
        let (mut direction, kept) = self.adam.direction(gradient, kept, step);
        if self.weight_decay != 0.0 {
            direction += parameter * self.weight_decay;
        }
        (parameter - step.times_rate(&direction), kept)
    }
}
