//! Registers of numbers, as the product kernels use them: loads and stores of whole and cut vectors, broadcasts, fused multiply-adds.

use std::marker::PhantomData;

/// A real number that products are computed in.
pub trait Real: Copy + Default + Send + Sync + std::ops::Add<Output = Self> + std::ops::Neg<Output = Self> + 'static {
    /// `a * b + c`, fused where the plainest machine of the architecture fuses.
    fn multiply_add(a: Self, b: Self, c: Self) -> Self;
}

macro_rules! reals {
    ($($t:ty)*) => {$(
        impl Real for $t {
            #[inline(always)]
            fn multiply_add(a: $t, b: $t, c: $t) -> $t {
                if cfg!(target_arch = "aarch64") { a.mul_add(b, c) } else { a * b + c }
            }
        }
    )*};
}
reals!(f32 f64);

/// A kind of register.
///
/// # Safety of its functions
/// They are to be called, inlined, from functions compiled for the instructions, on machines that have them; pointers are valid for the
/// lanes that are loaded or stored.
#[allow(clippy::missing_safety_doc)]
pub trait Vector: 'static {
    /// What a lane holds.
    type E: Real;
    /// The register.
    type V: Copy;
    /// Some of the lanes, from the first.
    type Mask: Copy;
    /// Number of lanes.
    const N: usize;
    unsafe fn mask(n: usize) -> Self::Mask;
    unsafe fn splat(v: Self::E) -> Self::V;
    unsafe fn load(p: *const Self::E) -> Self::V;
    unsafe fn load_some(p: *const Self::E, mask: Self::Mask) -> Self::V;
    unsafe fn store(p: *mut Self::E, v: Self::V);
    unsafe fn store_some(p: *mut Self::E, mask: Self::Mask, v: Self::V);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn multiply_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
}

/// Four numbers, in whatever registers the compiler finds.
pub struct Plain<E>(PhantomData<E>);

impl<E: Real> Vector for Plain<E> {
    type E = E;
    type V = [E; 4];
    type Mask = usize;
    const N: usize = 4;
    #[inline(always)]
    unsafe fn mask(n: usize) -> usize {
        n
    }
    #[inline(always)]
    unsafe fn splat(v: E) -> [E; 4] {
        [v; 4]
    }
    #[inline(always)]
    unsafe fn load(p: *const E) -> [E; 4] {
        // SAFETY: the caller's promise.
        unsafe { *p.cast() }
    }
    #[inline(always)]
    unsafe fn load_some(p: *const E, mask: usize) -> [E; 4] {
        // SAFETY: the caller's promise, for the lanes within the mask.
        std::array::from_fn(|i| if i < mask { unsafe { *p.add(i) } } else { E::default() })
    }
    #[inline(always)]
    unsafe fn store(p: *mut E, v: [E; 4]) {
        // SAFETY: the caller's promise.
        unsafe { *p.cast() = v };
    }
    #[inline(always)]
    unsafe fn store_some(p: *mut E, mask: usize, v: [E; 4]) {
        // SAFETY: the caller's promise, for the lanes within the mask.
        v.iter().take(mask).enumerate().for_each(|(i, &v)| unsafe { *p.add(i) = v });
    }
    #[inline(always)]
    unsafe fn add(a: [E; 4], b: [E; 4]) -> [E; 4] {
        std::array::from_fn(|i| a[i] + b[i])
    }
    #[inline(always)]
    unsafe fn multiply_add(a: [E; 4], b: [E; 4], c: [E; 4]) -> [E; 4] {
        std::array::from_fn(|i| E::multiply_add(a[i], b[i], c[i]))
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::*;

#[cfg(target_arch = "x86_64")]
#[allow(unused_unsafe, reason = "making a mask is safe for some registers")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    macro_rules! vectors {
        ($($(#[$m:meta])* $name:ident, $e:ty, $v:ty, $n:literal, $mask:ty, $make:expr, $splat:ident, $load:ident, $some:expr, $store:ident,
           $store_some:expr, $add:ident, $fma:ident;)*) => {$(
            $(#[$m])*
            pub struct $name;

            impl Vector for $name {
                type E = $e;
                type V = $v;
                type Mask = $mask;
                const N: usize = $n;
                #[inline(always)]
                unsafe fn mask(n: usize) -> $mask {
                    // SAFETY: the caller's promise; the tables go on for a register's size behind the entry.
                    unsafe { $make(n) }
                }
                #[inline(always)]
                unsafe fn splat(v: $e) -> $v {
                    // SAFETY: the caller's promise.
                    unsafe { $splat(v) }
                }
                #[inline(always)]
                unsafe fn load(p: *const $e) -> $v {
                    // SAFETY: the caller's promise.
                    unsafe { $load(p) }
                }
                #[inline(always)]
                unsafe fn load_some(p: *const $e, mask: $mask) -> $v {
                    // SAFETY: the caller's promise.
                    unsafe { $some(p, mask) }
                }
                #[inline(always)]
                unsafe fn store(p: *mut $e, v: $v) {
                    // SAFETY: the caller's promise.
                    unsafe { $store(p, v) };
                }
                #[inline(always)]
                unsafe fn store_some(p: *mut $e, mask: $mask, v: $v) {
                    // SAFETY: the caller's promise.
                    unsafe { $store_some(p, mask, v) };
                }
                #[inline(always)]
                unsafe fn add(a: $v, b: $v) -> $v {
                    // SAFETY: the caller's promise.
                    unsafe { $add(a, b) }
                }
                #[inline(always)]
                unsafe fn multiply_add(a: $v, b: $v, c: $v) -> $v {
                    // SAFETY: the caller's promise.
                    unsafe { $fma(a, b, c) }
                }
            }
        )*};
    }

    const LANES: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    const LANES64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

    vectors! {
        /// Sixteen f32 (AVX-512).
        F32x16, f32, __m512, 16, __mmask16, |n| ((1u32 << n) - 1) as u16, _mm512_set1_ps, _mm512_loadu_ps,
            |p, m| _mm512_maskz_loadu_ps(m, p), _mm512_storeu_ps, |p, m, v| _mm512_mask_storeu_ps(p, m, v), _mm512_add_ps, _mm512_fmadd_ps;
        /// Eight f64 (AVX-512).
        F64x8, f64, __m512d, 8, __mmask8, |n| ((1u32 << n) - 1) as u8, _mm512_set1_pd, _mm512_loadu_pd,
            |p, m| _mm512_maskz_loadu_pd(m, p), _mm512_storeu_pd, |p, m, v| _mm512_mask_storeu_pd(p, m, v), _mm512_add_pd, _mm512_fmadd_pd;
        /// Eight f32 (AVX2).
        F32x8, f32, __m256, 8, __m256i, |n: usize| _mm256_loadu_si256(LANES.as_ptr().wrapping_add(8 - n).cast()), _mm256_set1_ps, _mm256_loadu_ps,
            |p, m| _mm256_maskload_ps(p, m), _mm256_storeu_ps, |p, m, v| _mm256_maskstore_ps(p, m, v), _mm256_add_ps, _mm256_fmadd_ps;
        /// Four f64 (AVX2).
        F64x4, f64, __m256d, 4, __m256i, |n: usize| _mm256_loadu_si256(LANES64.as_ptr().wrapping_add(4 - n).cast()), _mm256_set1_pd, _mm256_loadu_pd,
            |p, m| _mm256_maskload_pd(p, m), _mm256_storeu_pd, |p, m, v| _mm256_maskstore_pd(p, m, v), _mm256_add_pd, _mm256_fmadd_pd;
    }
}
