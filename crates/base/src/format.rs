//! Quantized formats: how a row of numbers is stored as codes of few bits with a scale for each group, and what a code means.
//!
//! Codes lie in a row one after the other from the lowest bit of the first byte, in `uint32` words.
//!
//! | format | a number is | scales | group |
//! |---|---|---|---|
//! | affine | `code * scale + bias` | floats, biases too | 32, 64, 128 |
//! | mxfp4 | a 4-bit float times the scale | powers of two, 8 bits | 32 |
//! | mxfp8 | an 8-bit float (e4m3) times the scale | powers of two, 8 bits | 32 |
//! | nvfp4 | a 4-bit float times the scale | 8-bit floats (e4m3) | 16 |

use std::fmt;

/// A format of quantized numbers.
///
/// ```
/// use lazulite_base::Format;
/// let f = Format::default();
/// assert_eq!((f.name(), f.bits(), f.group(), f.is_affine()), ("affine", 4, 64, true));
/// assert_eq!((f.words(64), f.numbers(8)), (8, 64));
/// assert_eq!((Format::Mxfp4.largest(), Format::Mxfp4.scale(128)), (6.0, 2.0));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// `code * scale + bias`, codes of 1, 2, 3, 4, 5, 6 or 8 bits, a scale and a bias for each 32, 64 or 128.
    Affine {
        /// Bits of a code.
        bits: usize,
        /// Numbers that share a scale and a bias.
        group: usize,
    },
    /// 4-bit floats, a power of two for each 32.
    Mxfp4,
    /// 8-bit floats, a power of two for each 32.
    Mxfp8,
    /// 4-bit floats, an 8-bit float for each 16.
    Nvfp4,
}

impl Default for Format {
    /// Affine, 4 bits, groups of 64.
    fn default() -> Format {
        Format::Affine { bits: 4, group: 64 }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Format::Affine { bits, group } => write!(f, "affine of {bits} bits in groups of {group}"),
            other => f.write_str(other.name()),
        }
    }
}

impl Format {
    /// Bits of a code.
    pub const fn bits(self) -> usize {
        match self {
            Format::Affine { bits, .. } => bits,
            Format::Mxfp4 | Format::Nvfp4 => 4,
            Format::Mxfp8 => 8,
        }
    }

    /// Numbers that share a scale.
    pub const fn group(self) -> usize {
        match self {
            Format::Affine { group, .. } => group,
            Format::Mxfp4 | Format::Mxfp8 => 32,
            Format::Nvfp4 => 16,
        }
    }

    /// `affine`, `mxfp4`, `mxfp8` or `nvfp4`.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Affine { .. } => "affine",
            Format::Mxfp4 => "mxfp4",
            Format::Mxfp8 => "mxfp8",
            Format::Nvfp4 => "nvfp4",
        }
    }

    /// Whether it has biases, and scales that are floats.
    pub const fn is_affine(self) -> bool {
        matches!(self, Format::Affine { .. })
    }

    /// The `uint32` words that hold `n` numbers; `n` is a multiple of the group.
    pub const fn words(self, n: usize) -> usize {
        n * self.bits() / 32
    }

    /// The numbers that `words` words hold.
    pub const fn numbers(self, words: usize) -> usize {
        words * 32 / self.bits()
    }

    /// The magnitude of the largest number before it is scaled, for formats of floats.
    pub const fn largest(self) -> f32 {
        if matches!(self, Format::Mxfp8) { E4M3_MAX } else { FP4[7] }
    }

    /// What a stored scale of 8 bits stands for.
    pub fn scale(self, code: u8) -> f32 {
        if matches!(self, Format::Nvfp4) { e4m3(code) } else { e8m0(code) }
    }
}

/// The magnitudes of 4-bit floats (two bits of exponent, one of mantissa); the fourth bit is the sign.
pub const FP4: [f32; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];

/// The largest 8-bit float.
pub const E4M3_MAX: f32 = 448.0;

/// What a global scale is relative to: the largest product of a 4-bit float and an 8-bit scale.
pub const GLOBAL: f32 = E4M3_MAX * FP4[7];

/// An 8-bit float: a sign, four bits of exponent, three of mantissa; 127 and 255 are NaN.
#[inline(always)]
pub fn e4m3(code: u8) -> f32 {
    let magnitude = code & 0x7f;
    // The exponent's bias is 7; f32's is 127. Subnormal numbers come out right because the product is exact.
    let bits = if magnitude == 0x7f { 0x7fc0_0000 } else { (f32::from_bits((magnitude as u32) << 20) * TWO_120).to_bits() };
    f32::from_bits(bits | (code as u32 & 0x80) << 24)
}

const TWO_120: f32 = f32::from_bits((127 + 120) << 23);

/// The nearest 8-bit float, ties to even; what is too large becomes the largest, and NaN, too.
#[inline(always)]
pub fn to_e4m3(x: f32) -> u8 {
    let sign = (x.to_bits() >> 24) as u8 & 0x80;
    let a = x.abs();
    if a.is_nan() || a >= E4M3_MAX {
        return sign | 0x7e;
    }
    if a < 1.0 / 64.0 {
        // Subnormal: a multiple of 2^-9.
        return sign | (a * 512.0).round_ties_even() as u8;
    }
    let bits = a.to_bits();
    let rounded = bits + 0x7_ffff + (bits >> 20 & 1);
    sign | ((rounded >> 20) - (120 << 3)) as u8
}

/// A power of two, of exponent `code - 127`; 255 stands for infinity.
#[inline(always)]
pub fn e8m0(code: u8) -> f32 {
    f32::from_bits(if code == 0 { 0x0040_0000 } else { (code as u32) << 23 })
}

/// A 4-bit float.
#[inline(always)]
pub fn fp4(code: u8) -> f32 {
    f32::from_bits(FP4[code as usize & 7].to_bits() | (code as u32 & 8) << 28)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_8_bit_float_rounds_to_itself_and_midpoints_go_to_even() {
        for code in 0..=255u8 {
            let x = e4m3(code);
            if x.is_nan() {
                assert_eq!(code & 0x7f, 0x7f);
                continue;
            }
            assert_eq!(to_e4m3(x), code);
            if code & 0x7f < 0x7e {
                let (low, high) = (x as f64, e4m3(code + 1) as f64);
                let middle = ((low + high) / 2.0) as f32;
                assert_eq!(to_e4m3(middle), code + code % 2, "{middle}");
                assert_eq!(to_e4m3(f32::from_bits(middle.to_bits() + 1)), code + 1);
                assert_eq!(to_e4m3(f32::from_bits(middle.to_bits() - 1)), code);
            }
        }
        assert_eq!([to_e4m3(f32::INFINITY), to_e4m3(-1e30), to_e4m3(f32::NAN), to_e4m3(1e-30)], [0x7e, 0xfe, 0x7e, 0]);
    }

    #[test]
    fn powers_of_two_and_4_bit_floats_are_what_they_say() {
        assert_eq!([e8m0(127), e8m0(0), e8m0(254), e8m0(255)], [1.0, 2f32.powi(-127), 2f32.powi(127), f32::INFINITY]);
        assert_eq!((0..16).map(fp4).map(|x| x.abs()).collect::<Vec<_>>(), [FP4, FP4].concat());
        assert!(fp4(8).is_sign_negative() && fp4(15) == -6.0);
    }
}
