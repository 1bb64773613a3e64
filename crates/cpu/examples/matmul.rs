//! Prints what products of several shapes, layouts and dtypes reach, in GFLOP/s and GB/s. The argument is the number of threads; with one,
//! the time is the processor's, so that what else runs on the machine matters less.

use lazulite_base::Dtype;
use lazulite_base::backend::{Args, Backend, Kernel};
use lazulite_base::shape::{Dims, Strides, contiguous, size};
use lazulite_base::work::{View, Work};
use lazulite_cpu::{Cpu, threads};
use std::sync::Arc;

struct Case {
    name: String,
    kernel: Arc<dyn Kernel>,
    inputs: [usize; 2],
    out: usize,
    flops: f64,
    bytes: f64,
    best: f64,
}

/// A view of these dims, its last two axes exchanged in memory if `transposed`.
fn view(dtype: Dtype, dims: &[usize], transposed: bool) -> View {
    let rank = dims.len();
    let mut stored: Dims = dims.into();
    if transposed {
        stored.swap(rank - 2, rank - 1);
    }
    let mut strides: Strides = contiguous(&stored);
    if transposed {
        strides.swap(rank - 2, rank - 1);
    }
    View { dtype, dims: dims.into(), strides }
}

fn memory(dtype: Dtype, n: usize) -> usize {
    let address = Cpu.allocate(0, 0, n * dtype.size()).expect("memory").expect("memory");
    // SAFETY: the block has so many bytes; the pattern is a small number in every dtype.
    unsafe { std::ptr::write_bytes(address as *mut u8, 0x3c, n * dtype.size()) };
    address
}

fn case(dtype: Dtype, batch: usize, [m, k, n]: [usize; 3], ta: bool, tb: bool) -> Case {
    let (a, b) = (view(dtype, &[batch, m, k], ta), view(dtype, &[batch, k, n], tb));
    let numbers = size(&a.dims) + size(&b.dims) + batch * m * n;
    let layout = ["", " a transposed", " b transposed", " both transposed"][ta as usize + 2 * tb as usize];
    Case {
        name: format!("{dtype} {batch} x ({m}, {k}) x ({k}, {n}){layout}"),
        inputs: [memory(dtype, size(&a.dims)), memory(dtype, size(&b.dims))],
        out: memory(dtype, batch * m * n),
        flops: if dtype == Dtype::C64 { 8.0 } else { 2.0 } * (batch * m * n * k) as f64,
        bytes: (numbers * dtype.size()) as f64,
        kernel: Cpu.compile(0, &Work::MatMul { a, b }).expect("it compiles").expect("a kernel"),
        best: f64::MAX,
    }
}

/// Seconds: the thread's own processor time if it is the only one.
fn now() -> f64 {
    let clock = if threads::count() == 1 { libc::CLOCK_THREAD_CPUTIME_ID } else { libc::CLOCK_MONOTONIC };
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is valid.
    unsafe { libc::clock_gettime(clock, &mut t) };
    t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9
}

fn main() {
    if let Some(count) = std::env::args().nth(1).and_then(|n| n.parse().ok()) {
        threads::set_count(count);
    }
    let square = |n| [n, n, n];
    let f = Dtype::F32;
    let mut cases = vec![];
    for (ta, tb) in [(false, false), (false, true), (true, false)] {
        cases.push(case(f, 1, square(1024), ta, tb));
    }
    cases.push(case(f, 1, square(2048), false, false));
    for n in [64, 96, 128, 192, 256, 512] {
        cases.push(case(f, 1, square(n), false, false));
    }
    for (ta, tb) in [(false, false), (false, true), (true, false)] {
        cases.push(case(f, 1, [256, 784, 512], ta, tb));
    }
    for shape in [[256, 512, 10], [784, 256, 512], [512, 256, 10], [32, 784, 256], [64, 65536, 64], [16, 16, 16]] {
        cases.push(case(f, 1, shape, false, false));
    }
    cases.push(case(f, 64, square(64), false, false));
    cases.push(case(f, 64, square(64), false, true));
    cases.push(case(f, 512, square(16), false, false));
    for (ta, n) in [(false, 64), (true, 64), (false, 256)] {
        cases.push(case(f, (1 << 20) / (n * n), [n, n, 1], ta, false));
    }
    for dtype in [Dtype::F64, Dtype::F16, Dtype::BF16, Dtype::C64] {
        cases.push(case(dtype, 1, square(1024), false, false));
    }
    for (ta, tb) in [(false, false), (false, true)] {
        cases.push(case(f, 1, [1, 4096, 4096], ta, tb));
        cases.push(case(f, 1, [1, 512, 784], ta, tb));
    }
    cases.push(case(f, 1, [4096, 4096, 1], false, false));
    cases.push(case(f, 1, [1, 1 << 20, 1], false, false));
    for _ in 0..5 {
        for c in &mut cases {
            let many = ((2e8 / c.flops.max(c.bytes * 8.0)) as usize).clamp(2, 20_000);
            for _ in 0..3 {
                let start = now();
                for _ in 0..many {
                    // SAFETY: the operands have the layouts that the kernel was compiled for.
                    unsafe {
                        c.kernel.launch(Args { inputs: &c.inputs, outputs: &[c.out], params: &[], ..Args::default() }).expect("it runs")
                    };
                }
                c.best = c.best.min((now() - start) / many as f64);
            }
        }
    }
    for c in &cases {
        println!("{:52} {:9.1} us {:8.1} GFLOP/s {:7.1} GB/s", c.name, c.best * 1e6, c.flops / c.best / 1e9, c.bytes / c.best / 1e9);
    }
}
