//! What scans combine: a type for each operation on the numbers that are computed in.

use super::elements::{Number, Pair};
use super::joins::{Join, Joins, Parts, at_best, plainly};
use crate::combine::Value;
use crate::math::{Exp, Function, Log1p};
use crate::simd::F32s;
use crate::simd::portable::P;
use num_complex::{Complex32, Complex64};
use std::marker::PhantomData;

/// A number that states are made of.
pub trait Real: Value + Parts {
    /// The functions of a join: for every set of instructions where computing takes longer than reading.
    fn joins<J: Join>() -> Joins;
    /// Sums.
    fn plus_all<const N: usize>(a: &Self::Many<N>, b: &Self::Many<N>) -> Self::Many<N>;
}

macro_rules! reals {
    ($($by:ident: $($t:ty)*;)*) => {$($(
        impl Real for $t {
            fn joins<J: Join>() -> Joins { $by::<J>() }
            #[inline(always)]
            fn plus_all<const N: usize>(a: &[$t; N], b: &[$t; N]) -> [$t; N] {
                let mut r = *b;
                for i in 0..N {
                    r[i] = a[i].plus(b[i]);
                }
                r
            }
        }

        impl Parts for $t {
            type Many<const N: usize> = [$t; N];
            #[inline(always)]
            fn all<const N: usize>(self) -> [$t; N] { [self; N] }
            #[inline(always)]
            fn at<const N: usize>(many: &[$t; N], i: usize) -> $t { many[i] }
            #[inline(always)]
            fn put<const N: usize>(many: &mut [$t; N], i: usize, s: $t) { many[i] = s }
            #[inline(always)]
            fn after<const D: usize, const N: usize>(many: &[$t; N], others: &[$t; N], by: usize) -> [$t; N] {
                let mut r = *many;
                for i in D..N {
                    r[i] = others[i - by];
                }
                r
            }
        }
    )*)*};
}
reals! {
    at_best: f32 f64;
    plainly: u8 u16 u32 u64 i8 i16 i32 i64;
}

impl Real for Complex32 {
    fn joins<J: Join>() -> Joins {
        at_best::<J>()
    }
    #[inline(always)]
    fn plus_all<const N: usize>(a: &[[f32; N]; 2], b: &[[f32; N]; 2]) -> [[f32; N]; 2] {
        [f32::plus_all(&a[0], &b[0]), f32::plus_all(&a[1], &b[1])]
    }
}

/// As in memory, in two halves: sums need not know what is real.
impl Parts for Complex32 {
    type Many<const N: usize> = [[f32; N]; 2];
    #[inline(always)]
    fn all<const N: usize>(self) -> [[f32; N]; 2] {
        let mut half = [self.re; N];
        for k in (1..N).step_by(2) {
            half[k] = self.im;
        }
        [half; 2]
    }
    #[inline(always)]
    fn at<const N: usize>(many: &[[f32; N]; 2], i: usize) -> Complex32 {
        let (half, k) = (&many[i / (N / 2)], i % (N / 2) * 2);
        Complex32::new(half[k], half[k + 1])
    }
    #[inline(always)]
    fn put<const N: usize>(many: &mut [[f32; N]; 2], i: usize, s: Complex32) {
        let (half, k) = (&mut many[i / (N / 2)], i % (N / 2) * 2);
        (half[k], half[k + 1]) = (s.re, s.im);
    }
    #[inline(always)]
    fn zip<const N: usize>(a: &[[f32; N]; 2], b: &[[f32; N]; 2], f: impl Fn(Complex32, Complex32) -> Complex32) -> [[f32; N]; 2] {
        let mut r = *b;
        for h in 0..2 {
            for k in (0..N).step_by(2) {
                let s = f(Complex32::new(a[h][k], a[h][k + 1]), Complex32::new(b[h][k], b[h][k + 1]));
                (r[h][k], r[h][k + 1]) = (s.re, s.im);
            }
        }
        r
    }
    #[inline(always)]
    fn after<const D: usize, const N: usize>(many: &[[f32; N]; 2], others: &[[f32; N]; 2], by: usize) -> [[f32; N]; 2] {
        let (mut r, from) = (*many, 2 * by);
        for k in 2 * D..N {
            r[0][k] = others[0][k - from];
        }
        for k in 0..from {
            r[1][k] = others[0][N + k - from];
        }
        for k in from..N {
            r[1][k] = others[1][k - from];
        }
        r
    }
}

/// Each part for itself.
impl<W: Parts> Parts for Pair<W> {
    type Many<const N: usize> = [W::Many<N>; 2];
    #[inline(always)]
    fn all<const N: usize>(self) -> [W::Many<N>; 2] {
        [self.0.all(), self.1.all()]
    }
    #[inline(always)]
    fn at<const N: usize>(many: &[W::Many<N>; 2], i: usize) -> Pair<W> {
        Pair(W::at(&many[0], i), W::at(&many[1], i))
    }
    #[inline(always)]
    fn put<const N: usize>(many: &mut [W::Many<N>; 2], i: usize, s: Pair<W>) {
        W::put(&mut many[0], i, s.0);
        W::put(&mut many[1], i, s.1);
    }
    #[inline(always)]
    fn after<const D: usize, const N: usize>(many: &[W::Many<N>; 2], others: &[W::Many<N>; 2], by: usize) -> [W::Many<N>; 2] {
        [W::after::<D, N>(&many[0], &others[0], by), W::after::<D, N>(&many[1], &others[1], by)]
    }
}

/// Sums.
pub struct Sum<W>(PhantomData<fn() -> W>);

impl<W: Real> Join for Sum<W> {
    type State = W;
    #[inline(always)]
    fn join(a: W, b: W) -> W {
        a.plus(b)
    }
    #[inline(always)]
    fn join_all<const N: usize>(a: &W::Many<N>, b: &W::Many<N>) -> W::Many<N> {
        W::plus_all::<N>(a, b)
    }
    fn joins() -> Joins {
        W::joins::<Self>()
    }
}

macro_rules! folds {
    ($($(#[$meta:meta])* $name:ident, $by:ident;)*) => {$(
        $(#[$meta])*
        pub struct $name<W>(PhantomData<fn() -> W>);

        impl<W: Real> Join for $name<W> {
            type State = W;
            #[inline(always)]
            fn join(a: W, b: W) -> W { a.$by(b) }
            fn joins() -> Joins { W::joins::<Self>() }
        }
    )*};
}
folds! {
    /// Products.
    Prod, times;
    /// The largest.
    Max, most;
    /// The smallest.
    Min, least;
}

/// The recurrence `y[i] = f[i] * y[i - 1] + x[i]`, on pairs (f, x).
pub struct Linear<W>(PhantomData<fn() -> W>);

impl<W: Real + PartialEq + Number> Join for Linear<W> {
    type State = Pair<W>;
    #[inline(always)]
    fn join(a: Pair<W>, b: Pair<W>) -> Pair<W> {
        let sum = b.0.times(a.1).plus(b.1);
        Pair(b.0.times(a.0), if a.1 == W::ZERO { b.1 } else { sum })
    }
    fn joins() -> Joins {
        W::joins::<Self>()
    }
}

/// `log(exp(a) + exp(b))`.
pub trait LogAddExp: Parts {
    /// Of one pair.
    fn log_add_exp(a: Self, b: Self) -> Self;
    /// Of many.
    #[inline(always)]
    fn log_add_exp_all<const N: usize>(a: &Self::Many<N>, b: &Self::Many<N>) -> Self::Many<N> {
        Self::zip::<N>(a, b, Self::log_add_exp)
    }
}

/// The same in every lane.
#[inline(always)]
fn log_add_exp<V: F32s>(a: V, b: V) -> V {
    // Where both are the same infinity, their difference is NaN.
    let apart = V::select(a.eq(b), V::splat(0.0), a.sub(b).abs());
    a.max(b).add(Log1p::of(Exp::of(apart.neg())))
}

impl LogAddExp for f32 {
    #[inline(always)]
    fn log_add_exp(a: f32, b: f32) -> f32 {
        let mut r = 0.0;
        // SAFETY: one value is read of each, and one written.
        unsafe { log_add_exp(P::<1>::load(&a), P::<1>::load(&b)).store(&mut r) };
        r
    }
    #[inline(always)]
    fn log_add_exp_all<const N: usize>(a: &[f32; N], b: &[f32; N]) -> [f32; N] {
        let mut r = [0.0; N];
        // SAFETY: as many values are read of each, and written.
        unsafe { log_add_exp(P::<N>::load(a.as_ptr()), P::<N>::load(b.as_ptr())).store(r.as_mut_ptr()) };
        r
    }
}

impl LogAddExp for f64 {
    #[inline(always)]
    fn log_add_exp(a: f64, b: f64) -> f64 {
        let apart = if a == b { 0.0 } else { (a - b).abs() };
        (if a > b { a } else { b }) + (-apart).exp().ln_1p()
    }
}

impl LogAddExp for Complex32 {
    #[inline(always)]
    fn log_add_exp(a: Complex32, b: Complex32) -> Complex32 {
        let (high, low) = if (a.re, a.im) > (b.re, b.im) { (a, b) } else { (b, a) };
        if high.re == f32::NEG_INFINITY {
            return high;
        }
        let wide = |z: Complex32| Complex64::new(z.re as f64, z.im as f64);
        let r = wide(high) + (Complex64::new(1.0, 0.0) + (wide(low) - wide(high)).exp()).ln();
        Complex32::new(r.re as f32, r.im as f32)
    }
}

/// Logarithms of sums of exponentials.
pub struct LogSum<W>(PhantomData<fn() -> W>);

impl<W: Real + LogAddExp> Join for LogSum<W> {
    type State = W;
    #[inline(always)]
    fn join(a: W, b: W) -> W {
        W::log_add_exp(a, b)
    }
    #[inline(always)]
    fn join_all<const N: usize>(a: &W::Many<N>, b: &W::Many<N>) -> W::Many<N> {
        W::log_add_exp_all::<N>(a, b)
    }
    fn joins() -> Joins {
        W::joins::<Self>()
    }
}
