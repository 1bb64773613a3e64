//! Vectors of f32 and of f64 at several instruction levels, behind two traits in which the mathematics is written once.
//!
//! Every implementation gives the same bits: an operation is one correctly rounded IEEE operation, or a defined one on bits. The level is
//! chosen once, from what the processor has, or by `LAZULITE_SIMD` (`portable`, `avx2`, `avx512`) or [`set_level`].

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
pub mod portable;

use std::sync::atomic::{AtomicU8, Ordering};

/// Which instructions kernels use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Level {
    /// Plain Rust.
    Portable = 1,
    /// AVX2, FMA and F16C.
    Avx2 = 2,
    /// AVX-512 F, DQ, BW and VL.
    Avx512 = 3,
}

static LEVEL: AtomicU8 = AtomicU8::new(0);

/// The highest level that this processor has.
pub fn best() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx2") && has!("fma") && has!("f16c") {
            if has!("avx512f") && has!("avx512dq") && has!("avx512bw") && has!("avx512vl") {
                return Level::Avx512;
            }
            return Level::Avx2;
        }
    }
    Level::Portable
}

/// The level that tapes compiled from now on use.
pub fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        1 => Level::Portable,
        2 => Level::Avx2,
        3 => Level::Avx512,
        _ => {
            let wanted = match std::env::var("LAZULITE_SIMD").as_deref() {
                Ok("portable") => Level::Portable,
                Ok("avx2") => Level::Avx2,
                _ => Level::Avx512,
            };
            set_level(wanted);
            level()
        }
    }
}

/// Sets the level, or the best that the processor has if that is lower.
pub fn set_level(level: Level) {
    LEVEL.store(level.min(best()) as u8, Ordering::Relaxed);
}

/// A vector of f32, with integers of as many lanes.
///
/// # Safety
/// The methods may use instructions of the implementation's level: call them only where the processor has these, within a function that
/// enables them (`crate::tape::kernels::at` does), since all of them are inlined there.
pub unsafe trait F32s: Copy {
    /// Lanes.
    const N: usize;
    /// As many 32-bit integers.
    type I: Copy;
    /// One truth value a lane.
    type M: Copy;

    /// Reads `N` values.
    ///
    /// # Safety
    /// `p` is valid for reading `N` values.
    unsafe fn load(p: *const f32) -> Self;
    /// Reads `N` values; lane i gets the one of number `index[i]`, which is below `N`.
    ///
    /// # Safety
    /// `p` is valid for reading `N` values.
    unsafe fn look(p: *const f32, index: Self::I) -> Self;
    /// Writes `N` values.
    ///
    /// # Safety
    /// `p` is valid for writing `N` values.
    unsafe fn store(self, p: *mut f32);
    /// The same value in every lane.
    fn splat(x: f32) -> Self;
    /// `self + o`.
    fn add(self, o: Self) -> Self;
    /// `self - o`.
    fn sub(self, o: Self) -> Self;
    /// `self * o`.
    fn mul(self, o: Self) -> Self;
    /// `self / o`.
    fn div(self, o: Self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// `self * b + c`, rounded once.
    fn fma(self, b: Self, c: Self) -> Self;
    /// `c - self * b`, rounded once.
    fn nfma(self, b: Self, c: Self) -> Self;
    /// `if self < o { self } else { o }`.
    fn min(self, o: Self) -> Self;
    /// `if self > o { self } else { o }`.
    fn max(self, o: Self) -> Self;
    /// The nearest integer, ties to even.
    fn round(self) -> Self;
    /// `self < o`.
    fn lt(self, o: Self) -> Self::M;
    /// `self <= o`.
    fn le(self, o: Self) -> Self::M;
    /// `self == o`.
    fn eq(self, o: Self) -> Self::M;
    /// `self` or `o` is NaN.
    fn unordered(self, o: Self) -> Self::M;
    /// Lanes of `a` where `m` holds, of `b` elsewhere.
    fn select(m: Self::M, a: Self, b: Self) -> Self;
    /// Whether any lane holds.
    fn any(m: Self::M) -> bool;
    /// Bitwise and.
    fn and(self, o: Self) -> Self;
    /// Bitwise or.
    fn or(self, o: Self) -> Self;
    /// Bitwise exclusive or.
    fn xor(self, o: Self) -> Self;
    /// To the nearest integer; `i32::MIN` outside i32 and for NaN.
    fn to_int(self) -> Self::I;
    /// From integers.
    fn from_int(i: Self::I) -> Self;
    /// The bits.
    fn bits(self) -> Self::I;
    /// From bits.
    fn from_bits(i: Self::I) -> Self;
    /// The same integer in every lane.
    fn int(x: i32) -> Self::I;
    /// Integer addition.
    fn iadd(a: Self::I, b: Self::I) -> Self::I;
    /// Integer subtraction.
    fn isub(a: Self::I, b: Self::I) -> Self::I;
    /// Bitwise and.
    fn iand(a: Self::I, b: Self::I) -> Self::I;
    /// Shift left.
    fn shl<const S: i32>(a: Self::I) -> Self::I;
    /// Shift right, keeping the sign.
    fn sra<const S: i32>(a: Self::I) -> Self::I;
    /// Lane i gets lane `index[i]` of `a`.
    fn permute(a: Self::I, index: Self::I) -> Self::I;
    /// Shift right, filled with zeros, each lane by its own count below 32.
    fn srlv(a: Self::I, by: Self::I) -> Self::I;
    /// Integer equality.
    fn ieq(a: Self::I, b: Self::I) -> Self::M;

    /// The absolute value.
    #[inline(always)]
    fn abs(self) -> Self {
        self.and(Self::from_bits(Self::int(0x7fff_ffff)))
    }
    /// The sign bit alone.
    #[inline(always)]
    fn sign(self) -> Self {
        self.and(Self::from_bits(Self::int(i32::MIN)))
    }
    /// The negative.
    #[inline(always)]
    fn neg(self) -> Self {
        self.xor(Self::from_bits(Self::int(i32::MIN)))
    }
}

/// The narrowest registers.
pub type Four = portable::P<4>;

/// Code that is compiled for each level.
pub trait Job {
    /// Runs it.
    ///
    /// # Safety
    /// The processor has the level's instructions; what is pointed at lies there.
    unsafe fn run<V: F32s>(self);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn avx2<J: Job>(job: J) {
    // SAFETY: passed on.
    unsafe { job.run::<avx2::A8>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512dq,avx512bw,avx512vl")]
unsafe fn avx512<J: Job>(job: J) {
    // SAFETY: passed on.
    unsafe { job.run::<avx512::Z16>() }
}

/// Runs a job at the best level whose registers make up `width`.
///
/// # Safety
/// What the job points at lies there.
pub unsafe fn at_best<J: Job>(job: J, width: usize) {
    let level = level();
    // SAFETY: the processor has the level; the caller's promise.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        {
            if level == Level::Avx512 && width.is_multiple_of(16) {
                return avx512(job);
            }
            if level >= Level::Avx2 && width.is_multiple_of(8) {
                return avx2(job);
            }
        }
        let _ = (level, Level::Portable);
        job.run::<Four>()
    }
}
