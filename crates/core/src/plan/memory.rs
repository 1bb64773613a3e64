//! Memory of a plan: which buffer each stored value gets. Lifetimes are those of the steps' order; a value that dies gives its block to
//! the next of its size; a tape may write over an input that dies in it and has the output's map; data that nobody else refers to
//! are written over in the same way.

use crate::plan::eval::Graph;
use crate::plan::fuse::{Fused, Kind};
use crate::plan::ir::{Ir, Value};
use crate::plan::lower::{Draft, Slot};
use crate::plan::{At, BlockPlan, BufferKind, Outcome};
use crate::runtime::memory::{class, place};
use crate::runtime::stream::Stream;
use lazulite_base::error::Result;
use lazulite_base::work::Work;
use rustc_hash::FxHashMap as HashMap;

/// Where a step's inputs and outputs are, and the buffer of its scratch memory.
pub(crate) type Addresses = (Vec<At>, Vec<At>, Option<u32>);

/// Assigns memory to the drafts of one plan.
pub(crate) struct Memory<'a> {
    ir: &'a Ir,
    fused: &'a Fused,
    graph: &'a Graph,
    pub buffers: Vec<BufferKind>,
    pub blocks: Vec<BlockPlan>,
    /// The buffer of each root that still lives, and how many there are in each buffer.
    of: HashMap<Value, u32>,
    living: Vec<u32>,
    leaf_buffers: HashMap<u32, u32>,
    /// Buffers whose contents are dead, by block.
    free: Vec<u32>,
}

impl<'a> Memory<'a> {
    pub fn new(ir: &'a Ir, fused: &'a Fused, graph: &'a Graph) -> Self {
        Memory {
            ir,
            fused,
            graph,
            buffers: vec![],
            blocks: vec![],
            of: HashMap::default(),
            living: vec![],
            leaf_buffers: HashMap::default(),
            free: vec![],
        }
    }

    /// Bytes a root's memory takes.
    fn bytes(&self, root: Value) -> usize {
        let a = self.ir.aval(root);
        let layout = &self.fused.at(root).layout;
        if a.size() == 0 {
            return 0;
        }
        let last: usize = a.shape.iter().zip(&layout.strides).map(|(&d, &s)| (d - 1) * s.unsigned_abs()).sum();
        (last + 1) * a.dtype.size()
    }

    fn leaf(&mut self, leaf: u32) -> u32 {
        let same = self.graph.leaves[leaf as usize].same;
        if let Some(&b) = self.leaf_buffers.get(&same) {
            return b;
        }
        let b = self.add(BufferKind::Leaf(same));
        self.leaf_buffers.insert(same, b);
        b
    }

    fn add(&mut self, kind: BufferKind) -> u32 {
        self.buffers.push(kind);
        self.living.push(0);
        (self.buffers.len() - 1) as u32
    }

    /// The buffer that a value is in, once its maker has one.
    fn buffer(&mut self, root: Value) -> u32 {
        match self.fused.at(root).kind {
            Kind::Data(leaf) => self.leaf(leaf),
            _ => self.of[&root],
        }
    }

    /// Whether the plan may write over a buffer once its contents are dead.
    fn writable(&self, buffer: u32) -> bool {
        match self.buffers[buffer as usize] {
            BufferKind::Leaf(i) => self.graph.leaves[i as usize].donated,
            BufferKind::Block(_) => true,
        }
    }

    fn capacity(&self, buffer: u32) -> usize {
        match self.buffers[buffer as usize] {
            BufferKind::Leaf(i) => self.graph.leaves[i as usize].data.buffer.bytes(),
            BufferKind::Block(i) => self.blocks[i as usize].bytes,
        }
    }

    fn device(&self, buffer: u32) -> crate::runtime::stream::Device {
        match self.buffers[buffer as usize] {
            BufferKind::Leaf(i) => self.graph.leaves[i as usize].data.buffer.home(),
            BufferKind::Block(i) => self.blocks[i as usize].device,
        }
    }

    /// The addresses of every draft's inputs and outputs, and what exists at the end.
    pub fn assign(&mut self, drafts: &[Draft], scratch: &[usize]) -> Result<(Vec<Addresses>, Vec<Outcome>)> {
        let roots_wanted: Vec<Value> = self.ir.wanted.iter().map(|&(_, v)| self.fused.at(v).root).collect();
        // The step after which each root is dead; wanted ones never die.
        let mut last: HashMap<Value, usize> = HashMap::default();
        for (i, d) in drafts.iter().enumerate() {
            for s in d.inputs.iter().chain(&d.outputs) {
                last.insert(s.root, i);
            }
        }
        for &r in &roots_wanted {
            last.insert(r, usize::MAX);
        }
        // Data that share a buffer die together.
        let mut leaf_last: HashMap<u32, usize> = HashMap::default();
        for (&root, &at) in &last {
            if let Kind::Data(leaf) = self.fused.at(root).kind {
                let same = self.graph.leaves[leaf as usize].same;
                let e = leaf_last.entry(same).or_insert(0);
                *e = (*e).max(at);
            }
        }
        for (root, at) in &mut last {
            if let Kind::Data(leaf) = self.fused.at(*root).kind {
                *at = leaf_last[&self.graph.leaves[leaf as usize].same];
            }
        }
        let mut dying: Vec<Vec<Value>> = vec![vec![]; drafts.len()];
        for (&root, &at) in &last {
            if at < drafts.len() {
                dying[at].push(root);
            }
        }
        for list in &mut dying {
            list.sort_unstable_by_key(|v| (v.node, v.out));
        }
        let mut placed = Vec::with_capacity(drafts.len());
        for (i, d) in drafts.iter().enumerate() {
            let inputs: Vec<At> = d.inputs.iter().map(|s| At { buffer: self.buffer(s.root), bytes: s.bytes }).collect();
            let mut taken: Vec<u32> = vec![];
            for (k, out) in d.outputs.iter().enumerate() {
                if self.of.contains_key(&out.root) {
                    continue;
                }
                let over = self.over(d, k, i, &inputs, &last, &taken);
                let buffer = match over {
                    Some(b) => {
                        taken.push(b);
                        b
                    }
                    None => self.fresh(self.bytes(out.root), d.stream)?,
                };
                self.of.insert(out.root, buffer);
                self.living[buffer as usize] += 1;
            }
            let outputs = d.outputs.iter().map(|s| At { buffer: self.of[&s.root], bytes: s.bytes }).collect();
            let own = if scratch[i] > 0 { Some(self.fresh(scratch[i], d.stream)?) } else { None };
            self.free.extend(own);
            placed.push((inputs, outputs, own));
            for &root in &dying[i] {
                let b = self.buffer(root);
                if self.of.remove(&root).is_some() {
                    self.living[b as usize] -= 1;
                }
                // A block that an output took over lives on.
                if self.living[b as usize] == 0 && self.writable(b) && !self.free.contains(&b) {
                    self.free.push(b);
                }
            }
        }
        let wanted = self.ir.wanted.clone();
        let results = wanted
            .into_iter()
            .map(|(node, v)| {
                let place = self.fused.at(v).clone();
                Outcome { node, buffer: self.buffer(place.root), layout: place.layout }
            })
            .collect();
        Ok((placed, results))
    }

    /// The buffer of an input that output `k` of the tape may be written over: it dies here, has the output's map, and so has every
    /// other use of it in the tape.
    fn over(&self, d: &Draft, k: usize, step: usize, inputs: &[At], last: &HashMap<Value, usize>, taken: &[u32]) -> Option<u32> {
        let Work::Tape(tape) = &d.work else { return None };
        let map = &tape.outputs[k].1;
        let need = self.bytes(d.outputs[k].root);
        // Of the same dtype, too: backends take other maps for memory that does not overlap.
        let same = |j: usize| tape.inputs[j] == *map && inputs[j].bytes == d.outputs[k].bytes;
        (0..inputs.len()).find_map(|j| {
            let b = inputs[j].buffer;
            let dies = d.inputs.iter().zip(inputs).all(|(s, at): (&Slot, &At)| at.buffer != b || last.get(&s.root) == Some(&step));
            let all_same = (0..inputs.len()).all(|o| inputs[o].buffer != b || same(o));
            let fits = self.capacity(b) >= need && self.capacity(b) <= 2 * need.max(64);
            (same(j) && dies && all_same && fits && self.writable(b) && !taken.contains(&b) && self.device(b) == d.stream.device)
                .then_some(b)
        })
    }

    /// A dead block of the right size, or a new one.
    fn fresh(&mut self, bytes: usize, stream: Stream) -> Result<u32> {
        let need = class(bytes).unwrap_or(usize::MAX);
        let fit = self
            .free
            .iter()
            .position(|&b| self.device(b) == stream.device && self.capacity(b) >= need && self.capacity(b) <= need + need / 4);
        if let Some(i) = fit {
            return Ok(self.free.swap_remove(i));
        }
        let (device, stream) = place(stream)?;
        self.blocks.push(BlockPlan { bytes: need, device, stream });
        Ok(self.add(BufferKind::Block((self.blocks.len() - 1) as u32)))
    }
}
