//! Attention and its gradient against sums written out, on random shapes, layouts, masks and sinks; with one thread and with several.

mod common;

use common::*;
use lazulite_base::shape::Dims;
use lazulite_base::work::{Attention, AttentionGrad, View, Work};
use lazulite_base::{Dtype, Scalar};

/// Inputs of a random attention, in the work's order.
struct Sample {
    of: Attention,
    inputs: Vec<Operand>,
}

struct Wish {
    sizes: [usize; 7],
    causal: bool,
    /// None, bool, added.
    mask: usize,
    sinks: bool,
    scatter: bool,
    /// Inputs are drawn from as far as this below and above zero.
    range: f64,
}

fn sample(rng: &mut Rng, d: Dtype, w: &Wish) -> Sample {
    let [batch, groups, each, queries, keys, features, values] = w.sizes;
    let heads = groups * each;
    let draw = |rng: &mut Rng, d: Dtype, dims: &[usize], broadcast: bool| {
        let x = if w.scatter { Operand::scattered(rng, d, dims, broadcast) } else { Operand::zeros(d, dims) };
        let mut next = || if d == Dtype::Bool { (rng.below(3) > 0) as u8 as f64 } else { w.range * (2.0 * rng.unit() - 1.0) };
        x.fill(|| Scalar::new(next(), d))
    };
    let mut inputs = vec![
        draw(rng, d, &[batch, heads, queries, features], false),
        draw(rng, d, &[batch, groups, keys, features], false),
        draw(rng, d, &[batch, groups, keys, values], false),
    ];
    let mask = (w.mask > 0).then(|| draw(rng, [d, Dtype::Bool, d][w.mask], &[batch, heads, queries, keys], w.scatter));
    let sinks = w.sinks.then(|| draw(rng, d, &[batch, heads], false));
    let of = Attention {
        q: inputs[0].view.clone(),
        k: inputs[1].view.clone(),
        v: inputs[2].view.clone(),
        mask: mask.as_ref().map(|m| m.view.clone()),
        sinks: sinks.as_ref().map(|s| s.view.clone()),
        causal: w.causal,
        scale: Scalar::new(0.3, Dtype::F64),
    };
    inputs.extend(mask);
    inputs.extend(sinks);
    Sample { of, inputs }
}

/// Row-major numbers.
struct Numbers {
    dims: Dims,
    values: Vec<f64>,
}

impl Numbers {
    fn of(x: &Operand) -> Numbers {
        Numbers { dims: x.view.dims.clone(), values: x.values().iter().map(|v| v.as_f64()).collect() }
    }

    fn zeros(dims: &[usize]) -> Numbers {
        Numbers { dims: dims.into(), values: vec![0.0; dims.iter().product()] }
    }

    fn at(&self, c: &[usize]) -> f64 {
        self.values[position(c, &self.dims)]
    }

    fn add(&mut self, c: &[usize], v: f64) {
        let p = position(c, &self.dims);
        self.values[p] += v;
    }

    fn agree(&self, what: &str, got: &Operand, relative: f64, work: &Work) {
        let largest = self.values.iter().fold(0.05f64, |m, v| m.max(v.abs()));
        for (p, (got, want)) in got.values().iter().zip(&self.values).enumerate() {
            let got = got.as_f64();
            assert!((got - want).abs() <= relative * largest, "{what}: {got}, not {want}, at {p} of {:?} of {work:?}", self.dims);
        }
    }
}

/// The result and the gradients, for a cotangent of (batch, queries, heads, values).
fn reference(s: &Sample, ct: &Numbers) -> [Numbers; 5] {
    let x: Vec<Numbers> = s.inputs.iter().map(Numbers::of).collect();
    let (q, k, v) = (&x[0], &x[1], &x[2]);
    let (mask, sinks) = (s.of.mask.as_ref().map(|_| &x[3]), s.of.sinks.as_ref().map(|_| &x[x.len() - 1]));
    let bool = s.of.mask.as_ref().is_some_and(|m| m.dtype == Dtype::Bool);
    let [batch, heads, queries, features] = std::array::from_fn(|i| q.dims[i]);
    let (groups, keys, values) = (k.dims[1], k.dims[2], v.dims[3]);
    let scale = s.of.scale.as_f64();
    let mut out = Numbers::zeros(&[batch, queries, heads, values]);
    let mut of_q = Numbers::zeros(&[batch, queries, heads, features]);
    let mut of_k = Numbers::zeros(&[batch, keys, groups, features]);
    let mut of_v = Numbers::zeros(&[batch, keys, groups, values]);
    let mut of_sinks = Numbers::zeros(&[batch, heads, queries]);
    for (b, h, i) in (0..batch).flat_map(|b| (0..heads).flat_map(move |h| (0..queries).map(move |i| (b, h, i)))) {
        let g = h / (heads / groups);
        let hidden = |j: usize| s.of.causal && j + queries > i + keys || bool && mask.unwrap().at(&[b, h, i, j]) == 0.0;
        let score = |j: usize| {
            let dot: f64 = (0..features).map(|c| q.at(&[b, h, i, c]) * k.at(&[b, g, j, c])).sum();
            if hidden(j) { -1e300 } else { scale * dot + if bool { 0.0 } else { mask.map_or(0.0, |m| m.at(&[b, h, i, j])) } }
        };
        let scores: Vec<f64> = (0..keys).map(score).collect();
        let sink = sinks.map_or(f64::NEG_INFINITY, |s| s.at(&[b, h]));
        let most = scores.iter().fold(sink, |m, &s| m.max(s));
        let total: f64 = scores.iter().map(|s| (s - most).exp()).sum::<f64>() + (sink - most).exp();
        let weights: Vec<f64> = scores.iter().map(|s| (s - most).exp() / total).collect();
        let back: Vec<f64> = (0..keys).map(|j| (0..values).map(|c| ct.at(&[b, i, h, c]) * v.at(&[b, g, j, c])).sum()).collect();
        let mean: f64 = weights.iter().zip(&back).map(|(w, b)| w * b).sum();
        of_sinks.add(&[b, h, i], -(sink - most).exp() / total * mean);
        for j in 0..keys {
            for c in 0..values {
                out.add(&[b, i, h, c], weights[j] * v.at(&[b, g, j, c]));
                of_v.add(&[b, j, g, c], weights[j] * ct.at(&[b, i, h, c]));
            }
            let slope = if hidden(j) { 0.0 } else { scale * weights[j] * (back[j] - mean) };
            for c in 0..features {
                of_q.add(&[b, i, h, c], slope * k.at(&[b, g, j, c]));
                of_k.add(&[b, j, g, c], slope * q.at(&[b, h, i, c]));
            }
        }
    }
    [out, of_q, of_k, of_v, of_sinks]
}

fn check(rng: &mut Rng, d: Dtype, w: &Wish) {
    let s = sample(rng, d, w);
    let [batch, groups, each, queries, keys, features, values] = w.sizes;
    let (heads, wide) = (groups * each, d.accumulator());
    let relative = match d {
        Dtype::F16 => 3e-3,
        Dtype::BF16 => 2e-2,
        Dtype::F32 => 2e-6,
        _ => 1e-12,
    };
    let numbers = || Operand::zeros(wide, &[batch, heads, queries]);
    let starts = [Operand::zeros(d, &[batch, queries, heads, values]), numbers(), numbers()];
    let mut inputs: Vec<&Operand> = s.inputs.iter().collect();
    let work = Work::Attention(Box::new(s.of.clone()));
    let outs = run_many(&work, &inputs, &starts);
    let ct = Operand::scattered(rng, d, &[batch, queries, heads, values], true).fill(|| Scalar::new(2.0 * rng.unit() - 1.0, d));
    let [out, of_q, of_k, of_v, of_sinks] = reference(&s, &Numbers::of(&ct));
    out.agree("out", &outs[0], relative, &work);
    inputs.extend(&outs);
    inputs.push(&ct);
    let views: [View; 3] = std::array::from_fn(|i| outs[i].view.clone());
    let work = Work::AttentionGrad(Box::new(AttentionGrad { of: s.of.clone(), outs: views, cotangent: ct.view.clone() }));
    let mut starts = vec![
        Operand::zeros(d, &[batch, queries, heads, features]),
        Operand::zeros(d, &[batch, keys, groups, features]),
        Operand::zeros(d, &[batch, keys, groups, values]),
    ];
    starts.extend(w.sinks.then(numbers));
    let grads = run_many(&work, &inputs, &starts);
    // The result that halves were rounded to comes in.
    let relative = if d.is_half() { 3.0 * relative } else { 4.0 * relative };
    for (what, want, got) in [("of q", of_q, &grads[0]), ("of k", of_k, &grads[1]), ("of v", of_v, &grads[2])] {
        want.agree(what, got, relative, &work);
    }
    if w.sinks {
        of_sinks.agree("of the sinks", &grads[3], relative, &work);
    }
}

const FLOATS: [Dtype; 4] = [Dtype::F32, Dtype::F64, Dtype::F16, Dtype::BF16];

#[test]
fn small_shapes_of_every_kind() {
    let _alone = alone();
    let mut rng = Rng(5);
    for round in 0..160 {
        let sizes = [
            1 + rng.below(2),
            1 + rng.below(2),
            1 + rng.below(3),
            [1, 2, 3, 5, 17, 40][rng.below(6)],
            [1, 2, 7, 30, 65][rng.below(5)],
            [1, 3, 8, 20, 33][rng.below(5)],
            [1, 4, 8, 19][rng.below(4)],
        ];
        let wish =
            Wish { sizes, causal: rng.below(2) == 0, mask: rng.below(3), sinks: rng.below(3) == 0, scatter: rng.below(2) == 0, range: 2.0 };
        check(&mut rng, FLOATS[round % 4], &wish);
    }
}

#[test]
fn several_blocks() {
    let _alone = alone();
    let mut rng = Rng(6);
    for (i, sizes) in [[1, 1, 2, 230, 300, 16, 16], [1, 1, 1, 300, 600, 8, 24], [2, 1, 1, 130, 270, 64, 64], [1, 1, 1, 260, 120, 8, 8]]
        .into_iter()
        .enumerate()
    {
        for causal in [false, true] {
            let wish = Wish { sizes, causal, mask: i % 3, sinks: i == 1, scatter: i == 2, range: 2.0 };
            check(&mut rng, FLOATS[i], &wish);
            check(&mut rng, Dtype::F32, &wish);
        }
    }
}

/// A weight of almost one leaves slopes in which nearly all of the cotangents cancels.
#[test]
fn few_keys_far_apart() {
    let _alone = alone();
    let mut rng = Rng(8);
    for round in 0..60 {
        let sizes = [1, 2, 1 + round % 2, 3, 2 + round % 3, 8, 8];
        let wish = Wish { sizes, causal: round % 3 == 0, mask: round % 5 % 3, sinks: round % 4 == 0, scatter: false, range: 5.0 };
        check(&mut rng, [Dtype::F32, Dtype::F64][round % 2], &wish);
    }
}

#[test]
fn one_query_of_long_keys() {
    let _alone = alone();
    let mut rng = Rng(7);
    for (each, d) in [(1, Dtype::F32), (2, Dtype::BF16), (5, Dtype::F32), (1, Dtype::F64)] {
        let wish =
            Wish { sizes: [1, 1, each, 1, 5000, 16, 16], causal: true, mask: each % 3, sinks: each == 2, scatter: false, range: 2.0 };
        check(&mut rng, d, &wish);
    }
}

/// Working memory is that of some blocks, whatever the lengths.
#[test]
fn a_long_sequence_needs_no_square() {
    let _alone = alone();
    let dims = [1, 1, 8192, 64];
    let view = View { dtype: Dtype::F32, strides: lazulite_base::shape::contiguous(&dims), dims: dims[..].into() };
    let of = Attention {
        q: view.clone(),
        k: view.clone(),
        v: view.clone(),
        mask: None,
        sinks: None,
        causal: true,
        scale: Scalar::new(0.125, Dtype::F64),
    };
    let rows = View { dtype: Dtype::F32, dims: dims[..3].into(), strides: [8192, 8192, 1][..].into() };
    let grad = AttentionGrad { of: of.clone(), outs: [view.clone(), rows.clone(), rows], cotangent: view.clone() };
    for work in [Work::Attention(Box::new(of)), Work::AttentionGrad(Box::new(grad))] {
        use lazulite_base::backend::Backend;
        let kernel = lazulite_cpu::Cpu.compile(0, &work).unwrap().unwrap();
        assert!(kernel.scratch() <= 20 << 20, "{} bytes", kernel.scratch());
    }
}
