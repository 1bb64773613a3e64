//! What the tests share: works of every kind, and the run-time compiler if it is installed.

#![allow(dead_code)]

pub mod random;

use lazulite_base::shape::{Dims, Strides, contiguous};
use lazulite_base::tape::{Inst, Instr, Map, Order, ReduceOp, Reg, Tape, Varies};
use lazulite_base::work::{Attention, AttentionGrad, Combine, ScanOp, View, Window, Work};
use lazulite_base::{Dtype, Op, Scalar};
use lazulite_cuda::compiler::nvrtc::Nvrtc;

/// The compiler for an architecture; without it the test fails, unless `LAZULITE_NVRTC=skip` says that it is not to be had.
pub fn nvrtc(architecture: &str) -> Option<Nvrtc> {
    match Nvrtc::new(architecture) {
        Ok(n) => Some(n),
        Err(e) if std::env::var_os("LAZULITE_NVRTC").is_some_and(|v| v == "skip") => {
            eprintln!("skipped: {e}");
            None
        }
        Err(e) => panic!("{e}\n`pip install nvidia-cuda-nvrtc` in a .venv, or LAZULITE_NVRTC=skip"),
    }
}

/// A row-major view.
pub fn view(dtype: Dtype, dims: &[usize]) -> View {
    View { dtype, dims: dims.into(), strides: contiguous(dims) }
}

/// A tape in the making.
pub struct Draft(pub Tape);

impl Draft {
    pub fn new(dims: &[usize], inner: usize, order: Order) -> Draft {
        let empty = Tape { dims: dims.into(), inner, order, inputs: vec![], params: vec![], code: vec![], outputs: vec![] };
        Draft(empty)
    }

    fn push(&mut self, inst: Inst, dtype: Dtype, varies: Varies) -> Reg {
        self.0.code.push(Instr { inst, dtype, varies });
        (self.0.code.len() - 1) as Reg
    }

    pub fn load(&mut self, dtype: Dtype, strides: &[isize]) -> Reg {
        let row = &strides[self.0.outer()..];
        let outer = self.0.inner > 0 && row.iter().all(|&s| s == 0);
        self.0.inputs.push(Map { dtype, strides: strides.into() });
        self.push(Inst::Load(self.0.inputs.len() as u32 - 1), dtype, if outer { Varies::Outer } else { Varies::Element })
    }

    pub fn param(&mut self, dtype: Dtype) -> Reg {
        self.0.params.push(dtype);
        self.push(Inst::Param(self.0.params.len() as u32 - 1), dtype, Varies::Not)
    }

    pub fn index(&mut self, axis: u32, dtype: Dtype) -> Reg {
        let outer = (axis as usize) < self.0.outer() && self.0.inner > 0;
        self.push(Inst::Index(axis), dtype, if outer { Varies::Outer } else { Varies::Element })
    }

    pub fn apply(&mut self, op: Op, args: &[Reg]) -> Reg {
        let mut regs = [0; 3];
        regs[..args.len()].copy_from_slice(args);
        let d = op.result_dtype(self.0.code[args[args.len() - 1] as usize].dtype);
        let varies = args.iter().map(|&r| self.0.code[r as usize].varies).max().unwrap_or(Varies::Not);
        self.push(Inst::Apply(op, regs), d, varies)
    }

    pub fn cast(&mut self, r: Reg, dtype: Dtype) -> Reg {
        let varies = self.0.code[r as usize].varies;
        self.push(Inst::Cast(r), dtype, varies)
    }

    pub fn reduce(&mut self, op: ReduceOp, r: Reg) -> Reg {
        let d = self.0.code[r as usize].dtype;
        self.push(Inst::Reduce(op, r), d, Varies::Outer)
    }

    pub fn store(&mut self, r: Reg, strides: &[isize]) {
        let dtype = self.0.code[r as usize].dtype;
        self.0.outputs.push((r, Map { dtype, strides: strides.into() }));
    }

    pub fn done(self) -> Tape {
        self.0.validate().expect("a sound tape");
        self.0
    }
}

/// One operation on row-major arrays.
pub fn single(op: Op, d: Dtype, dims: &[usize]) -> Tape {
    let strides = contiguous(dims);
    let mut t = Draft::new(dims, 0, Order::Blocks);
    let args: Vec<Reg> = (0..op.info().arity).map(|k| t.load(if op == Op::Select && k == 0 { Dtype::Bool } else { d }, &strides)).collect();
    let r = t.apply(op, &args);
    t.store(r, &strides);
    t.done()
}

/// Softmax over rows of `n`.
pub fn softmax(d: Dtype, rows: usize, n: usize) -> Tape {
    let s = contiguous(&[rows, n]);
    let mut t = Draft::new(&[rows, n], 1, Order::Lanes);
    let x = t.load(d, &s);
    let x = if d.is_half() { t.cast(x, Dtype::F32) } else { x };
    let m = t.reduce(ReduceOp::Max, x);
    let c = t.apply(Op::Subtract, &[x, m]);
    let e = t.apply(Op::Exp, &[c]);
    let sum = t.reduce(ReduceOp::Sum, e);
    let y = t.apply(Op::Divide, &[e, sum]);
    let y = if d.is_half() { t.cast(y, d) } else { y };
    t.store(y, &s);
    t.done()
}

/// Softmax of rows where a mask is set.
pub fn masked_softmax(rows: usize, n: usize) -> Tape {
    let (d, s) = (Dtype::F32, contiguous(&[rows, n]));
    let mut t = Draft::new(&[rows, n], 1, Order::Lanes);
    let (mask, x, low) = (t.load(Dtype::Bool, &s), t.load(d, &s), t.param(d));
    let x = t.apply(Op::Select, &[mask, x, low]);
    let m = t.reduce(ReduceOp::Max, x);
    let c = t.apply(Op::Subtract, &[x, m]);
    let e = t.apply(Op::Exp, &[c]);
    let sum = t.reduce(ReduceOp::Sum, e);
    let y = t.apply(Op::Divide, &[e, sum]);
    t.store(y, &s);
    t.done()
}

/// A matrix, read by columns, and one.
pub fn transposed(d: Dtype, rows: usize, columns: usize) -> Tape {
    let mut t = Draft::new(&[rows, columns], 0, Order::Blocks);
    let x = t.load(d, &[1, rows as isize]);
    let one = t.param(d);
    let y = t.apply(Op::Maximum, &[x, one]);
    t.store(y, &contiguous(&[rows, columns]));
    t.done()
}

/// The elements of a matrix doubled, and the sums of its columns beside them.
pub fn columns_beside(columns: usize, n: usize) -> Tape {
    let (d, s) = (Dtype::F32, [1, columns as isize]);
    let mut t = Draft::new(&[columns, n], 1, Order::Blocks);
    let x = t.load(d, &s);
    let y = t.apply(Op::Add, &[x, x]);
    let sum = t.reduce(ReduceOp::Sum, y);
    t.store(y, &s);
    t.store(sum, &[1, 0]);
    t.done()
}

/// Rows doubled, with two outputs of one register: an element's, and a row's sum. With `passes` of two, elements are divided by that sum
/// first, so that no kernel of one pass will do.
pub fn shared_registers(order: Order, rows: usize, n: usize, passes: usize) -> Tape {
    let d = Dtype::F32;
    let s: Strides = if order == Order::Lanes { contiguous(&[rows, n]) } else { [1, rows as isize].into_iter().collect() };
    let mut t = Draft::new(&[rows, n], 1, order);
    let x = t.load(d, &s);
    let x = t.apply(Op::Add, &[x, x]);
    let sum = t.reduce(ReduceOp::Sum, x);
    let y = if passes == 2 { t.apply(Op::Divide, &[x, sum]) } else { x };
    for (r, s) in [(y, &s[..]), (y, &s[..]), (sum, &[1, 0]), (sum, &[1, 0])] {
        t.store(r, s);
    }
    t.done()
}

/// Tapes with outputs that share registers, for every kind of kernel over rows, and for those without rows.
pub fn shared_register_tapes() -> Vec<Tape> {
    let rows = [
        (Order::Lanes, 7, 100, 1),
        (Order::Lanes, 7, 100, 2),
        (Order::Lanes, 7, 8192, 2),
        (Order::Lanes, 7, 60_000, 2),
        (Order::Blocks, 33, 1000, 1),
        (Order::Blocks, 33, 50, 1),
        (Order::Blocks, 4000, 8700, 1),
        (Order::Blocks, 33, 1000, 2),
    ];
    let mut tapes: Vec<Tape> = rows.map(|(order, rows, n, passes)| shared_registers(order, rows, n, passes)).into();
    for mut tape in [single(Op::Add, Dtype::F32, &[1000]), transposed(Dtype::F32, 130, 144)] {
        tape.outputs.push(tape.outputs[0].clone());
        tapes.push(tape);
    }
    tapes
}

/// Layer norm over rows of `n`, with a weight, and the mean as a second output.
pub fn layer_norm(rows: usize, n: usize) -> Tape {
    let d = Dtype::F32;
    let s = contiguous(&[rows, n]);
    let mut t = Draft::new(&[rows, n], 1, Order::Lanes);
    let (x, w, scale, eps) = (t.load(d, &s), t.load(d, &[0, 1]), t.param(d), t.param(d));
    let sum = t.reduce(ReduceOp::Sum, x);
    let mean = t.apply(Op::Multiply, &[sum, scale]);
    let c = t.apply(Op::Subtract, &[x, mean]);
    let q = t.apply(Op::Square, &[c]);
    let v = t.reduce(ReduceOp::Sum, q);
    let v = t.apply(Op::Multiply, &[v, scale]);
    let v = t.apply(Op::Add, &[v, eps]);
    let r = t.apply(Op::Rsqrt, &[v]);
    let y = t.apply(Op::Multiply, &[c, r]);
    let y = t.apply(Op::Multiply, &[y, w]);
    t.store(y, &s);
    t.store(mean, &[1, 0]);
    t.done()
}

/// A reduction of `rows` rows of `n` elements that lie `step` apart.
pub fn reduction(op: ReduceOp, d: Dtype, rows: usize, n: usize, order: Order) -> Tape {
    let mut t = Draft::new(&[rows, n], 1, order);
    let strides: Strides =
        if order == Order::Lanes { [n as isize, 1].into_iter().collect() } else { [1, rows as isize].into_iter().collect() };
    let x = t.load(d, &strides);
    let r = t.reduce(op, x);
    t.store(r, &[1, 0]);
    t.done()
}

/// An attention and its gradient, of sizes batch, groups, heads of a group, queries, keys, features, features of the values; `mask` is
/// none, bool or added, and `packed` lays heads side by side, as a projection gives them.
pub fn attention(d: Dtype, sizes: [usize; 7], causal: bool, mask: usize, sinks: bool, packed: bool) -> [Work; 2] {
    let [b, g, each, queries, keys, features, values] = sizes;
    let operand = |heads: usize, rows: usize, n: usize| {
        let mut v = view(d, &[b, heads, rows, n]);
        if packed {
            let line = (heads * n) as isize;
            v.strides = [rows as isize * line, n as isize, line, 1].into_iter().collect();
        }
        v
    };
    let h = g * each;
    let rows = view(d.accumulator(), &[b, h, queries]);
    let of = Attention {
        q: operand(h, queries, features),
        k: operand(g, keys, features),
        v: operand(g, keys, values),
        mask: (mask > 0).then(|| view([d, Dtype::Bool, d][mask], &[b, h, queries, keys])),
        sinks: sinks.then(|| view(d, &[b, h])),
        causal,
        scale: Scalar::new(0.2, Dtype::F64),
    };
    let out = view(d, &[b, queries, h, values]);
    let grad = AttentionGrad { of: of.clone(), outs: [out.clone(), rows.clone(), rows], cotangent: out };
    [Work::Attention(Box::new(of)), Work::AttentionGrad(Box::new(grad))]
}

/// Attentions of every kind of text.
pub fn attentions() -> Vec<Work> {
    use Dtype::{BF16, F16, F32, F64};
    [
        attention(BF16, [2, 2, 1, 150, 150, 64, 64], true, 0, false, true),
        attention(F16, [1, 2, 2, 70, 100, 64, 64], false, 1, true, false),
        attention(BF16, [1, 1, 2, 130, 90, 128, 128], true, 2, false, false),
        attention(F16, [1, 2, 1, 40, 50, 96, 80], false, 0, false, true),
        attention(BF16, [1, 1, 1, 40, 70, 256, 256], true, 0, false, false),
        attention(BF16, [2, 2, 4, 1, 1200, 128, 128], true, 0, true, false),
        attention(F16, [1, 1, 1, 9, 40, 20, 12], false, 2, false, false),
        attention(F32, [1, 2, 2, 30, 50, 64, 64], true, 2, true, true),
        attention(F64, [1, 1, 1, 20, 40, 16, 16], true, 1, false, false),
        attention(F32, [1, 1, 2, 1, 300, 80, 80], false, 0, false, false),
    ]
    .concat()
}

/// Every scan that a dtype takes.
pub fn scan_ops(d: Dtype) -> Vec<ScanOp> {
    let all = [ScanOp::Sum, ScanOp::Prod, ScanOp::Max, ScanOp::Min, ScanOp::LogAddExp, ScanOp::Linear];
    let takes = |op: &ScanOp| match op {
        ScanOp::Sum => d != Dtype::Bool,
        ScanOp::LogAddExp | ScanOp::Linear => d.is_inexact(),
        _ => true,
    };
    all.into_iter().filter(takes).collect()
}

/// A scan of a row-major array.
pub fn scan(op: ScanOp, d: Dtype, dims: &[usize], axis: usize, reverse: bool, exclusive: bool) -> Work {
    let x = view(d, dims);
    let factors = (op == ScanOp::Linear).then(|| x.clone());
    Work::Scan { x, factors, axis, op, reverse, exclusive: exclusive && op != ScanOp::Linear }
}

/// Works of every kind whose kernels are our own: every row of the table in every dtype it takes, every cast, and each other kernel in the
/// forms that its text depends on.
pub fn all() -> Vec<Work> {
    let mut out = vec![Work::Tape(masked_softmax(5, 4096)), Work::Tape(columns_beside(33, 1000))];
    out.extend(attentions());
    let small = |t: &Tape| t.dims.iter().product::<usize>() < 1 << 20;
    out.extend(shared_register_tapes().into_iter().filter(small).map(Work::Tape));
    for &op in Op::ALL {
        let mut seen: Vec<Dtype> = Vec::new();
        for d in Dtype::ALL.into_iter().filter_map(|d| op.operand_dtype(d)) {
            if !seen.contains(&d) {
                seen.push(d);
                out.push(Work::Tape(single(op, d, &[1000])));
            }
        }
    }
    for from in Dtype::ALL {
        let mut t = Draft::new(&[6, 10], 0, Order::Blocks);
        let (x, i, p) = (t.load(from, &[1, 6]), t.index(1, from), t.param(from));
        for to in Dtype::ALL {
            let y = t.cast(x, to);
            t.store(y, &[10, 1]);
        }
        t.store(i, &[10, 1]);
        t.store(p, &[10, 1]);
        out.push(Work::Tape(t.done()));
        for op in [ReduceOp::Sum, ReduceOp::Prod, ReduceOp::Min, ReduceOp::Max] {
            if !from.is_half() {
                for (rows, n, order) in
                    [(9, 100, Order::Lanes), (3, 20_000, Order::Lanes), (100, 300, Order::Blocks), (300, 100, Order::Blocks)]
                {
                    out.push(Work::Tape(reduction(op, from, rows, n, order)));
                }
            }
        }
        let x = view(from, &[5, 6, 8]);
        out.push(Work::Reinterpret { x: x.clone() });
        for op in [ReduceOp::Min, ReduceOp::Max] {
            out.push(Work::ArgReduce { x: x.clone(), axis: 1, op });
        }
        out.push(Work::ArgReduce { x: x.clone(), axis: 2, op: ReduceOp::Max });
        out.push(Work::ArgSort { x: x.clone() });
        out.extend(scan_ops(from).into_iter().map(|op| scan(op, from, &[5, 6, 8], 2, true, true)));
        out.push(Work::Tape(transposed(from, 130, 144)));
        if from.is_integer() || from == Dtype::Bool {
            let index = view(from, &[4]);
            out.push(Work::Gather { x: view(Dtype::F32, &[5, 6, 8]), axes: [0].into_iter().collect(), indices: vec![index] });
            let index = view(from, &[5, 2, 8]);
            out.push(Work::GatherAlong { x: view(Dtype::F16, &[5, 6, 8]), index, axis: 1 });
        }
        for mode in [Combine::Set, Combine::Add, Combine::Prod, Combine::Max, Combine::Min] {
            let axes: Dims = [0].into_iter().collect();
            let (to, updates, index) = (view(from, &[5, 6]), view(from, &[4, 6]), view(Dtype::I32, &[4]));
            out.push(Work::Scatter { out: to.clone(), updates, axes, indices: vec![index], mode });
            let index = view(Dtype::I32, &[5, 2]);
            out.push(Work::ScatterAlong { out: to, updates: view(from, &[5, 2]), index, axis: 1, mode });
        }
    }
    out.push(Work::Tape(reduction(ReduceOp::Sum, Dtype::F32, 140_000, 300, Order::Blocks)));
    out.push(Work::Tape(reduction(ReduceOp::Sum, Dtype::F32, 1, 5_000_000, Order::Lanes)));
    out.push(Work::Tape(reduction(ReduceOp::Max, Dtype::I64, 1, 5_000_000, Order::Lanes)));
    for (op, d) in [(ReduceOp::All, Dtype::Bool), (ReduceOp::Any, Dtype::Bool)] {
        out.push(Work::Tape(reduction(op, d, 9, 100, Order::Lanes)));
    }
    for d in [Dtype::F32, Dtype::F64, Dtype::BF16] {
        for n in [1, 30, 64, 1000, 1024, 1025, 8192, 20_000, 60_000] {
            out.push(Work::Tape(softmax(d, 7, n)));
        }
    }
    for n in [50, 768, 8192, 30_000] {
        out.push(Work::Tape(layer_norm(7, n)));
    }
    for width in [1, 2, 4] {
        out.push(Work::RandomBits { keys: 3, n: 101, width });
        out.push(Work::RandomBits { keys: 3, n: 1024, width });
    }
    for n in [50, 100, 200, 400, 1000, 2000, 4000, 8000, 16_384, 50_000] {
        out.push(Work::ArgSort { x: view(Dtype::F32, &[3, n]) });
    }
    for (dims, axis) in
        [(&[3usize, 1000][..], 1), (&[3, 5000], 1), (&[2, 70_000], 1), (&[5000, 3], 0), (&[100, 20_000], 0), (&[40_000, 20], 0)]
    {
        out.push(scan(ScanOp::Sum, Dtype::F32, dims, axis, false, false));
        out.push(scan(ScanOp::Linear, Dtype::BF16, dims, axis, true, false));
    }
    out.push(Work::ArgSort { x: view(Dtype::F64, &[3, 8000]) });
    for (d, n) in [(Dtype::F32, 100), (Dtype::C64, 300), (Dtype::BF16, 20_000)] {
        out.push(Work::Sort { x: view(d, &[3, n]) });
    }
    out.push(Work::ArgSort { x: view(Dtype::I64, &[3, 20_000]) });
    for (dims, axis) in [(&[3usize, 9000][..], 1), (&[9000, 40], 0), (&[6000, 1024], 1), (&[1_000_000], 0), (&[1_000_001], 0)] {
        out.push(Work::ArgReduce { x: view(Dtype::F32, dims), axis, op: ReduceOp::Max });
        out.push(Work::ArgReduce { x: view(Dtype::BF16, dims), axis, op: ReduceOp::Min });
    }
    out.extend(convolutions());
    // A matrix and a row, rows reversed, three axes in another order.
    for (dims, a, b) in [
        (&[64usize, 96][..], &[96isize, 1][..], &[0isize, 1][..]),
        (&[64, 97], &[97, 1], &[0, 1]),
        (&[64, 96], &[-96, 1], &[1, 64]),
        (&[4, 6, 10], &[1, 40, 4], &[60, 10, 1]),
        // Tiles: both turned, one of them, another axis between them, sides that no tile divides.
        (&[256, 192], &[1, 256], &[1, 256]),
        (&[256, 192], &[1, 256], &[192, 1]),
        (&[5, 96, 80], &[7680, 1, 96], &[0, 0, 1]),
        (&[96, 5, 80], &[1, 96, 480], &[400, 80, 1]),
        (&[131, 133], &[1, 131], &[-133, 1]),
        (&[3, 64, 130], &[1, 390, 3], &[8320, 1, 64]),
    ] {
        let mut t = Draft::new(dims, 0, Order::Blocks);
        let (x, y) = (t.load(Dtype::F32, a), t.load(Dtype::BF16, b));
        let y = t.cast(y, Dtype::F32);
        let z = t.apply(Op::Add, &[x, y]);
        t.store(z, &contiguous(dims));
        out.push(Work::Tape(t.done()));
    }
    out
}

/// Convolutions of every form: dtypes, spatial axes, groups, phases, sums in parts, few channels; forward and both gradients' layouts.
pub fn convolutions() -> Vec<Work> {
    let mut out = Vec::new();
    let at = |out, stride, dilation, spread, low| Window { out, stride, dilation, spread, low };
    for d in [Dtype::F32, Dtype::F64, Dtype::F16, Dtype::BF16] {
        let mut add = |x: &[usize], w: &[usize], windows: &[Window], turned| {
            out.push(Work::Conv { x: view(d, x), w: view(d, w), windows: windows.iter().copied().collect(), turned });
        };
        add(&[1, 2, 9, 1, 20], &[1, 1, 40, 3, 20], &[at(9, 1, 1, 1, 1)], false);
        add(&[2, 3, 8, 7, 2, 6], &[2, 2, 5, 3, 2, 6], &[at(4, 2, 1, 1, 1), at(5, 1, 2, 1, 0)], false);
        add(&[1, 2, 12, 12, 1, 33], &[1, 1, 130, 3, 3, 33], &[at(12, 1, 1, 1, 1), at(12, 1, 1, 1, 1)], false);
        add(&[1, 2, 5, 6, 1, 7], &[1, 1, 9, 3, 2, 7], &[at(10, 1, 1, 2, 1), at(9, 2, 1, 3, 0)], false);
        add(&[1, 2, 4, 5, 3, 1, 5], &[1, 1, 6, 2, 2, 2, 5], &[at(3, 1, 1, 1, 0), at(6, 1, 1, 1, 1), at(2, 2, 1, 1, 1)], false);
        add(&[1, 2, 9, 8, 40, 1], &[1, 40, 1, 3, 3, 1], &[at(9, 1, 1, 1, 1), at(4, 2, 1, 1, 1)], false);
        add(&[1, 6, 14, 14, 1, 5], &[1, 1, 11, 14, 14, 5], &[at(3, 1, 1, 1, 1), at(3, 1, 1, 1, 1)], true);
        add(&[1, 3, 14, 14, 1, 20], &[1, 1, 70, 14, 14, 20], &[at(3, 1, 1, 1, 1), at(3, 1, 1, 1, 1)], true);
        add(&[1, 1, 9, 8, 40, 6], &[1, 40, 1, 9, 4, 6], &[at(3, 1, 1, 1, 1), at(3, 1, 2, 1, 1)], true);
        add(&[1, 3, 5, 2, 4], &[1, 2, 9, 9, 4], &[at(3, 1, 1, 2, 1)], true);
    }
    // As a gradient has them: images as channels, outputs as a kernel turned around.
    let back = Work::Conv {
        x: View {
            dtype: Dtype::F32,
            dims: [1, 20, 10, 10, 1, 4].into_iter().collect(),
            strides: [8000, 1, 200, 20, 20, 2000].into_iter().collect(),
        },
        w: View {
            dtype: Dtype::F32,
            dims: [1, 1, 30, 10, 10, 4].into_iter().collect(),
            strides: [12000, 30, 1, 300, 30, 3000].into_iter().collect(),
        },
        windows: [at(3, 1, 1, 1, 1), at(3, 1, 1, 1, 1)].into_iter().collect(),
        turned: true,
    };
    let across = Work::Conv {
        x: view(Dtype::F32, &[1, 4, 10, 10, 1, 30]),
        w: View {
            dtype: Dtype::F32,
            dims: [1, 1, 20, 3, 3, 30].into_iter().collect(),
            strides: [5400, 5400, 1, -60, -20, 180].into_iter().collect(),
        },
        windows: [at(10, 1, 1, 1, 1), at(10, 1, 1, 1, 1)].into_iter().collect(),
        turned: false,
    };
    out.extend([back, across]);
    out
}
