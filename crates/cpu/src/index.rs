//! Index arrays turned into element offsets, a block at a time: what gathers and scatters share.

use crate::dtypes::with_type;
use crate::walk::Walk;
use lazulite_base::backend::Address;
use lazulite_base::dtype::Dtype;
use lazulite_base::work::View;

/// Positions whose offsets are worked out at once.
pub const BLOCK: usize = 256;
/// The offset of an update that is dropped.
pub const DROPPED: isize = isize::MIN;

/// An element of an index array.
trait Wide: Copy {
    /// The same number, or the largest there is.
    fn wide(self) -> i64;
}

macro_rules! wide {
    ($($t:ty)*) => {$(
        impl Wide for $t {
            #[inline(always)]
            fn wide(self) -> i64 {
                i64::try_from(self).unwrap_or(i64::MAX)
            }
        }
    )*};
}
wide!(u8 u16 u32 u64 i8 i16 i32 i64);

/// One index array: its values select along an axis of `extent` elements that lie `stride` apart.
pub struct Index {
    dtype: Dtype,
    walk: Walk<1>,
    extent: i64,
    stride: isize,
}

impl Index {
    /// The index array `view`; `None` if it holds no integers.
    pub fn new(view: &View, extent: usize, stride: isize) -> Option<Index> {
        let good = view.dtype.is_integer() || view.dtype == Dtype::Bool;
        good.then(|| Index { dtype: view.dtype, walk: Walk::new(&view.dims, [&view.strides]), extent: extent as i64, stride })
    }

    /// Number of positions.
    pub fn len(&self) -> usize {
        self.walk.len()
    }

    /// Whether it selects from nothing.
    pub fn empty(&self) -> bool {
        self.extent == 0
    }

    /// Adds the offsets of positions `at..at + out.len()` to `out`. Negative indices count from the end; with `CLAMP` others outside are
    /// clamped, else they make the offset [`DROPPED`].
    ///
    /// # Safety
    /// The index array lies at `address`.
    #[inline]
    pub unsafe fn add<const CLAMP: bool>(&self, address: Address, at: usize, out: &mut [isize]) {
        // SAFETY: the caller's promise.
        with_type!(self.dtype, T: integer => unsafe { self.typed::<T, CLAMP>(address as *const T, at, out) },
            else => unreachable!("{} is not an index", self.dtype))
    }

    #[inline(always)]
    unsafe fn typed<T: Wide, const CLAMP: bool>(&self, x: *const T, at: usize, out: &mut [isize]) {
        let [step] = self.walk.step();
        self.walk.runs(at..at + out.len(), |position, [offset], len| {
            for (j, o) in out[position - at..][..len].iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                let v = unsafe { *x.offset(offset + j as isize * step) }.wide();
                let v = if v < 0 { v + self.extent } else { v };
                if CLAMP {
                    *o += v.clamp(0, self.extent - 1) as isize * self.stride;
                } else if v < 0 || v >= self.extent {
                    *o = DROPPED;
                } else if *o != DROPPED {
                    *o += v as isize * self.stride;
                }
            }
        });
    }
}

/// The sums of several index arrays' offsets at positions `at..at + out.len()`.
///
/// # Safety
/// The index arrays lie at `addresses`.
#[inline]
pub unsafe fn offsets<const CLAMP: bool>(indices: &[Index], addresses: &[Address], at: usize, out: &mut [isize]) {
    out.fill(0);
    for (index, &address) in indices.iter().zip(addresses) {
        // SAFETY: the caller's promise.
        unsafe { index.add::<CLAMP>(address, at, out) };
    }
}
