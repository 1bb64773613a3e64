//! `x` to the power `y`, in f64 between two f32: plain code without branches, which the compiler vectorises at each level.

use std::f64::consts::{LN_2, LOG2_E};

/// `log2(x)` for positive finite `x` that came from an f32, within 2^-42 or so: with `s = (m - 1) / (m + 1)`, the series
/// `2 / ln 2 (s + s^3 / 3 + ..)` of the fraction `m` between the square roots of 1/2 and 2.
#[inline(always)]
fn log2(x: f64) -> f64 {
    const ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
    let b = x.to_bits().wrapping_sub(ROOT);
    // The exponent plus 1023 in the low bits of 2^52; the sum is positive, so a shift without sign serves.
    let e = b.wrapping_add(1023 << 52) >> 52;
    let k = f64::from_bits(e | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 1023.0);
    let m = f64::from_bits(x.to_bits().wrapping_sub(e.wrapping_sub(1023) << 52));
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut p = 1.0 / 17.0;
    for d in [15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        p = z.mul_add(p, 1.0 / d);
    }
    let t = (s * z).mul_add(p, s);
    t.mul_add(2.0 * LOG2_E, k)
}

/// 2 to the power `t`, for `t` within 1000: the series of the exponential of the fraction.
#[inline(always)]
fn exp2(t: f64) -> f64 {
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    let n = t + MAGIC;
    let r = (t - (n - MAGIC)) * LN_2;
    let mut p = 1.0 / 3_628_800.0;
    for d in [362_880.0, 40_320.0, 5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
        p = r.mul_add(p, 1.0 / d);
    }
    p * f64::from_bits(n.to_bits().wrapping_add(1023) << 52)
}

/// `x` to the power `y`, correctly rounded but for rare ties.
#[inline(always)]
pub fn pow(x: f32, y: f32) -> f32 {
    let (a, b) = (x.abs() as f64, y as f64);
    let l = if a == 0.0 { f64::NEG_INFINITY } else { log2(a) };
    let l = if a < f64::INFINITY { l } else { a };
    let t = b * l;
    let t = if t > 300.0 { 300.0 } else { t };
    let t = if t < -300.0 { -300.0 } else { t };
    let v = if t.is_nan() { t } else { exp2(t) };
    let v = if a == 1.0 && !b.is_nan() { 1.0 } else { v };
    // Negative bases: odd powers are negative, broken ones are not numbers.
    let whole = b.floor() == b;
    let odd = whole && (b * 0.5).floor() != b * 0.5;
    let v = if x < 0.0 && !whole && a < f64::INFINITY { f64::NAN } else { v };
    let v = if x.is_sign_negative() && odd { -v } else { v };
    if y == 0.0 || x == 1.0 { 1.0 } else { v as f32 }
}
