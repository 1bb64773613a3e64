//! Matrix products.
//!
//! # Order
//! k is cut into blocks of [`BLOCK`] real steps and runs of [`RUN`]. A block is summed in rising order from zero, each step fused; a run's
//! blocks are added from first to last, then the runs. So the bits of an element depend on its row, its column and k alone: not on the
//! other rows and columns, the layout, the batch or the threads. A row of a batched product has the bits of the same vector's product.
//!
//! # Work
//! `a` is packed into panels of rows first. A task then makes some columns of the output for a range of panels: a block of these columns of
//! `b` is packed where the task runs, and meets every panel. So nothing of `b` is packed twice unless the output is too narrow to split by
//! columns alone. Products of a large batch are one task each, and a product with few elements but a long k splits by runs.

pub mod grouped;
pub mod pack;
pub mod right;
pub mod scratch;
pub mod tile;
pub mod vector;

use crate::dtypes::with_type;
use crate::isa::isa;
use crate::threads;
use crate::walk::Walk;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::shape::coalesce;
use lazulite_base::work::View;
use lazulite_base::{Error, ErrorKind, Result};
use pack::{Kind, Side};
use right::{Right, Strided};
use scratch::Scratch;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tile::{Tiled, Tiles};
use vector::Real;

/// Real steps of k in a block.
pub const BLOCK: usize = 256;
/// Real steps of k in a run.
pub const RUN: usize = 2048;
/// Numbers of `a` that are packed at once.
pub const PACKED: usize = 4 << 20;
/// The most groups of columns, each two registers wide, that a task makes side by side.
const SIDE: usize = 4;
/// Tasks below which a product is split further.
pub const TASKS: usize = 8;
/// Rows below which a range of panels is not split.
const ROWS: usize = 112;

/// A matrix in memory: how far apart lines (rows of a, columns of b) and steps of k lie.
#[derive(Clone, Copy)]
pub struct Layout {
    /// From line to line.
    pub line: isize,
    /// From step to step.
    pub step: isize,
}

/// A product of `m` rows and `n` columns over `k`, whose right operand lies as `R` says.
pub struct MatMul<K: Kind, R: Right<K> = Strided> {
    tiles: &'static Tiles<K::E>,
    m: usize,
    n: usize,
    k: usize,
    a: Layout,
    b: R,
    /// Panels of rows.
    panels: usize,
    /// Columns of a group.
    width: usize,
    /// Whether `a` is read where it lies.
    a_direct: bool,
    /// Whether `b` is read where it lies.
    b_direct: bool,
    /// Whether tiles are eight registers wide.
    wide: bool,
}

/// Products of a batch.
struct Batch<K: Kind> {
    one: MatMul<K>,
    walk: Walk<2>,
    /// Whether a is the transpose of the second input and b that of the first: a product with a vector has one row rather than one column.
    swapped: bool,
}

/// The kernel; `None` for dtypes without products.
pub fn kernel(a: &View, b: &View) -> Option<Arc<dyn Kernel>> {
    with_type!(a.dtype, T: inexact => Some(Arc::new(Batch::<T>::new(a, b))), else => None)
}

/// Operands' addresses; threads share them.
pub struct At<K: Kind, R: Right<K> = Strided> {
    /// The left operand's first element.
    pub a: *const K,
    /// The right operand.
    pub b: R::At,
    /// The output's first element.
    pub out: *mut K,
}

impl<K: Kind, R: Right<K>> Clone for At<K, R> {
    fn clone(&self) -> At<K, R> {
        *self
    }
}
impl<K: Kind, R: Right<K>> Copy for At<K, R> {}

impl<K: Kind> At<K> {
    /// The same, so many elements on.
    fn plus(self, a: isize, b: isize, out: usize) -> At<K> {
        At { a: self.a.wrapping_offset(a), b: self.b.wrapping_offset(b), out: self.out.wrapping_add(out) }
    }
}

// SAFETY: inputs are only read, and tasks write different elements of the output.
unsafe impl<K: Kind, R: Right<K>> Sync for At<K, R> {}

/// A pointer that tasks share, each using a part of its own.
#[derive(Clone, Copy)]
pub struct Shared<T>(pub *mut T);

// SAFETY: see above.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The place so many elements on.
    pub fn at(&self, offset: usize) -> *mut T {
        self.0.wrapping_add(offset)
    }
}

impl<K: Kind> Batch<K> {
    fn new(a: &View, b: &View) -> Batch<K> {
        let rank = a.dims.len();
        let (mut m, mut n, k) = (a.dims[rank - 2], b.dims[rank - 1], a.dims[rank - 1]);
        let mut la = Layout { line: a.strides[rank - 2], step: a.strides[rank - 1] };
        let mut lb = Layout { line: b.strides[rank - 1], step: b.strides[rank - 2] };
        let mut walk = Walk::new(&a.dims[..rank - 2], [&a.strides[..rank - 2], &b.strides[..rank - 2]]);
        // The same b for all: one product of all rows, where they lie evenly.
        if b.dims[..rank - 2].iter().zip(&b.strides).all(|(&d, &s)| d == 1 || s == 0) {
            let rows = &a.dims[..rank - 1];
            if let ([all], [strides]) = (&coalesce(rows, &[&a.strides[..rank - 1]]).0[..], &coalesce(rows, &[&a.strides[..rank - 1]]).1[..])
            {
                (m, la.line) = (*all, strides[0]);
                walk = Walk::new(&[], [&[], &[]]);
            }
        }
        let swapped = n == 1 && K::PLANES == 1;
        if swapped {
            (m, n, la, lb) = (1, m, lb, la);
        }
        Batch { one: MatMul::new([m, n, k], la, Strided(lb)), walk, swapped }
    }
}

impl<K: Kind, R: Right<K>> MatMul<K, R> {
    /// The product of sizes m, n and k; none of them is 0.
    pub fn new([m, n, k]: [usize; 3], a: Layout, b: R) -> MatMul<K, R> {
        let tiles = K::E::tiles(isa());
        let panels = m.div_ceil(tiles.by_rows.len() / K::PLANES);
        let a_direct = K::DIRECT && panels == 1 && (m == 1 || a.line == 1);
        let b_direct = b.layout().is_some_and(|b| {
            let small = b.step.unsigned_abs() * k * size_of::<K::E>() <= 32 << 10;
            K::DIRECT && b.line == 1 && (panels <= 4 || small)
        });
        let wide = b_direct && panels == 1 && m <= tiles.wide.len();
        let width = tiles.lanes * if wide { 8 } else { 2 };
        MatMul { tiles, m, n, k, a, b, panels, width, a_direct, b_direct, wide }
    }

    /// Real rows before panel `p`.
    #[inline]
    fn edge(&self, p: usize) -> usize {
        K::PLANES * (self.m * p / self.panels)
    }

    fn groups(&self) -> usize {
        self.n.div_ceil(self.width)
    }

    fn runs(&self) -> usize {
        (K::PLANES * self.k).div_ceil(RUN)
    }

    /// The real steps of a run.
    fn run(&self, r: usize) -> Range<usize> {
        r * RUN..((r + 1) * RUN).min(K::PLANES * self.k)
    }

    /// Packs panel `p` of run `steps` to `to`.
    unsafe fn pack_a(&self, at: At<K, R>, p: usize, steps: Range<usize>, to: *mut K::E) {
        let (lo, hi) = (self.edge(p), self.edge(p + 1));
        let from = at.a.wrapping_offset((lo / K::PLANES) as isize * self.a.line + (steps.start / K::PLANES) as isize * self.a.step);
        // SAFETY: the panel lies in a; the caller's promise for `to`.
        unsafe { K::pack(self.tiles, Side::A, from, self.a.line, hi - lo, self.a.step, steps.len(), to, hi - lo, true) };
    }

    /// Sums one run for panels and column groups into `c`, which is where their first element goes. `a` is where the run's first panel
    /// lies packed, `block` room for a block of b.
    ///
    /// # Safety
    /// All of it lies there, and no other thread writes these elements.
    #[allow(clippy::too_many_arguments)]
    unsafe fn strip(
        &self,
        at: At<K, R>,
        a: *const K::E,
        steps: Range<usize>,
        panels: Range<usize>,
        groups: Range<usize>,
        c: *mut K::E,
        pitch: usize,
        block: *mut K::E,
    ) {
        let (lanes, width) = (self.tiles.lanes, self.width);
        let first = self.edge(panels.start);
        let lies = self.b.layout().map(|layout| (self.b.first(at.b), layout));
        let lines = self.tiles.lines.zip(lies).filter(|(_, (_, b))| K::DIRECT && self.a_direct && self.m == 1 && b.step == 1);
        for start in steps.clone().step_by(BLOCK) {
            let k = (steps.end - start).min(BLOCK);
            let column = |g: usize| (g * width, (self.n - g * width).min(width));
            if let Some((lines, (b, layout))) = lines {
                let row = b.wrapping_offset((start / K::PLANES) as isize * layout.step);
                let a = at.a.wrapping_offset(start as isize * self.a.step).cast::<K::E>();
                let (from, end) = (groups.start * width, (groups.end * width).min(self.n));
                for j in (from..end).step_by(lanes) {
                    let b = row.wrapping_offset(j as isize * layout.line).cast::<K::E>();
                    let add = start > steps.start;
                    // SAFETY: the caller's promise.
                    unsafe { lines(k, a, self.a.step as usize, b, layout.line, (end - j).min(lanes), c.wrapping_add(j - from), add) };
                }
                continue;
            }
            if !self.b_direct {
                for g in groups.clone() {
                    let (j, n) = column(g);
                    let to = block.wrapping_add((g - groups.start) * width * BLOCK);
                    // SAFETY: the caller's promise.
                    unsafe { self.b.pack(self.tiles, at.b, j..j + n, start..start + k, to, width) };
                }
            }
            for p in panels.clone() {
                let (lo, hi) = (self.edge(p), self.edge(p + 1));
                let rows = hi - lo;
                let (a, sa) = if self.a_direct {
                    (at.a.wrapping_offset(start as isize * self.a.step).cast::<K::E>(), self.a.step as usize)
                } else {
                    (a.wrapping_add(lo * steps.len() + (start - steps.start) * rows), rows)
                };
                for g in groups.clone() {
                    let (j, n) = column(g);
                    let c = c.wrapping_add((lo - first) * pitch + (g - groups.start) * width);
                    let (b, sb) = match lies {
                        Some((b, layout)) if self.b_direct => {
                            let row = b.wrapping_offset((start / K::PLANES) as isize * layout.step);
                            (row.wrapping_add(j).cast::<K::E>(), layout.step as usize)
                        }
                        _ => (block.wrapping_add((g - groups.start) * width * BLOCK).cast_const(), width),
                    };
                    let add = start > steps.start;
                    // SAFETY: the caller's promise; the tiles' widths fit n.
                    unsafe {
                        if self.wide && n > 7 * lanes {
                            self.tiles.wide[rows - 1](k, a, sa, b, sb, c, pitch, n, add);
                            continue;
                        }
                        for j in (0..n).step_by(2 * lanes) {
                            let n = (n - j).min(2 * lanes);
                            let f = self.tiles.by_rows[rows - 1][(n > lanes) as usize];
                            f(k, a, sa, b.wrapping_add(j), sb, c.wrapping_add(j), pitch, n, add);
                        }
                    }
                }
            }
        }
    }

    /// Makes the output's elements of some panels and column groups; `a(run)` is where a run of the first panel lies packed.
    unsafe fn task(&self, at: At<K, R>, a: impl Fn(usize) -> *const K::E, panels: Range<usize>, groups: Range<usize>) -> Result<()> {
        let (lo, hi) = (self.edge(panels.start), self.edge(panels.end));
        let (j, end) = (groups.start * self.width, (groups.end * self.width).min(self.n));
        let (rows, n) = (hi - lo, end - j);
        let out = at.out.wrapping_add(lo / K::PLANES * self.n + j);
        let runs = self.runs();
        let side = if self.b_direct { 0 } else { groups.len() * self.width * BLOCK };
        let own = if K::DIRECT && runs == 1 { 0 } else { rows * n };
        let scratch = Scratch::new((side + own * runs.min(2)) * size_of::<K::E>())?;
        let block = scratch.start::<K::E>();
        let (sums, part) = (block.wrapping_add(side), block.wrapping_add(side + own));
        // SAFETY: the caller's promise; the scratch has room for the block, the sums and a run's part.
        unsafe {
            if K::DIRECT && runs == 1 {
                self.strip(at, a(0), self.run(0), panels, groups, out.cast(), self.n, block);
                return Ok(());
            }
            for r in 0..runs {
                let to = if r == 0 { sums } else { part };
                self.strip(at, a(r), self.run(r), panels.clone(), groups.clone(), to, n, block);
                if r > 0 {
                    add(sums, part, rows * n);
                }
            }
            K::finish(sums, n, rows, n, out, self.n);
        }
        Ok(())
    }

    /// Packs all panels of all runs within `panels`, from `to`: the panels of the first run, then those of the next.
    unsafe fn pack_panels(&self, at: At<K, R>, panels: Range<usize>, to: Shared<K::E>) {
        if self.a_direct {
            return;
        }
        let (first, rows) = (self.edge(panels.start), self.edge(panels.end) - self.edge(panels.start));
        let runs = self.runs();
        let cost = rows / panels.len() * (K::PLANES * self.k).min(RUN) * 200;
        threads::pieces(panels.len() * runs, cost, |units| {
            for u in units {
                let (p, steps) = (panels.start + u / runs, self.run(u % runs));
                let to = to.at(rows * steps.start + (self.edge(p) - first) * steps.len());
                // SAFETY: the caller's promise; every panel of every run has a place of its own.
                unsafe { self.pack_a(at, p, steps, to) };
            }
        });
    }

    /// One product, by all threads.
    unsafe fn product(&self, at: At<K, R>) -> Result<()> {
        let (steps, groups) = (K::PLANES * self.k, self.groups());
        let rows = K::PLANES * self.m / self.panels;
        let at_once = if self.a_direct { 1 } else { (PACKED / (rows * steps)).clamp(1, self.panels) };
        let scratch = Scratch::new(if self.a_direct { 0 } else { at_once * (rows + K::PLANES) * steps * size_of::<K::E>() })?;
        let packed = Shared(scratch.start::<K::E>());
        let failed = AtomicBool::new(false);
        for start in (0..self.panels).step_by(at_once) {
            let panels = start..(start + at_once).min(self.panels);
            // SAFETY: the scratch has room for so many panels.
            unsafe { self.pack_panels(at, panels.clone(), packed) };
            let first = self.edge(start);
            let rows = self.edge(panels.end) - first;
            let side = (groups / TASKS).clamp(1, SIDE);
            let columns = groups.div_ceil(side);
            let parts = TASKS.div_ceil(columns).min(rows / ROWS).max(1);
            let cost = rows / parts * (self.width * side).min(self.n) * steps * 20 + self.width * side * steps * size_of::<K::E>() * 30;
            threads::pieces(columns * parts, cost, |units| {
                for u in units {
                    let (part, column) = (u % parts, u / parts);
                    let mine = start + panels.len() * part / parts..start + panels.len() * (part + 1) / parts;
                    let groups = column * side..((column + 1) * side).min(groups);
                    // The strip reckons panels from the first of all; here the first of these lies at `packed`.
                    let a = |r: usize| {
                        let steps = self.run(r);
                        packed.at(rows * steps.start).wrapping_sub(first * steps.len()).cast_const()
                    };
                    // SAFETY: the caller's promise; tasks make different elements.
                    if unsafe { self.task(at, a, mine, groups) }.is_err() {
                        failed.store(true, Relaxed);
                    }
                }
            });
        }
        if failed.into_inner() { Err(Error::new(ErrorKind::OutOfMemory, "matmul", "no working memory")) } else { Ok(()) }
    }

    /// One product, by this thread.
    ///
    /// # Safety
    /// As for [`MatMul::whole`].
    pub unsafe fn alone(&self, at: At<K, R>) -> Result<()> {
        let steps = K::PLANES * self.k;
        let rows = K::PLANES * self.m;
        let scratch = Scratch::new(if self.a_direct { 0 } else { rows * steps * size_of::<K::E>() })?;
        let packed = scratch.start::<K::E>();
        if !self.a_direct {
            for r in 0..self.runs() {
                for p in 0..self.panels {
                    let steps = self.run(r);
                    // SAFETY: the scratch has room for all panels of all runs.
                    unsafe { self.pack_a(at, p, steps.clone(), packed.wrapping_add(rows * steps.start + self.edge(p) * steps.len())) };
                }
            }
        }
        for start in (0..self.groups()).step_by(SIDE) {
            let groups = start..(start + SIDE).min(self.groups());
            // SAFETY: the caller's promise.
            unsafe { self.task(at, |r| packed.wrapping_add(rows * self.run(r).start), 0..self.panels, groups)? };
        }
        Ok(())
    }

    /// One product of few elements and many runs, a run a task.
    unsafe fn split(&self, at: At<K, R>) -> Result<()> {
        let (rows, n, runs, groups) = (K::PLANES * self.m, self.n, self.runs(), self.groups());
        let at_once = (PACKED / (rows * n)).clamp(1, runs);
        let scratch = Scratch::new((at_once + 1) * rows * n * size_of::<K::E>())?;
        let (sums, parts) = (scratch.start::<K::E>(), Shared(scratch.start::<K::E>().wrapping_add(rows * n)));
        let failed = AtomicBool::new(false);
        for start in (0..runs).step_by(at_once) {
            let many = at_once.min(runs - start);
            threads::pieces(many, (rows * n * 20 + (rows + n) * 300) * RUN, |range| {
                for r in range {
                    let steps = self.run(start + r);
                    let (a, side) = (rows * steps.len(), self.width * BLOCK);
                    let Ok(scratch) = Scratch::new((a + side) * size_of::<K::E>()) else {
                        return failed.store(true, Relaxed);
                    };
                    let (packed, block) = (scratch.start::<K::E>(), scratch.start::<K::E>().wrapping_add(a));
                    // SAFETY: the scratch has room for the panels and a block; each task has its own part.
                    unsafe {
                        for p in (0..self.panels).filter(|_| !self.a_direct) {
                            self.pack_a(at, p, steps.clone(), packed.wrapping_add(self.edge(p) * steps.len()));
                        }
                        for g in 0..groups {
                            let to = parts.at(r * rows * n + g * self.width);
                            self.strip(at, packed, steps.clone(), 0..self.panels, g..g + 1, to, n, block);
                        }
                    }
                }
            });
            for r in 0..many {
                let part = parts.at(r * rows * n);
                // SAFETY: parts and sums have so many elements.
                unsafe { if start + r == 0 { sums.copy_from_nonoverlapping(part, rows * n) } else { add(sums, part, rows * n) } };
            }
        }
        // SAFETY: the caller's promise.
        unsafe { K::finish(sums, n, rows, n, at.out, n) };
        if failed.into_inner() { Err(Error::new(ErrorKind::OutOfMemory, "matmul", "no working memory")) } else { Ok(()) }
    }

    /// One product, by all threads.
    ///
    /// # Safety
    /// The operands lie at their addresses, and nobody else uses the output.
    pub unsafe fn whole(&self, at: At<K, R>) -> Result<()> {
        let narrow = self.groups() * (K::PLANES * self.m / ROWS).max(1) < TASKS && self.runs() > 1;
        // SAFETY: the caller's promise.
        unsafe { if narrow { self.split(at) } else { self.product(at) } }
    }
}

impl<K: Kind> MatMul<K> {
    /// The product of two contiguous vectors, as many blocks side by side as a register has lanes.
    unsafe fn dot(&self, at: At<K>) -> Result<()> {
        let (lanes, blocks) = (self.tiles.lanes, self.k.div_ceil(BLOCK));
        let scratch = Scratch::new(blocks.next_multiple_of(lanes) * size_of::<K::E>())?;
        let sums = Shared(scratch.start::<K::E>());
        let failed = AtomicBool::new(false);
        threads::pieces(blocks.div_ceil(lanes), BLOCK * lanes * 150, |range| {
            let Ok(scratch) = Scratch::new(2 * BLOCK * lanes * size_of::<K::E>()) else {
                return failed.store(true, Relaxed);
            };
            let (x, y) = (scratch.start::<K::E>(), scratch.start::<K::E>().wrapping_add(BLOCK * lanes));
            for group in range {
                let start = group * lanes * BLOCK;
                let steps = (self.k - start).min(lanes * BLOCK);
                let (whole, rest) = (steps / BLOCK, steps % BLOCK);
                let at = at.plus(start as isize, start as isize, 0);
                // SAFETY: the blocks lie in the vectors, and the scratch has room for a register's lanes of them.
                unsafe {
                    if whole < lanes {
                        x.write_bytes(0, 2 * BLOCK * lanes);
                    }
                    K::pack(self.tiles, Side::B, at.a, BLOCK as isize, whole, 1, BLOCK, x, lanes, true);
                    K::pack(self.tiles, Side::B, at.b, BLOCK as isize, whole, 1, BLOCK, y, lanes, true);
                    (self.tiles.lanewise)(BLOCK, x, y, sums.at(group * lanes));
                    if whole < lanes && rest > 0 {
                        let last = at.plus((whole * BLOCK) as isize, (whole * BLOCK) as isize, 0);
                        K::pack(self.tiles, Side::B, last.a, 1, 1, 1, rest, x, 1, true);
                        K::pack(self.tiles, Side::B, last.b, 1, 1, 1, rest, y, 1, true);
                        self.tiles.by_rows[0][0](rest, x, 1, y, 1, sums.at(group * lanes + whole), 1, 1, false);
                    }
                }
            }
        });
        // SAFETY: every block's sum was written.
        let sums = unsafe { std::slice::from_raw_parts(sums.at(0), blocks) };
        let runs = sums.chunks(RUN / BLOCK).map(|run| run.iter().copied().reduce(|a, b| a + b).expect("not empty"));
        let sum = runs.reduce(|a, b| a + b).expect("not empty");
        // SAFETY: one element.
        unsafe { K::finish(&sum, 1, 1, 1, at.out, 1) };
        if failed.into_inner() { Err(Error::new(ErrorKind::OutOfMemory, "matmul", "no working memory")) } else { Ok(()) }
    }
}

/// `sums += part`, `n` of them.
///
/// # Safety
/// Both lie there.
pub unsafe fn add<E: Real>(sums: *mut E, part: *const E, n: usize) {
    // SAFETY: the caller's promise.
    let (sums, part) = unsafe { (std::slice::from_raw_parts_mut(sums, n), std::slice::from_raw_parts(part, n)) };
    sums.iter_mut().zip(part).for_each(|(s, &p)| *s = *s + p);
}

impl<K: Kind> Kernel for Batch<K> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (one, swapped) = (&self.one, self.swapped);
        let [mut a, mut b] = self.walk.step();
        let mut inputs = [args.inputs[0], args.inputs[1]];
        if swapped {
            inputs.swap(0, 1);
            (a, b) = (b, a);
        }
        let all = At::<K> { a: inputs[0] as *const K, b: inputs[1] as *const K, out: args.outputs[0] as *mut K };
        let (count, size) = (self.walk.len(), one.m * one.n);
        if count * size == 0 {
            return Ok(());
        }
        if one.k == 0 {
            // SAFETY: the output's elements; a zero of every dtype is zero bits.
            unsafe { all.out.write_bytes(0, count * size) };
            return Ok(());
        }
        let item = |[x, y]: [isize; 2], at: usize, j: usize| {
            let (x, y) = if swapped { (y, x) } else { (x, y) };
            all.plus(x + j as isize * a, y + j as isize * b, (at + j) * size)
        };
        let work = size.saturating_mul(K::PLANES * K::PLANES * one.k);
        let small = K::PLANES * one.m * K::PLANES * one.k <= PACKED / 8;
        if small && count > 1 && (count >= 8 || work < 4 << 20) {
            let failed = AtomicBool::new(false);
            let cost = work.saturating_mul(20) + (one.m + one.n) * one.k * 200;
            threads::pieces(count, cost, |range| {
                self.walk.runs(range, |at, offset, len| {
                    for j in 0..len {
                        // SAFETY: the caller's promise; products have outputs of their own.
                        if unsafe { one.alone(item(offset, at, j)) }.is_err() {
                            failed.store(true, Relaxed);
                        }
                    }
                });
            });
            return if failed.into_inner() { Err(Error::new(ErrorKind::OutOfMemory, "matmul", "no working memory")) } else { Ok(()) };
        }
        let dot = K::PLANES == 1 && size == 1 && one.k >= 2 * BLOCK && one.a.step == 1 && one.b.0.step == 1;
        let mut outcome = Ok(());
        self.walk.runs(0..count, |at, offset, len| {
            for j in 0..len {
                let at = item(offset, at, j);
                // SAFETY: the caller's promise.
                outcome = outcome.clone().and(unsafe { if dot { one.dot(at) } else { one.whole(at) } });
            }
        });
        outcome
    }
}

const _: () = assert!(RUN.is_multiple_of(BLOCK) && BLOCK.is_multiple_of(2));
