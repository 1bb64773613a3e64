//! A stack as the text of a Rust test, which a failure prints.

use super::program::{Binary, Fold, Step, Unary};
use super::stack::{Stack, Transform, weights};
use crate::tensor::Tensor;
use std::fmt::Write;

/// The text of a `Vec` of f64 arrays.
fn list(tensors: &[Tensor]) -> String {
    let one = |t: &Tensor| {
        let values: Vec<String> = t.values.iter().map(|v| format!("{:?}", v.re)).collect();
        let empty = if values.is_empty() { "[0f64; 0]".to_string() } else { format!("[{}f64]", values.join("f64, ")) };
        format!("Array::from_slice(&{empty}, {})?", shape(&t.dims))
    };
    format!("vec![{}]", tensors.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn shape(dims: &[usize]) -> String {
    if dims.is_empty() { "()".into() } else { format!("{dims:?}") }
}

fn unary(op: Unary, x: &str) -> String {
    match op {
        Unary::Square => format!("{x}.square() * 0.5"),
        Unary::Exp => format!("(&{x} * 0.25).exp()"),
        Unary::Expm1 => format!("(&{x} * 0.25).expm1()"),
        Unary::Log => format!("({x}.square() + 1.5).log()"),
        Unary::Log1p => format!("{x}.square().log1p()"),
        Unary::Sqrt => format!("({x}.square() + 0.5).sqrt()"),
        Unary::Rsqrt => format!("({x}.square() + 1.0).rsqrt()"),
        Unary::Reciprocal => format!("({x}.square() + 1.0).reciprocal()"),
        Unary::Abs => format!("(&{x} - 6.0).abs() * 0.25"),
        Unary::Sinh => format!("(&{x} * 0.5).sinh()"),
        Unary::Cosh => format!("(&{x} * 0.5).cosh()"),
        Unary::Arcsin => format!("(&{x} * 0.2).arcsin()"),
        Unary::Arctanh => format!("(&{x} * 0.2).arctanh()"),
        plain => format!("{x}.{}()", format!("{plain:?}").to_lowercase()),
    }
}

fn binary(op: Binary, x: &str, y: &str, dims: &[usize]) -> String {
    match op {
        Binary::Add => format!("&{x} + &{y}"),
        Binary::Subtract => format!("&{x} - &{y}"),
        Binary::Multiply => format!("&{x} * &{y}"),
        Binary::Divide => format!("&{x} / ({y}.square() + 1.0)"),
        Binary::Maximum => format!("{x}.maximum(&{y} + 10.0) - 10.0"),
        Binary::Minimum => format!("{x}.minimum(&{y} + 10.0)"),
        Binary::Arctan2 => format!("{x}.arctan2({y}.square() + 1.0)"),
        Binary::Logaddexp => format!("{x}.logaddexp(&{y})"),
        Binary::Power => format!("({x}.square() + 0.5).power(&{y} * 0.25)"),
        Binary::Select => {
            let n = dims.last().copied().unwrap_or(1);
            let line = format!("(Array::arange(0, {n}, 1, Dtype::I32) % 2).eq(0)");
            let line = if dims.is_empty() { format!("{line}.reshape([])") } else { line };
            format!("select(&{line}.broadcast_to({}), &{x}, &{y})", shape(dims))
        }
    }
}

fn fold(op: Fold, x: &str, from: &[usize], axis: usize, keep: bool) -> String {
    let axes = if keep { format!("keep({axis})") } else { axis.to_string() };
    let ramped = || {
        let mut dims = vec![1; from.len()];
        dims[axis] = from[axis];
        format!("(&{x} + Array::arange(0, {}, 10, {x}.dtype()).reshape({dims:?}))", 10 * from[axis])
    };
    match op {
        Fold::Max => format!("{}.max({axes}) - {:?}", ramped(), 10.0 * (from[axis] as f64 - 1.0)),
        Fold::Min => format!("{}.min({axes})", ramped()),
        Fold::Prod => format!("(&{x} * 0.25 + 1.0).prod({axes})"),
        Fold::Var => format!("{x}.var({axes}, 0)"),
        plain => format!("{x}.{}({axes})", format!("{plain:?}").to_lowercase()),
    }
}

fn step(step: &Step, shapes: &[Vec<usize>], dims: &[usize]) -> String {
    let v = |i: usize| format!("v{i}");
    match *step {
        Step::Unary(op, x) => unary(op, &v(x)),
        Step::Binary(op, x, y) => binary(op, &v(x), &v(y), dims),
        Step::Affine { x, factor, term } => format!("&v{x} * {factor:?} + {term:?}"),
        Step::Fold { fold: f, x, axis, keep } => fold(f, &v(x), &shapes[x], axis, keep),
        Step::Softmax { x, axis } => format!("v{x}.softmax({axis})"),
        Step::Broadcast { x, ref dims } => format!("v{x}.broadcast_to({})", shape(dims)),
        Step::Reshape { x, ref dims } => format!("v{x}.reshape({dims:?})"),
        Step::Transpose { x, ref order } => format!("v{x}.transpose({order:?})"),
        Step::Flip { x, axis } => format!("v{x}.flip({axis})"),
        Step::Slice { x, axis, from, to } => format!("ops::split_at(&v{x}, &[{from}, {to}], {axis})?[1].clone()"),
        Step::Concatenate { x, y, axis } => format!("ops::concatenate(&[&v{x}, &v{y}], {axis})?"),
        Step::Stack { x, y, axis } => format!("ops::stack(&[&v{x}, &v{y}], {axis})?"),
        Step::Pad { x, axis, before, after } => {
            let mut widths = vec![(0, 0); shapes[x].len()];
            widths[axis] = (before, after);
            format!("v{x}.pad(&{widths:?}, 0.5)")
        }
        Step::Take { x, axis, ref list } => format!("v{x}.take(&array!{list:?}, {axis})"),
        Step::Matmul { x, y } => format!("v{x}.matmul(&v{y})"),
    }
}

fn transform(t: &Transform, k: usize, stack: &Stack) -> String {
    let (inputs, outputs) = &stack.shapes[k];
    let signature = "|x: &Vec<Array>| -> Result<Vec<Array>>";
    match t {
        Transform::Grad(seed) => format!(
            "    let w{k} = {};\n    let f{} = grad(move |x: &Vec<Array>| -> Result<Array> {{ combine(&f{k}(x)?, &w{k}) }});\n",
            list(&weights(*seed, outputs)),
            k + 1
        ),
        Transform::Vjp(seed) => format!(
            "    let w{k} = {};\n    let pull{k} = vjp(f{k});\n    let f{} = move {signature} {{ Ok(pull{k}(x)?.1(&w{k})) }};\n",
            list(&weights(*seed, outputs)),
            k + 1
        ),
        Transform::Jvp(seed) => format!(
            "    let t{k} = {};\n    let push{k} = jvp(f{k});\n    let f{} = move {signature} {{ Ok(push{k}(x, &t{k})?.1) }};\n",
            list(&weights(*seed, inputs)),
            k + 1
        ),
        Transform::Vmap { axes, out, .. } => format!("    let f{} = vmap_axes(f{k}, vec!{axes:?} as Vec<Option<i64>>, {out});\n", k + 1),
        Transform::Compile => format!("    let f{} = compile(f{k});\n", k + 1),
        Transform::Checkpoint => format!("    let f{} = checkpoint(f{k});\n", k + 1),
    }
}

/// A test that fails as the stack does: the combination `u` of its results at `x` should be what the interpreter finds, and the bits
/// those without fusion.
pub fn test(stack: &Stack, u: &[Tensor], x: &[Tensor]) -> String {
    let p = &stack.program;
    let mut out = String::from("#[test]\nfn shrunk() -> lazulite::Result<()> {\n    use lazulite::prelude::*;\n");
    out.push_str(
        "    fn combine(y: &[Array], w: &[Array]) -> Result<Array> {\n        let terms = y.iter().zip(w).map(|(y, w)| (y * w).sum(..));\n",
    );
    out.push_str("        Ok(terms.reduce(|a, b| a + b).expect(\"an output\"))\n    }\n");
    out.push_str("    let f0 = |x: &Vec<Array>| -> Result<Vec<Array>> {\n");
    for i in 0..p.inputs.len() {
        let _ = writeln!(out, "        let v{i} = x[{i}].clone();");
    }
    for (k, s) in p.steps.iter().enumerate() {
        let i = p.inputs.len() + k;
        let _ = writeln!(out, "        let v{i} = {};", step(s, &p.shapes, &p.shapes[i]));
    }
    let _ = writeln!(out, "        Ok(vec![v{}])\n    }};", p.shapes.len() - 1);
    for (k, t) in stack.transforms.iter().enumerate() {
        out.push_str(&transform(t, k, stack));
    }
    let k = stack.transforms.len();
    let _ = writeln!(out, "    let x = {};", list(x));
    let _ = writeln!(out, "    let u = {};", list(u));
    let _ = writeln!(out, "    let found = combine(&f{k}(&x)?, &u)?.item::<f64>()?;");
    let _ = writeln!(out, "    let expected = {:?};", stack.expected(u, x));
    out.push_str("    assert!((found - expected).abs() < 1e-6 * (1.0 + expected.abs()), \"{found} instead of {expected}\");\n");
    out.push_str("    let single: Vec<Array> = x.iter().map(|x| x.astype(Dtype::F32)).collect();\n");
    let _ = writeln!(
        out,
        "    let bits = || -> Result<Vec<Vec<f32>>> {{ f{k}(&single)?.iter().map(|y| y.astype(Dtype::F32).to_vec::<f32>()).collect() }};"
    );
    out.push_str("    let fused = bits()?;\n    lazulite::set_fusion(false);\n    let apart = bits()?;\n    lazulite::set_fusion(true);\n");
    out.push_str("    assert_eq!(fused, apart);\n    Ok(())\n}\n");
    out
}
