//! Scatters: the transposes of the gathers.
//!
//! Updates to one place combine in row-major order whatever the threads: work is split so that all updates of a place are one thread's, by
//! columns of the slices if these are long, else by ranges of places, each thread then skipping the others' updates.

use crate::combine::{Mode, Value, with_combine};
use crate::index::{BLOCK, DROPPED, Index, offsets};
use crate::threads;
use crate::walk::Walk;
use lazulite_base::Result;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::shape::{Dims, Strides, contiguous, size};
use lazulite_base::work::{Combine, View};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// Elements of a slice from which its columns are split, and the least that a thread gets.
const COLUMNS: usize = 64;
/// Bounds of the cost of scanning updates that are another thread's: at most so many ranges of places.
const RANGES: usize = 4;

struct Scatter<T, M> {
    indices: Vec<Index>,
    positions: usize,
    /// The positions' offsets in the updates.
    rows: Walk<1>,
    /// A slice's offsets in the updates and in the output.
    slice: Walk<2>,
    /// Elements of the output.
    places: usize,
    of: PhantomData<fn() -> (T, M)>,
}

/// The kernel of a scatter; `None` if an index array holds no integers.
pub fn kernel(out: &View, updates: &View, axes: &[usize], views: &[View], mode: Combine) -> Option<Arc<dyn Kernel>> {
    let to = contiguous(&out.dims);
    let indices: Vec<Index> = axes.iter().zip(views).map(|(&a, v)| Index::new(v, out.dims[a], to[a])).collect::<Option<_>>()?;
    let rank = views.first().map_or(0, |v| v.dims.len());
    let rows = Walk::new(&updates.dims[..rank], [&updates.strides[..rank]]);
    let others: Strides = (0..out.dims.len()).filter(|i| !axes.contains(i)).map(|i| to[i]).collect();
    let slice = Walk::new(&updates.dims[rank..], [&updates.strides[rank..], &others]);
    let (positions, places) = (size(&updates.dims[..rank]), size(&out.dims));
    with_combine!(out.dtype, mode, T, M => Some(Arc::new(Scatter::<T, M> { indices, positions, rows, slice, places, of: PhantomData })))
}

impl<T: Value, M: Mode> Scatter<T, M> {
    /// Combines columns `columns` of all updates whose slice starts in `starts`.
    ///
    /// # Safety
    /// The operands lie at their addresses; no other thread works on these columns and starts.
    unsafe fn part(&self, args: Args<'_>, columns: Range<usize>, starts: Range<isize>) {
        let mut to = [0isize; BLOCK];
        let [from_step, to_step] = self.slice.step();
        let [row_step] = self.rows.step();
        let (updates, out) = (args.inputs[0] as *const T, args.outputs[0] as *mut T);
        let single = self.slice.len() == 1;
        for at in (0..self.positions).step_by(BLOCK) {
            let to = &mut to[..(self.positions - at).min(BLOCK)];
            // SAFETY: the caller's promise; offsets that are not dropped lie in the output.
            unsafe { offsets::<false>(&self.indices, &args.inputs[1..], at, to) };
            self.rows.runs(at..at + to.len(), |position, [row], len| {
                for (j, &to) in to[position - at..][..len].iter().enumerate() {
                    if to == DROPPED || !starts.contains(&to) {
                        continue;
                    }
                    // SAFETY: the caller's promise.
                    let (updates, out) = unsafe { (updates.offset(row + j as isize * row_step), out.offset(to)) };
                    if single {
                        // SAFETY: the caller's promise.
                        unsafe { *out = M::of(*out, *updates) };
                        continue;
                    }
                    self.slice.runs(columns.clone(), |_, [from, to], len| {
                        // SAFETY: the caller's promise.
                        unsafe {
                            let (updates, out) = (updates.offset(from), out.offset(to));
                            if from_step == 1 && to_step == 1 {
                                for c in 0..len {
                                    *out.add(c) = M::of(*out.add(c), *updates.add(c));
                                }
                            } else {
                                for c in 0..len as isize {
                                    let place = out.offset(c * to_step);
                                    *place = M::of(*place, *updates.offset(c * from_step));
                                }
                            }
                        }
                    });
                }
            });
        }
    }
}

impl<T: Value, M: Mode> Kernel for Scatter<T, M> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let len = self.slice.len();
        if self.positions == 0 || len == 0 {
            return Ok(());
        }
        let everywhere = 0..isize::MAX;
        let cost = self.positions.saturating_mul(1000);
        if len >= 2 * COLUMNS {
            threads::pieces(len / COLUMNS, self.positions.saturating_mul(COLUMNS * 200), |range| {
                let end = if range.end == len / COLUMNS { len } else { range.end * COLUMNS };
                // SAFETY: the caller's promise; pieces have different columns.
                unsafe { self.part(args, range.start * COLUMNS..end, everywhere.clone()) };
            });
        } else if threads::worth(cost.saturating_mul(len) / 2000) && self.places >= 1024 {
            let ranges = threads::count().min(RANGES);
            threads::parallel(ranges, &|r| {
                let starts = (self.places * r / ranges) as isize..(self.places * (r + 1) / ranges) as isize;
                // SAFETY: the caller's promise; slices with different starts have no place in common, and ranges have different starts.
                unsafe { self.part(args, 0..len, starts) };
            });
        } else {
            // SAFETY: the caller's promise; this is the only thread.
            unsafe { self.part(args, 0..len, everywhere) };
        }
        Ok(())
    }
}

struct Along<T, M> {
    index: Index,
    /// The updates' positions, with the steps of the updates and of the output (0 along the axis).
    walk: Walk<2>,
    /// Sizes before, along and after the axis.
    sizes: [usize; 3],
    of: PhantomData<fn() -> (T, M)>,
}

/// The kernel of a scatter along an axis; `None` if the index array holds no integers.
pub fn along(out: &View, updates: &View, index: &View, axis: usize, mode: Combine) -> Option<Arc<dyn Kernel>> {
    let mut to = contiguous(&out.dims);
    let index = Index::new(index, out.dims[axis], to[axis])?;
    to[axis] = 0;
    let dims: &Dims = &updates.dims;
    let walk = Walk::new(dims, [&updates.strides, &to]);
    let sizes = [size(&dims[..axis]), dims[axis], size(&dims[axis + 1..])];
    with_combine!(out.dtype, mode, T, M => Some(Arc::new(Along::<T, M> { index, walk, sizes, of: PhantomData })))
}

impl<T: Value, M: Mode> Along<T, M> {
    /// Combines the updates at positions `range`, in order.
    ///
    /// # Safety
    /// The operands lie at their addresses; no other thread works on these places.
    unsafe fn part(&self, args: Args<'_>, range: Range<usize>) {
        let [from_step, to_step] = self.walk.step();
        let mut block = [0isize; BLOCK];
        for at in range.clone().step_by(BLOCK) {
            let block = &mut block[..(range.end - at).min(BLOCK)];
            block.fill(0);
            // SAFETY: the caller's promise; offsets that are not dropped lie in the output.
            unsafe {
                self.index.add::<false>(args.inputs[1], at, block);
                self.walk.runs(at..at + block.len(), |position, [from, to], len| {
                    let (updates, out) = ((args.inputs[0] as *const T).offset(from), (args.outputs[0] as *mut T).offset(to));
                    for (j, &picked) in block[position - at..][..len].iter().enumerate() {
                        if picked != DROPPED {
                            let place = out.offset(j as isize * to_step + picked);
                            *place = M::of(*place, *updates.offset(j as isize * from_step));
                        }
                    }
                });
            }
        }
    }
}

impl<T: Value, M: Mode> Kernel for Along<T, M> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let [before, along, after] = self.sizes;
        if before * along * after == 0 {
            return Ok(());
        }
        if before >= 8 || after < 2 * COLUMNS {
            // SAFETY: the caller's promise; pieces differ in their place before the axis.
            threads::pieces(before, along * after * 2000, |range| unsafe {
                self.part(args, range.start * along * after..range.end * along * after);
            });
        } else {
            threads::pieces(after / COLUMNS, before * along * COLUMNS * 2000, |range| {
                let end = if range.end == after / COLUMNS { after } else { range.end * COLUMNS };
                for row in 0..before * along {
                    // SAFETY: the caller's promise; pieces differ in their place after the axis.
                    unsafe { self.part(args, row * after + range.start * COLUMNS..row * after + end) };
                }
            });
        }
        Ok(())
    }
}
