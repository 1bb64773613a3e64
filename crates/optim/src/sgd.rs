//! Stochastic gradient descent.

use crate::check::{finite, not_negative};
use crate::{Rule, Schedule, Step};
use lazulite_core::{Array, Dtype, Error, Result};
use lazulite_macros::Tree;

/// Stochastic gradient descent, with momentum if asked for.
///
/// With the gradient `g`, the weights `w`, the rate `a`, weight decay `d`, momentum `m` and dampening `q`, each step does
///
/// ```text
/// g <- g + d w
/// v <- m v + (1 - q) g            from v = 0
/// w <- w - a v                    momentum
/// w <- w - a (g + m v)            Nesterov's
/// w <- w - a g                    no momentum
/// ```
///
/// element by element, for parameters of any shape. Momentum and Nesterov's accelerated gradient are those of Sutskever, Martens, Dahl &
/// Hinton, *On the importance of initialization and momentum in deep learning* (ICML 2013), with two changes that are usual: the rate is
/// outside of `v`, so that a new rate acts at once; and what is kept are the weights ahead of theirs by `m v`, where Nesterov's gradient
/// is taken.
///
/// The first step is dampened like any other.
///
/// ```
/// use lazulite::optim::{Optimizer, SGD};
/// use lazulite::prelude::*;
/// let opt = SGD::new(0.1).momentum(0.5);
/// let (x, state) = opt.update(&array![1.0], &array![2.0], &opt.init(&array![1.0]));
/// let (x, _) = opt.update(&x, &array![2.0], &state);
/// assert!((x.item::<f32>().unwrap() - (1.0 - 0.2 - 0.3)).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct SGD {
    rate: Schedule,
    momentum: f64,
    weight_decay: f64,
    dampening: f64,
    nesterov: bool,
}

/// What [`SGD`] keeps of a parameter.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::optim::{Optimizer, SGD, State, Velocity};
/// let state: State<Velocity> = SGD::new(0.1).init(&array![1.0, 2.0]);
/// assert!(state.get("").unwrap().v.is_none());
/// ```
#[derive(Clone, Debug, Tree)]
pub struct Velocity {
    /// `v`, in the parameter's shape; nothing without momentum.
    pub v: Option<Array>,
}

impl SGD {
    /// Descent at a learning rate, a number or a [`Schedule`], without momentum or decay.
    ///
    /// # Panics
    /// If a constant rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, SGD};
    /// use lazulite::prelude::*;
    /// let opt = SGD::new(0.25);
    /// let (x, _) = opt.update(&array![1.0, 2.0], &array![4.0, -4.0], &opt.init(&array![1.0, 2.0]));
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [0.0, 3.0]);
    /// ```
    #[track_caller]
    pub fn new(learning_rate: impl Into<Schedule>) -> SGD {
        SGD { rate: learning_rate.into(), momentum: 0.0, weight_decay: 0.0, dampening: 0.0, nesterov: false }
    }

    /// The share `m` of the velocity that is kept, 0 unless set.
    ///
    /// # Panics
    /// If it is negative or not finite.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, SGD};
    /// use lazulite::prelude::*;
    /// let kept = |opt: SGD| opt.init(&array![1.0]).get("").unwrap().v.is_some();
    /// assert!(!kept(SGD::new(0.1)) && kept(SGD::new(0.1).momentum(0.9)));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn momentum(self, momentum: f64) -> SGD {
        SGD { momentum: not_negative("momentum", momentum), ..self }
    }

    /// The weight `d` of the penalty `d / 2 * |w|^2`, whose gradient is added to the loss's; 0 unless set.
    ///
    /// # Panics
    /// If it is negative or not finite.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, SGD};
    /// use lazulite::prelude::*;
    /// let opt = SGD::new(0.5).weight_decay(0.5);
    /// let (x, _) = opt.update(&array![4.0], &array![0.0], &opt.init(&array![4.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 3.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn weight_decay(self, weight_decay: f64) -> SGD {
        SGD { weight_decay: not_negative("weight decay", weight_decay), ..self }
    }

    /// The share `q` of each gradient that is kept out of the velocity, 0 unless set. Without momentum it does nothing.
    ///
    /// # Panics
    /// If it is not finite.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, SGD};
    /// use lazulite::prelude::*;
    /// let opt = SGD::new(1.0).momentum(0.9).dampening(0.5);
    /// let (x, _) = opt.update(&array![1.0], &array![1.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn dampening(self, dampening: f64) -> SGD {
        SGD { dampening: finite("dampening", dampening), ..self }
    }

    /// Nesterov's accelerated gradient. It needs momentum and no dampening; `init` and `update` check that.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, SGD};
    /// use lazulite::prelude::*;
    /// let opt = SGD::new(1.0).momentum(0.5).nesterov(true);
    /// let (x, _) = opt.update(&array![1.0], &array![1.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 1.0 - 1.5);
    /// ```
    #[must_use]
    pub fn nesterov(self, on: bool) -> SGD {
        SGD { nesterov: on, ..self }
    }
}

impl Rule for SGD {
    type Kept = Velocity;
    const NAME: &'static str = "sgd";

    fn learning_rate(&self) -> Schedule {
        self.rate.clone()
    }

    fn init_single(&self, parameter: &Array) -> Velocity {
        Velocity { v: (self.momentum != 0.0).then(|| parameter.zeros_like()) }
    }

    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Velocity, step: &Step) -> (Array, Velocity) {
        let g = if self.weight_decay == 0.0 { gradient.clone() } else { gradient + parameter * self.weight_decay };
        let v = kept.v.as_ref().map(|v| {
            let fresh = if self.dampening == 0.0 { g.clone() } else { &g * (1.0 - self.dampening) };
            v * self.momentum + fresh
        });
        let direction = match &v {
            Some(v) if self.nesterov => g + v * self.momentum,
            Some(v) => v.clone(),
            None => g,
        };
        (parameter - step.times_rate(&direction), Velocity { v })
    }

    fn takes(&self, _: Dtype) -> bool {
        true
    }

    #[track_caller]
    fn check(&self) -> Result<()> {
        if self.nesterov && (self.momentum == 0.0 || self.dampening != 0.0) {
            let text = format!("Nesterov's needs momentum and no dampening, not {} and {}", self.momentum, self.dampening);
            return Err(Error::value(Self::NAME, text));
        }
        Ok(())
    }
}
