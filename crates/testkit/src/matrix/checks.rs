//! The checks that need no derivative: values, dtypes, batches, compilation, layouts, bits, errors.

use super::{Case, Function, Input, Kind};
use crate::tensor::{Tensor, bits};
use lazulite::{Array, AxisTree, Compile, Dtype, Error, ErrorKind, Result};

/// What a check returns: nothing, or why it does not apply.
pub type Found = Result<Option<&'static str>, String>;

/// No array goes in, so nothing can be batched or differentiated.
pub const NO_INPUT: &str = "takes no array";

/// Text of an error, for a failure.
pub fn text(e: Error) -> String {
    e.to_string()
}

/// The arrays of tensors.
pub fn arrays(list: &[Tensor]) -> Vec<Array> {
    list.iter().map(Tensor::array).collect()
}

/// The tensors of arrays.
pub fn read(list: &[Array]) -> Result<Vec<Tensor>, String> {
    list.iter().map(|a| Tensor::read(a).map_err(text)).collect()
}

/// Spacing of the dtype's numbers at 1; for integers and bool zero.
pub fn epsilon(d: Dtype) -> f64 {
    match d {
        Dtype::F16 => 2f64.powi(-10),
        Dtype::BF16 => 2f64.powi(-7),
        Dtype::F32 | Dtype::C64 => 2f64.powi(-23),
        Dtype::F64 => 2f64.powi(-52),
        _ => 0.0,
    }
}

/// Whether `got` is `want` within `relative * |want| + absolute`, element by element.
pub fn close(what: &str, got: &Tensor, want: &Tensor, relative: f64, absolute: f64) -> Result<(), String> {
    if got.dims != want.dims || got.dtype != want.dtype {
        return Err(format!("{what}: {}{:?} instead of {}{:?}", got.dtype, got.dims, want.dtype, want.dims));
    }
    for (i, (&g, &w)) in got.values.iter().zip(&want.values).enumerate() {
        let same = |g: f64, w: f64| g == w || g.is_nan() && w.is_nan();
        let near = (g - w).norm() <= relative * w.norm() + absolute;
        if !(near || same(g.re, w.re) && same(g.im, w.im)) {
            return Err(format!("{what}: element {i} of {:?} {} is {g}, not {w}; off by {:e}", got.dims, got.dtype, (g - w).norm()));
        }
    }
    Ok(())
}

/// Whether results are the reference's, within the case's tolerance for their dtype.
fn agree(case: &Case, what: &str, got: &[Array], inputs: &[Tensor], dtype: Dtype) -> Result<(), String> {
    let want = (case.reference)(inputs);
    if got.len() != want.len() {
        return Err(format!("{what}: {} outputs instead of {}", got.len(), want.len()));
    }
    for (g, w) in got.iter().zip(&want) {
        let out = g.dtype();
        if out != (case.gives)(dtype) {
            return Err(format!("{what}: gives {out} for {dtype}, not {}", (case.gives)(dtype)));
        }
        let w = w.cast(out);
        let spacing = if case.single { epsilon(out).max(epsilon(Dtype::F32)) } else { epsilon(out) };
        let steps = match out {
            Dtype::F64 if case.single => case.ulp,
            Dtype::F64 => 400.0,
            Dtype::C64 => 4.0 + 4.0 * case.ulp,
            // The cast of the reference rounds once more.
            d if d.is_half() => 1.0 + case.ulp / 4.0,
            _ => case.ulp + if case.ulp > 0.0 { 0.51 } else { 0.0 },
        };
        // The reference's own sums round in f64, too, and in a plainer order.
        let noise = if out == Dtype::F64 { 4.0 * case.noise } else { case.noise };
        close(what, &Tensor::read(g).map_err(text)?, &w, steps * spacing, noise * spacing)?;
    }
    Ok(())
}

/// Values against the reference, on every set of inputs in every dtype.
pub fn value(case: &Case) -> Found {
    let sets = [&case.inputs, &case.other].into_iter().chain(&case.more);
    for (i, set) in sets.enumerate() {
        for d in case.checked_dtypes() {
            let x = case.sample(set, d, i as u64 + 1);
            let shapes: Vec<_> = x.iter().map(|t| t.dims.clone()).collect();
            let y = (case.call)(&arrays(&x)).map_err(text)?;
            agree(case, &format!("inputs {shapes:?} of {d}"), &y, &x, d)?;
        }
    }
    Ok(None)
}

/// Every dtype that the operation takes; the others are refused by name.
pub fn dtypes(case: &Case) -> Found {
    if !case.inputs.iter().any(Input::differentiable) {
        return Ok(Some(NO_INPUT));
    }
    for d in Dtype::ALL {
        let x = case.sample(&case.inputs, d, 7);
        let result = (case.call)(&arrays(&x));
        if (case.takes)(d) {
            agree(case, d.name(), &result.map_err(text)?, &x, d)?;
            continue;
        }
        if !(case.refuses)(d) {
            continue;
        }
        match result {
            Ok(_) => return Err(format!("takes {d}, which it should refuse")),
            Err(e) if e.kind() != ErrorKind::Type || !e.to_string().contains(d.name()) => {
                return Err(format!("refuses {d} with an error that is no type error or does not name it: {e}"));
            }
            Err(_) => {}
        }
    }
    Ok(None)
}

/// Refused calls name the operation and what was wrong.
pub fn errors(case: &Case) -> Found {
    if case.bad.is_empty() {
        return Ok(Some("refuses no shape and no argument"));
    }
    for bad in &case.bad {
        let Err(e) = (bad.call)() else { return Err(format!("a call that should be refused for {:?} is not", bad.mentions)) };
        let message = e.to_string();
        let missing: Vec<_> = bad.mentions.iter().filter(|m| !message.contains(m.as_str())).collect();
        if !message.contains(case.op) || !missing.is_empty() {
            return Err(format!("the error does not name {} or {missing:?}: {message}", case.op));
        }
    }
    Ok(None)
}

/// The inputs' elements in other memory layouts: transposed, flipped, strided, at an offset, broadcast.
pub fn layouts(case: &Case) -> Found {
    if case.inputs.is_empty() {
        return Ok(Some(NO_INPUT));
    }
    for d in case.checked_dtypes() {
        laid_out(case, d)?;
    }
    Ok(None)
}

fn laid_out(case: &Case, d: Dtype) -> Result<(), String> {
    let x = case.sample(&case.inputs, d, 11);
    type Lay = fn(&Tensor) -> Result<Array>;
    let lays: [(&str, Lay); 4] = [("transposed", transposed), ("flipped", flipped), ("strided", strided), ("offset", offset)];
    for (name, lay) in lays {
        let list: Vec<Array> = x.iter().map(lay).collect::<Result<_>>().map_err(text)?;
        agree(case, &format!("{name} {d}"), &(case.call)(&list).map_err(text)?, &x, d)?;
    }
    if case.inputs.iter().any(|i| i.kind == Kind::Distinct || i.dims.is_empty()) {
        return Ok(());
    }
    let spread: Vec<Tensor> = x.iter().map(|t| Tensor::from_fn(&t.dims, t.dtype, |at| t.at(&[&[0], &at[1..]].concat()))).collect();
    let list: Vec<Array> =
        x.iter().map(|t| lazulite::ops::broadcast_to(&t.example(0, 0).array(), t.dims.clone())).collect::<Result<_>>().map_err(text)?;
    agree(case, &format!("broadcast {d}"), &(case.call)(&list).map_err(text)?, &spread, d)
}

fn transposed(t: &Tensor) -> Result<Array> {
    let order: Vec<usize> = (0..t.dims.len()).rev().collect();
    lazulite::ops::t(&t.transpose(&order).array())
}

fn flipped(t: &Tensor) -> Result<Array> {
    let back = Tensor::from_fn(&t.dims, t.dtype, |at| t.at(&at.iter().zip(&t.dims).map(|(i, d)| d - 1 - i).collect::<Vec<_>>()));
    lazulite::ops::flip(&back.array(), ..)
}

fn strided(t: &Tensor) -> Result<Array> {
    let twice = Tensor::stack(&[t.clone(), t.clone()], t.dims.len());
    let parts = lazulite::ops::split(&twice.array(), 2, -1)?;
    lazulite::ops::squeeze(&parts[1], -1)
}

fn offset(t: &Tensor) -> Result<Array> {
    let twice = Tensor::stack(&[t.clone(), t.clone()], 0);
    let parts = lazulite::ops::split(&twice.array(), 2, 0)?;
    lazulite::ops::squeeze(&parts[1], 0)
}

/// Bits of a function's results.
fn bits_of(f: &Function, x: &[Array]) -> Result<Vec<Vec<u64>>, String> {
    f(x).map_err(text)?.iter().map(|a| bits(a).map_err(text)).collect()
}

/// The same bits with and without fusion: the operation, its tangent and its gradient.
pub fn fusion(case: &Case) -> Found {
    let d = case.plain_dtype();
    let x = arrays(&case.sample(&case.inputs, d, 13));
    let mut list = vec![("value", case.call.clone())];
    if super::derivatives::has(case, d) {
        list.push(("gradient", super::derivatives::gradient(case, &x)?));
        list.push(("tangent", super::derivatives::tangent(case, d)));
    }
    for (name, f) in list {
        let was = lazulite::set_fusion(true);
        let fused = bits_of(&f, &x);
        lazulite::set_fusion(false);
        let apart = bits_of(&f, &x);
        lazulite::set_fusion(was);
        if fused? != apart? {
            return Err(format!("the bits of the {name} differ with and without fusion"));
        }
    }
    Ok(None)
}

/// The same bits compiled, in one trace; and derivatives and batches of the compiled function.
pub fn compile(case: &Case) -> Found {
    let d = case.plain_dtype();
    let f = case.call.clone();
    let compiled = lazulite::compile(move |x: &Vec<Array>| f(x));
    let before = lazulite::counters().traces;
    for seed in [3, 4, 3] {
        let x = arrays(&case.sample(&case.inputs, d, seed));
        let y: Vec<Vec<u64>> = compiled(&x).map_err(text)?.iter().map(|a| bits(a).map_err(text)).collect::<Result<_, _>>()?;
        if y != bits_of(&case.call, &x)? {
            return Err("the compiled bits differ from the plain ones".into());
        }
    }
    let traces = lazulite::counters().traces - before;
    if traces != 1 {
        return Err(format!("traced {traces} times for one signature"));
    }
    if super::derivatives::has(case, d) {
        super::derivatives::through_compile(case, d)?;
    }
    Ok(None)
}

/// One trace for two sizes, and right results where the operation has to be traced again; gradients and tangents under it as well.
pub fn shapeless(case: &Case) -> Found {
    let d = case.wide_dtype();
    let f = case.call.clone();
    let compiled = lazulite::compile_with(move |x: &Vec<Array>| f(x), Compile::default().shapeless(true));
    let before = lazulite::counters().traces;
    for set in [&case.inputs, &case.other, &case.inputs] {
        let x = case.sample(set, d, 5);
        agree(case, "shapeless", &compiled(&arrays(&x)).map_err(text)?, &x, d)?;
    }
    let traces = lazulite::counters().traces - before;
    if traces != 1 && !case.retraces {
        return Err(format!("traced {traces} times for two sizes"));
    }
    if super::derivatives::has(case, d) {
        super::derivatives::in_shapeless(case, d)?;
    }
    Ok(None)
}

/// Examples of a batch: for each batched input as many samples, for the others one.
fn batch(case: &Case, batched: &[bool], size: usize, d: Dtype) -> Vec<Vec<Tensor>> {
    let shared = case.sample(&case.inputs, d, 17);
    (0..size)
        .map(|i| {
            let own = case.sample(&case.inputs, d, 19 + i as u64);
            batched.iter().zip(own).zip(&shared).map(|((&b, own), shared)| if b { own } else { shared.clone() }).collect()
        })
        .collect()
}

/// Where the batch goes in one run of [`batched`]: the axis of the inputs and that of the outputs, from the front or the back.
#[derive(Clone, Copy, Debug)]
struct Places {
    input: i64,
    output: i64,
}

fn place(at: i64, rank: usize) -> Option<usize> {
    let rank = rank as i64 + 1;
    let a = if at < 0 { at + rank } else { at };
    (0..rank).contains(&a).then_some(a as usize)
}

/// `f` batched over examples against `f` of each.
fn batched(what: &str, f: &Function, examples: &[Vec<Tensor>], batched: &[bool], places: Places) -> Result<(), String> {
    let (mut stacked, mut axes) = (Vec::new(), Vec::new());
    for (i, &b) in batched.iter().enumerate() {
        if !b {
            stacked.push(examples[0][i].array());
            axes.push(None);
            continue;
        }
        let list: Vec<Tensor> = examples.iter().map(|e| e[i].clone()).collect();
        let Some(axis) = place(places.input, list[0].dims.len()) else { return Ok(()) };
        stacked.push(Tensor::stack(&list, axis).array());
        axes.push(Some(axis as i64));
    }
    let each: Vec<Vec<Tensor>> = examples.iter().map(|e| read(&f(&arrays(e)).map_err(text)?)).collect::<Result<_, String>>()?;
    let Some(out) = each[0].iter().map(|t| place(places.output, t.dims.len())).collect::<Option<Vec<_>>>() else { return Ok(()) };
    let spec = AxisTree::from(axes);
    let f = f.clone();
    let got = lazulite::vmap_axes(move |x: &Vec<Array>| f(x), spec, AxisTree::Axis(places.output))(&stacked).map_err(text)?;
    for (i, (g, axis)) in got.iter().zip(out).enumerate() {
        let want = Tensor::stack(&each.iter().map(|y| y[i].clone()).collect::<Vec<_>>(), axis);
        let at = format!("{what}, batched {batched:?}, {places:?}");
        close(&at, &Tensor::read(g).map_err(text)?, &want, 64.0 * epsilon(want.dtype), 64.0 * epsilon(want.dtype))?;
    }
    Ok(())
}

/// Every combination of batched and unbatched inputs, over several axes, against a loop; a batch of batches; batches of derivatives.
pub fn vmap(case: &Case) -> Found {
    let n = case.inputs.len();
    if n == 0 {
        return Ok(Some(NO_INPUT));
    }
    let d = case.wide_dtype();
    for combination in 1..1usize << n {
        let which: Vec<bool> = (0..n).map(|i| combination >> i & 1 == 1).collect();
        let examples = batch(case, &which, 3, d);
        for (input, output) in [(0, 0), (-1, -1), (1, 1), (0, -1)] {
            batched("vmap", &case.call, &examples, &which, Places { input, output })?;
        }
        if super::derivatives::has(case, d) {
            let x = arrays(&examples[0]);
            batched("vmap of the gradient", &super::derivatives::gradient(case, &x)?, &examples, &which, Places { input: 0, output: 0 })?;
            batched("vmap of the tangent", &super::derivatives::tangent(case, d), &examples, &which, Places { input: 0, output: 0 })?;
        }
        let inner = case.call.clone();
        let axes: Vec<Option<i64>> = which.iter().map(|&b| b.then_some(0)).collect();
        let nested: Function = std::sync::Arc::new(move |x: &[Array]| {
            let inner = inner.clone();
            lazulite::vmap_axes(move |x: &Vec<Array>| inner(x), AxisTree::from(axes.clone()), 0i64)(&x.to_vec())
        });
        let pairs: Vec<Vec<Tensor>> =
            [examples.clone(), examples.into_iter().rev().collect()].into_iter().map(|e| stack(&e, &which)).collect();
        batched("vmap of vmap", &nested, &pairs, &which, Places { input: 0, output: 0 })?;
    }
    Ok(None)
}

/// Examples as one set of inputs with the batch first.
fn stack(examples: &[Vec<Tensor>], which: &[bool]) -> Vec<Tensor> {
    let one = |i: usize| {
        if which[i] { Tensor::stack(&examples.iter().map(|e| e[i].clone()).collect::<Vec<_>>(), 0) } else { examples[0][i].clone() }
    };
    (0..which.len()).map(one).collect()
}
