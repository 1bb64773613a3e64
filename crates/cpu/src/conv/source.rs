//! The operands of a convolution as matrices: patches of the input that are never in memory as such, and kernels. Both are packed straight
//! into the panels of a product, or found where they lie.

use crate::matmul::BLOCK;
use crate::matmul::pack::{Kind, Side};
use crate::matmul::tile::Tiles;
use crate::matmul::vector::Real;
use smallvec::SmallVec;
use std::ops::Range;

/// An axis of a matrix's lines or steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Axis {
    /// Its size.
    pub size: usize,
    /// Elements of memory from an index to the next.
    pub step: isize,
    /// The spatial axis that it runs along, if any, and the places there from an index to the next; at least one.
    pub along: Option<(usize, isize)>,
}

impl Axis {
    /// An axis whose every index is there.
    pub fn plain(size: usize, step: isize) -> Axis {
        Axis { size, step, along: None }
    }
}

/// Axes, the last fastest.
pub type Axes = SmallVec<[Axis; 4]>;

/// Axes without those of size one, merged where memory allows it; at least one is left.
pub fn merged(axes: impl IntoIterator<Item = Axis>) -> Axes {
    let mut out = Axes::new();
    for a in axes.into_iter().filter(|a| a.size != 1) {
        match out.last_mut() {
            Some(o) if o.along.is_none() && a.along.is_none() && o.step == a.size as isize * a.step => {
                *o = Axis::plain(o.size * a.size, a.step);
            }
            _ => out.push(a),
        }
    }
    if out.is_empty() {
        out.push(Axis::plain(1, 1));
    }
    out
}

/// Indices along the last axis, the others fixed.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Where it starts in the range that was asked for.
    pub at: usize,
    /// How many indices.
    pub len: usize,
    /// Memory offset of the first.
    pub offset: isize,
    /// Its places along the spatial axes.
    pub places: [isize; 3],
}

/// The run that starts at index `from` of some axes, no longer than `most`.
#[inline]
fn run(axes: &[Axis], from: usize, most: usize) -> Run {
    let mut run = Run { at: 0, len: most, offset: 0, places: [0; 3] };
    let mut rest = from;
    for (k, a) in axes.iter().enumerate().rev() {
        let i = if k == 0 { rest } else { rest % a.size };
        if k > 0 {
            rest /= a.size;
        }
        if k + 1 == axes.len() {
            run.len = most.min(a.size - i);
        }
        run.offset += i as isize * a.step;
        if let Some((d, f)) = a.along {
            run.places[d] += i as isize * f;
        }
    }
    run
}

/// The runs that make up a range of indices.
#[inline]
pub fn runs(axes: &[Axis], range: Range<usize>) -> impl Iterator<Item = Run> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let mut next = (at < range.end).then(|| run(axes, at, range.end - at))?;
        next.at = at - range.start;
        at += next.len;
        Some(next)
    })
}

/// The indices, of `len`, whose places `place + i * step` lie within `0..size`.
#[inline]
fn within(place: isize, step: isize, size: usize, len: usize) -> Range<usize> {
    let first = if place >= 0 { 0 } else { (-place).unsigned_abs().div_ceil(step.unsigned_abs()) };
    let end = if place >= size as isize { 0 } else { (size as isize - 1 - place) as usize / step.unsigned_abs() + 1 };
    first.min(len)..end.min(len).max(first.min(len))
}

/// What is read where the input ends.
static ZEROS: [f64; BLOCK] = [0.0; BLOCK];

/// The fewest steps of a line that are read where they lie.
const PART: usize = 8;

/// Steps that lie side by side in every line.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The steps.
    pub run: Run,
    /// Steps of the last axis before the first.
    skip: usize,
    /// How many indices of the axis before the last they meet.
    met: usize,
}

impl Part {
    /// The steps that lie within `0..size` where the last axis, of `inner` steps, lies at `place`, the next one `g` on.
    fn within(&self, place: isize, g: isize, size: usize, inner: usize) -> Range<usize> {
        let there = within(place, g, size, self.met);
        (there.start * inner).saturating_sub(self.skip)..(there.end * inner).saturating_sub(self.skip).min(self.run.len)
    }
}

/// A matrix in memory, by lines (rows of a left operand, columns of a right one) and steps of the sum.
#[derive(Clone, Debug)]
pub struct Source {
    lines: Axes,
    steps: Axes,
    /// The element of line and step zero.
    offset: isize,
    /// Places of the input along each spatial axis, and the place of line and step zero.
    spatial: SmallVec<[(usize, isize); 3]>,
    /// The last axis of steps goes on in memory where the one before, along a spatial axis, steps on.
    joint: bool,
}

impl Source {
    /// A matrix whose elements of line and step zero lie at `offset`, outside of the spatial axes' sizes zero.
    pub fn new(lines: Axes, steps: Axes, offset: isize, spatial: SmallVec<[(usize, isize); 3]>) -> Source {
        let joint = match steps[..] {
            [.., o, i] => o.along.is_some() && i.along.is_none() && o.step == i.step * i.size as isize,
            _ => false,
        };
        Source { lines, steps, offset, spatial, joint }
    }

    /// Lines.
    pub fn count(&self) -> usize {
        self.lines.iter().map(|a| a.size).product()
    }

    /// Steps of the sum.
    pub fn depth(&self) -> usize {
        self.steps.iter().map(|a| a.size).product()
    }

    /// A run of steps that goes on along the last two axes, if all of it lies within the input for all of these lines.
    fn long(&self, lines: &[Run], from: usize, most: usize) -> Option<Run> {
        let [.., outer, inner] = self.steps[..] else { return None };
        let (d, f) = outer.along?;
        let block = outer.size * inner.size;
        let len = most.min(block - from % block);
        let first = run(&self.steps, from, 1);
        let more = ((from % inner.size + len - 1) / inner.size) as isize * f;
        let last = *self.lines.last()?;
        let fits = lines.iter().all(|l| {
            (0..self.spatial.len()).all(|s| {
                let (size, start) = self.spatial[s];
                let low = start + first.places[s] + l.places[s];
                let along = last.along.map_or(0, |(axis, step)| if axis == s { (l.len as isize - 1) * step } else { 0 });
                low >= 0 && low + along + if s == d { more } else { 0 } < size as isize
            })
        });
        fits.then_some(Run { len, ..first })
    }

    /// Steps that lie side by side, from a multiple of so many on.
    fn side_by_side(&self) -> usize {
        match self.steps[..] {
            [.., outer, inner] if self.joint && inner.step == 1 => outer.size * inner.size,
            [.., inner] if inner.step == 1 && inner.along.is_none() => inner.size,
            _ => 1,
        }
    }

    /// Whether enough steps lie side by side to be read where they are.
    pub fn lies(&self) -> bool {
        self.side_by_side() >= PART
    }

    /// Steps as the contiguous parts that they consist of.
    pub fn parts(&self, steps: Range<usize>) -> Vec<Part> {
        let (together, inner) = (self.side_by_side(), self.steps[self.steps.len() - 1].size);
        let mut at = steps.start;
        let mut parts = vec![];
        while at < steps.end {
            let len = (steps.end - at).min(together - at % together);
            parts.push(Part { run: Run { len, ..run(&self.steps, at, 1) }, skip: at % inner, met: (at % inner + len - 1) / inner + 1 });
            at += len;
        }
        parts
    }

    /// Writes where each line's part lies, part after part. What is outside of the input is zeros elsewhere; a part that is partly
    /// inside is copied to `edges`.
    ///
    /// # Safety
    /// `x` is the operand's memory; the parts have at most [`BLOCK`] steps each; there is room for a pointer a part and line, and for all
    /// steps of all lines at `edges`.
    pub unsafe fn places<E: Real>(&self, x: *const E, lines: Range<usize>, parts: &[Part], to: *mut *const E, mut edges: *mut E) {
        let line = self.lines[self.lines.len() - 1];
        for l in runs(&self.lines, lines.clone()) {
            for (j, part) in parts.iter().enumerate() {
                let (mut inside, mut cut) = (0..l.len, None);
                for (d, &(size, start)) in self.spatial.iter().enumerate() {
                    let place = start + l.places[d] + part.run.places[d];
                    let f = line.along.map_or(0, |(axis, f)| if axis == d { f } else { 0 });
                    let g = if part.met > 1 { self.steps[self.steps.len() - 2].along.filter(|a| a.0 == d).map_or(0, |a| a.1) } else { 0 };
                    if place >= 0 && place + (l.len as isize - 1) * f + (part.met as isize - 1) * g < size as isize {
                        continue;
                    }
                    if g > 0 {
                        cut = Some((place, f, g, size));
                        continue;
                    }
                    let fits = if f == 0 { 0..0 } else { within(place, f, size, l.len) };
                    inside = inside.start.max(fits.start)..inside.end.min(fits.end);
                }
                let from = x.wrapping_offset(self.offset + l.offset + part.run.offset);
                let to = to.wrapping_add(j * lines.len() + l.at);
                for i in 0..l.len {
                    let from = from.wrapping_offset(i as isize * line.step);
                    let place = match cut {
                        _ if !inside.contains(&i) => ZEROS.as_ptr().cast(),
                        None => from,
                        Some((place, f, g, size)) => {
                            let there = part.within(place + i as isize * f, g, size, self.steps[self.steps.len() - 1].size);
                            if there.is_empty() {
                                ZEROS.as_ptr().cast()
                            } else if there.len() == part.run.len {
                                from
                            } else {
                                let copy = edges;
                                // SAFETY: the caller's promise; a zero of every float is zero bits.
                                unsafe {
                                    copy.write_bytes(0, part.run.len);
                                    copy.add(there.start).copy_from_nonoverlapping(from.wrapping_add(there.start), there.len());
                                }
                                edges = edges.wrapping_add(part.run.len);
                                copy.cast_const()
                            }
                        }
                    };
                    // SAFETY: the caller's promise.
                    unsafe { *to.add(i) = place };
                }
            }
        }
    }

    /// Packs steps of lines to `to`, a step after the other, `width` real numbers apart.
    ///
    /// # Safety
    /// `x` is the operand's memory, and the panel has room.
    #[allow(clippy::too_many_arguments)]
    pub unsafe fn pack<K: Kind>(
        &self,
        tiles: &Tiles<K::E>,
        side: Side,
        x: *const K,
        lines: Range<usize>,
        steps: Range<usize>,
        to: *mut K::E,
        width: usize,
    ) {
        let list: SmallVec<[Run; 8]> = runs(&self.lines, lines.clone()).collect();
        let mut at = steps.start;
        while at < steps.end {
            let most = steps.end - at;
            let long = if self.joint { self.long(&list, at, most) } else { None };
            let whole = long.is_some();
            let mut s = long.unwrap_or_else(|| run(&self.steps, at, most));
            s.at = at - steps.start;
            for l in &list {
                // SAFETY: the caller's promise.
                unsafe { self.chunk::<K>(tiles, side, x, *l, s, whole, lines.len(), to, width) };
            }
            at += s.len;
        }
    }

    /// Packs a run of lines by a run of steps; `whole` if all of it is known to lie within the input.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    unsafe fn chunk<K: Kind>(
        &self,
        tiles: &Tiles<K::E>,
        side: Side,
        x: *const K,
        l: Run,
        s: Run,
        whole: bool,
        all: usize,
        to: *mut K::E,
        width: usize,
    ) {
        let (line, step) = (self.lines[self.lines.len() - 1], self.steps[self.steps.len() - 1]);
        let (mut rows, mut columns, mut crossed) = (0..l.len, 0..s.len, None);
        for (d, &(size, start)) in self.spatial.iter().enumerate().filter(|_| !whole) {
            let place = start + l.places[d] + s.places[d];
            let of = |a: Axis| a.along.filter(|&(axis, _)| axis == d).map(|(_, f)| f);
            match (of(line), of(step)) {
                (None, None) if place >= 0 && place < size as isize => {}
                (None, None) => rows = 0..0,
                (Some(f), None) => {
                    rows = within(place, f, size, l.len).start.max(rows.start)..within(place, f, size, l.len).end.min(rows.end)
                }
                (None, Some(f)) => columns = within(place, f, size, s.len),
                (Some(f), Some(g)) => {
                    let last = place + (l.len as isize - 1) * f + (s.len as isize - 1) * g;
                    if place < 0 || last >= size as isize {
                        crossed = Some((place, f, g, size));
                    }
                }
            }
        }
        let from = x.wrapping_offset(self.offset + l.offset + s.offset);
        let per_line = if side == Side::A { K::PLANES } else { 1 };
        let emit = |rows: Range<usize>, columns: Range<usize>, within: Range<usize>| {
            let row = |p: usize| to.wrapping_add((s.at * K::PLANES + p) * width + l.at * per_line);
            for p in within.start * K::PLANES..within.end * K::PLANES {
                let inside = p >= columns.start * K::PLANES && p < columns.end * K::PLANES && !rows.is_empty();
                let (head, tail) = if inside { (rows.start, rows.end) } else { (l.len, l.len) };
                // SAFETY: the caller's promise; a zero of every float is zero bits.
                unsafe {
                    if head > 0 {
                        row(p).write_bytes(0, head * per_line);
                    }
                    if tail < l.len {
                        row(p).add(tail * per_line).write_bytes(0, (l.len - tail) * per_line);
                    }
                }
            }
            if rows.is_empty() || columns.is_empty() {
                return;
            }
            let start = from.wrapping_offset(rows.start as isize * line.step + columns.start as isize * step.step);
            let panel = row(columns.start * K::PLANES).wrapping_add(rows.start * per_line);
            let (many, k) = (rows.len() * per_line, columns.len() * K::PLANES);
            // SAFETY: the caller's promise; what lies outside of the input is left out.
            unsafe { K::pack(tiles, side, start, line.step, many, step.step, k, panel, width, rows.len() == all) };
        };
        match crossed {
            None if whole || rows.len() == l.len && columns.len() == s.len => emit(rows, columns, 0..0),
            None => emit(rows, columns, 0..s.len),
            Some(_) if rows.is_empty() => emit(0..0, 0..0, 0..s.len),
            Some((place, f, g, size)) => {
                for p in 0..s.len {
                    let inside = within(place + p as isize * g, f, size, l.len);
                    emit(inside, p..p + 1, p..p + 1);
                }
            }
        }
    }
}
