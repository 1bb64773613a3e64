//! Gathers: slices picked by index arrays, and elements picked along an axis.

use crate::dtypes::with_type;
use crate::index::{BLOCK, Index, offsets};
use crate::threads;
use crate::walk::Walk;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::shape::{Dims, Strides, size};
use lazulite_base::work::View;
use lazulite_base::{Error, Result};
use std::marker::PhantomData;
use std::sync::Arc;

/// Elements of a slice that are copied as one unit of work.
const PIECE: usize = 1 << 15;

struct Gather<T> {
    indices: Vec<Index>,
    positions: usize,
    slice: Walk<1>,
    of: PhantomData<fn() -> T>,
}

/// The kernel of a gather; `None` if an index array holds no integers.
pub fn kernel(x: &View, axes: &[usize], views: &[View]) -> Option<Arc<dyn Kernel>> {
    let indices: Vec<Index> = axes.iter().zip(views).map(|(&a, v)| Index::new(v, x.dims[a], x.strides[a])).collect::<Option<_>>()?;
    let other = |i: &usize| !axes.contains(i);
    let dims: Dims = (0..x.dims.len()).filter(other).map(|i| x.dims[i]).collect();
    let strides: Strides = (0..x.dims.len()).filter(other).map(|i| x.strides[i]).collect();
    let slice = Walk::new(&dims, [&strides]);
    let positions = views.first().map_or(1, |v| size(&v.dims));
    with_type!(x.dtype, T: bits => Some(Arc::new(Gather::<T> { indices, positions, slice, of: PhantomData })))
}

impl<T: Copy + 'static> Gather<T> {
    /// Copies elements `range` of the slice at `x` to `out`, which is where its element `range.start` goes.
    ///
    /// # Safety
    /// Both are in bounds.
    #[inline]
    unsafe fn copy(&self, x: *const T, range: std::ops::Range<usize>, out: *mut T) {
        let start = range.start;
        let [step] = self.slice.step();
        self.slice.runs(range, |at, [offset], len| {
            // SAFETY: the caller's promise.
            unsafe {
                let (x, out) = (x.offset(offset), out.add(at - start));
                if step == 1 {
                    std::ptr::copy_nonoverlapping(x, out, len);
                } else {
                    (0..len).for_each(|j| *out.add(j) = *x.offset(j as isize * step));
                }
            }
        });
    }
}

impl<T: Copy + 'static> Kernel for Gather<T> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (x, addresses, out) = (args.inputs[0], &args.inputs[1..], args.outputs[0]);
        let len = self.slice.len();
        if self.positions == 0 || len == 0 {
            return Ok(());
        }
        if self.indices.iter().any(Index::empty) {
            return Err(Error::index("gather", "cannot take from an axis of size 0"));
        }
        let contiguous = self.slice.linear(0);
        let parts = len.div_ceil(PIECE);
        let cost = 3000 + len.min(PIECE) * size_of::<T>() * if contiguous { 40 } else { 200 };
        threads::pieces(self.positions * parts, cost, |units| {
            let mut block = [0isize; BLOCK];
            let mut unit = units.start;
            while unit < units.end {
                let first = unit / parts;
                let stop = (units.end.div_ceil(parts) - first).min(BLOCK);
                let block = &mut block[..stop];
                // SAFETY: the index arrays lie at their addresses, and their values are clamped to x; units write different elements.
                unsafe {
                    offsets::<true>(&self.indices, addresses, first, block);
                    let (x, out) = (x as *const T, out as *mut T);
                    if len == 1 {
                        for (j, &offset) in block.iter().enumerate() {
                            *out.add(first + j) = *x.offset(offset);
                        }
                        unit = first + stop;
                        continue;
                    }
                    for (j, &offset) in block.iter().enumerate() {
                        let position = first + j;
                        while unit < units.end && unit / parts == position {
                            let lo = unit % parts * PIECE;
                            let hi = (lo + PIECE).min(len);
                            let (from, to) = (x.offset(offset), out.add(position * len + lo));
                            if contiguous {
                                std::ptr::copy_nonoverlapping(from.add(lo), to, hi - lo);
                            } else {
                                self.copy(from, lo..hi, to);
                            }
                            unit += 1;
                        }
                    }
                }
            }
        });
        Ok(())
    }
}

struct Along<T> {
    index: Index,
    /// The index's positions, with x's steps (0 along the axis).
    walk: Walk<1>,
    of: PhantomData<fn() -> T>,
}

/// The kernel of a gather along an axis; `None` if the index array holds no integers.
pub fn along(x: &View, index: &View, axis: usize) -> Option<Arc<dyn Kernel>> {
    let mut strides = x.strides.clone();
    strides[axis] = 0;
    let walk = Walk::new(&index.dims, [&strides]);
    let index = Index::new(index, x.dims[axis], x.strides[axis])?;
    with_type!(x.dtype, T: bits => Some(Arc::new(Along::<T> { index, walk, of: PhantomData })))
}

impl<T: Copy + 'static> Kernel for Along<T> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (x, address, out) = (args.inputs[0], args.inputs[1], args.outputs[0]);
        let n = self.index.len();
        if n > 0 && self.index.empty() {
            return Err(Error::index("take_along_axis", "cannot take from an axis of size 0"));
        }
        let [step] = self.walk.step();
        threads::pieces(n, 1000, |range| {
            let mut block = [0isize; BLOCK];
            for at in range.clone().step_by(BLOCK) {
                let block = &mut block[..(range.end - at).min(BLOCK)];
                // SAFETY: the index array lies at its address, its values are clamped to x, and blocks write different elements.
                unsafe {
                    block.fill(0);
                    self.index.add::<true>(address, at, block);
                    self.walk.runs(at..at + block.len(), |position, [offset], len| {
                        let (x, out) = ((x as *const T).offset(offset), (out as *mut T).add(position));
                        for (j, &picked) in block[position - at..][..len].iter().enumerate() {
                            *out.add(j) = *x.offset(j as isize * step + picked);
                        }
                    });
                }
            }
        });
        Ok(())
    }
}
