//! What scans combine: a type for each operation on the numbers that are computed in.

use super::elements::{Number, Pair};
use super::joins::{GROUP, Join, Joins, LANES, at_best, plainly};
use crate::combine::Value;
use crate::math::{Exp, Function, Log1p};
use crate::simd::F32s;
use crate::simd::portable::P;
use num_complex::{Complex32, Complex64};
use std::marker::PhantomData;

/// A number that states are made of.
pub trait Real: Value + Default {
    /// The functions of a join: for every set of instructions where computing takes longer than reading.
    fn joins<J: Join>() -> Joins;
}

macro_rules! reals {
    ($($by:ident: $($t:ty)*;)*) => {$($(
        impl Real for $t {
            fn joins<J: Join>() -> Joins { $by::<J>() }
        }
    )*)*};
}
reals! {
    at_best: f32 f64 Complex32;
    plainly: u8 u16 u32 u64 i8 i16 i32 i64;
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
    /// Sums.
    Sum, plus;
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
pub trait LogAddExp: Copy {
    /// Of one pair.
    fn log_add_exp(a: Self, b: Self) -> Self;
    /// Of many.
    #[inline(always)]
    fn log_add_exp_all(a: &[Self; LANES], b: &[Self; LANES]) -> [Self; LANES] {
        std::array::from_fn(|i| Self::log_add_exp(a[i], b[i]))
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
    fn log_add_exp_all(a: &[f32; LANES], b: &[f32; LANES]) -> [f32; LANES] {
        let mut r = [0.0; LANES];
        // SAFETY: as many values are read of each, and written.
        unsafe { log_add_exp(P::<LANES>::load(a.as_ptr()), P::<LANES>::load(b.as_ptr())).store(r.as_mut_ptr()) };
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
    fn join_all(a: &[W; LANES], b: &[W; LANES]) -> [W; LANES] {
        W::log_add_exp_all(a, b)
    }
    #[inline(always)]
    fn join_group(a: &[W; GROUP], b: &[W; GROUP]) -> [W; GROUP] {
        let mut r = *b;
        for i in (0..GROUP).step_by(LANES) {
            let part = |v: &[W; GROUP]| -> [W; LANES] { std::array::from_fn(|l| v[i + l]) };
            r[i..i + LANES].copy_from_slice(&W::log_add_exp_all(&part(a), &part(b)));
        }
        r
    }
    fn joins() -> Joins {
        W::joins::<Self>()
    }
}
