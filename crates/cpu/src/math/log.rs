//! Logarithms.

use super::{Function, LN2_HI, LN2_LO, polynomial};
use crate::simd::F32s;

/// `(k, f)` with `x = 2^k (1 + f)` and `1 + f` between the square roots of 1/2 and 2, for positive finite `x`; denormals are scaled.
#[inline(always)]
fn split<V: F32s>(x: V) -> (V, V) {
    let small = x.lt(V::splat(f32::MIN_POSITIVE));
    let x = V::select(small, x.mul(V::splat(8_388_608.0)), x);
    // The exponent of x over sqrt(1/2).
    let b = V::isub(x.bits(), V::int(0x3f35_04f3));
    let k = V::sra::<23>(b);
    let m = V::from_bits(V::isub(x.bits(), V::shl::<23>(k)));
    let k = V::from_int(k).sub(V::select(small, V::splat(23.0), V::splat(0.0)));
    (k, m.sub(V::splat(1.0)))
}

/// `log(1 + f) - f`.
#[inline(always)]
fn tail<V: F32s>(f: V) -> V {
    let c = [
        3.333_331_3e-1,
        -2.500_016_7e-1,
        2.000_222_4e-1,
        -1.665_936_7e-1,
        1.420_953_6e-1,
        -1.254_930_5e-1,
        1.211_251_2e-1,
        -1.089_876_7e-1,
        5.267_83e-2,
    ];
    let z = f.mul(f);
    z.fma(V::splat(-0.5), polynomial(f, c).mul(f).mul(z))
}

/// The logarithm of `2^k (1 + f)`.
#[inline(always)]
fn natural<V: F32s>(k: V, f: V) -> V {
    let t = k.fma(V::splat(LN2_LO), tail(f));
    k.fma(V::splat(LN2_HI), t.add(f))
}

/// Puts in what the formula does not give: the logarithms of zero, infinity, negative numbers and NaN.
#[inline(always)]
fn special<V: F32s>(x: V, r: V) -> V {
    let zero = V::splat(0.0);
    let r = V::select(x.lt(V::splat(f32::INFINITY)), r, x);
    let r = V::select(x.eq(zero), V::splat(f32::NEG_INFINITY), r);
    V::select(x.lt(zero), V::splat(f32::NAN), r)
}

#[inline(always)]
pub(super) fn log<V: F32s>(x: V) -> V {
    let (k, f) = split(x);
    special(x, natural(k, f))
}

/// The natural logarithm.
pub struct Log;
/// The logarithm to base 2.
pub struct Log2;
/// The logarithm to base 10.
pub struct Log10;
/// `log(1 + x)`.
pub struct Log1p;

impl Function for Log {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        log(x)
    }
}

impl Function for Log2 {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let (k, f) = split(x);
        let t = tail(f).fma(V::splat(std::f32::consts::LOG2_E), f.mul(V::splat(1.925_963e-8)));
        let r = f.fma(V::splat(std::f32::consts::LOG2_E), t);
        special(x, k.add(r))
    }
}

impl Function for Log10 {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let (k, f) = split(x);
        // log10(2) and log10(e), each in two parts.
        let t = tail(f).fma(V::splat(std::f32::consts::LOG10_E), f.mul(V::splat(-1.010_305e-8)));
        let t = k.fma(V::splat(4.605_039e-6), t);
        let r = f.fma(V::splat(std::f32::consts::LOG10_E), t);
        special(x, k.fma(V::splat(3.010_254e-1), r))
    }
}

impl Function for Log1p {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let one = V::splat(1.0);
        let u = one.add(x);
        // What the sum has lost, to be added to the fraction.
        let lost = V::select(x.lt(one), x.sub(u.sub(one)), one.sub(u.sub(x)));
        let (k, f) = split(u);
        let scale = V::from_bits(V::shl::<23>(V::isub(V::int(127), k.max(V::splat(-126.0)).min(V::splat(126.0)).to_int())));
        let f = V::select(k.eq(V::splat(0.0)), x, lost.fma(scale, f));
        let r = special(u, natural(k, f));
        V::select(x.abs().lt(V::splat(1e-7)), x, r)
    }
}
