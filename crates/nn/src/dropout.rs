//! Dropout, and the mode and the keys of a training step.

use crate::Module;
use lazulite_core::{Array, random};
use std::cell::{Cell, RefCell};

thread_local! {
    /// The keys of the scopes in progress, innermost last.
    static KEYS: RefCell<Vec<Array>> = const { RefCell::new(Vec::new()) };
    static TRAINING: Cell<bool> = const { Cell::new(false) };
}

/// Puts a scope's state back when the scope ends, also by a panic.
struct Scope {
    training: bool,
    keys: usize,
}

impl Scope {
    fn enter(training: bool) -> Scope {
        Scope { training: TRAINING.replace(training), keys: KEYS.with_borrow(Vec::len) }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        TRAINING.set(self.training);
        // Dropped outside the borrow: dropping an array may run anything.
        let keys = KEYS.with_borrow_mut(|k| k.split_off(self.keys));
        drop(keys);
    }
}

/// Runs `f` in training mode, with keys drawn from `key` for the layers that need random numbers, such as [`Dropout`].
///
/// The same key gives the same numbers: pass another one each step. In a compiled step, pass it as an argument; a key that the step
/// captures stays the same forever.
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
pub fn next_key() -> Option<Array> {
    let key = KEYS.with_borrow(|k| k.last().cloned())?;
    let (next, mine) = random::split(&key);
    let used = KEYS.with_borrow_mut(|k| k.last_mut().map(|slot| std::mem::replace(slot, next)));
    drop(used);
    Some(mine)
}

/// Zeroes each element with probability `p` in training mode, and divides the others by `1 - p`; otherwise the identity.
///
/// ```
/// use lazulite::nn::{self, Dropout};
/// use lazulite::prelude::*;
/// let (drop, x) = (Dropout::new(0.5), array![1.0, 2.0]);
/// assert_eq!(drop.forward(&x).to_vec::<f32>().unwrap(), [1.0, 2.0]);
/// let y = nn::with_key(&random::key(1), || drop.forward(&x));
/// assert!(y.to_vec::<f32>().unwrap().iter().all(|v| [0.0, 2.0, 4.0].contains(v)));
/// ```
#[derive(Clone, Debug, Module)]
pub struct Dropout {
    #[module(static)]
    p: f32,
}

impl Dropout {
    /// Dropout with probability `p` in `0.0..1.0`.
    ///
    /// ```
    /// use lazulite::nn::Dropout;
    /// use lazulite::prelude::*;
    /// assert_eq!(Dropout::new(0.1).num_parameters(), 0);
    /// ```
    ///
    /// # Panics
    /// For a probability outside of that.
    #[track_caller]
    pub fn new(p: f32) -> Dropout {
        assert!((0.0..1.0).contains(&p), "the probability of dropout, {p}, is not in 0..1");
        Dropout { p }
    }

    /// `x` of any shape, with elements zeroed in training mode.
    ///
    /// ```
    /// use lazulite::nn::Dropout;
    /// use lazulite::prelude::*;
    /// assert_eq!(Dropout::new(0.5).forward(&array![1.0]).item::<f32>().unwrap(), 1.0); // not training
    /// ```
    ///
    /// # Panics
    /// In training mode outside of [`with_key`].
    #[track_caller]
    pub fn forward(&self, x: &Array) -> Array {
        if self.p == 0.0 || !is_training() {
            return x.clone();
        }
        let Some(key) = next_key() else {
            panic!("dropout in training mode needs random numbers: run the step in `nn::with_key(&key, || ...)`");
        };
        let kept = random::bernoulli(1.0 - self.p, x.shape(), &key);
        lazulite_core::ops::select(&kept, x * (1.0 / (1.0 - self.p)), 0)
    }
}
