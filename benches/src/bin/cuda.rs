//! Figures of the CUDA backend: bandwidth of fused work, rows, products, chains of small operations, a training step, first calls.
//! Work is started asynchronously and waited for once; a figure is the median of rounds.
//!
//! `cargo run --release -p benches --features cuda --bin cuda [PART OF A NAME...]`

use benches::{median, seconds};
use lazulite::nn;
use lazulite::prelude::*;
use std::process::ExitCode;

/// Seconds of one call of `f`: rounds of calls that are started together.
fn time(f: &dyn Fn() -> Vec<Array>) -> f64 {
    let round = |n: usize| {
        seconds(|| {
            for _ in 0..n {
                async_eval(&f()).expect("it runs");
            }
            Stream::default().synchronize().expect("it runs");
        })
    };
    round(3);
    let n = ((0.05 / (round(5) / 5.0)) as usize).clamp(3, 300);
    median(7, || round(n)) / n as f64
}

fn report(name: &str, bytes: f64, flops: f64, f: &dyn Fn() -> Vec<Array>) {
    let mut wanted = std::env::args().skip(1).peekable();
    if wanted.peek().is_some() && !wanted.any(|w| name.contains(&w)) {
        return;
    }
    let t = time(f);
    let rate = match (bytes, flops) {
        (b, _) if b > 0.0 => format!("{:.2} TB/s", b / t / 1e12),
        (_, w) if w > 0.0 => format!("{:.0} TFLOP/s", w / t / 1e12),
        _ => String::new(),
    };
    println!("{name:<44} {:>9.4} ms  {rate}", t * 1e3);
}

fn gelu(x: &Array) -> Array {
    x * (1.0 + (x / 2f32.sqrt()).erf()) / 2.0
}

fn layer_norm(x: &Array, w: &Array) -> Array {
    let mean = x.mean(keep(-1));
    let c = x - &mean;
    let v = (&c * &c).mean(keep(-1));
    c * (v + 1e-5).rsqrt() * w
}

/// A chain of `n` kernels: a sum of rows of a matrix waits for all of it, and what reads all sums waits for them.
fn sums(x: &Array, n: usize) -> Array {
    (0..n / 2).fold(x.clone(), |y, _| y.sum(keep(-1)).sum(keep(0)) * 1e-3 + y)
}

/// A chain of `n` small operations that no tape can hold as one: every step meets another array.
fn chain(x: &Array, n: usize) -> Array {
    (0..n).fold(x.clone(), |y, i| if i % 2 == 0 { y + 1.0 } else { y * 0.5 })
}

/// Weights, with biases after them if they are asked for, inputs and labels.
fn mlp(sizes: &[usize], batch: usize, biases: bool) -> (Vec<Array>, Array, Array) {
    let key = random::key(7);
    let mut weights: Vec<Array> = sizes.windows(2).map(|w| random::normal([w[0], w[1]], &key) * 0.05).collect();
    if biases {
        weights.extend(sizes[1..].iter().map(|&n| Array::zeros([n], Dtype::F32) + 0.0));
    }
    let x = random::normal([batch, sizes[0]], &random::key(1));
    let y = random::randint(0, 10, [batch], Dtype::I32, &random::key(2));
    (weights, x, y)
}

fn main() -> ExitCode {
    if !lazulite_cuda::is_available() {
        println!("no device: {}", lazulite_cuda::why_not().unwrap_or_default());
        return ExitCode::FAILURE;
    }
    let first = seconds(|| eval([&(Array::ones([1 << 20], Dtype::F32) + 1.0)]).expect("it runs"));
    println!("{}; first kernel {:.0} ms", Stream::default().device, first * 1e3);
    let start = std::time::Instant::now();
    let x = random::normal([1 << 20], &random::key(3));
    eval([&x]).expect("it runs");
    let c = compile(gelu);
    let call = seconds(|| eval([&c(&x)]).expect("it runs"));
    println!("first call of a compiled gelu: {:.1} ms (its input: {:.1} ms)", call * 1e3, start.elapsed().as_secs_f64() * 1e3);
    bandwidth();
    products();
    launches();
    training(false);
    training(true);
    ExitCode::SUCCESS
}

fn bandwidth() {
    let c = compile(gelu);
    let n = 1usize << 27;
    let (x, y) = (random::normal([n], &random::key(0)), random::normal([n], &random::key(1)));
    eval([&x, &y]).expect("it runs");
    let b = 4.0 * n as f64;
    report("copy of 2^27 f32 (a tape)", 2.0 * b, 0.0, &|| vec![&x + 0.0]);
    report("gelu of 2^27 f32, eager", 2.0 * b, 0.0, &|| vec![gelu(&x)]);
    report("gelu of 2^27 f32, compiled", 2.0 * b, 0.0, &|| vec![c(&x)]);
    report("add of 2^27 f32", 3.0 * b, 0.0, &|| vec![&x + &y]);
    report("exp(sin x * y) + cos x of 2^27 f32", 3.0 * b, 0.0, &|| vec![(x.sin() * &y).exp() + x.cos()]);
    let h = x.astype(Dtype::BF16);
    eval([&h]).expect("it runs");
    report("gelu of 2^27 bf16", b, 0.0, &|| vec![gelu(&h)]);
    report("sum of 2^27 f32", b, 0.0, &|| vec![x.sum(..)]);
    let m = x.reshape([16384, 8192]);
    let row = Array::ones([8192], Dtype::F32) * 0.5;
    eval([&m, &row]).expect("it runs");
    report("sum over axis 0 of 16384 x 8192 f32", b, 0.0, &|| vec![m.sum(0)]);
    report("sum over axis 1 of 16384 x 8192 f32", b, 0.0, &|| vec![m.sum(1)]);
    report("softmax of 16384 x 8192 f32", 2.0 * b, 0.0, &|| vec![m.softmax(-1)]);
    report("layer norm of 16384 x 8192 f32", 2.0 * b, 0.0, &|| vec![layer_norm(&m, &row)]);
    let s = x.reshape([131_072, 1024]);
    let short = Array::ones([1024], Dtype::F32) * 0.5;
    eval([&short]).expect("it runs");
    report("softmax of 131072 x 1024 f32", 2.0 * b, 0.0, &|| vec![s.softmax(-1)]);
    report("layer norm of 131072 x 1024 f32", 2.0 * b, 0.0, &|| vec![layer_norm(&s, &short)]);
    report("matrix + row of 16384 x 8192 f32", 2.0 * b, 0.0, &|| vec![&m + &row]);
    report("transposed + 1 of 16384 x 8192 f32", 2.0 * b, 0.0, &|| vec![(m.t() + 1.0).reshape([-1])]);
    let index = random::randint(0, 16384, [1 << 14], Dtype::I32, &random::key(4));
    eval([&index]).expect("it runs");
    report("16384 rows of 8192 f32 gathered", 2.0 * b, 0.0, &|| vec![m.take(&index, 0)]);
    report("argmax over axis 1 of 16384 x 8192 f32", b, 0.0, &|| vec![m.argmax(-1)]);
    report("argmax over axis 0 of 16384 x 8192 f32", b, 0.0, &|| vec![m.argmax(0)]);
    report("argmax of 2^27 f32", b, 0.0, &|| vec![x.argmax(0)]);
    report("rows of 8192 of 16384 x 8192 f32 argsorted", b, 0.0, &|| vec![m.argsort(-1)]);
    report("rows of 8192 of 16384 x 8192 f32 sorted", b, 0.0, &|| vec![m.sort(-1)]);
    report("rows of 1024 of 131072 x 1024 f32 argsorted", b, 0.0, &|| vec![s.argsort(-1)]);
    report("rows of 8192 of 16384 x 8192 f32 summed up", 2.0 * b, 0.0, &|| vec![m.cumsum(-1)]);
    report("columns of 16384 x 8192 f32 summed up", 2.0 * b, 0.0, &|| vec![m.cumsum(0)]);
    report("2^27 f32 summed up", 2.0 * b, 0.0, &|| vec![x.cumsum(0)]);
    let long = x.reshape([8, 1 << 24]);
    report("8 rows of 2^24 f32 argsorted", b, 0.0, &|| vec![long.argsort(-1)]);
    report("normal numbers, 2^27 f32", b, 0.0, &|| vec![random::normal([n], &random::key(3))]);
    report("random bits, 2^27 u32", b, 0.0, &|| vec![random::bits([n], Dtype::U32, &random::key(3))]);
    let turned = h.reshape([16384, 8192]);
    report("transposed + 1 of 16384 x 8192 bf16", b, 0.0, &|| vec![(turned.t() + 1.0).reshape([-1])]);
    let heads = x.reshape([64, 1024, 16, 128]);
    report("axes 1 and 3 of 64 x 1024 x 16 x 128 f32 swapped", 2.0 * b, 0.0, &|| vec![heads.swapaxes(1, 3) + 1.0]);
    report("axes 1 and 2 of 64 x 1024 x 16 x 128 f32 swapped", 2.0 * b, 0.0, &|| vec![heads.swapaxes(1, 2) + 1.0]);
    drop((turned, heads, long));
    drop((x, y, h, m, s));
    memory::clear_cache();
}

fn products() {
    for (d, n) in [(Dtype::BF16, 8192usize), (Dtype::F16, 8192), (Dtype::F32, 4096), (Dtype::F64, 4096)] {
        let a = random::normal([n, n], &random::key(5)).astype(d);
        let w = random::normal([n, n], &random::key(6)).astype(d);
        eval([&a, &w]).expect("it runs");
        let flops = 2.0 * (n as f64).powi(3);
        report(&format!("product of {n} x {n} {d}"), 0.0, flops, &|| vec![a.matmul(&w)]);
        report(&format!("product of {n} x {n} {d}, second transposed"), 0.0, flops, &|| vec![a.matmul(&w.t())]);
    }
}

/// Much to launch and little to do.
fn launches() {
    let x = Array::ones([16], Dtype::F32) * 1.0;
    eval([&x]).expect("it runs");
    report("1000 small operations, eager", 0.0, 0.0, &|| vec![chain(&x, 1000)]);
    let compiled = compile(|x: &Array| chain(x, 1000));
    report("1000 small operations, compiled", 0.0, 0.0, &|| vec![compiled(&x)]);
    report("one small operation", 0.0, 0.0, &|| vec![&x + 1.0]);
    lazulite::set_fusion(false);
    report("1000 small operations, a kernel each", 0.0, 0.0, &|| vec![chain(&x, 1000)]);
    lazulite::set_fusion(true);

    let small = Array::ones([32, 32], Dtype::F32) * 1.0;
    eval([&small]).expect("it runs");
    for n in [4, 8, 16, 64, 256] {
        let f = compile(move |x: &Array| sums(x, n));
        report(&format!("{n} sums that cannot fuse, compiled"), 0.0, 0.0, &|| vec![f(&small)]);
    }
    println!("{}", explain(&[&sums(&small, 16)]).lines().last().unwrap_or_default());
}

/// A step of an MLP.
fn training(biases: bool) {
    let (weights, x, y) = mlp(&[784, 512, 512, 10], 8192, biases);
    eval(weights.iter().chain([&x, &y])).expect("it runs");
    let loss = move |(w, x, y): &(Vec<Array>, Array, Array)| {
        let layer = |x: &Array, k: usize| if biases { x.matmul(&w[k]) + &w[k + 3] } else { x.matmul(&w[k]) };
        let h = layer(x, 0).maximum(0.0);
        let h = layer(&h, 1).maximum(0.0);
        nn::losses::cross_entropy(&layer(&h, 2), y).mean(..)
    };
    let step = compile(move |(w, x, y): &(Vec<Array>, Array, Array)| {
        let (l, g): (Array, Vec<Array>) = value_and_grad(|w: &Vec<Array>| loss(&(w.clone(), x.clone(), y.clone())))(w);
        let w: Vec<Array> = w.iter().zip(&g).map(|(w, g)| w - g * 0.1).collect();
        (l, w)
    });
    let state = std::cell::RefCell::new(weights);
    let run = || {
        let (l, w) = step(&(state.take(), x.clone(), y.clone()));
        let mut all = vec![l];
        all.extend(w.iter().cloned());
        *state.borrow_mut() = w;
        all
    };
    let first = seconds(|| eval(&run()).expect("it runs"));
    println!("first MLP step: {:.1} ms", first * 1e3);
    let name = if biases { "MLP step 784-512-512-10 with biases, batch 8192" } else { "MLP step 784-512-512-10, batch 8192" };
    report(name, 0.0, 0.0, &run);
    let waited = median(7, || seconds(|| (0..100).for_each(|_| eval(&run()).expect("it runs"))));
    println!("{:<44} {:>9.4} ms", "  each step waited for", waited * 10.0);
    let listing = explain(&run().iter().collect::<Vec<_>>());
    println!("{}", if std::env::var_os("BENCH_EXPLAIN").is_some() { &listing } else { listing.lines().last().unwrap_or_default() });
}
