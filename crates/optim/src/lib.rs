//! Optimizers: functions from a model, its gradient and a state to the next model and the next state.
//!
//! Nothing is changed in place. The state is a [`Tree`], and it holds the number of the step, from which a [`Schedule`] computes the
//! learning rate lazily; so an update is traced once within a compiled step, whatever the rate does.
//!
//! ```
//! use lazulite::nn::{self, Linear};
//! use lazulite::optim::{AdamW, Optimizer, Schedule, clip_grad_norm};
//! use lazulite::prelude::*;
//!
//! let x = random::normal([64, 3], &random::key(0));
//! let y = x.matmul(&array![[1.0], [-2.0], [0.5]]);
//! let opt = AdamW::new(Schedule::linear(0.0, 0.1, 10).then(10, Schedule::cosine(0.1, 90, 0.0)));
//!
//! let mut model = Linear::new(3, 1, &random::key(1));
//! let mut state = opt.init(&model);
//! let step = compile(move |(model, state): &(Linear, <AdamW as Optimizer>::State)| {
//!     let (loss, grads) = value_and_grad(|m: &Linear| nn::losses::mse_loss(&m.forward(&x), &y))(model);
//!     let (grads, _norm) = clip_grad_norm(&grads, 5.0);
//!     let (model, state) = opt.update(model, &grads, state);
//!     (loss, model, state)
//! });
//! let mut loss = f32::INFINITY;
//! for _ in 0..100 {
//!     let (l, m, s) = step(&(model, state));
//!     (loss, model, state) = (l.item().unwrap(), m, s);
//! }
//! assert!(loss < 0.01, "{loss}");
//! ```
//!
//! | MLX | here |
//! |---|---|
//! | `SGD`, `Adam`, `AdamW`, `Adamax`, `Lion`, `Muon` | [`SGD`], [`Adam`], [`AdamW`], [`Adamax`], [`Lion`], [`Muon`] |
//! | `RMSprop`, `Adagrad`, `AdaDelta`, `Adafactor` | [`RMSprop`], [`Adagrad`], [`AdaDelta`], [`Adafactor`] |
//! | `MultiOptimizer` of a list | [`MultiOptimizer`] of two, which nests |
//! | a subclass of `Optimizer` | a [`Rule`] |
//! | `optimizer.state` | the [`State`] that `init` and `update` give |
//! | `exponential_decay`, `step_decay`, `cosine_decay`, `linear_schedule`, `join_schedules` | [`Schedule::exponential`], [`step`](Schedule::step), [`cosine`](Schedule::cosine), [`linear`](Schedule::linear), [`then`](Schedule::then) |
//! | `clip_grad_norm` | [`clip_grad_norm`] |
//!
//! Optimizers are made by `new` from a learning rate, with MLX's defaults for the rest, which methods of MLX's names set. A setting that
//! makes no sense panics where it is set; [`init`](Optimizer::init) and [`update`](Optimizer::update), which meet a program's data, have
//! fallible twins. An optimizer of your own is a [`Rule`]: what it keeps of one parameter, and one step of it.
//!
//! What is trained: floating-point and complex arrays outside of `Frozen` parts. The others stay as they are.
//!
//! Parameters keep their dtype. For `float16` and `bfloat16` ones the arithmetic and the state are `float32`, and only the new parameter
//! is rounded: in half precision a mean of squares would underflow, and a decay of 0.999 rounds to 1.

extern crate self as lazulite;

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod check;
mod clip;
mod lion;
mod multi;
mod muon;
mod rmsprop;
mod rule;
mod schedule;
mod sgd;
mod state;

pub use adadelta::{AdaDelta, Deltas};
pub use adafactor::{Adafactor, Factors};
pub use adagrad::Adagrad;
pub use adam::{Adam, Moments};
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use clip::clip_grad_norm;
pub use lion::{Lion, Momentum};
pub use multi::{MultiOptimizer, MultiState};
pub use muon::{Muon, MuonMomentum};
pub use rmsprop::{RMSprop, Squares};
pub use rule::{Rule, Step};
pub use schedule::Schedule;
pub use sgd::{SGD, Velocity};
pub use state::State;

use lazulite_core::tree::{flatten, named, trainable, unflatten};
use lazulite_core::{Array, Error, Result, Tree};
use std::panic::Location;

/// What derived code names.
#[doc(hidden)]
pub mod __private {
    pub use lazulite_core::__private::*;
}

/// A rule that improves a model by its gradient.
///
/// ```
/// use lazulite::optim::{Optimizer, SGD};
/// use lazulite::prelude::*;
///
/// let opt = SGD::new(0.1);
/// let (mut x, mut state) = (array![3.0], opt.init(&array![3.0]));
/// for _ in 0..50 {
///     let g = grad(|x: &Array| x.square().sum(..))(&x);
///     (x, state) = opt.update(&x, &g, &state);
/// }
/// assert!(x.item::<f32>().unwrap().abs() < 1e-4);
/// ```
pub trait Optimizer {
    /// What is kept from step to step.
    type State: Tree;

    /// The state before the first step of training a list of named arrays, all of which are trained.
    ///
    /// # Errors
    /// As for [`try_init`](Optimizer::try_init).
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let state = Adam::new(0.1).init_named(&[("w", &array![1.0, 2.0])]).unwrap();
    /// assert_eq!(state.get("w").unwrap().m.shape(), [2]);
    /// ```
    #[track_caller]
    fn init_named(&self, parameters: &[(&str, &Array)]) -> Result<Self::State>;

    /// A list of named arrays after a step, in its order, and the next state.
    ///
    /// # Errors
    /// As for [`try_update`](Optimizer::try_update).
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, SGD};
    /// use lazulite::prelude::*;
    /// let (opt, w) = (SGD::new(0.5), array![1.0]);
    /// let state = opt.init_named(&[("w", &w)]).unwrap();
    /// let (next, _) = opt.update_named(&[("w", &w)], &[&array![1.0]], &state).unwrap();
    /// assert_eq!(next[0].item::<f32>().unwrap(), 0.5);
    /// ```
    #[track_caller]
    fn update_named(&self, parameters: &[(&str, &Array)], grads: &[&Array], state: &Self::State) -> Result<(Vec<Array>, Self::State)>;

    /// The state before the first step.
    ///
    /// # Errors
    /// A value error for settings that exclude one another; a type error, with the parameter's name, for a dtype that the rule does not
    /// take.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, SGD};
    /// use lazulite::prelude::*;
    /// let e = SGD::new(0.1).nesterov(true).try_init(&array![1.0]).err().unwrap();
    /// assert_eq!(e.kind(), ErrorKind::Value);
    /// ```
    #[track_caller]
    fn try_init<M: Tree>(&self, model: &M) -> Result<Self::State> {
        let (list, trained) = (named(model), trainable(model));
        let parameters: Vec<_> = list.iter().zip(trained).filter(|(_, t)| *t).map(|((name, x), _)| (name.as_str(), x)).collect();
        self.init_named(&parameters)
    }

    /// The next model and the next state. `grads` has the model's structure and, where the model is trained, its shapes and dtypes, as
    /// what `grad` returns.
    ///
    /// # Errors
    /// What [`try_init`](Optimizer::try_init) reports; a value or type error, with the parameter's name, if the gradient or the state
    /// does not fit the model; an error if the learning rate is not one floating-point number.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, SGD};
    /// use lazulite::prelude::*;
    /// let (opt, model) = (SGD::new(0.1), (array![1.0], array![2.0, 3.0]));
    /// let state = opt.try_init(&model).unwrap();
    /// let e = opt.try_update(&model, &(array![1.0], array![1.0]), &state).err().unwrap();
    /// assert!(e.to_string().contains("`1`"), "{e}"); // the name of the second array
    /// ```
    #[track_caller]
    fn try_update<M: Tree>(&self, model: &M, grads: &M, state: &Self::State) -> Result<(M, Self::State)> {
        let (list, trained, grads) = (named(model), trainable(model), flatten(grads));
        if list.len() != grads.len() {
            return Err(Error::value("update", format!("the gradient has {} arrays, the model {}", grads.len(), list.len())));
        }
        let chosen: Vec<usize> = (0..list.len()).filter(|&i| trained[i]).collect();
        let parameters: Vec<_> = chosen.iter().map(|&i| (list[i].0.as_str(), &list[i].1)).collect();
        let slopes: Vec<_> = chosen.iter().map(|&i| &grads[i]).collect();
        let (next, state) = self.update_named(&parameters, &slopes, state)?;
        let mut arrays = flatten(model);
        chosen.into_iter().zip(next).for_each(|(i, x)| arrays[i] = x);
        Ok((unflatten(model, &arrays), state))
    }

    /// [`try_init`](Optimizer::try_init), with a panic for an error.
    ///
    /// # Panics
    /// For its errors.
    ///
    /// ```
    /// use lazulite::optim::{Adam, Optimizer};
    /// use lazulite::prelude::*;
    /// let state = Adam::new(0.1).init(&array![1.0, 2.0]);
    /// assert_eq!(state.get("").unwrap().m.to_vec::<f32>().unwrap(), [0.0, 0.0]);
    /// ```
    #[track_caller]
    fn init<M: Tree>(&self, model: &M) -> Self::State {
        let site = Location::caller();
        self.try_init(model).unwrap_or_else(|e| e.at(site).raise())
    }

    /// [`try_update`](Optimizer::try_update), with a panic for an error.
    ///
    /// # Panics
    /// For its errors.
    ///
    /// ```
    /// use lazulite::optim::{Optimizer, SGD};
    /// use lazulite::prelude::*;
    /// let (opt, x) = (SGD::new(0.5), array![1.0, 2.0]);
    /// let (x, state) = opt.update(&x, &array![2.0, -2.0], &opt.init(&x));
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [0.0, 3.0]);
    /// assert_eq!(state.step.item::<u32>().unwrap(), 1);
    /// ```
    #[track_caller]
    fn update<M: Tree>(&self, model: &M, grads: &M, state: &Self::State) -> (M, Self::State) {
        let site = Location::caller();
        self.try_update(model, grads, state).unwrap_or_else(|e| e.at(site).raise())
    }
}
