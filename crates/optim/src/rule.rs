//! A rule for one parameter, and the walk over named parameters that makes it an optimizer: which dtypes it takes, whether gradients and
//! state fit, and in which dtype the arithmetic is done.

use crate::schedule::Rate;
use crate::state::Names;
use crate::{Optimizer, Schedule, State};
use lazulite_base::key::{Key, KeyHasher};
use lazulite_core::tree::named;
use lazulite_core::{Array, Dtype, Error, Result, Tree};

/// An optimizer that updates each parameter by itself: all of this crate's but [`MultiOptimizer`](crate::MultiOptimizer), and yours.
///
/// Whatever implements it is an [`Optimizer`]. The arrays that its methods see are of the dtype of the arithmetic, which is the
/// parameter's, but `float32` for `float16` and `bfloat16`; the new parameter is rounded to its own afterwards.
///
/// Momentum that forgets where the gradient has turned:
///
/// ```
/// use lazulite::optim::{Optimizer, Rule, Schedule, Step};
/// use lazulite::prelude::*;
///
/// #[derive(Clone, Tree)]
/// struct Kept {
///     v: Array,
/// }
///
/// struct Careful {
///     rate: Schedule,
/// }
///
/// impl Rule for Careful {
///     type Kept = Kept;
///     const NAME: &'static str = "careful";
///
///     fn learning_rate(&self) -> Schedule {
///         self.rate.clone()
///     }
///     fn init_single(&self, parameter: &Array) -> Kept {
///         Kept { v: parameter.zeros_like() }
///     }
///     fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Kept, step: &Step) -> (Array, Kept) {
///         let agrees = (&kept.v * gradient).greater(0.0).astype(gradient.dtype());
///         let v = &kept.v * 0.9 * agrees + gradient;
///         (parameter - step.times_rate(&v), Kept { v })
///     }
/// }
///
/// let opt = Careful { rate: Schedule::linear(0.1, 0.05, 20) };
/// let (mut x, mut state) = (array![3.0], opt.init(&array![3.0]));
/// for _ in 0..40 {
///     (x, state) = opt.update(&x, &(&x * 2.0), &state);
/// }
/// assert!(x.item::<f32>().unwrap().abs() < 0.05);
/// ```
pub trait Rule {
    /// What is kept of one parameter from step to step. Its arrays' names follow the parameter's in the names of the [`State`].
    type Kept: Tree + Clone;

    /// The name in errors.
    const NAME: &'static str;

    /// The learning rate.
    fn learning_rate(&self) -> Schedule;

    /// What is kept of a parameter before the first step. Its structure, shapes and dtypes stay the same from step to step.
    fn init_single(&self, parameter: &Array) -> Self::Kept;

    /// One parameter after the step, of the same shape and dtype, and what is kept of it then.
    fn apply_single(&self, gradient: &Array, parameter: &Array, kept: &Self::Kept, step: &Step) -> (Array, Self::Kept);

    /// Whether the rule trains parameters of an inexact dtype: the real ones, unless written otherwise.
    fn takes(&self, dtype: Dtype) -> bool {
        dtype.is_float()
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// A value error for those that exclude one another.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// What a [`Rule`] may know of the step that it takes: its number and its learning rate.
///
/// ```
/// use lazulite::optim::{Optimizer, Rule, Schedule, Step};
/// use lazulite::prelude::*;
/// struct Plain;
/// impl Rule for Plain {
///     type Kept = ();
///     const NAME: &'static str = "plain";
///     fn learning_rate(&self) -> Schedule {
///         0.5.into()
///     }
///     fn init_single(&self, _: &Array) {}
///     fn apply_single(&self, gradient: &Array, parameter: &Array, _: &(), step: &Step) -> (Array, ()) {
///         assert_eq!((step.number().item::<u32>().unwrap(), step.rate(Dtype::F32).item::<f32>().unwrap()), (1, 0.5));
///         (parameter - step.times_rate(gradient), ())
///     }
/// }
/// let (x, _) = Plain.update(&array![1.0], &array![2.0], &Plain.init(&array![1.0]));
/// assert_eq!(x.item::<f32>().unwrap(), 0.0);
/// ```
pub struct Step {
    number: Array,
    rate: Rate,
}

impl Step {
    /// The number of the step, from 1 on: 0-d, `uint32`.
    pub fn number(&self) -> &Array {
        &self.number
    }

    /// The learning rate: 0-d, of a dtype.
    pub fn rate(&self, dtype: Dtype) -> Array {
        self.rate.array(dtype)
    }

    /// The learning rate times `x`, in the dtype of `x`. A rate that is a number is not rounded before.
    pub fn times_rate(&self, x: &Array) -> Array {
        self.rate.times(x)
    }
}

impl<R: Rule> Optimizer for R {
    type State = State<R::Kept>;

    #[track_caller]
    fn init_named(&self, parameters: &[(&str, &Array)]) -> Result<State<R::Kept>> {
        self.check()?;
        let mut kept = Vec::with_capacity(parameters.len());
        for (name, x) in parameters {
            takes(self, name, x)?;
            kept.push(self.init_single(&wide(x)));
        }
        let names = parameters.iter().map(|(name, _)| (*name).to_owned()).collect();
        Ok(State::new(Names::new(names), kept, Array::zeros([], Dtype::U32)))
    }

    #[track_caller]
    fn update_named(
        &self,
        parameters: &[(&str, &Array)],
        grads: &[&Array],
        state: &State<R::Kept>,
    ) -> Result<(Vec<Array>, State<R::Kept>)> {
        self.check()?;
        paired(R::NAME, parameters, grads)?;
        same_names::<R>(parameters, state)?;
        let rate = self.learning_rate().rate(R::NAME, &state.step)?;
        let step = Step { number: &state.step + 1, rate };
        let mut next = Vec::with_capacity(parameters.len());
        let mut all_kept = Vec::with_capacity(parameters.len());
        for ((&(name, x), grad), (_, kept)) in parameters.iter().zip(grads).zip(state.iter()) {
            takes(self, name, x)?;
            fits::<R>(name, "gradient", x, grad, x.dtype())?;
            let weight = wide(x);
            kept_fits::<R>(name, kept, &self.init_single(&weight))?;
            let (new, kept) = self.apply_single(&wide(grad), &weight, kept, &step);
            fits::<R>(name, "update", x, &new, weight.dtype())?;
            next.push(new.astype(x.dtype()));
            all_kept.push(kept);
        }
        Ok((next, State::new(state.names().clone(), all_kept, step.number)))
    }
}

/// A parameter in an error: a lone array has no name.
fn shown(name: &str) -> String {
    if name.is_empty() { "the parameter".to_owned() } else { format!("parameter `{name}`") }
}

/// Checks that the rule trains parameters of this dtype.
#[track_caller]
fn takes<R: Rule>(rule: &R, name: &str, x: &Array) -> Result<()> {
    let dtype = x.dtype();
    if dtype.is_inexact() && rule.takes(dtype) {
        return Ok(());
    }
    Err(Error::dtype(R::NAME, format!("{} is {dtype}, where a real one is needed", shown(name))))
}

/// Checks that there is a gradient for each parameter.
#[track_caller]
pub(crate) fn paired(op: &str, parameters: &[(&str, &Array)], grads: &[&Array]) -> Result<()> {
    if parameters.len() == grads.len() {
        return Ok(());
    }
    Err(Error::value(op, format!("{} gradients of {} parameters", grads.len(), parameters.len())))
}

/// Checks that the state is one of these parameters.
#[track_caller]
fn same_names<R: Rule>(parameters: &[(&str, &Array)], state: &State<R::Kept>) -> Result<()> {
    let (mut own, mut kept) = (parameters.iter().map(|(name, _)| *name), state.iter().map(|(name, _)| name));
    loop {
        return match (own.next(), kept.next()) {
            (None, None) => Ok(()),
            (Some(a), Some(b)) if a == b => continue,
            (Some(a), Some(b)) => Err(Error::value(R::NAME, format!("the state has parameter `{b}` where the model has `{a}`"))),
            (Some(a), None) => Err(Error::value(R::NAME, format!("the state has no parameter `{a}`"))),
            (None, Some(b)) => Err(Error::value(R::NAME, format!("the state has a parameter `{b}`, which the model does not train"))),
        };
    }
}

/// Checks an array that belongs to a parameter.
#[track_caller]
fn fits<R: Rule>(name: &str, what: &str, parameter: &Array, x: &Array, dtype: Dtype) -> Result<()> {
    if x.shape() != parameter.shape() {
        let text = format!("{} has shape {:?}, its {what} {:?}", shown(name), parameter.shape(), x.shape());
        return Err(Error::value(R::NAME, text));
    }
    if x.dtype() != dtype {
        let text = format!("{} is {}, its {what} {} instead of {dtype}", shown(name), parameter.dtype(), x.dtype());
        return Err(Error::dtype(R::NAME, text));
    }
    Ok(())
}

/// Checks what is kept of a parameter against what would be at the start.
#[track_caller]
fn kept_fits<R: Rule>(name: &str, kept: &R::Kept, fresh: &R::Kept) -> Result<()> {
    if form(kept) == form(fresh) {
        return Ok(());
    }
    let (kept, fresh) = (named(kept), named(fresh));
    let list = |arrays: &[(String, Array)]| match arrays {
        [] => "nothing".to_owned(),
        _ => arrays.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    for ((part, x), (own, start)) in kept.iter().zip(&fresh) {
        if part == own && x.shape() != start.shape() {
            let text = format!("`{part}` of {} has shape {:?} instead of {:?}", shown(name), x.shape(), start.shape());
            return Err(Error::value(R::NAME, text));
        }
        if part == own && x.dtype() != start.dtype() {
            let text = format!("`{part}` of {} is {} instead of {}", shown(name), x.dtype(), start.dtype());
            return Err(Error::dtype(R::NAME, text));
        }
    }
    let text = format!("the state of {} is {}, where {} is needed", shown(name), list(&kept), list(&fresh));
    Err(Error::value(R::NAME, text))
}

/// The structure of a tree, and its arrays' shapes and dtypes.
fn form(tree: &impl Tree) -> Key {
    let mut key = KeyHasher::default();
    tree.signature(&mut key);
    tree.visit(&mut |x| {
        key.word(x.dtype() as u64);
        key.dims(x.shape());
    });
    key.finish()
}

/// An array in the dtype of the arithmetic on it.
fn wide(x: &Array) -> Array {
    x.astype(arithmetic(x.dtype()))
}

/// The dtype of the arithmetic on arrays of a dtype, and of the state.
pub(crate) fn arithmetic(dtype: Dtype) -> Dtype {
    match dtype {
        Dtype::F16 | Dtype::BF16 => Dtype::F32,
        other => other,
    }
}
