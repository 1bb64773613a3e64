//! Times scans of about 2^22 elements and prints a checksum of each result: `scan [threads]`.

use lazulite_base::Dtype;
use lazulite_base::backend::{Args, Backend};
use lazulite_base::shape::contiguous;
use lazulite_base::work::{ScanOp, View, Work};
use lazulite_cpu::{Cpu, threads};
use std::time::Instant;

const N: usize = 1 << 22;

fn main() {
    if let Some(count) = std::env::args().nth(1).and_then(|n| n.parse().ok()) {
        threads::set_count(count);
    }
    let block = || Cpu.allocate(0, 0, N * 8).expect("memory").expect("memory");
    let (x, factors, out) = (block(), block(), block());
    // Both halves of a number are a bfloat16's.
    let mut state = 1u64;
    for i in 0..2 * N {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let number = |bits: u64, low: f32| low + (bits as u16) as f32 / (1 << 16) as f32 / 2.0;
        let twice = |a: f32, b: f32| a.to_bits() >> 16 << 16 | b.to_bits() >> 16;
        // SAFETY: the blocks have room for so many numbers of 4 bytes.
        unsafe {
            *(x as *mut u32).add(i) = twice(number(state >> 48, -0.25), number(state >> 32, -0.25));
            *(factors as *mut u32).add(i) = twice(number(state >> 48, 0.5), number(state >> 32, 0.5));
        }
    }
    let report = |name: &str, dtype: Dtype, op: ScanOp, dims: &[usize], axis: usize, reverse: bool| {
        let view = View { dtype, dims: dims.into(), strides: contiguous(dims) };
        let work = Work::Scan { x: view.clone(), factors: (op == ScanOp::Linear).then_some(view), axis, op, reverse, exclusive: false };
        let kernel = Cpu.compile(0, &work).expect("it compiles").expect("a kernel");
        let mut best = f64::MAX;
        for _ in 0..if op == ScanOp::LogAddExp { 4 } else { 12 } {
            let start = Instant::now();
            // SAFETY: the blocks are larger than any operand.
            unsafe { kernel.launch(Args { inputs: &[x, factors], outputs: &[out], params: &[], ..Args::default() }).expect("it runs") };
            best = best.min(start.elapsed().as_secs_f64());
        }
        // SAFETY: the block has so many bytes, all of which were written.
        let bytes = unsafe { std::slice::from_raw_parts(out as *const u8, dims.iter().product::<usize>() * dtype.size()) };
        let sum = bytes.iter().fold(0xcbf29ce484222325u64, |h, &b| (h ^ b as u64).wrapping_mul(0x100000001b3));
        let what = format!("{} of {dtype}", op.name());
        println!("{name:34} {what:20} {:9.3} ms  {sum:016x}", best * 1e3);
    };
    let kinds = [Dtype::F32, Dtype::BF16, Dtype::I32, Dtype::C64].map(|d| (d, ScanOp::Sum));
    let others = [(Dtype::F32, ScanOp::LogAddExp), (Dtype::F32, ScanOp::Linear), (Dtype::C64, ScanOp::Prod), (Dtype::F32, ScanOp::Max)];
    for (dtype, op) in kinds.into_iter().chain(others) {
        for n in [8, 16, 31, 64, 200, 1000, 4096, 1 << 20] {
            report(&format!("{} rows of {n}", N / n), dtype, op, &[N / n, n], 1, false);
        }
        for (n, columns) in [(8, N / 8), (2048, 2048), (N / 8, 8)] {
            report(&format!("{columns} columns of {n}"), dtype, op, &[n, columns], 0, false);
        }
        report("2048 rows of 2048, reverse", dtype, op, &[2048, 2048], 1, true);
    }
}
