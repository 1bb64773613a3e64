//! Adam, and what it shares with AdamW and Adamax.

use crate::check::{not_negative, share};
use crate::{Rule, Schedule, Step};
use lazulite_core::Array;
use lazulite_macros::Tree;

/// Adam: steps along the running mean of the gradient, each element divided by the root of the running mean of its square.
///
/// With the gradient `g`, the weights `w`, the rate `a`, the shares `b1` and `b2` and the number of the step `t`, from 1 on, each step
/// does
///
/// ```text
/// m <- b1 m + (1 - b1) g          from m = 0
/// v <- b2 v + (1 - b2) g^2        from v = 0
/// w <- w - a m / (sqrt(v) + eps)
/// ```
///
/// element by element, for real parameters of any shape. With [`bias_correction`](Adam::bias_correction), `m / (1 - b1^t)` and
/// `v / (1 - b2^t)` stand in the last line for `m` and `v`: Kingma & Ba, *Adam: a method for stochastic optimization* (ICLR 2015),
/// algorithm 1. It is off unless set, as in MLX.
///
/// ```
/// use lazulite::optim::{Adam, Optimizer};
/// use lazulite::prelude::*;
/// let opt = Adam::new(0.1).bias_correction(true);
/// let (x, _) = opt.update(&array![1.0, 1.0], &array![0.01, -100.0], &opt.init(&array![1.0, 1.0]));
/// let x = x.to_vec::<f32>().unwrap();
/// assert!((x[0] - 0.9).abs() < 1e-5 && (x[1] - 1.1).abs() < 1e-5); // the first step is the rate, whatever the gradient
/// ```
#[derive(Clone, Debug)]
pub struct Adam {
    rate: Schedule,
    betas: [f64; 2],
    eps: f64,
    bias_correction: bool,
}

/// What [`Adam`], [`AdamW`](crate::AdamW) and [`Adamax`](crate::Adamax) keep of a parameter, both in its shape.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::optim::{Adam, Moments, Optimizer, State};
/// let state: State<Moments> = Adam::new(0.1).init(&array![1.0, 2.0]);
/// assert_eq!((state.step.item::<u32>().unwrap(), state.get("").unwrap().m.shape()), (0, &[2][..]));
/// ```
#[derive(Clone, Debug, Tree)]
pub struct Moments {
    /// The running mean of the gradient.
    pub m: Array,
    /// The running mean of the gradient's square; Adamax's largest absolute gradient.
    pub v: Array,
}

impl Moments {
    /// Zeros.
    pub(crate) fn zeros(parameter: &Array) -> Moments {
        Moments { m: parameter.zeros_like(), v: parameter.zeros_like() }
    }
}

impl Adam {
    /// Adam at a learning rate, a number or a [`Schedule`], with the shares 0.9 and 0.999, an `eps` of 1e-8 and no correction.
    ///
    /// # Panics
    /// If a constant rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adam::new(0.1);
    /// let (x, _) = opt.update(&array![1.0], &array![0.5], &opt.init(&array![1.0]));
    /// let expected = 1.0 - 0.1 * 0.1 / 0.001f32.sqrt();
    /// assert!((x.item::<f32>().unwrap() - expected).abs() < 1e-5);
    /// ```
    #[track_caller]
    pub fn new(learning_rate: impl Into<Schedule>) -> Adam {
        Adam { rate: learning_rate.into(), betas: [0.9, 0.999], eps: 1e-8, bias_correction: false }
    }

    /// The shares of the old mean and of the old mean of squares that are kept at a step.
    ///
    /// # Panics
    /// If one is not in `0.0..1.0`.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adam::new(0.5).betas(0.0, 0.0); // the sign of the gradient
    /// let (x, _) = opt.update(&array![1.0], &array![7.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn betas(self, mean: f64, square: f64) -> Adam {
        Adam { betas: [share("the first beta", mean), share("the second beta", square)], ..self }
    }

    /// What is added to the divisor.
    ///
    /// # Panics
    /// If it is negative or not finite.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adam::new(1.0).betas(0.0, 0.0).eps(1.0);
    /// let (x, _) = opt.update(&array![1.0], &array![1.0], &opt.init(&array![1.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 0.5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, eps: f64) -> Adam {
        Adam { eps: not_negative("eps", eps), ..self }
    }

    /// Whether the means are corrected for their start at zero.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adam::new(0.1).bias_correction(true);
    /// let (x, _) = opt.update(&array![1.0], &array![0.5], &opt.init(&array![1.0]));
    /// assert!((x.item::<f32>().unwrap() - 0.9).abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn bias_correction(self, on: bool) -> Adam {
        Adam { bias_correction: on, ..self }
    }

    /// The next moments, and the direction of the step: the first by the root of the second.
    pub(crate) fn direction(&self, gradient: &Array, kept: &Moments, step: &Step) -> (Array, Moments) {
        let [b1, b2] = self.betas;
        let m = &kept.m * b1 + gradient * (1.0 - b1);
        let v = &kept.v * b2 + gradient.square() * (1.0 - b2);
        let direction = if self.bias_correction {
            let t = step.number().astype(m.dtype());
            (&m / gathered(b1, &t)) / ((&v / gathered(b2, &t)).sqrt() + self.eps)
        } else {
            &m / (v.sqrt() + self.eps)
        };
        (direction, Moments { m, v })
    }
}

/// The weight of all gradients in a running mean after `t` steps, `1 - beta^t`, without the cancellation for a `beta` near 1.
fn gathered(beta: f64, t: &Array) -> Array {
    -(t * beta.ln()).expm1()
}

impl Rule for Adam {
    type Kept = Moments;
    const NAME: &'static str = "adam";

    fn learning_rate(&self) -> Schedule {
        self.rate.clone()
    }

    fn init_single(&self, parameter: &Array) -> Moments {
        Moments::zeros(parameter)
    }

    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Moments, step: &Step) -> (Array, Moments) {
        let (direction, kept) = self.direction(gradient, kept, step);
        (parameter - step.times_rate(&direction), kept)
    }
}
