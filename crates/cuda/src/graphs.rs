//! Graphs of steps that run again and again: the launches of a run are written down instead of made, compared with those of the graphs
//! that there are, and one replay starts them all.
//!
//! A graph whose words are all equal is replayed as it is; a few that differ (another output's address, another scalar) are patched; if
//! many differ, another graph is made, so that addresses which alternate find theirs. A library's calls cannot be patched, since their
//! kernels' arguments are its own: the call is captured anew and takes the place of the old one. Runs that would patch most of their
//! nodes again and again go back to plain launches.
//!
//! Whatever a step does on the device goes through [`launch`] or [`call`]; what does not would run before the replay.

use crate::driver::{Fault, Handle, Launch, Node};
use crate::gpu::Gpu;
use lazulite_base::backend::Recording;
use lazulite_base::{Error, Result};
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

/// Steps from which a graph is cheaper than launches.
pub const FEW: usize = 4;
/// Graphs of one recording.
const MOST: usize = 4;
/// Runs in a row that patched too much before launches are plain again.
const PATIENCE: u32 = 16;
/// Kernels that a library's call costs to capture anew.
const CALL: usize = 4;

/// A call of a library that enqueues kernels of its own.
pub trait Call: Send + Sync {
    /// Enqueues them.
    ///
    /// # Errors
    /// The library's.
    ///
    /// # Safety
    /// The words are the addresses that the call expects.
    unsafe fn enqueue(&self, words: &[u64], stream: Handle) -> Result<()>;
}

/// What a launch runs.
#[derive(Clone)]
enum What {
    Kernel { function: Handle, grid: [u32; 2], block: u32, shared: u32 },
    Call(Arc<dyn Call>),
}

impl PartialEq for What {
    fn eq(&self, other: &What) -> bool {
        match (self, other) {
            (What::Call(a), What::Call(b)) => Arc::ptr_eq(a, b),
            (What::Kernel { function: f, grid: g, block: b, shared: s }, What::Kernel { function, grid, block, shared }) => {
                (f, g, b, s) == (function, grid, block, shared)
            }
            _ => false,
        }
    }
}

/// Launches with their words, in order.
#[derive(Default)]
struct Launches {
    list: Vec<(What, Range<usize>)>,
    words: Vec<u64>,
}

impl Launches {
    fn push(&mut self, what: What, words: &[u64]) {
        let at = self.words.len();
        self.words.extend_from_slice(words);
        self.list.push((what, at..self.words.len()));
    }

    fn words(&self, i: usize) -> &[u64] {
        &self.words[self.list[i].1.clone()]
    }

    /// Which launches have other words; `None` if they are other launches.
    fn differences(&self, other: &Launches) -> Option<Vec<usize>> {
        if self.list != other.list {
            return None;
        }
        if self.words == other.words {
            return Some(Vec::new());
        }
        Some((0..self.list.len()).filter(|&i| self.words(i) != other.words(i)).collect())
    }

    /// The kernel of a launch, with its words; `None` for a call.
    fn kernel(&self, i: usize) -> Option<Launch<'_>> {
        let What::Kernel { function, grid, block, shared } = self.list[i].0 else { return None };
        Some(Launch { function, grid, block, shared, words: self.words(i) })
    }
}

thread_local! {
    /// The launches of the run that is being written down on this thread.
    static WRITTEN: RefCell<Option<Launches>> = const { RefCell::new(None) };
}

/// Whether launches of this thread are written down, to run later.
pub fn writing() -> bool {
    WRITTEN.with_borrow(Option::is_some)
}

/// Launches a kernel, or writes it down.
///
/// # Errors
/// The driver's.
///
/// # Safety
/// As for [`crate::driver::Driver::launch`].
pub unsafe fn launch(gpu: &Gpu, launch: Launch<'_>, stream: Handle) -> Result<()> {
    let Launch { function, grid, block, shared, words } = launch;
    let written = WRITTEN.with_borrow_mut(|w| w.as_mut().map(|w| w.push(What::Kernel { function, grid, block, shared }, words)));
    match written {
        Some(()) => Ok(()),
        // SAFETY: the caller's promise.
        None => unsafe { gpu.driver.launch(launch, stream) }.map_err(|f| gpu.error(f)),
    }
}

/// Makes a library's call, or writes it down.
///
/// # Errors
/// The library's.
///
/// # Safety
/// As for [`Call::enqueue`].
pub unsafe fn call(call: &Arc<dyn Call>, words: &[u64], stream: Handle) -> Result<()> {
    let written = WRITTEN.with_borrow_mut(|w| w.as_mut().map(|w| w.push(What::Call(call.clone()), words)));
    match written {
        Some(()) => Ok(()),
        // SAFETY: the caller's promise.
        None => unsafe { call.enqueue(words, stream) },
    }
}

/// Ends the writing, also after a panic.
struct Writing;

impl Drop for Writing {
    fn drop(&mut self) {
        WRITTEN.take();
    }
}

struct Graph {
    handle: Handle,
    launches: Launches,
    /// When it was last replayed.
    used: u64,
}

/// The graphs of one plan's steps on one stream.
pub struct Graphs {
    gpu: Arc<Gpu>,
    stream: u32,
    graphs: Vec<Graph>,
    now: u64,
    strikes: u32,
    plain: bool,
    spare: Launches,
}

impl Graphs {
    /// None yet.
    pub fn new(gpu: Arc<Gpu>, stream: u32) -> Graphs {
        Graphs { gpu, stream, graphs: Vec::new(), now: 0, strikes: 0, plain: false, spare: Launches::default() }
    }

    fn fault<T>(&self, outcome: Result<T, Fault>) -> Result<T> {
        outcome.map_err(|f| self.gpu.error(f))
    }

    /// A node's content, for the time of `then`.
    fn node<T>(&self, launches: &Launches, i: usize, then: impl FnOnce(Node<'_>) -> Result<T>) -> Result<T> {
        if let Some(kernel) = launches.kernel(i) {
            return then(Node::Kernel(kernel));
        }
        let captured = self.capture(launches, i)?;
        let result = then(Node::Captured(captured));
        let discarded = self.fault(self.gpu.driver.discard(captured));
        result.and_then(|r| discarded.map(|()| r))
    }

    fn capture(&self, launches: &Launches, i: usize) -> Result<Handle> {
        let What::Call(call) = &launches.list[i].0 else { return Err(Error::runtime("cuda", "a kernel is not captured")) };
        // SAFETY: the words are those that the step gave.
        self.gpu.capture(|stream| unsafe { call.enqueue(launches.words(i), stream) })
    }

    fn build(&self, launches: &Launches) -> Result<Handle> {
        let calls: Vec<Option<Handle>> = (0..launches.list.len())
            .map(|i| if launches.kernel(i).is_some() { Ok(None) } else { self.capture(launches, i).map(Some) })
            .collect::<Result<_>>()?;
        let node = |(i, call): (usize, &Option<Handle>)| match call {
            Some(captured) => Node::Captured(*captured),
            None => Node::Kernel(launches.kernel(i).expect("what is no call is a kernel")),
        };
        let nodes: Vec<Node<'_>> = calls.iter().enumerate().map(node).collect();
        // SAFETY: the launches are those of the steps, whose memory is valid while they may run.
        let graph = unsafe { self.gpu.driver.graph(&nodes) };
        let discarded = calls.iter().flatten().try_for_each(|&c| self.gpu.driver.discard(c));
        self.fault(graph.and_then(|g| discarded.map(|()| g)))
    }

    fn patch(&self, graph: Handle, launches: &Launches, changed: &[usize]) -> Result<()> {
        changed.iter().try_for_each(|&i| {
            // SAFETY: as in `build`.
            self.node(launches, i, |node| self.fault(unsafe { self.gpu.driver.patch(graph, i, node) }))
        })
    }

    /// Notes how much a run changed; many such runs, and graphs gain nothing.
    fn judge(&mut self, launches: &Launches, changed: &[usize]) {
        let calls = changed.iter().filter(|&&i| launches.kernel(i).is_none()).count();
        let costly = 2 * (changed.len() + (CALL - 1) * calls) > launches.list.len();
        self.strikes = if costly { self.strikes + 1 } else { 0 };
        self.plain = self.strikes >= PATIENCE;
    }

    /// A graph of these launches that was another's, if patching it pays and works.
    fn patched(&mut self, launches: &Launches) -> Result<Option<Graph>> {
        let known = self.graphs.iter().enumerate().filter_map(|(i, g)| Some((g.launches.differences(launches)?, i)));
        let Some((changed, i)) = known.min_by_key(|(changed, _)| changed.len()) else { return Ok(None) };
        if self.graphs.len() < MOST && 4 * changed.len() > launches.list.len() {
            return Ok(None);
        }
        self.judge(launches, &changed);
        let graph = self.graphs.swap_remove(i);
        match self.patch(graph.handle, launches, &changed) {
            Ok(()) => Ok(Some(graph)),
            // Its words are unknown now.
            Err(e) => {
                self.forget(graph);
                if self.gpu.is_lost() { Err(e) } else { Ok(None) }
            }
        }
    }

    /// The graph that runs these launches.
    fn find(&mut self, launches: Launches) -> Result<Handle> {
        self.now += 1;
        let mut graph = match self.patched(&launches)? {
            Some(graph) => graph,
            None => {
                if self.graphs.len() == MOST {
                    let oldest = (0..MOST).min_by_key(|&i| self.graphs[i].used).unwrap_or(0);
                    let oldest = self.graphs.swap_remove(oldest);
                    self.forget(oldest);
                }
                Graph { handle: self.build(&launches)?, launches: Launches::default(), used: 0 }
            }
        };
        self.spare = std::mem::replace(&mut graph.launches, launches);
        graph.used = self.now;
        let handle = graph.handle;
        self.graphs.push(graph);
        Ok(handle)
    }

    fn forget(&self, graph: Graph) {
        if self.gpu.bind().is_ok() {
            // A fault is kept, and the next work tells of it.
            let dropped = self.fault(self.gpu.driver.drop_graph(graph.handle));
            drop(dropped);
        }
    }
}

impl Recording for Graphs {
    fn run(&mut self, launches: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        if self.plain {
            std::mem::take(&mut self.graphs).into_iter().for_each(|g| self.forget(g));
            return launches();
        }
        let known = self.gpu.programs.additions();
        let mut empty = std::mem::take(&mut self.spare);
        empty.list.clear();
        empty.words.clear();
        WRITTEN.replace(Some(empty));
        let writing = Writing;
        launches()?;
        let written = WRITTEN.take().unwrap_or_default();
        drop(writing);
        let stream = self.gpu.stream(self.stream)?.handle;
        self.gpu.bind()?;
        if written.list.is_empty() {
            return Ok(());
        }
        if self.gpu.programs.additions() != known {
            // Kernels that came meanwhile are in a part of these launches; the next run has them all.
            return launches();
        }
        match self.find(written) {
            Ok(graph) => self.fault(self.gpu.driver.replay(graph, stream)),
            Err(e) if self.gpu.is_lost() => Err(e),
            // What cannot be a graph runs as it is.
            Err(_) => {
                self.plain = true;
                launches()
            }
        }
    }
}

impl Drop for Graphs {
    fn drop(&mut self) {
        std::mem::take(&mut self.graphs).into_iter().for_each(|g| self.forget(g));
    }
}
