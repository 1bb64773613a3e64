//! Quantized types: blocks of elements that share scales.
//!
//! `Q4_0`, `Q4_1` and `Q8_0` have blocks of 32 with one scale, which is a group of an affine quantization: the numbers are packed anew, the
//! values stay. The types with `K` have blocks of 256 with a scale and an offset a part of 16 or 32, themselves quantized.

use half::f16;
use lazulite_base::{Dtype, Result};
use lazulite_core::Array;

/// A quantized type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Q4_0,
    Q4_1,
    Q8_0,
    Q2K,
    Q4K,
    Q6K,
}

/// Elements of a block of the types with `K`.
const SUPER: usize = 256;
/// Elements of a block of the others.
const BLOCK: usize = 32;

impl Kind {
    /// The type with this number in the format.
    pub fn of(number: u32) -> Option<Kind> {
        Some(match number {
            2 => Kind::Q4_0,
            3 => Kind::Q4_1,
            8 => Kind::Q8_0,
            10 => Kind::Q2K,
            12 => Kind::Q4K,
            14 => Kind::Q6K,
            _ => return None,
        })
    }

    /// Elements and bytes of a block.
    pub fn block(self) -> (usize, usize) {
        match self {
            Kind::Q4_0 => (BLOCK, 2 + 16),
            Kind::Q4_1 => (BLOCK, 4 + 16),
            Kind::Q8_0 => (BLOCK, 2 + 32),
            Kind::Q2K => (SUPER, 16 + 64 + 4),
            Kind::Q4K => (SUPER, 4 + 12 + 128),
            Kind::Q6K => (SUPER, 128 + 64 + 16 + 2),
        }
    }

    /// The arrays of a tensor of this shape, whose blocks are `data`.
    pub fn arrays(self, name: &str, shape: &[usize], data: &[u8]) -> Result<Vec<(String, Array)>> {
        let blocks = data.chunks_exact(self.block().1);
        let dequantize: fn(&[u8], &mut Vec<f16>) = match self {
            Kind::Q4_0 | Kind::Q4_1 | Kind::Q8_0 => return self.groups(name, shape, data),
            Kind::Q2K => two,
            Kind::Q4K => four,
            Kind::Q6K => six,
        };
        let mut values = Vec::with_capacity(blocks.len() * SUPER);
        blocks.for_each(|b| dequantize(b, &mut values));
        Ok(vec![(name.to_owned(), Array::from_slice(&values, shape)?)])
    }

    /// Weights, scales and biases of an affine quantization in groups of 32.
    fn groups(self, name: &str, shape: &[usize], data: &[u8]) -> Result<Vec<(String, Array)>> {
        let (mut packed, mut scales, mut biases): (Vec<u8>, Vec<f16>, Vec<f16>) = Default::default();
        for b in data.chunks_exact(self.block().1) {
            let scale = half(b, 0);
            scales.push(scale);
            let (bias, numbers) = match self {
                Kind::Q4_1 => (half(b, 2), &b[4..]),
                Kind::Q8_0 => (f16::from_f32(-128.0 * scale.to_f32()), &b[2..]),
                _ => (f16::from_f32(-8.0 * scale.to_f32()), &b[2..]),
            };
            biases.push(bias);
            if self == Kind::Q8_0 {
                packed.extend(numbers.iter().map(|x| x ^ 0x80));
            } else {
                // The low halves are the first 16 numbers, the high halves the others.
                let pair = |x: &[u8], shift: u32| (x[0] >> shift & 15) | (x[1] >> shift & 15) << 4;
                packed.extend(numbers.chunks_exact(2).map(|x| pair(x, 0)));
                packed.extend(numbers.chunks_exact(2).map(|x| pair(x, 4)));
            }
        }
        let last = |n: usize| [&shape[..shape.len() - 1], &[shape[shape.len() - 1] / n]].concat();
        let stem = name.strip_suffix(".weight").unwrap_or(name);
        let in_word = if self == Kind::Q8_0 { 4 } else { 8 };
        Ok(vec![
            (name.to_owned(), Array::from_bytes(&packed, last(in_word), Dtype::U32)?),
            (format!("{stem}.scales"), Array::from_slice(&scales, last(BLOCK))?),
            (format!("{stem}.biases"), Array::from_slice(&biases, last(BLOCK))?),
        ])
    }
}

fn half(bytes: &[u8], at: usize) -> f16 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// `Q2_K`: 16 bytes of scales (low half) and offsets (high half), 64 of numbers of two bits, the scale of each of both.
fn two(b: &[u8], out: &mut Vec<f16>) {
    let (scale, offset) = (half(b, 80).to_f32(), half(b, 82).to_f32());
    for part in 0..16 {
        // 128 numbers share 32 bytes: their first 32 have the lowest bits, and so on.
        let (first, shift) = (16 + part / 8 * 32 + part % 2 * 16, part % 8 / 2 * 2);
        let (scale, offset) = (scale * (b[part] & 15) as f32, offset * (b[part] >> 4) as f32);
        out.extend(b[first..first + 16].iter().map(|x| f16::from_f32(scale * (x >> shift & 3) as f32 - offset)));
    }
}

/// `Q4_K`: the scale of the scales and of the offsets, 12 bytes of eight of each with six bits, 128 of numbers of four bits.
fn four(b: &[u8], out: &mut Vec<f16>) {
    let (scale, offset, six) = (half(b, 0).to_f32(), half(b, 2).to_f32(), &b[4..16]);
    for part in 0..8 {
        let (s, o) = if part < 4 {
            (six[part] & 63, six[part + 4] & 63)
        } else {
            (six[part + 4] & 15 | six[part - 4] >> 6 << 4, six[part + 4] >> 4 | six[part] >> 6 << 4)
        };
        let (scale, offset) = (scale * s as f32, offset * o as f32);
        // 64 numbers share 32 bytes: the low halves come first.
        let (first, shift) = (16 + part / 2 * 32, part % 2 * 4);
        out.extend(b[first..first + 32].iter().map(|x| f16::from_f32(scale * (x >> shift & 15) as f32 - offset)));
    }
}

/// `Q6_K`: the low four bits of the numbers, their high two, 16 scales, the scale of those. Numbers are less 32.
fn six(b: &[u8], out: &mut Vec<f16>) {
    let scale = half(b, 208).to_f32();
    for i in 0..SUPER {
        // 128 numbers share 64 bytes of low and 32 of high bits.
        let (run, j) = (i / 128, i % 128);
        let low = b[run * 64 + j % 64] >> (j / 64 * 4) & 15;
        let high = b[128 + run * 32 + j % 32] >> (j / 32 * 2) & 3;
        let part = b[192 + i / 16] as i8;
        out.push(f16::from_f32(scale * part as f32 * ((low | high << 4) as f32 - 32.0)));
    }
}
