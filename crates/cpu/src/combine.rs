//! How a scatter's update meets the value that is there, for every dtype.

use half::{bf16, f16};
use lazulite_base::dtype::Dtype;
use lazulite_base::work::Combine;
use num_complex::Complex32;

/// A type whose values combine; halves round after each combination, NaN wins over any number, bool adds as `or` and multiplies as `and`.
pub trait Value: Copy + Send + Sync + 'static {
    /// Their sum; integers wrap.
    fn plus(self, v: Self) -> Self;
    /// Their product; integers wrap.
    fn times(self, v: Self) -> Self;
    /// The larger, `self` of equal ones.
    fn most(self, v: Self) -> Self;
    /// The smaller, `self` of equal ones.
    fn least(self, v: Self) -> Self;
}

/// A combination as a type, so that loops are compiled for each.
pub trait Mode: Send + Sync + 'static {
    /// The combined value of what is there and an update.
    fn of<T: Value>(there: T, update: T) -> T;
}

macro_rules! modes {
    ($($name:ident, $f:expr;)*) => {$(
        #[doc = concat!("[`Combine::", stringify!($name), "`].")]
        pub struct $name;
        impl Mode for $name {
            #[inline(always)]
            fn of<T: Value>(there: T, update: T) -> T { $f(there, update) }
        }
    )*};
}
modes! { Set, |_, v| v; Add, T::plus; Prod, T::times; Max, T::most; Min, T::least; }

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Value for $t {
            #[inline(always)]
            fn plus(self, v: $t) -> $t { self.wrapping_add(v) }
            #[inline(always)]
            fn times(self, v: $t) -> $t { self.wrapping_mul(v) }
            #[inline(always)]
            fn most(self, v: $t) -> $t { if v > self { v } else { self } }
            #[inline(always)]
            fn least(self, v: $t) -> $t { if v < self { v } else { self } }
        }
    )*};
}
integers!(u8 u16 u32 u64 i8 i16 i32 i64);

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl Value for $t {
            #[inline(always)]
            fn plus(self, v: $t) -> $t { self + v }
            #[inline(always)]
            fn times(self, v: $t) -> $t { self * v }
            // Two choices, one after the other, become two instructions on vectors: in a ladder a third of the time of branches.
            #[inline(always)]
            fn most(self, v: $t) -> $t {
                let larger = if v <= self { self } else { v };
                if self.is_nan() { self } else { larger }
            }
            #[inline(always)]
            fn least(self, v: $t) -> $t {
                let smaller = if v >= self { self } else { v };
                if self.is_nan() { self } else { smaller }
            }
        }
    )*};
}
floats!(f32 f64);

macro_rules! halves {
    ($($t:ty)*) => {$(
        impl Value for $t {
            #[inline(always)]
            fn plus(self, v: $t) -> $t { <$t>::from_f32(self.to_f32() + v.to_f32()) }
            #[inline(always)]
            fn times(self, v: $t) -> $t { <$t>::from_f32(self.to_f32() * v.to_f32()) }
            #[inline(always)]
            fn most(self, v: $t) -> $t { if self.is_nan() { self } else if v.is_nan() || v > self { v } else { self } }
            #[inline(always)]
            fn least(self, v: $t) -> $t { if self.is_nan() { self } else if v.is_nan() || v < self { v } else { self } }
        }
    )*};
}
halves!(f16 bf16);

impl Value for bool {
    #[inline(always)]
    fn plus(self, v: bool) -> bool {
        self | v
    }
    #[inline(always)]
    fn times(self, v: bool) -> bool {
        self & v
    }
    #[inline(always)]
    fn most(self, v: bool) -> bool {
        self | v
    }
    #[inline(always)]
    fn least(self, v: bool) -> bool {
        self & v
    }
}

impl Value for Complex32 {
    #[inline(always)]
    fn plus(self, v: Complex32) -> Complex32 {
        self + v
    }
    #[inline(always)]
    fn times(self, v: Complex32) -> Complex32 {
        self * v
    }
    #[inline(always)]
    fn most(self, v: Complex32) -> Complex32 {
        if self.is_nan() || !(v.is_nan() || (v.re, v.im) > (self.re, self.im)) { self } else { v }
    }
    #[inline(always)]
    fn least(self, v: Complex32) -> Complex32 {
        if self.is_nan() || !(v.is_nan() || (v.re, v.im) < (self.re, self.im)) { self } else { v }
    }
}

/// What a combination of values of a dtype is computed as: of bools, 0 and 1, the sum is the larger byte and the product the smaller.
pub fn on_bytes(dtype: Dtype, mode: Combine) -> Combine {
    match (dtype, mode) {
        (Dtype::Bool, Combine::Add) => Combine::Max,
        (Dtype::Bool, Combine::Prod) => Combine::Min,
        _ => mode,
    }
}

/// Evaluates `$body` with `$T` and `$M` standing for the [`Value`] type and the [`Mode`]. `Set` needs no arithmetic, so it goes by size.
macro_rules! with_combine {
    ($dtype:expr, $mode:expr, $T:ident, $M:ident => $body:expr) => {{
        use crate::combine::*;
        use crate::dtypes::with_type;
        match on_bytes($dtype, $mode) {
            Combine::Set => with_type!($dtype, $T: bits => { type $M = Set; $body }),
            Combine::Add => with_type!($dtype, $T: any => { type $M = Add; $body }),
            Combine::Prod => with_type!($dtype, $T: any => { type $M = Prod; $body }),
            Combine::Max => with_type!($dtype, $T: any => { type $M = Max; $body }),
            Combine::Min => with_type!($dtype, $T: any => { type $M = Min; $body }),
        }
    }};
}
pub(crate) use with_combine;
