//! The index of the smallest or largest element along an axis.
//!
//! Values are compared by the integer keys of [`crate::order`], so that every dtype takes the same path and the loops vectorise. A
//! contiguous row is searched a block at a time: the block's largest key first, its place only if that beats the best so far; of f32 and
//! f64 the values themselves, until there is a NaN.

use crate::dtypes::with_type;
use crate::isa::fast;
use crate::order::Ordered;
use crate::threads;
use crate::walk::{Walk, without};
use lazulite_base::Result;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::shape::{Dims, Strides};
use lazulite_base::tape::ReduceOp;
use lazulite_base::work::View;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

/// Elements searched at once.
const BLOCK: usize = 1024;
/// Rows walked side by side when they do not lie along the axis.
const SIDE: usize = 64;
/// Contiguous rows shorter than this are searched an element at a time.
const SHORT: usize = 48;
/// A lone row of at least this many elements is cut into pieces of this size for the threads.
const PIECE: usize = 1 << 16;

struct ArgReduce<T, const MAX: bool> {
    rows: Walk<1>,
    n: usize,
    stride: isize,
    of: PhantomData<fn() -> T>,
}

/// The kernel; `None` unless `op` is `Min` or `Max`.
pub fn kernel(x: &View, axis: usize, op: ReduceOp) -> Option<Arc<dyn Kernel>> {
    let (dims, strides): (Dims, Strides) = (without(&x.dims, axis), without(&x.strides, axis));
    let (rows, n, stride) = (Walk::new(&dims, [&strides]), x.dims[axis], x.strides[axis]);
    with_type!(x.dtype, T: any => match op {
        ReduceOp::Max => Some(Arc::new(ArgReduce::<T, true> { rows, n, stride, of: PhantomData })),
        ReduceOp::Min => Some(Arc::new(ArgReduce::<T, false> { rows, n, stride, of: PhantomData })),
        _ => None,
    })
}

#[inline(always)]
fn key<T: Ordered, const MAX: bool>(v: T) -> T::Key {
    if MAX { v.up() } else { v.down() }
}

fast! {
    /// The largest key among `n` contiguous elements and its first place.
    unsafe fn best[T: Ordered, const MAX: bool][T, MAX](x: *const T, n: usize) -> (T::Key, usize) {
        // SAFETY: the caller's promise: `n` elements lie at `x`.
        let x = unsafe { std::slice::from_raw_parts(x, n) };
        let (mut most, mut place) = (T::LEAST, 0);
        for (b, block) in x.chunks(BLOCK).enumerate() {
            let mut lanes = [T::LEAST; 64];
            let mut groups = block.chunks_exact(64);
            for group in &mut groups {
                for (lane, &v) in lanes.iter_mut().zip(group) {
                    *lane = (*lane).max(key::<T, MAX>(v));
                }
            }
            let rest = groups.remainder().iter().map(|&v| key::<T, MAX>(v));
            let top = lanes.into_iter().chain(rest).max().unwrap_or(T::LEAST);
            if top > most {
                most = top;
                let hit = |group: &[T]| group.iter().fold(false, |hit, &v| hit | (key::<T, MAX>(v) == top));
                let group = block.chunks(64).position(hit).unwrap_or(0) * 64;
                place = b * BLOCK + group + block[group..].iter().position(|&v| key::<T, MAX>(v) == top).unwrap_or(0);
            }
        }
        (most, place)
    }
}

/// Whether `a` beats `b`; false where one is NaN.
#[inline(always)]
fn beats<T: Ordered, const MAX: bool>(a: T, b: T) -> bool {
    if MAX { a.above(b) } else { b.above(a) }
}

fast! {
    /// The first place of the extreme among `n > 0` contiguous elements, compared by themselves; the first NaN's, if there is one.
    unsafe fn direct[T: Ordered, const MAX: bool][T, MAX](x: *const T, n: usize) -> usize {
        // SAFETY: the caller's promise: `n` elements lie at `x`.
        let x = unsafe { std::slice::from_raw_parts(x, n) };
        let (mut most, mut place) = (x[0], 0);
        for (b, block) in x.chunks(BLOCK).enumerate() {
            let mut lanes = [most; 64];
            let mut odd = [false; 64];
            let mut groups = block.chunks_exact(64);
            for group in &mut groups {
                for l in 0..64 {
                    lanes[l] = if beats::<T, MAX>(group[l], lanes[l]) { group[l] } else { lanes[l] };
                    odd[l] |= group[l].odd();
                }
            }
            let mut any = odd.iter().fold(false, |any, &o| any | o);
            let mut top = lanes.into_iter().fold(most, |top, v| if beats::<T, MAX>(v, top) { v } else { top });
            for &v in groups.remainder() {
                top = if beats::<T, MAX>(v, top) { v } else { top };
                any |= v.odd();
            }
            if any {
                return b * BLOCK + block.iter().position(|v| v.odd()).unwrap_or(0);
            }
            if beats::<T, MAX>(top, most) {
                most = top;
                let is = |v: T| !beats::<T, MAX>(top, v);
                let hit = |group: &[T]| group.iter().fold(false, |hit, &v| hit | is(v));
                let group = block.chunks(64).position(hit).unwrap_or(0) * 64;
                place = b * BLOCK + group + block[group..].iter().position(|&v| is(v)).unwrap_or(0);
            }
        }
        place
    }
}

/// The extreme's key among `n > 0` contiguous elements, and its first place.
///
/// # Safety
/// They lie at `x`.
#[inline(always)]
unsafe fn search<T: Ordered, const MAX: bool>(x: *const T, n: usize) -> (T::Key, usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if !T::DIRECT {
            return best::<T, MAX>(x, n);
        }
        let place = direct::<T, MAX>(x, n);
        (key::<T, MAX>(*x.add(place)), place)
    }
}

fast! {
    /// The first place of the largest key in each of `rows` rows that lie `step` apart, a row after the other.
    unsafe fn short[T: Ordered, const MAX: bool][T, MAX](x: *const T, n: usize, rows: usize, step: isize, out: *mut u32) {
        for j in 0..rows {
            // SAFETY: the caller's promise: each row has `n` contiguous elements, and `rows` places lie at `out`.
            let (row, out) = unsafe { (std::slice::from_raw_parts(x.offset(j as isize * step), n), &mut *out.add(j)) };
            let (mut most, mut place) = (T::LEAST, 0);
            for (i, &v) in row.iter().enumerate() {
                let k = key::<T, MAX>(v);
                place = if k > most { i as u32 } else { place };
                most = most.max(k);
            }
            *out = place;
        }
    }
}

fast! {
    /// The first place of the largest key in each of `rows <= SIDE` rows that lie `step` apart.
    unsafe fn side[T: Ordered, const MAX: bool][T, MAX](x: *const T, n: usize, stride: isize, rows: usize, step: isize, out: *mut u32) {
        let mut most = [T::LEAST; SIDE];
        let mut place = [0u32; SIDE];
        for i in 0..n {
            let mut visit = |j: usize, at: isize| {
                // SAFETY: the caller's promise: element i of row j is in bounds.
                let k = key::<T, MAX>(unsafe { *x.offset(i as isize * stride + at) });
                place[j] = if k > most[j] { i as u32 } else { place[j] };
                most[j] = most[j].max(k);
            };
            if rows == SIDE && step == 1 {
                (0..SIDE).for_each(|j| visit(j, j as isize));
            } else {
                (0..rows).for_each(|j| visit(j, j as isize * step));
            }
        }
        for (j, &p) in place[..rows].iter().enumerate() {
            // SAFETY: the caller's promise: `rows` places lie at `out`.
            unsafe { *out.add(j) = p };
        }
    }
}

impl<T: Ordered, const MAX: bool> Kernel for ArgReduce<T, MAX> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (x, out) = (args.inputs[0], args.outputs[0]);
        let (n, rows) = (self.n, self.rows.len());
        let contiguous = self.stride == 1;
        if rows == 1 && contiguous && n >= 2 * PIECE {
            let whole = Mutex::new((T::LEAST, usize::MAX));
            threads::pieces(n.div_ceil(PIECE), PIECE * size_of::<T>() * 20, |pieces| {
                let (lo, hi) = (pieces.start * PIECE, (pieces.end * PIECE).min(n));
                // SAFETY: within the row.
                let (k, place) = unsafe { search::<T, MAX>((x as *const T).add(lo), hi - lo) };
                let mut best = whole.lock().unwrap_or_else(|e| e.into_inner());
                if k > best.0 || (k == best.0 && lo + place < best.1) {
                    *best = (k, lo + place);
                }
            });
            let place = whole.into_inner().unwrap_or_else(|e| e.into_inner()).1;
            // SAFETY: one output.
            unsafe { *(out as *mut u32) = place as u32 };
            return Ok(());
        }
        let step = self.rows.step()[0];
        let cost = if contiguous { n * size_of::<T>() * 20 } else { n * 400 } + 5000;
        threads::pieces(rows, cost, |range| {
            self.rows.runs(range, |at, [offset], len| {
                // SAFETY: rows `at..at + len` lie within x, and their results at `at` in the output.
                unsafe {
                    let (x, out) = ((x as *const T).offset(offset), (out as *mut u32).add(at));
                    if contiguous && n < SHORT {
                        short::<T, MAX>(x, n, len, step, out);
                    } else if contiguous {
                        for j in 0..len {
                            *out.add(j) = search::<T, MAX>(x.offset(j as isize * step), n).1 as u32;
                        }
                    } else {
                        for j in (0..len).step_by(SIDE) {
                            side::<T, MAX>(x.offset(j as isize * step), n, self.stride, (len - j).min(SIDE), step, out.add(j));
                        }
                    }
                }
            });
        });
        Ok(())
    }
}
