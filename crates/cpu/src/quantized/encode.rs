//! Quantization: the choice of scales and codes. It is MLX's, bit for bit, so that files are exchanged.
//!
//! Everything is computed in f32 (f64 for f64). `R` rounds to the input's dtype.
//!
//! *Affine.* From the least and greatest number of a group, `low` and `high`, and `top`, the largest code: the scale is
//! `(high - low) / top`, at least 1e-7, and negative unless `|low| > |high|`; `edge` is `low` or else `high`. The scale is then made to
//! hit zero: with `q = round(edge / scale)`, if that is not 0, it becomes `edge / q` and the bias is `edge`; else the bias is 0. A code is
//! `round((x - bias) / scale)` within `0..=top`. Codes are found before scale and bias are rounded by `R`. With one bit, the scale is
//! `high - low` and the bias `low`.
//!
//! *mxfp4, mxfp8.* The scale is `R(largest / m)`, up to the next power of two (1 for a group of zeros), `m` the format's largest number.
//!
//! *nvfp4.* The scale is `R(largest / 6)`, times `2688 / global` if a global scale is given, as an 8-bit float. A number is divided by
//! it, rounded by `R`, and multiplied again.
//!
//! A 4-bit float is the nearest, of two the smaller one. Where MLX's power of two would have an exponent below -127 and wrap around, the
//! smallest is taken here; a group that holds an infinity or NaN gets the scale NaN (affine) or infinity.

use super::codes::pack;
use crate::dtypes::with_type;
use crate::threads;
use crate::walk::Walk;
use half::{bf16, f16};
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::format::{FP4, GLOBAL, e4m3, to_e4m3};
use lazulite_base::work::View;
use lazulite_base::{Format, Result};
use std::marker::PhantomData;
use std::sync::Arc;

/// A float that is quantized.
pub trait Number: Copy + Send + Sync + 'static {
    /// What it is computed in.
    type C: Compute;
    /// Exact.
    fn widen(self) -> Self::C;
    /// The nearest.
    fn narrow(x: Self::C) -> Self;
    /// Rounded.
    fn single(self) -> f32;
    /// The nearest.
    fn of_single(x: f32) -> Self;
    /// Rounded to this type's precision.
    #[inline(always)]
    fn round(x: Self::C) -> Self::C {
        Self::narrow(x).widen()
    }
}

macro_rules! numbers {
    ($($t:ty, $c:ty, $widen:expr, $narrow:expr, $single:expr, $of:expr;)*) => {$(
        impl Number for $t {
            type C = $c;
            #[inline(always)]
            fn widen(self) -> $c {
                $widen(self)
            }
            #[inline(always)]
            fn narrow(x: $c) -> $t {
                $narrow(x)
            }
            #[inline(always)]
            fn single(self) -> f32 {
                $single(self)
            }
            #[inline(always)]
            fn of_single(x: f32) -> $t {
                $of(x)
            }
        }
    )*};
}
numbers! {
    f16, f32, f16::to_f32, f16::from_f32, f16::to_f32, f16::from_f32;
    bf16, f32, bf16::to_f32, bf16::from_f32, bf16::to_f32, bf16::from_f32;
    f32, f32, |x| x, |x| x, |x| x, |x| x;
    f64, f64, |x| x, |x| x, |x| x as f32, |x: f32| x as f64;
}

/// What quantization is computed in.
pub trait Compute: Copy + Default + Send + Sync + 'static {
    /// Scale, bias and codes of an affine group.
    fn affine(x: &[Self], bits: usize, codes: &mut [u8]) -> (Self, Self);
    /// The stored scale and the codes of a group of floats; `round` is `R`, `encode` what the global scale is divided into, if there is one.
    fn floats(x: &[Self], format: Format, round: impl Fn(Self) -> Self, encode: Option<f32>, codes: &mut [u8]) -> u8;
}

macro_rules! computes {
    ($($t:ident)*) => {$(
        impl Compute for $t {
            fn affine(x: &[$t], bits: usize, codes: &mut [u8]) -> ($t, $t) {
                let low = x.iter().copied().fold($t::INFINITY, |a, b| if b < a || b.is_nan() { b } else { a });
                let high = x.iter().copied().fold($t::NEG_INFINITY, |a, b| if b > a || b.is_nan() { b } else { a });
                let top = ((1u32 << bits) - 1) as $t;
                let least = 1e-7f32 as $t;
                let least = |s: $t| if s < least { least } else { s };
                let (scale, bias) = if bits == 1 {
                    (least(high - low), low)
                } else {
                    let from_low = low.abs() > high.abs();
                    let scale = least((high - low) / top);
                    let (scale, edge) = if from_low { (scale, low) } else { (-scale, high) };
                    let q = (edge / scale).round_ties_even();
                    if q != 0.0 { (edge / q, edge) } else { (scale, 0.0) }
                };
                for (code, &x) in codes.iter_mut().zip(x) {
                    *code = ((x - bias) / scale).round_ties_even().clamp(0.0, top) as u8;
                }
                (scale, bias)
            }

            fn floats(x: &[$t], format: Format, round: impl Fn($t) -> $t, encode: Option<f32>, codes: &mut [u8]) -> u8 {
                let largest = x.iter().fold(0.0, |a: $t, b| if b.abs() > a || b.is_nan() { b.abs() } else { a });
                let scale = round(largest / format.largest() as $t);
                if format == Format::Nvfp4 {
                    let stored = to_e4m3(encode.map_or(scale as f32, |e| scale as f32 * e));
                    let d = e4m3(stored) as $t;
                    for (code, &x) in codes.iter_mut().zip(x) {
                        let r = if d == 0.0 { 0.0 } else { round(x / d) };
                        *code = match encode {
                            Some(e) => nearest(r as f32 * e, |y| y),
                            None => nearest(r as f32, |y| round(y as $t) as f32),
                        };
                    }
                    return stored;
                }
                if !scale.is_finite() {
                    codes.fill(if format == Format::Mxfp8 { 0x7e } else { 7 });
                    return 255;
                }
                let exponent = if scale == 0.0 { 0 } else { power_above(scale as f64).max(-127) };
                // Two factors, since one of 2^127 is all that f32 has.
                let half = (-exponent) / 2;
                let (a, b) = ((2.0 as $t).powi(half), (2.0 as $t).powi(-exponent - half));
                for (code, &x) in codes.iter_mut().zip(x) {
                    let r = (x * a * b) as f32;
                    *code = if format == Format::Mxfp8 { to_e4m3(r) } else { nearest(r, |y| y) };
                }
                (exponent + 127) as u8
            }
        }
    )*};
}
computes!(f32 f64);

/// The exponent of the smallest power of two that is not below a positive number.
fn power_above(x: f64) -> i32 {
    // Numbers that are subnormal in f64 are below what f32 has, and so count as 2^-1022.
    let bits = x.to_bits();
    (bits >> 52) as i32 - 1023 + (bits & ((1 << 52) - 1) != 0) as i32
}

/// The code of the nearest 4-bit float. Distances are compared after rounding by `round`, so that where they no longer differ the first
/// float of the table is taken, as MLX does.
#[inline(always)]
fn nearest(x: f32, round: impl Fn(f32) -> f32) -> u8 {
    let a = x.abs();
    if a <= 64.0 {
        const EDGES: [f32; 7] = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0];
        let size = EDGES.iter().map(|&e| (a > e) as u8).sum::<u8>();
        return if x < 0.0 && size > 0 { size | 8 } else { size };
    }
    let mut best = (0, f32::INFINITY);
    for code in 0..16 {
        let value = if code < 8 { FP4[code] } else { -FP4[code - 8] };
        let distance = round((x - value).abs());
        if distance < best.1 {
            best = (code, distance);
        }
    }
    best.0 as u8
}

struct Quantize<T> {
    format: Format,
    global: bool,
    /// Rows with their global scales, numbers of a row, and how far apart these lie.
    rows: Walk<2>,
    n: usize,
    step: isize,
    of: PhantomData<fn() -> T>,
}

/// The kernel; `None` for dtypes that are no floats.
pub fn kernel(x: &View, format: Format, global: Option<&View>) -> Option<Arc<dyn Kernel>> {
    with_type!(x.dtype, T: float => Some(Arc::new(Quantize::<T>::new(x, format, global))), else => None)
}

/// Picoseconds that a number takes.
const COST: usize = 2500;

impl<T: Number> Quantize<T> {
    fn new(x: &View, format: Format, global: Option<&View>) -> Quantize<T> {
        let last = x.dims.len() - 1;
        let rows = Walk::new(&x.dims[..last], [x, global.unwrap_or(x)].map(|v| &v.strides[..last]));
        Quantize { format, global: global.is_some(), rows, n: x.dims[last], step: x.strides[last], of: PhantomData }
    }
}

impl<T: Number> Kernel for Quantize<T> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let (format, group) = (self.format, self.format.group());
        let (input, words, scales) = (args.inputs[0], args.outputs[0], args.outputs[1]);
        let (groups, each) = (self.n / group, group * format.bits() / 8);
        if groups == 0 {
            return Ok(());
        }
        let [row_step, global_step] = self.rows.step();
        threads::pieces(self.rows.len(), self.n * COST, |range| {
            let mut x = [T::C::default(); 128];
            let mut codes = [0u8; 128];
            let codes = &mut codes[..group];
            self.rows.runs(range, |row, [offset, of_global], len| {
                for (j, g) in (0..len).flat_map(|j| (0..groups).map(move |g| (j, g))) {
                    let from = offset + j as isize * row_step + (g * group) as isize * self.step;
                    let at = (row + j) * groups + g;
                    // SAFETY: the group lies in the input, and so does its row's global scale; its outputs lie at its place, and no other
                    // thread writes them.
                    unsafe {
                        let global = || *(args.inputs[1] as *const f32).offset(of_global + j as isize * global_step);
                        let encode = self.global.then(|| GLOBAL / global());
                        let input = (input as *const T).offset(from);
                        for (i, x) in x.iter_mut().enumerate().take(group) {
                            *x = (*input.offset(i as isize * self.step)).widen();
                        }
                        if format.is_affine() {
                            let (scale, bias) = T::C::affine(&x[..group], format.bits(), codes);
                            *(scales as *mut T).add(at) = T::narrow(scale);
                            *(args.outputs[2] as *mut T).add(at) = T::narrow(bias);
                        } else {
                            *(scales as *mut u8).add(at) = T::C::floats(&x[..group], format, T::round, encode, codes);
                        }
                        for (i, eight) in codes.chunks_exact(8).enumerate() {
                            let eight = eight.try_into().expect("eight codes");
                            pack(eight, format.bits(), (words as *mut u8).add(at * each + i * format.bits()));
                        }
                    }
                }
            });
        });
        Ok(())
    }
}
