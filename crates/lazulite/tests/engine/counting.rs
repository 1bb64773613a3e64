//! Invariants 6 and 7, by counters: forwards run once, traces and plans are kept, compiled functions stay compiled under transforms.

use lazulite::ops::iota;
use lazulite::prelude::*;

fn kernels(f: impl FnOnce()) -> u64 {
    let before = counters().kernels;
    f();
    counters().kernels - before
}

fn gelu(x: &Array) -> Array {
    x * (1.0 + (x / 2f32.sqrt()).erf()) / 2.0
}

fn softmax_loss(x: &Array) -> Array {
    (x.softmax(-1) * x).sum(..)
}

fn filled(dims: [usize; 2]) -> Array {
    let v: Vec<f32> = (0..dims[0] * dims[1]).map(|i| (i % 17) as f32 * 0.1 - 0.7).collect();
    Array::from_slice(&v, dims).unwrap()
}

#[test]
fn a_plain_gelu_is_one_kernel() {
    let x = filled([64, 64]);
    assert_eq!(kernels(|| eval([&gelu(&x)]).unwrap()), 1);
}

#[test]
fn softmax_and_layer_norm_are_one_pass() {
    let x = filled([64, 128]);
    assert_eq!(kernels(|| eval([&x.softmax(-1)]).unwrap()), 1);
    let g = Array::from_slice(&[0.5f32; 128], [128]).unwrap();
    let norm = |x: &Array| (x - x.mean(keep(-1))) * (x.var(keep(-1), 0) + 1e-5).rsqrt() * &g;
    assert_eq!(kernels(|| eval([&norm(&x)]).unwrap()), 1, "{}", explain(&[&norm(&x)]));
    assert_eq!(kernels(|| eval([&x.logsumexp(-1)]).unwrap()), 1);
}

#[test]
fn widened_numbers_are_not_kept_in_memory() {
    let moved = |arrays: &[&Array]| -> usize {
        let text = explain(arrays);
        let total = text.lines().last().unwrap().split_whitespace().skip_while(|w| *w != "move").nth(1).unwrap();
        total.parse().unwrap()
    };
    let x = (filled([256, 512]) * 1.0).astype(Dtype::BF16);
    eval([&x]).unwrap();
    // Two tapes, since sums go along different axes; each reads the halves and widens them.
    let sums = |wide: Array| (wide.sum(1), wide.sum(0));
    let (rows, columns) = sums(x.astype(Dtype::F32));
    assert!(moved(&[&rows, &columns]) < 2 * 2 * 256 * 512 + 8 * (256 + 512) + 4096);
    eval([&rows, &columns]).unwrap();
    let again = x.astype(Dtype::F32);
    eval([&again]).unwrap();
    assert_eq!(rows.to_vec::<f32>().unwrap(), again.sum(1).to_vec::<f32>().unwrap());
    assert_eq!(columns.to_vec::<f32>().unwrap(), again.sum(0).to_vec::<f32>().unwrap());
    // What picks some of the numbers picks them as they lie.
    let picked = x.astype(Dtype::F32).take(&array![3, 1, 255], 0);
    assert!(explain(&[&picked]).contains("tape over [3, 512]: astype"), "{}", explain(&[&picked]));
    assert_eq!(picked.dtype(), Dtype::F32);
    assert_eq!(picked.to_vec::<f32>().unwrap(), again.take(&array![3, 1, 255], 0).to_vec::<f32>().unwrap());
    // A view of what is widened, and numbers that are made here.
    let both = |made: Array| (made.sum(0), made.t() * 3.0);
    let (sums, turned) = both((&x + 1.0).astype(Dtype::F32));
    let text = explain(&[&sums, &turned]);
    assert!(moved(&[&sums, &turned]) <= (2 + 2 + 2 + 4) * 256 * 512 + 16384, "{text}");
    eval([&sums, &turned]).unwrap();
    let made = (&x + 1.0).astype(Dtype::F32);
    eval([&made]).unwrap();
    assert_eq!(turned.to_vec::<f32>().unwrap(), (made.t() * 3.0).to_vec::<f32>().unwrap());
}

#[test]
fn a_cross_entropy_and_its_gradient_are_one_pass_over_the_scores() {
    let (z, y) = (filled([64, 512]), Array::from_slice(&[3i32; 64], [64]).unwrap());
    let loss = |z: &Array| (z.logsumexp(-1) - z.take_along_axis(&y.expand_dims(-1), -1).squeeze(-1)).mean(..);
    let tapes = |arrays: &[&Array]| explain(arrays).lines().filter(|l| l.contains("tape over [64, 512]")).count();
    // Scores that are made: neither the numbers of the classes nor where they are the target is ever in memory.
    let (made, g) = value_and_grad(|x: &Array| loss(&x.matmul(&filled([32, 512]))))(&filled([64, 32]));
    assert_eq!(tapes(&[&made, &g]), 1, "{}", explain(&[&made, &g]));
    // Scores that are there before their gradient's factors: the forward pass does not wait for these.
    let (value, g) = value_and_grad(loss)(&z);
    assert_eq!(tapes(&[&value, &g]), 2, "{}", explain(&[&value, &g]));
    eval([&value, &g]).unwrap();
    let softmax = z.softmax(-1);
    let target = (iota([64, 512], 1, Dtype::I32).unwrap().eq(3)).astype(Dtype::F32);
    let expected = ((softmax - target) / 64.0).to_vec::<f32>().unwrap();
    let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-7;
    assert!(g.to_vec::<f32>().unwrap().iter().zip(&expected).all(close));
}

#[test]
fn what_is_the_same_along_an_axis_is_computed_once() {
    let x = filled([128, 256]);
    // The cotangent of the sum is one number; its negation and product stay one.
    let g = grad(|x: &Array| -(x.exp().sum(..) * 3.0))(&x);
    let text = explain(&[&g]);
    assert_eq!(text.matches("tape over [128, 256]").count(), 1, "{text}");
    let expected: Vec<f32> = x.exp().to_vec::<f32>().unwrap().iter().map(|v| v * -3.0).collect();
    assert_eq!(g.to_vec::<f32>().unwrap(), expected);
    // Per row, in a tape with rows, and back along another axis.
    let m = x.max(keep(-1));
    let spread = |a: &Array| a.broadcast_to([128, 256]);
    let y = (spread(&m) * 2.0 + 1.0) * &x + spread(&m).square().sum(0);
    let expected: Vec<f32> = {
        let (x, m) = (x.to_vec::<f32>().unwrap(), m.to_vec::<f32>().unwrap());
        let total: f64 = m.iter().map(|m| (*m as f64).powi(2)).sum();
        (0..128 * 256).map(|i| (m[i / 256] * 2.0 + 1.0) * x[i] + total as f32).collect()
    };
    assert!(y.to_vec::<f32>().unwrap().iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-3 * (1.0 + b.abs())));
}

#[test]
fn early_work_that_is_read_late_joins_its_reader() {
    let (m, x) = (filled([8, 8]), filled([8, 8]));
    // The decay of m could run before the product, in a tape of its own.
    assert_eq!(kernels(|| eval([&(&m * 0.9 + x.matmul(&x) * 0.1)]).unwrap()), 2);
    // Not if somebody wants it in memory.
    let decayed = &m * 0.9;
    assert_eq!(kernels(|| eval([&(&decayed + x.matmul(&x)), &decayed]).unwrap()), 3);
}

#[test]
fn value_and_grad_runs_each_forward_kernel_once() {
    // The forward is a product and what surrounds it; the products count.
    let (w, x) = (filled([8, 8]), filled([16, 8]));
    let forward = |w: &Array| x.matmul(w).sin().sum(..);
    let alone = explain(&[&forward(&w)]).matches(": matmul").count();
    let (value, g) = value_and_grad(forward)(&w);
    let both = explain(&[&value, &g]);
    // One more product: the transposed one of the backward pass.
    assert_eq!((alone, both.matches(": matmul").count()), (1, 2), "{both}");
    assert!(both.matches("sin").count() <= 2, "sin once in its tape, once in its lines:\n{both}");
}

#[test]
fn one_trace_a_signature() {
    let f = compile(gelu);
    let before = counters();
    for _ in 0..5 {
        eval([&f(&filled([4, 4]))]).unwrap();
    }
    assert_eq!(counters().traces, before.traces + 1);
    eval([&f(&filled([4, 5]))]).unwrap();
    assert_eq!(counters().traces, before.traces + 2);
    eval([&f(&filled([4, 4]).astype(Dtype::F16))]).unwrap();
    assert_eq!(counters().traces, before.traces + 3);
    eval([&f(&filled([4, 4]))]).unwrap();
    assert_eq!(counters().traces, before.traces + 3);
}

#[test]
fn structure_and_static_values_are_part_of_the_signature() {
    let f = compile(|v: &Vec<Array>| v.iter().skip(1).fold(v[0].clone(), |a, b| a + b));
    let before = counters();
    let x = array![1.0];
    assert_eq!(f(&vec![x.clone(), x.clone()]).item::<f32>().unwrap(), 2.0);
    assert_eq!(f(&vec![x.clone(), x.clone(), x.clone()]).item::<f32>().unwrap(), 3.0);
    assert_eq!(f(&vec![x.clone(), x]).item::<f32>().unwrap(), 2.0);
    assert_eq!(counters().traces, before.traces + 2);
}

#[test]
fn a_changed_batch_under_shapeless_does_not_trace_again() {
    let f = compile_with(|x: &Array| (x.softmax(-1) - x.mean(keep(0))).sum(-1), Compile::default().shapeless(true));
    let plain = |x: &Array| (x.softmax(-1) - x.mean(keep(0))).sum(-1);
    let before = counters();
    for n in [3, 5, 9, 3] {
        let x = filled([n, 7]);
        let (a, b) = (f(&x).to_vec::<f32>().unwrap(), plain(&x).to_vec::<f32>().unwrap());
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5), "{a:?} {b:?}");
    }
    assert_eq!(counters().traces, before.traces + 1);
}

#[test]
fn a_shape_read_under_shapeless_is_guarded() {
    let f = compile_with(|x: &Array| x * x.shape()[0] as f32, Compile::default().shapeless(true));
    let before = counters();
    for n in [3, 5, 3, 5, 4] {
        let x = filled([n, 2]);
        assert_eq!(f(&x).to_vec::<f32>().unwrap(), (&x * n as f32).to_vec::<f32>().unwrap());
    }
    assert_eq!(counters().traces, before.traces + 3);
}

#[test]
fn gradients_batches_and_tangents_of_a_compiled_function_run_compiled() {
    let f = compile(softmax_loss);
    let x = filled([3, 5]);
    let run = |g: &dyn Fn() -> Vec<Array>| eval(g().iter()).unwrap();
    let gradient = || vec![grad(&f)(&x)];
    let batch = || vec![vmap(&f)(&filled([6, 5]).reshape([2, 3, 5]))];
    let tangent = || vec![jvp(&f)(&x, &x).1];
    for make in [&gradient as &dyn Fn() -> Vec<Array>, &batch, &tangent] {
        run(make);
        run(make);
        let before = counters();
        run(make);
        let after = counters();
        assert_eq!((after.traces, after.plans), (before.traces, before.plans));
        // A leaf, a call, its derivative, a seed and little else: not the function's own nodes.
        assert!(after.nodes - before.nodes <= 8, "{} nodes", after.nodes - before.nodes);
    }
    let plain = grad(softmax_loss)(&x).to_vec::<f32>().unwrap();
    assert_eq!(gradient()[0].to_vec::<f32>().unwrap(), plain);
}

#[test]
fn the_gradient_of_a_compiled_function_computes_its_forward_once() {
    let f = compile(|x: &Array| x.sin().exp().sum(..));
    let x = filled([4, 4]);
    let (value, g) = value_and_grad(&f)(&x);
    let text = explain(&[&value, &g]);
    let tapes: Vec<&str> = text.lines().filter(|l| l.contains("tape over")).collect();
    let sines: usize = tapes.iter().map(|l| l.split_whitespace().filter(|w| *w == "sin").count()).sum();
    assert_eq!(sines, 1, "{text}");
}

#[test]
fn a_training_loop_plans_once() {
    let mut w = filled([4, 4]);
    let x = filled([4, 4]);
    let step = |w: &Array| {
        let g = grad(|w: &Array| ((w * &x).sin() - 0.5).square().mean(..))(w);
        w - g * 0.1
    };
    for _ in 0..3 {
        w = step(&w);
        eval([&w]).unwrap();
    }
    let before = counters();
    for _ in 0..5 {
        w = step(&w);
        eval([&w]).unwrap();
    }
    assert_eq!(counters().plans, before.plans);
}
