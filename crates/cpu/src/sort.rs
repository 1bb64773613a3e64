//! Stable ascending argsort along the last axis, NaN last.
//!
//! Keys of up to 32 bits travel in one 64-bit word with their index, so that an unstable sort of the words is a stable sort of the keys;
//! long rows of them go by radix instead.

use crate::order::{Ordered, with_ordered};
use crate::threads;
use crate::walk::Walk;
use lazulite_base::Result;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::work::View;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;

/// Rows of at least so many elements are sorted by radix.
const RADIX: usize = 1024;

struct ArgSort<T> {
    rows: Walk<1>,
    n: usize,
    stride: isize,
    of: PhantomData<fn() -> T>,
}

/// The kernel; `None` for a scalar or a row too long for 32-bit indices.
pub fn kernel(x: &View) -> Option<Arc<dyn Kernel>> {
    let last = x.dims.len().checked_sub(1)?;
    let (rows, n, stride) = (Walk::new(&x.dims[..last], [&x.strides[..last]]), x.dims[last], x.strides[last]);
    if u32::try_from(n).is_err() {
        return None;
    }
    with_ordered!(x.dtype, T => Some(Arc::new(ArgSort::<T> { rows, n, stride, of: PhantomData })))
}

/// A key as an unsigned number in the same order, of `BITS` bits.
trait Word: Copy {
    const BITS: u32;
    fn word(self) -> u64;
}

macro_rules! words {
    ($($i:ty, $u:ty;)*) => {$(
        impl Word for $i {
            const BITS: u32 = <$u>::BITS;
            #[inline(always)]
            fn word(self) -> u64 { (self ^ <$i>::MIN) as $u as u64 }
        }
    )*};
}
words! { u8, u8; u16, u16; u32, u32; u64, u64; i8, u8; i16, u16; i32, u32; i64, u64; }

/// What a thread keeps from row to row.
#[derive(Default)]
struct Rows {
    words: Vec<u64>,
    other: Vec<u64>,
    wide: Vec<(u64, u32)>,
}

thread_local! {
    static ROWS: RefCell<Rows> = RefCell::default();
}

/// Sorts words by their bits from 32 up to `32 + bits`, stably, a byte at a time; the result is in `a`.
fn radix(a: &mut Vec<u64>, b: &mut Vec<u64>, bits: u32) {
    b.resize(a.len(), 0);
    let mut counts = [[0u32; 256]; 4];
    for &w in a.iter() {
        (0..4).for_each(|d| counts[d][(w >> (32 + 8 * d)) as usize & 255] += 1);
    }
    for (digit, count) in counts.iter_mut().enumerate().take(bits as usize / 8) {
        if count.contains(&(a.len() as u32)) {
            continue;
        }
        let mut sum = 0;
        count.iter_mut().for_each(|c| sum += std::mem::replace(c, sum));
        for &w in a.iter() {
            let place = &mut count[(w >> (32 + 8 * digit)) as usize & 255];
            b[*place as usize] = w;
            *place += 1;
        }
        std::mem::swap(a, b);
    }
}

impl<T: Ordered<Key: Word>> ArgSort<T> {
    /// # Safety
    /// A row of x lies at `x`, and as many indices at `out`.
    unsafe fn row(&self, x: *const T, out: *mut u32) {
        // SAFETY: the caller's promise.
        let key = |i: usize| unsafe { *x.offset(i as isize * self.stride) }.up().word();
        // SAFETY: the caller's promise.
        let out = unsafe { std::slice::from_raw_parts_mut(out, self.n) };
        ROWS.with_borrow_mut(|Rows { words, other, wide }| {
            if T::Key::BITS <= 32 {
                words.clear();
                words.extend((0..self.n).map(|i| key(i) << 32 | i as u64));
                if self.n >= RADIX {
                    radix(words, other, T::Key::BITS);
                } else {
                    words.sort_unstable();
                }
                out.iter_mut().zip(words.iter()).for_each(|(o, &w)| *o = w as u32);
            } else {
                wide.clear();
                wide.extend((0..self.n).map(|i| (key(i), i as u32)));
                wide.sort_unstable();
                out.iter_mut().zip(wide.iter()).for_each(|(o, &(_, i))| *o = i);
            }
        });
    }
}

impl<T: Ordered<Key: Word>> Kernel for ArgSort<T> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (x, out) = (args.inputs[0], args.outputs[0]);
        if self.n == 0 {
            return Ok(());
        }
        let step = self.rows.step()[0];
        let cost = self.n * if self.n >= RADIX { 10_000 } else { 1500 * (self.n.ilog2() as usize + 1) };
        threads::pieces(self.rows.len(), cost, |range| {
            self.rows.runs(range, |at, [offset], len| {
                for j in 0..len {
                    // SAFETY: row `at + j` lies there, and its indices at the same place of the output.
                    unsafe { self.row((x as *const T).offset(offset + j as isize * step), (out as *mut u32).add((at + j) * self.n)) };
                }
            });
        });
        Ok(())
    }
}
