//! Overheads of the engine: a node, a chain of small operations, a cached compiled call, a first call, a batch against a loop.
//!
//! `cargo run -p benches --bin overhead [--check]`

use benches::{Bench, median, minimum, seconds};
use lazulite::prelude::*;

/// A chain of `n` operations on `x`.
fn build(x: &Array, n: usize) -> Array {
    (0..n / 2).fold(x.clone(), |y, _| (&y + 1.0) * 0.5)
}

fn main() -> std::process::ExitCode {
    let mut bench = Bench::start();
    let x = Array::from_slice(&[0.5f32; 16], [16]).expect("memory");
    // The chain outlives the measurement: what is timed is building alone.
    let node = minimum(300, || {
        let mut kept = None;
        seconds(|| kept = Some(build(&x, 1000))) / 1000.0
    });
    println!("a node builds in {:.0} ns", node * 1e9);
    bench.most("building a node, ns", node * 1e9, 200.0);

    let run = |n| seconds(|| eval([&build(&x, n)]).expect("it runs"));
    let (chain, typical) = (minimum(300, || run(1000)), median(300, || run(1000)));
    println!("1000 operations on 16 elements, built and evaluated: {:.3} ms (median {:.3})", chain * 1e3, typical * 1e3);
    bench.most("a chain of 1000, ms", chain * 1e3, 0.25);

    let inputs: Vec<Array> = (0..10).map(|i| Array::from_slice(&[i as f32; 16], [16]).expect("memory")).collect();
    let f = compile(|v: &Vec<Array>| v.iter().skip(1).fold(v[0].clone(), |a, b| a * b + 1.0));
    let run = || seconds(|| (0..100).for_each(|_| eval([&f(&inputs)]).expect("it runs"))) / 100.0;
    let (call, typical) = (minimum(300, run), median(300, run));
    println!("a cached compiled call with 10 inputs of 16 elements: {:.2} us (median {:.2})", call * 1e6, typical * 1e6);
    bench.most("a cached call, us", call * 1e6, 3.0);

    let gelu = |x: &Array| x * (1.0 + (x / 2f32.sqrt()).erf()) / 2.0;
    let mut size = 16;
    let first = minimum(30, || {
        // A new shape each time, so that no plan is there yet.
        size += 16;
        let x = Array::ones([size], Dtype::F32).sin();
        eval([&x]).expect("it runs");
        let c = compile(gelu);
        seconds(|| eval([&c(&x)]).expect("it runs"))
    });
    println!("first call of a compiled gelu, traced and planned: {:.3} ms", first * 1e3);
    bench.most("the first call of a compiled gelu, ms", first * 1e3, 2.0);

    for n in [1000, 10_000, 100_000, 1_000_000] {
        let mut y = None;
        let b = seconds(|| y = Some(build(&x, n))) * 1e9 / n as f64;
        let e = seconds(|| eval(&y).expect("it runs")) * 1e9 / n as f64;
        let d = seconds(|| drop(y.take())) * 1e9 / n as f64;
        println!("chain of {n}, once: build {b:.0}, evaluate {e:.0}, drop {d:.0}: {:.0} ns a node", b + e + d);
    }

    let rows = Array::from_slice(&[0.25f32; 1000], [100, 10]).expect("memory");
    let per_row = |r: &Array| (r.sin() * r).sum(..);
    let batched = minimum(51, || seconds(|| eval([&vmap(per_row)(&rows)]).expect("it runs")));
    let looped = minimum(11, || {
        seconds(|| {
            let parts = ops::split(&rows, 100, 0).expect("a hundred rows");
            let sums: Vec<Array> = parts.iter().map(|r| per_row(&ops::reshape(r, [-1]).expect("one row"))).collect();
            eval(&sums).expect("it runs");
        })
    });
    println!("vmap over 100 rows: {:.1} us, the loop {:.1} us: {:.0}x", batched * 1e6, looped * 1e6, looped / batched);
    bench.least("vmap against a loop", looped / batched, 20.0);
    bench.finish()
}
