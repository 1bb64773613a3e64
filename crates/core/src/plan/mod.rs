//! Planning and running: from the pending graph behind the requested outputs to finished steps.
//!
//! [`eval`] collects the pending graph, [`parts`] cuts it if it is large, and its plan is looked up; on a miss, [`ir`] writes the graph down (calls inlined, equal nodes
//! merged), [`fuse`] groups it into tapes, [`lower`] makes steps of the groups, [`place`] finds each a
//! device and a kernel, and [`memory`] gives the steps their memory; [`replay`] is for plans that run again and again.
//! A [`Plan`] holds primitives' work, never nodes; the same structure of graph meets the same plan.

pub(crate) mod cache;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod fuse;
pub(crate) mod ir;
pub(crate) mod lower;
pub(crate) mod memory;
pub(crate) mod parts;
pub(crate) mod place;
pub(crate) mod replay;
pub(crate) mod sink;

use crate::runtime::buffer::Layout;
use crate::runtime::stream::{Device, Stream};
use lazulite_base::Error;
use lazulite_base::backend::Kernel;
use lazulite_base::work::Work;
use std::sync::Arc;

/// An address at run time: a buffer of the plan, and bytes from its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct At {
    pub buffer: u32,
    pub bytes: usize,
}

/// Where a tape's parameter comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Param {
    /// The graph's scalar number `.0`, in the walk's order; read at every run.
    Graph(u32),
    /// A constant of a compiled program.
    Constant(u64),
}

/// One launch.
pub(crate) struct Step {
    pub work: Work,
    pub kernel: Arc<dyn Kernel>,
    pub stream: Stream,
    pub inputs: Vec<At>,
    pub outputs: Vec<At>,
    pub params: Vec<Param>,
    /// Memory that the kernel needs for itself.
    pub scratch: Option<u32>,
    /// Source lines and names of the ops it does, for `explain` and for errors.
    pub ops: Vec<(&'static str, &'static std::panic::Location<'static>)>,
    /// Why it is not one with a neighbour.
    pub why: Option<&'static str>,
}

/// What a buffer of the plan is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BufferKind {
    /// The buffer of leaf number `.0`.
    Leaf(u32),
    /// The plan's block number `.0`.
    Block(u32),
}

/// A value that exists after the plan ran: that of the walk's node `node`.
pub(crate) struct Outcome {
    pub node: u32,
    pub buffer: u32,
    pub layout: Layout,
}

/// A block of memory that the plan allocates before it runs anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockPlan {
    pub bytes: usize,
    pub device: Device,
    /// The stream that uses it first, or that it is anybody's.
    pub stream: u32,
}

/// What runs when a graph of one structure is evaluated.
pub(crate) struct Plan {
    pub steps: Vec<Step>,
    pub buffers: Vec<BufferKind>,
    pub blocks: Vec<BlockPlan>,
    pub results: Vec<Outcome>,
    /// What it keeps when it runs often.
    pub replay: Arc<replay::Replay>,
    /// Its steps run on several devices.
    pub mixed: bool,
    /// Graph nodes planned, for the cache's bound.
    pub nodes: usize,
}

/// Ops that an error names.
const NAMED: usize = 6;

/// Steps, and bytes that they write, from which on work may take long enough for someone to want it interrupted: some milliseconds.
#[cfg(not(loom))]
const LONG: (usize, usize) = (512, 16 << 20);

impl Plan {
    /// Whether it may take more than some milliseconds.
    #[cfg(not(loom))]
    pub fn is_long(&self) -> bool {
        let block = |at: &At| match self.buffers[at.buffer as usize] {
            BufferKind::Block(b) => self.blocks[b as usize].bytes,
            BufferKind::Leaf(_) => 0,
        };
        let written = |s: &Step| s.outputs.iter().map(block).sum::<usize>();
        self.steps.len() > LONG.0 || self.steps.iter().map(written).sum::<usize>() > LONG.1
    }

    /// An error of the work on a device, with the ops that may have caused it.
    pub fn blame(&self, stream: Stream, e: Error) -> Error {
        let mut ops: Vec<String> = Vec::new();
        let on = self.steps.iter().filter(|s| s.stream.device == stream.device);
        for (name, site) in on.clone().flat_map(|s| &s.ops) {
            let text = format!("{name} at {}:{}", site.file(), site.line());
            if !ops.contains(&text) {
                ops.push(text);
            }
        }
        let more = if ops.len() > NAMED { format!(" and {} more", ops.len() - NAMED) } else { String::new() };
        ops.truncate(NAMED);
        let first = on.flat_map(|s| &s.ops).next();
        let text = format!("{}; what ran: {}{more}", e.message(), ops.join(", "));
        let named = Error::new(e.kind(), e.op(), text);
        first.map_or(named.clone(), |(_, site)| named.at(site))
    }
}
