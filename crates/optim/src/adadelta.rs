//! AdaDelta.

use crate::check::{positive, share};
use crate::{Rule, Schedule, Step};
use lazulite_core::Array;
use lazulite_macros::Tree;

/// AdaDelta: steps along the gradient, each element scaled by the size of its past steps over that of its past gradients.
///
/// With the gradient `g`, the weights `w`, the rate `a` and the share `rho`, each step does
///
/// ```text
/// v <- rho v + (1 - rho) g^2              from v = 0
/// d = g sqrt(u + eps) / sqrt(v + eps)
/// u <- rho u + (1 - rho) d^2              from u = 0
/// w <- w - a d
/// ```
///
/// element by element, for real parameters of any shape: Zeiler, *ADADELTA: an adaptive learning rate method* (2012), algorithm 1, where
/// the rate is 1.
///
/// ```
/// use lazulite::optim::{AdaDelta, Optimizer};
/// use lazulite::prelude::*;
/// let opt = AdaDelta::new(1.0);
/// let (x, _) = opt.update(&array![1.0, 1.0], &array![5.0, -500.0], &opt.init(&array![1.0, 1.0]));
/// let (x, first) = (x.to_vec::<f32>().unwrap(), (1e-6f32 / 0.1).sqrt());
/// assert!((x[0] - (1.0 - first)).abs() < 1e-6 && (x[1] - (1.0 + first)).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct AdaDelta {
    rate: Schedule,
    rho: f64,
    eps: f64,
}

/// What [`AdaDelta`] keeps of a parameter, both in its shape.
///
/// ```
/// use lazulite::optim::{AdaDelta, Deltas, Optimizer, State};
/// use lazulite::prelude::*;
/// let state: State<Deltas> = AdaDelta::new(1.0).init(&array![1.0, 2.0]);
/// assert_eq!(state.get("").unwrap().u.shape(), [2]);
/// ```
#[derive(Clone, Debug, Tree)]
pub struct Deltas {
    /// The running mean of the gradient's square.
    pub v: Array,
    /// The running mean of the step's square, at rate 1.
    pub u: Array,
}

impl AdaDelta {
    /// AdaDelta at a learning rate, a number or a [`Schedule`], with a share of 0.9 and an `eps` of 1e-6.
    ///
    /// # Panics
    /// If a constant rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::{AdaDelta, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = AdaDelta::new(100.0);
    /// let (x, _) = opt.update(&array![1.0], &array![3.0], &opt.init(&array![1.0]));
    /// assert!((x.item::<f32>().unwrap() - (1.0 - 0.1f32.sqrt())).abs() < 1e-5);
    /// ```
    #[track_caller]
    pub fn new(learning_rate: impl Into<Schedule>) -> AdaDelta {
        AdaDelta { rate: learning_rate.into(), rho: 0.9, eps: 1e-6 }
    }

    /// The share of the old means that is kept at a step.
    ///
    /// # Panics
    /// If it is not in `0.0..1.0`.
    ///
    /// ```
    /// use lazulite::optim::{AdaDelta, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = AdaDelta::new(500.0).rho(0.0);
    /// let (x, _) = opt.update(&array![1.0], &array![3.0], &opt.init(&array![1.0]));
    /// assert!((x.item::<f32>().unwrap() - 0.5).abs() < 1e-5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn rho(self, rho: f64) -> AdaDelta {
        AdaDelta { rho: share("rho", rho), ..self }
    }

    /// What is added under both roots; it starts the movement, so with little of it the first steps are small.
    ///
    /// # Panics
    /// If it is not positive and finite.
    ///
    /// ```
    /// use lazulite::optim::{AdaDelta, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = AdaDelta::new(1.0).rho(0.0).eps(1.0);
    /// let (x, _) = opt.update(&array![1.0], &array![3.0], &opt.init(&array![1.0]));
    /// assert!((x.item::<f32>().unwrap() - (1.0 - 3.0 / 10f32.sqrt())).abs() < 1e-6);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f64) -> AdaDelta {
        AdaDelta { eps: positive("eps", eps), ..self }
    }
}

impl Rule for AdaDelta {
    type Kept = Deltas;
    const NAME: &'static str = "adadelta";

    fn learning_rate(&self) -> Schedule {
        self.rate.clone()
    }

    fn init_single(&self, parameter: &Array) -> Deltas {
        Deltas { v: parameter.zeros_like(), u: parameter.zeros_like() }
    }

    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Deltas, step: &Step) -> (Array, Deltas) {
        let v = &kept.v * self.rho + gradient.square() * (1.0 - self.rho);
        let d = (&kept.u + self.eps).sqrt() / (&v + self.eps).sqrt() * gradient;
        let u = &kept.u * self.rho + d.square() * (1.0 - self.rho);
        (parameter - step.times_rate(&d), Deltas { v, u })
    }
}
