//! Adafactor.

use crate::check::{not_negative, not_positive, positive, share};
use crate::{Rule, Schedule, Step};
use lazulite_core::ops::keep;
use lazulite_core::{Array, Error, Result};
use lazulite_macros::Tree;

/// Adafactor: the mean of squares of a matrix from those of its rows and columns, steps by the parameter's size, a rate from the step's
/// number.
///
/// With the gradient `g`, the weights `w` and the number of the step `t`, from 1 on, where `b = 1 - t^decay_rate`, each step does
///
/// ```text
/// q = g^2 + eps1
/// r <- b r + (1 - b) mean(q over columns)         from r = 0
/// c <- b c + (1 - b) mean(q over rows)            from c = 0
/// v = r c^T / mean(r)
/// u = g / sqrt(v),   u <- u / max(1, rms(u) / clip_threshold)
/// a = max(eps2, rms(w)) min(1e-2, 1 / sqrt(t))
/// w <- w - a (u + d w)
/// ```
///
/// for real parameters of any shape; leading axes of more than two are a batch of matrices, and fewer axes have `v <- b v + (1 - b) q`
/// for `v`. `rms` is the root of the mean of the squares. Shazeer & Stern, *Adafactor: adaptive learning rates with sublinear memory cost*
/// (ICML 2018), algorithms 4 and 5, with the relative step of section 9; a momentum and a decay may be set.
///
/// ```
/// use lazulite::optim::{Adafactor, Optimizer};
/// use lazulite::prelude::*;
/// let w = Array::ones([300, 200], Dtype::F32);
/// let opt = Adafactor::new();
/// let (next, state) = opt.update(&w, &w, &opt.init(&w));
/// assert!((next.max(..).item::<f32>().unwrap() - 0.99).abs() < 1e-6);
/// let kept: usize = lazulite::tree::flatten(state.get("").unwrap()).iter().map(Array::size).sum();
/// assert_eq!(kept, 300 + 200);
/// ```
#[derive(Clone, Debug)]
pub struct Adafactor {
    rate: Option<Schedule>,
    eps: [f64; 2],
    clip_threshold: f64,
    decay_rate: f64,
    beta_1: Option<f64>,
    weight_decay: f64,
    scale_parameter: bool,
    warmup_init: bool,
}

/// What [`Adafactor`] keeps of a parameter, by MLX's names: means of squares of a matrix's rows and columns or, with fewer than two axes,
/// of the elements, and with [`beta_1`](Adafactor::beta_1) the mean of steps.
///
/// ```
/// use lazulite::optim::{Adafactor, Factors, Optimizer, State};
/// use lazulite::prelude::*;
/// let state: State<Factors> = Adafactor::new().beta_1(0.9).init(&Array::zeros([5, 3, 2], Dtype::F32));
/// let kept = state.get("").unwrap();
/// assert_eq!(kept.exp_avg_sq_row.as_ref().unwrap().shape(), [5, 3]);
/// assert_eq!(kept.exp_avg_sq_col.as_ref().unwrap().shape(), [5, 2]);
/// assert_eq!(kept.exp_avg.as_ref().unwrap().shape(), [5, 3, 2]);
/// assert!(kept.exp_avg_sq.is_none());
/// ```
#[derive(Clone, Debug, Tree)]
pub struct Factors {
    /// `r`: the running mean of each row's mean of squares, in the parameter's shape without its last axis.
    pub exp_avg_sq_row: Option<Array>,
    /// `c`: the running mean of each column's mean of squares, in the parameter's shape without its second last axis.
    pub exp_avg_sq_col: Option<Array>,
    /// `v`: the running mean of squares, in the parameter's shape.
    pub exp_avg_sq: Option<Array>,
    /// The running mean of steps, in the parameter's shape.
    pub exp_avg: Option<Array>,
}

impl Default for Adafactor {
    fn default() -> Adafactor {
        Adafactor::new()
    }
}

impl Adafactor {
    /// Adafactor with the relative step `min(1e-2, 1 / sqrt(t))`, times the parameter's size, and MLX's settings: an `eps` of 1e-30 and
    /// 1e-3, a `clip_threshold` of 1, a `decay_rate` of -0.8, no momentum and no decay.
    ///
    /// ```
    /// use lazulite::optim::{Adafactor, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adafactor::new();
    /// let (x, _) = opt.update(&array![2.0], &array![-7.0], &opt.init(&array![2.0]));
    /// assert!((x.item::<f32>().unwrap() - 2.02).abs() < 1e-6);
    /// ```
    pub fn new() -> Adafactor {
        Adafactor {
            rate: None,
            eps: [1e-30, 1e-3],
            clip_threshold: 1.0,
            decay_rate: -0.8,
            beta_1: None,
            weight_decay: 0.0,
            scale_parameter: true,
            warmup_init: false,
        }
    }

    /// A learning rate, a number or a [`Schedule`], in the place of the relative step: MLX's `relative_step=False`.
    ///
    /// # Panics
    /// If a constant rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::{Adafactor, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adafactor::new().learning_rate(0.25);
    /// let (x, _) = opt.update(&array![2.0], &array![7.0], &opt.init(&array![2.0]));
    /// assert!((x.item::<f32>().unwrap() - 1.5).abs() < 1e-6);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn learning_rate(self, learning_rate: impl Into<Schedule>) -> Adafactor {
        Adafactor { rate: Some(learning_rate.into()), ..self }
    }

    /// What is added to the squares of the gradient, and the least size of a parameter.
    ///
    /// # Panics
    /// If one is not positive and finite.
    ///
    /// ```
    /// use lazulite::optim::{Adafactor, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adafactor::new().eps(1e-30, 0.5); // what is zero moves, too
    /// let (x, _) = opt.update(&array![0.0], &array![7.0], &opt.init(&array![0.0]));
    /// assert!((x.item::<f32>().unwrap() + 0.5 * 1e-2).abs() < 1e-6);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eps(self, squares: f64, size: f64) -> Adafactor {
        Adafactor { eps: [positive("the first eps", squares), positive("the second eps", size)], ..self }
    }

    /// The largest root mean square of `u`.
    ///
    /// # Panics
    /// If it is not positive and finite.
    ///
    /// ```
    /// use lazulite::optim::{Adafactor, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adafactor::new().learning_rate(1.0).scale_parameter(false).clip_threshold(0.5);
    /// let (x, _) = opt.update(&array![2.0], &array![7.0], &opt.init(&array![2.0]));
    /// assert!((x.item::<f32>().unwrap() - 1.5).abs() < 1e-6);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn clip_threshold(self, clip_threshold: f64) -> Adafactor {
        Adafactor { clip_threshold: positive("the clip threshold", clip_threshold), ..self }
    }

    /// The exponent of `t` in the share of a step's squares in their mean: the nearer to zero, the sooner the past is forgotten.
    ///
    /// # Panics
    /// If it is positive or not finite.
    ///
    /// ```
    /// use lazulite::optim::{Adafactor, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adafactor::new().decay_rate(-1.0); // the mean of all squares
    /// let (x, state) = opt.update(&array![1.0], &array![1.0], &opt.init(&array![1.0]));
    /// let (_, state) = opt.update(&x, &array![3.0], &state);
    /// let v = state.get("").unwrap().exp_avg_sq.as_ref().unwrap().item::<f32>().unwrap();
    /// assert!((v - 5.0).abs() < 1e-5);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn decay_rate(self, decay_rate: f64) -> Adafactor {
        Adafactor { decay_rate: not_positive("the decay rate", decay_rate), ..self }
    }

    /// Momentum: the share that is kept of a running mean of the steps `a u`, which the weights move by. None unless set.
    ///
    /// # Panics
    /// If it is not in `0.0..1.0`.
    ///
    /// ```
    /// use lazulite::optim::{Adafactor, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adafactor::new().learning_rate(1.0).scale_parameter(false).beta_1(0.75);
    /// let (x, _) = opt.update(&array![2.0], &array![7.0], &opt.init(&array![2.0]));
    /// assert!((x.item::<f32>().unwrap() - 1.75).abs() < 1e-6);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn beta_1(self, beta_1: f64) -> Adafactor {
        Adafactor { beta_1: Some(share("beta_1", beta_1)), ..self }
    }

    /// The share `d` of the weights that a step at `a = 1` takes away.
    ///
    /// # Panics
    /// If it is negative or not finite.
    ///
    /// ```
    /// use lazulite::optim::{Adafactor, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adafactor::new().learning_rate(0.5).scale_parameter(false).weight_decay(0.5);
    /// let (x, _) = opt.update(&array![4.0], &array![0.0], &opt.init(&array![4.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 3.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn weight_decay(self, weight_decay: f64) -> Adafactor {
        Adafactor { weight_decay: not_negative("weight decay", weight_decay), ..self }
    }

    /// Whether `a` is multiplied by the parameter's size, as it is unless set.
    ///
    /// ```
    /// use lazulite::optim::{Adafactor, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adafactor::new().scale_parameter(false);
    /// let (x, _) = opt.update(&array![50.0], &array![7.0], &opt.init(&array![50.0]));
    /// assert!((x.item::<f32>().unwrap() - 49.99).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn scale_parameter(self, on: bool) -> Adafactor {
        Adafactor { scale_parameter: on, ..self }
    }

    /// Whether the relative step starts small: `min(1e-6 t, 1 / sqrt(t))`. It needs the relative step; `init` and `update` check that.
    ///
    /// ```
    /// use lazulite::optim::{Adafactor, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Adafactor::new().warmup_init(true);
    /// let (x, _) = opt.update(&array![0.0], &array![7.0], &opt.init(&array![0.0]));
    /// assert!((x.item::<f32>().unwrap() + 1e-3 * 1e-6).abs() < 1e-12);
    /// assert!(opt.learning_rate(0.1).try_init(&array![0.0]).is_err());
    /// ```
    #[must_use]
    pub fn warmup_init(self, on: bool) -> Adafactor {
        Adafactor { warmup_init: on, ..self }
    }

    /// `a`, 0-d.
    fn size(&self, parameter: &Array, step: &Step) -> Array {
        if self.scale_parameter { step.times_rate(&rms(parameter).maximum(self.eps[1])) } else { step.rate(parameter.dtype()) }
    }
}

/// The root of the mean of the squares, 0-d.
fn rms(x: &Array) -> Array {
    x.square().mean(..).sqrt()
}

impl Rule for Adafactor {
    type Kept = Factors;
    const NAME: &'static str = "adafactor";

    fn learning_rate(&self) -> Schedule {
        let warmup = self.warmup_init;
        self.rate.clone().unwrap_or_else(|| {
            Schedule::new(move |done| {
                let t = (done + 1).astype(lazulite_core::Dtype::F32);
                let most = if warmup { &t * 1e-6 } else { t.ones_like() * 1e-2 };
                t.rsqrt().minimum(most)
            })
        })
    }

    fn init_single(&self, parameter: &Array) -> Factors {
        let (shape, n) = (parameter.shape(), parameter.ndim());
        let without = |axis: usize| {
            let rest: Vec<usize> = (0..n).filter(|&i| i != axis).map(|i| shape[i]).collect();
            Array::zeros(rest, parameter.dtype())
        };
        Factors {
            exp_avg_sq_row: (n >= 2).then(|| without(n - 1)),
            exp_avg_sq_col: (n >= 2).then(|| without(n - 2)),
            exp_avg_sq: (n < 2).then(|| parameter.zeros_like()),
            exp_avg: self.beta_1.map(|_| parameter.zeros_like()),
        }
    }

    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Factors, step: &Step) -> (Array, Factors) {
        let size = self.size(parameter, step);
        // t^decay_rate, and one less it, without the cancellation at large t.
        let power = step.number().astype(parameter.dtype()).log() * self.decay_rate;
        let (fresh, old) = (power.exp(), -power.expm1());
        let squares = gradient.square() + self.eps[0];
        let mean = |past: &Option<Array>, now: &dyn Fn() -> Array| past.as_ref().map(|past| &old * past + &fresh * now());
        let exp_avg_sq_row = mean(&kept.exp_avg_sq_row, &|| squares.mean(-1));
        let exp_avg_sq_col = mean(&kept.exp_avg_sq_col, &|| squares.mean(-2));
        let exp_avg_sq = mean(&kept.exp_avg_sq, &|| squares.clone());

        let mut update = gradient.clone();
        if let Some(row) = &exp_avg_sq_row {
            update = (row / row.mean(keep(-1))).rsqrt().expand_dims(-1) * update;
        }
        if let Some(column) = &exp_avg_sq_col {
            update = column.rsqrt().expand_dims(-2) * update;
        }
        if let Some(v) = &exp_avg_sq {
            update = v.rsqrt() * update;
        }
        update = &update / (rms(&update) / self.clip_threshold).maximum(1.0) * &size;
        let exp_avg = kept.exp_avg.as_ref().zip(self.beta_1).map(|(past, beta)| past * beta + &update * (1.0 - beta));
        let mut next = parameter - exp_avg.as_ref().unwrap_or(&update);
        if self.weight_decay != 0.0 {
            next -= parameter * (size * self.weight_decay);
        }
        (next, Factors { exp_avg_sq_row, exp_avg_sq_col, exp_avg_sq, exp_avg })
    }

    #[track_caller]
    fn check(&self) -> Result<()> {
        if self.warmup_init && self.rate.is_some() {
            return Err(Error::value(Self::NAME, "warmup_init is of the relative step, which a learning rate takes the place of"));
        }
        Ok(())
    }
}
