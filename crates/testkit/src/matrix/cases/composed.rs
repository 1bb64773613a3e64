//! Elementwise operations that are composed of rows, literals as operands, and casts.

use crate::matrix::{Case, Family, Input, Slope, data};
use crate::tensor::{C, Tensor, re, truth};
use lazulite::ops::IntoOperand;
use lazulite::{Array, Dtype, Result, ops};

fn unary(
    op: &'static str,
    input: (f64, f64),
    call: impl Fn(&Array) -> Result<Array> + Send + Sync + 'static,
    f: impl Fn(C) -> C + Send + Sync + 'static,
) -> Case {
    let of = |dims: &[usize]| -> Vec<Input> { vec![data(dims, input.0, input.1)] };
    Case::new(op, Family::Composed, of(&[3, 4]), move |x| call(&x[0]), move |x| x[0].map(x[0].dtype, &f))
        .other(of(&[5, 2]))
        .more(of(&[]))
        .more(of(&[0]))
}

fn test(op: &'static str, call: fn(&Array) -> Result<Array>, f: fn(f64) -> bool) -> Case {
    let every = move |v: C| truth(if op == "isfinite" { f(v.re) && f(v.im) } else { f(v.re) || f(v.im) });
    unary(op, (-4.0, 4.0), call, every).gives(|_| Dtype::Bool).slope(Slope::None("integer or boolean output"))
}

/// Infinities and NaN among the elements.
fn special(op: &'static str, call: fn(&Array) -> Result<Array>, f: fn(f64) -> bool) -> Case {
    let line = |d| {
        let list = [1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0];
        Tensor { dims: vec![5], dtype: d, values: list.map(re).to_vec() }
    };
    let x = move |_: &[Tensor]| line(Dtype::F32).map(Dtype::Bool, |v| truth(f(v.re)));
    Case::new(op, Family::Composed, vec![], move |_| call(&line(Dtype::F32).array()), x).form("special").gives(|_| Dtype::Bool)
}

/// Round half to even at some decimal place.
fn round_to(v: C, scale: f64) -> C {
    C::new((v.re * scale).round_ties_even() / scale, (v.im * scale).round_ties_even() / scale)
}

fn float(d: Dtype) -> bool {
    d.is_float()
}

/// Whether every element is true.
fn all(t: Tensor) -> Tensor {
    Tensor::full(&[], Dtype::Bool, truth(t.values.iter().all(|v| v.re != 0.0)))
}

/// A test of closeness, with the tolerances 0.1 and 0.5, and what is made of its elements.
fn close(op: &'static str, call: fn(&Array, &Array) -> Result<Array>, f: fn(Tensor) -> Tensor) -> Case {
    let pair = |dims: &[usize]| vec![data(dims, -2.0, 2.0), data(dims, -2.0, 2.0)];
    let near = |x: &[Tensor]| {
        Tensor::from_fn(&x[0].dims, Dtype::Bool, |at| truth((x[0].at(at) - x[1].at(at)).norm() <= 0.5 + 0.1 * x[1].at(at).norm()))
    };
    Case::new(op, Family::Composed, pair(&[3, 4]), move |x| call(&x[0], &x[1]), move |x| f(near(x)))
        .other(pair(&[5, 2]))
        .takes(|d| d.is_inexact() && !d.is_half())
        .gives(|_| Dtype::Bool)
        .slope(Slope::None("integer or boolean output"))
}

/// The declarations.
pub fn cases() -> Vec<Case> {
    let pair = |dims: &[usize]| vec![data(dims, -2.0, 2.0), data(dims, -2.0, 2.0)];
    let degrees = 180.0 / std::f64::consts::PI;
    vec![
        test("isnan", ops::isnan, f64::is_nan),
        test("isinf", ops::isinf, f64::is_infinite),
        test("isfinite", ops::isfinite, f64::is_finite),
        special("isnan", ops::isnan, f64::is_nan),
        special("isinf", ops::isinf, f64::is_infinite),
        special("isfinite", ops::isfinite, f64::is_finite),
        test("isposinf", ops::isposinf, |v| v == f64::INFINITY),
        test("isneginf", ops::isneginf, |v| v == f64::NEG_INFINITY),
        special("isposinf", ops::isposinf, |v| v == f64::INFINITY),
        special("isneginf", ops::isneginf, |v| v == f64::NEG_INFINITY),
        unary("trunc", (-4.0, 4.0), ops::trunc, |v| re(v.re.trunc()))
            .refuses(|d| d == Dtype::C64)
            .takes(|d| d != Dtype::C64)
            .slope(Slope::Zero),
        unary("nan_to_num", (-4.0, 4.0), |x| ops::nan_to_num(x, 0.0, None, None), |v| v)
            .refuses(|d| d == Dtype::C64)
            .takes(|d| d != Dtype::C64),
        unary("clip_by", (-4.0, 4.0), |x| ops::clip_by(x, Some((-1.5).into_operand()), None), |v| re(v.re.max(-1.5)))
            .takes(float)
            .form("low"),
        unary("clip_by", (-4.0, 4.0), |x| ops::clip_by(x, None, Some(2.5.into_operand())), |v| re(v.re.min(2.5))).takes(float).form("high"),
        Case::new(
            "logical_xor",
            Family::Composed,
            pair(&[3, 4]),
            |x| ops::logical_xor(&x[0], &x[1]),
            |x| Tensor::from_fn(&x[0].dims, Dtype::Bool, |at| truth((x[0].at(at) != re(0.0)) != (x[1].at(at) != re(0.0)))),
        )
        .other(pair(&[5, 2]))
        .gives(|_| Dtype::Bool)
        .slope(Slope::None("integer or boolean output")),
        close("isclose_within", |x, y| ops::isclose_within(x, y, 0.1, 0.5, false), |near| near),
        close("allclose", |x, y| ops::allclose(x, y, 0.1, 0.5, false), all),
        Case::new(
            "array_equal",
            Family::Composed,
            pair(&[3, 4]),
            |x| ops::array_equal(&x[0], &x[1], true),
            |x| Tensor::full(&[], Dtype::Bool, truth(x[0].values == x[1].values)),
        )
        .other(pair(&[5, 2]))
        .gives(|_| Dtype::Bool)
        .slope(Slope::None("integer or boolean output"))
        .retraces(),
        unary("clip", (-4.0, 4.0), |x| ops::clip(x, -1.5, 2.5), |v| re(v.re.clamp(-1.5, 2.5))).takes(float).form("literals"),
        Case::new(
            "clip",
            Family::Composed,
            vec![data(&[3, 4], -4.0, 4.0), data(&[4], -2.0, -1.0), data(&[], 1.0, 2.0)],
            |x| ops::clip(&x[0], &x[1], &x[2]),
            |x| Tensor::from_fn(&x[0].dims, x[0].dtype, |at| re(x[0].at(at).re.max(x[1].spread(at).re).min(x[2].spread(at).re))),
        )
        .other(vec![data(&[5, 2], -4.0, 4.0), data(&[2], -2.0, -1.0), data(&[], 1.0, 2.0)])
        .takes(float)
        .form("arrays"),
        unary("round", (-4.0, 4.0), |x| ops::round(x, 0), |v| round_to(v, 1.0)),
        unary("round", (-4.0, 4.0), |x| ops::round(x, 1), |v| round_to(v, 10.0))
            .takes(|d| matches!(d, Dtype::F32 | Dtype::F64))
            .within(2.0, 0.0)
            .form("1"),
        unary("round", (-400.0, 400.0), |x| ops::round(x, -1), |v| round_to(v, 0.1))
            .takes(|d| matches!(d, Dtype::F32 | Dtype::F64))
            .within(2.0, 0.0)
            .form("-1"),
        unary("degrees", (-4.0, 4.0), ops::degrees, move |v| v * degrees).gives(Dtype::to_inexact).within(2.0, 0.0),
        unary("radians", (-90.0, 90.0), ops::radians, move |v| v / degrees).gives(Dtype::to_inexact).within(2.0, 0.0),
        Case::new(
            "isclose",
            Family::Composed,
            pair(&[3, 4]),
            |x| ops::isclose(&x[0], &x[1]),
            |x| {
                Tensor::from_fn(&x[0].dims, Dtype::Bool, |at| truth((x[0].at(at) - x[1].at(at)).norm() <= 1e-8 + 1e-5 * x[1].at(at).norm()))
            },
        )
        .other(pair(&[5, 2]))
        .takes(|d| d.is_inexact() && !d.is_half())
        .gives(|_| Dtype::Bool)
        .slope(Slope::None("integer or boolean output")),
    ]
}
