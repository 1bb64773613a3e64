//! Kernels of reductions: accumulation into lanes, or in sequence; and the identities. The word of such a kernel is the address of the
//! identity, with [`START`] and [`FOLD`] in its low bits.

use super::number::{Add, Maximum, Minimum, Multiply};
use super::{Body, F2, Fun, at};
use crate::dtypes::with_type;
use crate::simd::Level;
use lazulite_base::tape::{LANES, ReduceOp};
use lazulite_base::{Complex32, Dtype, Op, Scalar};

/// What the word of an accumulating kernel says beside where the identity lies: the accumulators start from the identity.
pub const START: u64 = 1;
/// As [`START`]: afterwards the accumulators are folded into the first.
pub const FOLD: u64 = 2;

/// The identity whose address, a multiple of 8, is in a kernel's word.
///
/// # Safety
/// The word has the address of a value of eight bytes, whose low bytes are a `T`.
#[inline(always)]
pub unsafe fn start<T: Copy>(word: u64) -> T {
    // SAFETY: the caller's promise.
    unsafe { ((word & !(START | FOLD)) as *const T).read() }
}

/// Accumulates element `j` into lane `j % LANES` of the destination, from lane 0.
struct Lanes<T, F>(std::marker::PhantomData<(T, F)>);
/// Accumulates elements into the destination, one after the other.
struct Sequence<T, F>(std::marker::PhantomData<(T, F)>);

impl<T: Copy, F: F2<T, T>> Body for Lanes<T, F> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, _: *const u8, _: *const u8, word: u64) {
        let (acc, x) = (d.cast::<[T; LANES]>(), a.cast::<T>());
        // SAFETY: the destination holds LANES values, the operand n; the word names the identity.
        unsafe {
            let mut v = if word & START != 0 { [start::<T>(word); LANES] } else { acc.read() };
            let mut i = 0;
            while i + LANES <= n {
                let y = x.add(i).cast::<[T; LANES]>().read_unaligned();
                for k in 0..LANES {
                    v[k] = F::f(v[k], y[k]);
                }
                i += LANES;
            }
            if i < n {
                acc.write(v);
                for k in 0..n - i {
                    let lane = d.cast::<T>().add(k);
                    lane.write(F::f(lane.read(), x.add(i + k).read_unaligned()));
                }
                v = acc.read();
            }
            if word & FOLD == 0 {
                return acc.write(v);
            }
            let mut w = LANES / 2;
            while w > 0 {
                for l in 0..w {
                    v[l] = F::f(v[l], v[l + w]);
                }
                w /= 2;
            }
            d.cast::<T>().write(v[0]);
        }
    }
}

impl<T: Copy, F: F2<T, T>> Body for Sequence<T, F> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, _: *const u8, _: *const u8, word: u64) {
        // SAFETY: the destination holds one value, the operand n; the word names the identity.
        unsafe {
            let mut v = if word & START != 0 { start::<T>(word) } else { d.cast::<T>().read() };
            for i in 0..n {
                v = F::f(v, a.cast::<T>().add(i).read_unaligned());
            }
            d.cast::<T>().write(v);
        }
    }
}

macro_rules! complex {
    ($($name:ident)*) => {$(
        impl F2<Complex32, Complex32> for $name {
            #[inline(always)]
            fn f(x: Complex32, y: Complex32) -> Complex32 {
                let wide = |z: Complex32| num_complex::Complex64::new(z.re as f64, z.im as f64);
                let z = (lazulite_base::meaning::meaning(Op::$name).complex)([wide(x), wide(y), wide(y)]);
                Complex32::new(z.re as f32, z.im as f32)
            }
        }
    )*};
}
complex!(Add Multiply Minimum Maximum);

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident, $body:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(level: Level, op: ReduceOp, d: Dtype) -> Fun {
            with_type!(d, T: register => match op {
                ReduceOp::Sum | ReduceOp::Any => at::<$body<T, Add>>(level),
                ReduceOp::Prod | ReduceOp::All => at::<$body<T, Multiply>>(level),
                ReduceOp::Min => at::<$body<T, Minimum>>(level),
                ReduceOp::Max => at::<$body<T, Maximum>>(level),
            })
        }
    )*};
}

reductions! {
    /// The kernel that accumulates a run of a row into lanes.
    lanes, Lanes;
    /// The kernel that accumulates a run of a row in sequence.
    sequence, Sequence;
}

/// The value a reduction starts from, in a register's bits.
pub fn identity(op: ReduceOp, d: Dtype) -> u64 {
    let d = super::storage(d);
    let one = |v: f64| Scalar::new(v, d).bits();
    let signed = d.is_integer() && !d.is_unsigned();
    let top = if d.size() == 8 { u64::MAX } else { (1u64 << (8 * d.size())) - 1 };
    match op {
        ReduceOp::Sum | ReduceOp::Any => 0,
        ReduceOp::Prod | ReduceOp::All => one(1.0),
        ReduceOp::Min | ReduceOp::Max => {
            let least = op == ReduceOp::Max;
            match d {
                Dtype::Bool => !least as u64,
                Dtype::C64 => {
                    let x = if least { f32::NEG_INFINITY } else { f32::INFINITY };
                    (x.to_bits() as u64) | ((x.to_bits() as u64) << 32)
                }
                d if d.is_float() => one(if least { f64::NEG_INFINITY } else { f64::INFINITY }),
                _ if signed => {
                    if least {
                        top / 2 + 1
                    } else {
                        top / 2
                    }
                }
                _ => {
                    if least {
                        0
                    } else {
                        top
                    }
                }
            }
        }
    }
}
