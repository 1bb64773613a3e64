//! RMSprop.

use crate::check::{positive, share};
use crate::{Rule, Schedule, Step};
use lazulite_core::Array;
use lazulite_macros::Tree;

/// RMSprop: steps along the gradient, each element divided by the root of the running mean of its square.
///
/// With the gradient `g`, the weights `w`, the rate `a` and the share `alpha`, each step does
///
/// ```text
/// v <- alpha v + (1 - alpha) g^2          from v = 0
/// w <- w - a g / (sqrt(v) + eps)
/// ```
///
/// element by element, for real parameters of any shape: Tieleman & Hinton, *Neural networks for machine learning* (Coursera, 2012),
/// lecture 6.5.
///
/// ```
/// use lazulite::optim::{Optimizer, RMSprop};
/// use lazulite::prelude::*;
/// let opt = RMSprop::new(0.1);
/// let (x, _) = opt.update(&array![1.0, 1.0], &array![0.01, -100.0], &opt.init(&array![1.0, 1.0]));
/// let x = x.to_vec::<f32>().unwrap();
/// assert!((x[0] - 0.0).abs() < 1e-4 && (x[1] - 2.0).abs() < 1e-4); // ten times the rate: the mean starts at zero
/// ```
#[derive(Clone, Debug)]
pub struct RMSprop {
    rate: Schedule,
    alpha: f64,
    eps: f64,
}

/// What [`RMSprop`] and [`Adagrad`](crate::Adagrad) keep of a parameter.
///
/// ```
/// use lazulite::optim::{Optimizer, RMSprop, Squares, State};
/// use lazulite::prelude::*;
/// let state: State<Squares> = RMSprop::new(0.1).init(&array![1.0, 2.0]);
/// assert_eq!(state.get("").unwrap().v.to_vec::<f32>().unwrap(), [0.0, 0.0]);
/// ```
#[derive(Clone, Debug, Tree)]
pub struct Squares {
    /// The running mean of the gradient's square, or the sum of its squares, in the parameter's shape.
    pub v: Array,
}

impl RMSprop {
    /// RMSprop at a learning rate, a number or a [`Schedule`], with a share of 0.99 and an `eps` of 1e-8.
    ///
    /// # Panics
    /// If a constant rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, RMSprop};
    /// use lazulite::prelude::*;
    /// let opt = RMSprop::new(0.05);
    /// let (x, _) = opt.update(&array![1.0], &array![3.0], &opt.init(&array![1.0]));
    /// assert!((x.item::<f32>().unwrap() - 0.5).abs() < 1e-5);
    /// ```
    #[track_caller]
    pub fn new(learning_rate: impl Into<Schedule>) -> RMSprop {
        RMSprop { rate: learning_rate.into(), alpha: 0.99, eps: 1e-8 }
    }

    /// The share of the old mean of squares that is kept at a step.
    ///
    /// # Panics
    /// If it is not in `0.0..1.0`.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, RMSprop};
    /// use lazulite::prelude::*;
    /// let opt = RMSprop::new(0.5).alpha(0.0); // the sign of the gradient
    /// let (x, _) = opt.update(&array![1.0], &array![7.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn alpha(self, alpha: f64) -> RMSprop {
        RMSprop { alpha: share("alpha", alpha), ..self }
    }

    /// What is added to the divisor.
    ///
    /// # Panics
    /// If it is not positive and finite.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, RMSprop};
    /// use lazulite::prelude::*;
    /// let opt = RMSprop::new(1.0).alpha(0.0).eps(1.0);
    /// let (x, _) = opt.update(&array![1.0], &array![1.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f64) -> RMSprop {
        RMSprop { eps: positive("eps", eps), ..self }
    }
}

impl Rule for RMSprop {
    type Kept = Squares;
    const NAME: &'static str = "rmsprop";

    fn learning_rate(&self) -> Schedule {
        self.rate.clone()
    }

    fn init_single(&self, parameter: &Array) -> Squares {
        Squares { v: parameter.zeros_like() }
    }

    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Squares, step: &Step) -> (Array, Squares) {
        let v = &kept.v * self.alpha + gradient.square() * (1.0 - self.alpha);
        (parameter - step.times_rate(gradient) / (v.sqrt() + self.eps), Squares { v })
    }
}
