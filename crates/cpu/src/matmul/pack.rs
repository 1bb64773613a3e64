//! What products of each dtype are made of: how operands are copied into panels of the number that is computed in, and how sums are
//! rounded into the output.

use super::tile::{Tiled, Tiles};
use crate::halves::Half;
use crate::isa::fast;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use num_complex::Complex32;

/// Which operand a panel is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The left one; its lines are rows.
    A,
    /// The right one; its lines are columns.
    B,
}

/// What memory holds of a dtype that has products.
pub trait Kind: Copy + Send + Sync + 'static {
    /// What is computed in.
    type E: Tiled;
    /// Real rows that a row of a becomes, and steps of k that a step becomes: 2 for complex numbers, else 1.
    const PLANES: usize = 1;
    /// Whether sums can go straight to the output.
    const DIRECT: bool = false;

    /// Copies `lines` lines of an operand from `k` real steps, a step after the other, `width` apart. With `spill` what lies between a
    /// step's lines and the next step's may be written, too.
    ///
    /// # Safety
    /// The element of line i and step p lies at `x + i * line + p * step`; the panel has room.
    #[allow(clippy::too_many_arguments)]
    unsafe fn pack(
        tiles: &Tiles<Self::E>,
        side: Side,
        x: *const Self,
        line: isize,
        lines: usize,
        step: isize,
        k: usize,
        panel: *mut Self::E,
        width: usize,
        spill: bool,
    );

    /// Rounds `rows` rows (of real numbers, `stride` apart) of `n` sums into rows of the output, `pitch` apart.
    ///
    /// # Safety
    /// Both lie there.
    unsafe fn finish(sums: *const Self::E, stride: usize, rows: usize, n: usize, out: *mut Self, pitch: usize);
}

/// Converts to the number that is computed in.
pub trait Widen<E>: Copy {
    /// The number.
    fn widen(self) -> E;
}

impl<E: Tiled> Widen<E> for E {
    #[inline(always)]
    fn widen(self) -> E {
        self
    }
}

impl Widen<f32> for u8 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self as f32
    }
}

impl Widen<f64> for u8 {
    #[inline(always)]
    fn widen(self) -> f64 {
        self as f64
    }
}

impl Widen<f32> for bf16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self.wide()
    }
}

impl Widen<f32> for f16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self.wide()
    }
}

/// Converts 16 numbers. They are all read before one is written, or else the compiler converts one after the other.
#[inline(always)]
fn widen<T: Widen<E>, E: Tiled>(from: &[T; 16], to: &mut [E; 16]) {
    let mut wide = [E::default(); 16];
    for (w, f) in wide.iter_mut().zip(from) {
        *w = f.widen();
    }
    *to = wide;
}

fast! {
    /// Copies lines that lie side by side, a step at a time.
    unsafe fn rows[T: Widen<E>, E: Tiled][T, E](x: *const T, lines: usize, step: isize, k: usize, panel: *mut E, width: usize) {
        for p in 0..k {
            // SAFETY: the caller's promise.
            let (from, to) = unsafe {
                (std::slice::from_raw_parts(x.offset(p as isize * step), lines), std::slice::from_raw_parts_mut(panel.add(p * width), lines))
            };
            let ((from, last), (to, rest)) = (from.as_chunks::<16>(), to.as_chunks_mut::<16>());
            for (from, to) in from.iter().zip(to) {
                widen(from, to);
            }
            last.iter().zip(rest).for_each(|(f, t)| *t = f.widen());
        }
    }
}

fast! {
    /// Converts `rows` rows of 16 numbers.
    unsafe fn widen_block[T: Widen<E>, E: Tiled][T, E](x: *const T, line: isize, rows: usize, columns: usize, out: &mut [[E; 16]; 16]) {
        for (i, out) in out.iter_mut().enumerate().take(rows) {
            // SAFETY: the caller's promise.
            let from = unsafe { std::slice::from_raw_parts(x.offset(i as isize * line), columns) };
            if let Ok(from) = <&[T; 16]>::try_from(from) {
                widen(from, out);
            } else {
                from.iter().zip(out).for_each(|(f, o)| *o = f.widen());
            }
        }
    }
}

/// Copies `lines` lines of `k` steps as [`Kind::pack`] does; `same` says that `T` is `E`.
///
/// # Safety
/// As for [`Kind::pack`].
#[allow(clippy::too_many_arguments)]
pub unsafe fn pack_real<T: Widen<E>, E: Tiled>(
    tiles: &Tiles<E>,
    same: bool,
    x: *const T,
    line: isize,
    lines: usize,
    step: isize,
    k: usize,
    panel: *mut E,
    width: usize,
    spill: bool,
) {
    // SAFETY: the caller's promise, throughout.
    unsafe {
        if line == 1 || lines == 1 && step != 1 {
            return rows(x, lines, step, k, panel, width);
        }
        if step != 1 {
            for p in 0..k {
                (0..lines).for_each(|i| *panel.add(p * width + i) = (*x.offset(i as isize * line + p as isize * step)).widen());
            }
            return;
        }
        let side = tiles.lanes;
        let mut block = [[E::default(); 16]; 16];
        for p in (0..k).step_by(side) {
            for i in (0..lines).step_by(side) {
                let (rows, columns) = ((lines - i).min(side), (k - p).min(side));
                let (from, to) = (x.offset(i as isize * line + p as isize), panel.add(p * width + i));
                // What spills over a row's end is written again with the next rows; a whole row of the panel spills nothing, and the last
                // rows must not spill over the panel's end.
                let loose = if !spill {
                    0
                } else if i + side <= width {
                    columns
                } else if i > 0 {
                    0
                } else {
                    (k + 1).saturating_sub(side.div_ceil(width) + p).min(columns)
                };
                if same {
                    (tiles.transpose)(from.cast(), line, rows, columns, to, width, loose);
                } else {
                    widen_block(from, line, rows, columns, &mut block);
                    (tiles.transpose)(block.as_ptr().cast(), 16, rows, columns, to, width, loose);
                }
            }
        }
    }
}

/// Packs contiguous lines of what is computed in, `line` apart.
///
/// # Safety
/// As for [`Kind::pack`].
pub unsafe fn pack_numbers<E: Tiled>(tiles: &Tiles<E>, x: *const E, line: isize, lines: usize, k: usize, panel: *mut E, width: usize) {
    // SAFETY: the caller's promise.
    unsafe { pack_real(tiles, true, x, line, lines, 1, k, panel, width, true) };
}

macro_rules! kinds {
    ($($in:ty, $e:ty, $direct:literal, $finish:expr;)*) => {$(
        impl Kind for $in {
            type E = $e;
            const DIRECT: bool = $direct;

            #[inline]
            unsafe fn pack(tiles: &Tiles<$e>, _: Side, x: *const $in, line: isize, lines: usize, step: isize, k: usize, panel: *mut $e, width: usize, spill: bool) {
                // SAFETY: the caller's promise.
                unsafe { pack_real(tiles, $direct, x, line, lines, step, k, panel, width, spill) };
            }

            unsafe fn finish(sums: *const $e, stride: usize, rows: usize, n: usize, out: *mut $in, pitch: usize) {
                for i in 0..rows {
                    // SAFETY: the caller's promise.
                    let (sums, out) = unsafe {
                        (std::slice::from_raw_parts(sums.add(i * stride), n), std::slice::from_raw_parts_mut(out.add(i * pitch), n))
                    };
                    $finish(sums, out);
                }
            }
        }
    )*};
}

kinds! {
    f32, f32, true, |sums: &[f32], out: &mut [f32]| out.copy_from_slice(sums);
    f64, f64, true, |sums: &[f64], out: &mut [f64]| out.copy_from_slice(sums);
    f16, f32, false, |sums: &[f32], out: &mut [f16]| out.convert_from_f32_slice(sums);
    bf16, f32, false, |sums: &[f32], out: &mut [bf16]| out.convert_from_f32_slice(sums);
}

/// With each row of a as the real rows (re, -im, …) and (im, re, …), and each column of b as (re, im, …), one real product gives the real
/// and imaginary parts as rows.
impl Kind for Complex32 {
    type E = f32;
    const PLANES: usize = 2;

    unsafe fn pack(
        _: &Tiles<f32>,
        side: Side,
        x: *const Complex32,
        line: isize,
        lines: usize,
        step: isize,
        k: usize,
        panel: *mut f32,
        width: usize,
        _: bool,
    ) {
        for p in 0..k / 2 {
            // SAFETY: the caller's promise, throughout.
            unsafe {
                let (x, even, odd) = (x.offset(p as isize * step), panel.add(2 * p * width), panel.add((2 * p + 1) * width));
                if side == Side::A {
                    for i in 0..lines / 2 {
                        let z = *x.offset(i as isize * line);
                        *even.add(2 * i) = z.re;
                        *odd.add(2 * i) = -z.im;
                        *even.add(2 * i + 1) = z.im;
                        *odd.add(2 * i + 1) = z.re;
                    }
                } else {
                    for j in 0..lines {
                        let z = *x.offset(j as isize * line);
                        *even.add(j) = z.re;
                        *odd.add(j) = z.im;
                    }
                }
            }
        }
    }

    unsafe fn finish(sums: *const f32, stride: usize, rows: usize, n: usize, out: *mut Complex32, pitch: usize) {
        for i in 0..rows / 2 {
            for j in 0..n {
                // SAFETY: the caller's promise.
                unsafe { *out.add(i * pitch + j) = Complex32::new(*sums.add(2 * i * stride + j), *sums.add((2 * i + 1) * stride + j)) };
            }
        }
    }
}
