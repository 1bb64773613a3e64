//! Streams: a stream of the driver for each number, and the order of the tasks that feed it. A task only starts work, so it runs on the
//! thread that submits it; one that must wait on the host for other work goes to the stream's own thread.

use crate::driver::Handle;
use lazulite_base::backend::{Start, Task};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

#[derive(Default)]
struct State {
    queue: VecDeque<Task>,
    /// A task runs now, inline or on the stream's thread.
    running: bool,
    served: bool,
}

/// One stream.
pub struct Stream {
    /// The driver's.
    pub handle: Handle,
    state: Mutex<State>,
    change: Condvar,
}

impl Stream {
    /// Around the driver's stream.
    pub fn new(handle: Handle) -> Stream {
        Stream { handle, state: Mutex::default(), change: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn done(&self) {
        self.state().running = false;
        self.change.notify_all();
    }

    /// Runs the task here if nothing is before it and it does not wait for others, else on the stream's thread.
    ///
    /// # Panics
    /// If the stream's thread cannot be started, or with the panic of a task that ran here.
    pub fn submit(self: &Arc<Stream>, task: Task, start: Start) {
        let mut state = self.state();
        if start != Start::Later && !state.running && state.queue.is_empty() {
            state.running = true;
            drop(state);
            let outcome = catch_unwind(AssertUnwindSafe(task));
            self.done();
            if let Err(panic) = outcome {
                resume_unwind(panic);
            }
            return;
        }
        state.queue.push_back(task);
        if !std::mem::replace(&mut state.served, true) {
            let this = self.clone();
            let thread = std::thread::Builder::new().name("lazulite-cuda-stream".into());
            thread.spawn(move || this.serve()).expect("the operating system starts a thread for the stream");
        }
        drop(state);
        self.change.notify_all();
    }

    /// The life of the stream's thread.
    fn serve(&self) {
        let mut state = self.state();
        loop {
            match if state.running { None } else { state.queue.pop_front() } {
                Some(task) => {
                    state.running = true;
                    drop(state);
                    // A panic reaches whoever waits through the task's own ticket.
                    let _ = catch_unwind(AssertUnwindSafe(task));
                    self.done();
                    state = self.state();
                }
                None => state = self.change.wait(state).unwrap_or_else(|e| e.into_inner()),
            }
        }
    }

    /// Waits until every task submitted before has run; what they started may go on.
    pub fn drain(&self) {
        let mut state = self.state();
        while state.running || !state.queue.is_empty() {
            state = self.change.wait(state).unwrap_or_else(|e| e.into_inner());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_run_in_order() {
        let stream = Arc::new(Stream::new(0));
        let log = Arc::new(Mutex::new(Vec::new()));
        for i in 0..500 {
            let log = log.clone();
            let start = [Start::Waited, Start::Ready, Start::Later][i * 7 % 3];
            stream.submit(Box::new(move || log.lock().unwrap().push(i)), start);
        }
        stream.drain();
        assert_eq!(*log.lock().unwrap(), (0..500).collect::<Vec<_>>());
    }
}
