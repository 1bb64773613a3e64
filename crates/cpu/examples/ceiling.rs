//! Tapes against hand-fused AVX2 loops of the same work and accuracy, and against a copy; paired minima over interleaved runs.
//!
//! `cargo run --release -p lazulite-cpu --example ceiling [threads] [rounds] [part of a name]`

use lazulite_base::backend::Args;
use lazulite_base::shape::contiguous;
use lazulite_base::tape::{Inst, Instr, Map, Order, ReduceOp, Tape, Varies};
use lazulite_base::{Dtype, Op};
use lazulite_cpu::math::{Cos, Erf, Exp, Function, Sin};
use lazulite_cpu::simd::{F32s, avx2::A8};
use lazulite_cpu::tape::Compiled;
use lazulite_cpu::threads;
use std::time::Instant;

const SIDE: usize = 2048;
const N: usize = SIDE * SIDE;

/// Builds tapes of f32.
struct Builder(Tape);

impl Builder {
    fn new(dims: &[usize], inner: usize) -> Builder {
        let dims = dims.iter().copied().collect();
        Builder(Tape { dims, inner, order: Order::Lanes, inputs: vec![], params: vec![], code: vec![], outputs: vec![] })
    }
    fn push(&mut self, inst: Inst, varies: Varies) -> u32 {
        self.0.code.push(Instr { inst, dtype: Dtype::F32, varies });
        self.0.code.len() as u32 - 1
    }
    fn load(&mut self, strides: &[isize]) -> u32 {
        self.0.inputs.push(Map { dtype: Dtype::F32, strides: strides.iter().copied().collect() });
        self.push(Inst::Load(self.0.inputs.len() as u32 - 1), Varies::Element)
    }
    fn whole(&mut self) -> u32 {
        let s = contiguous(&self.0.dims);
        self.load(&s)
    }
    fn param(&mut self) -> u32 {
        self.0.params.push(Dtype::F32);
        self.push(Inst::Param(self.0.params.len() as u32 - 1), Varies::Not)
    }
    fn op(&mut self, op: Op, r: &[u32]) -> u32 {
        let varies = r.iter().map(|&r| self.0.code[r as usize].varies).max().expect("operands");
        let mut regs = [0; 3];
        regs[..r.len()].copy_from_slice(r);
        self.push(Inst::Apply(op, regs), varies)
    }
    fn reduce(&mut self, op: ReduceOp, r: u32) -> u32 {
        self.push(Inst::Reduce(op, r), Varies::Outer)
    }
    fn out(mut self, r: u32) -> Tape {
        let mut strides = contiguous(&self.0.dims);
        if self.0.code[r as usize].varies == Varies::Outer {
            let outer = self.0.outer();
            strides = contiguous(&self.0.dims[..outer]);
            strides.resize(self.0.dims.len(), 0);
        }
        self.0.outputs.push((r, Map { dtype: Dtype::F32, strides }));
        self.0.validate().expect("a sound tape");
        self.0
    }
}

/// Memory aligned as a backend aligns it.
#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line([f32; 16]);

/// What a hand-written loop gets: inputs, output, and its part of the elements.
type Hand = fn(&[&[f32]], *mut f32, std::ops::Range<usize>);

macro_rules! hand {
    ($name:ident, $part:ident, |$ins:ident, $out:ident, $range:ident| $body:block) => {
        fn $name($ins: &[&[f32]], $out: *mut f32, $range: std::ops::Range<usize>) {
            // SAFETY: this example runs on processors with AVX2 and FMA only; ranges lie within the buffers.
            unsafe { $part($ins, $out, $range) }
        }
        #[target_feature(enable = "avx2,fma")]
        unsafe fn $part($ins: &[&[f32]], $out: *mut f32, $range: std::ops::Range<usize>) {
            // SAFETY: as above.
            unsafe { $body }
        }
    };
}

#[inline(always)]
unsafe fn pairs(out: *mut f32, range: std::ops::Range<usize>, f: impl Fn(usize) -> A8) {
    let mut i = range.start;
    while i + 16 <= range.end {
        let (a, b) = (f(i), f(i + 8));
        // SAFETY: the caller's range.
        unsafe {
            a.store(out.add(i));
            b.store(out.add(i + 8));
        }
        i += 16;
    }
}

hand!(copy, copy_part, |ins, out, r| { pairs(out, r, |i| A8::load(ins[0].as_ptr().add(i))) });

hand!(gelu, gelu_part, |ins, out, r| {
    pairs(out, r, |i| {
        let x = A8::load(ins[0].as_ptr().add(i));
        let e = Erf::of(x.mul(A8::splat(std::f32::consts::FRAC_1_SQRT_2)));
        x.mul(A8::splat(0.5)).mul(e.add(A8::splat(1.0)))
    })
});

hand!(waves, waves_part, |ins, out, r| {
    pairs(out, r, |i| {
        let (x, y) = (A8::load(ins[0].as_ptr().add(i)), A8::load(ins[1].as_ptr().add(i)));
        Exp::of(Sin::of(x).mul(y)).add(Cos::of(x))
    })
});

hand!(chain, chain_part, |ins, out, r| {
    pairs(out, r, |i| {
        let x = A8::load(ins[0].as_ptr().add(i));
        let mut v = x;
        for _ in 0..10 {
            v = v.mul(A8::splat(0.5)).add(x);
        }
        v
    })
});

#[inline(always)]
fn total(v: [A8; 4], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut a = [0f32; 32];
    for (k, v) in v.iter().enumerate() {
        // SAFETY: the array has 32 places.
        unsafe { v.store(a.as_mut_ptr().add(8 * k)) }
    }
    let mut w = 16;
    while w > 0 {
        for l in 0..w {
            a[l] = f(a[l], a[l + w]);
        }
        w /= 2;
    }
    a[0]
}

#[inline(always)]
unsafe fn fold(p: *const f32, start: f32, f: impl Fn(A8, A8) -> A8, g: impl Fn(f32, f32) -> f32) -> f32 {
    let mut acc = [A8::splat(start); 4];
    for i in (0..SIDE).step_by(32) {
        for (k, a) in acc.iter_mut().enumerate() {
            // SAFETY: the row has SIDE elements.
            *a = f(*a, unsafe { A8::load(p.add(i + 8 * k)) });
        }
    }
    total(acc, g)
}

hand!(norm, norm_part, |ins, out, r| {
    for row in r.start / SIDE..r.end / SIDE {
        let (p, q) = (ins[0].as_ptr().add(row * SIDE), out.add(row * SIDE));
        let mean = A8::splat(fold(p, 0.0, |a, x| a.add(x), |a, b| a + b) / SIDE as f32);
        let var = fold(p, 0.0, |a, x| x.sub(mean).fma(x.sub(mean), a), |a, b| a + b) / SIDE as f32;
        let scale = A8::splat(1.0 / (var + 1e-5).sqrt());
        pairs(q, 0..SIDE, |i| {
            let d = A8::load(p.add(i)).sub(mean).mul(scale);
            d.mul(A8::load(ins[1].as_ptr().add(i))).add(A8::load(ins[2].as_ptr().add(i)))
        });
    }
});

hand!(softmax, softmax_part, |ins, out, r| {
    for row in r.start / SIDE..r.end / SIDE {
        let (p, q) = (ins[0].as_ptr().add(row * SIDE), out.add(row * SIDE));
        let m = A8::splat(fold(p, f32::NEG_INFINITY, |a, x| x.max(a), f32::max));
        let mut acc = [A8::splat(0.0); 4];
        for i in (0..SIDE).step_by(32) {
            for (k, a) in acc.iter_mut().enumerate() {
                let e = Exp::of(A8::load(p.add(i + 8 * k)).sub(m));
                e.store(q.add(i + 8 * k));
                *a = a.add(e);
            }
        }
        let s = A8::splat(total(acc, |a, b| a + b));
        pairs(q, 0..SIDE, |i| A8::load(q.add(i)).div(s));
    }
});

hand!(sum, sum_part, |ins, out, r| {
    for row in r.start / SIDE..r.end / SIDE {
        *out.add(row) = fold(ins[0].as_ptr().add(row * SIDE), 0.0, |a, x| a.add(x), |a, b| a + b);
    }
});

hand!(columns, columns_part, |ins, out, r| {
    let (from, to) = (r.start / SIDE, r.end / SIDE);
    for k in from..to {
        out.add(k).write(0.0);
    }
    for row in 0..SIDE {
        for k in (from..to).step_by(8) {
            A8::load(out.add(k)).add(A8::load(ins[0].as_ptr().add(row * SIDE + k))).store(out.add(k));
        }
    }
});

hand!(turned, turned_part, |ins, out, r| {
    let x = ins[0].as_ptr();
    for i0 in (r.start / SIDE..r.end / SIDE).step_by(16) {
        for j0 in (0..SIDE).step_by(16) {
            for i in i0..i0 + 16 {
                for j in j0..j0 + 16 {
                    *out.add(i * SIDE + j) = *x.add(i * SIDE + j) + *x.add(j * SIDE + i);
                }
            }
        }
    }
});

fn tapes() -> Vec<(&'static str, Tape, Vec<f32>, Hand)> {
    let d = [SIDE, SIDE];
    let mut all: Vec<(&'static str, Tape, Vec<f32>, Hand)> = Vec::new();

    let mut b = Builder::new(&d, 0);
    let x = b.whole();
    let p = b.param();
    let v = b.op(Op::Multiply, &[x, p]);
    all.push(("scale (against a copy)", b.out(v), vec![2.0], copy));

    let mut b = Builder::new(&d, 0);
    let x = b.whole();
    let (r, h, one) = (b.param(), b.param(), b.param());
    let t = b.op(Op::Multiply, &[x, r]);
    let e = b.op(Op::Erf, &[t]);
    let e = b.op(Op::Add, &[e, one]);
    let x2 = b.op(Op::Multiply, &[x, h]);
    let v = b.op(Op::Multiply, &[x2, e]);
    all.push(("gelu", b.out(v), vec![std::f32::consts::FRAC_1_SQRT_2, 0.5, 1.0], gelu));

    let mut b = Builder::new(&d, 0);
    let (x, y) = (b.whole(), b.whole());
    let s = b.op(Op::Sin, &[x]);
    let s = b.op(Op::Multiply, &[s, y]);
    let e = b.op(Op::Exp, &[s]);
    let c = b.op(Op::Cos, &[x]);
    let v = b.op(Op::Add, &[e, c]);
    all.push(("exp(sin(x)*y)+cos(x)", b.out(v), vec![], waves));

    let mut b = Builder::new(&d, 0);
    let x = b.whole();
    let h = b.param();
    let mut v = x;
    for _ in 0..10 {
        let t = b.op(Op::Multiply, &[v, h]);
        v = b.op(Op::Add, &[t, x]);
    }
    all.push(("20 cheap operations", b.out(v), vec![0.5], chain));

    let mut b = Builder::new(&d, 1);
    let x = b.whole();
    let (g, h) = (b.load(&[0, 1]), b.load(&[0, 1]));
    let (n, eps) = (b.param(), b.param());
    let s = b.reduce(ReduceOp::Sum, x);
    let mean = b.op(Op::Multiply, &[s, n]);
    let c = b.op(Op::Subtract, &[x, mean]);
    let q = b.op(Op::Square, &[c]);
    let s = b.reduce(ReduceOp::Sum, q);
    let var = b.op(Op::Multiply, &[s, n]);
    let var = b.op(Op::Add, &[var, eps]);
    let r = b.op(Op::Rsqrt, &[var]);
    let y = b.op(Op::Multiply, &[c, r]);
    let y = b.op(Op::Multiply, &[y, g]);
    let y = b.op(Op::Add, &[y, h]);
    all.push(("layer norm", b.out(y), vec![1.0 / SIDE as f32, 1e-5], norm));

    let mut b = Builder::new(&d, 1);
    let x = b.whole();
    let m = b.reduce(ReduceOp::Max, x);
    let c = b.op(Op::Subtract, &[x, m]);
    let e = b.op(Op::Exp, &[c]);
    let s = b.reduce(ReduceOp::Sum, e);
    let v = b.op(Op::Divide, &[e, s]);
    all.push(("softmax", b.out(v), vec![], softmax));

    let mut b = Builder::new(&d, 1);
    let x = b.whole();
    let s = b.reduce(ReduceOp::Sum, x);
    all.push(("sum over axis 1", b.out(s), vec![], sum));

    let mut b = Builder::new(&[N], 1);
    let x = b.whole();
    let s = b.reduce(ReduceOp::Sum, x);
    all.push(("sum of all", b.out(s), vec![], sum));

    let mut b = Builder::new(&d, 1);
    b.0.order = Order::Blocks;
    let x = b.load(&[1, SIDE as isize]);
    let s = b.reduce(ReduceOp::Sum, x);
    all.push(("sum over axis 0", b.out(s), vec![], columns));

    let mut b = Builder::new(&d, 0);
    let x = b.whole();
    let t = b.load(&[1, SIDE as isize]);
    let v = b.op(Op::Add, &[x, t]);
    all.push(("x + x.T", b.out(v), vec![], turned));
    all
}

fn main() {
    let arg = |k: usize, or: usize| std::env::args().nth(k).and_then(|a| a.parse().ok()).unwrap_or(or);
    let (count, rounds) = (arg(1, 1), arg(2, 40));
    threads::set_count(count);
    println!("{} at level {:?}, {count} thread(s), minima of {rounds} interleaved rounds, ms", N, lazulite_cpu::simd::level());
    println!("{:24} {:>8} {:>8} {:>7} {:>8}", "", "tape", "by hand", "speed", "copy");
    let mut memory: Vec<Vec<Line>> = (0..4).map(|_| vec![Line([0.0; 16]); N / 16]).collect();
    for (s, m) in memory.iter_mut().enumerate() {
        m.iter_mut().flat_map(|l| &mut l.0).enumerate().for_each(|(i, v)| *v = ((i * 2654435761 + s * 97) % 8191) as f32 / 1024.0 - 4.0);
    }
    // SAFETY: N floats lie in the lines of each.
    let ins: Vec<&[f32]> = memory[..3].iter().map(|m| unsafe { std::slice::from_raw_parts(m.as_ptr().cast(), N) }).collect();
    let out = memory[3].as_ptr().cast::<f32>().cast_mut();
    let (mut addresses, outs) = (Vec::new(), [out as usize]);
    let to = out as usize;
    let only = std::env::args().nth(3).unwrap_or_default();
    for (name, tape, params, hand) in tapes().into_iter().filter(|t| t.0.contains(&only)) {
        let compiled = Compiled::new(&tape);
        addresses.clear();
        // A transposed input is the first one again.
        addresses.extend((0..tape.inputs.len()).map(|k| ins[if name == "x + x.T" { 0 } else { k }].as_ptr() as usize));
        let bits: Vec<u64> = params.iter().map(|p| p.to_bits() as u64).collect();
        let (mut a, mut b, mut c) = (f64::MAX, f64::MAX, f64::MAX);
        let time = |best: &mut f64, f: &dyn Fn()| {
            let t = Instant::now();
            f();
            *best = best.min(t.elapsed().as_secs_f64() * 1e3);
        };
        let shared = |f: Hand| {
            let pieces = 8 * count;
            threads::parallel(pieces, &|k| f(&ins, to as *mut f32, N / pieces * k..N / pieces * (k + 1)));
        };
        for _ in 0..rounds {
            // SAFETY: the buffers are as large as the tape's maps.
            time(&mut a, &|| unsafe { compiled.run(Args { inputs: &addresses, outputs: &outs, params: &bits }) });
            time(&mut b, &|| shared(hand));
            time(&mut c, &|| shared(copy));
        }
        println!("{name:24} {a:8.3} {b:8.3} {:6.0}% {c:8.3}", 100.0 * b / a);
    }
    small();
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
        let best = |reps: usize, f: &dyn Fn()| {
            let mut best = f64::MAX;
            for _ in 0..50 {
                let t = Instant::now();
                (0..reps).for_each(|_| f());
                best = best.min(t.elapsed().as_secs_f64() * 1e9 / reps as f64);
            }
            best
        };
        // SAFETY: the buffers are as large as the tape's maps.
        let run = best(1000, &|| unsafe { compiled.run(Args { inputs: &ins, outputs: &outs, params: &params }) });
        let compile = best(100, &|| drop(std::hint::black_box(Compiled::new(&tape))));
        println!("{n} instructions on 16 elements: {run:.0} ns a run, {compile:.0} ns to compile");
    }
}
