//! Stochastic gradient descent.

use crate::rate::Factor;
use crate::{Optimizer, Rate, each, zero_steps, zeros};
use lazulite_core::{Array, Tree};
use lazulite_macros::Tree;

/// Gradient descent, with momentum, Nesterov's momentum, dampening and weight decay if wanted.
///
/// `v ← momentum v + (1 - dampening) (g + decay w)`, `w ← w - rate v`.
///
/// ```
/// use lazulite::optim::{Optimizer, Sgd};
/// use lazulite::prelude::*;
/// let opt = Sgd::new(0.5).momentum(0.9).nesterov(true);
/// let w = array![1.0];
/// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
/// assert!((w.item::<f32>().unwrap() - 0.05).abs() < 1e-6); // 1 - 0.5 (1 + 0.9)
/// ```
#[derive(Clone, Debug)]
pub struct Sgd {
    rate: Rate,
    momentum: f64,
    weight_decay: f64,
    dampening: f64,
    nesterov: bool,
}

/// The state of [`Sgd`].
#[derive(Clone, Debug, Tree)]
pub struct SgdState<M> {
    /// Number of steps done, int32.
    pub step: Array,
    /// The velocity of each parameter, if there is momentum.
    pub velocity: Option<M>,
}

impl Sgd {
    /// Plain descent with a learning rate.
    ///
    /// ```
    /// use lazulite::optim::{Sgd, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (Sgd::new(0.5), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.5).abs() < 1e-5);
    /// ```
    pub fn new(rate: impl Into<Rate>) -> Sgd {
        Sgd { rate: rate.into(), momentum: 0.0, weight_decay: 0.0, dampening: 0.0, nesterov: false }
    }

    /// How much of the velocity is kept from step to step; 0 at first.
    ///
    /// ```
    /// use lazulite::optim::{Sgd, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (Sgd::new(0.5).momentum(0.9), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.5).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Sgd {
        Sgd { momentum, ..self }
    }

    /// How much of the parameter is added to its gradient; 0 at first.
    ///
    /// ```
    /// use lazulite::optim::{Sgd, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (Sgd::new(0.5).weight_decay(0.5), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.0).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn weight_decay(self, weight_decay: f64) -> Sgd {
        Sgd { weight_decay, ..self }
    }

    /// How much of the gradient is kept from the velocity; 0 at first.
    ///
    /// ```
    /// use lazulite::optim::{Sgd, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (Sgd::new(0.5).momentum(0.9).dampening(0.5), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.75).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn dampening(self, dampening: f64) -> Sgd {
        Sgd { dampening, ..self }
    }

    /// Whether the velocity is looked ahead; no at first. It needs momentum and no dampening.
    ///
    /// ```
    /// use lazulite::optim::{Sgd, Optimizer};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (Sgd::new(0.5).momentum(0.5).nesterov(true), array![2.0]);
    /// let (w, _) = opt.update(&w, &array![1.0], &opt.init(&w));
    /// assert!((w.item::<f32>().unwrap() - 1.25).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn nesterov(self, nesterov: bool) -> Sgd {
        Sgd { nesterov, ..self }
    }
}

impl Optimizer for Sgd {
    type State<M: Tree> = SgdState<M>;

    fn init<M: Tree>(&self, model: &M) -> SgdState<M> {
        SgdState { step: zero_steps(), velocity: (self.momentum > 0.0).then(|| zeros(model)) }
    }

    #[track_caller]
    fn update<M: Tree>(&self, model: &M, grads: &M, state: &SgdState<M>) -> (M, SgdState<M>) {
        let proper = !self.nesterov || self.momentum > 0.0 && self.dampening == 0.0;
        assert!(proper, "Nesterov's momentum needs momentum and no dampening");
        let rate = self.rate.at(&state.step);
        let decayed = |w: &Array, g: &Array| if self.weight_decay == 0.0 { g.clone() } else { g + w * self.weight_decay };
        let step = &state.step + 1;
        let Some(velocity) = &state.velocity else {
            let (model, []) = each(model, grads, [], |w, g, []| (descend(w, &rate, &decayed(w, g)), []));
            return (model, SgdState { step, velocity: None });
        };
        let (model, [velocity]) = each(model, grads, [velocity], |w, g, [v]| {
            let g = decayed(w, g);
            let v = v * self.momentum + &g * (1.0 - self.dampening);
            let by = if self.nesterov { g + &v * self.momentum } else { v.clone() };
            (descend(w, &rate, &by), [v])
        });
        (model, SgdState { step, velocity: Some(velocity) })
    }
}

/// `w - rate by`.
fn descend(w: &Array, rate: &Factor, by: &Array) -> Array {
    w - rate.times(by, 1.0)
}
