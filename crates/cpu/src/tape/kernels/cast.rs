//! Conversions between the types that registers hold, as `Scalar::cast` defines them. A conversion to a half ends in f32, to be rounded.

use super::number::Truth;
use super::{F1, Fun, Map1, at, storage};
use crate::dtypes::with_type;
use crate::simd::Level;
use lazulite_base::{Complex32, Dtype};

/// The conversion to `U`.
struct To;

/// Types that convert to every other.
trait Source: Copy {
    fn truth(self) -> Truth;
    fn float(self) -> f32;
    fn double(self) -> f64;
    /// As an integer of 64 bits, to be wrapped.
    fn int(self) -> i64;
    fn unsigned(self) -> u64;
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Source for $t {
            #[inline(always)]
            fn truth(self) -> Truth { Truth((self != 0) as u8) }
            #[inline(always)]
            fn float(self) -> f32 { if size_of::<$t>() < 8 { self as f32 } else { self as f64 as f32 } }
            #[inline(always)]
            fn double(self) -> f64 { self as f64 }
            #[inline(always)]
            fn int(self) -> i64 { self as i64 }
            #[inline(always)]
            fn unsigned(self) -> u64 { self as u64 }
        }
    )*};
}

integers!(u8 u16 u32 u64 i8 i16 i32 i64);

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl Source for $t {
            #[inline(always)]
            fn truth(self) -> Truth { Truth((self != 0.0) as u8) }
            #[inline(always)]
            fn float(self) -> f32 { self as f32 }
            #[inline(always)]
            fn double(self) -> f64 { self as f64 }
            #[inline(always)]
            fn int(self) -> i64 { self as i64 }
            #[inline(always)]
            fn unsigned(self) -> u64 { if self >= 0.0 { self as u64 } else { self as i64 as u64 } }
        }
    )*};
}

floats!(f32 f64);

impl Source for Truth {
    #[inline(always)]
    fn truth(self) -> Truth {
        self
    }
    #[inline(always)]
    fn float(self) -> f32 {
        self.0 as f32
    }
    #[inline(always)]
    fn double(self) -> f64 {
        self.0 as f64
    }
    #[inline(always)]
    fn int(self) -> i64 {
        self.0 as i64
    }
    #[inline(always)]
    fn unsigned(self) -> u64 {
        self.0 as u64
    }
}

impl Source for Complex32 {
    #[inline(always)]
    fn truth(self) -> Truth {
        Truth((self.re != 0.0 || self.im != 0.0) as u8)
    }
    #[inline(always)]
    fn float(self) -> f32 {
        self.re
    }
    #[inline(always)]
    fn double(self) -> f64 {
        self.re as f64
    }
    #[inline(always)]
    fn int(self) -> i64 {
        self.re as i64
    }
    #[inline(always)]
    fn unsigned(self) -> u64 {
        self.re.unsigned()
    }
}

macro_rules! targets {
    ($($t:ty, $x:ident => $e:expr;)*) => {$(
        impl<S: Source> F1<S, $t> for To {
            #[inline(always)]
            fn f($x: S) -> $t { $e }
        }
    )*};
}

targets! {
    Truth, x => x.truth();
    u8, x => x.int() as u8;
    u16, x => x.int() as u16;
    u32, x => x.int() as u32;
    u64, x => x.unsigned();
    i8, x => x.int() as i8;
    i16, x => x.int() as i16;
    i32, x => x.int() as i32;
    i64, x => x.int();
    f32, x => x.float();
    f64, x => x.double();
    Complex32, x => Complex32::new(x.float(), 0.0);
}

fn from<S: Source>(level: Level, to: Dtype) -> Fun {
    with_type!(to, T: register => at::<Map1<S, T, To>>(level))
}

/// The kernel that converts registers of one dtype to another; between dtypes of one storage it copies.
pub fn cast(level: Level, a: Dtype, b: Dtype) -> Fun {
    if storage(a) == storage(b) {
        return super::copy(level, a);
    }
    with_type!(a, T: register => from::<T>(level, b))
}
