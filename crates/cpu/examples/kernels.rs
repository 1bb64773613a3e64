//! Times the kernels that are neither tapes nor products, with all threads or as many as the argument says.

use lazulite_base::Dtype;
use lazulite_base::backend::{Args, Backend};
use lazulite_base::shape::contiguous;
use lazulite_base::tape::ReduceOp;
use lazulite_base::work::{Combine, ScanOp, View, Work};
use lazulite_cpu::{Cpu, threads};
use std::time::Instant;

const N: usize = 1 << 22;

fn view(dtype: Dtype, dims: &[usize]) -> View {
    View { dtype, dims: dims.into(), strides: contiguous(dims) }
}

fn main() {
    if let Some(count) = std::env::args().nth(1).and_then(|n| n.parse().ok()) {
        threads::set_count(count);
    }
    let block = || Cpu.allocate(0, 0, N * 8).expect("memory").expect("memory");
    let (x, index, out) = (block(), block(), block());
    let mut state = 1u64;
    for i in 0..N {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        // SAFETY: the blocks have room for N numbers of 8 bytes.
        unsafe {
            *(x as *mut f32).add(i) = (state >> 40) as f32 / 1e4;
            *(index as *mut u32).add(i) = (state >> 33) as u32 % 4096;
        }
    }
    let report = |name: &str, bytes: usize, work: Work, inputs: &[usize]| {
        let kernel = Cpu.compile(0, &work).expect("it compiles").expect("a kernel");
        let mut best = f64::MAX;
        for _ in 0..15 {
            let start = Instant::now();
            // SAFETY: the blocks are larger than any operand.
            unsafe { kernel.launch(Args { inputs, outputs: &[out], params: &[], ..Args::default() }).expect("it runs") };
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{name:44} {:9.1} us {:7.1} GB/s", best * 1e6, bytes as f64 / best / 1e9);
    };
    let f = Dtype::F32;
    let max = |dims: &[usize], axis| Work::ArgReduce { x: view(f, dims), axis, op: ReduceOp::Max };
    report("argmax of 2^22", 4 * N, max(&[N], 0), &[x]);
    report("argmax of 4096 rows of 1024", 4 * N, max(&[4096, 1024], 1), &[x]);
    report("argmax of 1024 columns of 4096", 4 * N, max(&[4096, 1024], 0), &[x]);
    report("argmax of 2^18 rows of 16", 4 * N, max(&[1 << 18, 16], 1), &[x]);
    report("argsort of 2^20", 8 << 20, Work::ArgSort { x: view(f, &[1 << 20]) }, &[x]);
    report("argsort of 4096 rows of 256", 8 << 20, Work::ArgSort { x: view(f, &[4096, 256]) }, &[x]);
    report("random bits, 2^22 words", 4 * N, Work::RandomBits { keys: 1, n: N, width: 4 }, &[index]);
    let rows = view(Dtype::U32, &[4096]);
    let axes = || [0].as_slice().into();
    let table = view(f, &[4096, 512]);
    report(
        "gather of 4096 rows of 512",
        16 << 20,
        Work::Gather { x: table.clone(), axes: axes(), indices: vec![rows.clone()] },
        &[x, index],
    );
    let ones = view(Dtype::U32, &[1 << 20]);
    report(
        "gather of 2^20 numbers",
        12 << 20,
        Work::Gather { x: view(f, &[4096]), axes: axes(), indices: vec![ones.clone()] },
        &[x, index],
    );
    let add = |out, updates, index| Work::Scatter { out, updates, axes: axes(), indices: vec![index], mode: Combine::Add };
    report("scatter-add of 4096 rows of 512", 24 << 20, add(table.clone(), table.clone(), rows), &[x, index]);
    report("scatter-add of 2^20 numbers", 16 << 20, add(view(f, &[4096]), view(f, &[1 << 20]), ones), &[x, index]);
    let along = |dims: &[usize], n: &[usize], axis| Work::GatherAlong { x: view(f, dims), index: view(Dtype::U32, n), axis };
    report("gather along the last axis, 256 of 4096", 12 << 20, along(&[256, 4096], &[256, 4096], 1), &[x, index]);
    report("gather along the first axis, 256 of 4096", 12 << 20, along(&[4096, 256], &[4096, 256], 0), &[x, index]);
    let scan = |dtype, dims: &[usize], axis, op, reverse| {
        let factors = (op == ScanOp::Linear).then(|| view(dtype, dims));
        Work::Scan { x: view(dtype, dims), factors, axis, op, reverse, exclusive: false }
    };
    let square = [2048, 2048];
    for op in [ScanOp::Sum, ScanOp::Max, ScanOp::LogAddExp, ScanOp::Linear] {
        report(&format!("scan ({}) of 2048 rows of 2048", op.name()), 8 * N, scan(f, &square, 1, op, false), &[x, x]);
        report(&format!("scan ({}) of 2048 columns of 2048", op.name()), 8 * N, scan(f, &square, 0, op, false), &[x, x]);
    }
    for (dtype, bytes) in [(Dtype::BF16, 4), (Dtype::I32, 8), (Dtype::I64, 16), (Dtype::C64, 16)] {
        report(&format!("scan (sum) of 2048 rows of 2048, {dtype}"), bytes * N, scan(dtype, &square, 1, ScanOp::Sum, false), &[x]);
    }
    report("scan (sum) of 2048 rows of 2048, reverse", 8 * N, scan(f, &square, 1, ScanOp::Sum, true), &[x]);
    report("scan (sum) of 2^22", 8 * N, scan(f, &[N], 0, ScanOp::Sum, false), &[x]);
    for n in [8, 40, 200] {
        let rows = N / n;
        report(&format!("scan (sum) of {rows} rows of {n}"), 8 * rows * n, scan(f, &[rows, n], 1, ScanOp::Sum, false), &[x]);
    }
}
