//! What scans combine: a type for each operation and dtype.

use crate::combine::Value;
use crate::halves::Half;
use crate::math::{Exp, Function, Log1p};
use crate::simd::F32s;
use crate::simd::portable::P;
use half::{bf16, f16};
use num_complex::{Complex32, Complex64};
use std::marker::PhantomData;

/// Values that are combined side by side.
pub const LANES: usize = 16;

/// How states combine.
pub trait Join: Send + Sync + 'static {
    /// A value that is carried.
    type State: Copy + Send + Sync;
    /// Whether it is compiled for every set of instructions: for what takes longer than reading it.
    const FAST: bool;
    /// The combination with a later state.
    fn join(a: Self::State, b: Self::State) -> Self::State;
    /// The same of many.
    #[inline(always)]
    fn join_all(a: &[Self::State; LANES], b: &[Self::State; LANES]) -> [Self::State; LANES] {
        std::array::from_fn(|i| Self::join(a[i], b[i]))
    }
}

/// What a [`Join`] carries.
pub type State<F> = <<F as Fold>::Join as Join>::State;

/// An operation on a dtype's values.
pub trait Fold: Send + Sync + 'static {
    /// An element in memory.
    type Item: Copy + Send + Sync;
    /// How elements combine: the same for every dtype that is computed in one.
    type Join: Join;
    /// Whether there are factors.
    const FACTORS: bool = false;
    /// About how many picoseconds an element takes beside its memory.
    const COST: usize = 400;
    /// The result of nothing.
    fn nothing() -> Self::Item;
    /// An element, with its factor, as a state.
    fn enter(x: Self::Item, factor: Self::Item) -> State<Self>;
    /// A state as a result.
    fn leave(s: State<Self>) -> Self::Item;
}

/// A number that is computed in as it is, or wider.
pub trait Number: Copy + Send + Sync + 'static {
    /// In what it is computed.
    type Wide: Value + PartialEq + Fast;
    /// The same number.
    fn widen(self) -> Self::Wide;
    /// The nearest.
    fn narrow(w: Self::Wide) -> Self;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// What no value is smaller than.
    const LOWEST: Self;
    /// What no value is larger than.
    const HIGHEST: Self;
}

/// A number that states are made of.
pub trait Fast {
    /// See [`Join::FAST`].
    const FAST: bool;
}

macro_rules! fast {
    ($is:literal: $($t:ty)*) => {$(
        impl Fast for $t {
            const FAST: bool = $is;
        }
    )*};
}
fast!(true: f32 f64 Complex32);
fast!(false: bool u8 u16 u32 u64 i8 i16 i32 i64);

macro_rules! plain {
    ($($t:ty, $zero:expr, $one:expr, $low:expr, $high:expr;)*) => {$(
        impl Number for $t {
            type Wide = $t;
            #[inline(always)]
            fn widen(self) -> $t { self }
            #[inline(always)]
            fn narrow(w: $t) -> $t { w }
            const ZERO: $t = $zero;
            const ONE: $t = $one;
            const LOWEST: $t = $low;
            const HIGHEST: $t = $high;
        }
    )*};
}

macro_rules! integers {
    ($($t:ty)*) => { plain! { $($t, 0, 1, <$t>::MIN, <$t>::MAX;)* } };
}
integers!(u8 u16 u32 u64 i8 i16 i32 i64);
plain! {
    bool, false, true, false, true;
    f32, 0.0, 1.0, f32::NEG_INFINITY, f32::INFINITY;
    f64, 0.0, 1.0, f64::NEG_INFINITY, f64::INFINITY;
    Complex32, Complex32::new(0.0, 0.0), Complex32::new(1.0, 0.0), Complex32::new(f32::NEG_INFINITY, f32::NEG_INFINITY),
        Complex32::new(f32::INFINITY, f32::INFINITY);
}

macro_rules! halves {
    ($($t:ty)*) => {$(
        impl Number for $t {
            type Wide = f32;
            #[inline(always)]
            fn widen(self) -> f32 { self.wide() }
            #[inline(always)]
            fn narrow(w: f32) -> $t { <$t as Half>::narrow(w) }
            const ZERO: $t = <$t>::ZERO;
            const ONE: $t = <$t>::ONE;
            const LOWEST: $t = <$t>::NEG_INFINITY;
            const HIGHEST: $t = <$t>::INFINITY;
        }
    )*};
}
halves!(f16 bf16);

macro_rules! folds {
    ($($(#[$meta:meta])* $name:ident, $join:ident, $by:ident, $nothing:ident;)*) => {$(
        $(#[$meta])*
        pub struct $name<T>(PhantomData<fn() -> T>);

        /// The same of numbers as they are.
        pub struct $join<W>(PhantomData<fn() -> W>);

        impl<W: Value + Fast> Join for $join<W> {
            type State = W;
            const FAST: bool = W::FAST;
            #[inline(always)]
            fn join(a: W, b: W) -> W { a.$by(b) }
        }

        impl<T: Number> Fold for $name<T> {
            type Item = T;
            type Join = $join<T::Wide>;
            #[inline(always)]
            fn nothing() -> T { T::$nothing }
            #[inline(always)]
            fn enter(x: T, _: T) -> T::Wide { x.widen() }
            #[inline(always)]
            fn leave(s: T::Wide) -> T { T::narrow(s) }
        }
    )*};
}
folds! {
    /// Sums.
    Sum, SumOf, plus, ZERO;
    /// Products.
    Prod, ProdOf, times, ONE;
    /// The largest.
    Max, MaxOf, most, LOWEST;
    /// The smallest.
    Min, MinOf, least, HIGHEST;
}

/// The recurrence `y[i] = f[i] * y[i - 1] + x[i]`, on pairs (f, x).
pub struct Linear<T>(PhantomData<fn() -> T>);

/// The same of numbers as they are.
pub struct LinearOf<W>(PhantomData<fn() -> W>);

impl<W: Value + PartialEq + Number<Wide = W>> Join for LinearOf<W> {
    type State = (W, W);
    const FAST: bool = true;
    #[inline(always)]
    fn join(a: (W, W), b: (W, W)) -> (W, W) {
        (b.0.times(a.0), if a.1 == W::ZERO { b.1 } else { b.0.times(a.1).plus(b.1) })
    }
}

impl<T: Number<Wide: Number<Wide = T::Wide>>> Fold for Linear<T> {
    type Item = T;
    type Join = LinearOf<T::Wide>;
    const FACTORS: bool = true;
    const COST: usize = 1200;
    #[inline(always)]
    fn nothing() -> T {
        T::ZERO
    }
    #[inline(always)]
    fn enter(x: T, factor: T) -> (T::Wide, T::Wide) {
        (factor.widen(), x.widen())
    }
    #[inline(always)]
    fn leave(s: (T::Wide, T::Wide)) -> T {
        T::narrow(s.1)
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
pub struct LogSum<T>(PhantomData<fn() -> T>);

/// The same of numbers as they are.
pub struct LogSumOf<W>(PhantomData<fn() -> W>);

impl<W: LogAddExp + Send + Sync + 'static> Join for LogSumOf<W> {
    type State = W;
    const FAST: bool = true;
    #[inline(always)]
    fn join(a: W, b: W) -> W {
        W::log_add_exp(a, b)
    }
    #[inline(always)]
    fn join_all(a: &[W; LANES], b: &[W; LANES]) -> [W; LANES] {
        W::log_add_exp_all(a, b)
    }
}

/// What a dtype's logarithm of nothing is.
pub trait NoLog: Number {
    /// Minus infinity.
    const NO_LOG: Self;
}

macro_rules! no_log {
    ($($t:ty, $v:expr;)*) => {$(
        impl NoLog for $t {
            const NO_LOG: $t = $v;
        }
    )*};
}
no_log! {
    f16, f16::NEG_INFINITY;
    bf16, bf16::NEG_INFINITY;
    f32, f32::NEG_INFINITY;
    f64, f64::NEG_INFINITY;
    Complex32, Complex32::new(f32::NEG_INFINITY, 0.0);
}

impl<T: NoLog<Wide: LogAddExp>> Fold for LogSum<T> {
    type Item = T;
    type Join = LogSumOf<T::Wide>;
    const COST: usize = 8000;
    #[inline(always)]
    fn nothing() -> T {
        T::NO_LOG
    }
    #[inline(always)]
    fn enter(x: T, _: T) -> T::Wide {
        x.widen()
    }
    #[inline(always)]
    fn leave(s: T::Wide) -> T {
        T::narrow(s)
    }
}
