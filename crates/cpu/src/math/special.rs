//! The error function and its inverse, and the reciprocal square root.

use super::exp::exp2_small;
use super::log::log;
use super::{Function, polynomial};
use crate::simd::F32s;

/// The error function.
pub struct Erf;
/// Its inverse.
pub struct Erfinv;
/// `1 / sqrt(x)`.
pub struct Rsqrt;

impl Function for Erf {
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let a = x.abs();
        let z = x.mul(x);
        let c = [1.283_791_7e-1, -3.761_263e-1, 1.128_362_4e-1, -2.685_556_2e-2, 5.191_765e-3, -8.039_977_4e-4, 7.944_461e-5];
        let small = polynomial(z, c).fma(a, a);
        // 1 - 2^q, where q approximates log2(erfc(a)) up to 4, beyond which the result is 1.
        let b = V::splat(4.0).min(a);
        let q = [-2.381_377e-4, -1.627_075_8, -9.189_482e-1, -1.502_167e-1, 3.220_006e-2, -4.424_076_5e-3, 2.861_204_6e-4];
        let large = V::splat(1.0).sub(exp2_small(polynomial(b, q)));
        let v = V::select(a.lt(V::splat(0.9)), small, large);
        V::select(x.unordered(x), x, v.or(x.sign()))
    }
}

impl Function for Erfinv {
    /// After Giles, "Approximating the erfinv function" (GPU Computing Gems, 2011).
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let one = V::splat(1.0);
        let a = x.abs();
        let w = log(one.sub(a).mul(one.add(a))).neg();
        let near = polynomial(
            w.sub(V::splat(2.5)),
            [
                1.501_409_4,
                2.466_407_3e-1,
                -4.177_681_6e-3,
                -1.253_725e-3,
                2.185_808_7e-4,
                -4.391_506_5e-6,
                -3.523_387_7e-6,
                3.432_739_4e-7,
                2.810_226_4e-8,
            ],
        );
        let far = polynomial(
            w.sqrt().sub(V::splat(3.0)),
            [
                2.832_976_8,
                1.001_674,
                9.438_87e-3,
                -7.622_461e-3,
                5.739_508e-3,
                -3.673_428_4e-3,
                1.349_343_2e-3,
                1.009_505_6e-4,
                -2.002_142_6e-4,
            ],
        );
        let v = V::select(w.lt(V::splat(5.0)), near, far).mul(x);
        let v = V::select(a.eq(one), V::splat(f32::INFINITY).or(x.sign()), v);
        V::select(a.le(one), v, V::splat(f32::NAN))
    }
}

impl Function for Rsqrt {
    /// One step of correction for the roundings of the root and of the quotient.
    #[inline(always)]
    fn of<V: F32s>(x: V) -> V {
        let one = V::splat(1.0);
        let s = x.sqrt();
        let y = one.div(s);
        let root = s.nfma(s, x);
        let quotient = s.nfma(y, one);
        let e = root.mul(y).mul(y).nfma(V::splat(0.5), quotient);
        let v = y.fma(e, y);
        let plain = V::splat(0.0).lt(x);
        V::select(plain, V::select(x.lt(V::splat(f32::INFINITY)), v, y), y)
    }
}
