//! Derivatives of the elementwise operations: an arm for each row of the table and, from them, the rules of all three transforms.

use crate::Array;
use crate::ops::elementwise::on_vals;
use crate::primitive::{Jvp, Val, Vjp, Vmap};
use lazulite_base::error::Result;
use lazulite_base::{Dtype, Op, Scalar};

/// The derivative of an operation by one of its operands, as what multiplies a tangent.
enum Factor {
    Zero,
    One,
    MinusOne,
    Times(Val),
    /// The tangent where this holds, else zero.
    Where(Val),
    /// Neither: the operation has a jvp and a vjp of its own.
    Own,
}

/// Arithmetic on values of one dtype, with literals.
struct Maths(Dtype);

impl Maths {
    fn c(&self, v: f64) -> Val {
        Val::Scalar(Scalar::new(v, self.0))
    }
    fn f(&self, op: Op, x: &Val) -> Val {
        on_vals(op, &[x])
    }
    fn g(&self, op: Op, x: &Val, y: &Val) -> Val {
        on_vals(op, &[x, y])
    }
    fn mul(&self, x: &Val, y: &Val) -> Val {
        self.g(Op::Multiply, x, y)
    }
    fn div(&self, x: &Val, y: &Val) -> Val {
        self.g(Op::Divide, x, y)
    }
    /// `1 / sqrt(sign * (x^2 - one))`-like factors: `rsqrt(a + b * x^2)`.
    fn rsqrt_of(&self, a: f64, b: f64, x: &Val) -> Val {
        let q = self.mul(&self.f(Op::Square, x), &self.c(b));
        self.f(Op::Rsqrt, &self.g(Op::Add, &q, &self.c(a)))
    }
}

/// The derivative of `op` by operand `i`, at operands `x` with result `y`.
fn factor(op: Op, i: usize, x: &[Val], y: &Val) -> Factor {
    use Factor::{MinusOne, One, Own, Times, Where, Zero};
    let m = Maths(x[x.len() - 1].aval().dtype);
    let (a, b) = (&x[0], x.get(1).unwrap_or(&x[0]));
    match op {
        Op::Negative => MinusOne,
        Op::Abs | Op::Conjugate | Op::Real | Op::Imag => Own,
        Op::Sign if m.0 == Dtype::C64 => Own,
        Op::Sign | Op::Floor | Op::Ceil | Op::Rint => Zero,
        Op::Square => Times(m.mul(a, &m.c(2.0))),
        Op::Sqrt => Times(m.div(&m.c(0.5), y)),
        Op::Rsqrt => Times(m.mul(&m.div(y, a), &m.c(-0.5))),
        Op::Reciprocal => Times(m.f(Op::Negative, &m.f(Op::Square, y))),
        Op::Exp => Times(y.clone()),
        Op::Expm1 => Times(m.g(Op::Add, y, &m.c(1.0))),
        Op::Log => Times(m.f(Op::Reciprocal, a)),
        Op::Log2 => Times(m.div(&m.c(std::f64::consts::LOG2_E), a)),
        Op::Log10 => Times(m.div(&m.c(std::f64::consts::LOG10_E), a)),
        Op::Log1p => Times(m.f(Op::Reciprocal, &m.g(Op::Add, a, &m.c(1.0)))),
        Op::Sin => Times(m.f(Op::Cos, a)),
        Op::Cos => Times(m.f(Op::Negative, &m.f(Op::Sin, a))),
        Op::Tan => Times(m.g(Op::Add, &m.f(Op::Square, y), &m.c(1.0))),
        Op::Arcsin => Times(m.rsqrt_of(1.0, -1.0, a)),
        Op::Arccos => Times(m.f(Op::Negative, &m.rsqrt_of(1.0, -1.0, a))),
        Op::Arctan => Times(m.f(Op::Reciprocal, &m.g(Op::Add, &m.f(Op::Square, a), &m.c(1.0)))),
        Op::Sinh => Times(m.f(Op::Cosh, a)),
        Op::Cosh => Times(m.f(Op::Sinh, a)),
        Op::Tanh => Times(m.g(Op::Subtract, &m.c(1.0), &m.f(Op::Square, y))),
        Op::Arcsinh => Times(m.rsqrt_of(1.0, 1.0, a)),
        Op::Arccosh => Times(m.rsqrt_of(-1.0, 1.0, a)),
        Op::Arctanh => Times(m.f(Op::Reciprocal, &m.g(Op::Subtract, &m.c(1.0), &m.f(Op::Square, a)))),
        Op::Erf => Times(m.mul(&m.f(Op::Exp, &m.f(Op::Negative, &m.f(Op::Square, a))), &m.c(std::f64::consts::FRAC_2_SQRT_PI))),
        Op::Erfinv => Times(m.mul(&m.f(Op::Exp, &m.f(Op::Square, y)), &m.c(0.5 * std::f64::consts::PI.sqrt()))),
        Op::Sigmoid => Times(m.mul(y, &m.g(Op::Subtract, &m.c(1.0), y))),
        Op::LogicalNot | Op::BitwiseInvert => Zero,
        Op::Add => One,
        Op::Subtract => {
            if i == 0 {
                One
            } else {
                MinusOne
            }
        }
        Op::Multiply => Times(if i == 0 { b.clone() } else { a.clone() }),
        Op::Divide => {
            if i == 0 {
                Times(m.f(Op::Reciprocal, b))
            } else {
                Times(m.f(Op::Negative, &m.div(y, b)))
            }
        }
        Op::Remainder => {
            if i == 0 {
                One
            } else {
                Times(m.f(Op::Negative, &m.g(Op::FloorDivide, a, b)))
            }
        }
        Op::FloorDivide => Zero,
        Op::Power => {
            if i == 0 {
                let less = m.g(Op::Subtract, b, &m.c(1.0));
                Times(m.mul(b, &m.g(Op::Power, a, &less)))
            } else {
                // 0^b has slope 0 in b; log(0) must not make it NaN.
                let zero = m.g(Op::Equal, a, &m.c(0.0));
                let safe = on_vals(Op::Select, &[&zero, &m.c(1.0), a]);
                Times(m.mul(&m.f(Op::Log, &safe), y))
            }
        }
        // At a tie the second operand is the result.
        Op::Maximum => Where(if i == 0 { m.g(Op::Greater, a, b) } else { m.g(Op::LessEqual, a, b) }),
        Op::Minimum => Where(if i == 0 { m.g(Op::Less, a, b) } else { m.g(Op::GreaterEqual, a, b) }),
        Op::Arctan2 => {
            let r2 = m.g(Op::Add, &m.f(Op::Square, a), &m.f(Op::Square, b));
            if i == 0 { Times(m.div(b, &r2)) } else { Times(m.f(Op::Negative, &m.div(a, &r2))) }
        }
        Op::Logaddexp => {
            let d = if i == 0 { m.g(Op::Subtract, a, b) } else { m.g(Op::Subtract, b, a) };
            Times(m.f(Op::Sigmoid, &d))
        }
        Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual | Op::LogicalAnd | Op::LogicalOr => Zero,
        Op::BitwiseAnd | Op::BitwiseOr | Op::BitwiseXor | Op::LeftShift | Op::RightShift => Zero,
        Op::Select => match i {
            0 => Zero,
            1 => Where(a.clone()),
            _ => Where(m.f(Op::LogicalNot, a)),
        },
    }
}

fn times(t: &Array, v: &Val) -> Array {
    on_vals(Op::Multiply, &[&Val::Array(t.clone()), v]).array()
}

fn masked(t: &Array, condition: &Val) -> Array {
    let zero = Val::Scalar(Scalar::new(0.0, t.dtype()));
    on_vals(Op::Select, &[condition, &Val::Array(t.clone()), &zero]).array()
}

/// The cotangents of an elementwise node's operands: those of its factors, conjugated (a diagonal Jacobian's transpose).
pub(crate) fn vjp(op: Op, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
    let y = Val::Array(cx.outputs[0].clone());
    let Some(ct) = cx.cotangents[0].clone() else { return Ok(vec![None; cx.inputs.len()]) };
    let rule = |i: usize| -> Result<Option<Array>> {
        let inexact = cx.inputs[i].aval().dtype.is_inexact();
        if !cx.needed[i] || !inexact {
            return Ok(None);
        }
        Ok(match factor(op, i, cx.inputs, &y) {
            Factor::Zero => None,
            Factor::One => Some(ct.clone()),
            Factor::MinusOne => Some(crate::ops::negative(&ct)?),
            Factor::Times(f) if ct.dtype() == Dtype::C64 => Some(times(&ct, &on_vals(Op::Conjugate, &[&f]))),
            Factor::Times(f) => Some(times(&ct, &f)),
            Factor::Where(c) => Some(masked(&ct, &c)),
            Factor::Own => Some(own_vjp(op, &cx.inputs[0].array(), &ct)?),
        })
    };
    (0..cx.inputs.len()).map(rule).collect()
}

/// The tangent of an elementwise node.
pub(crate) fn jvp(op: Op, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
    let y = Val::Array(cx.outputs[0].clone());
    if !cx.outputs[0].dtype().is_inexact() {
        return Ok(vec![None]);
    }
    let mut sum: Option<Array> = None;
    for (i, t) in cx.tangents.iter().enumerate() {
        let Some(t) = t else { continue };
        let term = match factor(op, i, cx.inputs, &y) {
            Factor::Zero => continue,
            Factor::One => t.clone(),
            Factor::MinusOne => crate::ops::negative(t)?,
            Factor::Times(f) => times(t, &f),
            Factor::Where(c) => masked(t, &c),
            Factor::Own => own_jvp(op, &cx.inputs[0].array(), t)?,
        };
        sum = Some(match sum {
            None => term,
            Some(s) => crate::ops::add(&s, &term)?,
        });
    }
    Ok(vec![sum])
}

fn own_vjp(op: Op, x: &Array, ct: &Array) -> Result<Array> {
    let complex = x.dtype() == Dtype::C64;
    match op {
        Op::Abs => crate::ops::multiply(&crate::ops::sign(x)?, &crate::ops::astype(ct, x.dtype())?),
        Op::Sign => around(x, ct),
        Op::Conjugate => crate::ops::conjugate(ct),
        Op::Imag if complex => crate::ops::multiply(&crate::ops::astype(ct, Dtype::C64)?, num_complex::Complex32::new(0.0, 1.0)),
        Op::Imag => Ok(x.zeros_like()),
        _ => crate::ops::astype(ct, x.dtype()),
    }
}

/// The derivative of `z / |z|` along `t`, which is its own transpose: what of `t` goes around the circle, over `|z|`; zero at zero.
fn around(z: &Array, t: &Array) -> Result<Array> {
    let s = crate::ops::sign(z)?;
    let along = crate::ops::real(&crate::ops::multiply(&crate::ops::conjugate(&s)?, t)?)?;
    let across = crate::ops::subtract(t, &crate::ops::multiply(&s, &along)?)?;
    let r = crate::ops::abs(z)?;
    let zero = crate::ops::equal(&r, 0)?;
    crate::ops::try_select(&zero, 0, &crate::ops::divide(&across, &r)?)
}

fn own_jvp(op: Op, x: &Array, t: &Array) -> Result<Array> {
    match op {
        Op::Abs => crate::ops::real(&crate::ops::multiply(&crate::ops::conjugate(&crate::ops::sign(x)?)?, t)?),
        Op::Sign => around(x, t),
        Op::Conjugate => crate::ops::conjugate(t),
        Op::Imag => crate::ops::imag(t),
        _ => crate::ops::real(t),
    }
}

/// The batch of an elementwise node: unbatched operands broadcast.
pub(crate) fn vmap(op: Op, cx: &Vmap<'_>) -> Result<Vec<Array>> {
    let vals: Vec<Val> = (0..cx.inputs.len())
        .map(|i| match &cx.inputs[i] {
            Val::Scalar(s) => Val::Scalar(*s),
            Val::Array(_) => Val::Array(cx.batched_input(i)),
        })
        .collect();
    Ok(vec![on_vals(op, &vals.iter().collect::<Vec<_>>()).array()])
}
