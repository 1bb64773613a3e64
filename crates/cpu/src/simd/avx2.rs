//! AVX2 with FMA: eight f32 a vector.

use super::F32s;
use std::arch::x86_64::*;

/// Eight f32.
#[derive(Clone, Copy)]
pub struct A8(__m256);

// SAFETY: each method is one operation of the trait's definition.
unsafe impl F32s for A8 {
    const N: usize = 8;
    type I = __m256i;
    type M = __m256;

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: the caller says that eight values may be read.
        A8(unsafe { _mm256_loadu_ps(p) })
    }
    #[inline(always)]
    unsafe fn look(p: *const f32, index: Self::I) -> Self {
        // SAFETY: the caller says that eight values may be read.
        A8(unsafe { _mm256_permutevar8x32_ps(_mm256_loadu_ps(p), index) })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: the caller says that eight values may be written.
        unsafe { _mm256_storeu_ps(p, self.0) }
    }
    #[inline(always)]
    fn add(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_add_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn sub(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_sub_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn mul(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_mul_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn div(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_div_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn min(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_min_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn max(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_max_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn and(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_and_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn or(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_or_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn xor(self, o: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_xor_ps(self.0, o.0)) }
    }
    #[inline(always)]
    fn splat(x: f32) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_set1_ps(x)) }
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_sqrt_ps(self.0)) }
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_fmadd_ps(self.0, b.0, c.0)) }
    }
    #[inline(always)]
    fn nfma(self, b: Self, c: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_fnmadd_ps(self.0, b.0, c.0)) }
    }
    #[inline(always)]
    fn round(self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0)) }
    }
    #[inline(always)]
    fn lt(self, o: Self) -> Self::M {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_cmp_ps::<_CMP_LT_OQ>(self.0, o.0) }
    }
    #[inline(always)]
    fn le(self, o: Self) -> Self::M {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_cmp_ps::<_CMP_LE_OQ>(self.0, o.0) }
    }
    #[inline(always)]
    fn eq(self, o: Self) -> Self::M {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, o.0) }
    }
    #[inline(always)]
    fn unordered(self, o: Self) -> Self::M {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_cmp_ps::<_CMP_UNORD_Q>(self.0, o.0) }
    }
    #[inline(always)]
    fn select(m: Self::M, a: Self, b: Self) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_blendv_ps(b.0, a.0, m)) }
    }
    #[inline(always)]
    fn any(m: Self::M) -> bool {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_movemask_ps(m) != 0 }
    }
    #[inline(always)]
    fn to_int(self) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_cvtps_epi32(self.0) }
    }
    #[inline(always)]
    fn from_int(i: Self::I) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_cvtepi32_ps(i)) }
    }
    #[inline(always)]
    fn bits(self) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_castps_si256(self.0) }
    }
    #[inline(always)]
    fn from_bits(i: Self::I) -> Self {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { A8(_mm256_castsi256_ps(i)) }
    }
    #[inline(always)]
    fn int(x: i32) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_set1_epi32(x) }
    }
    #[inline(always)]
    fn iadd(a: Self::I, b: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_add_epi32(a, b) }
    }
    #[inline(always)]
    fn isub(a: Self::I, b: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_sub_epi32(a, b) }
    }
    #[inline(always)]
    fn iand(a: Self::I, b: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_and_si256(a, b) }
    }
    #[inline(always)]
    fn shl<const S: i32>(a: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_slli_epi32::<S>(a) }
    }
    #[inline(always)]
    fn sra<const S: i32>(a: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_srai_epi32::<S>(a) }
    }
    #[inline(always)]
    fn permute(a: Self::I, index: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_permutevar8x32_epi32(a, index) }
    }
    #[inline(always)]
    fn srlv(a: Self::I, by: Self::I) -> Self::I {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_srlv_epi32(a, by) }
    }
    #[inline(always)]
    fn ieq(a: Self::I, b: Self::I) -> Self::M {
        // SAFETY: the trait's contract: the processor has this level.
        unsafe { _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)) }
    }
}
