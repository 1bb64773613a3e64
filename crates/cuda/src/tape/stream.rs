//! Rows read from memory in every pass: a warp a row in lane order, a thread a row in block order. With few long rows and one pass,
//! a warp or thread a block of a row, then a kernel that combines the blocks.

use super::rows::Rows;
use super::space::Space;
use super::text::{combine, complex, identity, register, slow_count};
use crate::launch::{Launch, Source, Word};
use lazulite_base::tape::{BLOCK, LANE_BLOCK, Order, Tape};
use std::fmt::Write;

const THREADS: u32 = 256;
const WARPS: usize = 8;

fn finish(tape: &Tape, rows: Rows<'_>, blocks: usize) -> Launch {
    let mut source = Source::kernel("", rows.words.0.len(), THREADS, &rows.body);
    source.slow = slow_count(tape);
    source.complex = complex(tape);
    Launch { source, grid: [blocks.max(1) as u32, 1], block: THREADS, shared: 0, words: rows.words }
}

/// Names the function that reduction `i` combines with, for the fold.
fn function(op: lazulite_base::tape::ReduceOp) -> String {
    let text = combine(op, "", "");
    text[..text.len() - 4].into()
}

/// The loop over elements `from..to` of the row that this lane or thread accumulates, for the reductions at `stage`.
fn accumulate(r: &mut Rows<'_>, stage: usize, order: Order) {
    let list = r.reductions(stage);
    let index = r.index;
    for &(i, op, _) in &list {
        let d = r.tape.code[i].dtype;
        let _ = writeln!(r.body, "  {} l{i} = {};", register(d), identity(op, d));
    }
    let targets: Vec<usize> = list.iter().map(|l| l.2).collect();
    let text = r.element(&targets, &|_| None);
    let (start, step, unroll) = match order {
        Order::Lanes => ("from + lane", 32, 16),
        Order::Blocks => ("from", 1, 8),
    };
    let _ = writeln!(r.body, "#pragma unroll {unroll}\n  for ({index} j = {start}; j < to; j += {step}) {{\n{text}");
    for &(i, op, v) in &list {
        let _ = writeln!(r.body, "    l{i} = {};", combine(op, &format!("l{i}"), &format!("r{v}")));
    }
    r.body.push_str("  }\n");
    if order == Order::Lanes {
        for &(i, op, _) in &list {
            let t = register(r.tape.code[i].dtype);
            let _ = writeln!(r.body, "  LZ_FOLD({t}, l{i}, {})", function(op));
        }
    }
}

fn block(order: Order) -> usize {
    match order {
        Order::Lanes => LANE_BLOCK,
        Order::Blocks => BLOCK,
    }
}

/// Which row a warp or a thread works on.
fn who(r: &mut Rows<'_>, order: Order) {
    let index = r.index;
    let _ = match order {
        Order::Lanes => writeln!(
            r.body,
            "  const u32 lane = threadIdx.x & 31;\n  const {index} row = ({index})blockIdx.x * {WARPS} + (threadIdx.x >> 5);"
        ),
        Order::Blocks => writeln!(r.body, "  const {index} row = ({index})blockIdx.x * {THREADS} + threadIdx.x;"),
    };
    r.body.push_str("  if (row >= rows) return;\n");
}

/// One kernel that passes over each row as often as it must.
pub fn whole(tape: &Tape, space: &Space) -> Launch {
    let mut r = Rows::new(tape, space);
    let (order, index) = (tape.order, r.index);
    who(&mut r, order);
    r.locate();
    for stage in 0..=r.last() {
        r.outer(stage);
        let list = r.reductions(stage);
        if list.is_empty() {
            continue;
        }
        for &(i, op, _) in &list {
            let d = tape.code[i].dtype;
            let _ = writeln!(r.body, "  {} r{i} = {};", register(d), identity(op, d));
        }
        let _ = writeln!(
            r.body,
            "  for ({index} from = 0; from < len; from += {b}) {{ const {index} to = len - from < {b} ? len : from + {b};",
            b = block(order)
        );
        accumulate(&mut r, stage, order);
        for &(i, op, _) in &list {
            let _ = writeln!(r.body, "  r{i} = from == 0 ? l{i} : {};", combine(op, &format!("r{i}"), &format!("l{i}")));
        }
        r.body.push_str("  }\n");
        if order == Order::Lanes {
            for &(i, _, _) in &list {
                let _ = writeln!(r.body, "  r{i} = lane_first(r{i});");
            }
        }
    }
    elements(&mut r, order);
    let text = r.store_outer();
    let _ = write!(r.body, "{}{text}", if order == Order::Lanes && !text.is_empty() { "  if (lane == 0) {\n" } else { "  {\n" });
    r.body.push_str("  }\n");
    let rows = space.rows();
    finish(tape, r, if order == Order::Lanes { rows.div_ceil(WARPS) } else { rows.div_ceil(THREADS as usize) })
}

/// The pass that writes what each element gives.
fn elements(r: &mut Rows<'_>, order: Order) {
    let outputs = r.outputs(true);
    if outputs.is_empty() {
        return;
    }
    let targets: Vec<usize> = outputs.iter().map(|o| o.1).collect();
    let (text, store, index) = (r.element(&targets, &|_| None), r.store(&outputs), r.index);
    let (start, step) = if order == Order::Lanes { ("lane", 32) } else { ("0", 1) };
    let _ = writeln!(r.body, "#pragma unroll 4\n  for ({index} j = {start}; j < len; j += {step}) {{\n{text}{store}  }}");
}

/// Two kernels for tapes of one pass whose outputs are per row: blocks, then their combination. The scratch memory's bytes.
pub fn split(tape: &Tape, space: &Space) -> (Vec<Launch>, usize) {
    let order = tape.order;
    let blocks = space.row().div_ceil(block(order)).max(1);
    let units = space.rows() * blocks;
    let list = super::text::reductions(tape, &super::text::stages(tape), 0);
    let mut scratch = 0;
    let places: Vec<usize> = list
        .iter()
        .map(|&(i, _, _)| {
            let at = scratch;
            scratch += (units * tape.code[i].dtype.size().max(4)).next_multiple_of(64);
            at
        })
        .collect();

    let mut r = Rows::new(tape, space);
    let index = r.index;
    let _ = match order {
        Order::Lanes => writeln!(
            r.body,
            "  const u32 lane = threadIdx.x & 31;\n  const {index} unit = ({index})blockIdx.x * {WARPS} + (threadIdx.x >> 5);"
        ),
        Order::Blocks => writeln!(r.body, "  const {index} unit = ({index})blockIdx.x * {THREADS} + threadIdx.x;"),
    };
    let count = r.words.value(blocks as u64);
    let divisor = r.words.divisor(space.rows());
    let _ = writeln!(r.body, "  if (unit >= rows * ({index}){count}) return;");
    let _ = writeln!(r.body, "  const {index} which = quotient(unit, {divisor}), row = unit - which * rows;");
    let _ = writeln!(r.body, "  const {index} from = which * {b}, to = len - from < {b} ? len : from + {b};", b = block(order));
    r.locate();
    r.outer(0);
    accumulate(&mut r, 0, order);
    if order == Order::Lanes {
        r.body.push_str("  if (lane == 0) {\n");
    } else {
        r.body.push_str("  {\n");
    }
    for (&(i, _, _), &at) in list.iter().zip(&places) {
        let word = r.words.push(Word::Scratch(at));
        let _ = writeln!(r.body, "    (({}*){word})[unit] = l{i};", register(tape.code[i].dtype));
    }
    r.body.push_str("  }\n");
    let first = finish(tape, r, if order == Order::Lanes { units.div_ceil(WARPS) } else { units.div_ceil(THREADS as usize) });

    let mut r = Rows::new(tape, space);
    let lone = space.rows() < 64;
    let _ = if lone {
        writeln!(r.body, "  const {index} row = blockIdx.x;")
    } else {
        writeln!(r.body, "  const {index} row = ({index})blockIdx.x * {THREADS} + threadIdx.x;\n  if (row >= rows) return;")
    };
    let count = r.words.value(blocks as u64);
    r.locate();
    r.outer(0);
    for (&(i, op, _), &at) in list.iter().zip(&places) {
        let t = register(tape.code[i].dtype);
        let word = r.words.push(Word::Scratch(at));
        let _ = writeln!(r.body, "  const {t}* part{i} = (const {t}*){word} + row; {t} r{i} = part{i}[0];");
        let step = combine(op, &format!("r{i}"), "v");
        let _ = if lone {
            // The block brings parts to shared memory; one thread combines them, in order.
            writeln!(
                r.body,
                "  {{ __shared__ {t} near{i}[2048]; for (u32 at = 1; at < (u32){count}; at += 2048) {{\n    const u32 n = min(2048u, (u32){count} - at);\n    \
                 __syncthreads();\n    for (u32 k = threadIdx.x; k < n; k += {THREADS}) near{i}[k] = part{i}[(u64)(at + k) * rows];\n    __syncthreads();\n    \
                 if (threadIdx.x == 0) {{\n#pragma unroll 16\n      for (u32 k = 0; k < n; k++) {{ const {t} v = near{i}[k]; r{i} = {step}; }} }} }} }}"
            )
        } else {
            writeln!(
                r.body,
                "#pragma unroll 8\n  for (u32 k = 1; k < (u32){count}; k++) {{ const {t} v = part{i}[(u64)k * rows]; r{i} = {step}; }}"
            )
        };
    }
    if lone {
        r.body.push_str("  if (threadIdx.x != 0) return;\n");
    }
    r.outer(1);
    let text = r.store_outer();
    r.body.push_str(&text);
    let rows = space.rows();
    let second = finish(tape, r, if lone { rows } else { rows.div_ceil(THREADS as usize) });
    (vec![first, second], scratch)
}
