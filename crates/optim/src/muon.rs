//! Muon.

use crate::check::{not_negative, share};
use crate::{Rule, Schedule, Step};
use lazulite_core::Array;
use lazulite_macros::Tree;

/// Muon: steps along the running mean of the gradient, made nearly orthogonal by an iteration of products.
///
/// With the gradient `g`, the weights `w`, the rate `a`, the decay `d` and the momentum `m`, each step does
///
/// ```text
/// g <- g + d w
/// v <- m v + (1 - m) g                            from v = 0
/// u = (1 - m) g + m v                             Nesterov's; else u = v
/// w <- w - a sqrt(max(1, rows / columns)) orthogonal(u)
/// ```
///
/// where `orthogonal(u)` has the singular vectors of `u` and singular values near 1: from `x = u / |u|`, turned so that it is not tall,
/// it iterates `x <- 3.4445 x + (-4.775 x x^T + 2.0315 (x x^T)^2) x`. Jordan et al., *Muon: an optimizer for hidden layers in neural
/// networks* (2024). The decay is part of the gradient, as in MLX.
///
/// For real parameters of any shape. One of more than two axes is a matrix of its first axis by the others, as of a convolution's outputs;
/// one of fewer takes `u` as it is, and is better left to another rule, as are embeddings and output layers: see
/// [`MultiOptimizer`](crate::MultiOptimizer).
///
/// ```
/// use lazulite::optim::{Muon, Optimizer};
/// use lazulite::prelude::*;
/// let opt = Muon::new(1.0).weight_decay(0.0);
/// let w = Array::zeros([2, 2], Dtype::F32);
/// let (next, _) = opt.update(&w, &array![[300.0, 0.0], [0.0, -100.0]], &opt.init(&w));
/// let x = next.to_vec::<f32>().unwrap();
/// assert!((0.65..1.25).contains(&-x[0]) && (0.65..1.25).contains(&x[3])); // both directions count alike
/// ```
#[derive(Clone, Debug)]
pub struct Muon {
    rate: Schedule,
    momentum: f64,
    weight_decay: f64,
    nesterov: bool,
    ns_steps: u32,
}

/// What [`Muon`] keeps of a parameter.
///
/// ```
/// use lazulite::optim::{Muon, MuonMomentum, Optimizer, State};
/// use lazulite::prelude::*;
/// let state: State<MuonMomentum> = Muon::new(0.1).init(&array![[1.0, 2.0]]);
/// assert_eq!(state.get("").unwrap().v.shape(), [1, 2]);
/// ```
#[derive(Clone, Debug, Tree)]
pub struct MuonMomentum {
    /// The running mean of the gradient, in the parameter's shape.
    pub v: Array,
}

impl Muon {
    /// Muon at a learning rate, a number or a [`Schedule`], with a momentum of 0.95, Nesterov's, a decay of 0.01 and 5 iterations.
    ///
    /// # Panics
    /// If a constant rate is not finite.
    ///
    /// ```
    /// use lazulite::optim::{Muon, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Muon::new(1.0);
    /// let (x, _) = opt.update(&array![0.0], &array![10.0], &opt.init(&array![0.0]));
    /// assert!((x.item::<f32>().unwrap() + 0.05 * 10.0 + 0.95 * 0.5).abs() < 1e-5); // no matrix
    /// ```
    #[track_caller]
    pub fn new(learning_rate: impl Into<Schedule>) -> Muon {
        Muon { rate: learning_rate.into(), momentum: 0.95, weight_decay: 0.01, nesterov: true, ns_steps: 5 }
    }

    /// The share of the old mean that is kept at a step.
    ///
    /// # Panics
    /// If it is not in `0.0..1.0`.
    ///
    /// ```
    /// use lazulite::optim::{Muon, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Muon::new(1.0).momentum(0.0);
    /// let (x, _) = opt.update(&array![0.0], &array![10.0], &opt.init(&array![0.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), -10.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn momentum(self, momentum: f64) -> Muon {
        Muon { momentum: share("momentum", momentum), ..self }
    }

    /// The weight `d` of the penalty `d / 2 * |w|^2`, whose gradient is added to the loss's.
    ///
    /// # Panics
    /// If it is negative or not finite.
    ///
    /// ```
    /// use lazulite::optim::{Muon, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Muon::new(0.5).momentum(0.0).weight_decay(0.5);
    /// let (x, _) = opt.update(&array![4.0], &array![0.0], &opt.init(&array![4.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), 3.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn weight_decay(self, weight_decay: f64) -> Muon {
        Muon { weight_decay: not_negative("weight decay", weight_decay), ..self }
    }

    /// Whether the momentum is Nesterov's, as it is unless set.
    ///
    /// ```
    /// use lazulite::optim::{Muon, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Muon::new(1.0).momentum(0.5).nesterov(false);
    /// let (x, _) = opt.update(&array![0.0], &array![10.0], &opt.init(&array![0.0]));
    /// assert_eq!(x.item::<f32>().unwrap(), -5.0);
    /// ```
    #[must_use]
    pub fn nesterov(self, on: bool) -> Muon {
        Muon { nesterov: on, ..self }
    }

    /// How many iterations make a matrix orthogonal.
    ///
    /// ```
    /// use lazulite::optim::{Muon, Optimizer};
    /// use lazulite::prelude::*;
    /// let opt = Muon::new(1.0).weight_decay(0.0).ns_steps(0); // the matrix by its norm
    /// let w = array![[0.0, 0.0]];
    /// let (x, _) = opt.update(&w, &array![[30.0, 40.0]], &opt.init(&w));
    /// let x = x.to_vec::<f32>().unwrap();
    /// assert!((x[0] + 0.6).abs() < 1e-6 && (x[1] + 0.8).abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn ns_steps(self, steps: u32) -> Muon {
        Muon { ns_steps: steps, ..self }
    }

    /// A matrix with the singular vectors of `x` and singular values near 1, by Newton & Schulz's iteration.
    fn orthogonal(&self, x: &Array) -> Array {
        let tall = x.shape()[0] > x.shape()[1];
        let mut x = if tall { x.t() } else { x.clone() };
        x = &x / (x.square().sum(..).sqrt() + 1e-7);
        for _ in 0..self.ns_steps {
            let gram = x.matmul(&x.t());
            x = &x * 3.4445 + (&gram * -4.775 + gram.matmul(&gram) * 2.0315).matmul(&x);
        }
        if tall { x.t() } else { x }
    }
}

impl Rule for Muon {
    type Kept = MuonMomentum;
    const NAME: &'static str = "muon";

    fn learning_rate(&self) -> Schedule {
        self.rate.clone()
    }

    fn init_single(&self, parameter: &Array) -> MuonMomentum {
        MuonMomentum { v: parameter.zeros_like() }
    }

    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &MuonMomentum, step: &Step) -> (Array, MuonMomentum) {
        let m = self.momentum;
        let g = if self.weight_decay == 0.0 { gradient.clone() } else { gradient + parameter * self.weight_decay };
        let v = &kept.v * m + &g * (1.0 - m);
        let mut update = if self.nesterov { g * (1.0 - m) + &v * m } else { v.clone() };
        if update.ndim() >= 2 && update.size() > 0 {
            let rows = update.shape()[0];
            let columns = update.size() / rows;
            let matrix = self.orthogonal(&update.reshape([rows as i64, columns as i64]));
            let tall = (rows as f64 / columns as f64).max(1.0).sqrt();
            let shape: Vec<i64> = update.shape().iter().map(|&n| n as i64).collect();
            update = (matrix * tall).reshape(shape);
        }
        (parameter - step.times_rate(&update), MuonMomentum { v })
    }
}
