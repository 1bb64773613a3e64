//! Where operands lie: the space cut into a loop side and a tile side, axes merged, and each operand's way through them.

use lazulite_base::shape::{Dims, Strides};
use lazulite_base::tape::{Inst, Order, Tape, Varies};
use lazulite_base::{Dtype, Op};
use smallvec::SmallVec;

/// How a program gets at an operand's elements of one tile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// A pointer into the operand itself: neighbours in memory are neighbours in the tile.
    Direct,
    /// One element serves the whole tile.
    Scalar,
    /// The elements are copied to or from a buffer.
    Copied,
    /// An input whose neighbours in memory lie along the tile side's axis before the last: [`LINES`] lines are turned at a time.
    Turned,
}

/// An input, an output, or the numbers along an axis.
#[derive(Debug)]
pub struct Operand {
    /// Of the memory (or of the register that an index fills).
    pub dtype: Dtype,
    /// Whether this is an index: its "address" is its value.
    pub index: bool,
    /// Steps along the loop side's axes: bytes, or units for an index.
    pub loops: Strides,
    /// Steps along the tile side's axes.
    pub tiles: Strides,
    /// How a tile's elements are reached.
    pub access: Access,
    /// What a direct pointer moves by from one element of the tile side to the next.
    pub step: isize,
}

/// The space, as one program walks it.
#[derive(Debug)]
pub struct Space {
    /// Whether outer elements are the tile side.
    pub vertical: bool,
    /// Axes of the loop side.
    pub loops: Dims,
    /// Axes of the tile side; never empty.
    pub tiles: Dims,
    /// Whether tiles cross the ends of the tile side's last axis.
    pub runs: bool,
    /// Elements of the loop side.
    pub loop_len: usize,
    /// Elements of the tile side.
    pub tile_len: usize,
    /// Elements of a row.
    pub row_len: usize,
    /// Whether any operand is [`Access::Turned`].
    pub turned: bool,
    /// Inputs, outputs, indices.
    pub operands: Vec<Operand>,
}

/// Lines of the tile side that turned operands are fetched for at a time.
pub const LINES: usize = 16;

/// Shorter last axes than this are walked by runs.
const SHORT: usize = 64;

type Steps = SmallVec<[isize; 4]>;

impl Space {
    /// Lays out a tape.
    pub fn new(tape: &Tape) -> Space {
        let rank = tape.dims.len();
        let row_len = if tape.inner == 0 { 1 } else { tape.row_len() };
        let mut operands = Vec::with_capacity(tape.inputs.len() + tape.outputs.len());
        let mut steps: Vec<Steps> = Vec::with_capacity(tape.inputs.len() + tape.outputs.len());
        let new = |dtype: Dtype, index: bool| Operand {
            dtype,
            index,
            loops: Strides::new(),
            tiles: Strides::new(),
            access: Access::Direct,
            step: 0,
        };
        for m in tape.inputs.iter().chain(tape.outputs.iter().map(|(_, m)| m)) {
            steps.push(m.strides.iter().map(|&s| s * m.dtype.size() as isize).collect());
            operands.push(new(m.dtype, false));
        }
        for i in &tape.code {
            if let Inst::Index(axis) = i.inst {
                let mut s: Steps = smallvec::smallvec![0; rank];
                s[axis as usize] = 1;
                steps.push(s);
                operands.push(new(i.dtype, true));
            }
        }
        let outer = if tape.inner == 0 { 0 } else { tape.outer() };
        let vertical = tape.inner > 0 && prefers_vertical(tape, row_len);
        let first = steps.get(tape.inputs.len()).cloned().unwrap_or_else(|| smallvec::smallvec![0; rank]);
        let mut free: SmallVec<[usize; 8]> = if tape.inner == 0 { (0..rank).collect() } else { (0..outer).collect() };
        // Axes that may be walked in any order are walked as the first output lies.
        free.sort_by_key(|&a| std::cmp::Reverse(first[a].unsigned_abs()));
        let row: SmallVec<[usize; 8]> = if tape.inner == 0 { SmallVec::new() } else { (outer..rank).collect() };
        let (loop_axes, tile_axes) = if tape.inner == 0 || vertical { (&row, &free) } else { (&free, &row) };
        let loops = side(&tape.dims, loop_axes, &steps, &mut operands, |o| &mut o.loops);
        let mut tiles = side(&tape.dims, tile_axes, &steps, &mut operands, |o| &mut o.tiles);
        if tiles.is_empty() {
            tiles.push(1);
            operands.iter_mut().for_each(|o| o.tiles.push(0));
        }
        let reduces = tape.code.iter().any(|i| matches!(i.inst, Inst::Reduce(..)));
        let last = tiles[tiles.len() - 1];
        let runs = tiles.len() > 1 && (last < SHORT || (reduces && !vertical));
        let tile_len: usize = tiles.iter().product();
        let mut turned = false;
        for (k, o) in operands.iter_mut().enumerate() {
            let size = if o.index { 0 } else { o.dtype.size() as isize };
            let s = o.tiles[o.tiles.len() - 1];
            (o.access, o.step) = if o.index {
                if o.tiles.iter().all(|&s| s == 0) || (!runs && s == 0) { (Access::Scalar, 0) } else { (Access::Copied, s) }
            } else if tile_len <= 1 {
                (Access::Direct, 0)
            } else if o.tiles.iter().all(|&s| s == 0) || (!runs && s == 0) {
                (Access::Scalar, 0)
            } else if (!runs && s == size) || (runs && contiguous(&tiles, &o.tiles, size)) {
                (Access::Direct, size)
            } else if !runs && !reduces && k < tape.inputs.len() && o.tiles.len() > 1 && o.tiles[o.tiles.len() - 2] == size {
                turned = true;
                (Access::Turned, s)
            } else {
                (Access::Copied, s)
            };
        }
        let loop_len = loops.iter().product();
        Space { vertical, loops, tiles, runs, loop_len, tile_len, row_len, turned, operands }
    }

    /// The last axis of the tile side.
    pub fn last(&self) -> usize {
        self.tiles[self.tiles.len() - 1]
    }
}

fn contiguous(dims: &[usize], steps: &[isize], size: isize) -> bool {
    let mut step = size;
    for (&d, &s) in dims.iter().zip(steps).rev() {
        if s != step {
            return false;
        }
        step *= d as isize;
    }
    true
}

/// Merges the axes of one side; gives its dims and sets every operand's steps.
fn side(dims: &[usize], axes: &[usize], steps: &[Steps], operands: &mut [Operand], of: impl Fn(&mut Operand) -> &mut Strides) -> Dims {
    let mut out = Dims::new();
    let mut last = usize::MAX;
    for &axis in axes {
        let d = dims[axis];
        if d == 1 {
            continue;
        }
        if last != usize::MAX && steps.iter().all(|s| s[last] == s[axis] * d as isize) {
            *out.last_mut().expect("an axis came before") *= d;
            for (o, s) in operands.iter_mut().zip(steps) {
                *of(o).last_mut().expect("an axis came before") = s[axis];
            }
        } else {
            out.push(d);
            for (o, s) in operands.iter_mut().zip(steps) {
                of(o).push(s[axis]);
            }
        }
        last = axis;
    }
    out
}

/// Whether a tape with rows is better walked across its rows.
fn prefers_vertical(tape: &Tape, row_len: usize) -> bool {
    let rows = tape.rows();
    if rows < 8 || row_len == 0 {
        return false;
    }
    let step = |strides: &Strides, axes: std::ops::Range<usize>| axes.rev().find(|&a| tape.dims[a] > 1).map_or(0, |a| strides[a]);
    let (mut across, mut along) = (0, 0);
    for i in tape.code.iter().filter(|i| i.varies == Varies::Element) {
        if let Inst::Load(k) = i.inst {
            let s = &tape.inputs[k as usize].strides;
            let (o, r) = (step(s, 0..tape.outer()), step(s, tape.outer()..tape.dims.len()));
            across += (o == 1) as usize;
            along += (r == 1) as usize;
        }
    }
    match tape.order {
        _ if row_len < 48 => rows >= 32 || across > along,
        Order::Lanes => across > along,
        Order::Blocks => across >= along,
    }
}

/// Cost of one element of an operation, in tenths of a nanosecond; a rough guess for deciding about threads and recomputation.
pub fn cost(op: Op, d: Dtype) -> usize {
    let scale = if d == Dtype::F32 { 1 } else { 3 };
    match op {
        Op::Divide | Op::Sqrt | Op::Reciprocal | Op::Rsqrt => 2 * scale,
        Op::Exp | Op::Log | Op::Sin | Op::Cos | Op::Tanh | Op::Sigmoid | Op::Erf => 8 * scale,
        Op::Power | Op::Remainder | Op::FloorDivide => 20 * scale,
        _ if op.info().accepts == lazulite_base::table::Accepts::Inexact || op.info().accepts == lazulite_base::table::Accepts::Float => {
            20 * scale
        }
        _ if d == Dtype::C64 => 4,
        _ => 1,
    }
}

/// Row-major coordinates of a linear index.
pub fn coordinates(dims: &[usize], mut linear: usize) -> SmallVec<[usize; 6]> {
    let mut c: SmallVec<[usize; 6]> = smallvec::smallvec![0; dims.len()];
    for (c, &d) in c.iter_mut().zip(dims).rev() {
        *c = linear % d;
        linear /= d;
    }
    c
}

/// The offset of a linear index over `dims`.
pub fn offset(dims: &[usize], steps: &[isize], mut linear: usize) -> isize {
    if let ([_], [s]) = (dims, steps) {
        return linear as isize * s;
    }
    let mut at = 0;
    for (&d, &s) in dims.iter().zip(steps).rev() {
        at += (linear % d) as isize * s;
        linear /= d;
    }
    at
}
