//! Optimizers: from a model, its gradient and a state to the next model and the next state. All are trees, so that a whole training step
//! is a function that `compile` takes.
//!
//! ```
//! use lazulite::optim::{Optimizer, Sgd};
//! use lazulite::prelude::*;
//!
//! let opt = Sgd::new(0.1);
//! let mut w = Array::from(3.0f32);
//! let mut state = opt.init(&w);
//! let step = compile(move |(w, state): &(Array, _)| {
//!     let g = grad(|w: &Array| w.square())(w);
//!     opt.update(w, &g, state)
//! });
//! for _ in 0..50 {
//!     (w, state) = step(&(w, state));
//! }
//! assert!(w.item::<f32>().unwrap().abs() < 1e-3);
//! ```

extern crate lazulite_core as lazulite;

mod adam;
mod clip;
mod rate;
mod sgd;

pub use adam::{Adam, AdamState, AdamW};
pub use clip::clip_grad_norm;
pub use rate::{Rate, Schedule};
pub use sgd::{Sgd, SgdState};

use lazulite_core::tree::{flatten, trainable, unflatten};
use lazulite_core::{Array, Dtype, Tree};

/// A rule that improves a model by its gradient.
///
/// The state is a tree of arrays, the count of steps among them, so a compiled step is traced once. What is frozen or no float stays as
/// it is.
///
/// ```
/// use lazulite::optim::{Adam, Optimizer};
/// use lazulite::prelude::*;
///
/// fn train<O: Optimizer>(opt: &O, mut w: Array, steps: usize) -> Array {
///     let mut state = opt.init(&w);
///     for _ in 0..steps {
///         let g = grad(|w: &Array| w.square().sum(..))(&w);
///         (w, state) = opt.update(&w, &g, &state);
///     }
///     w
/// }
///
/// let w = train(&Adam::new(0.1), array![1.0, -1.0], 100);
/// assert!(w.abs().max(..).item::<f32>().unwrap() < 0.1);
/// ```
pub trait Optimizer {
    /// What is kept from step to step, for a model of type `M`.
    type State<M: Tree>: Tree;

    /// The state before the first step.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// assert_eq!(Adam::new(0.1).init(&array![1.0, 2.0]).mean.shape(), [2]);
    /// ```
    fn init<M: Tree>(&self, model: &M) -> Self::State<M>;

    /// One step: the next model and the next state.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, Sgd};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (Sgd::new(1.0), array![2.0]);
    /// let (w, state) = opt.update(&w, &array![0.5], &opt.init(&w));
    /// assert_eq!((w.item::<f32>().unwrap(), state.step.item::<i32>().unwrap()), (1.5, 1));
    /// ```
    ///
    /// # Panics
    /// If the gradient or the state are of a model with another number of arrays, or their shapes do not fit.
    fn update<M: Tree>(&self, model: &M, grads: &M, state: &Self::State<M>) -> (M, Self::State<M>);
}

/// A count of steps, at zero.
fn zero_steps() -> Array {
    Array::zeros((), Dtype::I32)
}

/// Zeros for every array of a model.
fn zeros<M: Tree>(model: &M) -> M {
    model.map_arrays(&mut |x| x.zeros_like())
}

/// Applies `rule` to the trained arrays of a model, each with its gradient and its `N` arrays of state; the others stay as they are.
#[track_caller]
fn each<M: Tree, const N: usize>(
    model: &M,
    grads: &M,
    state: [&M; N],
    mut rule: impl FnMut(&Array, &Array, [&Array; N]) -> (Array, [Array; N]),
) -> (M, [M; N]) {
    let (mut params, grads) = (flatten(model), flatten(grads));
    let mut kept = state.map(flatten);
    let fits = grads.len() == params.len() && kept.iter().all(|k| k.len() == params.len());
    assert!(fits, "the gradient or the optimizer's state belongs to another model: {} arrays for {}", grads.len(), params.len());
    for (i, trained) in trainable(model).into_iter().enumerate() {
        if trained {
            let (param, next) = rule(&params[i], &grads[i], std::array::from_fn(|n| &kept[n][i]));
            params[i] = param;
            kept.iter_mut().zip(next).for_each(|(k, x)| k[i] = x);
        }
    }
    (unflatten(model, &params), std::array::from_fn(|n| unflatten(state[n], &kept[n])))
}
