//! Large graphs of compiled calls run in parts: equal parts share a plan, values are those of single steps, and no work is done twice.

use lazulite::prelude::*;

/// Some 900 instructions that cannot all be one kernel: rows and columns are summed in turn.
fn long(x: &Array) -> Array {
    (0..90).fold(x.clone(), |y, i| {
        let s = y.sum(keep(i % 2)) * 0.01 + (i as f32) * 1e-4;
        (&y * 0.9 + s.sin() * &y).tanh() + 0.01
    })
}

fn start() -> Array {
    let v: Vec<f32> = (0..64).map(|i| (i % 7) as f32 * 0.2 - 0.5).collect();
    Array::from_slice(&v, [8, 8]).unwrap()
}

fn steps(f: &impl Fn(&Array) -> Array, n: usize) -> Array {
    (0..n).fold(start(), |x, _| f(&x))
}

fn bits(x: &Array) -> Vec<u32> {
    x.to_vec::<f32>().unwrap().iter().map(|v| v.to_bits()).collect()
}

#[test]
fn a_loop_of_calls_has_the_values_of_single_steps() {
    let f = compile(long);
    let alone = (0..12).fold(start(), |x, _| {
        let y = f(&x);
        eval([&y]).unwrap();
        y
    });
    assert_eq!(bits(&steps(&f, 12)), bits(&alone));
    let later = steps(&f, 12);
    async_eval([&later]).unwrap();
    assert_eq!(bits(&later), bits(&alone));
    assert!(lazulite::eval_until([&steps(&f, 12)], || false).unwrap());
}

#[test]
fn plans_do_not_grow_with_the_loop() {
    let f = compile(long);
    let plans = |n: usize| {
        let before = counters().plans;
        eval([&steps(&f, n)]).unwrap();
        counters().plans - before
    };
    // A stream of its own: what others run there decides whether memory is free to be written over. So do traces elsewhere in the
    // process, which keep what they met; without them the first loops make all the plans that there are.
    lazulite::with_stream(Stream::new(Device::cpu()), || {
        assert!((0..20).any(|round| [20, 25, 30].map(|n| plans(n + round)) == [0; 3]));
    });
}

#[test]
fn values_that_users_hold_survive_and_the_rest_is_freed() {
    let f = compile(long);
    let mut held = Vec::new();
    let mut x = start();
    for i in 0..20 {
        x = f(&x) + 0.0;
        if i % 6 == 0 {
            held.push(x.clone());
        }
    }
    let before = counters().evaluations;
    eval([&x]).unwrap();
    assert!(counters().evaluations > before + 2, "it ran in parts");
    assert!(held.iter().all(Array::is_ready), "what is held is computed on the way");
    let again = (0..20).fold((start(), Vec::new()), |(x, mut kept), i| {
        let y = f(&x) + 0.0;
        eval([&y]).unwrap();
        if i % 6 == 0 {
            kept.push(bits(&y));
        }
        (y, kept)
    });
    assert_eq!(held.iter().map(bits).collect::<Vec<_>>(), again.1);
    assert_eq!(bits(&x), bits(&again.0));
}

/// The kernels and evaluations of `f`.
fn work(f: impl FnOnce() -> Vec<Array>) -> (u64, u64) {
    let all = f();
    let before = counters();
    eval(&all).unwrap();
    (counters().kernels - before.kernels, counters().evaluations - before.evaluations)
}

#[test]
fn a_call_and_its_derivatives_stay_together() {
    let deep = compile(|x: &Array| long(&long(&long(x))).sum(..));
    // One kernel more than the gradient alone, at most a few: the forward pass is not run again.
    let alone = work(|| vec![grad(&deep)(&start())]);
    let both = work(|| {
        let (v, g) = value_and_grad(&deep)(&start());
        vec![g, v]
    });
    assert_eq!((alone.1, both.1), (1, 1));
    assert!(both.0 <= alone.0 + 3, "{both:?} {alone:?}");
    // So for a batch of both.
    let batch = stack(&[&start(), &(start() * 0.5)], 0);
    let batched = work(|| {
        let (v, g) = vmap(value_and_grad(&deep))(&batch);
        vec![g, v]
    });
    assert_eq!(batched.1, 1);
    // A loop of both is cut between its steps.
    let mut losses = Vec::new();
    let mut x = start();
    for _ in 0..4 {
        let (v, g) = value_and_grad(&deep)(&x);
        losses.push(v);
        x = &x - g * 0.1;
    }
    losses.push(x);
    let (kernels, evaluations) = work(|| losses);
    assert!(evaluations >= 4 && kernels <= 4 * (both.0 + 2), "{kernels} kernels in {evaluations} evaluations, {both:?} a step");
}

#[test]
fn a_call_of_nothing_is_evaluated() {
    let same = compile(|x: &Array| x.clone());
    let y = same(&start());
    eval([&y]).unwrap();
    assert_eq!(bits(&y), bits(&start()));
}

#[test]
fn stopping_leaves_the_rest_for_later() {
    let f = compile(long);
    let x = steps(&f, 40);
    let stopped = lazulite::eval_until([&x], || true).unwrap();
    // Whether or not it was quick enough to end, the value is right.
    assert!(!stopped || x.is_ready());
    assert_eq!(bits(&x), bits(&steps(&f, 40)));
}
