//! A program: a piece of graph, written down. It is what tracing gives, what transforms interpret, what a compiled call runs and what
//! `trace(f)` prints.

use crate::Array;
use crate::graph::node::{Aval, Avals, Edge, Node, Operand, Operands};
use crate::graph::walk;
use crate::primitive::{Prim, Val};
use crate::runtime::stream::Stream;
use lazulite_base::Scalar;
use lazulite_base::error::Result;
use lazulite_base::key::Key;
use smallvec::SmallVec;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A value in a program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Ref {
    /// An input: an argument, or behind those a captured array.
    Input(u32),
    /// Output `out` of instruction `index`.
    Value { index: u32, out: u32 },
    /// A constant.
    Scalar(Scalar),
}

pub(crate) type Refs = SmallVec<[Ref; 3]>;

/// One application of a primitive.
pub(crate) struct Instr {
    pub prim: Prim,
    pub operands: Refs,
    pub avals: Avals,
    pub site: &'static Location<'static>,
    pub stream: Stream,
}

/// A traced function: arguments and captured arrays in, arrays out.
///
/// ```
/// use lazulite::Program;
/// use lazulite::prelude::*;
/// let program: Program = trace(|x: &Array| x.exp())(&array![1.0]);
/// assert!(program.to_string().contains("exp"));
/// ```
pub struct Program {
    /// Never reused: plans are keyed by it.
    pub(crate) id: u64,
    /// The arguments' shapes and dtypes, then the captured arrays'.
    pub(crate) inputs: Vec<Aval>,
    pub(crate) captures: Vec<Array>,
    pub(crate) instrs: Vec<Instr>,
    pub(crate) outputs: Vec<Ref>,
    /// What it is a derivative or a batch of.
    pub(crate) origin: Origins,
    weight: OnceLock<usize>,
}

/// Programs whose work a program repeats, on the first of its inputs: each by a word of its own and the number of those inputs. So what
/// plans two programs together can merge that work.
pub(crate) type Origins = SmallVec<[(Key, usize); 1]>;

/// A program together with the nodes it was read from.
pub(crate) struct Recorded {
    pub program: Program,
    /// The nodes of each instruction's values; edges, not handles.
    nodes: Vec<SmallVec<[Edge; 2]>>,
    leaves: Vec<Edge>,
}

/// Marks of leaves, of captured nodes and of instructions' outputs, with their number in the low bits; the mark of an instruction of one
/// value is its index.
const LEAF: u32 = 1 << 31;
const CAPTURE: u32 = 1 << 30;
const OUTPUT: u32 = 1 << 29;

static NEXT_PROGRAM: AtomicU64 = AtomicU64::new(1);

impl Program {
    /// One without instructions and outputs; `inputs` are the arguments' and the captured arrays'.
    pub(crate) fn new(inputs: Vec<Aval>, captures: Vec<Array>) -> Program {
        Program::of(inputs, captures, Vec::new(), Vec::new())
    }

    fn of(inputs: Vec<Aval>, captures: Vec<Array>, instrs: Vec<Instr>, outputs: Vec<Ref>) -> Program {
        let id = NEXT_PROGRAM.fetch_add(1, Ordering::Relaxed);
        Program { id, inputs, captures, instrs, outputs, origin: Origins::new(), weight: OnceLock::new() }
    }

    /// Instructions, with those of the programs that it calls. Not to be asked before all instructions are there.
    pub(crate) fn weight(&self) -> usize {
        *self.weight.get_or_init(|| self.instrs.iter().map(|i| i.prim.program().map_or(1, |p| p.weight())).sum())
    }

    /// Whose work it does, as [`Origins`]: its own and its origins'.
    pub(crate) fn works(&self) -> impl Iterator<Item = (Key, usize)> {
        std::iter::once((self.id as Key, self.inputs.len())).chain(self.origin.iter().copied())
    }

    /// Number of arguments, captured arrays excluded.
    pub(crate) fn arity(&self) -> usize {
        self.inputs.len() - self.captures.len()
    }

    /// Shape and dtype of a value.
    pub(crate) fn aval(&self, r: Ref) -> Aval {
        match r {
            Ref::Input(i) => self.inputs[i as usize].clone(),
            Ref::Value { index, out } => self.instrs[index as usize].avals[out as usize].clone(),
            Ref::Scalar(s) => Aval { shape: Default::default(), dtype: s.dtype(), weak: true },
        }
    }

    /// Which instructions depend on the inputs marked in `on`.
    pub(crate) fn dependent(&self, on: &[bool]) -> Vec<bool> {
        let mut dep = vec![false; self.instrs.len()];
        for i in 0..self.instrs.len() {
            dep[i] = self.instrs[i].operands.iter().any(|&r| match r {
                Ref::Input(k) => on[k as usize],
                Ref::Value { index, .. } => dep[index as usize],
                Ref::Scalar(_) => false,
            });
        }
        dep
    }

    /// Builds the program's graph on other inputs (arguments and captured arrays) of the same shapes.
    pub(crate) fn rebuild(&self, inputs: &[Array]) -> Vec<Array> {
        let values = self.rebuild_values(inputs);
        self.outputs.iter().map(|&r| value(r, inputs, &values).array()).collect()
    }

    /// Every instruction's outputs, built on other inputs.
    pub(crate) fn rebuild_values(&self, inputs: &[Array]) -> Vec<Vec<Array>> {
        let mut values: Vec<Vec<Array>> = Vec::with_capacity(self.instrs.len());
        for ins in &self.instrs {
            let args: SmallVec<[Val; 3]> = ins.operands.iter().map(|&r| value(r, inputs, &values)).collect();
            values.push(crate::graph::array::replay(&ins.prim, &args, ins.avals.clone(), ins.site, ins.stream));
        }
        values
    }

    /// The captured arrays, which become plain inputs.
    pub(crate) fn take_captures(&mut self) -> Vec<Array> {
        std::mem::take(&mut self.captures)
    }

    /// The same program for inputs of other shapes: every shape is inferred again.
    pub(crate) fn reinfer(&self, inputs: Vec<Aval>) -> Result<Program> {
        let instrs = Vec::with_capacity(self.instrs.len());
        let mut program = Program::of(inputs, self.captures.clone(), instrs, self.outputs.clone());
        for ins in &self.instrs {
            let avals: SmallVec<[Aval; 3]> = ins.operands.iter().map(|&r| program.aval(r)).collect();
            let outs = crate::ops::infer(&ins.prim, &avals).map_err(|e| e.at(ins.site))?;
            program.instrs.push(Instr {
                prim: ins.prim.clone(),
                operands: ins.operands.clone(),
                avals: outs,
                site: ins.site,
                stream: ins.stream,
            });
        }
        Ok(program)
    }
}

pub(crate) fn value(r: Ref, inputs: &[Array], values: &[Vec<Array>]) -> Val {
    match r {
        Ref::Input(i) => Val::Array(inputs[i as usize].clone()),
        Ref::Value { index, out } => Val::Array(values[index as usize][out as usize].clone()),
        Ref::Scalar(s) => Val::Scalar(s),
    }
}

impl Recorded {
    /// Writes down the graph between `leaves` and `outputs`. What is older than the leaves, or already computed and not kept, is
    /// captured; newer nodes that do not depend on the leaves are part of the program.
    pub fn extract(leaves: &[Array], outputs: &[Array]) -> Recorded {
        let oldest = leaves.iter().map(|l| l.node().id).min().unwrap_or(u64::MAX);
        let edges: Vec<Edge> = leaves.iter().map(Array::edge).collect();
        let mut nodes: Vec<Arc<Node>> = Vec::new();
        let mut inputs_of: Vec<Operands> = Vec::new();
        let mut outputs_of: Vec<(u32, u32)> = Vec::new();
        let marks = walk::start();
        for (i, leaf) in leaves.iter().enumerate() {
            marks.set(leaf.node(), LEAF | i as u32);
        }
        walk::topological(
            &marks,
            outputs.iter().map(|o| o.node().clone()),
            |node| {
                if node.id < oldest {
                    return None;
                }
                let state = node.state();
                // A node without inputs is data, unless it is one that makes its output from nothing.
                if state.inputs.is_empty() && (state.data.is_some() || matches!(node.prim, Prim::Leaf)) {
                    return None;
                }
                Some(state.inputs.clone())
            },
            |node, inputs| {
                if let (Prim::Output(out), [Operand::Edge(maker)]) = (&node.prim, &inputs[..]) {
                    let Some(index) = marks.get(maker).filter(|&m| m != walk::SEEN) else { return walk::SEEN };
                    outputs_of.push((index, *out));
                    return OUTPUT | (outputs_of.len() - 1) as u32;
                }
                nodes.push(node);
                inputs_of.push(inputs);
                (nodes.len() - 1) as u32
            },
        );
        let mut captures: Vec<Array> = Vec::new();
        let mut instrs = Vec::with_capacity(nodes.len());
        let arity = leaves.len();
        let mut resolve = |edge: &Edge| -> Ref {
            match marks.get(edge).filter(|&m| m != walk::SEEN) {
                Some(m) if m & LEAF != 0 => Ref::Input(m & !LEAF),
                Some(m) if m & CAPTURE != 0 => Ref::Input(arity as u32 + (m & !CAPTURE)),
                Some(m) if m & OUTPUT != 0 => {
                    let (index, out) = outputs_of[(m & !OUTPUT) as usize];
                    Ref::Value { index, out }
                }
                Some(index) => Ref::Value { index, out: 0 },
                None => {
                    marks.set(edge, CAPTURE | captures.len() as u32);
                    captures.push(Array::from_edge(edge.clone()));
                    Ref::Input((arity + captures.len() - 1) as u32)
                }
            }
        };
        for (node, inputs) in nodes.iter().zip(&inputs_of) {
            let operands = inputs
                .iter()
                .map(|o| match o {
                    Operand::Edge(e) => resolve(e),
                    Operand::Scalar(s) => Ref::Scalar(*s),
                })
                .collect();
            instrs.push(Instr { prim: node.prim.clone(), operands, avals: node.avals.clone(), site: node.site, stream: node.stream });
        }
        let outputs = outputs.iter().map(|o| resolve(o.node())).collect();
        // All outputs are kept, since rules may read them after the node that makes them has run.
        let nodes = nodes.iter().map(Node::outputs).collect();
        drop(marks);
        let inputs = leaves.iter().chain(&captures).map(|a| a.aval().clone()).collect();
        Recorded { program: Program::of(inputs, captures, instrs, outputs), nodes, leaves: edges }
    }

    /// The recorded array of a value.
    pub fn value(&self, r: Ref) -> Val {
        match r {
            Ref::Input(i) if (i as usize) < self.leaves.len() => Val::Array(Array::from_edge(self.leaves[i as usize].clone())),
            Ref::Input(i) => Val::Array(self.program.captures[i as usize - self.leaves.len()].clone()),
            Ref::Value { index, out } => Val::Array(Array::from_edge(self.nodes[index as usize][out as usize].clone())),
            Ref::Scalar(s) => Val::Scalar(s),
        }
    }

    /// Lets the nodes that were evaluated during the trace go of their inputs, unless an outer trace keeps them.
    pub fn release(&self, keep: u64) {
        for node in self.nodes.iter().flatten() {
            if node.tag.keep == keep {
                let mut state = node.state();
                if state.data.is_some() {
                    let inputs = std::mem::take(&mut state.inputs);
                    drop(state);
                    drop(inputs);
                }
            }
        }
    }
}

impl fmt::Display for Program {
    /// The typed program: an instruction a line, with dtype, shape and source line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ty = |a: &Aval| {
            let dims: Vec<String> = a.shape.iter().map(usize::to_string).collect();
            format!("{}{}[{}]", if a.weak { "~" } else { "" }, a.dtype, dims.join(","))
        };
        let name = |r: Ref| match r {
            Ref::Input(i) if (i as usize) < self.arity() => format!("x{i}"),
            Ref::Input(i) => format!("c{}", i as usize - self.arity()),
            Ref::Value { index, out: 0 } => format!("%{index}"),
            Ref::Value { index, out } => format!("%{index}.{out}"),
            Ref::Scalar(s) => format!("{s:?}"),
        };
        let inputs: Vec<String> =
            (0..self.inputs.len()).map(|i| format!("{}: {}", name(Ref::Input(i as u32)), ty(&self.inputs[i]))).collect();
        writeln!(f, "program({}) {{", inputs.join(", "))?;
        for (i, ins) in self.instrs.iter().enumerate() {
            let types: Vec<String> = ins.avals.iter().map(ty).collect();
            let args: Vec<String> = ins.operands.iter().map(|&r| name(r)).collect();
            let attributes = match &ins.prim {
                Prim::Other(p) if !p.attributes().is_empty() => format!("[{}]", p.attributes()),
                _ => String::new(),
            };
            let file = ins.site.file().rsplit('/').next().unwrap_or_default();
            writeln!(
                f,
                "  %{i}: {} = {}{attributes}({})  # {file}:{}",
                types.join(", "),
                ins.prim.name(),
                args.join(", "),
                ins.site.line()
            )?;
        }
        let outs: Vec<String> = self.outputs.iter().map(|&r| name(r)).collect();
        writeln!(f, "  return {}", outs.join(", "))?;
        write!(f, "}}")
    }
}
