//! The planner's view of a graph: a flat list of nodes with calls inlined, aliases resolved and equal nodes merged.

use crate::graph::node::{Aval, Avals};
use crate::graph::program::Program;
use crate::plan::Param;
use crate::plan::eval::{Graph, Input};
use crate::primitive::{Effect, Prim, Role};
use crate::runtime::stream::Stream;
use lazulite_base::key::{Key, KeyHasher};
use lazulite_base::{Dtype, Op};
use rustc_hash::FxHashMap as HashMap;
use smallvec::SmallVec;
use std::panic::Location;
use std::sync::Arc;

/// A value of the IR: output `out` of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Value {
    pub node: u32,
    pub out: u32,
}

/// An input of an IR node.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Arg {
    Value(Value),
    Scalar(Param, Dtype),
}

pub(crate) type Args = SmallVec<[Arg; 3]>;

/// A node of the IR: data, or a primitive with its arguments.
pub(crate) struct Node {
    /// `None` for data; the leaf's number is in `leaf`.
    pub prim: Option<Prim>,
    pub leaf: u32,
    pub args: Args,
    pub avals: Avals,
    pub stream: Stream,
    pub site: &'static Location<'static>,
}

/// The flat graph, inputs before users.
#[derive(Default)]
pub(crate) struct Ir {
    pub nodes: Vec<Node>,
    /// What the plan must leave in memory: the walk's node and the value that it is.
    pub wanted: Vec<(u32, Value)>,
}

impl Ir {
    pub fn aval(&self, v: Value) -> &Aval {
        &self.nodes[v.node as usize].avals[v.out as usize]
    }

    /// What a value converts, if the conversion makes the numbers larger.
    pub fn widened(&self, v: Value) -> Option<Value> {
        let node = &self.nodes[v.node as usize];
        let Some(Prim::Other(p)) = &node.prim else { return None };
        let (Role::Cast, Arg::Value(source)) = (p.role(), *node.args.first()?) else { return None };
        (self.aval(source).dtype.size() < self.aval(v).dtype.size()).then_some(source)
    }

    /// Writes down a collected graph.
    pub fn build(graph: &Graph) -> Ir {
        let n = graph.nodes.len();
        let ir = Ir { nodes: Vec::with_capacity(n), wanted: Vec::new() };
        let mut b = Builder { ir, seen: HashMap::with_capacity_and_hasher(n, Default::default()) };
        let mut map: Vec<SmallVec<[Value; 1]>> = Vec::with_capacity(n);
        let mut scalars = 0u32;
        for (i, n) in graph.nodes.iter().enumerate() {
            let node = &n.node;
            if let Some(leaf) = n.leaf {
                let (avals, args) = (node.avals.clone(), Args::new());
                let index = b.push(Node { prim: None, leaf, args, avals, stream: node.stream, site: node.site });
                map.push(smallvec::smallvec![Value { node: index, out: 0 }]);
                continue;
            }
            let mut arg = |input: &Input| match *input {
                Input::Node(index) => Arg::Value(map[index as usize][0]),
                Input::Scalar(d) => {
                    scalars += 1;
                    Arg::Scalar(Param::Graph(scalars - 1), d)
                }
            };
            let values = match (&node.prim, &n.inputs[..]) {
                (Prim::Output(out), [Input::Node(maker)]) => smallvec::smallvec![map[*maker as usize][*out as usize]],
                (prim, inputs) => b.apply(prim, inputs.iter().map(&mut arg).collect(), node.avals.clone(), node.stream, node.site),
            };
            map.push(values);
            if n.wanted {
                b.ir.wanted.push((i as u32, map[i][0]));
            }
        }
        b.ir
    }
}

/// Adds nodes, merging equal ones.
struct Builder {
    ir: Ir,
    seen: HashMap<Key, u32>,
}

impl Builder {
    fn push(&mut self, node: Node) -> u32 {
        self.ir.nodes.push(node);
        (self.ir.nodes.len() - 1) as u32
    }

    /// The outputs of a primitive's application: of an earlier equal one if there is one, of its inputs if it changes nothing, of the
    /// inlined program if it is a call.
    fn apply(
        &mut self,
        prim: &Prim,
        mut args: Args,
        avals: Avals,
        stream: Stream,
        site: &'static Location<'static>,
    ) -> SmallVec<[Value; 1]> {
        let mut effect = Effect::Pure;
        if let Prim::Other(p) = prim {
            effect = p.effect();
            match p.role() {
                Role::Alias if effect == Effect::Pure => {
                    return args.iter().take(avals.len()).filter_map(|a| if let Arg::Value(v) = a { Some(*v) } else { None }).collect();
                }
                Role::Call(program) => return self.inline(program, &args),
                _ => {}
            }
            // Elements are picked as they lie, and widened then.
            if p.picks()
                && let Arg::Value(v) = args[0]
                && let Some(source) = self.ir.widened(v)
                && let Some(widen) = self.ir.nodes[v.node as usize].prim.clone()
            {
                let dtype = self.ir.aval(source).dtype;
                args[0] = Arg::Value(source);
                let narrow = avals.iter().map(|a| Aval { dtype, ..a.clone() }).collect();
                let picked = self.apply(prim, args, narrow, stream, site)[0];
                return self.apply(&widen, smallvec::smallvec![Arg::Value(picked)], avals, stream, site);
            }
        }
        if let Prim::Elementwise(op) = prim {
            if let (Op::Negative, [Arg::Value(v)]) = (op, &args[..])
                && let Some(Prim::Elementwise(Op::Negative)) = self.ir.nodes[v.node as usize].prim
                && let Arg::Value(inner) = self.ir.nodes[v.node as usize].args[0]
            {
                return smallvec::smallvec![inner];
            }
            if op.commutes() && order(&args[1]) < order(&args[0]) {
                args.swap(0, 1);
            }
        }
        let mut h = KeyHasher::default();
        prim.key(&mut h);
        for a in &args {
            let (a, b) = order(a);
            h.word(a);
            h.word(b);
        }
        h.word((stream.device.0.backend as u64) << 48 | (stream.device.0.index as u64) << 32 | stream.id as u64);
        // Graph scalars differ from run to run, so nodes that use them are merged only if it is the same scalar: never, as each has a
        // number of its own. The value's own shape tells apart primitives whose key leaves it out.
        for a in &avals {
            h.dims(&a.shape);
            h.word(a.dtype as u64);
        }
        let key = h.finish();
        let n = avals.len() as u32;
        let index = match self.seen.get(&key) {
            Some(&index) if effect == Effect::Pure => index,
            _ => {
                let index = self.push(Node { prim: Some(prim.clone()), leaf: 0, args, avals, stream, site });
                self.seen.insert(key, index);
                index
            }
        };
        (0..n).map(|out| Value { node: index, out }).collect()
    }

    fn inline(&mut self, program: &Arc<Program>, args: &Args) -> SmallVec<[Value; 1]> {
        use crate::graph::program::Ref;
        let mut map: Vec<SmallVec<[Value; 1]>> = Vec::with_capacity(program.instrs.len());
        for ins in &program.instrs {
            let args: Args = ins
                .operands
                .iter()
                .map(|&r| match r {
                    Ref::Input(i) => args[i as usize],
                    Ref::Value { index, out } => Arg::Value(map[index as usize][out as usize]),
                    Ref::Scalar(s) => Arg::Scalar(Param::Constant(s.bits()), s.dtype()),
                })
                .collect();
            let outs = self.apply(&ins.prim, args, ins.avals.clone(), ins.stream, ins.site);
            map.push(outs);
        }
        program
            .outputs
            .iter()
            .map(|&r| match r {
                Ref::Input(i) => match args[i as usize] {
                    Arg::Value(v) => v,
                    Arg::Scalar(..) => unreachable!("calls take arrays"),
                },
                Ref::Value { index, out } => map[index as usize][out as usize],
                Ref::Scalar(_) => unreachable!("programs return arrays"),
            })
            .collect()
    }
}

/// An argument as two words, to hash and to order by.
fn order(a: &Arg) -> (u64, u64) {
    match *a {
        Arg::Value(v) => (0, (v.node as u64) << 32 | v.out as u64),
        Arg::Scalar(Param::Graph(i), d) => (1 | (d as u64) << 8, i as u64),
        Arg::Scalar(Param::Constant(b), d) => (2 | (d as u64) << 8, b),
    }
}
