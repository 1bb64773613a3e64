//! The thread pool: one for all kernels. The caller takes part, chunks are claimed as threads come free, nested calls run inline.
//!
//! # Protocol
//! A caller posts a [`Job`] that lives in its frame to the list behind `state` and claims chunks. A worker *joins* a listed job under that
//! lock (`inside += 1`), claims chunks until none is left and *leaves* it (`inside -= 1`), after which it touches the pool only. The caller
//! delists the job when its chunks are all claimed, so that nobody joins any more, waits until `inside` is zero and returns. An idle worker
//! polls `posted` for a while and then sleeps on `wake`, under the same lock under which jobs are posted: no wake-up is lost.

use crate::fork;
use crate::sync::{AtomicUsize, Condvar, Mutex, lock, spin, wait};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

/// How long an idle worker polls before it sleeps, and a caller before it sleeps until the last worker leaves its job.
const SPIN: Duration = Duration::from_micros(40);
/// Set in [`Job::inside`] by a caller that sleeps until it is zero but for this bit.
const WAITING: usize = 1 << (usize::BITS - 1);

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Marks the thread as one that runs chunks while it lives.
struct Nested(bool);

impl Nested {
    fn enter() -> Nested {
        Nested(INSIDE.replace(true))
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        INSIDE.set(self.0);
    }
}

#[repr(align(128))]
struct Apart<T>(T);

struct Job {
    body: *const (dyn Fn(usize) + Sync),
    chunks: usize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    next: Apart<AtomicUsize>,
    inside: Apart<AtomicUsize>,
}

impl Job {
    /// Claims and runs chunks until none is left.
    fn work(&self) {
        let _nested = Nested::enter();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let chunk = self.next.0.fetch_add(1, Relaxed);
                if chunk >= self.chunks {
                    break;
                }
                // SAFETY: the caller keeps `body` alive until every thread has left the job.
                unsafe { (*self.body)(chunk) };
            }
        }));
        if let Err(panic) = outcome {
            self.next.0.store(self.chunks, Relaxed);
            lock(&self.panic).get_or_insert(panic);
        }
    }

    fn open(&self) -> bool {
        self.next.0.load(Relaxed) < self.chunks
    }
}

struct State {
    jobs: Vec<*const Job>,
    stop: bool,
}

// SAFETY: a listed job outlives its listing, and everything in it that threads share is atomic or locked.
unsafe impl Send for State {}

struct Pool {
    state: Mutex<State>,
    wake: Condvar,
    done: Condvar,
    posted: Apart<AtomicUsize>,
    asleep: AtomicUsize,
    /// Workers that may join; those of a higher index stand by.
    helpers: AtomicUsize,
    spawned: AtomicUsize,
    generation: u64,
}

impl Pool {
    fn new(helpers: usize, generation: u64) -> Pool {
        Pool {
            state: Mutex::new(State { jobs: Vec::with_capacity(64), stop: false }),
            wake: Condvar::new(),
            done: Condvar::new(),
            posted: Apart(AtomicUsize::new(0)),
            asleep: AtomicUsize::new(0),
            helpers: AtomicUsize::new(helpers),
            spawned: AtomicUsize::new(0),
            generation,
        }
    }

    fn run(&self, chunks: usize, body: &(dyn Fn(usize) + Sync)) {
        // SAFETY: only the lifetime changes; `run` returns when no thread uses `body` any more.
        let body = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(body) };
        let job = Job { body, chunks, panic: Mutex::new(None), next: Apart(AtomicUsize::new(0)), inside: Apart(AtomicUsize::new(0)) };
        lock(&self.state).jobs.push(&job);
        self.posted.0.fetch_add(1, Release);
        let asleep = self.asleep.load(Relaxed);
        if asleep >= chunks && self.helpers.load(Relaxed) >= self.spawned.load(Relaxed) {
            (1..chunks).for_each(|_| self.wake.notify_one());
        } else if asleep > 0 {
            self.wake.notify_all();
        }
        job.work();
        {
            let mut state = lock(&self.state);
            let at = state.jobs.iter().position(|&j| ptr::eq(j, &job)).expect("listed above");
            state.jobs.swap_remove(at);
        }
        if !spin(SPIN, || job.inside.0.load(Acquire) == 0) {
            let mut state = lock(&self.state);
            job.inside.0.fetch_or(WAITING, Relaxed);
            while job.inside.0.load(Acquire) != WAITING {
                state = wait(&self.done, state);
            }
        }
        let panic = lock(&job.panic).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// A worker's life.
    fn serve(&self, index: usize) {
        while let Some(job) = self.join(index) {
            // SAFETY: `join` counted this thread in, so the job lives until it has left.
            let job = unsafe { &*job };
            job.work();
            if job.inside.0.fetch_sub(1, Release) == WAITING | 1 {
                drop(lock(&self.state));
                self.done.notify_all();
            }
        }
    }

    /// Waits for a job with unclaimed chunks and enters it; `None` when the pool stops.
    fn join(&self, index: usize) -> Option<*const Job> {
        let pick = |state: &State| {
            if index >= self.helpers.load(Relaxed) {
                return None;
            }
            // SAFETY: listed jobs are alive while the lock is held.
            let job = state.jobs.iter().copied().find(|&j| unsafe { &*j }.open())?;
            // SAFETY: as above.
            unsafe { &*job }.inside.0.fetch_add(1, Relaxed);
            Some(job)
        };
        loop {
            let seen = self.posted.0.load(Acquire);
            if let Some(job) = pick(&lock(&self.state)) {
                return Some(job);
            }
            if spin(SPIN, || self.posted.0.load(Acquire) != seen) {
                continue;
            }
            let mut state = lock(&self.state);
            self.asleep.fetch_add(1, Relaxed);
            let found = loop {
                if state.stop {
                    break None;
                }
                if let Some(job) = pick(&state) {
                    break Some(job);
                }
                state = wait(&self.wake, state);
            };
            self.asleep.fetch_sub(1, Relaxed);
            return found;
        }
    }

    #[cfg(all(test, loom))]
    fn stop(&self) {
        lock(&self.state).stop = true;
        self.wake.notify_all();
    }
}

mod global {
    //! The process's pool: made when first used, and again in a forked child.

    use super::*;
    use std::ops::Range;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicPtr, AtomicUsize};

    static COUNT: AtomicUsize = AtomicUsize::new(0);
    static POOL: AtomicPtr<Pool> = AtomicPtr::new(ptr::null_mut());

    fn default_count() -> usize {
        static DEFAULT: OnceLock<usize> = OnceLock::new();
        *DEFAULT.get_or_init(|| {
            let set = std::env::var("LAZULITE_THREADS").ok().and_then(|v| v.trim().parse::<usize>().ok());
            set.filter(|&n| n > 0).unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()))
        })
    }

    fn pool() -> &'static Pool {
        let old = POOL.load(Acquire);
        // SAFETY: a pool is never freed.
        if let Some(pool) = unsafe { old.as_ref() }
            && pool.generation == fork::generation()
        {
            return pool;
        }
        replace(old)
    }

    #[cold]
    fn replace(old: *mut Pool) -> &'static Pool {
        fork::watch();
        let fresh = Box::into_raw(Box::new(Pool::new(count() - 1, fork::generation())));
        match POOL.compare_exchange(old, fresh, std::sync::atomic::Ordering::AcqRel, Acquire) {
            // SAFETY: just leaked, and never freed from now on.
            Ok(_) => unsafe { &*fresh },
            Err(other) => {
                // SAFETY: `fresh` was not published; `other` was, by another thread of this generation.
                unsafe {
                    drop(Box::from_raw(fresh));
                    &*other
                }
            }
        }
    }

    #[cold]
    fn spawn(pool: &'static Pool) {
        let state = lock(&pool.state);
        let (have, want) = (pool.spawned.load(Relaxed), pool.helpers.load(Relaxed));
        for index in have..want {
            let made = std::thread::Builder::new().name(format!("lazulite-{index}")).spawn(move || pool.serve(index));
            if made.is_err() {
                pool.helpers.store(index, Relaxed);
                break;
            }
            pool.spawned.store(index + 1, Relaxed);
        }
        drop(state);
    }

    /// Threads that a kernel may use, the caller's included: `LAZULITE_THREADS`, else the number of cores, unless [`set_count`] chose.
    #[inline]
    pub fn count() -> usize {
        match COUNT.load(Relaxed) {
            0 => default_count(),
            n => n,
        }
    }

    /// Sets [`count`], for later calls.
    pub fn set_count(n: usize) {
        COUNT.store(n.max(1), Relaxed);
        pool().helpers.store(n.max(1) - 1, Relaxed);
    }

    /// Runs `body(0..chunks)`, each once, in any order, on this thread and the pool's; a panic in one reaches the caller.
    #[inline]
    pub fn parallel(chunks: usize, body: &(dyn Fn(usize) + Sync)) {
        if chunks <= 1 || INSIDE.get() || count() == 1 {
            return (0..chunks).for_each(body);
        }
        let pool = pool();
        if pool.spawned.load(Relaxed) < pool.helpers.load(Relaxed) {
            spawn(pool);
        }
        pool.run(chunks, body);
    }

    static GRAIN: AtomicUsize = AtomicUsize::new(5_000);

    /// Sets how many nanoseconds of work are worth handing to a polling worker; ten times as many to a sleeping one.
    pub fn set_grain(nanoseconds: usize) {
        GRAIN.store(nanoseconds, Relaxed);
    }

    /// Whether work that takes about so long on one thread is worth handing out now: earlier while a worker polls than when all sleep.
    #[inline]
    pub fn worth(nanoseconds: usize) -> bool {
        let grain = GRAIN.load(Relaxed);
        if nanoseconds < grain || INSIDE.get() || count() == 1 {
            return false;
        }
        let pool = pool();
        nanoseconds >= 10 * grain || pool.asleep.load(Relaxed) < pool.spawned.load(Relaxed).min(pool.helpers.load(Relaxed))
    }

    /// Runs `body` on ranges that make up `0..n`, in parallel where it pays; an item takes about `picoseconds` on one thread. How the range
    /// is cut depends on the threads: no result may.
    #[inline]
    pub fn pieces(n: usize, picoseconds: usize, body: impl Fn(Range<usize>) + Sync) {
        let total = n.saturating_mul(picoseconds) / 1000;
        if n > 1 && worth(total) {
            let chunks = (total / PIECE).clamp(2, 8 * count()).min(n);
            parallel(chunks, &|i| body(n * i / chunks..n * (i + 1) / chunks));
        } else if n > 0 {
            body(0..n);
        }
    }

    /// Nanoseconds of work above which [`pieces`] makes more than two pieces.
    const PIECE: usize = 3_000;
}

pub use global::*;

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use crate::sync::check;
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn a_job_runs_every_chunk_once_and_returns_when_all_have_left() {
        check(3, || {
            let pool = Arc::new(Pool::new(1, 0));
            let worker = thread::spawn({
                let pool = pool.clone();
                move || pool.serve(0)
            });
            for _ in 0..2 {
                let ran = [AtomicUsize::new(0), AtomicUsize::new(0)];
                pool.run(2, &|i| {
                    ran[i].fetch_add(1, Relaxed);
                });
                assert!(ran.iter().all(|r| r.load(Relaxed) == 1));
            }
            pool.stop();
            worker.join().unwrap();
        });
    }

    #[test]
    fn two_callers_share_a_worker() {
        check(2, || {
            let pool = Arc::new(Pool::new(1, 0));
            let worker = thread::spawn({
                let pool = pool.clone();
                move || pool.serve(0)
            });
            let call = |pool: &Pool| {
                let ran = AtomicUsize::new(0);
                pool.run(2, &|_| {
                    ran.fetch_add(1, Relaxed);
                });
                assert_eq!(ran.load(Relaxed), 2);
            };
            let other = thread::spawn({
                let pool = pool.clone();
                move || call(&pool)
            });
            call(&pool);
            other.join().unwrap();
            pool.stop();
            worker.join().unwrap();
        });
    }
}
