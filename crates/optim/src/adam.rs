//! Adam and AdamW.

use crate::rate::Factor;
use crate::{Optimizer, Rate, each, zero_steps, zeros};
use lazulite_core::{Array, Dtype, Tree};
use lazulite_macros::Tree;

/// Adam: steps scaled by running means of the gradient and of its square.
///
/// `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²`, `w ← w - rate m / (√v + ε)`. The means start at zero; as in MLX, this is not
/// corrected unless [`bias_correction`](Adam::bias_correction) is on.
///
/// ```
/// use lazulite::optim::{Adam, Optimizer};
/// use lazulite::prelude::*;
/// let opt = Adam::new(0.1).bias_correction(true);
/// let w = array![1.0];
/// let (w, state) = opt.update(&w, &array![4.0], &opt.init(&w));
/// assert!((w.item::<f32>().unwrap() - 0.9).abs() < 1e-5);
/// assert_eq!(state.step.item::<i32>().unwrap(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Adam {
    rate: Rate,
    betas: (f64, f64),
    eps: f64,
    bias_correction: bool,
}

/// The state of [`Adam`] and [`AdamW`].
#[derive(Clone, Debug, Tree)]
pub struct AdamState<M> {
    /// Number of steps done, int32.
    pub step: Array,
    /// The running mean of each gradient.
    pub mean: M,
    /// The running mean of each gradient's square.
    pub square: M,
}

impl Adam {
    /// Adam with a learning rate, betas (0.9, 0.999) and eps 1e-8.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (Adam::new(0.5), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 0.418862).abs() < 1e-5);
    /// ```
    pub fn new(rate: impl Into<Rate>) -> Adam {
        Adam { rate: rate.into(), betas: (0.9, 0.999), eps: 1e-8, bias_correction: false }
    }

    /// How much of the two means is kept from step to step.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (Adam::new(0.5).betas(0.5, 0.75), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.5).abs() < 1e-5);
    /// ```
    ///
    /// # Panics
    /// If one is not in `0.0..1.0`.
    #[must_use]
    #[track_caller]
    pub fn betas(self, mean: f64, square: f64) -> Adam {
        assert!([mean, square].iter().all(|b| (0.0..1.0).contains(b)), "the betas of Adam, {mean} and {square}, are not in 0..1");
        Adam { betas: (mean, square), ..self }
    }

    /// What is added to the denominator.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (Adam::new(0.5).eps(1.0), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.951533).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn eps(self, eps: f64) -> Adam {
        Adam { eps, ..self }
    }

    /// Whether the means are corrected for their start at zero; no at first.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (Adam::new(0.5).bias_correction(true), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.5).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn bias_correction(self, on: bool) -> Adam {
        Adam { bias_correction: on, ..self }
    }

    /// One step in which parameters first shrink by `rate * decay`.
    #[track_caller]
    fn step<M: Tree>(&self, decay: f64, model: &M, grads: &M, state: &AdamState<M>) -> (M, AdamState<M>) {
        let (b1, b2) = self.betas;
        let rate = self.rate.at(&state.step);
        let step = &state.step + 1;
        // Per step, not per element: scalars that each tape reads.
        let corrections = self.bias_correction.then(|| {
            let t = step.astype(Dtype::F32);
            let rest = |beta: f64| 1.0 - Array::from(beta as f32).power(&t);
            let first = Factor::Scalar(rate.times(&rest(b1).reciprocal(), 1.0));
            (first, rest(b2).rsqrt())
        });
        let (model, [mean, square]) = each(model, grads, [&state.mean, &state.square], |w, g, [m, v]| {
            let m = m * b1 + g * (1.0 - b1);
            let v = v * b2 + g.square() * (1.0 - b2);
            let by = match &corrections {
                Some((first, second)) => first.times(&m, 1.0) / (v.sqrt() * second.astype(w.dtype()) + self.eps),
                None => rate.times(&m, 1.0) / (v.sqrt() + self.eps),
            };
            let w = if decay == 0.0 { w.clone() } else { w - rate.times(w, decay) };
            (w - by, [m, v])
        });
        (model, AdamState { step, mean, square })
    }
}

impl Optimizer for Adam {
    type State<M: Tree> = AdamState<M>;

    fn init<M: Tree>(&self, model: &M) -> AdamState<M> {
        AdamState { step: zero_steps(), mean: zeros(model), square: zeros(model) }
    }

    #[track_caller]
    fn update<M: Tree>(&self, model: &M, grads: &M, state: &AdamState<M>) -> (M, AdamState<M>) {
        self.step(0.0, model, grads, state)
    }
}

/// [`Adam`] with decoupled weight decay: before each step a parameter shrinks by `rate * decay` of itself.
///
/// ```
/// use lazulite::optim::{AdamW, Optimizer};
/// use lazulite::prelude::*;
/// let opt = AdamW::new(0.1).weight_decay(0.5);
/// let w = array![1.0];
/// let (w, _) = opt.update(&w, &array![0.0], &opt.init(&w));
/// assert!((w.item::<f32>().unwrap() - 0.95).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct AdamW {
    adam: Adam,
    weight_decay: f64,
}

impl AdamW {
    /// AdamW with a learning rate, betas (0.9, 0.999), eps 1e-8 and weight decay 0.01.
    ///
    /// ```
    /// use lazulite::optim::{AdamW, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (AdamW::new(0.5), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 0.408862).abs() < 1e-5);
    /// ```
    pub fn new(rate: impl Into<Rate>) -> AdamW {
        AdamW { adam: Adam::new(rate), weight_decay: 0.01 }
    }

    /// The weight decay.
    ///
    /// ```
    /// use lazulite::optim::{AdamW, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (AdamW::new(0.5).weight_decay(0.5), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - -0.081138).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> AdamW {
        AdamW { weight_decay, ..self }
    }

    /// As [`Adam::betas`].
    ///
    /// ```
    /// use lazulite::optim::{AdamW, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (AdamW::new(0.5).betas(0.5, 0.75), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.49).abs() < 1e-5);
    /// ```
    ///
    /// # Panics
    /// As there.
    #[must_use]
    #[track_caller]
    pub fn betas(self, mean: f64, square: f64) -> AdamW {
        AdamW { adam: self.adam.betas(mean, square), ..self }
    }

    /// As [`Adam::eps`].
    ///
    /// ```
    /// use lazulite::optim::{AdamW, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (AdamW::new(0.5).eps(1.0), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.941533).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn eps(self, eps: f64) -> AdamW {
        AdamW { adam: self.adam.eps(eps), ..self }
    }

    /// As [`Adam::bias_correction`].
    ///
    /// ```
    /// use lazulite::optim::{AdamW, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (AdamW::new(0.5).bias_correction(true), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.49).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn bias_correction(self, on: bool) -> AdamW {
        AdamW { adam: self.adam.bias_correction(on), ..self }
    }
}

impl Optimizer for AdamW {
    type State<M: Tree> = AdamState<M>;

    fn init<M: Tree>(&self, model: &M) -> AdamState<M> {
        self.adam.init(model)
    }

    #[track_caller]
    fn update<M: Tree>(&self, model: &M, grads: &M, state: &AdamState<M>) -> (M, AdamState<M>) {
        self.adam.step(self.weight_decay, model, grads, state)
    }
}
