//! Kernels on f32: simple operations in every form (vectors and scalars), at every level.

use super::number::*;
use super::{Body, Fun, Map1, Map2, at};
use crate::math::{self, Function};
use crate::simd::{F32s, Level, portable::P8};
use lazulite_base::Op;
use std::marker::PhantomData;

/// A function of vectors, mapped over a tile.
struct Vectors<V, F>(PhantomData<(V, F)>);

impl<V: F32s, F: Function> Body for Vectors<V, F> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, _: *const u8, _: *const u8, _: u64) {
        let (d, a) = (d.cast::<f32>(), a.cast::<f32>());
        // SAFETY: every access lies below n, or in the padded copy of the rest.
        unsafe {
            let mut i = 0;
            while i + 2 * V::N <= n {
                let (x, y) = (V::load(a.add(i)), V::load(a.add(i + V::N)));
                let (x, y) = (F::of(x), F::of(y));
                x.store(d.add(i));
                y.store(d.add(i + V::N));
                i += 2 * V::N;
            }
            while i < n {
                let m = V::N.min(n - i);
                if m == V::N {
                    F::of(V::load(a.add(i))).store(d.add(i));
                } else {
                    let mut rest = [1f32; 16];
                    std::ptr::copy_nonoverlapping(a.add(i), rest.as_mut_ptr(), m);
                    F::of(V::load(rest.as_ptr())).store(rest.as_mut_ptr());
                    std::ptr::copy_nonoverlapping(rest.as_ptr(), d.add(i), m);
                }
                i += m;
            }
        }
    }
}

/// The kernel of a function, at every level.
fn function<F: Function>(level: Level) -> Fun {
    #[cfg(target_arch = "x86_64")]
    {
        use crate::simd::{avx2::A8, avx512::Z16};
        super::at3::<Vectors<P8, F>, Vectors<A8, F>, Vectors<Z16, F>>(level)
    }
    #[cfg(not(target_arch = "x86_64"))]
    super::at3::<Vectors<P8, F>, Vectors<P8, F>, Vectors<P8, F>>(level)
}

/// The kernel of a binary function, in its form.
fn two<F: super::F2<f32, U>, U: Copy>(level: Level, form: u8) -> Option<Fun> {
    Some(match form {
        0 => at::<Map2<f32, U, F, 0>>(level),
        1 => at::<Map2<f32, U, F, 1>>(level),
        2 => at::<Map2<f32, U, F, 2>>(level),
        _ => return None,
    })
}

fn one<B: Body>(level: Level, form: u8) -> Option<Fun> {
    (form == 0).then(|| at::<B>(level))
}

/// The kernel of an operation in a form, if there is one.
pub fn pick(level: Level, op: Op, form: u8) -> Option<Fun> {
    macro_rules! table {
        ($($two:ident)*; $($test:ident)*; $($one:ident)*; $($function:ident)*) => {
            match op {
                $(Op::$two => two::<$two, f32>(level, form),)*
                $(Op::$test => two::<$test, u8>(level, form),)*
                $(Op::$one => one::<Map1<f32, f32, $one>>(level, form),)*
                $(Op::$function => (form == 0).then(|| function::<math::$function>(level)),)*
                _ => None,
            }
        };
    }
    table!(Add Subtract Multiply Divide Maximum Minimum; Equal NotEqual Less LessEqual Greater GreaterEqual;
        Negative Abs Square Sqrt Floor Ceil Rint Reciprocal;
        Exp Expm1 Log Log2 Log10 Log1p Sin Cos Tan Tanh Sigmoid Erf Erfinv Rsqrt)
}
