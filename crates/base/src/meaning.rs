//! What each elementwise operation computes, on one element: an arm each, in f64, in i128 and in complex f64.
//!
//! This is the definition. Backends may have faster kernels for the operations that matter; where they have none they call these.
//! A result in a narrower type is this result, rounded (floats) or wrapped (integers).

use crate::dtype::{Category, Dtype};
use crate::scalar::Scalar;
use crate::table::Op;
use num_complex::Complex64 as C;

/// An operation on one element, by the category of its operands. Bool results are 0 and 1.
#[derive(Clone, Copy)]
pub struct Meaning {
    /// On floats.
    pub real: fn([f64; 3]) -> f64,
    /// On integers and bool; the result wraps into the result's type. The dtype is the operands'.
    pub integer: fn([i128; 3], Dtype) -> i128,
    /// On complex numbers.
    pub complex: fn([C; 3]) -> C,
}

/// On numbers of every category.
const fn all(real: fn([f64; 3]) -> f64, integer: fn([i128; 3], Dtype) -> i128, complex: fn([C; 3]) -> C) -> Meaning {
    Meaning { real, integer, complex }
}

/// On floats and complex numbers; the table casts integers to floats first.
const fn inexact(real: fn([f64; 3]) -> f64, complex: fn([C; 3]) -> C) -> Meaning {
    Meaning { real, integer: |_, _| 0, complex }
}

/// On floats only.
const fn float(real: fn([f64; 3]) -> f64) -> Meaning {
    Meaning { real, integer: |_, _| 0, complex: |_| C::new(0.0, 0.0) }
}

/// On floats and integers.
const fn ordered(real: fn([f64; 3]) -> f64, integer: fn([i128; 3], Dtype) -> i128) -> Meaning {
    Meaning { real, integer, complex: |_| C::new(0.0, 0.0) }
}

/// On integers and bool only.
const fn bits(integer: fn([i128; 3], Dtype) -> i128) -> Meaning {
    Meaning { real: |_| 0.0, integer, complex: |_| C::new(0.0, 0.0) }
}

fn truth(b: bool) -> f64 {
    b as u8 as f64
}

fn truth_c(b: bool) -> C {
    C::new(truth(b), 0.0)
}

/// Complex numbers in lexicographic order.
fn lex(a: C, b: C) -> Option<std::cmp::Ordering> {
    match a.re.partial_cmp(&b.re) {
        Some(std::cmp::Ordering::Equal) => a.im.partial_cmp(&b.im),
        o => o,
    }
}

fn nan(z: C) -> bool {
    z.re.is_nan() || z.im.is_nan()
}

/// The definition of `op`.
pub fn meaning(op: Op) -> Meaning {
    use std::cmp::Ordering::{Greater, Less};
    match op {
        Op::Negative => all(|x| -x[0], |i, _| -i[0], |z| -z[0]),
        Op::Abs => all(|x| x[0].abs(), |i, _| i[0].abs(), |z| C::new(z[0].re.hypot(z[0].im), 0.0)),
        Op::Sign => all(
            |x| (x[0] > 0.0) as i8 as f64 - (x[0] < 0.0) as i8 as f64,
            |i, _| i[0].signum(),
            |z| if z[0] == C::new(0.0, 0.0) { z[0] } else { z[0] / z[0].norm() },
        ),
        Op::Floor => ordered(|x| x[0].floor(), |i, _| i[0]),
        Op::Ceil => ordered(|x| x[0].ceil(), |i, _| i[0]),
        Op::Rint => all(|x| x[0].round_ties_even(), |i, _| i[0], |z| C::new(z[0].re.round_ties_even(), z[0].im.round_ties_even())),
        Op::Square => all(|x| x[0] * x[0], |i, _| i[0].wrapping_mul(i[0]), |z| z[0] * z[0]),
        Op::Sqrt => inexact(|x| x[0].sqrt(), |z| z[0].sqrt()),
        Op::Rsqrt => inexact(|x| 1.0 / x[0].sqrt(), |z| z[0].sqrt().inv()),
        Op::Reciprocal => inexact(|x| 1.0 / x[0], |z| z[0].inv()),
        Op::Exp => inexact(|x| x[0].exp(), |z| z[0].exp()),
        Op::Expm1 => inexact(
            |x| x[0].exp_m1(),
            |z| {
                let (s, h) = (z[0].im.sin(), (z[0].im * 0.5).sin());
                let m = z[0].re.exp_m1();
                C::new(m - (m + 1.0) * 2.0 * h * h, (m + 1.0) * s)
            },
        ),
        Op::Log => inexact(|x| x[0].ln(), |z| z[0].ln()),
        Op::Log2 => inexact(|x| x[0].log2(), |z| z[0].ln() / std::f64::consts::LN_2),
        Op::Log10 => inexact(|x| x[0].log10(), |z| z[0].ln() / std::f64::consts::LN_10),
        Op::Log1p => inexact(
            |x| x[0].ln_1p(),
            |z| {
                let (a, b) = (z[0].re, z[0].im);
                C::new(0.5 * (a * (2.0 + a) + b * b).ln_1p(), b.atan2(1.0 + a))
            },
        ),
        Op::Sin => inexact(|x| x[0].sin(), |z| z[0].sin()),
        Op::Cos => inexact(|x| x[0].cos(), |z| z[0].cos()),
        Op::Tan => inexact(|x| x[0].tan(), |z| z[0].tan()),
        Op::Arcsin => inexact(|x| x[0].asin(), |z| z[0].asin()),
        Op::Arccos => inexact(|x| x[0].acos(), |z| z[0].acos()),
        Op::Arctan => inexact(|x| x[0].atan(), |z| z[0].atan()),
        Op::Sinh => inexact(|x| x[0].sinh(), |z| z[0].sinh()),
        Op::Cosh => inexact(|x| x[0].cosh(), |z| z[0].cosh()),
        Op::Tanh => inexact(|x| x[0].tanh(), |z| z[0].tanh()),
        Op::Arcsinh => inexact(|x| x[0].asinh(), |z| z[0].asinh()),
        Op::Arccosh => inexact(|x| x[0].acosh(), |z| z[0].acosh()),
        Op::Arctanh => inexact(|x| x[0].atanh(), |z| z[0].atanh()),
        Op::Erf => float(|x| special::erf(x[0])),
        Op::Erfinv => float(|x| special::erfinv(x[0])),
        Op::Sigmoid => inexact(|x| 1.0 / (1.0 + (-x[0]).exp()), |z| (C::new(1.0, 0.0) + (-z[0]).exp()).inv()),
        Op::Conjugate => all(|x| x[0], |i, _| i[0], |z| z[0].conj()),
        Op::Real => all(|x| x[0], |i, _| i[0], |z| C::new(z[0].re, 0.0)),
        Op::Imag => all(|_| 0.0, |_, _| 0, |z| C::new(z[0].im, 0.0)),
        Op::LogicalNot => bits(|i, _| (i[0] == 0) as i128),
        Op::BitwiseInvert => bits(|i, d| if d == Dtype::Bool { (i[0] == 0) as i128 } else { !i[0] }),
        Op::Add => all(|x| x[0] + x[1], |i, _| i[0] + i[1], |z| z[0] + z[1]),
        Op::Subtract => all(|x| x[0] - x[1], |i, _| i[0] - i[1], |z| z[0] - z[1]),
        Op::Multiply => all(|x| x[0] * x[1], |i, _| i[0].wrapping_mul(i[1]), |z| z[0] * z[1]),
        Op::Divide => inexact(|x| x[0] / x[1], |z| z[0] / z[1]),
        Op::Remainder => ordered(
            |x| {
                let r = x[0] % x[1];
                if r != 0.0 && (r < 0.0) != (x[1] < 0.0) { r + x[1] } else { r }
            },
            |i, _| {
                let r = if i[1] == 0 { i[0] } else { i[0] % i[1] };
                if i[1] != 0 && r != 0 && (r < 0) != (i[1] < 0) { r + i[1] } else { r }
            },
        ),
        Op::FloorDivide => ordered(
            |x| (x[0] / x[1]).floor(),
            |i, _| {
                let (q, r) = if i[1] == 0 { return 0 } else { (i[0] / i[1], i[0] % i[1]) };
                if r != 0 && (r < 0) != (i[1] < 0) { q - 1 } else { q }
            },
        ),
        Op::Power => all(
            |x| x[0].powf(x[1]),
            |i, _| integer_power(i[0], i[1]),
            |z| {
                if z[1] == C::new(0.0, 0.0) {
                    C::new(1.0, 0.0)
                } else if z[0] == C::new(0.0, 0.0) {
                    z[0]
                } else {
                    z[0].powc(z[1])
                }
            },
        ),
        Op::Maximum => all(
            |x| if x[0].is_nan() || x[0] > x[1] { x[0] } else { x[1] },
            |i, _| i[0].max(i[1]),
            |z| {
                if nan(z[0]) {
                    z[0]
                } else if nan(z[1]) || lex(z[1], z[0]) == Some(Greater) {
                    z[1]
                } else {
                    z[0]
                }
            },
        ),
        Op::Minimum => all(
            |x| if x[0].is_nan() || x[0] < x[1] { x[0] } else { x[1] },
            |i, _| i[0].min(i[1]),
            |z| {
                if nan(z[0]) {
                    z[0]
                } else if nan(z[1]) || lex(z[1], z[0]) == Some(Less) {
                    z[1]
                } else {
                    z[0]
                }
            },
        ),
        Op::Arctan2 => float(|x| x[0].atan2(x[1])),
        Op::Logaddexp => inexact(
            |x| {
                let (hi, lo) = if x[0] > x[1] { (x[0], x[1]) } else { (x[1], x[0]) };
                if x[0].is_nan() || x[1].is_nan() {
                    f64::NAN
                } else if hi.is_infinite() {
                    hi
                } else {
                    hi + (lo - hi).exp().ln_1p()
                }
            },
            |z| {
                let (hi, lo) = if lex(z[0], z[1]) == Some(Greater) { (z[0], z[1]) } else { (z[1], z[0]) };
                if hi.re == f64::NEG_INFINITY { hi } else { hi + (C::new(1.0, 0.0) + (lo - hi).exp()).ln() }
            },
        ),
        Op::Equal => all(|x| truth(x[0] == x[1]), |i, _| (i[0] == i[1]) as i128, |z| truth_c(z[0] == z[1])),
        Op::NotEqual => all(|x| truth(x[0] != x[1]), |i, _| (i[0] != i[1]) as i128, |z| truth_c(z[0] != z[1])),
        Op::Less => all(|x| truth(x[0] < x[1]), |i, _| (i[0] < i[1]) as i128, |z| truth_c(lex(z[0], z[1]).is_some_and(|o| o.is_lt()))),
        Op::LessEqual => {
            all(|x| truth(x[0] <= x[1]), |i, _| (i[0] <= i[1]) as i128, |z| truth_c(lex(z[0], z[1]).is_some_and(|o| o.is_le())))
        }
        Op::Greater => all(|x| truth(x[0] > x[1]), |i, _| (i[0] > i[1]) as i128, |z| truth_c(lex(z[0], z[1]).is_some_and(|o| o.is_gt()))),
        Op::GreaterEqual => {
            all(|x| truth(x[0] >= x[1]), |i, _| (i[0] >= i[1]) as i128, |z| truth_c(lex(z[0], z[1]).is_some_and(|o| o.is_ge())))
        }
        Op::LogicalAnd => bits(|i, _| (i[0] != 0 && i[1] != 0) as i128),
        Op::LogicalOr => bits(|i, _| (i[0] != 0 || i[1] != 0) as i128),
        Op::BitwiseAnd => bits(|i, _| i[0] & i[1]),
        Op::BitwiseOr => bits(|i, _| i[0] | i[1]),
        Op::BitwiseXor => bits(|i, _| i[0] ^ i[1]),
        Op::LeftShift => bits(|i, d| if (0..8 * d.size() as i128).contains(&i[1]) { i[0] << i[1] } else { 0 }),
        Op::RightShift => bits(|i, d| {
            if (0..8 * d.size() as i128).contains(&i[1]) {
                i[0] >> i[1]
            } else if i[0] < 0 {
                -1
            } else {
                0
            }
        }),
        Op::Select => all(
            |x| if x[0] != 0.0 { x[1] } else { x[2] },
            |i, _| if i[0] != 0 { i[1] } else { i[2] },
            |z| if z[0].re != 0.0 { z[1] } else { z[2] },
        ),
    }
}

/// `base` to the power `exponent` by squaring, wrapping at 2^64; 0 for a negative exponent, as MLX has it.
fn integer_power(base: i128, exponent: i128) -> i128 {
    if exponent < 0 {
        return 0;
    }
    let (mut b, mut e, mut r) = (base as i64, exponent as u64, 1i64);
    while e > 0 {
        if e & 1 == 1 {
            r = r.wrapping_mul(b);
        }
        b = b.wrapping_mul(b);
        e >>= 1;
    }
    r as i128
}

/// `op` on scalars that already have its operand dtype (for `select`, the condition is bool); the result has its result dtype.
pub fn apply(op: Op, args: &[Scalar]) -> Scalar {
    let m = meaning(op);
    let d = args[args.len() - 1].dtype();
    let out = op.result_dtype(d);
    let arg = |i: usize| args.get(i).copied();
    match d.category() {
        Category::Bool | Category::Integer => {
            let x = [0, 1, 2].map(|i| arg(i).map_or(0, Scalar::as_i128));
            let v = (m.integer)(x, d);
            match out {
                Dtype::Bool => Scalar::from_bits(out, (v != 0) as u64),
                _ => Scalar::from_bits(Dtype::I64, v as u64).cast(out),
            }
        }
        Category::Float => Scalar::new((m.real)([0, 1, 2].map(|i| arg(i).map_or(0.0, Scalar::as_f64))), Dtype::F64).cast(out),
        Category::Complex => {
            let v = (m.complex)([0, 1, 2].map(|i| arg(i).map_or(C::new(0.0, 0.0), Scalar::as_complex)));
            match out {
                Dtype::C64 => {
                    use crate::dtype::Element;
                    num_complex::Complex32::new(v.re as f32, v.im as f32).scalar()
                }
                _ => Scalar::new(v.re, out),
            }
        }
    }
}

/// Functions that the standard library lacks.
pub mod special {
    use std::f64::consts::PI;

    /// The error function in f64, to about 1 ulp: its Maclaurin series below 2, the continued fraction of `erfc` beyond
    /// (Abramowitz and Stegun 7.1.6 and 7.1.14).
    pub fn erf(x: f64) -> f64 {
        let a = x.abs();
        if a.is_nan() {
            return x;
        }
        if a < 2.0 {
            // erf x = 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!
            let (mut term, mut sum, mut n) = (x, x, 1.0);
            while (term / sum).abs() > 1e-18 && n < 200.0 {
                term *= 2.0 * x * x / (2.0 * n + 1.0);
                sum += term;
                n += 1.0;
            }
            return if x == 0.0 { x } else { 2.0 / PI.sqrt() * (-x * x).exp() * sum };
        }
        if a > 6.5 {
            return x.signum();
        }
        let mut f = 0.0;
        for k in (1..=120).rev() {
            f = k as f64 * 0.5 / (a + f);
        }
        x.signum() * (1.0 - (-a * a).exp() / (PI.sqrt() * (a + f)))
    }

    /// The inverse of [`erf`]: a rational first guess (Giles, "Approximating the erfinv function", 2010), then Newton and Halley steps.
    pub fn erfinv(y: f64) -> f64 {
        if y.is_nan() || y.abs() > 1.0 {
            return f64::NAN;
        }
        if y.abs() == 1.0 {
            return y * f64::INFINITY;
        }
        if y == 0.0 {
            return y;
        }
        let w = -((1.0 - y) * (1.0 + y)).ln();
        // Winitzki's closed form for the start.
        let (k, l) = (2.0 / (PI * 0.147), -w);
        let t = k + l / 2.0;
        let mut x = ((t * t - l / 0.147).sqrt() - t).sqrt() * y.signum();
        for _ in 0..4 {
            let e = if y.abs() > 0.5 { -(erfc(x.abs()) - (1.0 - y.abs())) * y.signum() } else { erf(x) - y };
            let step = e / (2.0 / PI.sqrt() * (-x * x).exp());
            x -= step / (1.0 + x * step);
        }
        x
    }

    fn erfc(a: f64) -> f64 {
        if a < 2.0 {
            return 1.0 - erf(a);
        }
        let mut f = 0.0;
        for k in (1..=120).rev() {
            f = k as f64 * 0.5 / (a + f);
        }
        (-a * a).exp() / (PI.sqrt() * (a + f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::Element;

    #[test]
    fn error_function_matches_known_values() {
        for (x, y) in [(0.5, 0.5204998778130465), (1.0, 0.8427007929497149), (2.0, 0.9953222650189527), (3.0, 0.9999779095030014)] {
            assert!((special::erf(x) - y).abs() < 3e-16, "{x}: {} {y}", special::erf(x));
            assert!((special::erfinv(y) - x).abs() < 1e-11 * x, "{x}: {}", special::erfinv(y));
        }
        assert!((special::erfinv(-0.5) + 0.4769362762044699).abs() < 1e-15);
    }

    #[test]
    fn every_operation_evaluates_in_every_dtype_it_takes() {
        for &op in Op::ALL {
            for d in Dtype::ALL {
                let Some(d) = op.operand_dtype(d) else { continue };
                let one = Scalar::new(1.0, d);
                let args = if op == Op::Select { vec![true.scalar(), one, one] } else { vec![one; op.info().arity] };
                assert_eq!(apply(op, &args).dtype(), op.result_dtype(d), "{op:?} {d}");
            }
        }
    }

    #[test]
    fn remainder_takes_the_divisors_sign() {
        assert_eq!(apply(Op::Remainder, &[(-7i32).scalar(), 3i32.scalar()]).as_i128(), 2);
        assert_eq!(apply(Op::Remainder, &[7f32.scalar(), (-3f32).scalar()]).as_f64(), -2.0);
        assert_eq!(apply(Op::Power, &[2i32.scalar(), 10i32.scalar()]).as_i128(), 1024);
    }

    #[test]
    fn integers_divide_rounding_down() {
        for (a, b, q) in [(7i32, 2i32, 3), (-7, 2, -4), (7, -2, -4), (-7, -2, 3), (6, -3, -2), (5, 0, 0)] {
            assert_eq!(apply(Op::FloorDivide, &[a.scalar(), b.scalar()]).as_i128(), q, "{a} {b}");
        }
    }
}
