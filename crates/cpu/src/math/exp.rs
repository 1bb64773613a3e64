//! The exponential and what is made of it.

use super::{Function, LN2_HI, LN2_LO, polynomial};
use crate::simd::F32s;
use std::f32::consts::LOG2_E;

/// `(n, r)` with `x = n ln 2 + r`, `|r|` at most half of ln 2.
#[inline(always)]
fn reduce<V: F32s>(x: V) -> (V, V) {
    let n = x.mul(V::splat(LOG2_E)).round();
    (n, n.nfma(V::splat(LN2_LO), n.nfma(V::splat(LN2_HI), x)))
}

/// `exp(r) - 1 - r` over `r * r`, within 2^-28 of `exp(r)`.
#[inline(always)]
fn tail<V: F32s>(r: V) -> V {
    polynomial(r, [4.999_999_4e-1, 1.666_651_5e-1, 4.166_808_7e-2, 8.369_297e-3, 1.383_823_9e-3])
}

/// 2 to the integer `n` in -126..=127.
#[inline(always)]
fn power<V: F32s>(n: V::I) -> V {
    V::from_bits(V::shl::<23>(V::iadd(n, V::int(127))))
}

/// `exp(x)`; two factors reach the largest and the smallest results.
#[inline(always)]
pub(super) fn exp<V: F32s>(x: V) -> V {
    // A NaN in `x` comes through both, since they give their second operand then.
    let x = V::splat(-104.0).max(V::splat(89.0).min(x));
    let (n, r) = reduce(x);
    let p = tail(r).fma(r.mul(r), r).add(V::splat(1.0));
    let n = n.to_int();
    let half = V::sra::<1>(n);
    p.mul(power(half)).mul(power(V::isub(n, half)))
}

/// `exp(x)` for `x` in -87..=0, or NaN.
#[inline(always)]
fn exp_small<V: F32s>(x: V) -> V {
    let (n, r) = reduce(x);
    tail(r).fma(r.mul(r), r).add(V::splat(1.0)).mul(power(n.to_int()))
}

/// 2 to the power `q`, for `q` in -126..=0.
#[inline(always)]
pub(crate) fn exp2_small<V: F32s>(q: V) -> V {
    let n = q.round();
    let r = q.sub(n).mul(V::splat(std::f32::consts::LN_2));
    tail(r).fma(r.mul(r), r).add(V::splat(1.0)).mul(power(n.to_int()))
}

/// `exp(x) - 1`.
#[inline(always)]
pub(super) fn expm1<V: F32s>(x: V) -> V {
    let y = V::splat(-25.0).max(V::splat(89.0).min(x));
    let (n, r) = reduce(y);
    let p = tail(r).fma(r.mul(r), r);
    // With half the power of two, since 2^128 is no f32.
    let t = power::<V>(V::isub(n.to_int(), V::int(1)));
    let v = t.fma(p, t.sub(V::splat(0.5)));
    let v = v.add(v);
    // Near zero the product has lost the sign of zero and small values.
    V::select(x.abs().lt(V::splat(5e-8)), x, v)
}

/// The exponential.
pub struct Exp;
/// `exp(x) - 1`.
pub struct Expm1;
/// The hyperbolic tangent.
pub struct Tanh;
/// The logistic function.
pub struct Sigmoid;

impl Function for Exp {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        exp(x)
    }
}

impl Function for Expm1 {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        expm1(x)
    }
}

impl Function for Tanh {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let a = x.abs();
        // 1 - 2 / (exp(2a) + 1), which is 1 from 10 on.
        let e = exp_small(V::splat(-20.0).max(a.mul(V::splat(-2.0))));
        let large = V::splat(1.0).sub(e.add(e).div(V::splat(1.0).add(e)));
        let z = x.mul(x);
        let p = polynomial(z, [-3.333_328e-1, 1.333_140_6e-1, -5.373_651_5e-2, 2.062_816_7e-2, -5.692_296_7e-3]);
        let small = p.mul(z).fma(x, x);
        V::select(a.lt(V::splat(0.625)), small, large).or(x.sign())
    }
}

impl Function for Sigmoid {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let e = exp(x.abs().neg());
        let one = V::splat(1.0);
        V::select(x.lt(V::splat(0.0)), e, one).div(one.add(e))
    }
}
