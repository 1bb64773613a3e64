//! Functions of f32, each written once over [`F32s`]: argument reductions and polynomials after Cody and Waite ("Software Manual for the
//! Elementary Functions", 1980) and Muller ("Elementary Functions", 2016), with minimax coefficients of our own (Remez exchange, rounded
//! to f32 one by one).
//!
//! Errors are those of the tests: `exp`, `log` and their kin, `tanh`, `erf` and `sigmoid` stay within 2 ulp, as do `sin` and `cos`.

mod exp;
mod log;
mod pow;
mod special;
mod trig;

pub(crate) use exp::exp2_small;
pub use exp::{Exp, Expm1, Sigmoid, Tanh};
pub use log::{Log, Log1p, Log2, Log10};
pub use pow::pow;
pub use special::{Erf, Erfinv, Rsqrt};
pub use trig::{Cos, Sin, Tan};

use crate::simd::F32s;

/// A function of one vector.
pub trait Function {
    /// Its value in every lane.
    fn of<V: F32s>(x: V) -> V;
}

/// `c[0] + x * (c[1] + x * (..))`.
#[inline(always)]
fn polynomial<V: F32s, const N: usize>(x: V, c: [f32; N]) -> V {
    let mut r = V::splat(c[N - 1]);
    for k in (0..N - 1).rev() {
        r = r.fma(x, V::splat(c[k]));
    }
    r
}

const LN2_HI: f32 = 0.693_145_75;
const LN2_LO: f32 = 1.428_606_8e-6;
