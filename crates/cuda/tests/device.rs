//! With a device: every kernel against the CPU's, memory, transfers, faults. Without one these tests say so and pass.

mod common;
mod generic;

use common::random::Dice;
use common::{Draft, all, columns_beside, convolutions, layer_norm, masked_softmax, reduction, scan, scan_ops, softmax, view};
use lazulite_base::backend::{Args, Backend, Kernel, Start, backends};
use lazulite_base::shape::contiguous;
use lazulite_base::tape::{Inst, Instr, Map, Order, ReduceOp, Tape};
use lazulite_base::work::{AttentionGrad, Combine, ScanOp, View, Work};
use lazulite_base::{Dtype, Op, Scalar};
use lazulite_cpu::Cpu;
use lazulite_cuda::backend::{gpu, plan};
use lazulite_cuda::launch::{Plan, Source};
use std::sync::{Arc, Mutex};

fn cuda() -> Option<Arc<dyn Backend>> {
    let found = backends().into_iter().find(|b| b.name() == "cuda");
    if found.is_none() {
        eprintln!("skipped: {}", lazulite_cuda::why_not().unwrap_or_default());
    }
    found
}

/// Bytes that hold a view, and where its first element lies among them.
fn extent(dims: &[usize], strides: &[isize], item: usize) -> (usize, usize) {
    let (mut low, mut high) = (0isize, 0isize);
    for (&d, &s) in dims.iter().zip(strides) {
        let far = (d as isize - 1).max(0) * s;
        if far < 0 { low += far } else { high += far }
    }
    (((high - low) as usize + 1) * item, (-low) as usize * item)
}

struct Operand {
    bytes: Vec<u8>,
    origin: usize,
}

fn operand(dice: &mut Dice, v: &View, any: bool) -> Operand {
    let item = v.dtype.size();
    let (n, origin) = extent(&v.dims, &v.strides, item);
    let mut bytes = Vec::with_capacity(n);
    let mut value = || if any { dice.any(v.dtype) } else { dice.value(v.dtype) };
    (0..n / item).for_each(|_| bytes.extend_from_slice(&value().bits().to_le_bytes()[..item]));
    Operand { bytes, origin }
}

/// Inputs, outputs (with what they hold before) and parameters of a step.
fn operands(work: &Work, dice: &mut Dice) -> (Vec<Operand>, Vec<Operand>, Vec<u64>) {
    let any = match work {
        Work::ArgSort { .. } | Work::ArgReduce { .. } | Work::Scan { op: ScanOp::Max | ScanOp::Min, .. } => true,
        // One operation of whole numbers, and a division.
        Work::Tape(t) if t.inner == 1 && t.inputs.iter().all(|m| !m.dtype.is_inexact()) => {
            matches!(t.code.last(), Some(Instr { inst: Inst::Apply(..), .. })) && t.code.len() == t.inputs.len() + 1
        }
        Work::Tape(t) if t.inner == 1 => matches!(t.code[..], [_, _, Instr { inst: Inst::Apply(Op::Divide, _), .. }]),
        _ => false,
    };
    let mut make = |v: &View| operand(dice, v, any);
    let out = |d: Dtype, dims: &[usize]| view(d, dims);
    match work {
        Work::Tape(t) => {
            let map = |m: &Map| View { dtype: m.dtype, dims: t.dims.clone(), strides: m.strides.clone() };
            let inputs = t.inputs.iter().map(|m| make(&map(m))).collect();
            let outputs = t.outputs.iter().map(|(_, m)| make(&map(m))).collect();
            (inputs, outputs, t.params.iter().map(|&d| dice.value(d).bits()).collect())
        }
        Work::MatMul { a, b } => {
            let mut dims = a.dims.to_vec();
            *dims.last_mut().unwrap() = *b.dims.last().unwrap();
            (vec![make(a), make(b)], vec![make(&out(a.dtype, &dims))], vec![])
        }
        Work::Conv { x, w, windows, turned } => {
            let d = windows.len();
            let out_dims = windows.iter().map(|w| w.out);
            let dims: Vec<usize> = if *turned {
                w.dims[..3].iter().copied().chain(out_dims).chain([x.dims[1]]).collect()
            } else {
                x.dims[..2].iter().copied().chain(out_dims).chain([x.dims[d + 2], w.dims[2]]).collect()
            };
            (vec![make(x), make(w)], vec![make(&out(x.dtype, &dims))], vec![])
        }
        Work::ArgReduce { x, axis, .. } => {
            let dims: Vec<usize> = x.dims.iter().enumerate().filter(|(a, _)| a != axis).map(|(_, &d)| d).collect();
            (vec![make(x)], vec![make(&out(Dtype::U32, &dims))], vec![])
        }
        Work::Gather { x, axes, indices } => {
            let rest = x.dims.iter().enumerate().filter(|(a, _)| !axes.contains(a)).map(|(_, &d)| d);
            let dims: Vec<usize> = indices[0].dims.iter().copied().chain(rest).collect();
            (std::iter::once(x).chain(indices).map(&mut make).collect(), vec![make(&out(x.dtype, &dims))], vec![])
        }
        Work::GatherAlong { x, index, .. } => (vec![make(x), make(index)], vec![make(&out(x.dtype, &index.dims))], vec![]),
        Work::Scatter { out, updates, indices, .. } => {
            (std::iter::once(updates).chain(indices).map(&mut make).collect(), vec![make(out)], vec![])
        }
        Work::ScatterAlong { out, updates, index, .. } => (vec![make(updates), make(index)], vec![make(out)], vec![]),
        Work::RandomBits { keys, n, width } => {
            let d = [Dtype::U8, Dtype::U16, Dtype::U32][width.ilog2() as usize];
            (vec![make(&view(Dtype::U32, &[*keys, 2]))], vec![make(&out(d, &[*keys, *n]))], vec![])
        }
        Work::Attention(a) => {
            let (q, wide) = (&a.q, a.q.dtype.accumulator());
            let inputs = [&a.q, &a.k, &a.v].into_iter().chain(&a.mask).chain(&a.sinks).map(&mut make).collect();
            let [b, h, t] = std::array::from_fn(|i| q.dims[i]);
            let outs = [out(q.dtype, &[b, t, h, a.v.dims[3]]), out(wide, &[b, h, t]), out(wide, &[b, h, t])];
            (inputs, outs.iter().map(make).collect(), vec![])
        }
        Work::AttentionGrad(g) => {
            let AttentionGrad { of, outs, cotangent } = &**g;
            let forward = Work::Attention(Box::new(of.clone()));
            let (mut inputs, mut results, _) = operands(&forward, dice);
            on_cpu(&forward, &inputs, &mut results, &[]);
            let wide = of.q.dtype.accumulator();
            assert!(outs.iter().all(|v| v.strides == contiguous(&v.dims)), "the outputs of an attention as they are");
            inputs.extend(results);
            inputs.push(operand(dice, cotangent, false));
            let swapped = |v: &View| out(v.dtype, &[v.dims[0], v.dims[2], v.dims[1], v.dims[3]]);
            let mut grads: Vec<View> = [&of.q, &of.k, &of.v].into_iter().map(swapped).collect();
            grads.extend(of.sinks.as_ref().map(|_| out(wide, &of.q.dims[..3])));
            (inputs, grads.iter().map(|v| operand(dice, v, false)).collect(), vec![])
        }
        Work::ArgSort { x } | Work::ArgPartition { x, .. } => (vec![make(x)], vec![make(&out(Dtype::U32, &x.dims))], vec![]),
        Work::Sort { x } => (vec![make(x)], vec![make(&out(x.dtype, &x.dims))], vec![]),
        Work::SearchSorted { sorted, values, .. } => (vec![make(sorted), make(values)], vec![make(&out(Dtype::U32, &values.dims))], vec![]),
        Work::Scan { x, factors, .. } => {
            (std::iter::once(x).chain(factors).map(&mut make).collect(), vec![make(&out(x.dtype, &x.dims))], vec![])
        }
        Work::Reinterpret { x } => (vec![make(x)], vec![make(&out(x.dtype, &x.dims))], vec![]),
        other => unreachable!("{} is the CPU's alone", other.name()),
    }
}

fn on_cpu(work: &Work, inputs: &[Operand], outputs: &mut [Operand], params: &[u64]) {
    let kernel = Cpu.compile(0, work).unwrap().unwrap();
    let ins: Vec<usize> = inputs.iter().map(|o| o.bytes.as_ptr() as usize + o.origin).collect();
    let outs: Vec<usize> = outputs.iter_mut().map(|o| o.bytes.as_mut_ptr() as usize + o.origin).collect();
    let scratch = vec![0u128; kernel.scratch().div_ceil(16) + 1];
    // SAFETY: every operand covers its layout.
    unsafe { kernel.launch(Args { inputs: &ins, outputs: &outs, params, scratch: scratch.as_ptr() as usize, stream: 0 }) }.unwrap();
}

/// Runs a step on the device; its operands start `shift` bytes after an aligned address.
fn on_gpu(cuda: &Arc<dyn Backend>, kernel: &dyn Kernel, inputs: &[Operand], outputs: &mut [Operand], params: &[u64], shift: usize) {
    let mut blocks: Vec<(usize, usize)> = Vec::new();
    let mut up = |o: &Operand| {
        let at = cuda.allocate(0, 0, o.bytes.len() + shift).unwrap().expect("memory");
        blocks.push((at, o.bytes.len() + shift));
        // SAFETY: the block is large enough.
        unsafe { cuda.upload(0, 0, o.bytes.as_ptr(), at + shift, o.bytes.len()).unwrap() };
        at + shift + o.origin
    };
    let ins: Vec<usize> = inputs.iter().map(&mut up).collect();
    let outs: Vec<usize> = outputs.iter().map(&mut up).collect();
    let scratch = cuda.allocate(0, 0, kernel.scratch().max(1)).unwrap().expect("memory");
    // SAFETY: every operand covers its layout.
    unsafe { kernel.launch(Args { inputs: &ins, outputs: &outs, params, scratch, stream: 0 }) }.unwrap();
    cuda.synchronize(0, 0).unwrap();
    for (o, &at) in outputs.iter_mut().zip(&outs) {
        // SAFETY: the block holds the output.
        unsafe { cuda.download(0, at - o.origin, o.bytes.as_mut_ptr(), o.bytes.len()).unwrap() };
    }
    // SAFETY: nothing uses them any more.
    unsafe {
        blocks.iter().for_each(|&(at, n)| cuda.free(0, &[0], at, n));
        cuda.free(0, &[0], scratch, kernel.scratch().max(1));
    }
}

/// How far results may be apart, in units of the last place: none where every operation is exact.
fn tolerance(work: &Work) -> f64 {
    match work {
        Work::Tape(t) => t
            .code
            .iter()
            .map(|i| match i.inst {
                // The CPU's own in f64 is an iteration that ends a little earlier.
                Inst::Apply(Op::Erfinv, _) if i.dtype == Dtype::F64 => 64.0,
                // The CPU's and ours, each as far from the truth.
                Inst::Apply(op, _) if i.dtype == Dtype::C64 || op.operand_dtype(Dtype::C64).is_some() && i.dtype.is_float() => {
                    2.0 * op.info().ulp.ceil() + 2.0
                }
                Inst::Apply(op, _) if i.dtype.is_float() && op.info().ulp > 0.5 => 2.0 * op.info().ulp,
                _ => 0.0,
            })
            .sum(),
        Work::MatMul { .. } | Work::Conv { .. } | Work::Attention(_) | Work::AttentionGrad(_) => 200.0,
        // The CPU multiplies complex updates in f32.
        Work::Scatter { out, mode: Combine::Prod, .. } | Work::ScatterAlong { out, mode: Combine::Prod, .. } if out.dtype == Dtype::C64 => {
            8.0
        }
        // Each of a prefix's few combinations is a transcendental function, or a product that the CPU makes in f32.
        Work::Scan { op: ScanOp::LogAddExp, .. } => 200.0,
        Work::Scan { x, op: ScanOp::Prod | ScanOp::Linear, .. } if x.dtype == Dtype::C64 => 200.0,
        _ => 0.0,
    }
}

fn dtypes(work: &Work) -> Vec<Dtype> {
    match work {
        Work::Tape(t) => t.outputs.iter().map(|(_, m)| m.dtype).collect(),
        Work::MatMul { a, .. } => vec![a.dtype],
        Work::Conv { x, .. } => vec![x.dtype],
        Work::ArgReduce { .. } | Work::ArgSort { .. } | Work::ArgPartition { .. } | Work::SearchSorted { .. } => vec![Dtype::U32],
        Work::Attention(a) => vec![a.q.dtype, a.q.dtype.accumulator(), a.q.dtype.accumulator()],
        Work::AttentionGrad(g) => {
            let (of, d) = (&g.of, g.of.q.dtype);
            [d, d, d].into_iter().chain(of.sinks.as_ref().map(|_| d.accumulator())).collect()
        }
        Work::Gather { x, .. } | Work::GatherAlong { x, .. } | Work::Scan { x, .. } | Work::Sort { x } | Work::Reinterpret { x } => {
            vec![x.dtype]
        }
        Work::Scatter { out, .. } | Work::ScatterAlong { out, .. } => vec![out.dtype],
        Work::RandomBits { width, .. } => vec![[Dtype::U8, Dtype::U16, Dtype::U32][width.ilog2() as usize]],
        other => unreachable!("{} is the CPU's alone", other.name()),
    }
}

fn numbers(d: Dtype, bytes: &[u8]) -> Vec<f64> {
    if d == Dtype::C64 {
        return numbers(Dtype::F32, bytes);
    }
    let read = |c: &[u8]| {
        let mut bits = [0u8; 8];
        bits[..c.len()].copy_from_slice(c);
        Scalar::from_bits(d, u64::from_le_bytes(bits)).as_f64()
    };
    bytes.chunks(d.size()).map(read).collect()
}

fn epsilon(d: Dtype) -> f64 {
    match d {
        Dtype::F16 => 2f64.powi(-10),
        Dtype::BF16 => 2f64.powi(-7),
        Dtype::F32 | Dtype::C64 => 2f64.powi(-23),
        Dtype::F64 => 2f64.powi(-52),
        _ => 0.0,
    }
}

/// What differs between the CPU's and the device's results, if anything.
fn differs(cuda: &Arc<dyn Backend>, work: &Work, shift: usize) -> Option<String> {
    let mut dice = Dice(42);
    let (inputs, mut want, params) = operands(work, &mut dice);
    let mut got: Vec<Operand> = want.iter().map(|o| Operand { bytes: o.bytes.clone(), origin: o.origin }).collect();
    let kernel = match cuda.compile(0, work) {
        Ok(Some(k)) => k,
        Ok(None) => return Some("no kernel".into()),
        Err(e) => return Some(e.to_string()),
    };
    on_cpu(work, &inputs, &mut want, &params);
    on_gpu(cuda, &*kernel, &inputs, &mut got, &params, shift);
    let tolerance = tolerance(work);
    let attention = matches!(work, Work::Attention(_) | Work::AttentionGrad(_));
    for (k, ((w, g), d)) in want.iter().zip(&got).zip(dtypes(work)).enumerate() {
        if w.bytes == g.bytes {
            continue;
        }
        let (w, g) = (numbers(d, &w.bytes), numbers(d, &g.bytes));
        let largest = w.iter().filter(|v| v.is_finite()).fold(0f64, |a, v| a.max(v.abs()));
        for (i, (&a, &b)) in w.iter().zip(&g).enumerate() {
            let same = a == b || a.is_nan() && b.is_nan();
            let scale = if d == Dtype::C64 || attention { a.abs().max(largest) } else { a.abs() };
            // The tensor cores' weights are halves, the CPU's are not.
            let ulp = if attention && d.is_half() { 8.0 } else { tolerance };
            if !same && (ulp == 0.0 || (a - b).abs() > ulp * epsilon(d) * scale.max(f64::MIN_POSITIVE)) {
                return Some(format!("output {k} ({d}), element {i}: {b}, not {a}"));
            }
        }
    }
    None
}

/// Waits until the works' own kernels are compiled, so that no generic one stands in for them.
fn compiled(works: &[Work]) {
    let start = std::time::Instant::now();
    let plans: Vec<Plan> = works.iter().filter_map(plan).collect();
    let sources: Vec<&Source> = plans.iter().flat_map(|p| p.launches.iter().chain(&p.scalar)).map(|l| &l.source).collect();
    // What is refused is refused again where it is needed.
    let _ = gpu(0).expect("a device").programs.prepare(&sources);
    println!("{} works compiled in {:.2} s", works.len(), start.elapsed().as_secs_f64());
}

fn agree(works: &[Work], shift: usize) {
    let Some(cuda) = cuda() else { return };
    compiled(works);
    let wrong: Vec<String> = works.iter().filter_map(|w| differs(&cuda, w, shift).map(|why| format!("{why}: {}", brief(w)))).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), works.len(), wrong[..wrong.len().min(40)].join("\n"));
}

fn brief(w: &Work) -> String {
    let text = match w {
        Work::Tape(t) => format!(
            "tape {:?} inner {} {:?} of {:?}",
            t.dims,
            t.inner,
            t.inputs,
            t.code.iter().map(|i| (i.inst, i.dtype)).collect::<Vec<_>>()
        ),
        w => format!("{w:?}"),
    };
    text.chars().take(400).collect()
}

#[test]
fn every_kernel_agrees_with_the_cpu() {
    agree(&all(), 0);
}

#[test]
fn unaligned_addresses_give_the_same() {
    let add: Vec<Work> = [Dtype::F32, Dtype::F16, Dtype::U8].iter().map(|&d| Work::Tape(common::single(Op::Add, d, &[999]))).collect();
    agree(&add, 8);
    let rows = Work::Gather { x: view(Dtype::F32, &[9, 64]), axes: [0].into_iter().collect(), indices: vec![view(Dtype::I32, &[20])] };
    agree(&[rows], 8);
    agree(&common::attentions(), 8);
}

/// Tapes of many forms: strides, broadcasts, rows, several outputs.
fn forms() -> Vec<Work> {
    let mut out = Vec::new();
    for d in [Dtype::F32, Dtype::F16, Dtype::I8, Dtype::F64, Dtype::C64] {
        for dims in
            [vec![1], vec![7], vec![1024], vec![4097], vec![3, 5], vec![64, 48], vec![2, 3, 4, 5], vec![5, 1, 6], vec![2, 3, 2, 3, 2]]
        {
            let dense = contiguous(&dims);
            let mut turned = dense.clone();
            let reversed: Vec<usize> = dims.iter().rev().copied().collect();
            turned.iter_mut().zip(contiguous(&reversed).iter().rev()).for_each(|(t, s)| *t = *s);
            let mut spread = dense.clone();
            spread[0] = 0;
            let flipped: Vec<isize> = dense.iter().map(|s| -s).collect();
            let mut t = Draft::new(&dims, 0, Order::Blocks);
            let (a, b, c, e) = (t.load(d, &dense), t.load(d, &turned), t.load(d, &spread), t.load(d, &flipped));
            let p = t.param(d);
            let i = t.index(dims.len() as u32 - 1, d);
            let x = t.apply(Op::Add, &[a, b]);
            let y = t.apply(Op::Subtract, &[x, c]);
            let z = t.apply(Op::Maximum, &[y, e]);
            let z = t.apply(Op::Add, &[z, p]);
            let z = t.apply(Op::Add, &[z, i]);
            t.store(y, &dense);
            t.store(z, &turned);
            out.push(Work::Tape(t.done()));
        }
    }
    for d in [Dtype::F32, Dtype::F64, Dtype::I32, Dtype::Bool, Dtype::U8, Dtype::C64] {
        for (rows, n) in [(1, 1), (3, 31), (5, 33), (2, 1000), (40, 1025), (2, 8192), (1, 100_000), (700, 64), (33, 9000), (2, 0)] {
            for order in [Order::Lanes, Order::Blocks] {
                for op in [ReduceOp::Sum, ReduceOp::Max, ReduceOp::Prod] {
                    out.push(Work::Tape(reduction(op, d, rows, n, order)));
                }
            }
        }
    }
    out
}

#[test]
fn tapes_of_every_form_agree() {
    agree(&forms(), 0);
}

#[test]
fn rows_agree() {
    let mut works = Vec::new();
    for n in [1, 3, 32, 100, 1024, 1100, 4096, 8192, 8193, 20_000, 50_000, 65_536] {
        works.extend([Dtype::F32, Dtype::BF16, Dtype::F64].map(|d| Work::Tape(softmax(d, 5, n))));
        works.push(Work::Tape(layer_norm(5, n)));
        works.push(Work::Tape(masked_softmax(5, n)));
        works.push(Work::Tape(columns_beside(33, n)));
    }
    agree(&works, 0);
}

#[test]
fn sorts_agree() {
    let mut works = Vec::new();
    for d in Dtype::ALL {
        for (rows, n) in [(300, 1), (70, 33), (9, 1000), (3, 8192), (2, 16_000), (1, 100_000)] {
            works.push(Work::ArgSort { x: view(d, &[rows, n]) });
            works.push(Work::ArgReduce { x: view(d, &[rows, n]), axis: 1, op: ReduceOp::Max });
            works.push(Work::ArgReduce { x: view(d, &[n, rows]), axis: 0, op: ReduceOp::Min });
        }
        let turned = View { dtype: d, dims: [40, 50].into_iter().collect(), strides: [1, 40].into_iter().collect() };
        works.push(Work::ArgSort { x: turned.clone() });
        works.push(Work::ArgReduce { x: turned, axis: 1, op: ReduceOp::Min });
    }
    agree(&works, 0);
    agree(&[Work::ArgReduce { x: view(Dtype::F32, &[5, 4096]), axis: 1, op: ReduceOp::Max }], 4);
}

#[test]
fn divisions_by_one_number_agree() {
    let mut works = Vec::new();
    for d in [Dtype::F32, Dtype::F16, Dtype::BF16] {
        let mut t = Draft::new(&[2000, 500], 1, Order::Lanes);
        let (x, y) = (t.load(d, &[500, 1]), t.load(d, &[1, 0]));
        let z = t.apply(Op::Divide, &[x, y]);
        t.store(z, &[500, 1]);
        works.push(Work::Tape(t.done()));
    }
    agree(&works, 0);
}

#[test]
fn scans_agree() {
    let mut works = Vec::new();
    for d in Dtype::ALL {
        for op in scan_ops(d) {
            // Complex products grow without bound.
            let long = d != Dtype::C64 || matches!(op, ScanOp::Sum | ScanOp::Max | ScanOp::Min);
            for (dims, axis) in [(&[3usize, 1][..], 1), (&[9, 33], 1), (&[4, 100], 1), (&[40, 7], 0), (&[2, 300, 33], 1)] {
                works.extend([(false, false), (true, false), (false, true), (true, true)].map(|(r, e)| scan(op, d, dims, axis, r, e)));
            }
            for (dims, axis) in
                [(&[5usize, 1024][..], 1), (&[2, 9000], 1), (&[1, 32_768], 1), (&[2, 100_000], 1), (&[2000, 3], 0), (&[70_000, 40], 0)]
            {
                works.extend(long.then(|| scan(op, d, dims, axis, d.is_inexact(), false)));
            }
        }
    }
    for op in [ScanOp::Sum, ScanOp::Linear] {
        works.push(scan(op, Dtype::F32, &[1100, 17_000], 0, false, op == ScanOp::Sum));
        works.push(scan(op, Dtype::F16, &[70, 17_000], 0, true, false));
        works.push(scan(op, Dtype::F32, &[1, 3_000_000], 1, true, true));
    }
    agree(&works, 0);
}

#[test]
fn products_agree() {
    let mut works = Vec::new();
    for d in [Dtype::F32, Dtype::F64, Dtype::F16, Dtype::BF16, Dtype::C64] {
        for (m, k, n) in [(1, 1, 1), (3, 5, 7), (64, 32, 16), (1, 100, 50), (50, 100, 1), (129, 65, 33)] {
            let (a, b) = (view(d, &[m, k]), view(d, &[k, n]));
            let turn = |v: &View| View { dtype: d, dims: v.dims.clone(), strides: [1, v.dims[0] as isize].into_iter().collect() };
            for (a, b) in [(a.clone(), b.clone()), (turn(&a), b.clone()), (a.clone(), turn(&b)), (turn(&a), turn(&b))] {
                works.push(Work::MatMul { a, b });
            }
            let (a, b) = (view(d, &[4, m, k]), view(d, &[4, k, n]));
            let shared = View { dtype: d, dims: b.dims.clone(), strides: [0, n as isize, 1].into_iter().collect() };
            let odd = View { dtype: d, dims: a.dims.clone(), strides: [(2 * m * k) as isize, (2 * k) as isize, 2].into_iter().collect() };
            works.push(Work::MatMul { a: a.clone(), b: b.clone() });
            works.push(Work::MatMul { a, b: shared });
            works.push(Work::MatMul { a: odd, b });
        }
        let (a, b) = (view(d, &[2, 3, 8, 16]), view(d, &[2, 3, 16, 8]));
        let crossed = View { dtype: d, dims: b.dims.clone(), strides: [128, 256, 8, 1].into_iter().collect() };
        works.push(Work::MatMul { a: a.clone(), b: crossed });
        works.push(Work::MatMul { a, b });
    }
    agree(&works, 0);
    agree(&works[..4], 8);
}

#[test]
fn convolutions_agree() {
    let works = convolutions();
    agree(&works, 0);
    agree(&works[..4], 8);
}

/// The identity over a large array: the copy bandwidth of the device's own kernel.
fn big(n: usize) -> Tape {
    let mut t = Draft::new(&[n], 0, Order::Blocks);
    let x = t.load(Dtype::F32, &[1]);
    t.store(x, &[1]);
    t.done()
}

#[test]
fn memory_comes_back_after_exhaustion() {
    let Some(cuda) = cuda() else { return };
    assert!(cuda.allocate(0, 0, 1 << 50).unwrap().is_none());
    let kernel = cuda.compile(0, &Work::Tape(big(1 << 20))).unwrap().unwrap();
    let blocks: Vec<usize> = (0..2).map(|_| cuda.allocate(0, 0, 4 << 20).unwrap().unwrap()).collect();
    // SAFETY: both blocks hold the array.
    unsafe { kernel.launch(Args { inputs: &blocks[..1], outputs: &blocks[1..], ..Args::default() }) }.unwrap();
    cuda.synchronize(0, 0).unwrap();
    // SAFETY: nothing uses them any more.
    blocks.into_iter().for_each(|b| unsafe { cuda.free(0, &[0], b, 4 << 20) });
}

#[test]
fn streams_wait_for_events_and_tasks_keep_their_order() {
    let Some(cuda) = cuda() else { return };
    let log = Arc::new(Mutex::new(Vec::new()));
    for i in 0..20 {
        let log = log.clone();
        cuda.submit(0, 3, Box::new(move || log.lock().unwrap().push(i)), if i % 2 == 0 { Start::Ready } else { Start::Later });
    }
    cuda.synchronize(0, 3).unwrap();
    assert_eq!(*log.lock().unwrap(), (0..20).collect::<Vec<_>>());
    let event = cuda.record(0, 3).unwrap().expect("work outlasts its tasks");
    event.before(0, 4).unwrap();
    event.wait().unwrap();
    assert!(event.is_done());
}
