//! Where values belong in sorted rows, by bisection.

use crate::dtypes::with_type;
use crate::order::Ordered;
use crate::threads;
use crate::walk::Walk;
use lazulite_base::Result;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::shape::Strides;
use lazulite_base::work::View;
use std::marker::PhantomData;
use std::sync::Arc;

struct Search<T> {
    /// Over the values and the rows that they are looked for in.
    walk: Walk<2>,
    n: usize,
    stride: isize,
    right: bool,
    of: PhantomData<fn() -> T>,
}

/// The kernel; `None` for rows too long for 32-bit results.
pub fn kernel(sorted: &View, values: &View, right: bool) -> Option<Arc<dyn Kernel>> {
    let last = sorted.dims.len().checked_sub(1)?;
    let n = sorted.dims[last];
    u32::try_from(n).ok()?;
    let mut rows: Strides = sorted.strides[..last].into();
    rows.resize(values.dims.len(), 0);
    let (walk, stride) = (Walk::new(&values.dims, [&values.strides, &rows]), sorted.strides[last]);
    with_type!(values.dtype, T: any => Some(Arc::new(Search::<T> { walk, n, stride, right, of: PhantomData })))
}

impl<T: Ordered> Search<T> {
    /// How many elements of the row come before `value`.
    ///
    /// # Safety
    /// The row lies there.
    #[inline(always)]
    unsafe fn find(&self, row: *const T, value: T) -> u32 {
        let key = value.up();
        let before = |i: usize| {
            // SAFETY: the caller's promise; `i` is below `n`.
            let there = unsafe { *row.offset(i as isize * self.stride) }.up();
            there < key || self.right && there == key
        };
        let (mut low, mut len) = (0, self.n);
        while len > 1 {
            let half = len / 2;
            low += if before(low + half - 1) { half } else { 0 };
            len -= half;
        }
        (low + (len == 1 && before(low)) as usize) as u32
    }
}

impl<T: Ordered> Kernel for Search<T> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (sorted, values, out) = (args.inputs[0], args.inputs[1], args.outputs[0]);
        let step = self.walk.step();
        threads::pieces(self.walk.len(), 3000 * (self.n.max(1).ilog2() as usize + 1), |range| {
            self.walk.runs(range, |at, offset, len| {
                for j in 0..len {
                    let (v, r) = (offset[0] + j as isize * step[0], offset[1] + j as isize * step[1]);
                    // SAFETY: the value, its row and the result lie there.
                    unsafe { *(out as *mut u32).add(at + j) = self.find((sorted as *const T).offset(r), *(values as *const T).offset(v)) };
                }
            });
        });
        Ok(())
    }
}
