//! Derivatives and batches checked against what defines them.
#![allow(dead_code)]

use lazulite::prelude::*;

/// Some numbers in (-1, 1) of dtype f64, the same for the same seed.
pub fn numbers(shape: &[usize], seed: u64) -> Array {
    random::uniform_in(-1.0, 1.0, shape, Dtype::F64, &random::key(seed))
}

pub fn vec64(x: &Array) -> Vec<f64> {
    x.astype(Dtype::F64).to_vec().unwrap()
}

pub fn close(a: &Array, b: &Array, tolerance: f64, what: &str) {
    assert_eq!(a.shape(), b.shape(), "{what}");
    for (i, (x, y)) in vec64(a).into_iter().zip(vec64(b)).enumerate() {
        assert!((x - y).abs() <= tolerance * (1.0 + y.abs()), "{what}: element {i} is {x}, not {y}");
    }
}

/// Checks jvp against differences, vjp against jvp, and the derivative of both, for a function of f64 arrays.
pub fn derivatives(what: &str, inputs: &[Array], f: impl Fn(&Vec<Array>) -> Array) {
    let x: Vec<Array> = inputs.to_vec();
    let t: Vec<Array> = x.iter().enumerate().map(|(i, a)| numbers(a.shape(), 900 + i as u64)).collect();
    let (y, dy) = jvp(&f)(&x, &t);
    let h = 1e-6;
    let moved = |s: f64| f(&x.iter().zip(&t).map(|(a, t)| a + t * s).collect());
    close(&dy, &((moved(h) - moved(-h)) / (2.0 * h)), 1e-6, &format!("{what}: jvp against differences"));
    let ct = numbers(y.shape(), 950);
    let (_, pull) = vjp(&f)(&x);
    let g: Vec<Array> = pull(&ct);
    let left = (&dy * &ct).sum(..);
    let right = g.iter().zip(&t).map(|(g, t)| (g * t).sum(..)).reduce(|a, b| a + b).unwrap();
    close(&left, &right, 1e-11, &format!("{what}: vjp against jvp"));
    // Second order: the derivative of the gradient along the tangent, against differences of the gradient.
    let gradient = |x: &Vec<Array>| grad(|x: &Vec<Array>| (f(x) * &ct).sum(..))(x);
    let (_, ddx) = jvp(&gradient)(&x, &t);
    let at = |s: f64| gradient(&x.iter().zip(&t).map(|(a, t)| a + t * s).collect());
    for ((d, a), b) in ddx.iter().zip(at(h)).zip(at(-h)) {
        close(d, &((a - b) / (2.0 * h)), 1e-6, &format!("{what}: second derivative"));
    }
}

/// Checks vmap over the first axis of the inputs marked in `batched` against a loop.
pub fn batches(what: &str, inputs: &[Array], batched: &[bool], f: impl Fn(&Vec<Array>) -> Array) {
    let n = inputs.iter().zip(batched).find(|(_, b)| **b).unwrap().0.shape()[0];
    let one = |i: usize| -> Vec<Array> {
        inputs.iter().zip(batched).map(|(x, &b)| if b { ops::split(x, n, 0).unwrap()[i].squeeze(0) } else { x.clone() }).collect()
    };
    let each: Vec<Array> = (0..n).map(|i| f(&one(i))).collect();
    let loop_result = stack(&each, 0);
    let all: Vec<Array> = inputs.iter().zip(batched).filter(|(_, b)| **b).map(|(x, _)| x.clone()).collect();
    let mapped = vmap(|some: &Vec<Array>| {
        let mut some = some.iter();
        let full: Vec<Array> = inputs.iter().zip(batched).map(|(x, &b)| if b { some.next().unwrap().clone() } else { x.clone() }).collect();
        f(&full)
    })(&all);
    assert_eq!(mapped.dtype(), loop_result.dtype(), "{what}");
    close(&mapped, &loop_result, 1e-12, &format!("{what}: vmap {batched:?}"));
}

/// [`batches`] for every choice of batched inputs; `inputs` all have the batch first.
pub fn all_batches(what: &str, inputs: &[Array], f: impl Fn(&Vec<Array>) -> Array) {
    for choice in 1..1usize << inputs.len() {
        let batched: Vec<bool> = (0..inputs.len()).map(|i| choice >> i & 1 == 1).collect();
        let some: Vec<Array> = inputs
            .iter()
            .zip(&batched)
            .map(|(x, &b)| if b { x.clone() } else { ops::split(x, x.shape()[0], 0).unwrap()[0].squeeze(0) })
            .collect();
        batches(what, &some, &batched, &f);
    }
}
