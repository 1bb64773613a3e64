//! Arrays shared between names, calls and threads; donation never touches what a user can still see.

use lazulite::ops::iota;
use lazulite::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

const fn assert_send_sync<T: Send + Sync>() {}
const _: () = assert_send_sync::<Array>();

#[test]
fn the_same_array_twice_as_input() {
    let x = array![1.0, 2.0];
    let f = compile(|(a, b): &(Array, Array)| a * b + a);
    assert_eq!(f(&(x.clone(), x.clone())).to_vec::<f32>().unwrap(), [2.0, 6.0]);
    let (ga, gb) = grad(|(a, b): &(Array, Array)| (a * b + a).sum(..))(&(x.clone(), x.clone()));
    assert_eq!((ga.to_vec::<f32>().unwrap(), gb.to_vec::<f32>().unwrap()), (vec![2.0, 3.0], vec![1.0, 2.0]));
    let y = vmap(|(a, b): &(Array, Array)| a - b)(&(x.clone(), x));
    assert_eq!(y.to_vec::<f32>().unwrap(), [0.0, 0.0]);
}

#[test]
fn an_input_returned_as_output() {
    let x = array![1.0, 2.0];
    let f = compile(|x: &Array| (x.clone(), x + 1.0, x.clone()));
    let (a, b, c) = f(&x);
    assert_eq!(a.to_vec::<f32>().unwrap(), [1.0, 2.0]);
    assert_eq!(b.to_vec::<f32>().unwrap(), [2.0, 3.0]);
    assert_eq!(c.to_vec::<f32>().unwrap(), [1.0, 2.0]);
    assert_eq!(grad(|x: &Array| x.clone())(&Array::from(2.0f32)).item::<f32>().unwrap(), 1.0);
    assert_eq!(vmap(|x: &Array| x.clone())(&x).to_vec::<f32>().unwrap(), [1.0, 2.0]);
    let ignores = compile(|x: &Array| (array![7.0], x.clone()));
    assert_eq!(ignores(&x).0.to_vec::<f32>().unwrap(), [7.0]);
}

#[test]
fn an_output_held_across_two_compiled_calls() {
    let f = compile(|x: &Array| x * 2.0 + 1.0);
    let y1 = f(&array![1.0, 2.0]);
    eval([&y1]).unwrap();
    let y2 = f(&array![10.0, 20.0]);
    eval([&y2]).unwrap();
    assert_eq!(y1.to_vec::<f32>().unwrap(), [3.0, 5.0]);
    assert_eq!(y2.to_vec::<f32>().unwrap(), [21.0, 41.0]);
}

#[test]
fn one_compiled_function_called_from_eight_threads() {
    let f = Arc::new(compile(|x: &Array| (x.sin() * x).sum(..)));
    let expected: Vec<f32> = (1..=8).map(|n| f(&Array::arange(0, n * 10, 1, Dtype::F32)).item().unwrap()).collect();
    let threads: Vec<_> = (1..=8)
        .map(|n| {
            let f = f.clone();
            std::thread::spawn(move || {
                (0..50).map(|_| f(&Array::arange(0, n * 10, 1, Dtype::F32)).item::<f32>().unwrap()).collect::<Vec<_>>()
            })
        })
        .collect();
    for (t, want) in threads.into_iter().zip(expected) {
        assert!(t.join().unwrap().iter().all(|v| v.to_bits() == want.to_bits()));
    }
}

#[test]
fn a_view_outlives_its_base() {
    let view = {
        let base = Array::arange(0, 12, 1, Dtype::F32).reshape([3, 4]) + 0.0;
        eval([&base]).unwrap();
        base.t()
    };
    // Other arrays come and go where the base was.
    for i in 0..20 {
        eval([&(Array::full([3, 4], i, Dtype::F32) + 1.0)]).unwrap();
    }
    assert_eq!(view.to_vec::<f32>().unwrap(), [0.0, 4.0, 8.0, 1.0, 5.0, 9.0, 2.0, 6.0, 10.0, 3.0, 7.0, 11.0]);
}

#[test]
fn donation_never_touches_what_a_user_can_see() {
    let fresh = || Array::arange(0, 64, 1, Dtype::F32) + 0.5;
    let want: Vec<f32> = (0..64).map(|i| i as f32 + 0.5).collect();
    // A handle on the data itself.
    let a = fresh();
    eval([&a]).unwrap();
    let b = &a * 2.0;
    eval([&b]).unwrap();
    assert_eq!(a.to_vec::<f32>().unwrap(), want);
    // A handle on a view of it.
    let a = fresh();
    eval([&a]).unwrap();
    let view = a.reshape([8, 8]);
    eval([&view]).unwrap();
    let b = &a * 2.0;
    drop(a);
    eval([&b]).unwrap();
    assert_eq!(view.to_vec::<f32>().unwrap(), want);
    // A pending graph that still needs it.
    let a = fresh();
    eval([&a]).unwrap();
    let (b, c) = (&a * 2.0, &a + 1.0);
    drop(a);
    eval([&b]).unwrap();
    assert_eq!(c.to_vec::<f32>().unwrap(), want.iter().map(|v| v + 1.0).collect::<Vec<_>>());
    // A pullback that still needs it.
    let (y, pullback) = vjp(|x: &Array| (x * x).sin())(&fresh());
    eval([&y]).unwrap();
    drop(y);
    let g = pullback(&Array::ones([64], Dtype::F32)).to_vec::<f32>().unwrap();
    assert!(g.iter().zip(&want).all(|(g, x)| (g - (x * x).cos() * 2.0 * x).abs() < 1e-2));
    // An array captured by a compiled function.
    let a = fresh();
    eval([&a]).unwrap();
    let f = compile(move |x: &Array| x + &a);
    let zero = Array::zeros([64], Dtype::F32);
    for _ in 0..3 {
        assert_eq!(f(&zero).to_vec::<f32>().unwrap(), want);
    }
    // Data that nobody else sees may be written over: the result is right.
    let mut a = fresh();
    eval([&a]).unwrap();
    for _ in 0..10 {
        a = a.reshape([8, 8]).t().reshape([64]) + 1.0;
        eval([&a]).unwrap();
    }
    let mut expected = want.clone();
    for _ in 0..10 {
        expected = (0..64).map(|i| expected[(i % 8) * 8 + i / 8] + 1.0).collect();
    }
    assert_eq!(a.to_vec::<f32>().unwrap(), expected);
}

/// A few dependent ops whose result is exact, so that every thread agrees.
fn mixed(seed: u64, shared: &[Array]) -> Array {
    let mut y = shared[seed as usize % shared.len()].clone();
    for i in 0..(seed % 7 + 3) {
        let other = &shared[(seed + i) as usize % shared.len()];
        y = match (seed >> i) % 4 {
            0 => (&y + other) * 0.5,
            1 => y.maximum(other) - 1.0,
            2 => y.t() + other,
            _ => &y - other.sum(keep(0)) * 0.125,
        };
    }
    y
}

#[test]
fn sixteen_threads_build_share_evaluate_and_drop() {
    let seconds = std::env::var("LAZULITE_STRESS_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(10);
    let shared: Vec<Array> = (0..8)
        .map(|k| {
            let v: Vec<f32> = (0..64).map(|i| ((i * 7 + k * 5) % 13) as f32 - 6.0).collect();
            // Half of them pending: threads race to evaluate the same nodes.
            let a = Array::from_slice(&v, [8, 8]).unwrap();
            if k % 2 == 0 { a } else { a + 1.0 }
        })
        .collect();
    let expected: Vec<Vec<f32>> = {
        let alone: Vec<Array> = shared.iter().map(|a| Array::from_slice(&a.to_vec::<f32>().unwrap(), [8, 8]).unwrap()).collect();
        (0..64).map(|s| mixed(s, &alone).to_vec().unwrap()).collect()
    };
    let (shared, expected) = (Arc::new(shared), Arc::new(expected));
    let end = Instant::now() + Duration::from_secs(seconds);
    let threads: Vec<_> = (0..16u64)
        .map(|t| {
            let (shared, expected) = (shared.clone(), expected.clone());
            std::thread::spawn(move || {
                let mut rounds = 0u64;
                while Instant::now() < end {
                    // Each round shares a pending array of its own with a neighbour's graph, and drops half of what it builds.
                    let seed = (t * 31 + rounds * 17) % 64;
                    let y = mixed(seed, &shared);
                    let unused = mixed(seed + 1, &shared);
                    if rounds.is_multiple_of(3) {
                        async_eval([&y]).unwrap();
                    }
                    drop(unused);
                    assert_eq!(y.to_vec::<f32>().unwrap(), expected[seed as usize], "thread {t}, seed {seed}");
                    rounds += 1;
                }
                rounds
            })
        })
        .collect();
    let rounds: u64 = threads.into_iter().map(|t| t.join().unwrap()).sum();
    println!("{rounds} rounds");
    assert!(rounds > 100);
}

#[test]
fn a_loss_that_is_kept_does_not_keep_its_step() {
    let step = compile(|(w, x): &(Array, Array)| {
        let (loss, g) = value_and_grad(|w: &Array| (x.matmul(w) - x).square().mean(..))(w);
        (loss, w - g * 0.1)
    });
    let size = 64 * 64 * 4;
    let x = (iota([64, 64], 1, Dtype::F32).unwrap() * 0.01).sin();
    eval([&x]).unwrap();
    let run = |keep: bool, n: usize| {
        let mut w = Array::zeros([64, 64], Dtype::F32) + 0.5;
        let mut losses = Vec::new();
        for _ in 0..n {
            let (loss, next) = step(&(w, x.clone()));
            eval([&loss, &next]).unwrap();
            w = next;
            if keep {
                losses.push(loss);
            }
        }
        (losses, w)
    };
    // Apart from other tests, whose memory is counted, too: the most that any ten steps hold.
    let held = |keep: bool| {
        (0..5)
            .map(|_| {
                let before = memory::active();
                let kept = run(keep, 40);
                let after = memory::active();
                drop(kept);
                after.saturating_sub(before)
            })
            .min()
            .unwrap()
    };
    assert!(held(true) < 20 * size, "forty losses hold {} bytes, a step's parameters are {size}", held(true));
    // Nor does its value change when the next step writes over the parameters.
    let (losses, w) = run(true, 20);
    let values: Vec<f32> = losses.iter().map(|l| l.item().unwrap()).collect();
    assert!(values.windows(2).all(|v| v[1] < v[0]), "{values:?}");
    let again = run(false, 20).1;
    assert_eq!(w.to_vec::<f32>().unwrap(), again.to_vec::<f32>().unwrap());
}

#[test]
fn threads_evaluate_different_outputs_of_one_call() {
    let f = Arc::new(compile(|x: &Array| (x.sum(..), x * 2.0, x.sin() + x, x.reshape([8, 8]).t() * 1.0)));
    let want = |k: usize, i: usize| {
        let x = (0..64).map(|j| ((i + j) % 9) as f32 * 0.25).collect::<Vec<_>>();
        let (a, b, c, d) = f(&Array::from_slice(&x, [64]).unwrap());
        [a, b, c, d][k].to_vec::<f32>().unwrap()
    };
    let expected: Vec<Vec<Vec<f32>>> = (0..4).map(|k| (0..9).map(|i| want(k, i)).collect()).collect();
    for round in 0..200usize {
        let i = round % 9;
        let x: Vec<f32> = (0..64).map(|j| ((i + j) % 9) as f32 * 0.25).collect();
        let (a, b, c, d) = f(&Array::from_slice(&x, [64]).unwrap());
        let barrier = std::sync::Barrier::new(4);
        std::thread::scope(|s| {
            for (k, y) in [a, b, c, d].into_iter().enumerate() {
                let (barrier, expected) = (&barrier, &expected);
                s.spawn(move || {
                    // Some go through another node, some are dropped unread, some are met by a transform.
                    barrier.wait();
                    let value = match (round + k) % 5 {
                        0 => y + 0.0,
                        1 => return drop(y),
                        2 => {
                            async_eval([&y]).unwrap();
                            y
                        }
                        3 => grad(|one: &Array| (one * &y).sum(..))(&y.ones_like()),
                        _ => y,
                    };
                    assert_eq!(value.to_vec::<f32>().unwrap(), expected[k][i], "round {round}, output {k}");
                });
            }
        });
    }
}
