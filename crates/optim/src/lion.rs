//! Lion.

use crate::check::{not_negative, share};
use crate::{Rule, Schedule, Step};
use lazulite_core::Array;
use lazulite_macros::Tree;

/// Lion: steps of one size, by the sign of a mean of past gradients and the current one.
///
/// With the gradient `g`, the weights `w`, the rate `a`, the shares `b1` and `b2` and the decay `d`, each step does
///
/// ```text
/// c = b1 m + (1 - b1) g
/// m <- b2 m + (1 - b2) g                  from m = 0
/// w <- w - a (sign(c) + d w)
/// ```
///
/// element by element, for real parameters of any shape: Chen et al., *Symbolic discovery of optimization algorithms* (NeurIPS 2023),
/// algorithm 2. Its steps are longer than Adam's: the authors take a rate 3 to 10 times smaller, and a decay as many times larger.
///
/// ```
/// use lazulite::optim::{Lion, Optimizer};
/// use lazulite::prelude::*;
/// let opt = Lion::new(0.25);
/// let (x, _) = opt.update(&array![1.0, 1.0], &array![0.01, -100.0], &opt.init(&array![1.0, 1.0]));
/// assert_eq!(x.to_vec::<f32>().unwrap(), [0.75, 1.25]);
/// ```
#[derive(Clone, Debug)]
pub struct Lion {
    rate: Schedule,
    betas: [f64; 2],
    weight_decay: f64,
}

/// What [`Lion`] keeps of a parameter.
///
/// ```
/// use lazulite::optim::{Lion, Momentum, Optimizer, State};
/// use lazulite::prelude::*;
/// let state: State<Momentum> = Lion::new(0.1).init(&array![1.0, 2.0]);
/// assert_eq!(state.get("").unwrap().m.shape(), [2]);
/// ```
#[derive(Clone, Debug, Tree)]
pub struct Momentum {
    /// The running mean of the gradient, in the parameter's shape.
    pub m: Array,
}

impl Lion {
    /// Lion at a learning rate, a number or a [`Schedule`], with the shares 0.9 and 0.99 and no decay.
    ///
    /// # Panics
    /// If a constant rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::{Lion, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Lion::new(0.5);
    /// let (_, state) = opt.update(&array![1.0], &array![100.0], &opt.init(&array![1.0]));
    /// assert!((state.get("").unwrap().m.item::<f32>().unwrap() - 1.0).abs() < 1e-5);
    /// ```
    #[track_caller]
    pub fn new(learning_rate: impl Into<Schedule>) -> Lion {
        Lion { rate: learning_rate.into(), betas: [0.9, 0.99], weight_decay: 0.0 }
    }

    /// The share of the mean in the step's direction, and the share of the old mean in the next.
    ///
    /// # Panics
    /// If one is not in `0.0..1.0`.
    ///
    /// ```
    /// use lazulite::optim::{Lion, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Lion::new(0.5).betas(0.0, 0.0);
    /// let (_, state) = opt.update(&array![1.0], &array![7.0], &opt.init(&array![1.0]));
    /// assert_eq!(state.get("").unwrap().m.item::<f32>().unwrap(), 7.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn betas(self, direction: f64, mean: f64) -> Lion {
        Lion { betas: [share("the first beta", direction), share("the second beta", mean)], ..self }
    }

    /// The share `d` of the weights that a step at rate 1 takes away.
    ///
    /// # Panics
    /// If it is negative or not finite.
    ///
    /// ```
    /// use lazulite::optim::{Lion, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Lion::new(0.5).weight_decay(0.5);
    /// let (x, _) = opt.update(&array![4.0], &array![0.0], &opt.init(&array![4.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 3.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn weight_decay(self, weight_decay: f64) -> Lion {
        Lion { weight_decay: not_negative("weight decay", weight_decay), ..self }
    }
}

impl Rule for Lion {
    type Kept = Momentum;
    const NAME: &'static str = "lion";

    fn learning_rate(&self) -> Schedule {
        self.rate.clone()
    }

    fn init_single(&self, parameter: &Array) -> Momentum {
        Momentum { m: parameter.zeros_like() }
    }

    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Momentum, step: &Step) -> (Array, Momentum) {
        let [b1, b2] = self.betas;
        let mut direction = (&kept.m * b1 + gradient * (1.0 - b1)).sign();
        let m = &kept.m * b2 + gradient * (1.0 - b2);
        if self.weight_decay != 0.0 {
            direction += parameter * self.weight_decay;
        }
        (parameter - step.times_rate(&direction), Momentum { m })
    }
}
