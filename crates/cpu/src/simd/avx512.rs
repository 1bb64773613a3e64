//! AVX-512: sixteen f32 a vector.

use super::F32s;
use std::arch::x86_64::*;

/// Sixteen f32.
#[derive(Clone, Copy)]
pub struct Z16(__m512);

// SAFETY: each method is one operation of the trait's definition.
unsafe impl F32s for Z16 {
    const N: usize = 16;
    type I = __m512i;
    type M = __mmask16;

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: the caller says that sixteen values may be read.
        Z16(unsafe { _mm512_loadu_ps(p) })
    }
    #[inline(always)]
    unsafe fn look(p: *const f32, index: Self::I) -> Self {
        // SAFETY: the caller says that sixteen values may be read.
        Z16(unsafe { _mm512_permutexvar_ps(index, _mm512_loadu_ps(p)) })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: the caller says that sixteen values may be written.
        unsafe { _mm512_storeu_ps(p, self.0) }
    }
    #[inline(always)]
    fn add(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_add_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn sub(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_sub_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn mul(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_mul_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn div(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_div_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn min(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_min_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn max(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_max_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn and(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_and_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn or(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_or_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn xor(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_xor_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn splat(x: f32) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_set1_ps(x)) }
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_sqrt_ps(self.0)) }
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_fmadd_ps(self.0, b.0, c.0)) }
    }
    #[inline(always)]
    fn nfma(self, b: Self, c: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_fnmadd_ps(self.0, b.0, c.0)) }
    }
    #[inline(always)]
    fn round(self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_roundscale_ps::<0>(self.0)) }
    }
    #[inline(always)]
    fn lt(self, o: Self) -> Self::M {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, o.0) }
    }
    #[inline(always)]
    fn le(self, o: Self) -> Self::M {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, o.0) }
    }
    #[inline(always)]
    fn eq(self, o: Self) -> Self::M {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, o.0) }
    }
    #[inline(always)]
    fn unordered(self, o: Self) -> Self::M {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self.0, o.0) }
    }
    #[inline(always)]
    fn select(m: Self::M, a: Self, b: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_mask_blend_ps(m, b.0, a.0)) }
    }
    #[inline(always)]
    fn any(m: Self::M) -> bool {
        m != 0
    }
    #[inline(always)]
    fn to_int(self) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_cvtps_epi32(self.0) }
    }
    #[inline(always)]
    fn from_int(i: Self::I) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_cvtepi32_ps(i)) }
    }
    #[inline(always)]
    fn bits(self) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_castps_si512(self.0) }
    }
    #[inline(always)]
    fn from_bits(i: Self::I) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { Z16(_mm512_castsi512_ps(i)) }
    }
    #[inline(always)]
    fn int(x: i32) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_set1_epi32(x) }
    }
    #[inline(always)]
    fn iadd(a: Self::I, b: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_add_epi32(a, b) }
    }
    #[inline(always)]
    fn isub(a: Self::I, b: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_sub_epi32(a, b) }
    }
    #[inline(always)]
    fn iand(a: Self::I, b: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_and_si512(a, b) }
    }
    #[inline(always)]
    fn shl<const S: i32>(a: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_sll_epi32(a, _mm_cvtsi32_si128(S)) }
    }
    #[inline(always)]
    fn sra<const S: i32>(a: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_sra_epi32(a, _mm_cvtsi32_si128(S)) }
    }
    #[inline(always)]
    fn permute(a: Self::I, index: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_permutexvar_epi32(index, a) }
    }
    #[inline(always)]
    fn srlv(a: Self::I, by: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_srlv_epi32(a, by) }
    }
    #[inline(always)]
    fn ieq(a: Self::I, b: Self::I) -> Self::M {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm512_cmpeq_epi32_mask(a, b) }
    }
}
