//! Kernels that move values: copies, splats, strided copies, indices, and the widening, narrowing and rounding of halves.

use super::{Body, CHUNK, F1, Fun, Map1, at};
use crate::simd::Level;
use lazulite_base::{Dtype, Scalar, bf16, f16};

/// The same value.
struct Same;

impl<T> F1<T, T> for Same {
    #[inline(always)]
    fn f(x: T) -> T {
        x
    }
}

/// The kernel that copies registers of a dtype.
pub fn copy(level: Level, d: Dtype) -> Fun {
    match super::width(d) {
        1 => at::<Map1<u8, u8, Same>>(level),
        2 => at::<Map1<u16, u16, Same>>(level),
        4 => at::<Map1<u32, u32, Same>>(level),
        _ => at::<Map1<u64, u64, Same>>(level),
    }
}

/// Spreads one value over the destination.
struct Splat<T>(std::marker::PhantomData<T>);

impl<T: Copy> Body for Splat<T> {
    #[inline(always)]
    unsafe fn run(n: usize, d: *mut u8, a: *const u8, _: *const u8, _: *const u8, _: u64) {
        // SAFETY: the destination holds n values, the operand one.
        unsafe {
            let x = a.cast::<T>().read_unaligned();
            for i in 0..n {
                d.cast::<T>().add(i).write_unaligned(x);
            }
        }
    }
}

/// The kernel that spreads one register value.
pub fn splat(level: Level, d: Dtype) -> Fun {
    match super::width(d) {
        1 => at::<Splat<u8>>(level),
        2 => at::<Splat<u16>>(level),
        // Whole vectors, since accumulators are read as such at once: a vector of two halves stored apart would have to wait for both.
        4 if level == Level::Avx512 => super::f32s::splat(level),
        4 => at::<Splat<u32>>(level),
        _ => at::<Splat<u64>>(level),
    }
}

struct WidenF16;
struct WidenBf16;
struct NarrowF16;
struct NarrowBf16;
struct RoundF16;
struct RoundBf16;

impl F1<u16, f32> for WidenBf16 {
    #[inline(always)]
    fn f(x: u16) -> f32 {
        f32::from_bits((x as u32) << 16)
    }
}

/// The upper half of an f32's bits, rounded to nearest, ties to even; NaN stays NaN.
#[inline(always)]
fn upper(x: f32) -> u32 {
    let b = x.to_bits();
    let r = b.wrapping_add(0x7fff + ((b >> 16) & 1));
    if b & 0x7fff_ffff > 0x7f80_0000 { (b | 0x40_0000) & 0xffff_0000 } else { r & 0xffff_0000 }
}

impl F1<f32, u16> for NarrowBf16 {
    #[inline(always)]
    fn f(x: f32) -> u16 {
        (upper(x) >> 16) as u16
    }
}

impl F1<f32, f32> for RoundBf16 {
    #[inline(always)]
    fn f(x: f32) -> f32 {
        f32::from_bits(upper(x))
    }
}

impl F1<u16, f32> for WidenF16 {
    #[inline(always)]
    fn f(x: u16) -> f32 {
        f16::from_bits(x).to_f32()
    }
}

impl F1<f32, u16> for NarrowF16 {
    #[inline(always)]
    fn f(x: f32) -> u16 {
        f16::from_f32(x).to_bits()
    }
}

impl F1<f32, f32> for RoundF16 {
    #[inline(always)]
    fn f(x: f32) -> f32 {
        f16::from_f32(x).to_f32()
    }
}

/// The conversions of f16 by F16C.
#[cfg(target_arch = "x86_64")]
mod f16c {
    use super::{Body, F1, NarrowF16, RoundF16, WidenF16};
    use std::arch::x86_64::*;

    pub struct Widen;
    pub struct Narrow;
    pub struct Round;

    macro_rules! body {
        ($name:ident, $t:ty, $u:ty, $slow:ident, |$p:ident, $q:ident| $e:expr) => {
            impl Body for $name {
                #[inline(always)]
                unsafe fn run(n: usize, d: *mut u8, a: *const u8, _: *const u8, _: *const u8, _: u64) {
                    let mut i = 0;
                    // SAFETY: every access lies below n; the level has F16C.
                    unsafe {
                        while i + 8 <= n {
                            let ($p, $q) = (a.cast::<$t>().add(i), d.cast::<$u>().add(i));
                            $e;
                            i += 8;
                        }
                        while i < n {
                            d.cast::<$u>().add(i).write_unaligned($slow::f(a.cast::<$t>().add(i).read_unaligned()));
                            i += 1;
                        }
                    }
                }
            }
        };
    }

    body!(Widen, u16, f32, WidenF16, |p, q| _mm256_storeu_ps(q, _mm256_cvtph_ps(_mm_loadu_si128(p.cast()))));
    body!(Narrow, f32, u16, NarrowF16, |p, q| _mm_storeu_si128(q.cast(), _mm256_cvtps_ph::<0>(_mm256_loadu_ps(p))));
    body!(Round, f32, f32, RoundF16, |p, q| _mm256_storeu_ps(q, _mm256_cvtph_ps(_mm256_cvtps_ph::<0>(_mm256_loadu_ps(p)))));
}

macro_rules! halves {
    ($(#[$doc:meta])* $name:ident, $t:ty, $u:ty, $bf:ident, $f:ident, $fast:ident) => {
        $(#[$doc])*
        pub fn $name(level: Level, d: Dtype) -> Fun {
            if d == Dtype::BF16 {
                return at::<Map1<$t, $u, $bf>>(level);
            }
            #[cfg(target_arch = "x86_64")]
            if level >= Level::Avx2 {
                return at::<f16c::$fast>(level);
            }
            at::<Map1<$t, $u, $f>>(level)
        }
    };
}

halves!(
    /// The kernel that widens halves of dtype `d` in memory to a register's f32.
    widen, u16, f32, WidenBf16, WidenF16, Widen
);
halves!(
    /// The kernel that narrows a register's f32 to halves of dtype `d` in memory.
    narrow, f32, u16, NarrowBf16, NarrowF16, Narrow
);
halves!(
    /// The kernel that rounds a register's f32 to halves of dtype `d`.
    round_half, f32, f32, RoundBf16, RoundF16, Round
);

/// Copies `n` elements between two places, a step in bytes each.
pub type Copier = unsafe fn(n: usize, to: *mut u8, to_step: isize, from: *const u8, from_step: isize);

unsafe fn strided<T: Copy>(n: usize, to: *mut u8, to_step: isize, from: *const u8, from_step: isize) {
    let size = size_of::<T>() as isize;
    // SAFETY: the caller says that both places hold n elements at these steps.
    unsafe {
        if to_step == size && from_step == size {
            return std::ptr::copy(from, to, n * size_of::<T>());
        }
        let (mut to, mut from) = (to, from);
        if to_step == size {
            let mut i = 0;
            while i + CHUNK <= n {
                let mut x = [from.cast::<T>().read_unaligned(); CHUNK];
                for (k, v) in x.iter_mut().enumerate() {
                    *v = from.offset(k as isize * from_step).cast::<T>().read_unaligned();
                }
                to.cast::<[T; CHUNK]>().write_unaligned(x);
                to = to.offset(CHUNK as isize * size);
                from = from.offset(CHUNK as isize * from_step);
                i += CHUNK;
            }
            for _ in i..n {
                to.cast::<T>().write_unaligned(from.cast::<T>().read_unaligned());
                to = to.offset(size);
                from = from.wrapping_offset(from_step);
            }
            return;
        }
        for _ in 0..n {
            to.cast::<T>().write_unaligned(from.cast::<T>().read_unaligned());
            to = to.wrapping_offset(to_step);
            from = from.wrapping_offset(from_step);
        }
    }
}

/// The copier of elements of so many bytes.
pub fn copier(size: usize) -> Copier {
    match size {
        1 => strided::<u8>,
        2 => strided::<u16>,
        4 => strided::<u32>,
        _ => strided::<u64>,
    }
}

/// Writes `start + i * step`, cast to `d`, into registers.
///
/// # Safety
/// `to` holds `n` values of a register of dtype `d`.
pub unsafe fn index(d: Dtype, n: usize, to: *mut u8, start: i64, step: i64) {
    macro_rules! fill {
        ($t:ty, $f:expr) => {
            for i in 0..n {
                let v: i64 = start + i as i64 * step;
                // SAFETY: the caller's promise.
                unsafe { to.cast::<$t>().add(i).write_unaligned($f(v)) }
            }
        };
    }
    match d {
        Dtype::F32 => fill!(f32, |v| v as f32),
        Dtype::F64 => fill!(f64, |v| v as f64),
        Dtype::F16 => fill!(f32, |v| f16::from_f32(v as f32).to_f32()),
        Dtype::BF16 => fill!(f32, |v| bf16::from_f32(v as f32).to_f32()),
        Dtype::I32 | Dtype::U32 => fill!(i32, |v| v as i32),
        Dtype::I64 | Dtype::U64 => fill!(i64, |v| v),
        Dtype::I16 | Dtype::U16 => fill!(i16, |v| v as i16),
        Dtype::I8 | Dtype::U8 => fill!(i8, |v| v as i8),
        Dtype::Bool => fill!(u8, |v| (v != 0) as u8),
        Dtype::C64 => fill!(u64, |v: i64| Scalar::new(v as f64, Dtype::C64).bits()),
    }
}

/// Turns `lines` lines of `n` elements: those of a line are `from_step` bytes apart, lines lie side by side. Lines are written `to_step`
/// bytes apart.
pub type Turner = unsafe fn(lines: usize, n: usize, to: *mut u8, to_step: usize, from: *const u8, from_step: isize);

unsafe fn turn<T: Copy>(lines: usize, n: usize, to: *mut u8, to_step: usize, from: *const u8, from_step: isize) {
    // SAFETY: the caller says that both places hold the lines.
    unsafe {
        for i in 0..n {
            let (from, to) = (from.offset(i as isize * from_step).cast::<T>(), to.add(i * size_of::<T>()));
            if lines == CHUNK {
                let x = from.cast::<[T; CHUNK]>().read_unaligned();
                for (k, x) in x.iter().enumerate() {
                    to.add(k * to_step).cast::<T>().write(*x);
                }
            } else {
                for k in 0..lines {
                    to.add(k * to_step).cast::<T>().write(from.add(k).read_unaligned());
                }
            }
        }
    }
}

/// The turner of elements of so many bytes.
pub fn turner(size: usize) -> Turner {
    match size {
        1 => turn::<u8>,
        2 => turn::<u16>,
        4 => turn::<u32>,
        _ => turn::<u64>,
    }
}
