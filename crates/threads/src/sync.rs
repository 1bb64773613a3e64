//! What the hand-off protocols of the pool and the streams are built on: std's primitives, or loom's under `--cfg loom`.

#[cfg(not(loom))]
mod imp {
    pub use std::sync::atomic::AtomicUsize;
    pub use std::sync::{Condvar, Mutex};
    use std::time::{Duration, Instant};

    /// Polls `ready` for about `time`; says whether it came true.
    pub fn spin(time: Duration, mut ready: impl FnMut() -> bool) -> bool {
        let start = Instant::now();
        loop {
            for _ in 0..16 {
                if ready() {
                    return true;
                }
                std::hint::spin_loop();
            }
            if start.elapsed() >= time {
                return false;
            }
        }
    }
}

#[cfg(loom)]
mod imp {
    pub use loom::sync::atomic::AtomicUsize;
    pub use loom::sync::{Condvar, Mutex};
    use std::time::Duration;

    /// Polls `ready` once: a model explores every moment at which it may come true.
    pub fn spin(_: Duration, mut ready: impl FnMut() -> bool) -> bool {
        ready()
    }
}

pub use imp::*;

/// Locks, whether or not a thread panicked while it held the lock.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

/// Waits on a condition, whether or not a thread panicked while it held the lock.
pub fn wait<'a, T>(condition: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condition.wait(guard).unwrap_or_else(|e| e.into_inner())
}

#[cfg(loom)]
pub use loom::sync::MutexGuard;
#[cfg(not(loom))]
pub use std::sync::MutexGuard;

/// Explores a model's interleavings with at most so many preemptions.
#[cfg(all(test, loom))]
pub fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}
