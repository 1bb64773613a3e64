//! One value of any dtype, and the casts between them.

use crate::dtype::{Dtype, Element};
use half::{bf16, f16};
use num_complex::{Complex32, Complex64};
use std::fmt;

/// One value with its dtype, in at most eight bytes.
///
/// ```
/// use lazulite_base::{Dtype, Scalar};
/// let s = Scalar::new(-2.75, Dtype::F32);
/// assert_eq!((s.as_f64(), s.as_i128(), s.as_complex().re), (-2.75, -2, -2.75));
/// assert_eq!(s.cast(Dtype::U8), Scalar::new(254.0, Dtype::U8)); // truncated, then wrapped
/// assert_eq!(Scalar::from_bits(s.dtype(), s.bits()), s);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scalar {
    bits: u64,
    dtype: Dtype,
}

impl Scalar {
    /// The scalar of this dtype whose memory is the low bytes of `bits`.
    pub const fn from_bits(dtype: Dtype, bits: u64) -> Scalar {
        Scalar { bits, dtype }
    }

    /// The value's memory, in the low bytes.
    pub const fn bits(self) -> u64 {
        self.bits
    }

    /// The value's dtype.
    pub const fn dtype(self) -> Dtype {
        self.dtype
    }

    /// `v` as a value of dtype `dtype`.
    pub fn new(v: f64, dtype: Dtype) -> Scalar {
        v.scalar().cast(dtype)
    }

    /// The value as f64: exact but for 64-bit integers beyond 2^53; the real part of a complex value.
    pub fn as_f64(self) -> f64 {
        match self.dtype {
            Dtype::F16 => f16::from_bits(self.bits as u16).to_f64(),
            Dtype::BF16 => bf16::from_bits(self.bits as u16).to_f64(),
            Dtype::F32 => f32::from_bits(self.bits as u32) as f64,
            Dtype::F64 => f64::from_bits(self.bits),
            Dtype::C64 => f32::from_bits(self.bits as u32) as f64,
            _ => self.as_i128() as f64,
        }
    }

    /// The value as an integer, truncated toward zero (0 for NaN).
    pub fn as_i128(self) -> i128 {
        match self.dtype {
            Dtype::Bool => (self.bits != 0) as i128,
            Dtype::U8 => self.bits as u8 as i128,
            Dtype::U16 => self.bits as u16 as i128,
            Dtype::U32 => self.bits as u32 as i128,
            Dtype::U64 => self.bits as i128,
            Dtype::I8 => self.bits as i8 as i128,
            Dtype::I16 => self.bits as i16 as i128,
            Dtype::I32 => self.bits as i32 as i128,
            Dtype::I64 => self.bits as i64 as i128,
            _ => self.as_f64() as i128,
        }
    }

    /// The value as a complex number of two f64.
    pub fn as_complex(self) -> Complex64 {
        match self.dtype {
            Dtype::C64 => {
                let c = Complex32::from_scalar(self);
                Complex64::new(c.re as f64, c.im as f64)
            }
            _ => Complex64::new(self.as_f64(), 0.0),
        }
    }

    /// The value converted to another dtype: integers wrap, floats truncate toward zero (saturating, NaN gives 0), anything but zero
    /// is `true`, a complex number keeps its real part. Halves are reached through f32 (both roundings to nearest, ties to even).
    pub fn cast(self, to: Dtype) -> Scalar {
        if to == self.dtype {
            return self;
        }
        let bits = match to {
            Dtype::Bool => match self.dtype {
                Dtype::C64 => (self.as_complex() != Complex64::new(0.0, 0.0)) as u64,
                d if d.is_float() => (self.as_f64() != 0.0) as u64,
                _ => (self.as_i128() != 0) as u64,
            },
            Dtype::F16 => f16::from_f32(self.as_f64() as f32).to_bits() as u64,
            Dtype::BF16 => bf16::from_f32(self.as_f64() as f32).to_bits() as u64,
            Dtype::F32 => (self.as_f64() as f32).to_bits() as u64,
            Dtype::F64 => self.as_f64().to_bits(),
            Dtype::C64 => Complex32::new(self.as_f64() as f32, 0.0).scalar().bits,
            _ if self.dtype.is_inexact() => float_to_integer(self.as_f64(), to),
            _ => mask(self.as_i128() as u64, to),
        };
        Scalar { bits, dtype: to }
    }
}

fn mask(bits: u64, to: Dtype) -> u64 {
    match to.size() {
        1 => bits & 0xff,
        2 => bits & 0xffff,
        4 => bits & 0xffff_ffff,
        _ => bits,
    }
}

/// Truncates toward zero, saturates at the ends of i64 (u64 for `uint64`), then wraps into the type. NaN gives 0.
pub fn float_to_integer(v: f64, to: Dtype) -> u64 {
    match to {
        Dtype::U64 if v >= 0.0 => v as u64,
        _ => mask(v as i64 as u64, to),
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dtype {
            Dtype::Bool => write!(f, "{}", self.bits != 0),
            Dtype::C64 => {
                let c = self.as_complex();
                write!(f, "{}{:+}j", c.re, c.im)
            }
            d if d.is_float() => write!(f, "{:?}", self.as_f64()),
            _ => write!(f, "{}", self.as_i128()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_wrap_and_truncate() {
        assert_eq!(u8::from_scalar((-1i32).scalar()), 255);
        assert_eq!(i32::from_scalar((-2.7f32).scalar()), -2);
        assert_eq!(i8::from_scalar(200u8.scalar()), -56);
        assert!(bool::from_scalar(0.5f32.scalar()));
        assert_eq!(i32::from_scalar(f32::NAN.scalar()), 0);
        assert_eq!(f32::from_scalar(Complex32::new(2.0, 3.0).scalar()), 2.0);
    }
}
