//! Tickets: how readers wait for an evaluation that is running, and how its failure reaches them.

use crate::runtime::sync::Mutex;
use lazulite_base::error::{Error, Result};
use std::sync::Condvar;
use std::sync::atomic::{AtomicBool, Ordering};

/// The completion of one evaluation: not yet, done, or failed with an error that everything depending on it carries.
pub(crate) struct Ticket {
    done: AtomicBool,
    /// Its work is on its queues, so other work on those queues may wait for it.
    submitted: AtomicBool,
    result: Mutex<Option<Result<()>>>,
    wake: Condvar,
}

impl Ticket {
    pub fn new() -> Ticket {
        Ticket { done: AtomicBool::new(false), submitted: AtomicBool::new(false), result: Mutex::new(None), wake: Condvar::new() }
    }

    /// Reports the end of the evaluation.
    pub fn finish(&self, result: Result<()>) {
        let ok = result.is_ok();
        *self.result.lock().unwrap_or_else(|e| e.into_inner()) = Some(result);
        // A failure keeps the slow path, where its error is.
        self.done.store(ok, Ordering::Release);
        self.wake.notify_all();
    }

    /// Says that the work is on its queues.
    pub fn set_submitted(&self) {
        self.submitted.store(true, Ordering::Release);
    }

    /// Whether the work is on its queues (or done).
    pub fn is_submitted(&self) -> bool {
        self.submitted.load(Ordering::Acquire)
    }

    /// Whether it ended well; never blocks.
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// The error it ended with, if it did; never blocks.
    pub fn error(&self) -> Option<Error> {
        if self.is_done() {
            return None;
        }
        self.result.lock().unwrap_or_else(|e| e.into_inner()).as_ref().and_then(|r| r.as_ref().err().cloned())
    }

    /// Waits for the end.
    pub fn wait(&self) -> Result<()> {
        if self.is_done() {
            return Ok(());
        }
        let mut result = self.result.lock().unwrap_or_else(|e| e.into_inner());
        loop {
            match &*result {
                Some(r) => return r.clone(),
                None => result = self.wake.wait(result).unwrap_or_else(|e| e.into_inner()),
            }
        }
    }
}
