//! Overheads of the engine: a node, a chain of small ops, a cached compiled call, a first call. Medians over many runs.

use lazulite::prelude::*;
use std::time::Instant;

fn median(mut f: impl FnMut() -> f64, n: usize) -> f64 {
    let mut v: Vec<f64> = (0..n).map(|_| f()).collect();
    v.sort_by(f64::total_cmp);
    v[n / 2]
}

fn time(mut f: impl FnMut()) -> f64 {
    let t = Instant::now();
    f();
    t.elapsed().as_secs_f64()
}

fn main() {
    let x = Array::from_slice(&[0.5f32; 16], [16]).unwrap();
    let build = |n: usize| {
        let mut y = x.clone();
        for _ in 0..n / 2 {
            y = (&y + 1.0) * 0.5;
        }
        y
    };
    let node = median(|| time(|| std::mem::forget(build(1000))) / 1000.0, 101);
    println!("a node builds in {:.0} ns", node * 1e9);
    let chain = median(|| time(|| eval([&build(1000)]).unwrap()), 101);
    println!("1000 ops on 16 elements, built and evaluated: {:.3} ms", chain * 1e3);

    let inputs: Vec<Array> = (0..10).map(|i| Array::from_slice(&[i as f32; 16], [16]).unwrap()).collect();
    let f = compile(|v: &Vec<Array>| v.iter().skip(1).fold(v[0].clone(), |a, b| a * b + 1.0));
    eval([&f(&inputs)]).unwrap();
    let call = median(|| time(|| for _ in 0..100 { eval([&f(&inputs)]).unwrap() }) / 100.0, 101);
    println!("a cached compiled call with 10 inputs of 16 elements: {:.2} us", call * 1e6);

    let big = Array::ones([1 << 16], Dtype::F32).sin();
    eval([&big]).unwrap();
    let gelu = |x: &Array| x * (1.0 + (x / 2f32.sqrt()).erf()) / 2.0;
    let first = median(
        || {
            let c = compile(gelu);
            let a = time(|| eval([&c(&big)]).unwrap());
            let b = time(|| eval([&c(&big)]).unwrap());
            a - b
        },
        21,
    );
    println!("first call of a compiled gelu beyond running it: {:.3} ms", first * 1e3);

    for n in [1000, 10_000, 100_000, 1_000_000] {
        let t = Instant::now();
        let y = build(n);
        let b = t.elapsed();
        eval([&y]).unwrap();
        let e = t.elapsed();
        drop(y);
        let d = t.elapsed();
        let per = |d: std::time::Duration| d.as_nanos() as f64 / n as f64;
        println!("chain of {n}: build {:.0}, evaluate {:.0}, drop {:.0}: {:.0} ns a node", per(b), per(e - b), per(d - e), per(d));
    }

    let rows = Array::from_slice(&vec![0.25f32; 1000], [100, 10]).unwrap();
    let per_row = |r: &Array| (r.sin() * r).sum(..);
    let batched = median(|| time(|| eval([&vmap(per_row)(&rows)]).unwrap()), 51);
    let looped = median(
        || {
            time(|| {
                let parts: Vec<Array> = (0..100).map(|i| per_row(&ops::reshape(&ops::split(&rows, 100, 0).unwrap()[i], [-1]).unwrap())).collect();
                eval(parts.iter()).unwrap();
            })
        },
        11,
    );
    println!("vmap over 100 rows: {:.1} us, the loop {:.1} us: {:.0}x", batched * 1e6, looped * 1e6, looped / batched);
}
