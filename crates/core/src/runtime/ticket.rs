//! Tickets: how readers wait for an evaluation that is running, and how its failure reaches them.

use crate::plan::Plan;
use crate::runtime::stream::Stream;
use crate::runtime::sync::{AtomicBool, AtomicU32, Condvar, Mutex, MutexGuard, Ordering};
use lazulite_base::backend::Event;
use lazulite_base::error::Result;
use std::sync::Arc;

/// Work that goes on after its tasks have returned.
#[derive(Clone)]
pub(crate) struct Pending {
    pub event: Arc<dyn Event>,
    pub stream: Stream,
    /// What runs, to name its ops in an error.
    pub plan: Arc<Plan>,
}

impl Pending {
    /// Waits for the work itself.
    fn wait(&self) -> Result<()> {
        self.event.wait().map_err(|e| self.plan.blame(self.stream, e))
    }
}

/// Nothing is known yet, or it failed.
const OPEN: u32 = 0;
/// Every task has run; the work they started may go on.
const STARTED: u32 = 1;
/// All is there.
const DONE: u32 = 2;

/// How often a waiter that may stop asks whether to.
#[cfg(not(loom))]
const ASK: std::time::Duration = std::time::Duration::from_millis(50);

/// The completion of one evaluation: not yet, started, done, or failed with an error that everything depending on it carries.
pub(crate) struct Ticket {
    state: AtomicU32,
    /// Its work is on its queues, so other work on those queues may wait for it.
    submitted: AtomicBool,
    result: Mutex<Option<Result<Option<Pending>>>>,
    wake: Condvar,
}

impl Ticket {
    pub fn new() -> Ticket {
        Ticket { state: AtomicU32::new(OPEN), submitted: AtomicBool::new(false), result: Mutex::new(None), wake: Condvar::new() }
    }

    /// Reports the end of the evaluation's tasks, and what they leave running.
    pub fn finish(&self, result: Result<Option<Pending>>) {
        let state = match &result {
            Ok(None) => DONE,
            Ok(Some(_)) => STARTED,
            // A failure keeps the slow path, where its error is.
            Err(_) => OPEN,
        };
        *self.locked() = Some(result);
        self.state.store(state, Ordering::Release);
        self.wake.notify_all();
    }

    fn locked(&self) -> MutexGuard<'_, Option<Result<Option<Pending>>>> {
        self.result.lock().unwrap_or_else(|e| e.into_inner())
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
        self.state.load(Ordering::Acquire) == DONE
    }

    /// Whether its tasks ended well, so that streams can order what depends on it; never blocks.
    pub fn is_started(&self) -> bool {
        self.state.load(Ordering::Acquire) != OPEN
    }

    /// Waits for the end of the tasks; what they left running.
    pub fn started(&self) -> Result<Option<Pending>> {
        if self.is_done() {
            return Ok(None);
        }
        let mut result = self.locked();
        loop {
            match &*result {
                Some(r) => return r.clone(),
                None => result = self.wake.wait(result).unwrap_or_else(|e| e.into_inner()),
            }
        }
    }

    /// Waits for the end.
    pub fn wait(&self) -> Result<()> {
        let Some(pending) = self.started()? else { return Ok(()) };
        let outcome = pending.wait();
        self.finish(outcome.clone().map(|()| None));
        outcome
    }

    /// [`wait`](Ticket::wait), which asks `stop` every now and then whether to stop waiting; says whether the end came.
    #[cfg(not(loom))]
    pub fn wait_until(&self, stop: &mut dyn FnMut() -> bool) -> Result<bool> {
        let mut result = self.locked();
        while result.is_none() {
            let (locked, time) = self.wake.wait_timeout(result, ASK).unwrap_or_else(|e| e.into_inner());
            result = locked;
            if time.timed_out() && result.is_none() {
                // What is asked may take locks of its own.
                drop(result);
                if stop() {
                    return Ok(false);
                }
                result = self.locked();
            }
        }
        drop(result);
        self.wait().map(|()| true)
    }

    /// Makes what `stream` gets from now on run after the end, without waiting on the host where its backend can.
    pub fn before(&self, stream: Stream) -> Result<()> {
        match self.started()? {
            None => Ok(()),
            Some(p) if p.stream == stream => Ok(()),
            Some(p) if p.stream.device.0.backend == stream.device.0.backend => p.event.before(stream.device.0.index, stream.id),
            Some(_) => self.wait(),
        }
    }

    /// Whether [`Ticket::before`] may have to wait on the host.
    pub fn blocks(&self, stream: Stream) -> bool {
        if self.is_done() {
            return false;
        }
        !matches!(&*self.locked(), Some(Ok(Some(p))) if p.stream.device.0.backend == stream.device.0.backend)
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use crate::graph::node::{Aval, Node, Operand};
    use crate::graph::tag::Tag;
    use crate::primitive::Prim;
    use crate::runtime::buffer::{Buffer, Data, Layout};
    use crate::runtime::memory::{Block, Pool};
    use crate::runtime::stream::{Device, Stream};
    use lazulite_base::{Dtype, Element};
    use loom::sync::Arc;

    /// A waiter sees the result, whichever comes first.
    #[test]
    fn loom_a_ticket_wakes_every_waiter() {
        loom::model(|| {
            let ticket = Arc::new(Ticket::new());
            let waiter = {
                let t = ticket.clone();
                loom::thread::spawn(move || t.wait().is_ok())
            };
            ticket.finish(Ok(None));
            assert!(waiter.join().unwrap() && ticket.is_done());
        });
    }

    fn pending() -> std::sync::Arc<Node> {
        let inputs = smallvec::smallvec![Operand::Scalar(1f32.scalar())];
        let site = std::panic::Location::caller();
        Node::new(
            Prim::Leaf,
            inputs,
            smallvec::smallvec![Aval::new([1usize].as_slice(), Dtype::F32)],
            Stream::default(),
            site,
            Tag::default(),
            None,
        )
    }

    /// A slot is pending with inputs, or scheduled without; a reader that sees it scheduled waits until its data are written.
    #[test]
    fn loom_a_slot_is_scheduled_once_and_read_after_its_write() {
        loom::model(|| {
            let node = pending();
            let written = Arc::new(AtomicBool::new(false));
            let schedule = |node: &Node, written: &AtomicBool| {
                let ticket = std::sync::Arc::new(Ticket::new());
                let mut state = node.state();
                if state.data.is_some() {
                    assert!(state.inputs.is_empty());
                    return false;
                }
                let inputs = std::mem::take(&mut state.inputs);
                assert_eq!(inputs.len(), 1, "only the scheduler takes the inputs");
                let buffer = std::sync::Arc::new(Buffer::borrow(0, 4, std::sync::Arc::new(())));
                state.data = Some(Data { buffer, layout: Layout::contiguous(&[1]), ticket: Some(ticket.clone()) });
                drop(state);
                written.store(true, Ordering::Relaxed);
                ticket.finish(Ok(None));
                true
            };
            let other = {
                let (node, written) = (node.clone(), written.clone());
                loom::thread::spawn(move || schedule(&node, &written))
            };
            let mine = schedule(&node, &written);
            let data = node.data().expect("one of the two scheduled it");
            data.ticket.expect("it has a ticket").wait().unwrap();
            assert!(written.load(Ordering::Relaxed), "read before it was written");
            assert!(mine ^ other.join().unwrap(), "scheduled once");
        });
    }

    /// Two threads never get one block, and the totals add up.
    #[test]
    fn loom_the_pool_hands_a_block_out_once() {
        loom::model(|| {
            let mut pool = Pool::new();
            let block = Block { device: Device::default(), stream: crate::runtime::memory::ANY, address: 4096, bytes: 64 };
            pool.add(64);
            assert_eq!(pool.put(block), None);
            let pool = Arc::new(Mutex::new(pool));
            let take = |pool: &Mutex<Pool>| {
                let got = pool.lock().unwrap().take(Device::default(), 64);
                if let Some(b) = got {
                    pool.lock().unwrap().put(b);
                }
                got.is_some()
            };
            let other = {
                let pool = pool.clone();
                loom::thread::spawn(move || take(&pool))
            };
            let (mine, theirs) = (take(&pool), other.join().unwrap());
            assert!(mine || theirs);
            assert_eq!(pool.lock().unwrap().take(Device::default(), 64), Some(block));
        });
    }
}
