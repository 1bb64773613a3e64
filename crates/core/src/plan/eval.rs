//! Evaluation: collect the pending graph, find or make its plan, give it memory, mark its results, run it.
//!
//! Everything up to the marking happens under the walk lock, so two threads never schedule the same node. Memory is allocated before
//! anything changes: out of memory leaves every node pending. A large graph of compiled calls is all this once for each of its parts.

use crate::Array;
use crate::graph::node::{Node, Operand, Operands, bury_all};
use crate::graph::{tag, walk};
use crate::plan::{BufferKind, Plan, cache, ir::Ir, parts::PART, replay::Lease};
use crate::runtime::buffer::{Buffer, Data};
use crate::runtime::counters::count;
use crate::runtime::ticket::{Pending, Ticket};
use lazulite_base::Dtype;
use lazulite_base::backend::{self, Args, Backend, Start};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};

/// An input of a collected node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input {
    Node(u32),
    Scalar(Dtype),
}

/// A node of the collected graph.
pub(crate) struct Collected {
    pub node: Arc<Node>,
    pub inputs: SmallVec<[Input; 2]>,
    /// For data: the number of its leaf.
    pub leaf: Option<u32>,
    /// Edges to it within the graph.
    uses: u32,
    /// It must exist afterwards.
    pub wanted: bool,
}

/// Data that the graph starts from.
pub(crate) struct Leaf {
    pub data: Data,
    /// Which earlier leaf has the same buffer (itself if none).
    pub same: u32,
    /// The plan may write into its buffer.
    pub donated: bool,
}

/// The pending graph behind the requested outputs.
#[derive(Default)]
pub(crate) struct Graph {
    pub nodes: Vec<Collected>,
    pub leaves: Vec<Leaf>,
    pub scalars: Vec<u64>,
    /// Pending nodes, with the instructions of calls.
    weight: usize,
    /// The nodes' inputs, as they were taken (or cloned, when `retained`).
    operands: Vec<Operands>,
    retained: bool,
}

/// Fusion: 0 not read yet, 1 on, 2 off.
static FUSION: AtomicU8 = AtomicU8::new(0);

/// Whether the planner fuses; `LAZULITE_FUSION=off` or [`set_fusion`] makes it run one op a step.
pub(crate) fn fusion() -> bool {
    match FUSION.load(Ordering::Relaxed) {
        0 => {
            let on = std::env::var("LAZULITE_FUSION").map_or(true, |v| v != "off");
            FUSION.store(if on { 1 } else { 2 }, Ordering::Relaxed);
            on
        }
        v => v == 1,
    }
}

/// Turns fusion on or off for the process, as `LAZULITE_FUSION` does; returns whether it was on. For measurements and tests: the
/// results are the same bits.
///
/// ```
/// let was = lazulite::set_fusion(false);
/// lazulite::set_fusion(was);
/// ```
pub fn set_fusion(on: bool) -> bool {
    let was = fusion();
    FUSION.store(if on { 1 } else { 2 }, Ordering::Relaxed);
    was
}

/// A node whose inputs are being collected.
struct Open {
    node: Arc<Node>,
    operands: Operands,
    next: usize,
    /// Living nodes that get their data with it.
    beside: SmallVec<[Arc<Node>; 2]>,
}

/// Nodes of a small graph, for which lists need not grow.
const FEW: usize = 16;

/// Collects the pending graph behind `outputs` and its structural key. On an error everything is as before.
fn collect(marks: &walk::Marks, outputs: &[&Array]) -> Result<(Graph, KeyHasher)> {
    let mut g = Graph {
        nodes: Vec::with_capacity(FEW),
        leaves: Vec::with_capacity(FEW),
        operands: Vec::with_capacity(FEW),
        retained: tag::any_keeping(),
        ..Graph::default()
    };
    let mut key = KeyHasher::default();
    let mut stack: Vec<Open> = Vec::new();
    let mut refused = None;
    for root in outputs {
        if marks.get(root.node()).is_none() {
            g.open(marks, root.node().clone(), &mut stack, &mut key);
        }
        while let Some(top) = stack.last_mut() {
            let child = loop {
                match top.operands.get(top.next) {
                    None => break None,
                    Some(Operand::Edge(e)) if marks.get(e).is_none() => break Some(e.clone()),
                    Some(_) => top.next += 1,
                }
            };
            match child {
                Some(node) => g.open(marks, node, &mut stack, &mut key),
                None => {
                    let Open { node, operands, beside, .. } = stack.pop().expect("there is a top");
                    if node.tag.tracer != 0 {
                        refused = refused.or_else(|| Array::from_edge(node.clone()).abstract_error("eval"));
                    }
                    g.close(marks, node, operands, &mut key);
                    for node in beside.into_iter().rev() {
                        if marks.get(&node).is_none() && node.is_open() {
                            g.open(marks, node, &mut stack, &mut key);
                        }
                    }
                }
            }
        }
    }
    if let Some(e) = refused {
        g.restore();
        return Err(e);
    }
    g.mark_wanted(&mut key);
    key.word(fusion() as u64);
    Ok((g, key))
}

impl Graph {
    /// Lists a node that is data, or pushes one whose inputs come first.
    fn open(&mut self, marks: &walk::Marks, node: Arc<Node>, stack: &mut Vec<Open>, key: &mut KeyHasher) {
        let mut state = node.state();
        let Some(data) = state.data.clone() else {
            let operands = if self.retained { state.inputs.clone() } else { std::mem::take(&mut state.inputs) };
            let beside = state.beside.iter().filter_map(Weak::upgrade).collect();
            drop(state);
            marks.set(&node, walk::SEEN);
            stack.push(Open { node, operands, next: 0, beside });
            return;
        };
        drop(state);
        let leaf = self.leaves.len() as u32;
        let address = Arc::as_ptr(&data.buffer);
        let same = self.leaves.iter().position(|l| Arc::as_ptr(&l.data.buffer) == address).unwrap_or(self.leaves.len()) as u32;
        let aval = &node.avals[0];
        key.word(3);
        key.word((aval.dtype as u64) << 32 | same as u64);
        key.dims(&aval.shape);
        key.words(data.layout.strides.iter().map(|&s| s as u64));
        key.word(data.layout.offset as u64);
        key.word((data.buffer.home().0.backend as u64) << 16 | data.buffer.home().0.index as u64);
        self.leaves.push(Leaf { data, same, donated: false });
        marks.set(&node, self.nodes.len() as u32);
        self.nodes.push(Collected { node, inputs: SmallVec::new(), leaf: Some(leaf), uses: 0, wanted: false });
        self.operands.push(Operands::new());
    }

    /// Lists a node whose inputs are listed.
    fn close(&mut self, marks: &walk::Marks, node: Arc<Node>, operands: Operands, key: &mut KeyHasher) {
        let index = self.nodes.len() as u32;
        node.prim.key(key);
        self.weight += node.prim.program().map_or(1, |p| p.weight().max(1));
        key.word((node.stream.device.0.backend as u64) << 48 | (node.stream.device.0.index as u64) << 32 | node.stream.id as u64);
        let mut inputs = SmallVec::with_capacity(operands.len());
        for operand in &operands {
            inputs.push(match operand {
                Operand::Edge(e) => {
                    let at = marks.get(e).expect("inputs are listed first");
                    self.nodes[at as usize].uses += 1;
                    key.word((index - at) as u64);
                    Input::Node(at)
                }
                Operand::Scalar(s) => {
                    self.scalars.push(s.bits());
                    key.word(1 << 63 | s.dtype() as u64);
                    Input::Scalar(s.dtype())
                }
            });
        }
        marks.set(&node, index);
        self.nodes.push(Collected { node, inputs, leaf: None, uses: 0, wanted: false });
        self.operands.push(operands);
    }

    /// Finds which values must exist afterwards (a user holds them, or a graph outside this one refers to them) and which data
    /// may be written over (only this graph refers to them).
    fn mark_wanted(&mut self, key: &mut KeyHasher) {
        for n in &mut self.nodes {
            let held = n.node.held.load(std::sync::atomic::Ordering::Relaxed) as usize;
            // Edges are there twice while graphs are retained: in the node, and in our copy of its inputs.
            let inside = n.uses as usize * (1 + self.retained as usize) + held + 1;
            let outside = Arc::strong_count(&n.node) > inside;
            match n.leaf {
                None => {
                    // Several values are wanted one by one.
                    n.wanted = (outside || held > 0) && n.node.avals.len() == 1;
                    key.word(n.wanted as u64);
                }
                Some(leaf) => {
                    let leaf = &mut self.leaves[leaf as usize];
                    // Two: the node's and our copy.
                    leaf.donated = !self.retained
                        && held == 0
                        && !outside
                        && Arc::strong_count(&leaf.data.buffer) == 2
                        && leaf.data.buffer.is_pooled()
                        && leaf.data.ticket.as_ref().is_none_or(|t| t.is_started());
                    key.word(if leaf.donated { leaf.data.buffer.bytes() as u64 } else { 0 });
                }
            }
        }
    }

    /// Gives the nodes their inputs back.
    fn restore(&mut self) {
        if self.retained {
            return;
        }
        for (n, operands) in self.nodes.iter().zip(self.operands.drain(..)) {
            if n.leaf.is_none() {
                n.node.state().inputs = operands;
            }
        }
    }
}

/// An evaluation whose memory is there and whose results are marked: all that is left is to run it.
struct Scheduled {
    graph: Graph,
    plan: Arc<Plan>,
    blocks: Vec<Arc<Buffer>>,
    ticket: Arc<Ticket>,
    /// The plan's recording, if it has one.
    lease: Option<Lease>,
    /// Tickets of the data it starts from that may still be running.
    after: Vec<Arc<Ticket>>,
}

/// What an evaluation comes to.
enum Next {
    /// All is there or scheduled.
    Nothing,
    Run(Scheduled),
    /// Parts to evaluate first, each by what it leaves; then the rest.
    Parts(Vec<Vec<Array>>),
}

/// Schedules the graph behind the arrays, or cuts it if it is large and need not stay `whole`.
fn schedule(outputs: &[&Array], whole: bool) -> Result<Next> {
    let marks = walk::start();
    let (mut graph, key) = collect(&marks, outputs)?;
    if graph.weight == 0 {
        return Ok(Next::Nothing);
    }
    if !whole && graph.weight > PART {
        let parts = graph.parts(outputs.iter().filter_map(|a| marks.get(a.node())));
        if !parts.is_empty() {
            graph.restore();
            return Ok(Next::Parts(parts));
        }
    }
    let key = key.finish();
    let plan = match cache::get(key) {
        Some(plan) => plan,
        None => {
            count(|c| c.plans += 1);
            let planned = Ir::build(&graph).plan(&graph);
            match planned {
                Ok(plan) => {
                    let plan = Arc::new(plan);
                    cache::put(key, plan.clone());
                    plan
                }
                Err(e) => {
                    graph.restore();
                    return Err(e);
                }
            }
        }
    };
    let mut lease = plan.replay.lease();
    let mut blocks = Vec::with_capacity(plan.blocks.len());
    for (i, block) in plan.blocks.iter().enumerate() {
        if let Some(kept) = lease.as_ref().and_then(|l| l.block(i)) {
            blocks.push(kept);
            continue;
        }
        match Buffer::allocate((block.device, block.stream), block.bytes) {
            Ok(b) => blocks.push(Arc::new(b)),
            Err(e) => {
                graph.restore();
                let culprit = graph.nodes.last().map_or(e.clone(), |n| e.at(n.node.site));
                return Err(culprit);
            }
        }
    }
    lease = lease.or_else(|| plan.record(&blocks));
    let ticket = Arc::new(Ticket::new());
    let mut after: Vec<Arc<Ticket>> = Vec::new();
    for t in graph.leaves.iter().filter_map(|l| l.data.ticket.as_ref()) {
        if !t.is_done() && !after.iter().any(|a| Arc::ptr_eq(a, t)) {
            after.push(t.clone());
        }
    }
    for r in &plan.results {
        let buffer = match plan.buffers[r.buffer as usize] {
            BufferKind::Leaf(i) => graph.leaves[i as usize].data.buffer.clone(),
            BufferKind::Block(i) => blocks[i as usize].clone(),
        };
        // Without steps this is a view of what may still be on its way.
        let ticket = match plan.buffers[r.buffer as usize] {
            BufferKind::Leaf(i) if plan.steps.is_empty() => graph.leaves[i as usize].data.ticket.clone(),
            _ => Some(ticket.clone()),
        };
        let data = Data { buffer, layout: r.layout.clone(), ticket };
        graph.nodes[r.node as usize].node.state().data = Some(data);
    }
    if graph.retained {
        let keeping = |n: &Collected| tag::is_keeping(n.node.tag.keep);
        let released: Vec<Operands> =
            graph.nodes.iter().filter(|n| n.wanted && !keeping(n)).map(|n| std::mem::take(&mut n.node.state().inputs)).collect();
        drop(marks);
        bury_all(released.into_iter());
    }
    Ok(Next::Run(Scheduled { graph, plan, blocks, lease, ticket, after }))
}

/// The plan of the arrays, leaving the graph as it is; `None` if nothing is pending.
pub(crate) fn plan_only(outputs: &[&Array]) -> Result<Option<Plan>> {
    if let Some(e) = outputs.iter().find_map(|a| a.abstract_error("explain")) {
        return Err(e);
    }
    let marks = walk::start();
    let (mut graph, _) = collect(&marks, outputs)?;
    let plan = if graph.weight > 0 { Ir::build(&graph).plan(&graph).map(Some) } else { Ok(None) };
    graph.restore();
    plan
}

impl Scheduled {
    fn buffer(&self, index: u32) -> &Buffer {
        match self.plan.buffers[index as usize] {
            BufferKind::Leaf(i) => &self.graph.leaves[i as usize].data.buffer,
            BufferKind::Block(i) => &self.blocks[i as usize],
        }
    }

    /// Runs steps `range`, all of one stream.
    fn run(&self, range: std::ops::Range<usize>) -> Result<()> {
        for step in &self.plan.steps[range] {
            let stream = step.stream;
            let address = |at: &crate::plan::At| -> Result<usize> { Ok(self.buffer(at.buffer).on(stream)? + at.bytes) };
            let inputs: SmallVec<[usize; 16]> = step.inputs.iter().map(address).collect::<Result<_>>()?;
            if self.plan.mixed {
                // A block that was used before may have copies elsewhere.
                step.outputs.iter().for_each(|at| self.buffer(at.buffer).forget_copies());
            }
            let outputs: SmallVec<[usize; 8]> = step.outputs.iter().map(address).collect::<Result<_>>()?;
            let params: SmallVec<[u64; 16]> = step
                .params
                .iter()
                .map(|p| match *p {
                    crate::plan::Param::Graph(i) => self.graph.scalars[i as usize],
                    crate::plan::Param::Constant(bits) => bits,
                })
                .collect();
            let scratch = step.scratch.map_or(Ok(0), |b| self.buffer(b).on(stream))?;
            let args = Args { inputs: &inputs, outputs: &outputs, params: &params, scratch, stream: stream.id };
            // SAFETY: the plan was made for these layouts; its blocks and leaves are as large as the layouts need, and the memory plan
            // lets an output share memory only with inputs that die in this step and have its map.
            unsafe { step.kernel.launch(args) }.map_err(|e| match step.ops.first() {
                Some((_, site)) => e.at(site),
                None => e,
            })?;
        }
        Ok(())
    }

    /// Hands the work to its streams; its ticket. With `here`, what the host does may run before this returns.
    fn submit(self, here: bool) -> Result<Arc<Ticket>> {
        count(|c| {
            c.evaluations += 1;
            c.kernels += self.plan.steps.len() as u64;
            c.tapes += self.plan.steps.iter().filter(|s| matches!(s.work, lazulite_base::work::Work::Tape(_))).count() as u64;
        });
        for l in self.graph.leaves.iter().filter(|l| l.donated) {
            l.data.buffer.forget_copies();
        }
        // What is not on a queue yet cannot be waited for from within one.
        for t in self.after.iter().filter(|t| !t.is_submitted()) {
            let _ = t.wait();
        }
        let segments = self.plan.segments();
        let ticket = self.ticket.clone();
        let Some(last) = segments.len().checked_sub(1) else {
            ticket.set_submitted();
            ticket.finish(Ok(None));
            return Ok(ticket);
        };
        let stream = self.plan.steps[0].stream;
        let start = match here {
            true => Start::Waited,
            false if self.after.iter().any(|t| t.blocks(stream)) => Start::Later,
            false => Start::Ready,
        };
        if last == 0 {
            let backend = backend::backend(stream.device.raw())?;
            let (range, on) = (segments[0].clone(), backend.clone());
            backend.submit(stream.device.0.index, stream.id, Box::new(move || self.finish(range, &*on)), start);
        } else {
            let shared = Arc::new(self);
            let mut before: Option<Arc<Ticket>> = None;
            for (i, range) in segments.into_iter().enumerate() {
                let stream = shared.plan.steps[range.start].stream;
                let backend = backend::backend(stream.device.raw())?;
                let (this, on) = (shared.clone(), backend.clone());
                let (after, done) = (before.take(), Arc::new(Ticket::new()));
                before = Some(done.clone());
                let task = move || {
                    let ready = after.map_or(Ok(()), |t| t.before(stream));
                    let result = ready.and_then(|()| this.guarded(range, &*on));
                    let ticket = if i == last { this.ticket.clone() } else { done };
                    drop(this);
                    ticket.finish(result);
                };
                // What comes after a segment elsewhere waits for it on the host.
                let start = if here || i == 0 { start } else { Start::Later };
                backend.submit(stream.device.0.index, stream.id, Box::new(task), start);
            }
        }
        ticket.set_submitted();
        Ok(ticket)
    }

    /// Runs `range` after what it depends on, and says what goes on when this has returned; a panic becomes an error.
    fn guarded(&self, range: std::ops::Range<usize>, on: &dyn Backend) -> Result<Option<Pending>> {
        let stream = self.plan.steps[range.start].stream;
        for t in &self.after {
            t.before(stream)?;
        }
        for l in self.graph.leaves.iter().filter(|l| l.donated) {
            l.data.buffer.after_uses(stream)?;
        }
        let mut steps = || self.run(range.clone());
        let run = || match &self.lease {
            Some(lease) => lease.run(&mut steps),
            None => steps(),
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            let e = Error::runtime("eval", format!("a kernel panicked: {}", text.unwrap_or("it does not say why")));
            Err(self.plan.blame(stream, e))
        })?;
        let event = on.record(stream.device.0.index, stream.id)?;
        Ok(event.map(|event| Pending { event, stream, plan: self.plan.clone() }))
    }

    /// Runs the only segment, then lets go of the graph before anyone is told: whoever waited may count on what it held being free.
    fn finish(self, range: std::ops::Range<usize>, on: &dyn Backend) {
        let result = self.guarded(range, on);
        let ticket = self.ticket.clone();
        drop(self);
        ticket.finish(result);
    }
}

impl Drop for Scheduled {
    /// Drops the graph without recursing.
    fn drop(&mut self) {
        bury_all(self.graph.operands.drain(..));
    }
}

/// Evaluates the arrays; with `wait`, they are there when this returns.
pub(crate) fn eval_all(outputs: &[&Array], wait: bool) -> Result<()> {
    start(outputs, &mut |s, _| s.submit(wait), &mut |t| t.started().map(|_| true))?;
    if wait {
        for a in outputs {
            if let Some(t) = a.node().data().and_then(|d| d.ticket) {
                t.wait()?;
            }
        }
    }
    Ok(())
}

/// Parts of a graph that may be under way at once: what is not there yet holds memory.
const AHEAD: usize = 2;

/// Hands what is to run for the arrays to `submit`, which is told whether it is all; between the parts of a large graph, `pause` waits
/// until one has run, or says that it stopped waiting. Whether all was handed over.
fn start(
    outputs: &[&Array],
    submit: &mut dyn FnMut(Scheduled, bool) -> Result<Arc<Ticket>>,
    pause: &mut dyn FnMut(&Ticket) -> Result<bool>,
) -> Result<bool> {
    if let Some(e) = outputs.iter().find_map(|a| if a.is_ready() { None } else { a.abstract_error("eval") }) {
        return Err(e);
    }
    let parts = match scheduled(outputs, false)? {
        Next::Nothing => return Ok(true),
        Next::Run(s) => return submit(s, true).map(|_| true),
        Next::Parts(parts) => parts,
    };
    let mut running: VecDeque<Arc<Ticket>> = VecDeque::with_capacity(AHEAD);
    for part in parts {
        if running.len() == AHEAD
            && let Some(ticket) = running.pop_front()
            && !pause(&ticket)?
        {
            return Ok(false);
        }
        if let Next::Run(s) = scheduled(&part.iter().collect::<Vec<_>>(), true)? {
            running.push_back(submit(s, false)?);
        }
    }
    if let Next::Run(s) = scheduled(outputs, true)? {
        submit(s, false)?;
    }
    Ok(true)
}

/// What is to run for the arrays, with its memory.
fn scheduled(outputs: &[&Array], whole: bool) -> Result<Next> {
    match schedule(outputs, whole) {
        // Memory that running evaluations hold may come free.
        Err(e) if e.kind() == lazulite_base::ErrorKind::OutOfMemory => {
            crate::runtime::memory::clear_cache();
            schedule(outputs, whole)
        }
        other => other,
    }
}

/// Computes the arrays, in one pass over all of them, and waits until they are there.
///
/// A graph with thousands of instructions in calls of compiled functions, as a loop over them builds, runs in parts that end between
/// calls.
///
/// # Errors
/// A tracer error for an array of an abstract trace; out of memory (what is not there yet can be evaluated again); faults of the work
/// itself.
///
/// ```
/// use lazulite::prelude::*;
/// let x = array![1.0, 2.0];
/// let (a, b) = (&x + 1.0, &x * 2.0);
/// eval([&a, &b]).unwrap();
/// assert!(a.is_ready() && b.is_ready());
/// ```
#[track_caller]
pub fn eval<'a>(arrays: impl IntoIterator<Item = &'a Array>) -> Result<()> {
    let list: SmallVec<[&Array; 8]> = arrays.into_iter().collect();
    eval_all(&list, true)
}

/// [`eval`], for a caller that may have to go: a few times a second `stop` is asked whether to. Then the work goes on in the background,
/// whoever reads an array waits for it, and `false` comes back. Work that is short is not interrupted.
///
/// # Errors
/// As for [`eval`].
///
/// ```
/// use lazulite::prelude::*;
/// let y = array![1.0, 2.0].exp();
/// assert!(lazulite::eval_until([&y], || false).unwrap());
/// ```
#[cfg(not(loom))]
#[track_caller]
pub fn eval_until<'a>(arrays: impl IntoIterator<Item = &'a Array>, mut stop: impl FnMut() -> bool) -> Result<bool> {
    let list: SmallVec<[&Array; 8]> = arrays.into_iter().collect();
    // Short work runs here; long work on its stream's thread, so that this one can go.
    let submit = &mut |s: Scheduled, all: bool| {
        let here = all && !s.plan.is_long();
        s.submit(here)
    };
    if !start(&list, submit, &mut |t| t.wait_until(&mut stop))? {
        return Ok(false);
    }
    for a in list {
        if let Some(t) = a.node().data().and_then(|d| d.ticket)
            && !t.wait_until(&mut stop)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Starts computing the arrays and returns at once; whoever reads one waits for it. Of a graph that runs in parts, as [`eval`] says, at
/// most two are under way, and this returns when the last ones are.
///
/// # Errors
/// As for [`eval`], but faults of the work reach whoever reads.
///
/// ```
/// use lazulite::prelude::*;
/// let y = array![1.0, 2.0].exp();
/// async_eval([&y]).unwrap();
/// assert_eq!(y.to_vec::<f32>().unwrap().len(), 2);
/// ```
#[track_caller]
pub fn async_eval<'a>(arrays: impl IntoIterator<Item = &'a Array>) -> Result<()> {
    let list: SmallVec<[&Array; 8]> = arrays.into_iter().collect();
    eval_all(&list, false)
}
