//! Counters of what this thread's builds and evaluations did: what the tests of laziness, fusion and caching read.

use std::cell::Cell;

/// A snapshot of the thread's counters.
///
/// ```
/// let before: lazulite::Counters = lazulite::counters();
/// assert_eq!(before, lazulite::counters());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Nodes built.
    pub nodes: u64,
    /// Functions traced by `compile`.
    pub traces: u64,
    /// Plans made (cache misses).
    pub plans: u64,
    /// Evaluations that ran something.
    pub evaluations: u64,
    /// Kernels launched, tapes included.
    pub kernels: u64,
    /// Tapes launched.
    pub tapes: u64,
}

thread_local! {
    static COUNTERS: Cell<Counters> = const { Cell::new(Counters { nodes: 0, traces: 0, plans: 0, evaluations: 0, kernels: 0, tapes: 0 }) };
}

/// The counters of this thread, since it started.
///
/// ```
/// use lazulite::prelude::*;
/// let before = counters();
/// let y = array![1.0, 2.0].exp().sin();
/// assert_eq!(counters().kernels, before.kernels); // building runs nothing
/// eval([&y]).unwrap();
/// assert_eq!(counters().kernels, before.kernels + 1); // one fused tape
/// ```
pub fn counters() -> Counters {
    COUNTERS.get()
}

pub(crate) fn count(f: impl FnOnce(&mut Counters)) {
    let mut c = COUNTERS.get();
    f(&mut c);
    COUNTERS.set(c);
}
