//! Several optimizers for the parameters of one model.

use crate::Optimizer;
use lazulite_core::{Array, Result};
use lazulite_macros::Tree;
use std::fmt;
use std::sync::Arc;

/// Whether a parameter of a name is the first optimizer's.
type Filter = Arc<dyn Fn(&str, &Array) -> bool + Send + Sync>;

/// An optimizer for the parameters that a filter takes, and another for the rest, which may be a `MultiOptimizer` again.
///
/// The filter is asked with a parameter's name, as [`tree::named`](lazulite_core::tree::named) gives it, and the parameter, at the start
/// and in each step; let it depend on names, shapes and dtypes alone, so that it says the same each time. Each optimizer has its own
/// count of steps and its own learning rate.
///
/// Muon for hidden matrices, AdamW for the rest:
///
/// ```
/// use lazulite::nn::Linear;
/// use lazulite::optim::{AdamW, MultiOptimizer, Muon, Optimizer, Schedule};
/// use lazulite::prelude::*;
/// let model = vec![Linear::new(2, 8, &random::key(0)), Linear::new(8, 1, &random::key(1))];
/// let hidden = |name: &str, x: &Array| x.ndim() >= 2 && name.starts_with("0.");
/// let opt = MultiOptimizer::new(Muon::new(0.02), hidden, AdamW::new(Schedule::linear(0.0, 1e-3, 10)));
///
/// let state = opt.init(&model);
/// assert!(state.states.0.iter().map(|(name, _)| name).eq(["0.weight"]));
/// assert!(state.states.1.iter().map(|(name, _)| name).eq(["0.bias", "1.weight", "1.bias"]));
/// let grads = model.map_arrays(&mut |x| x.ones_like());
/// let (model, state) = opt.update(&model, &grads, &state);
/// assert_eq!(state.states.1.step.item::<u32>().unwrap(), 1);
/// # drop(model);
/// ```
#[derive(Clone)]
pub struct MultiOptimizer<A, B> {
    first: A,
    filter: Filter,
    rest: B,
}

/// What a [`MultiOptimizer`] keeps: the states of its optimizers, of which each has only its own parameters.
///
/// ```
/// use lazulite::optim::{Lion, Momentum, MultiOptimizer, MultiState, Optimizer, SGD, State, Velocity};
/// use lazulite::prelude::*;
/// let opt = MultiOptimizer::new(Lion::new(0.1), |name, _| name == "0", SGD::new(0.1).momentum(0.9));
/// let state: MultiState<State<Momentum>, State<Velocity>> = opt.init(&(array![1.0], array![2.0]));
/// let names: Vec<String> = lazulite::tree::named(&state).into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["states.0.step", "states.0.0.m", "states.1.step", "states.1.1.v"]);
/// ```
#[derive(Clone, Debug, Tree)]
pub struct MultiState<A, B> {
    /// The first optimizer's and the other's.
    pub states: (A, B),
}

impl<A: Optimizer, B: Optimizer> MultiOptimizer<A, B> {
    /// `first` for the parameters that `filter` takes, `rest` for the others.
    ///
    /// Three rules:
    ///
    /// ```
    /// use lazulite::optim::{Adam, Lion, MultiOptimizer, Optimizer, SGD};
    /// use lazulite::prelude::*;
    /// let rest = MultiOptimizer::new(SGD::new(0.5), |name, _| name == "1", Adam::new(0.1).bias_correction(true));
    /// let opt = MultiOptimizer::new(Lion::new(0.25), |name, _| name == "0", rest);
    /// let (x, g) = (vec![array![1.0], array![1.0], array![1.0]], vec![array![4.0], array![4.0], array![4.0]]);
    /// let (x, _) = opt.update(&x, &g, &opt.init(&x));
    /// let x: Vec<f32> = x.iter().map(|x| x.item().unwrap()).collect();
    /// assert!(x[..2] == [0.75, -1.0] && (x[2] - 0.9).abs() < 1e-6);
    /// ```
    pub fn new(first: A, filter: impl Fn(&str, &Array) -> bool + Send + Sync + 'static, rest: B) -> MultiOptimizer<A, B> {
        MultiOptimizer { first, filter: Arc::new(filter), rest }
    }
}

impl<A: Optimizer, B: Optimizer> Optimizer for MultiOptimizer<A, B> {
    type State = MultiState<A::State, B::State>;

    #[track_caller]
    fn init_named(&self, parameters: &[(&str, &Array)]) -> Result<Self::State> {
        let (first, rest): (Vec<_>, Vec<_>) = parameters.iter().partition(|(name, x)| (self.filter)(name, x));
        Ok(MultiState { states: (self.first.init_named(&first)?, self.rest.init_named(&rest)?) })
    }

    #[track_caller]
    fn update_named(&self, parameters: &[(&str, &Array)], grads: &[&Array], state: &Self::State) -> Result<(Vec<Array>, Self::State)> {
        crate::rule::paired("multi", parameters, grads)?;
        let mine: Vec<bool> = parameters.iter().map(|(name, x)| (self.filter)(name, x)).collect();
        let part = |own: bool| -> (Vec<_>, Vec<_>) {
            let chosen = (0..mine.len()).filter(|&i| mine[i] == own);
            chosen.map(|i| (parameters[i], grads[i])).unzip()
        };
        let (first, first_grads) = part(true);
        let (rest, rest_grads) = part(false);
        let (first, first_state) = self.first.update_named(&first, &first_grads, &state.states.0)?;
        let (rest, rest_state) = self.rest.update_named(&rest, &rest_grads, &state.states.1)?;
        let (mut first, mut rest) = (first.into_iter(), rest.into_iter());
        let next = mine.iter().filter_map(|&own| if own { first.next() } else { rest.next() }).collect();
        Ok((next, MultiState { states: (first_state, rest_state) }))
    }
}

impl<A: fmt::Debug, B: fmt::Debug> fmt::Debug for MultiOptimizer<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultiOptimizer").field("first", &self.first).field("rest", &self.rest).finish_non_exhaustive()
    }
}
