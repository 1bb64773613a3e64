//! Fusion: which nodes become one tape.
//!
//! Every elementwise node has a *space*, its shape without axes of size one; a reduction belongs to the space of its input. A node's
//! *level* is the largest over its inputs of: the input's level if both can be in one tape, else the level at which the input is in
//! memory, one more than its maker's ([`super::sink`] lets some go later). Groups of one level never depend on one another, so merging
//! them never makes a cycle, and the whole is one linear pass.
//!
//! Within a group over a space with reduced axes, values are per element or *outer*, one a row. An outer value that is broadcast back
//! over the row stays in the group, if rows are short enough to be kept: that is how softmax and layer norm become one tape. A value
//! broadcast from elsewhere is computed once, in a tape of its own, never per element.
//!
//! Refusals have a reason, which `explain` prints.

use crate::graph::node::Aval;
use crate::plan::Param;
use crate::plan::ir::{Arg, Ir, Value};
use crate::plan::sink;
use crate::primitive::{Prim, Role};
use crate::runtime::buffer::Layout;
use crate::runtime::stream::Stream;
use lazulite_base::tape::Order;
use lazulite_base::{Dims, Dtype, shape};

/// Most instructions of a tape.
const CAP: usize = 256;
/// Longest row whose elements are kept between the passes of a row tape.
const ROW: usize = 1 << 16;
/// Longest single row that is worth one tape on one thread.
const LONE_ROW: usize = 1 << 14;
/// Spaces up to this size share a tape even when they share nothing else.
const SMALL: usize = 1 << 12;

/// Over what a member of a group varies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extent {
    Element,
    Outer,
}

/// How a value comes to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Kind {
    /// Leaf number `.0`.
    Data(u32),
    /// Made in a tape.
    Member { group: u32, extent: Extent },
    /// Made by a step of its own.
    Step,
    /// One scalar everywhere.
    Uniform(Param, Dtype),
}

/// What fusion knows of a value.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub kind: Kind,
    /// The value whose memory it is in: itself, but for views.
    pub root: Value,
    /// How it lies there.
    pub layout: Layout,
    /// The level from which it can be read from memory.
    pub avail: u32,
}

/// Nodes that become one tape.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    parent: u32,
    pub level: u32,
    pub space: Dims,
    /// Reduced axes of the space.
    pub axes: Option<Dims>,
    pub stream: Stream,
    pub members: Vec<u32>,
    /// Why it is not one with the group before it.
    pub why: Option<&'static str>,
}

/// The grouping of an IR.
pub(crate) struct Fused {
    pub places: Vec<smallvec::SmallVec<[Place; 1]>>,
    pub groups: Vec<Group>,
    /// Values that must be in memory: read by another step, or wanted.
    pub stored: Vec<Vec<bool>>,
    fusion: bool,
    /// By node: the lowest level that an elementwise one may have; empty where every node goes as early as it can.
    floors: Vec<u32>,
    /// By node: the shape with ones for the axes along which all values of an elementwise node are the same.
    pub smaller: rustc_hash::FxHashMap<u32, Dims>,
    /// By value: the last group that read it from memory.
    readers: rustc_hash::FxHashMap<(u32, u32), u32>,
    /// The last group of a small space, by level.
    small: rustc_hash::FxHashMap<(u32, Dims), u32>,
}

/// A shape without its axes of size one, and the strides of those that remain.
pub(crate) fn squeeze(dims: &[usize], strides: &[isize]) -> (Dims, lazulite_base::Strides) {
    dims.iter().zip(strides).filter(|&(&d, _)| d != 1).map(|(&d, &s)| (d, s)).unzip()
}

pub(crate) fn space_of(dims: &[usize]) -> Dims {
    dims.iter().copied().filter(|&d| d != 1).collect()
}

/// The reduced axes within the space: those of size one do not count.
pub(crate) fn squeezed_axes(dims: &[usize], axes: &[usize]) -> Dims {
    axes.iter().filter(|&&a| dims[a] != 1).map(|&a| dims[..a].iter().filter(|&&d| d != 1).count()).collect()
}

impl Group {
    /// The space's axes that are not reduced.
    pub fn outer(&self) -> Dims {
        let axes = self.axes.as_deref().unwrap_or(&[]);
        (0..self.space.len()).filter(|a| !axes.contains(a)).map(|a| self.space[a]).collect()
    }

    /// The order of its reductions.
    pub fn order(&self) -> Order {
        let last = self.axes.as_deref().is_some_and(|a| a.last() == Some(&(self.space.len() - 1)));
        if last { Order::Lanes } else { Order::Blocks }
    }

    /// Whether a reduction's result may be used per element: rows along the last axes, short enough to keep.
    fn rows_fit(&self) -> bool {
        let Some(axes) = self.axes.as_deref() else { return false };
        let n = self.space.len();
        let trailing = axes.iter().rev().enumerate().all(|(i, &a)| a == n - 1 - i);
        let len: usize = axes.iter().map(|&a| self.space[a]).product();
        let rows: usize = self.outer().iter().product();
        trailing && len <= ROW && (rows > 1 || len <= LONE_ROW)
    }
}

impl Fused {
    /// Groups the nodes of `ir`.
    pub fn new(ir: &Ir, fusion: bool, leaf_layouts: &dyn Fn(u32) -> Layout) -> Fused {
        let earliest = Fused::from_floors(ir, fusion, leaf_layouts, Vec::new());
        match fusion.then(|| sink::floors(ir, &earliest)).flatten() {
            Some(floors) => Fused::from_floors(ir, fusion, leaf_layouts, floors),
            None => earliest,
        }
    }

    fn from_floors(ir: &Ir, fusion: bool, leaf_layouts: &dyn Fn(u32) -> Layout, floors: Vec<u32>) -> Fused {
        let mut f = Fused {
            places: Vec::with_capacity(ir.nodes.len()),
            groups: Vec::new(),
            stored: ir.nodes.iter().map(|n| vec![false; n.avals.len()]).collect(),
            fusion,
            floors,
            smaller: Default::default(),
            readers: Default::default(),
            small: Default::default(),
        };
        for i in 0..ir.nodes.len() as u32 {
            f.place(ir, i, leaf_layouts);
        }
        for (_, v) in &ir.wanted {
            f.store(*v);
        }
        f
    }

    pub fn at(&self, v: Value) -> &Place {
        &self.places[v.node as usize][v.out as usize]
    }

    /// The group that a group was merged into.
    pub fn find(&self, mut g: u32) -> u32 {
        while self.groups[g as usize].parent != g {
            g = self.groups[g as usize].parent;
        }
        g
    }

    /// Says that the value must be in memory.
    fn store(&mut self, v: Value) {
        let root = self.at(v).root;
        self.stored[root.node as usize][root.out as usize] = true;
    }

    /// What a tape reads in place of a value of another tape that only widens numbers: the numbers themselves, which are fewer bytes, and
    /// are widened again. They lie as the value does.
    pub fn narrow(&self, ir: &Ir, v: Value) -> Option<Value> {
        let root = self.at(v).root;
        let source = ir.widened(root)?;
        let (wide, narrow) = (self.at(root), self.at(source));
        let row_major = Layout::contiguous(&ir.aval(root).shape);
        let each = |k: Kind| matches!(k, Kind::Data(_) | Kind::Step | Kind::Member { extent: Extent::Element, .. });
        let alike = wide.layout == row_major && narrow.layout == row_major && each(wide.kind) && each(narrow.kind);
        (self.fusion && alike).then_some(source)
    }

    /// Whether node `i` of a group finds its input in the tape, as the tape makes it. What reads another view of a widened value of its own
    /// tape reads the narrow numbers.
    pub fn in_tape(&self, ir: &Ir, i: u32, v: Value, group: u32) -> bool {
        let p = self.at(v);
        match self.at(p.root).kind {
            Kind::Member { group: g, extent } if self.find(g) == group => {
                let (space, strides) = squeeze(self.dims(ir, i, v), &p.layout.strides);
                let whole = space == self.groups[group as usize].space && p.layout.offset == 0 && shape::is_contiguous(&space, &strides);
                whole || extent == Extent::Outer
            }
            _ => false,
        }
    }

    /// The shape over which node `i` of a tape uses its input.
    pub fn dims<'a>(&'a self, ir: &'a Ir, i: u32, v: Value) -> &'a Dims {
        match &ir.nodes[i as usize].prim {
            Some(Prim::Other(p)) if matches!(p.role(), Role::Reduce(..) | Role::View(_)) => &ir.aval(v).shape,
            _ => self.smaller.get(&i).unwrap_or(&ir.nodes[i as usize].avals[0].shape),
        }
    }

    /// What is in memory for a tape that reads the value from there.
    pub fn source(&self, ir: &Ir, v: Value) -> Value {
        self.narrow(ir, v).unwrap_or(v)
    }

    /// Says that a tape reads the value from memory; the level from which it is there.
    fn read(&mut self, ir: &Ir, v: Value) -> u32 {
        let v = self.source(ir, v);
        self.store(v);
        self.at(v).avail
    }

    fn member(&mut self, ir: &Ir, node: u32, group: u32, extent: Extent, layout: Layout) {
        let g = &mut self.groups[group as usize];
        g.members.push(node);
        let avail = g.level + 1;
        debug_assert_eq!(ir.nodes[node as usize].avals.len(), 1);
        self.places.push(smallvec::smallvec![Place { kind: Kind::Member { group, extent }, root: Value { node, out: 0 }, layout, avail }]);
    }

    fn open(&mut self, level: u32, space: Dims, axes: Option<Dims>, stream: Stream, why: Option<&'static str>) -> u32 {
        let index = self.groups.len() as u32;
        if space.iter().product::<usize>() <= SMALL && axes.is_none() {
            self.small.insert((level, space.clone()), index);
        }
        self.groups.push(Group { parent: index, level, space, axes, stream, members: Vec::new(), why });
        index
    }

    /// Merges two groups of one level and space, unless their reduced axes differ or the tape would be too long.
    fn merge(&mut self, a: u32, b: u32) -> Result<u32, &'static str> {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return Ok(a);
        }
        let (x, y) = (&self.groups[a as usize], &self.groups[b as usize]);
        debug_assert_eq!(x.level, y.level);
        if x.space != y.space {
            return Err("another shape");
        }
        if x.stream != y.stream {
            return Err("another stream");
        }
        if x.axes.is_some() && y.axes.is_some() && x.axes != y.axes {
            return Err("reduced along other axes");
        }
        if x.members.len() + y.members.len() >= CAP {
            return Err("the tape is full");
        }
        let moved = std::mem::take(&mut self.groups[b as usize].members);
        let axes = self.groups[b as usize].axes.take();
        self.groups[b as usize].parent = a;
        let x = &mut self.groups[a as usize];
        x.members.extend(moved);
        x.axes = x.axes.take().or(axes);
        Ok(a)
    }

    /// Whether one more node fits.
    fn room(&self, g: u32) -> bool {
        self.fusion && self.groups[g as usize].members.len() < CAP
    }

    /// How an input can be used without memory at space `space`: its group, and whether it varies per element there, is outer in its
    /// own compact shape, or is an outer value broadcast over the row.
    fn inside(&self, v: Value, dims: &[usize]) -> Option<(u32, Use)> {
        let p = self.at(v);
        let Kind::Member { group, extent } = self.at(p.root).kind else { return None };
        let group = self.find(group);
        let g = &self.groups[group as usize];
        let (space, strides) = squeeze(dims, &p.layout.strides);
        let usage = match extent {
            Extent::Element => (space == g.space && shape::is_contiguous(&space, &strides)).then_some(Use::Element),
            Extent::Outer => {
                let outer = g.outer();
                if space == outer && shape::is_contiguous(&space, &strides) {
                    Some(Use::Compact)
                } else if space == g.space && g.rows_fit() {
                    let axes = g.axes.as_deref().unwrap_or(&[]);
                    let compact = shape::contiguous(&outer);
                    let mut next = compact.iter();
                    let fits =
                        (0..space.len()).all(|a| strides[a] == if axes.contains(&a) { 0 } else { *next.next().expect("an outer axis") });
                    fits.then_some(Use::Broadcast)
                } else {
                    None
                }
            }
        };
        usage.filter(|_| p.layout.offset == 0).map(|u| (group, u))
    }

    fn place(&mut self, ir: &Ir, i: u32, leaf_layouts: &dyn Fn(u32) -> Layout) {
        let node = &ir.nodes[i as usize];
        let Some(prim) = &node.prim else {
            let place = Place { kind: Kind::Data(node.leaf), root: Value { node: i, out: 0 }, layout: leaf_layouts(node.leaf), avail: 0 };
            self.places.push(smallvec::smallvec![place]);
            return;
        };
        match prim {
            Prim::Leaf | Prim::Output(_) => unreachable!("data has no primitive"),
            Prim::Elementwise(_) => self.elementwise(ir, i),
            Prim::Other(p) => match p.role() {
                Role::Cast | Role::Index(_) => self.elementwise(ir, i),
                Role::Constant => {
                    let Arg::Scalar(param, d) = node.args[0] else { unreachable!("a constant has a scalar") };
                    let aval = &node.avals[0];
                    let layout = Layout { strides: smallvec::smallvec![0; aval.shape.len()], offset: 0 };
                    self.places.push(smallvec::smallvec![Place {
                        kind: Kind::Uniform(param, d),
                        root: Value { node: i, out: 0 },
                        layout,
                        avail: 0
                    }]);
                }
                Role::Reduce(_, axes) => self.reduce(ir, i, axes),
                Role::View(view) => {
                    let Arg::Value(v) = node.args[0] else { unreachable!("a view has an array") };
                    let p = self.at(v).clone();
                    match view.layout(ir.aval(v), &p.layout, &node.avals[0]) {
                        Some(layout) => self.places.push(smallvec::smallvec![Place { layout, ..p }]),
                        None => self.copy(ir, i, v),
                    }
                }
                Role::Alias => {
                    // An ordered one: a barrier. Everything before it is in memory before anything after it runs.
                    let level = self.read_all(ir, i);
                    let places = (0..node.avals.len())
                        .map(|out| {
                            let Arg::Value(v) = node.args[out] else { unreachable!("a barrier has arrays") };
                            Place { avail: level, ..self.at(v).clone() }
                        })
                        .collect();
                    self.places.push(places);
                }
                Role::Kernel(_) | Role::Assemble(_) => {
                    let level = self.read_all(ir, i);
                    let places = node
                        .avals
                        .iter()
                        .enumerate()
                        .map(|(out, aval)| Place {
                            kind: Kind::Step,
                            root: Value { node: i, out: out as u32 },
                            layout: Layout::contiguous(&aval.shape),
                            avail: level + 1,
                        })
                        .collect();
                    self.places.push(places);
                }
                Role::Call(_) => unreachable!("calls are inlined"),
            },
        }
    }

    /// Reads every input from memory; the level at which all are there.
    fn read_all(&mut self, ir: &Ir, i: u32) -> u32 {
        let mut level = 0;
        for a in &ir.nodes[i as usize].args {
            if let Arg::Value(v) = a {
                self.store(*v);
                level = level.max(self.at(*v).avail);
            }
        }
        level
    }

    /// A row-major copy of `v`: a tape of one load and one store over the input's shape.
    fn copy(&mut self, ir: &Ir, i: u32, v: Value) {
        let level = self.read(ir, v);
        let space = space_of(&ir.aval(v).shape);
        let group = self.open(level, space, None, ir.nodes[i as usize].stream, Some("a copy into row-major order"));
        let layout = Layout::contiguous(&ir.nodes[i as usize].avals[0].shape);
        self.member(ir, i, group, Extent::Element, layout);
    }

    /// The shape with ones for the axes along which all of these are the same, if there are such and the values are of one tape: then it is
    /// the place to compute what is made of them, as the cotangent of a sum's terms.
    fn smaller(&self, values: &[Value], dims: &[usize], stream: Stream) -> Option<(Dims, u32, Use)> {
        let same = |a: usize| values.iter().all(|&v| self.at(v).layout.strides[a] == 0);
        let small: Dims = (0..dims.len()).map(|a| if same(a) { 1 } else { dims[a] }).collect();
        if small[..] == *dims || !self.fusion || dims.contains(&0) {
            return None;
        }
        let (first, usage) = self.inside(*values.first()?, &small)?;
        let together = values.iter().all(|&v| self.inside(v, &small) == Some((first, usage)));
        (together && usage != Use::Broadcast && self.room(first) && self.groups[first as usize].stream == stream)
            .then_some((small, first, usage))
    }

    fn elementwise(&mut self, ir: &Ir, i: u32) {
        let node = &ir.nodes[i as usize];
        let aval = &node.avals[0];
        let values: smallvec::SmallVec<[Value; 3]> = node
            .args
            .iter()
            .filter_map(|a| if let Arg::Value(v) = a { Some(*v) } else { None })
            .filter(|&v| !matches!(self.at(v).kind, Kind::Uniform(..)))
            .collect();
        if values.is_empty() && !matches!(&node.prim, Some(Prim::Other(p)) if matches!(p.role(), Role::Index(_))) {
            // One value everywhere: computed once.
            let group = self
                .small
                .get(&(0, Dims::new()))
                .map(|&g| self.find(g))
                .filter(|&g| self.room(g) && self.groups[g as usize].stream == node.stream);
            let group = group.unwrap_or_else(|| self.open(0, Dims::new(), None, node.stream, None));
            let layout = Layout { strides: smallvec::smallvec![0; aval.shape.len()], offset: 0 };
            self.member(ir, i, group, Extent::Element, layout);
            return;
        }
        if let Some((small, group, usage)) = self.smaller(&values, &aval.shape, node.stream) {
            let extent = if usage == Use::Compact { Extent::Outer } else { Extent::Element };
            let mut layout = Layout::contiguous(&small);
            (0..small.len()).filter(|&a| small[a] != aval.shape[a]).for_each(|a| layout.strides[a] = 0);
            self.smaller.insert(i, small);
            return self.member(ir, i, group, extent, layout);
        }
        let uses: smallvec::SmallVec<[Option<(u32, Use)>; 3]> =
            values.iter().map(|&v| if self.fusion { self.inside(v, &aval.shape) } else { None }).collect();
        let group_level = |f: &Fused, u: &Option<(u32, Use)>| u.map(|(g, _)| f.groups[g as usize].level);
        let level = values
            .iter()
            .zip(&uses)
            .map(|(&v, u)| group_level(self, u).unwrap_or_else(|| self.at(self.source(ir, v)).avail))
            .max()
            .unwrap_or(0);
        let level = level.max(self.floors.get(i as usize).copied().unwrap_or(0));
        let joined: smallvec::SmallVec<[(u32, Use); 3]> =
            uses.iter().flatten().copied().filter(|&(g, _)| self.groups[g as usize].level == level).collect();
        let read: smallvec::SmallVec<[Value; 3]> =
            values.iter().zip(&uses).filter(|(_, u)| group_level(self, u) != Some(level)).map(|(&v, _)| v).collect();
        let compact = joined.iter().any(|&(_, u)| u == Use::Compact);
        let mut why = None;
        let mut target: Option<u32> = None;
        for (k, &(g, u)) in joined.iter().enumerate() {
            let fits = (u == Use::Compact) == compact && self.groups[g as usize].stream == node.stream;
            let merged = if !fits {
                Err("another shape")
            } else if k == 0 {
                Ok(self.find(g))
            } else {
                self.merge(target.expect("set by the first"), g)
            };
            match merged {
                Ok(g) if self.room(g) => target = Some(g),
                Ok(_) => why = Some("the tape is full"),
                Err(e) => why = Some(e),
            }
            if why.is_some() {
                break;
            }
        }
        if why.is_some() {
            // It starts a tape of its own, one level on, with everything it needs in memory.
            let level = values.iter().map(|&v| self.read(ir, v)).max().unwrap_or(0);
            let group = self.open(level, space_of(&aval.shape), None, node.stream, why);
            self.note_reads(ir, &values, group);
            return self.member(ir, i, group, Extent::Element, Layout::contiguous(&aval.shape));
        }
        for &v in &read {
            self.read(ir, v);
        }
        let Some(group) = target else {
            let group = self.group_for(ir, level, space_of(&aval.shape), None, node.stream, &read);
            return self.member(ir, i, group, Extent::Element, Layout::contiguous(&aval.shape));
        };
        self.note_reads(ir, &read, group);
        if compact {
            return self.member(ir, i, group, Extent::Outer, Layout::contiguous(&aval.shape));
        }
        if read.is_empty() && joined.iter().all(|&(_, u)| u == Use::Broadcast) {
            // Still one value a row: computed once a row.
            let k = values.iter().zip(&uses).position(|(_, u)| group_level(self, u) == Some(level)).expect("one joined");
            let layout = self.at(values[k]).layout.clone();
            return self.member(ir, i, group, Extent::Outer, layout);
        }
        self.member(ir, i, group, Extent::Element, Layout::contiguous(&aval.shape));
    }

    fn reduce(&mut self, ir: &Ir, i: u32, axes: &[usize]) {
        let node = &ir.nodes[i as usize];
        let Arg::Value(v) = node.args[0] else { unreachable!("a reduction has an array") };
        let input: &Aval = ir.aval(v);
        let axes = squeezed_axes(&input.shape, axes);
        let out = Layout::contiguous(&node.avals[0].shape);
        if axes.is_empty() {
            return self.copy(ir, i, v);
        }
        let inside = if self.fusion { self.inside(v, &input.shape) } else { None };
        if let Some((g, Use::Element)) = inside {
            let group = &mut self.groups[g as usize];
            let same = group.axes.as_ref().is_none_or(|a| *a == axes);
            if same && group.stream == node.stream && group.members.len() < CAP {
                group.axes = Some(axes);
                return self.member(ir, i, g, Extent::Outer, out);
            }
        }
        let level = self.read(ir, v);
        let group = self.group_for(ir, level, space_of(&input.shape), Some(axes), node.stream, &[v]);
        self.member(ir, i, group, Extent::Outer, out);
    }

    /// A group for a node that takes nothing from one: of a sibling that reads the same memory, of a small neighbour, or its own.
    fn group_for(&mut self, ir: &Ir, level: u32, space: Dims, axes: Option<Dims>, stream: Stream, read: &[Value]) -> u32 {
        let accepts = |f: &Fused, g: u32| {
            let x = &f.groups[g as usize];
            let same = x.axes.is_none() || axes.is_none() || x.axes == axes;
            f.room(g) && x.level == level && x.space == space && x.stream == stream && same
        };
        let mut found = None;
        for &v in read {
            let root = self.at(self.source(ir, v)).root;
            if let Some(&g) = self.readers.get(&(root.node, root.out)) {
                let g = self.find(g);
                if accepts(self, g) {
                    found = Some(g);
                    break;
                }
            }
        }
        if found.is_none() && space.iter().product::<usize>() <= SMALL {
            found = self.small.get(&(level, space.clone())).map(|&g| self.find(g)).filter(|&g| accepts(self, g));
        }
        let group = match found {
            Some(g) => {
                let x = &mut self.groups[g as usize];
                x.axes = x.axes.take().or(axes);
                g
            }
            None => {
                self.open(level, space, axes, stream, if self.fusion { Some("its inputs come from memory") } else { Some("fusion is off") })
            }
        };
        self.note_reads(ir, read, group);
        group
    }

    fn note_reads(&mut self, ir: &Ir, read: &[Value], group: u32) {
        for &v in read {
            let root = self.at(self.source(ir, v)).root;
            self.readers.insert((root.node, root.out), group);
        }
    }
}

/// How a value of a group is used by a node that might join it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Use {
    /// As one value an element.
    Element,
    /// As one value a row, in the shape of the outer axes.
    Compact,
    /// As one value a row, broadcast over the row.
    Broadcast,
}
