//! Random tapes and the slow evaluator.

use lazulite_base::backend::Args;
use lazulite_base::dtype::Category;
use lazulite_base::meaning;
use lazulite_base::shape::{Dims, Strides};
use lazulite_base::tape::{BLOCK, Inst, Instr, LANE_BLOCK, LANES, Map, Order, ReduceOp, Tape, Varies};
use lazulite_base::{Dtype, Element, Op, Scalar};
use lazulite_cpu::simd::{self, Level};
use lazulite_cpu::tape::Compiled;
use lazulite_cpu::threads;
use std::sync::{Mutex, MutexGuard};

/// Xorshift.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
    /// A value of moderate size, sometimes a special one.
    fn scalar(&mut self, d: Dtype) -> Scalar {
        let v = (self.next() % 4001) as f64 / 500.0 - 4.0;
        match d.category() {
            Category::Bool => Scalar::from_bits(d, self.next() & 1),
            Category::Integer => match self.below(8) {
                0 => Scalar::from_bits(Dtype::U64, self.next() << 9).cast(d),
                1 => Scalar::from_bits(Dtype::I64, 0).cast(d),
                _ => Scalar::new(v, Dtype::F64).cast(Dtype::I64).cast(d),
            },
            Category::Float => match self.below(40) {
                0 => Scalar::new(self.pick(&[0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-40, 3e38, 0.5, 2.5]), d),
                _ => Scalar::new(v, d),
            },
            Category::Complex => num_complex::Complex32::new(v as f32, (self.next() % 100) as f32 / 25.0 - 2.0).scalar(),
        }
    }
}

/// Memory of an operand: elements of one dtype, with the place of the first.
#[derive(Clone)]
pub struct Memory {
    bytes: Vec<u64>,
    dtype: Dtype,
    first: usize,
}

impl Memory {
    fn for_map(dims: &[usize], map: &Map) -> Memory {
        let (mut low, mut high) = (0isize, 0isize);
        for (&d, &s) in dims.iter().zip(&map.strides) {
            let far = s * (d.max(1) as isize - 1);
            low += far.min(0);
            high += far.max(0);
        }
        let n = (high - low) as usize + 1;
        Memory { bytes: vec![0; (n * map.dtype.size()).div_ceil(8) + 1], dtype: map.dtype, first: low.unsigned_abs() }
    }
    fn address(&self) -> usize {
        self.bytes.as_ptr() as usize + self.first * self.dtype.size()
    }
    fn place(&self, at: isize) -> *mut u8 {
        (self.bytes.as_ptr() as usize + ((self.first as isize + at) as usize) * self.dtype.size()) as *mut u8
    }
    fn get(&self, at: isize) -> Scalar {
        let mut b = [0u8; 8];
        // SAFETY: the place lies within the memory.
        unsafe { std::ptr::copy_nonoverlapping(self.place(at), b.as_mut_ptr(), self.dtype.size()) };
        Scalar::from_bits(self.dtype, u64::from_le_bytes(b))
    }
    fn set(&mut self, at: isize, v: Scalar) {
        assert_eq!(v.dtype(), self.dtype);
        // SAFETY: the place lies within the memory.
        unsafe { std::ptr::copy_nonoverlapping(v.bits().to_le_bytes().as_ptr(), self.place(at), self.dtype.size()) };
    }
}

fn offset(map: &Map, index: &[usize]) -> isize {
    index.iter().zip(&map.strides).map(|(&i, &s)| i as isize * s).sum()
}

fn indices(dims: &[usize]) -> Vec<Vec<usize>> {
    let n: usize = dims.iter().product();
    let mut all = Vec::with_capacity(n);
    for i in 0..n {
        let mut c = vec![0; dims.len()];
        let mut i = i;
        for (c, &d) in c.iter_mut().zip(dims).rev() {
            *c = i % d;
            i /= d;
        }
        all.push(c);
    }
    all
}

/// A value rounded as the tape's definition says: halves through f32.
fn apply(op: Op, args: &[Scalar]) -> Scalar {
    let d = args[args.len() - 1].dtype();
    if !d.is_half() {
        return meaning::apply(op, args);
    }
    let wide: Vec<Scalar> = args.iter().map(|a| if a.dtype().is_half() { a.cast(Dtype::F32) } else { *a }).collect();
    meaning::apply(op, &wide).cast(op.result_dtype(d))
}

fn combine(op: ReduceOp, a: Scalar, b: Scalar) -> Scalar {
    let op = match op {
        ReduceOp::Sum => Op::Add,
        ReduceOp::Prod => Op::Multiply,
        ReduceOp::Min => Op::Minimum,
        ReduceOp::Max => Op::Maximum,
        ReduceOp::All => Op::LogicalAnd,
        ReduceOp::Any => Op::LogicalOr,
    };
    meaning::apply(op, &[a, b])
}

fn identity(op: ReduceOp, d: Dtype) -> Scalar {
    let (small, large) = match d {
        Dtype::U64 => (Scalar::from_bits(d, 0), Scalar::from_bits(d, u64::MAX)),
        Dtype::I64 => (Scalar::from_bits(d, i64::MIN as u64), Scalar::from_bits(d, i64::MAX as u64)),
        Dtype::I32 => (i32::MIN.scalar(), i32::MAX.scalar()),
        Dtype::I16 => (i16::MIN.scalar(), i16::MAX.scalar()),
        Dtype::I8 => (i8::MIN.scalar(), i8::MAX.scalar()),
        Dtype::U32 => (0u32.scalar(), u32::MAX.scalar()),
        Dtype::U16 => (0u16.scalar(), u16::MAX.scalar()),
        Dtype::U8 => (0u8.scalar(), u8::MAX.scalar()),
        Dtype::Bool => (false.scalar(), true.scalar()),
        Dtype::C64 => {
            let i = f32::INFINITY;
            (num_complex::Complex32::new(-i, -i).scalar(), num_complex::Complex32::new(i, i).scalar())
        }
        _ => (Scalar::new(f64::NEG_INFINITY, d), Scalar::new(f64::INFINITY, d)),
    };
    match op {
        ReduceOp::Sum | ReduceOp::Any => Scalar::new(0.0, d),
        ReduceOp::Prod | ReduceOp::All => Scalar::new(1.0, d),
        ReduceOp::Min => large,
        ReduceOp::Max => small,
    }
}

fn reduce(op: ReduceOp, order: Order, x: &[Scalar], d: Dtype) -> Scalar {
    let id = identity(op, d);
    let size = if order == Order::Lanes { LANE_BLOCK } else { BLOCK };
    let mut total = None;
    for block in x.chunks(size) {
        let one = if order == Order::Blocks {
            block.iter().fold(id, |a, &b| combine(op, a, b))
        } else {
            let mut lanes = [id; LANES];
            for (j, &v) in block.iter().enumerate() {
                lanes[j % LANES] = combine(op, lanes[j % LANES], v);
            }
            for w in [16, 8, 4, 2, 1] {
                for l in 0..w {
                    lanes[l] = combine(op, lanes[l], lanes[l + w]);
                }
            }
            lanes[0]
        };
        total = Some(total.map_or(one, |t| combine(op, t, one)));
    }
    total.unwrap_or(id)
}

/// What the outputs hold after the tape has run, and how far each may be off (in ulp, with some absolute slack): 0 is bit for bit.
fn evaluate(tape: &Tape, inputs: &[Memory], params: &[Scalar], outputs: &mut [Memory]) {
    let (rows, row) = if tape.inner == 0 { (&tape.dims[..], &tape.dims[..0]) } else { tape.dims.split_at(tape.outer()) };
    let inner = indices(row);
    for o in indices(rows) {
        // values[register][element of the row]
        let mut values: Vec<Vec<Scalar>> = Vec::new();
        let full: Vec<Vec<usize>> = inner.iter().map(|r| o.iter().chain(r).copied().collect()).collect();
        for ins in &tape.code {
            let width = if ins.varies == Varies::Element { full.len() } else { 1 };
            let first: Vec<usize> = o.iter().copied().chain(row.iter().map(|_| 0)).collect();
            let at = |e: usize| if ins.varies == Varies::Element { &full[e] } else { &first };
            let v = (0..width).map(|e| {
                let get = |r: u32| values[r as usize][e.min(values[r as usize].len() - 1)];
                match ins.inst {
                    Inst::Load(k) => inputs[k as usize].get(offset(&tape.inputs[k as usize], at(e))),
                    Inst::Param(k) => params[k as usize],
                    Inst::Apply(op, r) => apply(op, &r[..op.info().arity].iter().map(|&r| get(r)).collect::<Vec<_>>()),
                    Inst::Cast(r) => get(r).cast(ins.dtype),
                    Inst::Index(a) => Scalar::from_bits(Dtype::I64, at(e)[a as usize] as u64).cast(ins.dtype),
                    Inst::Reduce(op, r) => reduce(op, tape.order, &values[r as usize], ins.dtype),
                }
            });
            let v = v.collect();
            values.push(v);
        }
        for ((r, map), out) in tape.outputs.iter().zip(outputs.iter_mut()) {
            let v = &values[*r as usize];
            for (e, i) in full.iter().enumerate() {
                out.set(offset(map, i), v[e.min(v.len() - 1)]);
            }
            if full.is_empty() && tape.code[*r as usize].varies != Varies::Element {
                let i: Vec<usize> = o.iter().copied().chain(row.iter().map(|_| 0)).collect();
                out.set(offset(map, &i), v[0]);
            }
        }
    }
}

/// Whether an operation's result is the same bits on every implementation.
pub fn exact(op: Op) -> bool {
    !matches!(
        op,
        Op::Rsqrt
            | Op::Exp
            | Op::Expm1
            | Op::Log
            | Op::Log2
            | Op::Log10
            | Op::Log1p
            | Op::Sin
            | Op::Cos
            | Op::Tan
            | Op::Arcsin
            | Op::Arccos
            | Op::Arctan
            | Op::Sinh
            | Op::Cosh
            | Op::Tanh
            | Op::Arcsinh
            | Op::Arccosh
            | Op::Arctanh
            | Op::Erf
            | Op::Erfinv
            | Op::Sigmoid
            | Op::Power
            | Op::Arctan2
            | Op::Logaddexp
    )
}

fn same(a: Scalar, b: Scalar, ulp: f64) -> bool {
    if a.bits() == b.bits() {
        return true;
    }
    match a.dtype() {
        Dtype::C64 => {
            let (a, b) = (a.as_complex(), b.as_complex());
            let close = |x: f64, y: f64| x == y || (x.is_nan() && y.is_nan()) || (ulp > 0.0 && (x - y).abs() <= 1e-5 * (1.0 + x.abs()));
            close(a.re, b.re) && close(a.im, b.im)
        }
        d if d.is_float() => {
            let (x, y) = (a.as_f64(), b.as_f64());
            if x.is_nan() && y.is_nan() {
                return true;
            }
            if ulp == 0.0 {
                return false;
            }
            let eps = match d {
                Dtype::F16 => 2f64.powi(-10),
                Dtype::BF16 => 2f64.powi(-7),
                Dtype::F32 => 2f64.powi(-23),
                _ => 2f64.powi(-52),
            };
            (x - y).abs() <= (ulp.max(1.0)) * eps * x.abs().max(1e-37)
        }
        _ => false,
    }
}

/// The level and the thread count are global; whoever changes them holds this.
static SETTINGS: Mutex<()> = Mutex::new(());

pub fn settings() -> MutexGuard<'static, ()> {
    SETTINGS.lock().unwrap_or_else(|e| e.into_inner())
}

/// Runs a tape on random data at every level, on one thread and on two, in place where it may be, and compares.
pub fn check(tape: &Tape, seed: u64, threaded: bool) {
    tape.validate().unwrap();
    let _held = settings();
    let mut r = Random::new(seed ^ 0xabcd);
    let mut inputs: Vec<Memory> = tape.inputs.iter().map(|m| Memory::for_map(&tape.dims, m)).collect();
    for m in &mut inputs {
        let n = (m.bytes.len() - 1) * 8 / m.dtype.size();
        for i in 0..n {
            let v = r.scalar(m.dtype);
            m.set(i as isize - m.first as isize, v);
        }
    }
    let params: Vec<Scalar> = tape.params.iter().map(|&d| r.scalar(d)).collect();
    let bits: Vec<u64> = params.iter().map(|p| p.bits()).collect();
    let blank: Vec<Memory> = tape.outputs.iter().map(|(_, m)| Memory::for_map(&tape.dims, m)).collect();
    let mut want = blank.clone();
    evaluate(tape, &inputs, &params, &mut want);
    let ulp = tape
        .code
        .iter()
        .map(|i| {
            if let Inst::Apply(op, _) = i.inst
                && !exact(op)
            {
                op.info().ulp + 1.0
            } else {
                0.0
            }
        })
        .fold(0.0, f64::max);
    let mut first: Option<Vec<Memory>> = None;
    for level in [Level::Portable, Level::Avx2, Level::Avx512] {
        if level > simd::best() {
            continue;
        }
        simd::set_level(level);
        let compiled = Compiled::new(tape);
        for count in [1, 2] {
            if count == 2 && !threaded {
                continue;
            }
            threads::set_count(count);
            let got = blank.clone();
            let ins: Vec<usize> = inputs.iter().map(Memory::address).collect();
            let outs: Vec<usize> = got.iter().map(Memory::address).collect();
            // SAFETY: the memories were made for the maps.
            unsafe { compiled.run(Args { inputs: &ins, outputs: &outs, params: &bits, ..Args::default() }) };
            compare(tape, &want, &got, ulp, &format!("seed {seed} {level:?} {count} threads"), &compiled);
            match &first {
                None => first = Some(got),
                Some(f) => compare(tape, f, &got, 0.0, &format!("seed {seed} {level:?} {count} threads, against the first run"), &compiled),
            }
        }
        // In place: every output takes the memory of the first free input of its map.
        let copies: Vec<Memory> = inputs.clone();
        let got = blank.clone();
        let mut taken = vec![false; copies.len()];
        let outs: Vec<usize> = (0..got.len())
            .map(|k| {
                match (0..copies.len())
                    .find(|&i| !taken[i] && tape.inputs[i] == tape.outputs[k].1 && injective(&tape.dims, &tape.inputs[i]))
                {
                    Some(i) => {
                        taken[i] = true;
                        copies[i].address()
                    }
                    None => got[k].address(),
                }
            })
            .collect();
        let ins: Vec<usize> = copies.iter().map(Memory::address).collect();
        // SAFETY: as above; outputs overlap inputs of the same map only.
        unsafe { compiled.run(Args { inputs: &ins, outputs: &outs, params: &bits, ..Args::default() }) };
        let result: Vec<Memory> = (0..got.len())
            .map(|k| copies.iter().find(|c| c.address() == outs[k]).or(got.iter().find(|c| c.address() == outs[k])).unwrap().clone())
            .collect();
        compare(tape, first.as_ref().unwrap(), &result, 0.0, &format!("seed {seed} {level:?} in place"), &compiled);
    }
}

/// Whether a map never comes to one place twice: it is a permutation of contiguous axes.
fn injective(dims: &[usize], map: &Map) -> bool {
    let mut axes: Vec<(usize, usize)> =
        dims.iter().zip(&map.strides).filter(|&(&d, _)| d > 1).map(|(&d, &s)| (s.unsigned_abs(), d)).collect();
    axes.sort();
    let mut reach = 1;
    axes.iter().all(|&(s, d)| {
        let ok = s >= reach;
        reach = s * d;
        ok
    })
}

fn compare(tape: &Tape, want: &[Memory], got: &[Memory], ulp: f64, what: &str, compiled: &Compiled) {
    for (k, (reg, map)) in tape.outputs.iter().enumerate() {
        for i in indices(&tape.dims) {
            let (a, b) = (want[k].get(offset(map, &i)), got[k].get(offset(map, &i)));
            assert!(same(a, b, ulp), "{what}: output {k} at {i:?}: want {a:?}, got {b:?}\n{tape:#?}\n{compiled:#?}");
        }
        if tape.dims.contains(&0) && tape.code[*reg as usize].varies != Varies::Element {
            let i: Vec<usize> = vec![0; tape.dims.len()];
            let outer_empty = tape.dims[..if tape.inner == 0 { tape.dims.len() } else { tape.outer() }].contains(&0);
            let (a, b) = (want[k].get(offset(map, &i)), got[k].get(offset(map, &i)));
            assert!(outer_empty || same(a, b, ulp), "{what}: empty row, output {k}: want {a:?}, got {b:?}");
        }
    }
}

fn strides(r: &mut Random, dims: &[usize], injective: bool) -> Strides {
    let mut axes: Vec<usize> = (0..dims.len()).collect();
    if r.below(3) == 0 {
        for i in (1..axes.len()).rev() {
            axes.swap(i, r.below(i + 1));
        }
    }
    let mut s: Strides = smallvec::smallvec![0; dims.len()];
    let mut step = if r.below(5) == 0 { 2 } else { 1 };
    for &a in axes.iter().rev() {
        s[a] = step;
        step *= dims[a].max(1) as isize;
        if r.below(8) == 0 {
            step += 3;
        }
    }
    for v in s.iter_mut() {
        if r.below(10) == 0 {
            *v = -*v;
        }
        if !injective && r.below(6) == 0 {
            *v = 0;
        }
    }
    s
}

/// A random tape, of about `most` elements at most.
pub fn random_tape(r: &mut Random, rows: bool, order: Order, most: usize) -> Tape {
    let rank = if rows { 1 + r.below(3) } else { r.below(4) };
    let mut dims = Dims::new();
    for _ in 0..rank {
        let room = (most / dims.iter().product::<usize>().max(1)).max(1);
        let d = match r.below(6) {
            0 => 1,
            1 => 1 + r.below(5),
            2 if r.below(6) == 0 => 0,
            _ => 1 + r.below(room.min(most / 2)),
        };
        dims.push(d);
    }
    if rows {
        for i in (1..dims.len()).rev() {
            dims.swap(i, r.below(i + 1));
        }
    }
    let inner = if rows { 1 + r.below(rank) } else { 0 };
    let outer = rank - inner;
    let dtypes = [
        Dtype::F32,
        Dtype::F32,
        Dtype::F32,
        Dtype::F64,
        Dtype::I32,
        Dtype::F16,
        Dtype::BF16,
        Dtype::Bool,
        Dtype::I64,
        Dtype::U8,
        Dtype::C64,
        Dtype::I16,
    ];
    let home = if r.below(3) == 0 { r.pick(&dtypes) } else { Dtype::F32 };
    let mut tape = Tape { dims, inner, order, inputs: vec![], params: vec![], code: vec![], outputs: vec![] };
    for _ in 0..1 + r.below(3) {
        let d = if r.below(4) == 0 { r.pick(&dtypes) } else { home };
        let mut s = if r.below(2) == 0 { lazulite_base::shape::contiguous(&tape.dims) } else { strides(r, &tape.dims.clone(), false) };
        let mut varies = Varies::Element;
        if rows && r.below(4) == 0 {
            s[outer..].fill(0);
            varies = Varies::Outer;
        }
        tape.code.push(Instr { inst: Inst::Load(tape.inputs.len() as u32), dtype: d, varies });
        tape.inputs.push(Map { dtype: d, strides: s });
    }
    for _ in 0..r.below(3) {
        let d = if r.below(4) == 0 { r.pick(&dtypes) } else { home };
        tape.code.push(Instr { inst: Inst::Param(tape.params.len() as u32), dtype: d, varies: Varies::Not });
        tape.params.push(d);
    }
    let mut guard = 0;
    let want = 3 + r.below(14);
    while tape.code.len() < want && guard < 1000 {
        guard += 1;
        let n = tape.code.len();
        match r.below(12) {
            0 => {
                let from = r.below(n) as u32;
                let d = r.pick(&dtypes);
                let varies = tape.code[from as usize].varies;
                tape.code.push(Instr { inst: Inst::Cast(from), dtype: d, varies });
            }
            1 if rank > 0 => {
                let axis = r.below(rank);
                let d = r.pick(&dtypes);
                let varies = if rows && axis < outer { Varies::Outer } else { Varies::Element };
                tape.code.push(Instr { inst: Inst::Index(axis as u32), dtype: d, varies });
            }
            2 | 3 if rows => {
                let from = r.below(n);
                let d = tape.code[from].dtype;
                if tape.code[from].varies != Varies::Element || d.is_half() {
                    continue;
                }
                let op = if d == Dtype::Bool {
                    r.pick(&[ReduceOp::All, ReduceOp::Any])
                } else {
                    r.pick(&[ReduceOp::Sum, ReduceOp::Sum, ReduceOp::Max, ReduceOp::Min, ReduceOp::Prod])
                };
                tape.code.push(Instr { inst: Inst::Reduce(op, from as u32), dtype: d, varies: Varies::Outer });
            }
            _ => {
                let op = r.pick(Op::ALL);
                if !exact(op) {
                    continue;
                }
                let last = r.below(n);
                let d = tape.code[last].dtype;
                if op.operand_dtype(d) != Some(d) {
                    continue;
                }
                let mut regs = [0; 3];
                let arity = op.info().arity;
                regs[arity - 1] = last as u32;
                let mut ok = true;
                for (k, reg) in regs.iter_mut().enumerate().take(arity - 1) {
                    let need = if op == Op::Select && k == 0 { Dtype::Bool } else { d };
                    let all: Vec<usize> = (0..n).filter(|&i| tape.code[i].dtype == need).collect();
                    match all.is_empty() {
                        true => ok = false,
                        false => *reg = r.pick(&all) as u32,
                    }
                }
                if !ok {
                    continue;
                }
                let varies = regs[..arity].iter().map(|&k| tape.code[k as usize].varies).max().unwrap();
                tape.code.push(Instr { inst: Inst::Apply(op, regs), dtype: op.result_dtype(d), varies });
            }
        }
    }
    for k in 0..1 + r.below(3) {
        let reg = if k == 0 { tape.code.len() - 1 } else { r.below(tape.code.len()) };
        let mut s = if r.below(3) > 0 { lazulite_base::shape::contiguous(&tape.dims) } else { strides(r, &tape.dims.clone(), true) };
        if rows && tape.code[reg].varies != Varies::Element {
            s[outer..].fill(0);
            let rest = lazulite_base::shape::contiguous(&tape.dims[..outer]);
            s[..outer].copy_from_slice(&rest);
        }
        let dtype = tape.code[reg].dtype;
        tape.outputs.push((reg as u32, Map { dtype, strides: s }));
    }
    tape
}

/// `op` on one vector an operand.
pub fn single(op: Op, d: Dtype, len: usize, strided: bool) -> Tape {
    let mut tape = Tape {
        dims: smallvec::smallvec![len],
        inner: 0,
        order: Order::Lanes,
        inputs: vec![],
        params: vec![],
        code: vec![],
        outputs: vec![],
    };
    let arity = op.info().arity;
    for k in 0..arity {
        let dtype = if op == Op::Select && k == 0 { Dtype::Bool } else { d };
        tape.inputs.push(Map { dtype, strides: smallvec::smallvec![if strided { 3 } else { 1 }] });
        tape.code.push(Instr { inst: Inst::Load(k as u32), dtype, varies: Varies::Element });
    }
    let dtype = op.result_dtype(d);
    tape.code.push(Instr {
        inst: Inst::Apply(op, [0, 1, 2].map(|k| if k < arity as u32 { k } else { 0 })),
        dtype,
        varies: Varies::Element,
    });
    tape.outputs.push((arity as u32, Map { dtype, strides: smallvec::smallvec![1] }));
    tape
}

/// A cast of a vector.
pub fn cast(a: Dtype, b: Dtype, len: usize) -> Tape {
    Tape {
        dims: smallvec::smallvec![len],
        inner: 0,
        order: Order::Lanes,
        inputs: vec![Map { dtype: a, strides: smallvec::smallvec![1] }],
        params: vec![],
        code: vec![
            Instr { inst: Inst::Load(0), dtype: a, varies: Varies::Element },
            Instr { inst: Inst::Cast(0), dtype: b, varies: Varies::Element },
        ],
        outputs: vec![(1, Map { dtype: b, strides: smallvec::smallvec![1] })],
    }
}

/// A reduction over the last `inner` axes, contiguous (`last`) or as if they had been the first in memory.
pub fn reduction(op: ReduceOp, d: Dtype, order: Order, dims: &[usize], inner: usize, last: bool) -> Tape {
    let outer = dims.len() - inner;
    let mut s = lazulite_base::shape::contiguous(dims);
    if !last {
        let turned: Vec<usize> = dims[outer..].iter().chain(&dims[..outer]).copied().collect();
        let t = lazulite_base::shape::contiguous(&turned);
        s = t[inner..].iter().chain(&t[..inner]).copied().collect();
    }
    let mut out = lazulite_base::shape::contiguous(&dims[..outer]);
    out.extend(std::iter::repeat_n(0, inner));
    Tape {
        dims: dims.iter().copied().collect(),
        inner,
        order,
        inputs: vec![Map { dtype: d, strides: s }],
        params: vec![],
        code: vec![
            Instr { inst: Inst::Load(0), dtype: d, varies: Varies::Element },
            Instr { inst: Inst::Reduce(op, 0), dtype: d, varies: Varies::Outer },
        ],
        outputs: vec![(1, Map { dtype: d, strides: out })],
    }
}

/// Appends an operation.
fn op(tape: &mut Tape, op: Op, regs: &[u32]) -> u32 {
    let varies = regs.iter().map(|&k| tape.code[k as usize].varies).max().unwrap();
    let dtype = op.result_dtype(tape.code[*regs.last().unwrap() as usize].dtype);
    let mut r = [0; 3];
    r[..regs.len()].copy_from_slice(regs);
    tape.code.push(Instr { inst: Inst::Apply(op, r), dtype, varies });
    tape.code.len() as u32 - 1
}

/// A matrix and its transpose's like: one input row-major, the other column-major, added (or for bool, or).
pub fn turned(d: Dtype, m: usize, n: usize) -> Tape {
    let mut tape = Tape {
        dims: smallvec::smallvec![m, n],
        inner: 0,
        order: Order::Lanes,
        inputs: vec![],
        params: vec![],
        code: vec![],
        outputs: vec![],
    };
    for (k, s) in [[n as isize, 1], [1, m as isize]].into_iter().enumerate() {
        tape.inputs.push(Map { dtype: d, strides: smallvec::smallvec![s[0], s[1]] });
        tape.code.push(Instr { inst: Inst::Load(k as u32), dtype: d, varies: Varies::Element });
    }
    let v = op(&mut tape, Op::Add, &[0, 1]);
    tape.outputs.push((v, Map { dtype: d, strides: smallvec::smallvec![n as isize, 1] }));
    tape
}

fn rows(rows: usize, n: usize, order: Order) -> Tape {
    let map = |s: [isize; 2]| Map { dtype: Dtype::F32, strides: smallvec::smallvec![s[0], s[1]] };
    let load = |k| Instr { inst: Inst::Load(k), dtype: Dtype::F32, varies: Varies::Element };
    Tape {
        dims: smallvec::smallvec![rows, n],
        inner: 1,
        order,
        inputs: vec![map([n as isize, 1]), map([0, 1])],
        params: vec![Dtype::F32],
        code: vec![load(0), load(1), Instr { inst: Inst::Param(0), dtype: Dtype::F32, varies: Varies::Not }],
        outputs: vec![],
    }
}

fn reduced(tape: &mut Tape, r: ReduceOp, of: u32) -> u32 {
    tape.code.push(Instr { inst: Inst::Reduce(r, of), dtype: Dtype::F32, varies: Varies::Outer });
    tape.code.len() as u32 - 1
}

fn written(mut tape: Tape, r: u32) -> Tape {
    let n = tape.dims[1] as isize;
    tape.outputs.push((r, Map { dtype: Dtype::F32, strides: smallvec::smallvec![n, 1] }));
    tape
}

/// A layer norm with exact operations only.
pub fn norm(m: usize, n: usize, order: Order) -> Tape {
    let mut t = rows(m, n, order);
    let s = reduced(&mut t, ReduceOp::Sum, 0);
    let mean = op(&mut t, Op::Multiply, &[s, 2]);
    let c = op(&mut t, Op::Subtract, &[0, mean]);
    let q = op(&mut t, Op::Square, &[c]);
    let s = reduced(&mut t, ReduceOp::Sum, q);
    let var = op(&mut t, Op::Multiply, &[s, 2]);
    let r = op(&mut t, Op::Sqrt, &[var]);
    let y = op(&mut t, Op::Multiply, &[c, r]);
    let y = op(&mut t, Op::Multiply, &[y, 1]);
    let y = op(&mut t, Op::Add, &[y, 1]);
    written(t, y)
}

/// A softmax with exact operations in the exponential's place.
pub fn softmax(m: usize, n: usize, order: Order) -> Tape {
    let mut t = rows(m, n, order);
    let top = reduced(&mut t, ReduceOp::Max, 0);
    let c = op(&mut t, Op::Subtract, &[0, top]);
    let c = op(&mut t, Op::Subtract, &[c, 2]);
    let d = op(&mut t, Op::Divide, &[1, c]);
    let e = op(&mut t, Op::Sqrt, &[d]);
    let s = reduced(&mut t, ReduceOp::Sum, e);
    let v = op(&mut t, Op::Divide, &[e, s]);
    written(t, v)
}
