//! Layers, losses and initial values against numbers that MLX 0.32 gave for the same inputs, and how they meet the transforms.
//!
//! Inputs and parameters are [`wave`]s, which are as easily made in Python: `np.sin(np.arange(n) * step).reshape(shape)`.

mod activations;
mod init;
mod losses;
mod names;
mod norms;
mod positional;
mod recurrent;
mod transformer;
mod upsample;

use lazulite::prelude::*;
use lazulite::tree::map_named;

/// The sines of the multiples of `step`.
fn wave<const N: usize>(shape: [usize; N], step: f64) -> Array {
    let n = shape.iter().product();
    let list: Vec<f32> = (0..n).map(|i| (i as f64 * step).sin() as f32).collect();
    Array::from_slice(&list, shape).unwrap()
}

fn values(x: &Array) -> Vec<f32> {
    x.astype(Dtype::F32).to_vec().unwrap()
}

#[track_caller]
fn close(x: &Array, expected: &[f32]) {
    let x = values(x);
    assert_eq!(x.len(), expected.len(), "{x:?}");
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 2e-5 * (1.0 + b.abs());
    assert!(x.iter().zip(expected).all(near), "{x:?}\n{expected:?}");
}

/// A function of `x`, and its gradient with the cotangents `wave(shape of y, 1.1)`; of a scalar with one.
#[track_caller]
fn both(f: impl Fn(&Array) -> Array, x: &Array, y: &[f32], dx: &[f32]) {
    let out = f(x);
    close(&out, y);
    let shape: Vec<i64> = out.shape().iter().map(|&d| d as i64).collect();
    let weights = if shape.is_empty() { array![1.0].squeeze(0) } else { wave([out.size()], 1.1).reshape(shape) };
    close(&grad(|x: &Array| (f(x) * &weights).sum(..))(x), dx);
}

fn names(m: &impl Module) -> Vec<String> {
    m.parameters().into_iter().map(|(name, _)| name).collect()
}

/// The model with half of a wave of its own in each parameter, in the order of their names.
fn filled<M: Module>(model: M) -> M {
    let mut sorted = names(&model);
    sorted.sort();
    map_named(&model, |name, x| {
        let i = sorted.iter().position(|n| n == name).unwrap();
        let shape: Vec<i64> = x.shape().iter().map(|&n| n as i64).collect();
        wave([x.size()], 0.3 + 0.17 * i as f64).reshape(shape) * 0.5
    })
}
