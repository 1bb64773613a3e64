//! Invariant 3: walks never recurse, and cost per node stays flat.

use lazulite::prelude::*;
use std::time::Instant;

fn on_a_small_stack<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(2 << 20).spawn(f).unwrap().join().unwrap()
}

fn chain(x: &Array, n: usize) -> Array {
    let mut y = x.clone();
    for _ in 0..n / 2 {
        y = (&y + 1.0) * 0.5;
    }
    y
}

#[test]
fn a_million_nodes_build_evaluate_and_drop() {
    on_a_small_stack(|| {
        let x = array![0.5, 3.0];
        let y = chain(&x, 1_000_000);
        assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 1.0]);
        drop(y);
        drop(chain(&x, 1_000_000));
    });
}

#[test]
fn a_hundred_thousand_nodes_differentiate() {
    on_a_small_stack(|| {
        let x = array![0.5, 3.0];
        let g = grad(|x: &Array| chain_of_sines(x, 50_000).sum(..))(&x);
        assert!(g.to_vec::<f32>().unwrap().iter().all(|v| v.is_finite()));
        let (_, t) = jvp(|x: &Array| chain(x, 100_000))(&x, &array![1.0, 1.0]);
        assert_eq!(t.to_vec::<f32>().unwrap(), [0.0, 0.0]);
    });
}

fn chain_of_sines(x: &Array, n: usize) -> Array {
    (0..n).fold(x.clone(), |y, _| y.sin() + 0.5)
}

#[test]
fn a_node_costs_the_same_in_a_short_chain_and_a_long_one() {
    on_a_small_stack(|| {
        let x = array![0.5, 3.0];
        // Nanoseconds a node, built, planned, run and dropped; the shortest of some runs. A length of its own each time: no plan is known.
        let cost = |n: usize, runs: usize| {
            let run = |i: usize| {
                let n = n + 2 * i;
                let t = Instant::now();
                let y = chain(&x, n);
                eval([&y]).unwrap();
                drop(y);
                t.elapsed().as_nanos() as f64 / n as f64
            };
            (0..runs).map(run).fold(f64::INFINITY, f64::min)
        };
        let (short, long) = (cost(1_000, 40), cost(1_000_000, 2));
        println!("{short:.0} ns a node at 10^3, {long:.0} at 10^6");
        assert!(long < 3.0 * short, "{short:.0} ns a node at 10^3, {long:.0} at 10^6");
    });
}
