//! What a plan that runs again and again keeps: its backend's recording of the steps, and the memory of its temporaries, so that they
//! stay where the recording knows them. Results are never among them: each run allocates its own.
//!
//! A plan names its streams, so its runs follow one another on the device, and one set of temporaries serves them all. Between runs the
//! memory counts as cached; it is given up with the cache, and for whoever runs out of memory.

use crate::plan::{BufferKind, Plan};
use crate::runtime::buffer::Buffer;
use crate::runtime::memory;
use lazulite_base::backend::{self, Recording};
use lazulite_base::error::Result;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// Runs before a plan is recorded: what runs twice may not run again.
const RUNS: u32 = 2;
/// The count of a plan that is not to be recorded.
const NEVER: u32 = u32::MAX;

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

/// A plan's recording, if it has one.
#[derive(Default)]
pub(crate) struct Replay {
    /// Runs so far, until one is recorded.
    runs: AtomicU32,
    kept: Mutex<Option<Arc<Kept>>>,
}

/// A recording and the memory that it knows.
struct Kept {
    /// The temporaries, by block of the plan.
    blocks: Vec<Option<Arc<Buffer>>>,
    bytes: usize,
    /// Evaluations that use the memory; it counts as cached while there are none.
    users: Mutex<u32>,
    recording: Mutex<Box<dyn Recording>>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if *lock(&self.users) == 0 {
            memory::unpark(self.bytes);
        }
    }
}

/// The right of one evaluation to a plan's recording and temporaries.
pub(crate) struct Lease(Arc<Kept>);

impl Lease {
    fn new(kept: &Arc<Kept>) -> Lease {
        let mut users = lock(&kept.users);
        if *users == 0 {
            memory::unpark(kept.bytes);
        }
        *users += 1;
        drop(users);
        Lease(kept.clone())
    }

    /// The memory of a block of the plan, if it is a temporary.
    pub fn block(&self, index: usize) -> Option<Arc<Buffer>> {
        self.0.blocks[index].clone()
    }

    /// Runs the plan's steps through the recording.
    pub fn run(&self, steps: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        lock(&self.0.recording).run(steps)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut users = lock(&self.0.users);
        *users -= 1;
        if *users == 0 {
            memory::park(self.0.bytes);
        }
    }
}

/// Every plan that was recorded.
static ALL: Mutex<Vec<Weak<Replay>>> = Mutex::new(Vec::new());

/// Gives up every recording with its memory; a plan that runs on is recorded again later.
pub(crate) fn evict() {
    let all = std::mem::take(&mut *lock(&ALL));
    for replay in all.iter().filter_map(Weak::upgrade) {
        let kept = lock(&replay.kept).take();
        replay.runs.store(0, Ordering::Relaxed);
        drop(kept);
    }
}

impl Replay {
    /// The recording of an earlier run.
    pub fn lease(&self) -> Option<Lease> {
        if self.runs.load(Ordering::Relaxed) < RUNS {
            return None;
        }
        lock(&self.kept).as_ref().map(Lease::new)
    }
}

impl Plan {
    /// Counts a run; if its backend makes a recording of the plan now, the temporaries among this run's blocks are kept.
    pub fn record(&self, blocks: &[Arc<Buffer>]) -> Option<Lease> {
        let runs = self.replay.runs.load(Ordering::Relaxed);
        if runs < RUNS {
            self.replay.runs.store(runs + 1, Ordering::Relaxed);
        }
        if runs != RUNS {
            return None;
        }
        let mut temporary: Vec<Option<Arc<Buffer>>> = blocks.iter().cloned().map(Some).collect();
        for r in &self.results {
            if let BufferKind::Block(i) = self.buffers[r.buffer as usize] {
                temporary[i as usize] = None;
            }
        }
        let sizes = self.blocks.iter().zip(&temporary);
        let bytes = sizes.filter(|(_, t)| t.is_some()).map(|(b, _)| b.bytes).sum();
        if !memory::may_park(bytes) {
            return None;
        }
        let stream = self.steps.first()?.stream;
        let one = self.segments().len() == 1;
        let backend = backend::backend(stream.device.raw()).ok().filter(|_| one);
        let Some(recording) = backend.and_then(|b| b.recording(stream.device.0.index, stream.id, self.steps.len())) else {
            self.replay.runs.store(NEVER, Ordering::Relaxed);
            return None;
        };
        let kept = Arc::new(Kept { blocks: temporary, bytes, users: Mutex::new(1), recording: Mutex::new(recording) });
        *lock(&self.replay.kept) = Some(kept.clone());
        let mut all = lock(&ALL);
        all.retain(|r| r.strong_count() > 0);
        all.push(Arc::downgrade(&self.replay));
        Some(Lease(kept))
    }
}
