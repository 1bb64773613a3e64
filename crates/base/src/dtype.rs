//! Element types, their categories and MLX's promotion rules.

use crate::scalar::Scalar;
use half::{bf16, f16};
use num_complex::Complex32;
use std::fmt;

/// The type of an array's elements.
///
/// ```
/// use lazulite_base::Dtype;
/// use lazulite_base::dtype::Category;
/// let half = Dtype::F16;
/// assert_eq!((half.name(), half.size(), half.category()), ("float16", 2, Category::Float));
/// assert!(half.is_half() && half.is_float() && half.is_inexact() && !half.is_integer() && Dtype::U8.is_unsigned());
/// assert_eq!((half.accumulator(), Dtype::C64.real(), Dtype::I64.to_inexact()), (Dtype::F32, Dtype::F32, Dtype::F32));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Dtype {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F16,
    BF16,
    F32,
    F64,
    C64,
}

/// What kind of number a [`Dtype`] holds, in the order in which one gives way to the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Category {
    Bool,
    Integer,
    Float,
    Complex,
}

use Dtype::*;

impl Dtype {
    /// Every dtype, in the order of the enum.
    pub const ALL: [Dtype; 14] = [Bool, U8, U16, U32, U64, I8, I16, I32, I64, F16, BF16, F32, F64, C64];

    /// Bytes an element takes.
    pub const fn size(self) -> usize {
        match self {
            Bool | U8 | I8 => 1,
            U16 | I16 | F16 | BF16 => 2,
            U32 | I32 | F32 => 4,
            U64 | I64 | F64 | C64 => 8,
        }
    }

    /// MLX's name of the type.
    pub const fn name(self) -> &'static str {
        match self {
            Bool => "bool",
            U8 => "uint8",
            U16 => "uint16",
            U32 => "uint32",
            U64 => "uint64",
            I8 => "int8",
            I16 => "int16",
            I32 => "int32",
            I64 => "int64",
            F16 => "float16",
            BF16 => "bfloat16",
            F32 => "float32",
            F64 => "float64",
            C64 => "complex64",
        }
    }

    /// The category of the type.
    pub const fn category(self) -> Category {
        match self {
            Bool => Category::Bool,
            U8 | U16 | U32 | U64 | I8 | I16 | I32 | I64 => Category::Integer,
            F16 | BF16 | F32 | F64 => Category::Float,
            C64 => Category::Complex,
        }
    }

    /// Floating point, real.
    pub const fn is_float(self) -> bool {
        matches!(self, F16 | BF16 | F32 | F64)
    }

    /// Floating point or complex: what can be differentiated.
    pub const fn is_inexact(self) -> bool {
        matches!(self, F16 | BF16 | F32 | F64 | C64)
    }

    /// Signed or unsigned integer (not bool).
    pub const fn is_integer(self) -> bool {
        matches!(self.category(), Category::Integer)
    }

    /// Unsigned integer (not bool).
    pub const fn is_unsigned(self) -> bool {
        matches!(self, U8 | U16 | U32 | U64)
    }

    /// Sixteen-bit float, computed in f32 and rounded after every op.
    pub const fn is_half(self) -> bool {
        matches!(self, F16 | BF16)
    }

    /// The type of this type's real part.
    pub const fn real(self) -> Dtype {
        match self {
            C64 => F32,
            d => d,
        }
    }

    /// The type in which sums of this type are accumulated.
    pub const fn accumulator(self) -> Dtype {
        match self {
            F16 | BF16 => F32,
            d => d,
        }
    }

    /// This type if it is inexact, otherwise `float32`: what `sin` of an integer array gives.
    pub const fn to_inexact(self) -> Dtype {
        if self.is_inexact() { self } else { F32 }
    }
}

impl fmt::Debug for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The type that holds both operands' values, by MLX's table.
pub fn promote(a: Dtype, b: Dtype) -> Dtype {
    if a == b {
        return a;
    }
    let (lo, hi) = if a.category() <= b.category() { (a, b) } else { (b, a) };
    match (lo.category(), hi.category()) {
        (Category::Float, Category::Float) => match (lo, hi) {
            (F64, _) | (_, F64) => F64,
            _ => F32,
        },
        (Category::Integer, Category::Integer) => promote_integers(lo, hi),
        _ => hi,
    }
}

fn promote_integers(a: Dtype, b: Dtype) -> Dtype {
    if a.is_unsigned() == b.is_unsigned() {
        return if a.size() >= b.size() { a } else { b };
    }
    let (u, s) = if a.is_unsigned() { (a, b) } else { (b, a) };
    match (u, s) {
        _ if s.size() > u.size() => s,
        (U8, _) => I16,
        (U16, _) => I32,
        (U32, _) => I64,
        _ => F32,
    }
}

/// The type that an array of type `array` and a literal of type `weak` give: the literal takes the array's type unless its category
/// is higher, in which case the category's default type wins (`int32`, `float32`, `complex64`).
pub fn promote_weak(array: Dtype, weak: Dtype) -> Dtype {
    if weak.category() <= array.category() {
        return array;
    }
    match weak.category() {
        Category::Bool => Bool,
        Category::Integer => I32,
        Category::Float => F32,
        Category::Complex => C64,
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that an array can hold.
///
/// ```
/// use lazulite_base::{Dtype, Element};
/// assert_eq!((f32::DTYPE, 2.5f32.scalar().dtype()), (Dtype::F32, Dtype::F32));
/// assert_eq!(i32::from_scalar(2.5f32.scalar()), 2);
/// ```
pub trait Element: Copy + Send + Sync + PartialEq + fmt::Debug + 'static + sealed::Sealed {
    /// The dtype of this type.
    const DTYPE: Dtype;
    /// This value as a [`Scalar`].
    fn scalar(self) -> Scalar;
    /// The value that a scalar, cast to [`Element::DTYPE`], holds.
    fn from_scalar(s: Scalar) -> Self;
}

macro_rules! elements {
    ($($t:ty, $d:ident, $to:expr, $from:expr;)*) => {$(
        impl sealed::Sealed for $t {}
        impl Element for $t {
            const DTYPE: Dtype = $d;
            #[inline]
            fn scalar(self) -> Scalar { Scalar::from_bits($d, $to(self)) }
            #[inline]
            fn from_scalar(s: Scalar) -> Self { $from(s.cast($d).bits()) }
        }
    )*};
}

elements! {
    bool, Bool, |v| v as u64, |b| b != 0;
    u8, U8, |v| v as u64, |b| b as u8;
    u16, U16, |v| v as u64, |b| b as u16;
    u32, U32, |v| v as u64, |b| b as u32;
    u64, U64, |v| v, |b| b;
    i8, I8, |v| v as u8 as u64, |b| b as i8;
    i16, I16, |v| v as u16 as u64, |b| b as i16;
    i32, I32, |v| v as u32 as u64, |b| b as i32;
    i64, I64, |v| v as u64, |b| b as i64;
    f16, F16, |v: f16| v.to_bits() as u64, |b| f16::from_bits(b as u16);
    bf16, BF16, |v: bf16| v.to_bits() as u64, |b| bf16::from_bits(b as u16);
    f32, F32, |v: f32| v.to_bits() as u64, |b| f32::from_bits(b as u32);
    f64, F64, |v: f64| v.to_bits(), f64::from_bits;
    Complex32, C64, |v: Complex32| (v.re.to_bits() as u64) | ((v.im.to_bits() as u64) << 32),
        |b: u64| Complex32::new(f32::from_bits(b as u32), f32::from_bits((b >> 32) as u32));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promotion_is_commutative_and_idempotent() {
        for a in Dtype::ALL {
            assert_eq!(promote(a, a), a);
            for b in Dtype::ALL {
                assert_eq!(promote(a, b), promote(b, a), "{a} {b}");
            }
        }
    }

    #[test]
    fn promotion_follows_mlx() {
        assert_eq!(promote(U8, I8), I16);
        assert_eq!(promote(U64, I8), F32);
        assert_eq!(promote(F16, BF16), F32);
        assert_eq!(promote(I64, F16), F16);
        assert_eq!(promote_weak(I32, F32), F32);
        assert_eq!(promote_weak(BF16, F32), BF16);
        assert_eq!(promote_weak(U8, I32), U8);
    }
}
