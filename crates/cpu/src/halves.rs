//! Halves to f32 and back, in operations that vectorise where the processor has no instruction for it.

use half::{bf16, f16};

/// A 16-bit float.
pub trait Half: Copy {
    /// The same number.
    fn wide(self) -> f32;
    /// The nearest, ties to even; NaN stays NaN.
    fn narrow(x: f32) -> Self;
}

impl Half for bf16 {
    #[inline(always)]
    fn wide(self) -> f32 {
        f32::from_bits((self.to_bits() as u32) << 16)
    }
    #[inline(always)]
    fn narrow(x: f32) -> bf16 {
        let b = x.to_bits();
        let rounded = b.wrapping_add(0x7fff + ((b >> 16) & 1));
        bf16::from_bits(((if x.is_nan() { b | 0x40_0000 } else { rounded }) >> 16) as u16)
    }
}

impl Half for f16 {
    #[inline(always)]
    fn wide(self) -> f32 {
        let bits = self.to_bits() as u32;
        let scaled = f32::from_bits((bits & 0x7fff) << 13) * f32::from_bits(0x7780_0000);
        let special = if bits & 0x7c00 == 0x7c00 { 0x7f80_0000 } else { 0 };
        f32::from_bits(scaled.to_bits() | special | (bits & 0x8000) << 16)
    }
    #[inline(always)]
    fn narrow(x: f32) -> f16 {
        f16::from_f32(x)
    }
}
