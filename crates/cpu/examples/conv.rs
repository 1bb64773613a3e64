//! Prints what convolutions and both their gradients reach, in GFLOP/s, and what that is of a product's rate in the same run. The
//! argument is the number of threads.

use lazulite_base::Dtype;
use lazulite_base::backend::{Args, Backend, Kernel};
use lazulite_base::shape::{contiguous, size};
use lazulite_base::work::{View, Window, Work};
use lazulite_cpu::{Cpu, threads};
use std::sync::Arc;
use std::time::Instant;

struct Case {
    name: String,
    kernel: Arc<dyn Kernel>,
    inputs: [usize; 2],
    out: usize,
    flops: f64,
    best: f64,
}

fn view(dtype: Dtype, dims: &[usize]) -> View {
    View { dtype, dims: dims.into(), strides: contiguous(dims) }
}

fn permuted(v: &View, order: &[usize]) -> View {
    View { dtype: v.dtype, dims: order.iter().map(|&a| v.dims[a]).collect(), strides: order.iter().map(|&a| v.strides[a]).collect() }
}

fn memory(dtype: Dtype, n: usize) -> usize {
    let address = Cpu.allocate(0, 0, n * dtype.size()).expect("memory").expect("memory");
    // SAFETY: the block has so many bytes; the pattern is a small number in every dtype.
    unsafe { std::ptr::write_bytes(address as *mut u8, 0x3c, n * dtype.size()) };
    address
}

fn case(name: String, work: Work, flops: f64, out: usize) -> Case {
    let (a, b) = match &work {
        Work::MatMul { a, b } => (a, b),
        Work::Conv { x, w, .. } => (x, w),
        _ => unreachable!("a product or a convolution"),
    };
    let reach = |v: &View| v.dims.iter().zip(&v.strides).map(|(&d, &s)| (d - 1) * s.unsigned_abs()).sum::<usize>() + 1;
    let inputs = [memory(a.dtype, reach(a)), memory(b.dtype, reach(b))];
    let out = memory(a.dtype, out);
    Case { name, inputs, out, flops, kernel: Cpu.compile(0, &work).expect("it compiles").expect("a kernel"), best: f64::MAX }
}

/// A convolution over two axes with "same" padding, and the gradients of its input and its kernel.
fn convolution(list: &mut Vec<Case>, dtype: Dtype, [n, s, c, o, k, stride, groups]: [usize; 7]) {
    let out = s.div_ceil(stride);
    let x = view(dtype, &[1, n, s, s, groups, c / groups]);
    let w = view(dtype, &[1, groups, o / groups, k, k, c / groups]);
    let y = view(dtype, &[1, n, out, out, groups, o / groups]);
    let flops = 2.0 * (size(&y.dims) * k * k * (c / groups)) as f64;
    let low = (k / 2) as isize;
    let each = |w: Window| [w, w].into_iter().collect();
    let name = |what: &str| format!("{dtype} {n} x {s}^2 x {c} -> {o}, {k}^2 / {stride}, {groups} groups: {what}");
    let forward = each(Window { out, stride, dilation: 1, spread: 1, low });
    list.push(case(name("forward"), Work::Conv { x: x.clone(), w: w.clone(), windows: forward, turned: false }, flops, size(&y.dims)));
    let back = permuted(&w, &[0, 1, 5, 3, 4, 2]);
    let windows = each(Window { out: s, stride: 1, dilation: 1, spread: stride, low: k as isize - 1 - low });
    list.push(case(name("input's gradient"), Work::Conv { x: y.clone(), w: back, windows, turned: false }, flops, size(&x.dims)));
    let windows = each(Window { out: k, stride: 1, dilation: stride, spread: 1, low });
    let (x, ct) = (permuted(&x, &[0, 5, 2, 3, 4, 1]), permuted(&y, &[0, 4, 5, 2, 3, 1]));
    list.push(case(name("kernel's gradient"), Work::Conv { x, w: ct, windows, turned: true }, flops, size(&w.dims)));
}

fn main() {
    if let Some(count) = std::env::args().nth(1).and_then(|n| n.parse().ok()) {
        threads::set_count(count);
    }
    let f = Dtype::F32;
    let mut cases = vec![];
    for n in [1024, 512] {
        let (a, b) = (view(f, &[n, n]), view(f, &[n, n]));
        cases.push(case(format!("product of {n}^2"), Work::MatMul { a, b }, 2.0 * (n * n * n) as f64, n * n));
    }
    for sizes in [
        [8, 56, 64, 64, 3, 1, 1],
        [8, 28, 128, 128, 3, 1, 1],
        [8, 28, 128, 256, 3, 2, 1],
        [8, 14, 512, 512, 3, 1, 1],
        [8, 112, 3, 64, 7, 2, 1],
        [64, 28, 1, 16, 5, 1, 1],
        [8, 28, 256, 256, 3, 1, 32],
        [8, 56, 128, 128, 3, 1, 128],
    ] {
        convolution(&mut cases, f, sizes);
    }
    convolution(&mut cases, Dtype::BF16, [8, 56, 64, 64, 3, 1, 1]);
    for _ in 0..4 {
        for c in &mut cases {
            let start = Instant::now();
            // SAFETY: the operands have the layouts that the kernel was compiled for.
            unsafe { c.kernel.launch(Args { inputs: &c.inputs, outputs: &[c.out], params: &[], ..Args::default() }).expect("it runs") };
            c.best = c.best.min(start.elapsed().as_secs_f64());
        }
    }
    let rate = cases[0].flops / cases[0].best;
    for c in &cases {
        let mine = c.flops / c.best;
        println!("{:62} {:8.2} ms {:8.1} GFLOP/s {:5.0} %", c.name, c.best * 1e3, mine / 1e9, 100.0 * mine / rate);
    }
}
