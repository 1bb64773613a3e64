//! Elementwise kernels on integers, bool and floats that are the same code at every level: the compiler vectorises them.

use super::{F1, F2, Fun, Map1, Map2, at};
use crate::dtypes::with_type;
use crate::simd::Level;
use lazulite_base::{Dtype, Op};

/// A bool in a register: 0 or 1.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct Truth(pub u8);

/// What every real type has, as `lazulite_base::meaning` defines it.
#[allow(missing_docs)]
pub trait Number: Copy + PartialOrd {
    const ZERO: Self;
    const ONE: Self;
    fn add(self, o: Self) -> Self;
    fn sub(self, o: Self) -> Self;
    fn mul(self, o: Self) -> Self;
    fn neg(self) -> Self;
    fn abs(self) -> Self;
    fn sign(self) -> Self;
    fn maximum(self, o: Self) -> Self;
    fn minimum(self, o: Self) -> Self;
    fn rem(self, o: Self) -> Self;
    fn floor_div(self, o: Self) -> Self;
}

/// Integers: the operations on bits.
#[allow(missing_docs)]
pub trait Bits: Number {
    fn invert(self) -> Self;
    fn and(self, o: Self) -> Self;
    fn or(self, o: Self) -> Self;
    fn xor(self, o: Self) -> Self;
    fn shl(self, o: Self) -> Self;
    fn shr(self, o: Self) -> Self;
    fn pow(self, o: Self) -> Self;
}

/// Floats.
#[allow(missing_docs)]
pub trait Float: Number {
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    fn rint(self) -> Self;
    fn sqrt(self) -> Self;
    fn div(self, o: Self) -> Self;
}

macro_rules! integers {
    ($($t:ty, $signed:literal, |$x:ident| $abs:expr, $sign:expr;)*) => {$(
        impl Number for $t {
            const ZERO: $t = 0;
            const ONE: $t = 1;
            #[inline(always)]
            fn add(self, o: $t) -> $t { self.wrapping_add(o) }
            #[inline(always)]
            fn sub(self, o: $t) -> $t { self.wrapping_sub(o) }
            #[inline(always)]
            fn mul(self, o: $t) -> $t { self.wrapping_mul(o) }
            #[inline(always)]
            fn neg(self) -> $t { self.wrapping_neg() }
            #[inline(always)]
            fn abs(self) -> $t { let $x = self; $abs }
            #[inline(always)]
            fn sign(self) -> $t { let $x = self; $sign }
            #[inline(always)]
            fn maximum(self, o: $t) -> $t { if o > self { o } else { self } }
            #[inline(always)]
            fn minimum(self, o: $t) -> $t { if o < self { o } else { self } }
            #[inline(always)]
            fn rem(self, o: $t) -> $t {
                let r = if o == 0 { return self } else { self.wrapping_rem(o) };
                #[allow(unused_comparisons)]
                if r != 0 && (r < 0) != (o < 0) { r.wrapping_add(o) } else { r }
            }
            #[inline(always)]
            fn floor_div(self, o: $t) -> $t {
                let (q, r) = if o == 0 { return 0 } else { (self.wrapping_div(o), self.wrapping_rem(o)) };
                #[allow(unused_comparisons)]
                if r != 0 && (r < 0) != (o < 0) { q.wrapping_sub(1) } else { q }
            }
        }

        impl Bits for $t {
            #[inline(always)]
            fn invert(self) -> $t { !self }
            #[inline(always)]
            fn and(self, o: $t) -> $t { self & o }
            #[inline(always)]
            fn or(self, o: $t) -> $t { self | o }
            #[inline(always)]
            fn xor(self, o: $t) -> $t { self ^ o }
            #[inline(always)]
            fn shl(self, o: $t) -> $t { if (o as u64) < <$t>::BITS as u64 { self << o } else { 0 } }
            #[inline(always)]
            fn shr(self, o: $t) -> $t {
                let most = if $signed { self >> (<$t>::BITS - 1) } else { 0 };
                if (o as u64) < <$t>::BITS as u64 { self >> o } else { most }
            }
            fn pow(self, o: $t) -> $t {
                #[allow(unused_comparisons)]
                if o < 0 {
                    return 0;
                }
                let (mut b, mut e, mut r) = (self, o, 1);
                while e > 0 {
                    if e & 1 == 1 {
                        r = <$t>::wrapping_mul(r, b);
                    }
                    b = b.wrapping_mul(b);
                    e >>= 1;
                }
                r
            }
        }
    )*};
}

integers! {
    u8, false, |x| x, (x != 0) as u8;
    u16, false, |x| x, (x != 0) as u16;
    u32, false, |x| x, (x != 0) as u32;
    u64, false, |x| x, (x != 0) as u64;
    i8, true, |x| x.wrapping_abs(), x.signum();
    i16, true, |x| x.wrapping_abs(), x.signum();
    i32, true, |x| x.wrapping_abs(), x.signum();
    i64, true, |x| x.wrapping_abs(), x.signum();
}

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl Number for $t {
            const ZERO: $t = 0.0;
            const ONE: $t = 1.0;
            #[inline(always)]
            fn add(self, o: $t) -> $t { self + o }
            #[inline(always)]
            fn sub(self, o: $t) -> $t { self - o }
            #[inline(always)]
            fn mul(self, o: $t) -> $t { self * o }
            #[inline(always)]
            fn neg(self) -> $t { -self }
            #[inline(always)]
            fn abs(self) -> $t { <$t>::abs(self) }
            #[inline(always)]
            fn sign(self) -> $t { (self > 0.0) as u8 as $t - (self < 0.0) as u8 as $t }
            #[inline(always)]
            fn maximum(self, o: $t) -> $t {
                if self.is_nan() || self > o { self } else { o }
            }
            #[inline(always)]
            fn minimum(self, o: $t) -> $t {
                if self.is_nan() || self < o { self } else { o }
            }
            #[inline(always)]
            fn rem(self, o: $t) -> $t {
                let r = self % o;
                if r != 0.0 && (r < 0.0) != (o < 0.0) { r + o } else { r }
            }
            #[inline(always)]
            fn floor_div(self, o: $t) -> $t { (self as f64 / o as f64).floor() as $t }
        }

        impl Float for $t {
            #[inline(always)]
            fn floor(self) -> $t { <$t>::floor(self) }
            #[inline(always)]
            fn ceil(self) -> $t { <$t>::ceil(self) }
            #[inline(always)]
            fn rint(self) -> $t { self.round_ties_even() }
            #[inline(always)]
            fn sqrt(self) -> $t { <$t>::sqrt(self) }
            #[inline(always)]
            fn div(self, o: $t) -> $t { self / o }
        }
    )*};
}

floats!(f32 f64);

impl Number for Truth {
    const ZERO: Truth = Truth(0);
    const ONE: Truth = Truth(1);
    #[inline(always)]
    fn add(self, o: Truth) -> Truth {
        Truth(self.0 | o.0)
    }
    #[inline(always)]
    fn sub(self, o: Truth) -> Truth {
        Truth(self.0 ^ o.0)
    }
    #[inline(always)]
    fn mul(self, o: Truth) -> Truth {
        Truth(self.0 & o.0)
    }
    #[inline(always)]
    fn neg(self) -> Truth {
        self
    }
    #[inline(always)]
    fn abs(self) -> Truth {
        self
    }
    #[inline(always)]
    fn sign(self) -> Truth {
        self
    }
    #[inline(always)]
    fn maximum(self, o: Truth) -> Truth {
        Truth(self.0 | o.0)
    }
    #[inline(always)]
    fn minimum(self, o: Truth) -> Truth {
        Truth(self.0 & o.0)
    }
    #[inline(always)]
    fn rem(self, o: Truth) -> Truth {
        Truth(self.0 & !o.0 & 1)
    }
    #[inline(always)]
    fn floor_div(self, o: Truth) -> Truth {
        Truth(self.0 & o.0)
    }
}

impl Bits for Truth {
    #[inline(always)]
    fn invert(self) -> Truth {
        Truth(self.0 ^ 1)
    }
    #[inline(always)]
    fn and(self, o: Truth) -> Truth {
        Truth(self.0 & o.0)
    }
    #[inline(always)]
    fn or(self, o: Truth) -> Truth {
        Truth(self.0 | o.0)
    }
    #[inline(always)]
    fn xor(self, o: Truth) -> Truth {
        Truth(self.0 ^ o.0)
    }
    #[inline(always)]
    fn shl(self, _: Truth) -> Truth {
        self
    }
    #[inline(always)]
    fn shr(self, o: Truth) -> Truth {
        Truth(self.0 & (o.0 ^ 1))
    }
    #[inline(always)]
    fn pow(self, o: Truth) -> Truth {
        Truth(self.0 | (o.0 ^ 1))
    }
}

/// Declares function types: of which trait their operand is, and what they give.
macro_rules! functions {
    ($($(#[$m:meta])* $bound:ident $name:ident($($x:ident),+) -> $u:ty = $e:expr;)*) => {$(
        #[doc = concat!("See [`Op::", stringify!($name), "`].")]
        pub struct $name;
        functions!(@ $bound $name ($($x),+) $u, $e);
    )*};
    (@ $bound:ident $name:ident ($x:ident) $u:ty, $e:expr) => {
        impl<T: $bound> F1<T, $u> for $name {
            #[inline(always)]
            fn f($x: T) -> $u { $e }
        }
    };
    (@ $bound:ident $name:ident ($x:ident, $y:ident) $u:ty, $e:expr) => {
        impl<T: $bound> F2<T, $u> for $name {
            #[inline(always)]
            fn f($x: T, $y: T) -> $u { $e }
        }
    };
}

functions! {
    Number Same(x) -> T = x;
    Number Zero(_x) -> T = T::ZERO;
    Number Negative(x) -> T = x.neg();
    Number Abs(x) -> T = x.abs();
    Number Sign(x) -> T = x.sign();
    Number Square(x) -> T = x.mul(x);
    Number Add(x, y) -> T = x.add(y);
    Number Subtract(x, y) -> T = x.sub(y);
    Number Multiply(x, y) -> T = x.mul(y);
    Number Maximum(x, y) -> T = x.maximum(y);
    Number Minimum(x, y) -> T = x.minimum(y);
    Number Remainder(x, y) -> T = x.rem(y);
    Number FloorDivide(x, y) -> T = x.floor_div(y);
    Number Equal(x, y) -> u8 = (x == y) as u8;
    Number NotEqual(x, y) -> u8 = (x != y) as u8;
    Number Less(x, y) -> u8 = (x < y) as u8;
    Number LessEqual(x, y) -> u8 = (x <= y) as u8;
    Number Greater(x, y) -> u8 = (x > y) as u8;
    Number GreaterEqual(x, y) -> u8 = (x >= y) as u8;
    Bits BitwiseInvert(x) -> T = x.invert();
    Bits BitwiseAnd(x, y) -> T = x.and(y);
    Bits BitwiseOr(x, y) -> T = x.or(y);
    Bits BitwiseXor(x, y) -> T = x.xor(y);
    Bits LeftShift(x, y) -> T = x.shl(y);
    Bits RightShift(x, y) -> T = x.shr(y);
    Bits Power(x, y) -> T = x.pow(y);
    Float Floor(x) -> T = x.floor();
    Float Ceil(x) -> T = x.ceil();
    Float Rint(x) -> T = x.rint();
    Float Sqrt(x) -> T = x.sqrt();
    Float Reciprocal(x) -> T = T::ONE.div(x);
    Float Rsqrt(x) -> T = T::ONE.div(x.sqrt());
    Float Divide(x, y) -> T = x.div(y);
}

/// Functions of f64 that the standard library computes.
macro_rules! doubles {
    ($($name:ident($x:ident) = $e:expr;)*) => {$(
        #[doc = concat!("See [`Op::", stringify!($name), "`].")]
        pub struct $name;
        impl F1<f64, f64> for $name {
            #[inline(always)]
            fn f($x: f64) -> f64 { $e }
        }
    )*};
}

doubles! {
    Exp(x) = x.exp();
    Log(x) = x.ln();
    Sin(x) = x.sin();
    Cos(x) = x.cos();
    Tanh(x) = x.tanh();
    Sigmoid(x) = 1.0 / (1.0 + (-x).exp());
}

/// The kernel of an operation on vectors of a real dtype; `None` if only the slow way is left.
pub fn pick(level: Level, op: Op, d: Dtype) -> Option<Fun> {
    match d {
        Dtype::Bool => bits::<Truth>(level, op).or_else(|| number::<Truth>(level, op)),
        Dtype::F32 => float::<f32>(level, op).or_else(|| number::<f32>(level, op)),
        Dtype::F64 => double(level, op).or_else(|| float::<f64>(level, op)).or_else(|| number::<f64>(level, op)),
        d => with_type!(d, T: integer => bits::<T>(level, op).or_else(|| number::<T>(level, op)), else => None),
    }
}

/// Makes a match from operations to kernels: `level, op, T; 1: names of one value; 2: of two; test: of two giving bool`.
macro_rules! table {
    ($level:ident, $op:ident, $t:ty; $($one:ident)*; $($two:ident)*; $($test:ident)*; $($other:pat => $f:ty),*) => {
        Some(match $op {
            $(Op::$one => at::<Map1<$t, $t, $one>>($level),)*
            $(Op::$two => at::<Map2<$t, $t, $two, 0>>($level),)*
            $(Op::$test => at::<Map2<$t, u8, $test, 0>>($level),)*
            $($other => at::<$f>($level),)*
            _ => return None,
        })
    };
}

fn number<T: Number>(level: Level, op: Op) -> Option<Fun> {
    table!(level, op, T; Negative Abs Sign Square; Add Subtract Multiply Maximum Minimum Remainder FloorDivide;
        Equal NotEqual Less LessEqual Greater GreaterEqual;
        Op::Conjugate | Op::Real | Op::Floor | Op::Ceil | Op::Rint => Map1<T, T, Same>, Op::Imag => Map1<T, T, Zero>)
}

fn bits<T: Bits>(level: Level, op: Op) -> Option<Fun> {
    table!(level, op, T; BitwiseInvert; BitwiseAnd BitwiseOr BitwiseXor LeftShift RightShift Power;;
        Op::LogicalNot => Map1<T, T, BitwiseInvert>, Op::LogicalAnd => Map2<T, T, BitwiseAnd, 0>,
        Op::LogicalOr => Map2<T, T, BitwiseOr, 0>)
}

fn float<T: Float>(level: Level, op: Op) -> Option<Fun> {
    table!(level, op, T; Floor Ceil Rint Sqrt Reciprocal Rsqrt; Divide;;)
}

fn double(level: Level, op: Op) -> Option<Fun> {
    table!(level, op, f64; Exp Log Sin Cos Tanh Sigmoid;;;)
}
