//! Lowering: groups become tapes, other nodes become kernels, and all get an order that keeps little memory alive.

use crate::plan::eval::{Graph, fusion};
use crate::plan::fuse::{Extent, Fused, Group, Kind, squeeze, squeezed_axes};
use crate::plan::ir::{Arg, Ir, Value};
use crate::plan::memory::Memory;
use crate::plan::{Param, Plan, Step, place};
use crate::primitive::{Prim, Role};
use crate::runtime::buffer::Layout;
use crate::runtime::stream::Stream;
use lazulite_base::error::{Error, Result};
use lazulite_base::tape::{Inst, Instr, Map, Order, Reg, Tape, Varies};
use lazulite_base::work::{View, Work};
use lazulite_base::{Dims, Dtype, Op, Strides};
use rustc_hash::FxHashMap as HashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::panic::Location;
use std::sync::Arc;

/// A value in memory, as a step uses it: its root, and bytes from the root's start.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Slot {
    pub root: Value,
    pub bytes: usize,
}

/// A step before memory and kernels are assigned.
pub(crate) struct Draft {
    pub work: Work,
    pub stream: Stream,
    pub inputs: Vec<Slot>,
    pub outputs: Vec<Slot>,
    pub params: Vec<Param>,
    pub ops: Vec<(&'static str, &'static Location<'static>)>,
    pub why: Option<&'static str>,
}

/// What is ordered: a group, a node with steps of its own, or the one element of a uniform value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum Item {
    Fill(u32),
    Group(u32),
    Node(u32),
}

/// Lowers one IR.
struct Lowering<'a> {
    ir: &'a Ir,
    fused: &'a Fused,
    drafts: Vec<Draft>,
}

impl Ir {
    /// The plan of this graph.
    pub fn plan(&self, graph: &Graph) -> Result<Plan> {
        let fused = Fused::new(self, fusion(), &|leaf| graph.leaves[leaf as usize].data.layout.clone());
        let mut low = Lowering { ir: self, fused: &fused, drafts: Vec::new() };
        for item in low.order()? {
            low.item(item);
        }
        let mut drafts = low.drafts;
        let kernels = place::kernels(&mut drafts)?;
        let scratch: Vec<usize> = kernels.iter().map(|k| k.scratch()).collect();
        let mut memory = Memory::new(self, &fused, graph);
        let (placed, results) = memory.assign(&drafts, &scratch)?;
        let mixed = drafts.windows(2).any(|w| w[0].stream.device != w[1].stream.device);
        let steps = drafts
            .into_iter()
            .zip(kernels)
            .zip(placed)
            .map(|((d, kernel), (inputs, outputs, scratch))| Step {
                work: d.work,
                kernel,
                stream: d.stream,
                inputs,
                outputs,
                params: d.params,
                scratch,
                ops: d.ops,
                why: d.why,
            })
            .collect();
        let replay = Arc::default();
        Ok(Plan { steps, buffers: memory.buffers, blocks: memory.blocks, results, replay, mixed, nodes: self.nodes.len() })
    }
}

impl Lowering<'_> {
    /// What makes a value's memory; `None` for data.
    fn maker(&self, v: Value) -> Option<Item> {
        let root = self.fused.at(v).root;
        match self.fused.at(root).kind {
            Kind::Data(_) => None,
            Kind::Member { group, .. } => Some(Item::Group(self.fused.find(group))),
            Kind::Step => Some(Item::Node(root.node)),
            Kind::Uniform(..) => Some(Item::Fill(root.node)),
        }
    }

    /// Items in an order that respects what reads what, earliest node first.
    fn order(&self) -> Result<Vec<Item>> {
        let mut first: HashMap<Item, u32> = HashMap::default();
        let mut needs: HashMap<Item, Vec<Item>> = HashMap::default();
        for (i, node) in self.ir.nodes.iter().enumerate() {
            let v = Value { node: i as u32, out: 0 };
            let Some(item) = self.maker(v) else { continue };
            if self.fused.at(v).root != v {
                continue;
            }
            if matches!(item, Item::Fill(_)) {
                if self.fused.stored[i][0] {
                    first.entry(item).or_insert(i as u32);
                }
                continue;
            }
            first.entry(item).or_insert(i as u32);
            let list = needs.entry(item).or_default();
            for a in &node.args {
                // Tapes read what a value widens.
                let read = |v: Value| match item {
                    Item::Group(g) if !self.fused.in_tape(self.ir, i as u32, v, g) => self.fused.source(self.ir, v),
                    _ => v,
                };
                if let Arg::Value(a) = a
                    && let a = &read(*a)
                    && let Some(maker) = self.maker(*a)
                    && maker != item
                    && (!matches!(maker, Item::Fill(_))
                        || matches!(item, Item::Node(_))
                        || self.fused.stored[self.fused.at(*a).root.node as usize][0])
                    && !list.contains(&maker)
                {
                    list.push(maker);
                }
            }
        }
        let mut users: HashMap<Item, Vec<Item>> = HashMap::default();
        let mut missing: HashMap<Item, usize> = HashMap::default();
        for &item in first.keys() {
            let list = needs.get(&item).map_or(&[][..], |l| l);
            missing.insert(item, list.len());
            for &n in list {
                users.entry(n).or_default().push(item);
            }
        }
        let mut ready: BinaryHeap<Reverse<(u32, Item)>> =
            first.iter().filter(|(item, _)| missing[item] == 0).map(|(&item, &at)| Reverse((at, item))).collect();
        let mut out = Vec::with_capacity(first.len());
        while let Some(Reverse((_, item))) = ready.pop() {
            out.push(item);
            for user in users.get(&item).into_iter().flatten() {
                let left = missing.get_mut(user).expect("every user is an item");
                *left -= 1;
                if *left == 0 {
                    ready.push(Reverse((first[user], *user)));
                }
            }
        }
        match out.len() == first.len() {
            true => Ok(out),
            // Levels make this impossible; but what is left out would never be computed.
            false => Err(Error::runtime("plan", format!("{} of {} steps wait for one another", first.len() - out.len(), first.len()))),
        }
    }

    fn item(&mut self, item: Item) {
        match item {
            Item::Fill(node) => self.fill(node),
            Item::Group(g) => {
                let draft = TapeBuilder::new(self.ir, self.fused, g).build();
                self.drafts.push(draft);
            }
            Item::Node(node) => self.node(node),
        }
    }

    fn slot(&self, v: Value) -> Slot {
        let p = self.fused.at(v);
        Slot { root: p.root, bytes: p.layout.offset * self.ir.aval(v).dtype.size() }
    }

    fn view(&self, v: Value) -> View {
        let a = self.ir.aval(v);
        View { dtype: a.dtype, dims: a.shape.clone(), strides: self.fused.at(v).layout.strides.clone() }
    }

    fn op(&self, node: u32) -> (&'static str, &'static Location<'static>) {
        let n = &self.ir.nodes[node as usize];
        (n.prim.as_ref().map_or("array", Prim::name), n.site)
    }

    /// The one element of a uniform value.
    fn fill(&mut self, node: u32) {
        let root = Value { node, out: 0 };
        let Kind::Uniform(param, dtype) = self.fused.at(root).kind else { unreachable!("only uniform values are filled") };
        let code = vec![Instr { inst: Inst::Param(0), dtype, varies: Varies::Not }];
        let map = Map { dtype, strides: Strides::new() };
        let tape =
            Tape { dims: Dims::new(), inner: 0, order: Order::Blocks, inputs: vec![], params: vec![dtype], code, outputs: vec![(0, map)] };
        self.drafts.push(Draft {
            work: Work::Tape(tape),
            stream: self.ir.nodes[node as usize].stream,
            inputs: vec![],
            outputs: vec![Slot { root, bytes: 0 }],
            params: vec![param],
            ops: vec![self.op(node)],
            why: None,
        });
    }

    /// A tape that copies `from` (over `dims`) to a place in `to`.
    fn copy(&mut self, node: u32, from: Value, dims: &[usize], strides: &[isize], to: Slot, why: Option<&'static str>) {
        let dtype = self.ir.aval(from).dtype;
        let source = self.fused.at(from).layout.strides.clone();
        let tape = Tape {
            dims: dims.into(),
            inner: 0,
            order: Order::Blocks,
            inputs: vec![Map { dtype, strides: source }],
            params: vec![],
            code: vec![Instr { inst: Inst::Load(0), dtype, varies: Varies::Element }],
            outputs: vec![(0, Map { dtype, strides: strides.into() })],
        };
        self.drafts.push(Draft {
            work: Work::Tape(tape),
            stream: self.ir.nodes[node as usize].stream,
            inputs: vec![self.slot(from)],
            outputs: vec![to],
            params: vec![],
            ops: vec![self.op(node)],
            why,
        });
    }

    fn node(&mut self, index: u32) {
        let node = &self.ir.nodes[index as usize];
        let out = Value { node: index, out: 0 };
        let values: Vec<Value> = node.args.iter().filter_map(|a| if let Arg::Value(v) = a { Some(*v) } else { None }).collect();
        let Some(Prim::Other(p)) = &node.prim else { unreachable!("only such primitives have steps of their own") };
        match p.role() {
            Role::Assemble(rule) => {
                let avals: Vec<_> = values.iter().map(|&v| self.ir.aval(v).clone()).collect();
                let size = node.avals[0].dtype.size();
                for part in rule.parts(&avals, &node.avals[0]) {
                    let to = Slot { root: out, bytes: part.offset * size };
                    self.copy(index, values[part.input], &part.dims, &part.strides, to, Some("a part of an assembled array"));
                }
            }
            Role::Kernel(rule) => {
                let views: Vec<View> = values.iter().map(|&v| self.view(v)).collect();
                let work = rule.work(&views, &node.avals);
                let from = if rule.updates_first() {
                    let strides = self.fused.at(out).layout.strides.clone();
                    self.copy(
                        index,
                        values[0],
                        &node.avals[0].shape.clone(),
                        &strides,
                        Slot { root: out, bytes: 0 },
                        Some("the start of an update"),
                    );
                    1
                } else {
                    0
                };
                let outputs = (0..node.avals.len() as u32).map(|o| Slot { root: Value { node: index, out: o }, bytes: 0 }).collect();
                self.drafts.push(Draft {
                    work,
                    stream: node.stream,
                    inputs: values[from..].iter().map(|&v| self.slot(v)).collect(),
                    outputs,
                    params: vec![],
                    ops: vec![self.op(index)],
                    why: Some("a kernel of its own"),
                });
            }
            _ => unreachable!("only kernels and assemblies have steps of their own"),
        }
    }
}

/// Writes one group as a tape.
struct TapeBuilder<'a> {
    ir: &'a Ir,
    fused: &'a Fused,
    index: u32,
    group: &'a Group,
    /// The space's axes in the tape's order: outer, then row.
    axes: Vec<usize>,
    outer: usize,
    tape: Tape,
    inputs: Vec<Slot>,
    params: Vec<Param>,
    regs: HashMap<Value, Reg>,
    loads: HashMap<(Value, usize, Strides, Dtype), Reg>,
    constants: HashMap<(u64, u64, Dtype), Reg>,
    widened: HashMap<(Reg, Dtype), Reg>,
}

impl<'a> TapeBuilder<'a> {
    fn new(ir: &'a Ir, fused: &'a Fused, index: u32) -> Self {
        let group = &fused.groups[index as usize];
        let reduced: &[usize] = group.axes.as_deref().unwrap_or(&[]);
        let mut axes: Vec<usize> = (0..group.space.len()).filter(|a| !reduced.contains(a)).collect();
        let outer = axes.len();
        axes.extend(reduced);
        let tape = Tape {
            dims: axes.iter().map(|&a| group.space[a]).collect(),
            inner: reduced.len(),
            order: group.order(),
            inputs: vec![],
            params: vec![],
            code: vec![],
            outputs: vec![],
        };
        let (inputs, params) = (vec![], vec![]);
        TapeBuilder {
            ir,
            fused,
            index,
            group,
            axes,
            outer,
            tape,
            inputs,
            params,
            regs: HashMap::default(),
            loads: HashMap::default(),
            constants: HashMap::default(),
            widened: HashMap::default(),
        }
    }

    fn push(&mut self, inst: Inst, dtype: Dtype) -> Reg {
        let varies = match inst {
            Inst::Param(_) => Varies::Not,
            Inst::Load(_) | Inst::Index(_) => Varies::Element,
            Inst::Reduce(..) => Varies::Outer,
            Inst::Apply(..) | Inst::Cast(_) => {
                Tape::sources(&inst).map(|r| self.tape.code[r as usize].varies).max().expect("it has operands")
            }
        };
        self.tape.code.push(Instr { inst, dtype, varies });
        (self.tape.code.len() - 1) as Reg
    }

    fn param(&mut self, param: Param, dtype: Dtype) -> Reg {
        let key = match param {
            Param::Graph(i) => (0, i as u64, dtype),
            Param::Constant(b) => (1, b, dtype),
        };
        if let Some(&r) = self.constants.get(&key) {
            return r;
        }
        let k = self.params.len() as u32;
        self.params.push(param);
        self.tape.params.push(dtype);
        let r = self.push(Inst::Param(k), dtype);
        self.constants.insert(key, r);
        r
    }

    /// Strides over the space (or its outer axes) in the tape's order, zero along the row for outer values.
    fn map(&self, dims: &[usize], layout: &Layout, outer: bool) -> Strides {
        let (squeezed, strides) = squeeze(dims, &layout.strides);
        if outer && self.tape.inner > 0 {
            let compact =
                if squeezed.len() == self.outer { strides } else { self.axes[..self.outer].iter().map(|&a| strides[a]).collect() };
            return compact.into_iter().chain(std::iter::repeat_n(0, self.tape.inner)).collect();
        }
        self.axes.iter().map(|&a| strides[a]).collect()
    }

    /// The register of an input of node `i`.
    fn arg(&mut self, i: u32, a: Arg, outer: bool) -> Reg {
        let v = match a {
            Arg::Scalar(p, d) => return self.param(p, d),
            Arg::Value(v) => v,
        };
        let place = self.fused.at(v);
        if let Kind::Uniform(p, d) = self.fused.at(place.root).kind
            && place.kind == self.fused.at(place.root).kind
        {
            return self.param(p, d);
        }
        if self.fused.in_tape(self.ir, i, v, self.index) {
            return self.regs[&place.root];
        }
        let strides = self.map(self.fused.dims(self.ir, i, v), &place.layout, outer);
        let offset = place.layout.offset;
        let Some(narrow) = self.fused.narrow(self.ir, v) else {
            return self.load(place.root, offset, strides, self.ir.aval(v).dtype);
        };
        let r = self.load(self.fused.at(narrow).root, offset, strides, self.ir.aval(narrow).dtype);
        let wide = self.ir.aval(v).dtype;
        *self.widened.entry((r, wide)).or_insert_with(|| {
            let varies = self.tape.code[r as usize].varies;
            self.tape.code.push(Instr { inst: Inst::Cast(r), dtype: wide, varies });
            (self.tape.code.len() - 1) as Reg
        })
    }

    /// A value in memory, loaded once.
    fn load(&mut self, root: Value, offset: usize, strides: Strides, dtype: Dtype) -> Reg {
        let key = (root, offset, strides, dtype);
        if let Some(&r) = self.loads.get(&key) {
            return r;
        }
        let k = self.inputs.len() as u32;
        self.inputs.push(Slot { root, bytes: offset * dtype.size() });
        // What is the same along the row is loaded once for it.
        let same = self.tape.inner > 0 && key.2[self.outer..].iter().all(|&s| s == 0);
        self.tape.inputs.push(Map { dtype, strides: key.2.clone() });
        let r = self.push(Inst::Load(k), dtype);
        if same {
            self.tape.code[r as usize].varies = Varies::Outer;
        }
        self.loads.insert(key, r);
        r
    }

    fn build(mut self) -> Draft {
        let mut members = self.group.members.clone();
        members.sort_unstable();
        let mut ops = Vec::with_capacity(members.len());
        let mut outputs = Vec::new();
        for &m in &members {
            let node = &self.ir.nodes[m as usize];
            let prim = node.prim.as_ref().expect("members are primitives");
            ops.push((prim.name(), node.site));
            let value = Value { node: m, out: 0 };
            let place = self.fused.at(value);
            let Kind::Member { extent, .. } = place.kind else { unreachable!("members are members") };
            let aval = &node.avals[0];
            // An outer value that is kept in broadcast form reads per-row memory only through the group.
            let outer = extent == Extent::Outer;
            let reg = match prim {
                Prim::Elementwise(op) => {
                    let mut r = [0; 3];
                    for (k, &a) in node.args.iter().enumerate() {
                        r[k] = self.arg(m, a, outer);
                    }
                    self.push(Inst::Apply(*op, r), aval.dtype)
                }
                Prim::Other(p) => match p.role() {
                    Role::Cast => {
                        let r = self.arg(m, node.args[0], outer);
                        self.push(Inst::Cast(r), aval.dtype)
                    }
                    Role::Index(axis) => {
                        let axis = squeezed_axes(&aval.shape, &[axis]);
                        match axis.first() {
                            Some(axis) => {
                                let at = self.axes.iter().position(|a| a == axis).expect("an axis of the space");
                                self.push(Inst::Index(at as u32), aval.dtype)
                            }
                            None => self.param(Param::Constant(0), aval.dtype),
                        }
                    }
                    Role::Reduce(op, axes) => {
                        let Arg::Value(v) = node.args[0] else { unreachable!("a reduction has an array") };
                        let r = self.arg(m, node.args[0], false);
                        if squeezed_axes(&self.ir.aval(v).shape, axes).is_empty() { r } else { self.reduce(op, r, aval.dtype) }
                    }
                    // A view that needs a row-major input: the copy that makes it so.
                    _ => self.arg(m, node.args[0], false),
                },
                Prim::Leaf | Prim::Output(_) => unreachable!("it is no member"),
            };
            self.regs.insert(value, reg);
            if self.fused.stored[m as usize][0] {
                let strides = if outer {
                    self.map(self.fused.smaller.get(&m).unwrap_or(&aval.shape), &place.layout, true)
                } else if self.group.space.is_empty() {
                    Strides::new()
                } else {
                    // A copy iterates over its input's shape; both are row-major.
                    let contiguous = lazulite_base::shape::contiguous(&self.group.space);
                    self.axes.iter().map(|&a| contiguous[a]).collect()
                };
                self.tape.outputs.push((reg, Map { dtype: aval.dtype, strides }));
                outputs.push(Slot { root: value, bytes: 0 });
            }
        }
        debug_assert_eq!(self.tape.validate(), Ok(()));
        Draft {
            work: Work::Tape(self.tape),
            stream: self.group.stream,
            inputs: self.inputs,
            outputs,
            params: self.params,
            ops,
            why: self.group.why,
        }
    }

    /// A reduction; halves accumulate in f32.
    fn reduce(&mut self, op: lazulite_base::tape::ReduceOp, r: Reg, dtype: Dtype) -> Reg {
        let from = self.tape.code[r as usize].dtype;
        let wide = from.accumulator();
        let r = if wide == from { r } else { self.push(Inst::Cast(r), wide) };
        let r = self.push(Inst::Reduce(op, r), wide);
        if wide == dtype { r } else { self.push(Inst::Cast(r), dtype) }
    }
}

impl Plan {
    /// Runs of steps of one stream.
    pub fn segments(&self) -> Vec<std::ops::Range<usize>> {
        let mut out: Vec<std::ops::Range<usize>> = Vec::new();
        for (i, s) in self.steps.iter().enumerate() {
            match out.last_mut() {
                Some(r) if self.steps[r.start].stream == s.stream => r.end = i + 1,
                _ => out.push(i..i + 1),
            }
        }
        out
    }
}

/// The table's operations in a tape, for listings.
pub(crate) fn tape_names(tape: &Tape) -> Vec<&'static str> {
    tape.code
        .iter()
        .filter_map(|i| match i.inst {
            Inst::Apply(op, _) => Some(Op::name(op)),
            Inst::Reduce(op, _) => Some(op.name()),
            Inst::Cast(_) => Some("astype"),
            _ => None,
        })
        .collect()
}
