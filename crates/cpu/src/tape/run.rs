//! Runs compiled tapes: walks the space tile by tile, alone or shared among threads.

use super::emit::{Program, Reduced, SMALL, Transfer, turned_line};
use super::kernels::{self, FOLD, START};
use super::lower::{Compiled, Phase, Reduction};
use super::space::{LINES, coordinates, offset};
use crate::threads;
use lazulite_base::backend::Args;
use lazulite_base::{Dtype, tape::LANES};
use lazulite_base::{bf16, f16};
use std::cell::{Cell, UnsafeCell};
use std::ops::Range;

/// Serial work, in nanoseconds, from which threads pay.
const WORTH_THREADS: usize = 10_000;
/// Work, in nanoseconds, below which no piece is cut.
const PIECE: usize = 4_000;

#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line(#[allow(dead_code)] [u8; SMALL]);

thread_local! {
    static SCRATCH: UnsafeCell<Vec<Line>> = const { UnsafeCell::new(Vec::new()) };
}

/// Calls `body` with this thread's scratch memory of at least `bytes` bytes. Kernels never come back here, so it is never in use twice.
fn with_scratch<R>(bytes: usize, body: impl FnOnce(*mut u8) -> R) -> R {
    SCRATCH.with(|s| {
        // SAFETY: the memory belongs to this thread, and `body` runs nothing that asks for it again.
        let v = unsafe { &mut *s.get() };
        let lines = bytes.div_ceil(SMALL);
        if v.len() < lines {
            v.resize(lines, Line([0; SMALL]));
        }
        body(v.as_mut_ptr().cast())
    })
}

/// A pointer that threads share; they write to disjoint places behind it.
#[derive(Clone, Copy)]
struct Shared(*mut u8);

// SAFETY: who makes one says who writes where.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    fn get(self) -> *mut u8 {
        self.0
    }
}

/// One thread's view of a run: its scratch memory and the operands' addresses.
struct Context<'a> {
    c: &'a Compiled,
    /// The table of slots.
    ptr: *mut *mut u8,
    /// Each operand's first element.
    home: *mut isize,
    /// Each operand's element at the current index of the loop side and at the start of the current line of the tile side.
    cur: *mut isize,
    /// The index of the loop side and the line that `cur` is at.
    seated: Cell<(usize, usize)>,
}

impl Compiled {
    /// Runs the tape.
    ///
    /// # Safety
    /// The addresses are valid for the tape's maps and outputs overlap nothing but inputs of the same map.
    pub unsafe fn run(&self, args: Args<'_>) {
        let s = &self.space;
        if if s.vertical { s.tile_len == 0 } else { s.loop_len == 0 } {
            return;
        }
        let items = if s.vertical { self.tiles } else { s.loop_len };
        let elements = s.loop_len.max(1) * s.tile_len.max(1);
        let work = elements.saturating_mul(self.cost) / 10;
        let threads = if work < WORTH_THREADS { 1 } else { threads::count() };
        if threads == 1 {
            // SAFETY: passed on.
            return unsafe { self.enter(args, |x| (0..items).for_each(|i| x.item(i))) };
        }
        let pieces = (work / PIECE).clamp(2, 8 * threads);
        if items >= 2 * threads || self.keeps {
            let pieces = pieces.min(items);
            threads::parallel(pieces, &|k| {
                let range = items * k / pieces..items * (k + 1) / pieces;
                // SAFETY: passed on; items write to disjoint elements.
                unsafe { self.enter(args, |x| range.for_each(|i| x.item(i))) }
            });
        } else {
            for item in 0..items {
                // SAFETY: passed on.
                unsafe { self.split(args, item, pieces) }
            }
        }
    }

    /// Tiles of the tile side; blocks of [`LINES`] of them if some operand is turned.
    pub(super) fn count_tiles(&self) -> usize {
        let s = &self.space;
        if s.turned {
            let lines = s.tiles[s.tiles.len() - 2].max(1);
            return s.tile_len / (s.last() * lines).max(1) * lines.div_ceil(LINES) * s.last().div_ceil(self.tile);
        }
        if s.runs { s.tile_len.div_ceil(self.tile) } else { s.tile_len / s.last().max(1) * s.last().div_ceil(self.tile) }
    }

    /// The line, the first element in it and the number of elements of a tile.
    fn tile_at(&self, t: usize) -> (usize, usize, usize) {
        let s = &self.space;
        let len = if s.runs { s.tile_len } else { s.last() };
        let j = t * self.tile;
        let (line, j) = if j < len || s.runs {
            (0, j)
        } else {
            let per_line = len.div_ceil(self.tile);
            (t / per_line, t % per_line * self.tile)
        };
        (line, j, self.tile.min(len - j))
    }

    /// Sets up this thread's scratch memory and computes what varies over nothing.
    unsafe fn enter<R>(&self, args: Args<'_>, body: impl FnOnce(&Context<'_>) -> R) -> R {
        let operands = self.space.operands.len();
        let tables = (8 * (self.slots.len() + 2 * operands)).next_multiple_of(SMALL);
        with_scratch(tables + self.scratch, |base| {
            // SAFETY: the scratch memory holds the tables, then what the slots name; the addresses are the caller's promise.
            unsafe {
                let data = base.add(tables);
                let ptr = base.cast::<*mut u8>();
                for (i, place) in self.slots.iter().enumerate() {
                    ptr.add(i).write(data.add(place.unwrap_or(0)));
                }
                let home = ptr.add(self.slots.len()).cast::<isize>();
                let given = args.inputs.iter().chain(args.outputs).map(|&a| a as isize).chain(std::iter::repeat(0));
                for (i, a) in given.take(operands).enumerate() {
                    home.add(i).write(a);
                    home.add(operands + i).write(a);
                }
                for &(k, slot, d) in &self.params {
                    let bits = args.params[k as usize];
                    let bits = match d {
                        Dtype::F16 => f16::from_bits(bits as u16).to_f32().to_bits() as u64,
                        Dtype::BF16 => bf16::from_bits(bits as u16).to_f32().to_bits() as u64,
                        _ => bits,
                    };
                    (*ptr.add(slot as usize)).cast::<u64>().write(bits);
                }
                let x = Context { c: self, ptr, home, cur: home.add(operands), seated: Cell::new((usize::MAX, 0)) };
                x.tile(&self.once, 0, 1, 0);
                body(&x)
            }
        })
    }

    /// Runs one item with the blocks of each phase shared among threads.
    unsafe fn split(&self, args: Args<'_>, item: usize, pieces: usize) {
        let s = &self.space;
        let unit = if s.vertical { self.tile * 8 } else { 8 };
        let mut totals = vec![0u64; self.reductions * unit / 8];
        let shared = Shared(totals.as_mut_ptr().cast());
        // What is shared out: tiles of a row, or rows (vertically), in whole blocks.
        let (units, grain) = match (s.vertical, self.block) {
            (true, b) => (s.row_len, b.max(1)),
            (false, 0) => (self.tiles, 1),
            (false, b) => (self.tiles, b.div_ceil(self.tile).max(1)),
        };
        let grains = units.div_ceil(grain);
        let pieces = pieces.min(grains).max(1);
        let blocks = if self.block == 0 { 0 } else { s.row_len.div_ceil(self.block) };
        for (p, phase) in self.phases.iter().enumerate() {
            let mut partial = vec![0u64; phase.reductions.len() * blocks * unit / 8];
            let results = Shared(partial.as_mut_ptr().cast());
            threads::parallel(pieces, &|k| {
                let range = grains * k / pieces * grain..(grains * (k + 1) / pieces * grain).min(units);
                // SAFETY: passed on; pieces write to disjoint elements and to disjoint blocks' results.
                unsafe {
                    self.enter(args, |x| {
                        x.replay(item, p, shared.get(), unit);
                        x.sweep(phase, item, range, Some(results.get()), blocks, unit);
                    })
                }
            });
            // SAFETY: each block has left its result; `totals` has a place for each reduction.
            unsafe {
                for (k, r) in phase.reductions.iter().enumerate() {
                    let n = if s.vertical { self.tile_at(item).2 } else { 1 };
                    let total = shared.get().add(r.order * unit);
                    for b in 0..blocks {
                        r.add_block(n, total, results.get().add((k * blocks + b) * unit), b);
                    }
                }
            }
        }
        if !self.between[self.phases.len()].is_empty() {
            // SAFETY: passed on.
            unsafe { self.enter(args, |x| x.replay(item, self.phases.len(), shared.get(), unit)) }
        }
    }
}

impl Program {
    fn is_empty(&self) -> bool {
        self.moves.is_empty() && self.fetch.is_empty() && self.steps.is_empty() && self.late.is_empty() && self.write.is_empty()
    }
}

impl Reduction {
    /// Combines the result of block `b` into a total.
    unsafe fn add_block(&self, n: usize, total: *mut u8, block: *const u8, b: usize) {
        // SAFETY: both hold n values.
        unsafe {
            if b == 0 {
                match (n, self.width) {
                    (1, 4) => total.cast::<u32>().write_unaligned(block.cast::<u32>().read_unaligned()),
                    (n, width) => std::ptr::copy_nonoverlapping(block, total, n * width),
                }
            } else {
                (self.combine.f)(n, total, total, block, total, self.combine.imm);
            }
        }
    }

    unsafe fn reset(&self, n: usize, to: *mut u8) {
        let bits = self.identity.to_le_bytes();
        // SAFETY: `to` holds n values.
        unsafe { (self.spread)(n, to, bits.as_ptr(), to, to, 0) }
    }
}

impl Context<'_> {
    fn slot(&self, s: u16) -> *mut u8 {
        // SAFETY: slots are those of the program.
        unsafe { *self.ptr.add(s as usize) }
    }

    /// Moves every operand to index `l` of the loop side and to a line of the tile side.
    fn seat(&self, l: usize, line: usize) {
        if self.seated.get() == (l, line) {
            return;
        }
        self.seated.set((l, line));
        let s = &self.c.space;
        let lines = s.tiles.len() - 1;
        for (k, o) in s.operands.iter().enumerate() {
            let mut at = offset(&s.loops, &o.loops, l);
            if line > 0 {
                at += offset(&s.tiles[..lines], &o.tiles[..lines], line);
            }
            // SAFETY: the tables have an entry for every operand.
            unsafe { self.cur.add(k).write(*self.home.add(k) + at) }
        }
    }

    /// Runs a program up to its results on `n` elements from `j`, without reductions; `kept` numbers the tile's first kept value.
    #[inline]
    fn compute(&self, p: &Program, j: usize, n: usize, kept: usize) {
        // SAFETY: slots and operands are those of the program; kernels get what they were chosen for.
        unsafe {
            for m in &p.moves {
                let at = *self.cur.add(m.operand as usize) + j as isize * m.step;
                self.ptr.add(m.slot as usize).write(at as *mut u8);
            }
            for k in &p.kept {
                self.ptr.add(k.slot as usize).write(self.slot(0).add(k.offset + kept * k.width));
            }
            for t in &p.fetch {
                self.transfer(t, j, n, true);
            }
            for s in &p.steps {
                let n = if s.one { 1 } else { n };
                (s.f)(n, self.slot(s.d), self.slot(s.a), self.slot(s.b), self.slot(s.c), s.imm);
            }
        }
    }

    /// Writes a program's results.
    #[inline]
    fn finish(&self, p: &Program, j: usize, n: usize) {
        // SAFETY: as above.
        unsafe {
            for s in &p.late {
                let n = if s.one { 1 } else { n };
                (s.f)(n, self.slot(s.d), self.slot(s.a), self.slot(s.b), self.slot(s.c), s.imm);
            }
            for t in &p.write {
                self.transfer(t, j, n, false);
            }
        }
    }

    fn tile(&self, p: &Program, j: usize, n: usize, kept: usize) {
        if !p.is_empty() {
            self.compute(p, j, n, kept);
            self.finish(p, j, n);
        }
    }

    /// Copies a tile's elements between an operand and a buffer.
    unsafe fn transfer(&self, t: &Transfer, j: usize, n: usize, fetch: bool) {
        let s = &self.c.space;
        let o = &s.operands[t.operand as usize];
        let n = if t.one { 1 } else { n };
        // SAFETY: the table has an entry for every operand; its elements are valid at its steps.
        unsafe {
            let start = *self.cur.add(t.operand as usize);
            let buffer = self.slot(t.slot);
            let size = if o.index { kernels::width(o.dtype) } else { o.dtype.size() };
            let copier = kernels::copier(size);
            let run = |buffer: *mut u8, at: isize, m: usize, step: isize| match (o.index, fetch) {
                (true, _) => kernels::index(o.dtype, m, buffer, at as i64, step as i64),
                (false, true) => copier(m, buffer, size as isize, at as *const u8, step),
                (false, false) => copier(m, at as *mut u8, step, buffer, size as isize),
            };
            let step = o.tiles[o.tiles.len() - 1];
            if !s.runs || t.one {
                return run(buffer, start + j as isize * step, n, step);
            }
            let mut c = coordinates(&s.tiles, j);
            let last = c.len() - 1;
            let mut done = 0;
            while done < n {
                let at: isize = c.iter().zip(&o.tiles).map(|(&c, &s)| c as isize * s).sum();
                let m = (s.tiles[last] - c[last]).min(n - done);
                run(buffer.add(done * size), start + at, m, step);
                done += m;
                c[last] += m;
                for a in (1..=last).rev() {
                    if c[a] == s.tiles[a] {
                        c[a] = 0;
                        c[a - 1] += 1;
                    }
                }
            }
        }
    }

    /// Does one item: a row, or a tile of outer elements.
    fn item(&self, item: usize) {
        let c = self.c;
        for (p, between) in c.between.iter().enumerate() {
            self.between(between, item);
            if let Some(phase) = c.phases.get(p) {
                let units = if c.space.vertical { c.space.row_len } else { c.tiles };
                self.sweep(phase, item, 0..units, None, 0, 0);
            }
        }
    }

    fn between(&self, p: &Program, item: usize) {
        if p.is_empty() {
            return;
        }
        let (l, line, j, n) = if self.c.space.vertical {
            let (line, j, n) = self.c.tile_at(item);
            (0, line, j, n)
        } else {
            (item, 0, 0, 1)
        };
        self.seat(l, line);
        self.tile(p, j, n, 0);
    }

    /// Computes what lies between phases before phase `p`, with the reductions' results that other threads found.
    fn replay(&self, item: usize, p: usize, totals: *mut u8, unit: usize) {
        for q in 0..=p {
            if q > 0 {
                for r in &self.c.phases[q - 1].reductions {
                    // SAFETY: a total takes at most `unit` bytes on both sides.
                    unsafe {
                        let n = if self.c.space.vertical { self.c.tile_at(item).2 } else { 1 };
                        std::ptr::copy_nonoverlapping(totals.add(r.order * unit), self.slot(r.total), n * r.width);
                    }
                }
            }
            self.between(&self.c.between[q], item);
        }
    }

    /// Runs a phase of an item over a range of tiles (row-wise) or rows (vertically). Blocks' results go to `partial`, which has room for
    /// `blocks` results of `unit` bytes a reduction, or else to the totals.
    fn sweep(&self, phase: &Phase, item: usize, range: Range<usize>, partial: Option<*mut u8>, blocks: usize, unit: usize) {
        let c = self.c;
        let done = |k: usize, r: &Reduction, n: usize, b: usize| {
            // SAFETY: the accumulator has n values, the result's place as many.
            unsafe {
                let acc = self.slot(0).add(r.accumulator);
                match partial {
                    Some(to) => r.add_block(n, to.add((k * blocks + b) * unit), acc, 0),
                    None => r.add_block(n, self.slot(r.total), acc, b),
                }
            }
        };
        if c.space.vertical {
            let (line, j, n) = c.tile_at(item);
            for row in range {
                self.seat(row, line);
                self.compute(&phase.program, j, n, row * c.tile);
                for (k, r) in phase.reductions.iter().enumerate() {
                    if self.accumulate_across(r, self.slot(phase.program.reduced[k].slots[0]), row, n) {
                        done(k, r, n, row >> c.shift);
                    }
                }
                self.finish(&phase.program, j, n);
            }
            return;
        }
        if c.space.tile_len == 0 {
            for r in &phase.reductions {
                // SAFETY: the total holds a value.
                unsafe { r.reset(1, self.slot(r.total)) }
            }
        }
        if c.space.turned {
            return range.for_each(|b| self.turned(&phase.program, item, b));
        }
        for t in range {
            let (line, j, n) = c.tile_at(t);
            self.seat(item, line);
            self.compute(&phase.program, j, n, j);
            for (k, r) in phase.reductions.iter().enumerate() {
                let from = &phase.program.reduced[k];
                let (mut at, end) = (j, j + n);
                while at < end {
                    let block = at >> c.shift;
                    let m = ((block + 1) << c.shift).min(end) - at;
                    if self.accumulate_along(r, from, (at - j) * r.width, at, m) {
                        done(k, r, 1, block);
                    }
                    at += m;
                }
            }
            self.finish(&phase.program, j, n);
        }
    }

    /// Runs a program on block `b`: a tile's length of [`LINES`] lines.
    fn turned(&self, p: &Program, item: usize, b: usize) {
        let (c, s) = (self.c, &self.c.space);
        let (axis, last) = (s.tiles.len() - 2, s.last());
        let (per_line, blocks) = (last.div_ceil(c.tile), s.tiles[axis].div_ceil(LINES));
        let (j, block) = (b % per_line * c.tile, b / per_line);
        let first = block % blocks * LINES;
        let lines = LINES.min(s.tiles[axis] - first);
        let n = c.tile.min(last - j);
        self.seat(item, block / blocks * s.tiles[axis] + first);
        // SAFETY: the slots and operands are those of the program; the scratch memory holds the turned lines.
        unsafe {
            for t in &p.turned {
                let o = &s.operands[t.operand as usize];
                let from = *self.cur.add(t.operand as usize) + j as isize * o.step;
                kernels::turner(o.dtype.size())(
                    lines,
                    n,
                    self.slot(0).add(t.offset),
                    turned_line(c.tile, o.dtype),
                    from as *const u8,
                    o.step,
                );
            }
            for line in 0..lines {
                for t in &p.turned {
                    let step = turned_line(c.tile, s.operands[t.operand as usize].dtype);
                    self.ptr.add(t.slot as usize).write(self.slot(0).add(t.offset + line * step));
                }
                self.tile(p, j, n, 0);
                for (k, o) in s.operands.iter().enumerate() {
                    *self.cur.add(k) += o.tiles[axis];
                }
            }
            self.seated.set((usize::MAX, 0));
        }
    }

    /// Accumulates `n` elements of a row, from element `j` (`skip` bytes into the tile), all in one block; gives whether the block is complete, its result being in
    /// the first accumulator.
    fn accumulate_along(&self, r: &Reduction, from: &Reduced, skip: usize, j: usize, n: usize) -> bool {
        let c = self.c;
        // SAFETY: there are `c.lanes` accumulators.
        unsafe {
            let acc = self.slot(0).add(r.accumulator);
            let within = c.block - 1;
            let starts = j & within == 0;
            let ends = (j + n) & within == 0 || j + n == c.space.row_len;
            let word = &raw const *r.identity as u64 | if starts { START } else { 0 } | if ends { FOLD } else { 0 };
            // Only a tile that holds several blocks is skipped into; then there is one operand.
            let [a, b, x] = from.slots.map(|s| self.slot(s));
            (from.run)(n, acc, a.add(skip), b, x, word);
            ends
        }
    }

    /// Accumulates element `row` of `n` rows; gives whether the block is complete, as above.
    fn accumulate_across(&self, r: &Reduction, from: *const u8, row: usize, n: usize) -> bool {
        let c = self.c;
        let q = row & (c.block - 1);
        // SAFETY: there are accumulators of a tile each for the lanes that elements reach (or for all).
        unsafe {
            let lane = |l: usize| self.slot(0).add(r.accumulator + l * c.tile * r.width);
            if q == 0 && r.full {
                (0..c.lanes).for_each(|l| r.reset(n, lane(l)));
            } else if q < c.lanes && !r.full {
                r.reset(n, lane(q));
            }
            let acc = lane(q % c.lanes);
            (r.combine.f)(n, acc, acc, from, acc, r.combine.imm);
            if q + 1 != c.block && row + 1 != c.space.row_len {
                return false;
            }
            let used = if r.full { LANES.min(c.lanes) } else { c.lanes.min(q + 1) };
            let mut w = c.lanes / 2;
            while w > 0 {
                for l in (0..w).take_while(|l| l + w < used) {
                    (r.combine.f)(n, lane(l), lane(l), lane(l + w), lane(l), r.combine.imm);
                }
                w /= 2;
            }
            true
        }
    }
}
