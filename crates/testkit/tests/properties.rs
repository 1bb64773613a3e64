//! Random programs under random transforms: against the interpreter, against finite differences, and bit for bit over fusion, threads,
//! repetition and compilation.

use lazulite::{Array, Dtype};
use lazulite_cpu::threads;
use lazulite_testkit::matrix::Function;
use lazulite_testkit::reference::program::{self, Limits, Program, SMALL, WIDE};
use lazulite_testkit::reference::source;
use lazulite_testkit::reference::stack::{self, Stack, weights};
use lazulite_testkit::takes;
use lazulite_testkit::tensor::{Tensor, bits};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::cell::Cell;

type Genes = (Vec<(u8, u8)>, Vec<program::Gene>, Vec<stack::Gene>);

/// Numbers for up to `steps` steps and `transforms` transforms.
fn genes(steps: usize, transforms: usize) -> impl Strategy<Value = Genes> {
    let shapes = prop::collection::vec(any::<(u8, u8)>(), 1..=3);
    let steps = prop::collection::vec(any::<program::Gene>(), 1..=steps);
    (shapes, steps, prop::collection::vec(any::<stack::Gene>(), 0..=transforms))
}

fn decode((shapes, steps, transforms): &Genes, limits: Limits) -> Stack {
    Stack::decode(Program::decode(shapes, steps, limits), transforms)
}

fn arrays(list: &[Tensor], d: Dtype) -> Vec<Array> {
    list.iter().map(|t| t.cast(d).array()).collect()
}

fn bits_of(f: &Function, x: &[Array]) -> Result<Vec<Vec<u64>>, String> {
    f(x).map_err(|e| e.to_string())?.iter().map(|a| bits(a).map_err(|e| e.to_string())).collect()
}

/// Runs a property over so many cases, times `LAZULITE_CASES` (0.1, say) if that is set, or this process's share of them; a failure prints the smallest one as a test.
fn check(cases: u32, seed: u8, strategy: impl Strategy<Value = Genes>, limits: Limits, property: fn(&Stack) -> Result<(), String>) {
    let times: f64 = std::env::var("LAZULITE_CASES").ok().and_then(|t| t.parse().ok()).unwrap_or(1.0);
    let config =
        Config { cases: ((cases as f64 * times) as u32).max(1), failure_persistence: None, max_shrink_iters: 4000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let (case, failed) = (Cell::new(0), Cell::new(false));
    let result = runner.run(&strategy, |genes| {
        // Of what comes after a failure, each is a smaller one to try.
        if !failed.get() && !takes(case.replace(case.get() + 1)) {
            return Ok(());
        }
        property(&decode(&genes, limits)).map_err(|e| {
            failed.set(true);
            TestCaseError::fail(e)
        })
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, genes)) => {
            let stack = decode(&genes, limits);
            let test = source::test(&stack, &weights(3, stack.outputs()), &weights(2, stack.inputs()));
            panic!("{reason}\nunder {:?}; as a test:\n\n{test}", stack.transforms);
        }
        Err(TestError::Abort(reason)) => panic!("gave up: {reason}"),
    }
}

/// A combination of a function's results at `x`, and the size of its terms.
fn combination(f: &Function, u: &[Tensor], x: &[Tensor]) -> Result<(f64, f64), String> {
    let y = f(&arrays(x, Dtype::F64)).map_err(|e| e.to_string())?;
    let (mut sum, mut size) = (0.0, 0.0);
    for (y, u) in y.iter().zip(u) {
        let y = Tensor::read(y).map_err(|e| e.to_string())?;
        if y.dims != u.dims {
            return Err(format!("a result has the shape {:?}, not {:?}", y.dims, u.dims));
        }
        sum += y.dot(u);
        size += y.values.iter().map(|v| v.norm()).sum::<f64>();
    }
    Ok((sum, size))
}

fn agrees_with_the_interpreter(stack: &Stack) -> Result<(), String> {
    let f = stack.function(Dtype::F64);
    let x = weights(2, stack.inputs());
    for seed in [3, 4] {
        let u = weights(seed, stack.outputs());
        let (found, size) = combination(&f, &u, &x)?;
        let expected = stack.expected(&u, &x);
        let wrong = |e: f64| e.is_nan() || e > 1e-9 * (1.0 + size);
        if wrong((found - expected).abs()) {
            return Err(format!("{found} instead of {expected}"));
        }
    }
    Ok(())
}

fn agrees_with_differences(stack: &Stack) -> Result<(), String> {
    let f = stack.function(Dtype::F64);
    let (x, u, t) = (weights(2, stack.inputs()), weights(3, stack.outputs()), weights(5, stack.inputs()));
    let h = 1e-3;
    let at = |s: f64| combination(&f, &u, &x.iter().zip(&t).map(|(x, t)| x.plus(t, s * h)).collect::<Vec<_>>());
    let ((p1, size), (m1, _), (p2, _), (m2, _)) = (at(1.0)?, at(-1.0)?, at(2.0)?, at(-2.0)?);
    let difference = (8.0 * (p1 - m1) - (p2 - m2)) / (12.0 * h);
    let exact = stack.slope(&u, &x, &t);
    let limit = 1e-6 * (1.0 + size + exact.abs());
    if (difference - exact).abs() <= limit { Ok(()) } else { Err(format!("a difference of {difference}, not {exact}")) }
}

/// The bits of one function in every way to run it.
fn same_bits(stack: &Stack) -> Result<(), String> {
    for d in [Dtype::F32, Dtype::F64] {
        let f = stack.function(d);
        let x = arrays(&weights(2, stack.inputs()), d);
        let first = bits_of(&f, &x)?;
        let _switches = lazulite_testkit::exclusive();
        let apart = {
            lazulite::set_fusion(false);
            let apart = bits_of(&f, &x);
            lazulite::set_fusion(true);
            apart?
        };
        if first != apart {
            return Err(format!("{d}: other bits without fusion"));
        }
        let count = threads::count();
        for n in [1, 2] {
            threads::set_count(n);
            let shared = bits_of(&f, &x);
            threads::set_count(count);
            if first != shared? {
                return Err(format!("{d}: other bits with {n} threads"));
            }
        }
        for call in 2..=10 {
            if first != bits_of(&f, &x)? {
                return Err(format!("{d}: other bits at call {call}"));
            }
        }
        let plain = stack.function(d);
        let compiled = lazulite::compile(move |x: &Vec<Array>| plain(x));
        let compiled: Function = std::sync::Arc::new(move |x: &[Array]| compiled(&x.to_vec()));
        for call in ["first", "second"] {
            if first != bits_of(&compiled, &x)? {
                return Err(format!("{d}: other bits at the {call} call of the compiled function"));
            }
        }
    }
    Ok(())
}

#[test]
fn programs_agree_with_the_interpreter() {
    check(200, 1, genes(12, 0), SMALL, agrees_with_the_interpreter);
}

#[test]
fn stacks_agree_with_the_interpreter() {
    check(1000, 2, genes(12, 4), SMALL, agrees_with_the_interpreter);
}

#[test]
fn derivatives_agree_with_differences() {
    check(200, 3, genes(12, 3), SMALL, agrees_with_differences);
}

#[test]
fn every_way_to_run_a_stack_gives_the_same_bits() {
    check(500, 4, genes(12, 4), SMALL, same_bits);
}

#[test]
fn large_arrays_give_the_same_bits() {
    check(40, 5, genes(8, 2), WIDE, same_bits);
}
