//! What a training step has besides the model: the mode, the keys of random numbers, and the statistics that layers keep.

use lazulite_core::tree::{flatten, trainable, unflatten};
use lazulite_core::{Array, Tree, random};
use std::cell::{Cell, RefCell};

thread_local! {
    static TRAINING: Cell<bool> = const { Cell::new(false) };
    /// The keys of the scopes in progress, innermost last.
    static KEYS: RefCell<Vec<Array>> = const { RefCell::new(Vec::new()) };
    /// What is not trained of the models of the scopes in progress, innermost last.
    static STATISTICS: RefCell<Vec<Vec<Kept>>> = const { RefCell::new(Vec::new()) };
}

/// An array that a model keeps and does not train.
struct Kept {
    /// The handles that the layers know it by.
    known: Vec<Array>,
    /// What a layer made of it.
    next: Option<Array>,
}

/// Puts a scope's state back when the scope ends, also by a panic.
struct Scope {
    training: bool,
    keys: usize,
    statistics: usize,
}

impl Scope {
    fn enter(training: bool) -> Scope {
        let (keys, statistics) = (KEYS.with_borrow(Vec::len), STATISTICS.with_borrow(Vec::len));
        Scope { training: TRAINING.replace(training), keys, statistics }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        TRAINING.set(self.training);
        // Dropped outside the borrows: dropping an array may run anything.
        let keys = KEYS.with_borrow_mut(|k| k.split_off(self.keys));
        let statistics = STATISTICS.with_borrow_mut(|s| s.split_off(self.statistics));
        drop((keys, statistics));
    }
}

/// Runs `f` in training mode, with keys drawn from `key` for the layers that need random numbers, such as [`Dropout`](crate::Dropout).
///
/// The same key gives the same numbers: pass another one each step. In a compiled step, pass it as an argument; a key that the step
/// captures stays the same forever. Within [`vmap`](lazulite_core::vmap) all examples share the numbers, unless the key is mapped with
/// them: `vmap(|(x, key)| nn::with_key(key, || model.forward(x)))`.
///
/// ```
/// use lazulite::nn::{self, Dropout};
/// use lazulite::prelude::*;
/// let (drop, x) = (Dropout::new(0.5), Array::ones([1000], Dtype::F32));
/// let y = nn::with_key(&random::key(0), || drop.forward(&x));
/// let zeros = y.eq(0).sum(..).item::<i32>().unwrap();
/// assert!((400..600).contains(&zeros));
/// ```
pub fn with_key<T>(key: &Array, f: impl FnOnce() -> T) -> T {
    let _scope = Scope::enter(true);
    KEYS.with_borrow_mut(|k| k.push(key.clone()));
    f()
}

/// Runs `f` with training mode on or off, whatever the scope around it says. The mode starts out off.
///
/// A compiled function is traced in the mode of its first call and keeps it: choose the mode inside the function, or compile one for each.
///
/// ```
/// use lazulite::nn::{self, Dropout};
/// use lazulite::prelude::*;
/// let x = array![1.0, 2.0];
/// nn::with_key(&random::key(0), || {
///     let y = nn::training(false, || Dropout::new(0.9).forward(&x));
///     assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 2.0]);
/// });
/// ```
pub fn training<T>(on: bool, f: impl FnOnce() -> T) -> T {
    let _scope = Scope::enter(on);
    f()
}

/// Whether this thread is in training mode.
///
/// ```
/// use lazulite::nn;
/// assert!(!nn::is_training());
/// assert!(nn::training(true, nn::is_training));
/// ```
pub fn is_training() -> bool {
    TRAINING.get()
}

/// A fresh key of the innermost [`with_key`]: for layers of one's own. `None` outside of one.
///
/// ```
/// use lazulite::nn;
/// use lazulite::prelude::*;
/// assert!(nn::next_key().is_none());
/// nn::with_key(&random::key(0), || {
///     let (a, b) = (nn::next_key().unwrap(), nn::next_key().unwrap());
///     assert_ne!(a.to_vec::<u32>().unwrap(), b.to_vec::<u32>().unwrap());
/// });
/// ```
///
/// # Panics
/// If what [`with_key`] was given is no key.
#[track_caller]
pub fn next_key() -> Option<Array> {
    let key = KEYS.with_borrow(|k| k.last().cloned())?;
    let (next, mine) = random::split(&key);
    let used = KEYS.with_borrow_mut(|k| k.last_mut().map(|slot| std::mem::replace(slot, next)));
    drop(used);
    Some(mine)
}

/// Runs `f` in training mode on `model`, and gives its result with the model whose statistics, such as the running averages of a
/// [`BatchNorm`](crate::BatchNorm), are the next ones. All else of the model is as it was.
///
/// A loss that is made so is one with an auxiliary output, so the gradient is taken around it, and the next model is what the optimizer
/// updates. `f` must use the model that it is given. A transform between this function and a layer hides the layer's statistics: put
/// this function inside the function that is transformed.
///
/// ```
/// use lazulite::nn::{self, BatchNorm, Linear, Sequential, losses};
/// use lazulite::optim::{Optimizer, SGD};
/// use lazulite::prelude::*;
///
/// let model = Sequential::new().then(Linear::new(3, 4, &random::key(0))).then(BatchNorm::new(4));
/// let (x, y) = (random::normal([8, 3], &random::key(1)), Array::ones([8, 4], Dtype::F32));
/// let loss = |m: &Sequential| nn::with_statistics(m, |m| losses::mse_loss(&m.forward(&x), &y));
/// let ((_loss, next), grads) = value_and_grad(loss)(&model);
/// let opt = SGD::new(0.1);
/// let (next, _state) = opt.update(&next, &grads, &opt.init(&model));
/// let (name, mean) = &next.parameters()[4];
/// assert_eq!(name, "layers.1.running_mean");
/// assert!(mean.abs().max(..).item::<f32>().unwrap() > 0.0);
/// ```
pub fn with_statistics<M: Tree, T>(model: &M, f: impl FnOnce(&M) -> T) -> (T, M) {
    let _scope = Scope::enter(true);
    let arrays = flatten(model);
    let trained = trainable(model);
    // A handle of its own for each array that is not trained: layers that were cloned share theirs.
    let given: Vec<Array> = arrays.iter().zip(&trained).map(|(x, &t)| if t { x.clone() } else { x.stop_gradient() }).collect();
    let kept = |(x, &t): (&Array, &bool)| (!t).then(|| Kept { known: vec![x.clone()], next: None });
    STATISTICS.with_borrow_mut(|s| s.push(given.iter().zip(&trained).filter_map(kept).collect()));
    let result = f(&unflatten(model, &given));
    let kept = STATISTICS.with_borrow_mut(Vec::pop).expect("the scope's own");
    let mut kept = kept.into_iter();
    let next = arrays.into_iter().zip(trained).map(|(x, t)| if t { x } else { kept.next().and_then(|k| k.next).unwrap_or(x) });
    (result, unflatten(model, &next.collect::<Vec<_>>()))
}

/// Notes that layers know the array `x` by another handle as well.
pub(crate) fn known_as(x: &Array, handle: &Array) {
    STATISTICS.with_borrow_mut(|s| {
        if let Some(kept) = s.last_mut().and_then(|list| find(list, x)) {
            kept.known.push(handle.clone());
        }
    });
}

/// Puts what `step` makes of a statistic in its place, in the innermost [`with_statistics`].
///
/// # Panics
/// Outside of one, or if its model has no such array.
#[track_caller]
pub(crate) fn advance(layer: &str, statistic: &Array, step: impl FnOnce(&Array) -> Array) {
    let now = STATISTICS.with_borrow_mut(|s| {
        s.last_mut().map(|list| find(list, statistic).map(|kept| kept.next.clone().unwrap_or_else(|| statistic.clone())))
    });
    let now = match now {
        Some(Some(now)) => now,
        Some(None) => panic!(
            "{layer}: this layer is not part of the model that `nn::with_statistics` gave, or a transform lies between them: call \
             `nn::with_statistics` inside the function that is transformed, and use the model that it gives"
        ),
        None => panic!(
            "{layer} in training mode has statistics to keep: run the step in `nn::with_statistics(&model, |model| ...)`, which gives the \
             next model, too"
        ),
    };
    // Computed outside the borrow: it may run anything.
    let next = step(&now).stop_gradient();
    let used = STATISTICS.with_borrow_mut(|s| s.last_mut().and_then(|list| find(list, statistic)).map(|kept| kept.next.replace(next)));
    drop(used);
}

fn find<'a>(list: &'a mut [Kept], x: &Array) -> Option<&'a mut Kept> {
    list.iter_mut().find(|kept| kept.known.iter().any(|k| k.is(x)))
}
