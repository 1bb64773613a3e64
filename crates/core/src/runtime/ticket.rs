//! Tickets: how readers wait for an evaluation that is running, and how its failure reaches them.

use crate::runtime::sync::{AtomicBool, Condvar, Mutex, Ordering};
use lazulite_base::error::Result;

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
            ticket.finish(Ok(()));
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
                if state.slots[0].is_some() {
                    assert!(state.inputs.is_empty());
                    return false;
                }
                let inputs = std::mem::take(&mut state.inputs);
                assert_eq!(inputs.len(), 1, "only the scheduler takes the inputs");
                let buffer = std::sync::Arc::new(Buffer::borrow(0, 4, std::sync::Arc::new(())));
                state.slots[0] = Some(Data { buffer, layout: Layout::contiguous(&[1]), ticket: Some(ticket.clone()) });
                drop(state);
                written.store(true, Ordering::Relaxed);
                ticket.finish(Ok(()));
                true
            };
            let other = {
                let (node, written) = (node.clone(), written.clone());
                loom::thread::spawn(move || schedule(&node, &written))
            };
            let mine = schedule(&node, &written);
            let data = node.data(0).expect("one of the two scheduled it");
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
            let block = Block { device: Device::default(), address: 4096, bytes: 64 };
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
