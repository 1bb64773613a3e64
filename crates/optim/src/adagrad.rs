//! Adagrad.

use crate::check::positive;
use crate::{Rule, Schedule, Squares, Step};
use lazulite_core::Array;

/// Adagrad: steps along the gradient, each element divided by the root of the sum of its squares so far.
///
/// With the gradient `g`, the weights `w` and the rate `a`, each step does
///
/// ```text
/// v <- v + g^2                            from v = 0
/// w <- w - a g / (sqrt(v) + eps)
/// ```
///
/// element by element, for real parameters of any shape: Duchi, Hazan & Singer, *Adaptive subgradient methods for online learning and
/// stochastic optimization* (JMLR 12, 2011), with a diagonal matrix.
///
/// ```
/// use lazulite::optim::{Adagrad, Optimizer};
/// use lazulite::prelude::*;
/// let opt = Adagrad::new(1.0);
/// let (mut x, mut state) = (array![0.0], opt.init(&array![0.0]));
/// for _ in 0..4 {
///     (x, state) = opt.update(&x, &array![-5.0], &state);
/// }
/// let expected = 1.0 + 0.5f32.sqrt() + 3f32.recip().sqrt() + 0.5;
/// assert!((x.item::<f32>().unwrap() - expected).abs() < 1e-5);
/// ```
#[derive(Clone, Debug)]
pub struct Adagrad {
    rate: Schedule,
    eps: f64,
}

impl Adagrad {
    /// Adagrad at a learning rate, a number or a [`Schedule`], with an `eps` of 1e-8.
    ///
    /// # Panics
    /// If a constant rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::{Adagrad, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adagrad::new(0.5);
    /// let (x, state) = opt.update(&array![1.0], &array![3.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 0.5);
    /// assert_eq!(state.get("").unwrap().v.item::<f32>().unwrap(), 9.0);
    /// ```
    #[track_caller]
    pub fn new(learning_rate: impl Into<Schedule>) -> Adagrad {
        Adagrad { rate: learning_rate.into(), eps: 1e-8 }
    }

    /// What is added to the divisor.
    ///
    /// # Panics
    /// If it is not positive and finite.
    ///
    /// ```
    /// use lazulite::optim::{Adagrad, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adagrad::new(1.0).eps(1.0);
    /// let (x, _) = opt.update(&array![1.0], &array![1.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f64) -> Adagrad {
        Adagrad { eps: positive("eps", eps), ..self }
    }
}

impl Rule for Adagrad {
    type Kept = Squares;
    const NAME: &'static str = "adagrad";

    fn learning_rate(&self) -> Schedule {
        self.rate.clone()
    }

    fn init_single(&self, parameter: &Array) -> Squares {
        Squares { v: parameter.zeros_like() }
    }

    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Squares, step: &Step) -> (Array, Squares) {
        let v = &kept.v + gradient.square();
        (parameter - step.times_rate(gradient) / (v.sqrt() + self.eps), Squares { v })
    }
}
