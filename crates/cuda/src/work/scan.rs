//! Running combinations along an axis: the kernels of `kernels/scan*.cu`, in the order of [`ScanOp`].

use super::{coordinates, launch, offset};
use crate::launch::{Launch, Plan, Word, Words};
use crate::tape::text::{combine, identity, memory, register};
use lazulite_base::Dtype;
use lazulite_base::shape::{Dims, Strides, coalesce, contiguous, size};
use lazulite_base::tape::ReduceOp;
use lazulite_base::work::{ScanOp, View};

/// Elements of a part of a long row: a block of blocks.
const PART: usize = 1 << 15;
/// Rows beside one another from which their elements are read together.
const BESIDE: usize = 8;

/// The text of states: their type, how an element becomes one and back, how two combine; and the bytes of one.
fn state(op: ScanOp, d: Dtype) -> (String, usize) {
    let (m, r) = (memory(d), register(d));
    let bytes = if d.is_half() { 4 } else { d.size() };
    let nothing = |reduce: ReduceOp| identity(reduce, d);
    let (join, none) = match op {
        ScanOp::Sum => (combine(ReduceOp::Sum, "a", "b"), nothing(ReduceOp::Sum)),
        ScanOp::Prod => (combine(ReduceOp::Prod, "a", "b"), nothing(ReduceOp::Prod)),
        // The first of equal ones; NaN wins.
        ScanOp::Max => ("a == a && (b != b || b > a) ? b : a".into(), nothing(ReduceOp::Max)),
        ScanOp::Min => ("a == a && (b != b || b < a) ? b : a".into(), nothing(ReduceOp::Min)),
        ScanOp::LogAddExp if d == Dtype::C64 => ("lz_logaddexp(a, b)".into(), "cx(-INF_F, 0.0f)".into()),
        ScanOp::LogAddExp => ("lz_logaddexp(a, b)".into(), nothing(ReduceOp::Max)),
        ScanOp::Linear => {
            let text = format!(
                "struct @_State {{ {r} f, x; }};\n\
                 FN @_State @_enter({m} x, {m} f) {{ return {{get(f), get(x)}}; }}\n\
                 FN {m} @_leave(@_State s) {{ {m} y; put(y, s.x); return y; }}\n\
                 FN @_State @_join(@_State a, @_State b) {{\n  \
                 const {r} f = red_mul(b.f, a.f);\n  \
                 return {{f, a.x == {zero} ? b.x : red_add(red_mul(b.f, a.x), b.x)}};\n}}\n\
                 FN {m} @_nothing() {{ {m} y; put(y, {zero}); return y; }}\n",
                zero = nothing(ReduceOp::Sum)
            );
            return (text, 2 * bytes);
        }
    };
    let text = format!(
        "typedef {r} @_State;\n\
         FN @_State @_enter({m} x, {m}) {{ return get(x); }}\n\
         FN {m} @_leave(@_State s) {{ {m} y; put(y, s); return y; }}\n\
         FN @_State @_join(@_State a, @_State b) {{ return {join}; }}\n\
         FN {m} @_nothing() {{ {m} y; put(y, ({r})({none})); return y; }}\n"
    );
    (text, bytes)
}

/// The running combination of `x` along `axis`.
pub fn plan(x: &View, factors: Option<&View>, axis: usize, op: ScanOp, reverse: bool, exclusive: bool) -> Option<Plan> {
    let out = contiguous(&x.dims);
    let all: [&[isize]; 3] = [&x.strides, factors.map_or(&x.strides, |f| &f.strides), &out];
    let n = x.dims[axis];
    let without = |s: &[isize]| -> Strides { s.iter().enumerate().filter(|&(a, _)| a != axis).map(|(_, &s)| s).collect() };
    let dims: Dims = x.dims.iter().enumerate().filter(|&(a, _)| a != axis).map(|(_, &d)| d).collect();
    let rows = size(&dims);
    if rows * n == 0 {
        return Some(Plan::default());
    }
    let parts = n.div_ceil(PART);
    if rows >= 1 << 31 || parts >= 1 << 16 {
        return None;
    }
    let (dims, steps) = coalesce(&dims, &[&without(all[0]), &without(all[1]), &without(all[2])]);
    let (text, bytes) = state(op, x.dtype);
    let value = |v: usize| Word::Value(v as u64);
    let sign = if reverse { -1 } else { 1 };
    let blocks = |file: &str, w: Words, warps: usize, items: usize, blanks: &[(&str, String)]| -> Launch {
        let mut all: Vec<(&str, String)> = vec![("STATE", text.clone())];
        all.extend_from_slice(blanks);
        all.extend([
            ("WARPS", warps.to_string()),
            ("ITEMS", items.to_string()),
            ("EXCLUSIVE", exclusive.to_string()),
            ("MEMORY", memory(x.dtype).into()),
        ]);
        let mut made = launch(&format!("{}{file}", include_str!("../kernels/scan.cuh")), &all, w, 1);
        made.source.complex = x.dtype == Dtype::C64;
        made.source.slow = if op == ScanOp::LogAddExp { 100 } else { 0 };
        made
    };
    // What comes before each part of a row, whether its total is wanted, and the text.
    let make = |file: &str, before: Word, totals: bool, warps: usize, items: usize| -> Launch {
        let inputs = [Word::Input(0), Word::Input(if factors.is_some() { 1 } else { 0 }), Word::Output(0), value(n), value(rows)];
        let moves = [0, 1, 2].map(|o| value((sign * all[o][axis]) as usize));
        let mut w = Words([&inputs[..], &moves, &[before, value(parts), value(totals as usize)]].concat());
        let row = coordinates(&mut w, "t", "row", &dims);
        let mut from = |o: usize| {
            let far = if reverse { (n as isize - 1) * all[o][axis] } else { 0 };
            format!("{} + (i64){}", offset(&mut w, "t", &steps[o]), w.value(far as u64))
        };
        let blanks = [("BASE", from(0)), ("FACTORS", from(1)), ("OUT", from(2)), ("ROW", row)];
        blocks(file, w, warps, items, &blanks)
    };
    let none = value(0);
    let beside = steps[0].last() == Some(&1) && steps[2].last() == Some(&1) && dims.last() >= Some(&BESIDE) && all[0][axis] != 1;
    let file = if beside { include_str!("../kernels/scan_beside.cu") } else { include_str!("../kernels/scan.cu") };
    // Of warps that take groups, and of blocks that take rows.
    let (warps, across) = if beside { (n.div_ceil(32).next_power_of_two().min(8), rows.div_ceil(32) as u32) } else { (8, rows as u32) };
    if n <= 1024 && !beside {
        let items = n.div_ceil(32).next_power_of_two();
        let mut one = make(file, none, false, 1, items);
        one.grid = [rows.div_ceil(8) as u32, 1];
        return Some(Plan::one(one));
    }
    if parts == 1 {
        let mut one = make(file, none, false, warps, 32);
        (one.grid, one.block) = ([across, 1], warps as u32 * 32);
        return Some(Plan::one(one));
    }
    let before = Word::Scratch(0);
    let (mut first, mut last) = (make(file, before, true, warps, 32), make(file, before, false, warps, 32));
    (first.grid, last.grid) = ([across, parts as u32 - 1], [across, parts as u32]);
    let mut middle = blocks(include_str!("../kernels/scan_parts.cu"), Words(vec![before, value(parts)]), 1, 1, &[]);
    (middle.grid, middle.block) = ([rows as u32, 1], 32);
    Some(Plan { launches: vec![first, middle, last], scratch: rows * parts * bytes, ..Plan::default() })
}
