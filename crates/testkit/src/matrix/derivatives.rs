//! The checks of derivatives: tangents against finite differences of the reference in f64, cotangents against tangents by the
//! dot-product identity, and both once more on the derivatives themselves.

use super::checks::{Found, NO_INPUT, arrays, close, epsilon, read, text};
use super::{Case, Function, Kind, Slope};
use crate::tensor::{C, Dice, Tensor};
use lazulite::{Array, Compile, Dtype, Result};
use std::sync::Arc;

const DISCRETE: &str = "integer or boolean output";

/// Whether the operation has a derivative in this dtype.
pub fn has(case: &Case, d: Dtype) -> bool {
    d.is_inexact() && (case.takes)(d) && gap(case).is_none() && (case.gives)(d).is_inexact()
}

/// Why the operation has no derivative, if it has none.
fn gap(case: &Case) -> Option<&'static str> {
    match case.slope {
        Slope::None(reason) => Some(reason),
        _ if case.inputs.is_empty() => Some(NO_INPUT),
        _ if case.inputs.iter().all(|i| matches!(i.kind, Kind::Index(_))) => Some("index argument"),
        _ if !(case.takes)(Dtype::F32) || !(case.gives)(Dtype::F32).is_inexact() => Some(DISCRETE),
        _ => None,
    }
}

/// The dtypes in which derivatives are checked.
fn dtypes(case: &Case) -> impl Iterator<Item = Dtype> {
    [Dtype::F64, Dtype::C64].into_iter().filter(|&d| has(case, d))
}

/// How far a derivative in this dtype may be off, relative to the largest element.
fn tolerance(d: Dtype) -> f64 {
    if d == Dtype::F64 { 1e-6 } else { 2500.0 * epsilon(d).min(1e-5) + 4.0 * epsilon(d) }
}

/// Of the dtypes that a derivative in `d` passes through, the one with the fewest digits.
fn coarsest(case: &Case, d: Dtype) -> Dtype {
    let out = (case.gives)(d);
    if epsilon(out) > epsilon(d) { out } else { d }
}

/// Directions in the shapes of the inputs; zero where no derivative flows.
fn directions(case: &Case, x: &[Tensor], seed: u64) -> Vec<Tensor> {
    let mut dice = Dice::new(seed);
    let direction = |(input, t): (&super::Input, &Tensor)| match input.differentiable() {
        true => dice.tensor(&t.dims, t.dtype),
        false => Tensor::full(&t.dims, t.dtype, C::new(0.0, 0.0)),
    };
    case.inputs.iter().zip(x).map(direction).collect()
}

/// Cotangents in the shapes of arrays.
fn cotangents(y: &[Array], seed: u64) -> Vec<Array> {
    let mut dice = Dice::new(seed);
    y.iter().map(|y| dice.tensor(y.shape(), y.dtype()).array()).collect()
}

fn norm(list: &[Tensor]) -> f64 {
    list.iter().flat_map(|t| &t.values).map(|v| v.norm()).fold(0.0, f64::max)
}

fn dot(a: &[Tensor], b: &[Tensor]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.dot(b)).sum()
}

/// The derivative of `f` at `x` along `t`, by central differences of fourth order.
fn difference(x: &[Tensor], t: &[Tensor], h: f64, f: impl Fn(&[Tensor]) -> Result<Vec<Tensor>, String>) -> Result<Vec<Tensor>, String> {
    let at = |s: f64| f(&x.iter().zip(t).map(|(x, t)| x.plus(t, s * h)).collect::<Vec<_>>());
    let (p1, m1, p2, m2) = (at(1.0)?, at(-1.0)?, at(2.0)?, at(-2.0)?);
    let mut out = p1.clone();
    for (k, o) in out.iter_mut().enumerate() {
        for (i, v) in o.values.iter_mut().enumerate() {
            *v = ((p1[k].values[i] - m1[k].values[i]) * 8.0 - (p2[k].values[i] - m2[k].values[i])) / (12.0 * h);
        }
    }
    Ok(out)
}

/// Whether derivatives are near what they should be, relative to the largest.
fn near(what: &str, got: &[Tensor], want: &[Tensor], d: Dtype, slack: f64) -> Result<(), String> {
    let scale = 1.0 + norm(want);
    for (g, w) in got.iter().zip(want) {
        let w = Tensor { dtype: g.dtype, ..w.clone() };
        close(&format!("{what} in {d}"), g, &w, 0.0, tolerance(d) * slack * scale)?;
    }
    Ok(())
}

/// The dot-product identity `<u, J t> = <J' u, t>`.
fn transposed(what: &str, u: &[Tensor], jt: &[Tensor], pulled: &[Tensor], t: &[Tensor], d: Dtype) -> Result<(), String> {
    let (a, b) = (dot(u, jt), dot(pulled, t));
    let size = 1.0 + norm(u) * norm(jt) + norm(pulled) * norm(t);
    let error = (a - b).abs() / size;
    let limit = if d == Dtype::F64 { 1e-11 } else { 256.0 * epsilon(d).min(1e-4) + epsilon(d) };
    if error <= limit { Ok(()) } else { Err(format!("{what} in {d}: <u, J t> = {a}, <J' u, t> = {b}")) }
}

fn push(f: &Function, x: &[Tensor], t: &[Tensor]) -> Result<Vec<Tensor>, String> {
    let f = f.clone();
    read(&lazulite::jvp(move |x: &Vec<Array>| f(x))(&arrays(x), &arrays(t)).map_err(text)?.1)
}

fn pull(f: &Function, x: &[Tensor], ct: &[Array]) -> Result<Vec<Tensor>, String> {
    let f = f.clone();
    let (_, pullback) = lazulite::vjp(move |x: &Vec<Array>| f(x))(&arrays(x)).map_err(text)?;
    read(&pullback(&ct.to_vec()))
}

/// Tangents against finite differences of the reference.
pub fn jvp(case: &Case) -> Found {
    if let Some(reason) = gap(case) {
        return Ok(Some(reason));
    }
    for d in dtypes(case) {
        let x = case.sample(&case.inputs, d, 23);
        let t = directions(case, &x, 29);
        let got = push(&case.call, &x, &t)?;
        let want = match case.slope {
            Slope::Zero => got.iter().map(|g| Tensor::full(&g.dims, g.dtype, C::new(0.0, 0.0))).collect(),
            _ => difference(&x, &t, 2e-4, |x| Ok((case.reference)(x)))?,
        };
        near("the tangent", &got, &want, coarsest(case, d), 1.0)?;
    }
    Ok(None)
}

/// Cotangents against tangents; the gradient by each input alone against the joint one.
pub fn vjp(case: &Case) -> Found {
    if let Some(reason) = gap(case) {
        return Ok(Some(reason));
    }
    for d in dtypes(case) {
        let x = case.sample(&case.inputs, d, 31);
        let t = directions(case, &x, 37);
        let ct = cotangents(&(case.call)(&arrays(&x)).map_err(text)?, 41);
        let pulled = pull(&case.call, &x, &ct)?;
        transposed("vjp", &read(&ct)?, &push(&case.call, &x, &t)?, &pulled, &t, coarsest(case, d))?;
        for i in (0..x.len()).filter(|&i| case.inputs[i].differentiable()) {
            let (f, all) = (case.call.clone(), arrays(&x));
            let alone: Function = Arc::new(move |one: &[Array]| {
                let mut x = all.clone();
                x[i] = one[0].clone();
                f(&x)
            });
            let own = pull(&alone, &x[i..=i], &ct)?;
            let limit = 16.0 * epsilon(d) * (1.0 + norm(&own));
            close(&format!("the gradient by input {i} alone in {d}"), &own[0], &pulled[i], 0.0, limit)?;
        }
    }
    Ok(None)
}

/// The gradient of a fixed combination of the outputs, as a function: the cotangents of the differentiable inputs.
///
/// # Errors
/// What the operation reports at `x`.
pub fn gradient(case: &Case, x: &[Array]) -> Result<Function, String> {
    let ct = cotangents(&(case.call)(x).map_err(text)?, 43);
    let (f, which) = (case.call.clone(), which(case));
    Ok(Arc::new(move |x: &[Array]| {
        let f = f.clone();
        let (_, pullback) = lazulite::vjp(move |x: &Vec<Array>| f(x))(&x.to_vec())?;
        let list = pullback(&ct);
        Ok(which.iter().map(|&i| list[i].clone()).collect())
    }))
}

/// The tangent along a fixed direction, as a function.
pub fn tangent(case: &Case, d: Dtype) -> Function {
    let t = arrays(&directions(case, &case.sample(&case.inputs, d, 1), 47));
    let f = case.call.clone();
    Arc::new(move |x: &[Array]| {
        let f = f.clone();
        Ok(lazulite::jvp(move |x: &Vec<Array>| f(x))(&x.to_vec(), &t)?.1)
    })
}

fn which(case: &Case) -> Vec<usize> {
    (0..case.inputs.len()).filter(|&i| case.inputs[i].differentiable()).collect()
}

/// Derivatives of the gradient and of the tangent: against finite differences of these, and by the dot-product identity.
pub fn second(case: &Case) -> Found {
    if let Some(reason) = gap(case) {
        return Ok(Some(reason));
    }
    for d in dtypes(case) {
        let x = case.sample(&case.inputs, d, 53);
        let t = directions(case, &x, 59);
        for (name, f) in [("the gradient", gradient(case, &arrays(&x))?), ("the tangent", tangent(case, d))] {
            let pushed = push(&f, &x, &t)?;
            // Differences of what has few digits need wide steps.
            let few = coarsest(case, d) != Dtype::F64;
            let h = if few { 2e-2 } else { 2e-4 };
            let want = difference(&x, &t, h, |x| read(&f(&arrays(&x.iter().map(|x| x.cast(x.dtype)).collect::<Vec<_>>())).map_err(text)?))?;
            near(&format!("the tangent of {name}"), &pushed, &want, coarsest(case, d), if few { 100.0 } else { 1.0 })?;
            let u = cotangents(&f(&arrays(&x)).map_err(text)?, 61);
            transposed(&format!("the cotangent of {name}"), &read(&u)?, &pushed, &pull(&f, &x, &u)?, &t, coarsest(case, d))?;
        }
    }
    Ok(None)
}

/// Gradients and tangents of the compiled function are those of the function.
///
/// # Errors
/// Where they differ.
pub fn through_compile(case: &Case, d: Dtype) -> Result<(), String> {
    let x = case.sample(&case.inputs, d, 67);
    let t = directions(case, &x, 71);
    let ct = cotangents(&(case.call)(&arrays(&x)).map_err(text)?, 73);
    let f = case.call.clone();
    let compiled = lazulite::compile(move |x: &Vec<Array>| f(x));
    let compiled: Function = Arc::new(move |x: &[Array]| compiled(&x.to_vec()));
    for _ in 0..2 {
        same("the gradient through compile", &pull(&compiled, &x, &ct)?, &pull(&case.call, &x, &ct)?)?;
        same("the tangent through compile", &push(&compiled, &x, &t)?, &push(&case.call, &x, &t)?)?;
    }
    Ok(())
}

/// Gradients and tangents traced for any shape are those of the function, at both sizes.
///
/// # Errors
/// Where they differ.
pub fn in_shapeless(case: &Case, d: Dtype) -> Result<(), String> {
    let n = case.inputs.len();
    let f = case.call.clone();
    let grad: Function = Arc::new(move |all: &[Array]| {
        let f = f.clone();
        let (_, pullback) = lazulite::vjp(move |x: &Vec<Array>| f(x))(&all[..n].to_vec())?;
        Ok(pullback(&all[n..].to_vec()))
    });
    let f = case.call.clone();
    let push: Function = Arc::new(move |all: &[Array]| {
        let f = f.clone();
        Ok(lazulite::jvp(move |x: &Vec<Array>| f(x))(&all[..n].to_vec(), &all[n..].to_vec())?.1)
    });
    let shapeless = |f: &Function| {
        let f = f.clone();
        lazulite::compile_with(move |x: &Vec<Array>| f(x), Compile::default().shapeless(true))
    };
    let (traced_grad, traced_push) = (shapeless(&grad), shapeless(&push));
    for set in [&case.inputs, &case.other, &case.inputs] {
        let tensors = case.sample(set, d, 79);
        let x = arrays(&tensors);
        let with = |rest: Vec<Array>| x.iter().cloned().chain(rest).collect::<Vec<_>>();
        let back = with(cotangents(&(case.call)(&x).map_err(text)?, 83));
        same("the gradient in a shapeless trace", &read(&traced_grad(&back).map_err(text)?)?, &read(&grad(&back).map_err(text)?)?)?;
        let forth = with(arrays(&directions(case, &tensors, 89)));
        same("the tangent in a shapeless trace", &read(&traced_push(&forth).map_err(text)?)?, &read(&push(&forth).map_err(text)?)?)?;
    }
    Ok(())
}

fn same(what: &str, got: &[Tensor], want: &[Tensor]) -> Result<(), String> {
    for (g, w) in got.iter().zip(want) {
        close(what, g, w, 0.0, 16.0 * epsilon(w.dtype) * (1.0 + norm(want)))?;
    }
    Ok(())
}
