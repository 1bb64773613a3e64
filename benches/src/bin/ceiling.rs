//! Fused programs through the facade and as bare tapes, against hand-fused AVX2 loops of the same work and accuracy, and against a copy.
//!
//! `cargo run -p benches --bin ceiling [threads] [rounds] [part of a name] [--check]`

use benches::tapes::{Builder, N, SIDE, programs};
use benches::{Bench, minimum, seconds};
use lazulite::prelude::*;
use lazulite_base::Op;
use lazulite_base::backend::{Args, Backend};
use lazulite_cpu::tape::Compiled;
use lazulite_cpu::{Cpu, simd, threads};
use std::sync::Arc;

/// What must be reached of the hand-written loops' speed, per cent.
const TARGET: f64 = 65.0;

/// Memory for one operand from the allocator that arrays get theirs from; never freed.
fn memory() -> &'static mut [f32] {
    let address = Cpu.allocate(0, 0, 4 * N).expect("memory").expect("memory");
    // SAFETY: the block holds N floats, and nobody else knows it.
    unsafe {
        std::ptr::write_bytes(address as *mut u8, 0, 4 * N);
        std::slice::from_raw_parts_mut(address as *mut f32, N)
    }
}

fn main() -> std::process::ExitCode {
    let mut bench = Bench::start();
    if simd::level() < simd::Level::Avx2 {
        println!("nothing to compare with on a processor without AVX2");
        return bench.finish();
    }
    let (count, rounds) = (bench.number(0, threads::count()), bench.number(1, 40));
    threads::set_count(count);
    println!(
        "{N} elements at level {:?}, {count} thread(s), minima of {rounds} rounds in turns, ms; speeds of that by hand",
        simd::level()
    );
    println!("{:24} {:>7} {:>7} {:>6} {:>7} {:>6} {:>7} {:>12}", "", "by hand", "tape", "speed", "facade", "speed", "copy", "facade/copy");
    let whole: Vec<&[f32]> = (0..3)
        .map(|s| {
            let m = memory();
            m.iter_mut().enumerate().for_each(|(i, v)| *v = ((i * 2654435761 + s * 97) % 8191) as f32 / 1024.0 - 4.0);
            &*m
        })
        .collect();
    let out = memory().as_mut_ptr() as usize;
    let operands = [whole[0], whole[1], &whole[1][..SIDE], &whole[2][..SIDE]];
    let arrays: Vec<Array> = operands
        .iter()
        .map(|o| {
            let shape: &[usize] = if o.len() == N { &[SIDE, SIDE] } else { &[SIDE] };
            // SAFETY: the memory is never freed, and never written to again.
            unsafe { Array::borrow(o.as_ptr().cast(), shape, Dtype::F32, Arc::new(())) }
        })
        .collect();
    let only = bench.text(2).to_string();
    for p in programs().into_iter().filter(|p| p.name.contains(&only)) {
        let compiled = Compiled::new(&p.tape);
        let facade = compile(p.facade);
        let reads: Vec<&[f32]> = p.reads.iter().map(|&k| operands[k]).collect();
        let addresses: Vec<usize> = reads.iter().map(|r| r.as_ptr() as usize).collect();
        let bits: Vec<u64> = p.params.iter().map(|p| p.to_bits() as u64).collect();
        let shared = |f: benches::hand::Hand, ins: &[&[f32]]| {
            let pieces = 8 * count;
            // SAFETY: parts lie within the buffers, and this is for processors with AVX2 and FMA.
            threads::parallel(pieces, &|k| unsafe { f(ins, out as *mut f32, N / pieces * k..N / pieces * (k + 1)) });
        };
        let mut best = [f64::MAX; 4];
        // Each runs four times, so that it finds in the caches what it left there, not what another did.
        let mut time = |k: usize, f: &dyn Fn()| {
            (0..3).for_each(|_| f());
            best[k] = best[k].min(seconds(f) * 1e3);
        };
        for _ in 0..rounds {
            time(0, &|| shared(p.hand, &reads));
            // SAFETY: the buffers are as large as the tape's maps.
            time(1, &|| unsafe { compiled.run(Args { inputs: &addresses, outputs: &[out], params: &bits, ..Args::default() }) });
            time(2, &|| eval([&facade(&arrays)]).expect("it runs"));
            time(3, &|| shared(benches::hand::copy, &reads));
        }
        let [hand, tape, facade, copy] = best;
        let speeds = [100.0 * hand / tape, 100.0 * hand / facade];
        println!(
            "{:24} {hand:7.3} {tape:7.3} {:5.0}% {facade:7.3} {:5.0}% {copy:7.3} {:12.2}",
            p.name,
            speeds[0],
            speeds[1],
            facade / copy
        );
        bench.least(&format!("{}, tape", p.name), speeds[0], TARGET);
        bench.least(&format!("{}, facade", p.name), speeds[1], TARGET);
    }
    if only.is_empty() {
        small();
    }
    bench.finish()
}

/// What a run costs on 16 elements, and what compiling costs.
fn small() {
    for n in [4, 16, 64, 256] {
        let mut b = Builder::new(&[16], 0);
        let x = b.whole();
        let p = b.param();
        let mut v = x;
        for k in 0..n {
            v = if k % 2 == 0 { b.op(Op::Multiply, &[v, p]) } else { b.op(Op::Add, &[v, x]) };
        }
        let tape = b.out(v);
        let data = [1f32; 16];
        let mut out = [0f32; 16];
        let compiled = Compiled::new(&tape);
        let (ins, outs, params) = ([data.as_ptr() as usize], [out.as_mut_ptr() as usize], [0.5f32.to_bits() as u64]);
        let best = |reps: usize, f: &dyn Fn()| minimum(50, || seconds(|| (0..reps).for_each(|_| f())) * 1e9 / reps as f64);
        // SAFETY: the buffers are as large as the tape's maps.
        let run = best(1000, &|| unsafe { compiled.run(Args { inputs: &ins, outputs: &outs, params: &params, ..Args::default() }) });
        let compile = best(100, &|| drop(std::hint::black_box(Compiled::new(&tape))));
        println!("{n} instructions on 16 elements: {run:.0} ns a run, {compile:.0} ns to compile");
    }
}
