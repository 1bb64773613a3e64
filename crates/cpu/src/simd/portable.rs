//! Vectors as plain arrays; the same bits as the other levels.

#![allow(clippy::needless_range_loop)] // counted loops over arrays are what the compiler vectorises

use super::F32s;

/// `N` f32.
#[derive(Clone, Copy)]
pub struct P<const N: usize>([f32; N]);

/// Eight f32.
pub type P8 = P<8>;

#[inline(always)]
fn zip<const N: usize>(a: P<N>, b: P<N>, f: impl Fn(f32, f32) -> f32) -> P<N> {
    let mut r = [0.0; N];
    for i in 0..N {
        r[i] = f(a.0[i], b.0[i]);
    }
    P(r)
}

#[inline(always)]
fn each<A: Copy, B: Copy + Default, const N: usize>(a: [A; N], f: impl Fn(A) -> B) -> [B; N] {
    let mut r = [B::default(); N];
    for i in 0..N {
        r[i] = f(a[i]);
    }
    r
}

#[inline(always)]
fn test<const N: usize>(a: P<N>, b: P<N>, f: impl Fn(f32, f32) -> bool) -> [bool; N] {
    let mut r = [false; N];
    for i in 0..N {
        r[i] = f(a.0[i], b.0[i]);
    }
    r
}

#[inline(always)]
fn ints<const N: usize>(a: [i32; N], b: [i32; N], f: impl Fn(i32, i32) -> i32) -> [i32; N] {
    let mut r = [0; N];
    for i in 0..N {
        r[i] = f(a[i], b[i]);
    }
    r
}

#[inline(always)]
fn bitwise<const N: usize>(a: P<N>, b: P<N>, f: impl Fn(u32, u32) -> u32) -> P<N> {
    zip(a, b, |x, y| f32::from_bits(f(x.to_bits(), y.to_bits())))
}

// SAFETY: no special instructions are used.
unsafe impl<const L: usize> F32s for P<L> {
    const N: usize = L;
    type I = [i32; L];
    type M = [bool; L];

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: the caller says that as many values may be read.
        P(unsafe { p.cast::<[f32; L]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn look(p: *const f32, index: Self::I) -> Self {
        // SAFETY: the caller says that so many values may be read, and that no index is beyond them.
        P(each(index, |i| unsafe { *p.add(i as usize) }))
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: the caller says that as many values may be written.
        unsafe { p.cast::<[f32; L]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    fn splat(x: f32) -> Self {
        P([x; L])
    }
    #[inline(always)]
    fn add(self, o: Self) -> Self {
        zip(self, o, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, o: Self) -> Self {
        zip(self, o, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, o: Self) -> Self {
        zip(self, o, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, o: Self) -> Self {
        zip(self, o, |a, b| a / b)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        P(each(self.0, f32::sqrt))
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        let mut r = [0.0; L];
        for i in 0..L {
            r[i] = self.0[i].mul_add(b.0[i], c.0[i]);
        }
        P(r)
    }
    #[inline(always)]
    fn nfma(self, b: Self, c: Self) -> Self {
        let mut r = [0.0; L];
        for i in 0..L {
            r[i] = (-self.0[i]).mul_add(b.0[i], c.0[i]);
        }
        P(r)
    }
    #[inline(always)]
    fn min(self, o: Self) -> Self {
        zip(self, o, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn max(self, o: Self) -> Self {
        zip(self, o, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn round(self) -> Self {
        P(each(self.0, f32::round_ties_even))
    }
    #[inline(always)]
    fn lt(self, o: Self) -> [bool; L] {
        test(self, o, |a, b| a < b)
    }
    #[inline(always)]
    fn le(self, o: Self) -> [bool; L] {
        test(self, o, |a, b| a <= b)
    }
    #[inline(always)]
    fn eq(self, o: Self) -> [bool; L] {
        test(self, o, |a, b| a == b)
    }
    #[inline(always)]
    fn unordered(self, o: Self) -> [bool; L] {
        test(self, o, |a, b| a.is_nan() || b.is_nan())
    }
    #[inline(always)]
    fn select(m: [bool; L], a: Self, b: Self) -> Self {
        let mut r = [0.0; L];
        for i in 0..L {
            r[i] = if m[i] { a.0[i] } else { b.0[i] };
        }
        P(r)
    }
    #[inline(always)]
    fn any(m: [bool; L]) -> bool {
        m.contains(&true)
    }
    #[inline(always)]
    fn and(self, o: Self) -> Self {
        bitwise(self, o, |a, b| a & b)
    }
    #[inline(always)]
    fn or(self, o: Self) -> Self {
        bitwise(self, o, |a, b| a | b)
    }
    #[inline(always)]
    fn xor(self, o: Self) -> Self {
        bitwise(self, o, |a, b| a ^ b)
    }
    #[inline(always)]
    fn to_int(self) -> [i32; L] {
        each(self.0, |x| if (-2147483648.0..2147483648.0).contains(&x) { x.round_ties_even() as i32 } else { i32::MIN })
    }
    #[inline(always)]
    fn from_int(i: [i32; L]) -> Self {
        P(each(i, |x| x as f32))
    }
    #[inline(always)]
    fn bits(self) -> [i32; L] {
        each(self.0, |x| x.to_bits() as i32)
    }
    #[inline(always)]
    fn from_bits(i: [i32; L]) -> Self {
        P(each(i, |x| f32::from_bits(x as u32)))
    }
    #[inline(always)]
    fn int(x: i32) -> [i32; L] {
        [x; L]
    }
    #[inline(always)]
    fn iadd(a: [i32; L], b: [i32; L]) -> [i32; L] {
        ints(a, b, i32::wrapping_add)
    }
    #[inline(always)]
    fn isub(a: [i32; L], b: [i32; L]) -> [i32; L] {
        ints(a, b, i32::wrapping_sub)
    }
    #[inline(always)]
    fn iand(a: [i32; L], b: [i32; L]) -> [i32; L] {
        ints(a, b, |x, y| x & y)
    }
    #[inline(always)]
    fn shl<const S: i32>(a: [i32; L]) -> [i32; L] {
        each(a, |x| x << S)
    }
    #[inline(always)]
    fn sra<const S: i32>(a: [i32; L]) -> [i32; L] {
        each(a, |x| x >> S)
    }
    #[inline(always)]
    fn permute(a: [i32; L], index: [i32; L]) -> [i32; L] {
        each(index, |i| a[i as usize])
    }
    #[inline(always)]
    fn srlv(a: [i32; L], by: [i32; L]) -> [i32; L] {
        ints(a, by, |x, n| (x as u32 >> n) as i32)
    }
    #[inline(always)]
    fn ieq(a: [i32; L], b: [i32; L]) -> [bool; L] {
        let mut r = [false; L];
        for i in 0..L {
            r[i] = a[i] == b[i];
        }
        r
    }
}
