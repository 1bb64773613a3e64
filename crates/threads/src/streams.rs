//! Ordered streams: the tasks of a stream run one after another, in the order in which they were submitted, whichever threads submit them.
//!
//! A task whose submitter is about to wait runs on the submitter's thread if the stream is idle. Otherwise it is queued for the stream's own
//! thread, which starts with the first task that needs it. Work in flight when the process forks is lost to the child, where every stream
//! starts idle.

use crate::fork;
use crate::sync::{AtomicUsize, Condvar, Mutex, lock, spin, wait};
use lazulite_base::backend::Task;
use lazulite_base::{Error, Result};
use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::Duration;

/// How long a stream's idle thread polls before it sleeps.
const SPIN: Duration = Duration::from_micros(20);

#[derive(Default)]
struct State {
    queue: VecDeque<Task>,
    submitted: u64,
    finished: u64,
    /// A task runs now, inline or on the stream's thread.
    running: bool,
    /// The stream has its thread, or is about to.
    served: bool,
    asleep: bool,
    waiters: usize,
    stop: bool,
    /// What a queued task panicked with, until somebody synchronizes.
    fault: Option<String>,
}

struct Stream {
    state: Mutex<State>,
    wake: Condvar,
    idle: Condvar,
    /// Counts what may let the stream's thread go on.
    posted: AtomicUsize,
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| s.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a task panicked".into())
}

impl Stream {
    fn new() -> Stream {
        Stream { state: Mutex::new(State::default()), wake: Condvar::new(), idle: Condvar::new(), posted: AtomicUsize::new(0) }
    }

    /// Runs or queues the task; says whether the caller must start the stream's thread.
    fn submit(&self, task: Task, inline: bool) -> bool {
        let mut state = lock(&self.state);
        let idle = state.submitted == state.finished;
        state.submitted += 1;
        if inline && idle {
            state.running = true;
            drop(state);
            let generation = fork::generation();
            let outcome = catch_unwind(AssertUnwindSafe(task));
            if generation == fork::generation() {
                self.finish();
            }
            if let Err(panic) = outcome {
                resume_unwind(panic);
            }
            return false;
        }
        state.queue.push_back(task);
        let start = !std::mem::replace(&mut state.served, true);
        let asleep = state.asleep;
        drop(state);
        self.posted.fetch_add(1, Release);
        if asleep {
            self.wake.notify_one();
        }
        start
    }

    /// Ends the running inline task.
    #[inline]
    fn finish(&self) {
        let mut state = lock(&self.state);
        state.running = false;
        state.finished += 1;
        let (waiters, asleep, more) = (state.waiters > 0, state.asleep, !state.queue.is_empty());
        drop(state);
        if more {
            self.posted.fetch_add(1, Release);
        }
        if more && asleep {
            self.wake.notify_one();
        }
        if waiters {
            self.idle.notify_all();
        }
    }

    /// The life of the stream's thread.
    fn serve(&self) {
        let mut state = lock(&self.state);
        loop {
            if !state.running
                && let Some(task) = state.queue.pop_front()
            {
                state.running = true;
                drop(state);
                let outcome = catch_unwind(AssertUnwindSafe(task));
                state = lock(&self.state);
                state.running = false;
                state.finished += 1;
                if let Err(panic) = outcome {
                    state.fault.get_or_insert_with(|| message(&*panic));
                }
                if state.waiters > 0 {
                    self.idle.notify_all();
                }
                continue;
            }
            if state.stop {
                return;
            }
            let seen = self.posted.load(Acquire);
            drop(state);
            let posted = spin(SPIN, || self.posted.load(Acquire) != seen);
            state = lock(&self.state);
            if !posted && !state.stop && (state.running || state.queue.is_empty()) {
                state.asleep = true;
                state = wait(&self.wake, state);
                state.asleep = false;
            }
        }
    }

    /// Waits for what was submitted before; the error is the panic of a queued task since the last call.
    fn synchronize(&self) -> Result<()> {
        let mut state = lock(&self.state);
        let target = state.submitted;
        while state.finished < target {
            state.waiters += 1;
            state = wait(&self.idle, state);
            state.waiters -= 1;
        }
        match state.fault.take() {
            Some(panic) => Err(Error::runtime("synchronize", format!("a task panicked: {panic}"))),
            None => Ok(()),
        }
    }

    #[cfg(all(test, loom))]
    fn stop(&self) {
        lock(&self.state).stop = true;
        self.wake.notify_one();
    }
}

mod global {
    //! The process's streams, by number.

    use super::*;
    use std::ptr;
    use std::sync::atomic::AtomicPtr;
    use std::sync::atomic::Ordering::AcqRel;

    /// Streams in blocks of 1, 2, 4, …, made when one of a block is first used and never freed.
    struct Table {
        blocks: [AtomicPtr<Stream>; 33],
        generation: u64,
    }

    static TABLE: AtomicPtr<Table> = AtomicPtr::new(ptr::null_mut());

    fn table() -> &'static Table {
        let old = TABLE.load(Acquire);
        // SAFETY: a table is never freed.
        if let Some(table) = unsafe { old.as_ref() }
            && table.generation == fork::generation()
        {
            return table;
        }
        replace(old)
    }

    #[cold]
    fn replace(old: *mut Table) -> &'static Table {
        fork::watch();
        let blocks = [const { AtomicPtr::new(ptr::null_mut()) }; 33];
        let fresh = Box::into_raw(Box::new(Table { blocks, generation: fork::generation() }));
        match TABLE.compare_exchange(old, fresh, AcqRel, Acquire) {
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

    #[inline]
    fn stream(number: u32) -> &'static Stream {
        let block = (number as u64 + 1).ilog2();
        let at = number as usize + 1 - (1 << block);
        let mut streams = table().blocks[block as usize].load(Acquire);
        if streams.is_null() {
            streams = make(block);
        }
        // SAFETY: the block holds `1 << block` streams and is never freed.
        unsafe { &*streams.add(at) }
    }

    #[cold]
    fn make(block: u32) -> *mut Stream {
        let fresh: Box<[Stream]> = (0..1usize << block).map(|_| Stream::new()).collect();
        let fresh = Box::into_raw(fresh);
        match table().blocks[block as usize].compare_exchange(ptr::null_mut(), fresh.cast(), AcqRel, Acquire) {
            Ok(_) => fresh.cast(),
            Err(other) => {
                // SAFETY: `fresh` was not published.
                unsafe { drop(Box::from_raw(fresh)) };
                other
            }
        }
    }

    /// Runs `task` after every earlier task of the stream. With `wait` the caller is about to wait for it, and if the stream is idle the
    /// task runs here (and its panic goes to the caller).
    ///
    /// # Panics
    /// If the stream's thread cannot be started.
    #[inline]
    pub fn submit(number: u32, task: Task, wait: bool) {
        let stream = stream(number);
        if stream.submit(task, wait) {
            std::thread::Builder::new()
                .name(format!("lazulite-stream-{number}"))
                .spawn(move || stream.serve())
                .expect("the operating system starts a thread for the stream");
        }
    }

    /// Waits for every task submitted to the stream before; not to be called from one of them.
    ///
    /// # Errors
    /// A runtime error if a task that ran on the stream's own thread panicked since the last call.
    pub fn synchronize(number: u32) -> Result<()> {
        stream(number).synchronize()
    }
}

pub use global::*;

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use crate::sync::check;
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn inline_and_queued_tasks_keep_their_order() {
        check(3, || {
            let stream = Arc::new(Stream::new());
            lock(&stream.state).served = true;
            let worker = thread::spawn({
                let stream = stream.clone();
                move || stream.serve()
            });
            let log = Arc::new(Mutex::new(Vec::new()));
            let task = |v: usize| -> Task {
                let log = log.clone();
                Box::new(move || lock(&log).push(v))
            };
            stream.submit(task(0), true);
            stream.submit(task(1), false);
            stream.submit(task(2), true);
            stream.synchronize().unwrap();
            assert_eq!(lock(&log)[..], [0, 1, 2]);
            stream.stop();
            worker.join().unwrap();
        });
    }

    struct Counter(loom::cell::UnsafeCell<i32>);

    // SAFETY: tasks of a stream never overlap; loom reports it if two accesses do.
    unsafe impl Sync for Counter {}

    impl Counter {
        fn increment(&self) {
            // SAFETY: as above.
            self.0.with_mut(|p| unsafe { *p += 1 });
        }
    }

    #[test]
    fn two_submitters_never_overlap_and_all_runs() {
        check(2, || {
            let stream = Arc::new(Stream::new());
            lock(&stream.state).served = true;
            let worker = thread::spawn({
                let stream = stream.clone();
                move || stream.serve()
            });
            let counter = Arc::new(Counter(loom::cell::UnsafeCell::new(0)));
            let task = |counter: &Arc<Counter>| -> Task {
                let counter = counter.clone();
                Box::new(move || counter.increment())
            };
            let other = thread::spawn({
                let (stream, task) = (stream.clone(), task(&counter));
                move || stream.submit(task, true)
            });
            stream.submit(task(&counter), false);
            stream.synchronize().unwrap();
            other.join().unwrap();
            stream.synchronize().unwrap();
            // SAFETY: no task is left.
            assert_eq!(counter.0.with(|p| unsafe { *p }), 2);
            stream.stop();
            worker.join().unwrap();
        });
    }
}
