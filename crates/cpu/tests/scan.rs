//! Scans against their definition: the same bits in every dtype, layout and number of threads.

mod common;

use common::*;
use lazulite_base::meaning::apply;
use lazulite_base::shape::size;
use lazulite_base::work::{ScanOp, Work};
use lazulite_base::{Complex32, Dtype, Element, Op, Scalar};

const OPS: [ScanOp; 6] = [ScanOp::Sum, ScanOp::Prod, ScanOp::Max, ScanOp::Min, ScanOp::LogAddExp, ScanOp::Linear];

fn takes(op: ScanOp, d: Dtype) -> bool {
    match op {
        ScanOp::Sum => d != Dtype::Bool,
        ScanOp::LogAddExp | ScanOp::Linear => d.is_inexact(),
        _ => true,
    }
}

/// A state: an element, and its factor (or the element once more).
type State = (Scalar, Scalar);

fn narrow(s: Scalar) -> Complex32 {
    Complex32::new(s.as_complex().re as f32, s.as_complex().im as f32)
}

fn join(op: ScanOp, (f, x): State, (g, y): State) -> State {
    let of = |op: Op, a: Scalar, b: Scalar| match op {
        // The meaning of a complex product rounds once; kernels round each operation.
        Op::Multiply if a.dtype() == Dtype::C64 => (narrow(a) * narrow(b)).scalar(),
        _ => apply(op, &[a, b]),
    };
    // Of equal ones and of two NaN the earlier stays.
    let extremum = |beats: Op| {
        let nan = |s: Scalar| s.dtype().is_inexact() && s.as_complex().is_nan();
        let first = nan(x) || !nan(y) && (of(beats, y, x).as_i128() == 0);
        if first { x } else { y }
    };
    let v = match op {
        ScanOp::Sum => of(Op::Add, x, y),
        ScanOp::Prod => of(Op::Multiply, x, y),
        ScanOp::Max => extremum(Op::Greater),
        ScanOp::Min => extremum(Op::Less),
        ScanOp::LogAddExp => of(Op::Logaddexp, x, y),
        ScanOp::Linear => {
            let zero = x.as_complex() == Complex32::new(0.0, 0.0).scalar().as_complex();
            return (of(Op::Multiply, g, f), if zero { y } else { of(Op::Add, of(Op::Multiply, g, x), y) });
        }
    };
    (v, v)
}

fn ladder(op: ScanOp, mut v: Vec<State>) -> Vec<State> {
    for d in [1, 2, 4, 8, 16] {
        let old = v.clone();
        (d..v.len()).for_each(|i| v[i] = join(op, old[i - d], old[i]));
    }
    v
}

/// What comes before each of the parts with these totals, by the definition.
fn before(op: ScanOp, totals: &[State]) -> Vec<Option<State>> {
    if totals.is_empty() {
        return vec![];
    }
    let blocks: Vec<Vec<State>> = totals.chunks(32).map(|b| ladder(op, b.to_vec())).collect();
    let ends: Vec<State> = blocks.iter().map(|b| b[b.len() - 1]).collect();
    let outer = if blocks.len() > 1 { before(op, &ends) } else { vec![None] };
    let mut all = Vec::new();
    for (block, outer) in blocks.iter().zip(outer) {
        all.push(outer);
        all.extend(block[..block.len() - 1].iter().map(|&w| Some(outer.map_or(w, |b| join(op, b, w)))));
    }
    all
}

fn scan(op: ScanOp, row: &[State]) -> Vec<Scalar> {
    let groups: Vec<Vec<State>> = row.chunks(32).map(|g| ladder(op, g.to_vec())).collect();
    let totals: Vec<State> = groups.iter().map(|g| g[g.len() - 1]).collect();
    let before = before(op, &totals);
    groups.iter().zip(before).flat_map(|(g, b)| g.iter().map(move |&v| b.map_or(v, |b| join(op, b, v)).1)).collect()
}

fn nothing(op: ScanOp, d: Dtype) -> Scalar {
    let of = |v: f64| Scalar::new(v, d);
    let bound = |high: bool| match d {
        Dtype::C64 => {
            let v = if high { f32::INFINITY } else { f32::NEG_INFINITY };
            Complex32::new(v, v).scalar()
        }
        d if d.is_inexact() => of(if high { f64::INFINITY } else { f64::NEG_INFINITY }),
        Dtype::Bool => of(high as u8 as f64),
        d => {
            let bits = 8 * d.size() as u32;
            let value = match (d.is_unsigned(), high) {
                (true, true) => u64::MAX >> (64 - bits),
                (true, false) => 0,
                (false, true) => (1u64 << (bits - 1)) - 1,
                (false, false) => 1u64 << (bits - 1),
            };
            Scalar::from_bits(d, value)
        }
    };
    match op {
        ScanOp::Sum | ScanOp::Linear => of(0.0),
        ScanOp::Prod => of(1.0),
        ScanOp::Max => bound(false),
        ScanOp::Min => bound(true),
        ScanOp::LogAddExp => of(f64::NEG_INFINITY),
    }
}

fn draw(rng: &mut Rng, d: Dtype) -> Scalar {
    if d.is_inexact() && rng.below(400) == 0 {
        return Scalar::new([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0][rng.below(5)], d);
    }
    let real = 3.0 * rng.unit() - 1.5;
    match d {
        Dtype::C64 => Complex32::new(real as f32, rng.unit() as f32 - 0.5).scalar(),
        d => Scalar::new(real * if d.is_inexact() { 1.0 } else { 5.0 }, d),
    }
}

/// Whether a logarithm is near; everything else has the same bits but for NaN's.
fn agrees(op: ScanOp, got: Scalar, want: Scalar) -> bool {
    let (g, w) = (got.as_complex(), want.as_complex());
    if !got.dtype().is_inexact() {
        return got.bits() == want.bits();
    }
    if w.is_nan() || g.is_nan() {
        return w.is_nan() && g.is_nan();
    }
    let digits = match got.dtype() {
        Dtype::F16 => 2e-3,
        Dtype::BF16 => 2e-2,
        Dtype::F64 => 1e-13,
        _ => 2e-6,
    };
    let near = g == w || (g - w).norm() <= digits * (1.0 + w.norm());
    let same = g.re.to_bits() == w.re.to_bits() && g.im.to_bits() == w.im.to_bits();
    if op == ScanOp::LogAddExp { near } else { same }
}

fn check(rng: &mut Rng, op: ScanOp, dtype: Dtype, dims: &[usize], axis: usize, reverse: bool, exclusive: bool) {
    let x = Operand::scattered(rng, dtype, dims, true).fill(|| Scalar::new(0.0, dtype)).fill(|| draw(rng, dtype));
    let factors = (op == ScanOp::Linear).then(|| Operand::scattered(rng, dtype, dims, true).fill(|| draw(rng, dtype)));
    let work = Work::Scan { x: x.view.clone(), factors: factors.as_ref().map(|f| f.view.clone()), axis, op, reverse, exclusive };
    let inputs: Vec<&Operand> = std::iter::once(&x).chain(&factors).collect();
    let got = run(&work, &inputs, &Operand::zeros(dtype, dims)).values();
    let (n, inner) = (dims[axis], size(&dims[axis + 1..]));
    let (values, factors) = (x.values(), factors.as_ref().map_or_else(|| x.values(), |f| f.values()));
    let state = if dtype.is_half() { Dtype::F32 } else { dtype };
    for line in 0..size(dims) / n.max(1) {
        let place = |i: usize| line / inner * inner * n + line % inner + inner * if reverse { n - 1 - i } else { i };
        let row: Vec<State> = (0..n).map(|i| (factors[place(i)].cast(state), values[place(i)].cast(state))).collect();
        let mut want: Vec<Scalar> = scan(op, &row).iter().map(|s| s.cast(dtype)).collect();
        if exclusive && n > 0 {
            want.rotate_right(1);
            want[0] = nothing(op, dtype);
        }
        for (i, w) in want.into_iter().enumerate() {
            let g = got[place(i)];
            assert!(agrees(op, g, w), "{op:?} {dtype} {dims:?} axis {axis} place {i}: {g:?}, not {w:?}; {work:?}");
        }
    }
}

#[test]
fn scans_are_what_their_definition_says() {
    let _alone = alone();
    let mut rng = Rng(11);
    for round in 0..600 {
        let (op, dtype) = (OPS[round % 6], Dtype::ALL[rng.below(14)]);
        if !takes(op, dtype) {
            continue;
        }
        let rank = 1 + rng.below(3);
        let most = [4, 20, 40][rng.below(3)].min(if rank == 3 { 6 } else { 40 });
        let mut dims = rng.dims(rank, most);
        let axis = rng.below(rank);
        dims[axis] = [0, 1, 2, 31, 32, 33, 64, 300, 700, 1100, 2500][rng.below(11)];
        if size(&dims) > 30_000 {
            continue;
        }
        let (reverse, exclusive) = (rng.below(2) == 0, op != ScanOp::Linear && rng.below(2) == 0);
        check(&mut rng, op, dtype, &dims, axis, reverse, exclusive);
    }
}

#[test]
fn rows_are_scanned_in_tiles() {
    let _alone = alone();
    let mut rng = Rng(12);
    for (dims, axis) in [([150, 70], 0), ([70, 150], 0), ([40, 600], 1), ([300, 40], 1), ([150, 31], 1), ([37, 8], 1), ([2, 1025], 1)] {
        for dtype in [Dtype::F32, Dtype::BF16, Dtype::I32, Dtype::C64] {
            for op in OPS.into_iter().filter(|&op| takes(op, dtype)) {
                check(&mut rng, op, dtype, &dims, axis, false, false);
            }
        }
    }
}

#[test]
fn a_lone_long_row_has_the_same_order() {
    let _alone = alone();
    let mut rng = Rng(13);
    for (op, reverse) in [(ScanOp::Sum, false), (ScanOp::Sum, true), (ScanOp::Max, false)] {
        check(&mut rng, op, Dtype::F32, &[5 * 32_768 + 77], 0, reverse, reverse);
    }
    check(&mut rng, ScanOp::Sum, Dtype::F32, &[33 * 32_768 + 1], 0, false, false);
}
