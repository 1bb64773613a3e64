//! Sine, cosine and tangent.

use super::{Function, polynomial};
use crate::simd::F32s;

/// Beyond this the reduction loses bits; such elements go through f64, one by one.
const LARGE: f32 = 3e4;

/// `(n, r)` with `x = n pi/2 + r`. The first product's difference is exact, since pi/2's first part has the last bit of 2^-23.
#[inline(always)]
fn reduce<V: F32s>(x: V) -> (V::I, V) {
    let n = x.mul(V::splat(std::f32::consts::FRAC_2_PI)).round();
    let r = n.nfma(V::splat(1.570_796_4), x);
    let r = n.nfma(V::splat(-4.371_139e-8), r);
    (n.to_int(), n.nfma(V::splat(-1.715_124_5e-15), r))
}

#[inline(always)]
fn sine<V: F32s>(r: V) -> V {
    let z = r.mul(r);
    polynomial(z, [-1.666_665_5e-1, 8.332_187e-3, -1.951_789_7e-4]).mul(z).fma(r, r)
}

#[inline(always)]
fn cosine<V: F32s>(r: V) -> V {
    let z = r.mul(r);
    let p = polynomial(z, [4.166_664_6e-2, -1.388_731e-3, 2.443_232_7e-5]);
    z.mul(z).fma(p, z.nfma(V::splat(0.5), V::splat(1.0)))
}

/// The lanes whose argument is large, computed one by one.
#[inline(always)]
fn patch<V: F32s>(x: V, r: V, f: fn(f64) -> f64) -> V {
    let fine = x.abs().le(V::splat(LARGE));
    let bad = V::select(fine, V::splat(0.0), V::splat(1.0));
    if !V::any(V::splat(0.0).lt(bad)) {
        return r;
    }
    slow(x, r, f)
}

#[cold]
#[inline(never)]
fn each(x: &[f32], r: &mut [f32], f: fn(f64) -> f64) {
    for (x, r) in x.iter().zip(r) {
        if x.is_nan() || x.abs() > LARGE {
            *r = f(*x as f64) as f32;
        }
    }
}

#[inline(always)]
fn slow<V: F32s>(x: V, r: V, f: fn(f64) -> f64) -> V {
    let (mut a, mut b) = ([0f32; 16], [0f32; 16]);
    // SAFETY: no vector has more than 16 lanes.
    unsafe {
        x.store(a.as_mut_ptr());
        r.store(b.as_mut_ptr());
        each(&a[..V::N], &mut b[..V::N], f);
        V::load(b.as_ptr())
    }
}

/// The sign bit, where bit 1 of `n` is set.
#[inline(always)]
fn flip<V: F32s>(n: V::I) -> V {
    V::from_bits(V::shl::<30>(V::iand(n, V::int(2))))
}

#[inline(always)]
fn odd<V: F32s>(n: V::I) -> V::M {
    V::ieq(V::iand(n, V::int(1)), V::int(1))
}

/// The sine.
pub struct Sin;
/// The cosine.
pub struct Cos;
/// The tangent.
pub struct Tan;

impl Function for Sin {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let (n, r) = reduce(x);
        let v = V::select(odd::<V>(n), cosine(r), sine(r)).xor(flip(n));
        patch(x, V::select(x.eq(V::splat(0.0)), x, v), f64::sin)
    }
}

impl Function for Cos {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let (n, r) = reduce(x);
        let v = V::select(odd::<V>(n), sine(r), cosine(r)).xor(flip(V::iadd(n, V::int(1))));
        patch(x, v, f64::cos)
    }
}

impl Function for Tan {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let (n, r) = reduce(x);
        let (s, c, odd) = (sine(r), cosine(r), odd::<V>(n));
        let v = V::select(odd, c.neg(), s).div(V::select(odd, s, c));
        patch(x, V::select(x.eq(V::splat(0.0)), x, v), f64::tan)
    }
}
