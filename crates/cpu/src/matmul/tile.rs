//! The innermost kernels: a tile of the product kept in registers while k passes, and the transposition of a block.

use super::vector::{Plain, Real, Vector};
use crate::isa::Isa;

/// `c (+)= a * b` for M rows and n columns: `a` is k steps of `sa` apart of M numbers, `b` k steps of `sb` apart of n numbers, `c` M rows of
/// `sc` apart. Each element is summed in rising k, then stored or, with `add`, added to what is there.
///
/// Arguments: k, a, sa, b, sb, c, sc, n, add.
pub type TileFn<E> = unsafe fn(usize, *const E, usize, *const E, usize, *mut E, usize, usize, bool);

/// As a [`TileFn`], of rows that lie anywhere: k is cut into parts, and each part of a row is contiguous.
///
/// Arguments: the parts' steps, where each part's M rows start, b, sb, c, sc, n, add.
pub type PlacesFn<E> = unsafe fn(&[usize], *const *const E, *const E, usize, *mut E, usize, usize, bool);

/// Writes a square block of at most `lanes` rows that lie `stride` apart, transposed, to rows that lie `width` apart. The first `loose` of
/// these may be written up to `lanes` numbers long.
///
/// Arguments: source, stride, rows, columns, destination, width, loose.
pub type TransposeFn<E> = unsafe fn(*const E, isize, usize, usize, *mut E, usize, usize);

/// `c[l] = sum_p x[p * lanes + l] * y[p * lanes + l]` in the order of a [`TileFn`].
///
/// Arguments: k, x, y, c.
pub type LanewiseFn<E> = unsafe fn(usize, *const E, *const E, *mut E);

/// `c (+)= a * x` for at most `lanes` lines of x that lie contiguous, `stride` apart, in the order of a [`TileFn`].
///
/// Arguments: k, a, its step, x, stride, lines, c, add.
pub type LinesFn<E> = unsafe fn(usize, *const E, usize, *const E, isize, usize, *mut E, bool);

/// The kernels for one kind of register.
pub struct Tiles<E: 'static> {
    /// Numbers in a register.
    pub lanes: usize,
    /// By rows, less one, then whether the tile is two registers wide.
    pub by_rows: &'static [[TileFn<E>; 2]],
    /// The same, of rows that lie anywhere.
    pub places: &'static [[PlacesFn<E>; 2]],
    /// Eight registers wide, for few rows.
    pub wide: &'static [TileFn<E>],
    /// Transposes `lanes` by `lanes`.
    pub transpose: TransposeFn<E>,
    /// One row times contiguous lines, where that beats packing them.
    pub lines: Option<LinesFn<E>>,
    /// Sums of products, lane by lane.
    pub lanewise: LanewiseFn<E>,
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn tile<W: Vector, const M: usize, const V: usize>(
    k: usize,
    mut a: *const W::E,
    sa: usize,
    mut b: *const W::E,
    sb: usize,
    c: *mut W::E,
    sc: usize,
    n: usize,
    add: bool,
) {
    // SAFETY: the caller's promise: operands lie there, and (V - 1) * N < n <= V * N.
    unsafe {
        let mask = W::mask(n - (V - 1) * W::N);
        let mut sums = [[W::splat(W::E::default()); V]; M];
        for _ in 0..k {
            let mut row = [W::splat(W::E::default()); V];
            for (v, r) in row.iter_mut().enumerate() {
                *r = if v + 1 == V { W::load_some(b.add(v * W::N), mask) } else { W::load(b.add(v * W::N)) };
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let x = W::splat(*a.add(i));
                for (sum, &r) in sums.iter_mut().zip(&row) {
                    *sum = W::multiply_add(x, r, *sum);
                }
            }
            a = a.wrapping_add(sa);
            b = b.wrapping_add(sb);
        }
        put::<W, M, V>(sums, c, sc, mask, add);
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn places<W: Vector, const M: usize, const V: usize>(
    parts: &[usize],
    mut rows: *const *const W::E,
    mut b: *const W::E,
    sb: usize,
    c: *mut W::E,
    sc: usize,
    n: usize,
    add: bool,
) {
    // SAFETY: the caller's promise, as above.
    unsafe {
        let mask = W::mask(n - (V - 1) * W::N);
        let mut sums = [[W::splat(W::E::default()); V]; M];
        for &k in parts {
            let at = *rows.cast::<[*const W::E; M]>();
            rows = rows.add(M);
            for p in 0..k {
                let mut row = [W::splat(W::E::default()); V];
                for (v, r) in row.iter_mut().enumerate() {
                    *r = if v + 1 == V { W::load_some(b.add(v * W::N), mask) } else { W::load(b.add(v * W::N)) };
                }
                for (sums, at) in sums.iter_mut().zip(at) {
                    let x = W::splat(*at.add(p));
                    for (sum, &r) in sums.iter_mut().zip(&row) {
                        *sum = W::multiply_add(x, r, *sum);
                    }
                }
                b = b.wrapping_add(sb);
            }
        }
        put::<W, M, V>(sums, c, sc, mask, add);
    }
}

/// Stores or adds a tile's sums; the mask is that of a row's last register.
#[inline(always)]
unsafe fn put<W: Vector, const M: usize, const V: usize>(sums: [[W::V; V]; M], c: *mut W::E, sc: usize, mask: W::Mask, add: bool) {
    for (i, sums) in sums.into_iter().enumerate() {
        for (v, mut sum) in sums.into_iter().enumerate() {
            // SAFETY: the caller's promise: the tile's rows lie there.
            unsafe {
                let place = c.add(i * sc + v * W::N);
                if v + 1 == V {
                    if add {
                        sum = W::add(W::load_some(place, mask), sum);
                    }
                    W::store_some(place, mask, sum);
                } else {
                    if add {
                        sum = W::add(W::load(place), sum);
                    }
                    W::store(place, sum);
                }
            }
        }
    }
}

unsafe fn transpose_plain<E: Copy>(x: *const E, stride: isize, rows: usize, columns: usize, out: *mut E, width: usize, _: usize) {
    for j in 0..columns {
        for i in 0..rows {
            // SAFETY: the caller's promise.
            unsafe { *out.add(j * width + i) = *x.offset(i as isize * stride + j as isize) };
        }
    }
}

macro_rules! tables {
    ($f:ident, $places:ident, $w:ty, $transpose:expr, $lines:expr, $lanewise:ident; $($m:literal)*; $($wide:literal)*) => {
        Tiles {
            lanes: <$w>::N,
            by_rows: &[$([$f::<$w, $m, 1>, $f::<$w, $m, 2>]),*],
            places: &[$([$places::<$w, $m, 1>, $places::<$w, $m, 2>]),*],
            wide: &[$($f::<$w, $wide, 8>),*],
            transpose: $transpose,
            lines: $lines,
            lanewise: $lanewise::<$w>,
        }
    };
}

macro_rules! compiled {
    ($name:ident, $places:ident, $lanewise:ident $(, $features:literal)?) => {
        $(#[target_feature(enable = $features)])?
        unsafe fn $lanewise<W: Vector>(k: usize, x: *const W::E, y: *const W::E, c: *mut W::E) {
            // SAFETY: the caller's promise.
            unsafe {
                let mut sum = W::splat(W::E::default());
                for p in 0..k {
                    sum = W::multiply_add(W::load(x.add(p * W::N)), W::load(y.add(p * W::N)), sum);
                }
                W::store(c, sum);
            }
        }

        $(#[target_feature(enable = $features)])?
        #[allow(clippy::too_many_arguments)]
        unsafe fn $name<W: Vector, const M: usize, const V: usize>(
            k: usize,
            a: *const W::E,
            sa: usize,
            b: *const W::E,
            sb: usize,
            c: *mut W::E,
            sc: usize,
            n: usize,
            add: bool,
        ) {
            // SAFETY: the caller's promise.
            unsafe { tile::<W, M, V>(k, a, sa, b, sb, c, sc, n, add) }
        }

        $(#[target_feature(enable = $features)])?
        #[allow(clippy::too_many_arguments)]
        unsafe fn $places<W: Vector, const M: usize, const V: usize>(
            parts: &[usize],
            rows: *const *const W::E,
            b: *const W::E,
            sb: usize,
            c: *mut W::E,
            sc: usize,
            n: usize,
            add: bool,
        ) {
            // SAFETY: the caller's promise.
            unsafe { places::<W, M, V>(parts, rows, b, sb, c, sc, n, add) }
        }
    };
}
compiled!(base, base_places, base_lanewise);
#[cfg(target_arch = "x86_64")]
compiled!(v3, v3_places, v3_lanewise, "avx2,fma");
#[cfg(target_arch = "x86_64")]
compiled!(v4, v4_places, v4_lanewise, "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma");

/// Numbers that have kernels.
pub trait Tiled: Real {
    /// The kernels for an instruction set that the machine has.
    fn tiles(isa: Isa) -> &'static Tiles<Self>;
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    macro_rules! exchange {
        ($r:ident, $index:ty, $n:literal, $permute:ident, $set:ident, [$($bit:literal)*]) => {
                $({
                    const LOW: [$index; $n] = {
                        let mut index = [0; $n];
                        let mut j = 0;
                        while j < $n {
                            index[j] = if j & $bit == 0 { j as $index } else { ($n + (j & !$bit)) as $index };
                            j += 1;
                        }
                        index
                    };
                    const HIGH: [$index; $n] = {
                        let mut index = [0; $n];
                        let mut j = 0;
                        while j < $n {
                            index[j] = if j & $bit == 0 { (j | $bit) as $index } else { ($n + j) as $index };
                            j += 1;
                        }
                        index
                    };
                    // SAFETY: the tables have a register's size.
                    let (low, high) = unsafe { ($set(LOW.as_ptr().cast()), $set(HIGH.as_ptr().cast())) };
                    for i in (0..$n).filter(|i| i & $bit == 0) {
                        ($r[i], $r[i | $bit]) = ($permute($r[i], low, $r[i | $bit]), $permute($r[i], high, $r[i | $bit]));
                    }
                })*
        };
    }

    macro_rules! transposes {
        (
            $name:ident, $lines:ident, $e:ty, $index:ty, $v:ty, $n:literal, $zero:ident, $load:ident, $permute:ident, $store:ident, $set:ident,
            $splat:ident, $fma:ident, $plus:ident, $whole:ident, $spill:ident, $m:ty, [$($bit:literal)*]
        ) => {
            /// Exchanges rows and columns one bit of their numbers at a time.
            #[target_feature(enable = "avx512f")]
            pub unsafe fn $name(x: *const $e, stride: isize, rows: usize, columns: usize, out: *mut $e, width: usize, loose: usize) {
                let some = |n: usize| ((1u32 << n) - 1) as $m;
                let mut r = [$zero(); $n];
                for (i, r) in r.iter_mut().enumerate().take(rows) {
                    let row = x.wrapping_offset(i as isize * stride);
                    // SAFETY: the caller's promise; a prefetch may name any address.
                    unsafe {
                        *r = if columns == $n { $whole(row) } else { $load(some(columns), row) };
                        _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(AHEAD).cast());
                    }
                }
                exchange!(r, $index, $n, $permute, $set, [$($bit)*]);
                for (j, &r) in r.iter().enumerate().take(columns) {
                    let out = out.wrapping_add(j * width);
                    // SAFETY: the caller's promise.
                    unsafe { if j < loose { $spill(out, r) } else { $store(out, some(rows), r) } };
                }
            }

            /// The sums of `rows` rows, times `a`, a column at a time: the rows are exchanged with columns in registers.
            #[target_feature(enable = "avx512f")]
            #[allow(clippy::too_many_arguments)]
            pub unsafe fn $lines(k: usize, a: *const $e, sa: usize, x: *const $e, stride: isize, rows: usize, c: *mut $e, add: bool) {
                let some = |n: usize| ((1u32 << n) - 1) as $m;
                let mut sum = $zero();
                for p in (0..k).step_by($n) {
                    let columns = (k - p).min($n);
                    let mut r = [$zero(); $n];
                    for (i, r) in r.iter_mut().enumerate().take(rows) {
                        let row = x.wrapping_offset(i as isize * stride + p as isize);
                        // SAFETY: the caller's promise; a prefetch may name any address.
                        unsafe {
                            *r = if columns == $n { $whole(row) } else { $load(some(columns), row) };
                            _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(AHEAD).cast());
                        }
                    }
                    exchange!(r, $index, $n, $permute, $set, [$($bit)*]);
                    for (j, &r) in r.iter().enumerate().take(columns) {
                        // SAFETY: the caller's promise.
                        sum = $fma($splat(unsafe { *a.wrapping_add((p + j).wrapping_mul(sa)) }), r, sum);
                    }
                }
                // SAFETY: the caller's promise.
                unsafe {
                    if add {
                        sum = $plus($load(some(rows), c), sum);
                    }
                    $store(c, some(rows), sum);
                }
            }
        };
    }

    /// How many numbers before they are read a row's are fetched.
    const AHEAD: usize = 256;

    transposes!(
        transpose16, lines16, f32, i32, __m512, 16, _mm512_setzero_ps, _mm512_maskz_loadu_ps, _mm512_permutex2var_ps, _mm512_mask_storeu_ps,
        _mm512_loadu_si512, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_add_ps, _mm512_loadu_ps, _mm512_storeu_ps, u16, [8 4 2 1]
    );
    transposes!(
        transpose8, lines8, f64, i64, __m512d, 8, _mm512_setzero_pd, _mm512_maskz_loadu_pd, _mm512_permutex2var_pd, _mm512_mask_storeu_pd,
        _mm512_loadu_si512, _mm512_set1_pd, _mm512_fmadd_pd, _mm512_add_pd, _mm512_loadu_pd, _mm512_storeu_pd, u8, [4 2 1]
    );
}

macro_rules! tiled {
    ($e:ty, $wide:ident, $narrow:ident, $transpose:ident, $lines:ident) => {
        impl Tiled for $e {
            fn tiles(isa: Isa) -> &'static Tiles<$e> {
                static BASE: Tiles<$e> = tables!(base, base_places, Plain<$e>, transpose_plain, None, base_lanewise; 1 2 3 4; 1);
                #[cfg(target_arch = "x86_64")]
                static V3: Tiles<$e> = tables!(v3, v3_places, super::vector::$narrow, transpose_plain, None, v3_lanewise; 1 2 3 4 5 6; 1);
                #[cfg(target_arch = "x86_64")]
                static V4: Tiles<$e> = tables!(v4, v4_places, super::vector::$wide, x86::$transpose, Some(x86::$lines), v4_lanewise; 1 2 3 4 5 6 7 8 9 10 11 12 13 14; 1 2 3);
                match isa {
                    #[cfg(target_arch = "x86_64")]
                    Isa::V4 => &V4,
                    #[cfg(target_arch = "x86_64")]
                    Isa::V3 => &V3,
                    _ => &BASE,
                }
            }
        }
    };
}
tiled!(f32, F32x16, F32x8, transpose16, lines16);
tiled!(f64, F64x8, F64x4, transpose8, lines8);
