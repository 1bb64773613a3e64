//! Products of rows that lie anywhere with one right operand each, and batches in which index arrays pick the operands.
//!
//! Items with the same right operand are one product, whatever their order: the experts of a mixture each meet all of their tokens at
//! once.

use super::pack::Kind;
use super::right::{Right, Strided};
use super::scratch::Scratch;
use super::{At, Layout, MatMul};
use crate::dtypes::with_type;
use crate::index::{Index, offsets};
use lazulite_base::Result;
use lazulite_base::backend::{Address, Args, Kernel};
use lazulite_base::work::View;
use std::sync::Arc;

/// Where a row of x lies, in elements, and where its row of the output goes.
pub type Row = (isize, usize);

/// The products of rows with one right operand.
///
/// # Safety
/// The rows, of `k` numbers `step` apart, and the right operand lie there; the output's rows of `n` are nobody else's.
#[allow(clippy::too_many_arguments)]
pub unsafe fn rows_product<K: Kind, R: Right<K>>(
    x: *const K,
    step: isize,
    rows: &[Row],
    [n, k]: [usize; 2],
    right: R,
    at: R::At,
    out: *mut K,
) -> Result<()> {
    let Some(&(first, place)) = rows.first() else { return Ok(()) };
    let line = rows.get(1).map_or(0, |r| r.0 - first);
    let even = rows.iter().enumerate().all(|(i, r)| *r == (first + i as isize * line, place + i * n));
    // SAFETY: the caller's promise; the copies have room for all rows.
    unsafe {
        if even {
            let at = At { a: x.offset(first), b: at, out: out.add(place) };
            return MatMul::new([rows.len(), n, k], Layout { line, step }, right).whole(at);
        }
        let room = Scratch::new(rows.len() * (n + k) * size_of::<K>())?;
        let (together, sums) = (room.start::<K>(), room.start::<K>().add(rows.len() * k));
        for (i, row) in rows.iter().enumerate() {
            (0..k).for_each(|p| *together.add(i * k + p) = *x.offset(row.0 + p as isize * step));
        }
        let at = At { a: together, b: at, out: sums };
        MatMul::new([rows.len(), n, k], Layout { line: k as isize, step: 1 }, right).whole(at)?;
        for (i, row) in rows.iter().enumerate() {
            out.add(row.1).copy_from_nonoverlapping(sums.add(i * n), n);
        }
    }
    Ok(())
}

/// The indices of `count` positions, within `extent`.
///
/// # Safety
/// The index array lies at `address`.
pub unsafe fn picks(view: &View, extent: usize, address: Address, count: usize) -> Vec<isize> {
    let index = Index::new(view, extent, 1).expect("indices are integers");
    let mut out = vec![0; count];
    // SAFETY: the caller's promise.
    unsafe { offsets::<true>(&[index], &[address], 0, &mut out) };
    out
}

/// Calls `f` with each right operand and the rows that meet it: item `i`, of `m` rows `line` apart, starts at `left[i]` and meets
/// `right[i]`; its output follows that of the item before.
pub fn by_right(
    left: &[isize],
    right: &[isize],
    [m, n]: [usize; 2],
    line: isize,
    mut f: impl FnMut(isize, &[Row]) -> Result<()>,
) -> Result<()> {
    let mut order: Vec<usize> = (0..left.len()).collect();
    order.sort_by_key(|&i| right[i]);
    let mut rows = Vec::new();
    for same in order.chunk_by(|&i, &j| right[i] == right[j]) {
        rows.clear();
        rows.extend(same.iter().flat_map(|&i| (0..m).map(move |r| (left[i] + r as isize * line, (i * m + r) * n))));
        f(right[same[0]], &rows)?;
    }
    Ok(())
}

struct Gather {
    a: View,
    b: View,
    gather: [View; 2],
}

/// The kernel of [`lazulite_base::work::Work::GatherMatMul`].
pub fn kernel(a: &View, b: &View, gather: &[View; 2]) -> Option<Arc<dyn Kernel>> {
    a.dtype.is_inexact().then(|| Arc::new(Gather { a: a.clone(), b: b.clone(), gather: gather.clone() }) as Arc<dyn Kernel>)
}

impl Gather {
    unsafe fn run<K: Kind>(&self, args: Args<'_>) -> Result<()> {
        let (a, b) = (&self.a, &self.b);
        let ([m, k], n) = ([a.dims[1], a.dims[2]], b.dims[2]);
        let count = self.gather[0].dims.iter().product();
        let out = args.outputs[0] as *mut K;
        if count * m * n == 0 {
            return Ok(());
        }
        if k == 0 {
            // SAFETY: the output's elements; a zero of every dtype is zero bits.
            unsafe { out.write_bytes(0, count * m * n) };
            return Ok(());
        }
        // SAFETY: the caller's promise; indices are clamped to the operands.
        unsafe {
            let [left, right] = [(0, a), (1, b)].map(|(i, v)| {
                let mut list = picks(&self.gather[i], v.dims[0], args.inputs[2 + i], count);
                list.iter_mut().for_each(|x| *x *= v.strides[0]);
                list
            });
            let (x, y) = (args.inputs[0] as *const K, args.inputs[1] as *const K);
            by_right(&left, &right, [m, n], a.strides[1], |at, rows| {
                let right = Strided(Layout { line: b.strides[2], step: b.strides[1] });
                rows_product::<K, Strided>(x, a.strides[2], rows, [n, k], right, y.offset(at), out)
            })
        }
    }
}

impl Kernel for Gather {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        // SAFETY: the caller's promise.
        unsafe { with_type!(self.a.dtype, T: inexact => self.run::<T>(args), else => unreachable!("{} has no products", self.a.dtype)) }
    }
}
