//! The product of two [`Source`]s, of which at most one holds patches.

use super::memory;
use super::source::{Axes, Part, Source, runs};
use crate::matmul::pack::{Kind, Side};
use crate::matmul::scratch::Scratch;
use crate::matmul::tile::Tiles;
use crate::matmul::{BLOCK, PACKED, RUN, Shared, TASKS, add};
use crate::threads;
use lazulite_base::Result;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Panels of rows that meet a block of columns one after the other.
const TALL: usize = 4;
/// The fewest groups of columns that a task has where columns are split.
const WIDE: usize = 4;
/// Multiply-adds below which a task takes more panels, and the most that it takes.
const LEAST: usize = 1 << 20;
const TALLEST: usize = 16;

/// `out[i, j] = sum_k a[i, k] * b[j, k]`.
pub struct Product<K: Kind> {
    tiles: &'static Tiles<K::E>,
    a: Source,
    b: Source,
    /// The output's rows and columns, and its first element.
    rows: Axes,
    columns: Axes,
    to: isize,
    /// Whether the sums are long and the output small: then tasks make runs of the sums, and not parts of the output.
    long: bool,
    /// The parts of each block of the sums, with their lengths, if rows are read where they lie.
    blocks: Option<Vec<(Vec<Part>, Vec<usize>)>>,
    m: usize,
    n: usize,
    /// Real steps.
    k: usize,
    panels: usize,
    width: usize,
}

impl<K: Kind> Product<K> {
    pub fn new(tiles: &'static Tiles<K::E>, a: Source, b: Source, rows: Axes, columns: Axes, to: isize, long: bool) -> Product<K> {
        let (m, n, k) = (a.count(), b.count(), K::PLANES * a.depth());
        let panels = m.div_ceil(tiles.by_rows.len() / K::PLANES).max(1);
        let block = |start: usize| {
            let parts = a.parts(start..(start + BLOCK).min(k));
            let lengths = parts.iter().map(|p| p.run.len).collect();
            (parts, lengths)
        };
        let blocks = (K::DIRECT && !long && a.lies()).then(|| (0..k).step_by(BLOCK).map(block).collect());
        Product { tiles, a, b, rows, columns, to, long, blocks, m, n, k, panels, width: 2 * tiles.lanes }
    }

    /// Real multiply-adds.
    pub fn work(&self) -> usize {
        (self.m * K::PLANES).saturating_mul(self.n).saturating_mul(self.k) + (self.m + self.n) * self.k * 8
    }

    /// Whether one thread may as well do all of it.
    pub fn small(&self) -> bool {
        self.work() < 32 << 20
    }

    /// Lines before panel `p`.
    fn edge(&self, p: usize) -> usize {
        self.m * p / self.panels
    }

    fn groups(&self) -> usize {
        self.n.div_ceil(self.width)
    }

    fn group(&self, g: usize) -> Range<usize> {
        g * self.width..((g + 1) * self.width).min(self.n)
    }

    fn run_of(&self, r: usize) -> Range<usize> {
        r * RUN..((r + 1) * RUN).min(self.k)
    }

    /// Real steps as steps of the sources.
    fn steps(real: Range<usize>) -> Range<usize> {
        real.start / K::PLANES..real.end / K::PLANES
    }

    /// Makes the item's output.
    ///
    /// # Safety
    /// The memory is that of the views that the sources were made for.
    pub unsafe fn run(&self, x: *const K, w: *const K, out: *mut K) -> Result<()> {
        if self.m * self.n == 0 {
            return Ok(());
        }
        // SAFETY: the caller's promise.
        unsafe {
            if self.k == 0 {
                let scratch = Scratch::new(K::PLANES * self.n * size_of::<K::E>())?;
                scratch.start::<K::E>().write_bytes(0, K::PLANES * self.n);
                (0..self.m).for_each(|i| self.finish(scratch.start(), self.n, i..i + 1, 0..self.n, out));
                return Ok(());
            }
            if self.long { self.by_runs(w, x, out) } else { self.by_rows(x, w, out) }
        }
    }

    /// Rounds sums of some rows and columns into the output.
    unsafe fn finish(&self, sums: *const K::E, pitch: usize, rows: Range<usize>, columns: Range<usize>, out: *mut K) {
        let (down, across) = (self.rows[self.rows.len() - 1].step, self.columns[self.columns.len() - 1].step);
        for r in runs(&self.rows, rows) {
            for c in runs(&self.columns, columns.clone()) {
                let from = sums.wrapping_add(r.at * K::PLANES * pitch + c.at);
                let to = out.wrapping_offset(self.to + r.offset + c.offset);
                // SAFETY: the caller's promise.
                unsafe {
                    if across == 1 || c.len == 1 {
                        K::finish(from, pitch, r.len * K::PLANES, c.len, to, down as usize);
                        continue;
                    }
                    for j in 0..c.len {
                        K::finish(from.add(j), pitch, r.len * K::PLANES, 1, to.wrapping_offset(j as isize * across), down as usize);
                    }
                }
            }
        }
    }

    /// Multiplies packed panels with a packed block of columns.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    unsafe fn tile(&self, k: usize, rows: usize, a: *const K::E, b: *const K::E, n: usize, c: *mut K::E, pitch: usize, add: bool) {
        let f = self.tiles.by_rows[rows - 1][(n > self.tiles.lanes) as usize];
        // SAFETY: the caller's promise; the tile's width fits n.
        unsafe { f(k, a, rows, b, self.width, c, pitch, n, add) };
    }

    /// A range of rows at a time: few columns are packed once, rows where they are used.
    unsafe fn by_rows(&self, x: *const K, w: *const K, out: *mut K) -> Result<()> {
        let at_once = (PACKED / (self.width * self.k)).clamp(1, self.groups());
        let scratch = Scratch::new(at_once * self.width * self.k * size_of::<K::E>())?;
        let packed = Shared(scratch.start::<K::E>());
        let (x, w, out) = (Shared(x.cast_mut()), Shared(w.cast_mut()), Shared(out));
        let failed = AtomicBool::new(false);
        for start in (0..self.groups()).step_by(at_once) {
            let groups = start..(start + at_once).min(self.groups());
            threads::pieces(groups.len(), self.width * self.k * 300, |range| {
                for g in range {
                    let to = packed.at(g * self.width * self.k);
                    let steps = Self::steps(0..self.k);
                    // SAFETY: the caller's promise; every group has a place.
                    unsafe { self.b.pack::<K>(self.tiles, Side::B, w.at(0), self.group(start + g), steps, to, self.width) };
                }
            });
            let few = LEAST / (self.edge(1) * K::PLANES * self.k * groups.len() * self.width).max(1);
            let tall = self.panels.div_ceil(few.min(self.panels / (2 * TASKS)).clamp(TALL, TALLEST));
            let wide = if tall >= TASKS { 1 } else { TASKS.div_ceil(tall).min(groups.len().div_ceil(WIDE)) };
            let columns = groups.len().div_ceil(wide) * self.width;
            let cost = (self.m / tall).saturating_mul(self.k).saturating_mul(columns * 20 + 400);
            threads::pieces(tall * wide, cost, |units| {
                for u in units {
                    let (t, side) = (u / wide, u % wide);
                    let panels = self.panels * t / tall..self.panels * (t + 1) / tall;
                    let mine = start + groups.len() * side / wide..start + groups.len() * (side + 1) / wide;
                    let b = |g: usize, step: usize| packed.at(((g - start) * self.k + step) * self.width).cast_const();
                    // SAFETY: the caller's promise; tasks make different elements.
                    if unsafe { self.rows_task(x.at(0), out.at(0), panels, mine, b) }.is_err() {
                        failed.store(true, Relaxed);
                    }
                }
            });
        }
        if failed.into_inner() { Err(memory()) } else { Ok(()) }
    }

    /// Some panels by some groups of columns; `b(group, step)` is where these lie packed.
    unsafe fn rows_task(
        &self,
        x: *const K,
        out: *mut K,
        panels: Range<usize>,
        groups: Range<usize>,
        b: impl Fn(usize, usize) -> *const K::E,
    ) -> Result<()> {
        let (first, last) = (self.edge(panels.start), self.edge(panels.end));
        let (rows, n) = ((last - first) * K::PLANES, self.group(groups.end - 1).end - self.group(groups.start).start);
        let many = self.k.div_ceil(RUN);
        let even = self.rows.len() == 1 && self.columns.len() == 1 && self.columns[0].step == 1;
        let direct = K::DIRECT && many == 1 && even;
        let own = if direct { 0 } else { rows * n };
        let parts = self.blocks.iter().flatten().map(|b| b.0.len()).max().unwrap_or(0);
        let numbers = (rows * BLOCK + own * many.min(2)) * size_of::<K::E>();
        let scratch = Scratch::new(rows * parts * size_of::<*const K::E>() + numbers)?;
        let places = scratch.start::<*const K::E>();
        let panel = places.wrapping_add(rows * parts).cast::<K::E>();
        let (sums, part) = (panel.wrapping_add(rows * BLOCK), panel.wrapping_add(rows * BLOCK + own));
        let columns = groups.start * self.width..groups.start * self.width + n;
        for r in 0..many {
            let run = self.run_of(r);
            let (c, pitch) = match (direct, r) {
                (true, _) => {
                    let at = self.to + first as isize * self.rows[0].step + columns.start as isize;
                    (out.wrapping_offset(at).cast::<K::E>(), self.rows[0].step as usize)
                }
                (_, 0) => (sums, n),
                _ => (part, n),
            };
            for start in run.clone().step_by(BLOCK) {
                let steps = start..(start + BLOCK).min(run.end);
                let lies = self.blocks.as_ref().map(|b| &b[start / BLOCK]);
                // SAFETY: the caller's promise; the scratch has room for a block of the panels, for where its parts lie, and for the sums.
                unsafe {
                    for p in panels.clone() {
                        let (lo, hi) = (self.edge(p), self.edge(p + 1));
                        let to = panel.wrapping_add((lo - first) * K::PLANES * steps.len());
                        match lies {
                            Some((parts, _)) => {
                                self.a.places(x.cast(), lo..hi, parts, places.wrapping_add((lo - first) * parts.len()), to);
                            }
                            None => self.a.pack::<K>(self.tiles, Side::A, x, lo..hi, Self::steps(steps.clone()), to, (hi - lo) * K::PLANES),
                        }
                    }
                    for g in groups.clone() {
                        let j = self.group(g);
                        for p in panels.clone() {
                            let (lo, hi) = ((self.edge(p) - first) * K::PLANES, (self.edge(p + 1) - first) * K::PLANES);
                            let (c, add) = (c.wrapping_add(lo * pitch + j.start - columns.start), start > run.start);
                            if let Some((_, lengths)) = lies {
                                let f = self.tiles.places[hi - lo - 1][(j.len() > self.tiles.lanes) as usize];
                                f(lengths, places.wrapping_add(lo * lengths.len()), b(g, start), self.width, c, pitch, j.len(), add);
                            } else {
                                let a = panel.wrapping_add(lo * steps.len());
                                self.tile(steps.len(), hi - lo, a, b(g, start), j.len(), c, pitch, add);
                            }
                        }
                    }
                }
            }
            if r > 0 {
                // SAFETY: both have so many elements.
                unsafe { add(sums, part, rows * n) };
            }
        }
        if !direct {
            // SAFETY: the caller's promise.
            unsafe { self.finish(sums, n, first..last, columns, out) };
        }
        Ok(())
    }

    /// A run of the sums at a time, added up in order.
    unsafe fn by_runs(&self, a: *const K, b: *const K, out: *mut K) -> Result<()> {
        let (rows, many) = (self.m * K::PLANES, self.k.div_ceil(RUN));
        let at_once = (PACKED / (rows * self.n)).clamp(1, many);
        let scratch = Scratch::new((at_once + 1) * rows * self.n * size_of::<K::E>())?;
        let (sums, parts) = (scratch.start::<K::E>(), Shared(scratch.start::<K::E>().wrapping_add(rows * self.n)));
        let (a, b) = (Shared(a.cast_mut()), Shared(b.cast_mut()));
        let failed = AtomicBool::new(false);
        for start in (0..many).step_by(at_once) {
            let here = at_once.min(many - start);
            let wide = if here >= TASKS { (2 * TASKS).div_ceil(here) } else { TASKS.div_ceil(here) }.min(self.groups().div_ceil(WIDE));
            let cost = (rows * (self.n / wide) * 20 + (rows + self.n / wide) * 300).saturating_mul(RUN.min(self.k));
            threads::pieces(here * wide, cost, |units| {
                for u in units {
                    let (r, side) = (u / wide, u % wide);
                    let groups = self.groups() * side / wide..self.groups() * (side + 1) / wide;
                    // SAFETY: the caller's promise; tasks make different elements.
                    if unsafe { self.run_task(a.at(0), b.at(0), self.run_of(start + r), groups, parts.at(r * rows * self.n)) }.is_err() {
                        failed.store(true, Relaxed);
                    }
                }
            });
            for r in 0..here {
                let part = parts.at(r * rows * self.n);
                // SAFETY: parts and sums have so many elements.
                unsafe { if start + r == 0 { sums.copy_from_nonoverlapping(part, rows * self.n) } else { add(sums, part, rows * self.n) } };
            }
        }
        // SAFETY: the caller's promise.
        unsafe { self.finish(sums, self.n, 0..self.m, 0..self.n, out) };
        if failed.into_inner() { Err(memory()) } else { Ok(()) }
    }

    /// One run for all rows and some groups of columns, into rows of `c` that are as long as all columns.
    unsafe fn run_task(&self, a: *const K, b: *const K, run: Range<usize>, groups: Range<usize>, c: *mut K::E) -> Result<()> {
        let rows = self.m * K::PLANES;
        let scratch = Scratch::new((rows + self.width) * BLOCK * size_of::<K::E>())?;
        let (left, right) = (scratch.start::<K::E>(), scratch.start::<K::E>().wrapping_add(rows * BLOCK));
        for start in run.clone().step_by(BLOCK) {
            let steps = start..(start + BLOCK).min(run.end);
            // SAFETY: the caller's promise; the scratch has room for a block of each operand.
            unsafe {
                for p in 0..self.panels {
                    let (lo, hi) = (self.edge(p), self.edge(p + 1));
                    let to = left.wrapping_add(lo * K::PLANES * steps.len());
                    self.a.pack::<K>(self.tiles, Side::A, a, lo..hi, Self::steps(steps.clone()), to, (hi - lo) * K::PLANES);
                }
                for g in groups.clone() {
                    let j = self.group(g);
                    self.b.pack::<K>(self.tiles, Side::B, b, j.clone(), Self::steps(steps.clone()), right, self.width);
                    for p in 0..self.panels {
                        let (lo, hi) = (self.edge(p) * K::PLANES, self.edge(p + 1) * K::PLANES);
                        let c = c.wrapping_add(lo * self.n + j.start);
                        self.tile(steps.len(), hi - lo, left.wrapping_add(lo * steps.len()), right, j.len(), c, self.n, start > run.start);
                    }
                }
            }
        }
        Ok(())
    }
}
