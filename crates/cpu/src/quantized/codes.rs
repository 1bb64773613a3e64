//! Codes of a few bits taken apart and put together, and what they stand for before they are scaled.

use crate::simd::F32s;
use lazulite_base::format::e4m3;

/// Codes that are taken apart at once.
pub const CHUNK: usize = 64;

/// The low `bits` of each `width` bits of a word.
const fn every(bits: usize, width: usize) -> u64 {
    let (mut mask, mut at) = (0, 0);
    while at < 64 {
        mask |= ((1u64 << bits) - 1) << at;
        at += width;
    }
    mask
}

/// Moves the second half of each place of twice the width up to a place of its own: `2 * bits` become `bits` and `bits`.
#[inline(always)]
const fn spread(word: u64, bits: usize, width: usize) -> u64 {
    let low = every(bits, 2 * width);
    (word & low) | (word & low << bits) << (width - bits)
}

/// The 64 codes of `B` bits that the `8 * B` bytes at `p` hold.
///
/// # Safety
/// They lie there.
#[inline(always)]
pub unsafe fn unpack<const B: usize>(p: *const u8) -> [u8; CHUNK] {
    let mut words = [0u64; 8];
    // SAFETY: the caller's promise; a word that would reach behind the bytes is read from further ahead and shifted.
    unsafe {
        match B {
            1 => (0..8).for_each(|i| words[i] = *p.add(i) as u64),
            2 => (0..8).for_each(|i| words[i] = p.add(2 * i).cast::<u16>().read_unaligned() as u64),
            4 => (0..8).for_each(|i| words[i] = p.add(4 * i).cast::<u32>().read_unaligned() as u64),
            _ => (0..8).for_each(|i| {
                let at = (i * B).min(8 * B - 8);
                words[i] = p.add(at).cast::<u64>().read_unaligned() >> (8 * (i * B - at));
            }),
        }
    }
    if B < 8 {
        for word in &mut words {
            *word = spread(spread(spread(*word, 4 * B, 32), 2 * B, 16), B, 8);
        }
    }
    let mut out = [0; CHUNK];
    for (out, word) in out.chunks_exact_mut(8).zip(words) {
        out.copy_from_slice(&word.to_le_bytes());
    }
    out
}

/// Writes 8 codes of `bits` bits to as many bytes.
///
/// # Safety
/// There is room.
#[inline(always)]
pub unsafe fn pack(codes: &[u8; 8], bits: usize, to: *mut u8) {
    let word = codes.iter().rev().fold(0u64, |w, &c| if bits < 8 { w << bits | c as u64 } else { w << 8 | c as u64 });
    // SAFETY: the caller's promise.
    unsafe { std::ptr::copy_nonoverlapping(word.to_le_bytes().as_ptr(), to, bits) };
}

/// A kind of code.
pub trait Codes: Send + Sync + 'static {
    /// Bits.
    const BITS: usize;
    /// What a number that [`Codes::numbers`] gives is multiplied with to be what the code stands for: a power of two.
    const FACTOR: f32;

    /// What 64 codes stand for, over [`Codes::FACTOR`].
    ///
    /// # Safety
    /// The bytes of 64 codes lie at `p`.
    unsafe fn numbers(p: *const u8) -> [f32; CHUNK];

    /// The codes of the lanes from `first` on, as many as `V` has, of the 16 lanes of 8 codes each at `p`: a lane's first four codes from
    /// the lowest bit on, and its last four. What lies above them is anything.
    ///
    /// # Safety
    /// The bytes of 128 codes lie at `p`; the level's.
    unsafe fn words<V: F32s>(p: *const u8, first: usize) -> [V::I; 2];

    /// What the lowest code of each lane stands for, over [`Codes::FACTOR`].
    fn lowest<V: F32s>(word: V::I) -> V;

    /// The lanes without their lowest code.
    fn next<V: F32s>(word: V::I) -> V::I;

    /// The same for the `n < 64` codes whose bytes lie at `p`; zeros behind them.
    ///
    /// # Safety
    /// The bytes of `n` codes (a multiple of 8) lie at `p`.
    #[inline(always)]
    unsafe fn some(p: *const u8, n: usize) -> [f32; CHUNK] {
        let mut bytes = [0u8; CHUNK];
        // SAFETY: the caller's promise.
        unsafe {
            std::ptr::copy_nonoverlapping(p, bytes.as_mut_ptr(), n / 8 * Self::BITS);
            Self::numbers(bytes.as_ptr())
        }
    }
}

/// [`Codes::words`] for codes of `B` bits.
#[inline(always)]
unsafe fn words_of<const B: usize, V: F32s>(p: *const u8, first: usize) -> [V::I; 2] {
    // SAFETY: the caller's promise; what is read lies in the copy.
    unsafe {
        if B == 4 {
            let word = V::load(p.cast::<f32>().add(first)).bits();
            return [word, V::sra::<16>(word)];
        }
        let mut bytes = [0u8; 16 * 8 + 8];
        std::ptr::copy_nonoverlapping(p, bytes.as_mut_ptr(), 16 * B);
        let mut words = [[0u32; 16]; 2];
        for l in 0..16 {
            let lane = bytes.as_ptr().add(l * B).cast::<u64>().read_unaligned();
            words[0][l] = lane as u32;
            words[1][l] = (lane >> (4 * B)) as u32;
        }
        words.map(|w| V::load(w.as_ptr().cast::<f32>().add(first)).bits())
    }
}

/// [`Codes::next`] for codes of `B` bits.
#[inline(always)]
fn next_of<const B: usize, V: F32s>(word: V::I) -> V::I {
    match B {
        1 => V::sra::<1>(word),
        2 => V::sra::<2>(word),
        3 => V::sra::<3>(word),
        4 => V::sra::<4>(word),
        5 => V::sra::<5>(word),
        6 => V::sra::<6>(word),
        _ => V::sra::<8>(word),
    }
}

/// Whole numbers of `B` bits.
pub struct Whole<const B: usize>;

impl<const B: usize> Codes for Whole<B> {
    const BITS: usize = B;
    const FACTOR: f32 = 1.0;

    #[inline(always)]
    unsafe fn words<V: F32s>(p: *const u8, first: usize) -> [V::I; 2] {
        // SAFETY: the caller's promise.
        unsafe { words_of::<B, V>(p, first) }
    }

    #[inline(always)]
    fn lowest<V: F32s>(word: V::I) -> V {
        V::from_int(V::iand(word, V::int((1 << B) - 1)))
    }

    #[inline(always)]
    fn next<V: F32s>(word: V::I) -> V::I {
        next_of::<B, V>(word)
    }

    #[inline(always)]
    unsafe fn numbers(p: *const u8) -> [f32; CHUNK] {
        // SAFETY: the caller's promise.
        let codes = unsafe { unpack::<B>(p) };
        let mut out = [0.0; CHUNK];
        for (out, code) in out.iter_mut().zip(codes) {
            *out = code as i32 as f32;
        }
        out
    }
}

/// 4-bit floats, doubled: then they are whole.
pub struct Fp4;

impl Codes for Fp4 {
    const BITS: usize = 4;
    const FACTOR: f32 = 0.5;

    #[inline(always)]
    unsafe fn words<V: F32s>(p: *const u8, first: usize) -> [V::I; 2] {
        // SAFETY: the caller's promise.
        unsafe { words_of::<4, V>(p, first) }
    }

    #[inline(always)]
    fn lowest<V: F32s>(word: V::I) -> V {
        // The code's exponent and mantissa are those of a tiny number; the factor doubles, too.
        let size = V::from_bits(V::shl::<22>(V::iand(word, V::int(7))));
        let sign = V::from_bits(V::shl::<28>(V::iand(word, V::int(8))));
        size.mul(V::splat(f32::from_bits(254 << 23))).or(sign)
    }

    #[inline(always)]
    fn next<V: F32s>(word: V::I) -> V::I {
        next_of::<4, V>(word)
    }

    #[inline(always)]
    unsafe fn numbers(p: *const u8) -> [f32; CHUNK] {
        // SAFETY: the caller's promise.
        let codes = unsafe { unpack::<4>(p) };
        let mut wholes = [0i8; CHUNK];
        for (whole, code) in wholes.iter_mut().zip(codes) {
            // The magnitude is convex in the code: the largest of three lines.
            let t = (code & 7) as i8;
            let size = t.max(2 * t - 4).max(4 * t - 16);
            *whole = if code & 8 == 0 { size } else { -size };
        }
        let mut out = [0.0; CHUNK];
        for (out, whole) in out.iter_mut().zip(wholes) {
            *out = whole as i32 as f32;
        }
        out
    }
}

/// 8-bit floats.
pub struct Fp8;

impl Codes for Fp8 {
    const BITS: usize = 8;
    const FACTOR: f32 = 1.0;

    #[inline(always)]
    unsafe fn words<V: F32s>(p: *const u8, first: usize) -> [V::I; 2] {
        // SAFETY: the caller's promise.
        unsafe { words_of::<8, V>(p, first) }
    }

    #[inline(always)]
    fn lowest<V: F32s>(word: V::I) -> V {
        let size = V::iand(word, V::int(0x7f));
        let number = V::from_bits(V::shl::<20>(size)).mul(V::splat(f32::from_bits((127 + 120) << 23)));
        let number = V::select(V::ieq(size, V::int(0x7f)), V::splat(f32::NAN), number);
        number.or(V::from_bits(V::shl::<24>(V::iand(word, V::int(0x80)))))
    }

    #[inline(always)]
    fn next<V: F32s>(word: V::I) -> V::I {
        next_of::<8, V>(word)
    }

    #[inline(always)]
    unsafe fn numbers(p: *const u8) -> [f32; CHUNK] {
        // SAFETY: the caller's promise.
        let codes = unsafe { unpack::<8>(p) };
        let mut out = [0.0; CHUNK];
        for (out, code) in out.iter_mut().zip(codes) {
            *out = e4m3(code);
        }
        out
    }
}

/// Evaluates `$body` with `$C` standing for the kind of code of a format.
macro_rules! with_codes {
    ($format:expr, $C:ident => $body:expr) => {
        $crate::quantized::codes::with_codes!(@ $format, $C, $body,
            (1, $crate::quantized::codes::Whole<1>) (2, $crate::quantized::codes::Whole<2>) (3, $crate::quantized::codes::Whole<3>)
            (4, $crate::quantized::codes::Whole<4>) (5, $crate::quantized::codes::Whole<5>) (6, $crate::quantized::codes::Whole<6>))
    };
    (@ $format:expr, $C:ident, $body:expr, $(($bits:literal, $t:ty))*) => {
        match $format {
            $(lazulite_base::Format::Affine { bits: $bits, .. } => { type $C = $t; $body })*
            lazulite_base::Format::Affine { .. } => { type $C = $crate::quantized::codes::Whole<8>; $body }
            lazulite_base::Format::Mxfp8 => { type $C = $crate::quantized::codes::Fp8; $body }
            lazulite_base::Format::Mxfp4 | lazulite_base::Format::Nvfp4 => { type $C = $crate::quantized::codes::Fp4; $body }
        }
    };
}
pub(super) use with_codes;
