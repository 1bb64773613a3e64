//! Rows read from memory in every pass: a warp a row in lane order, a thread a row in block order. With long rows and one pass, a warp, a
//! thread or, if there are few, a block of threads for a block of a row, then a kernel that combines the blocks.

use super::rows::Rows;
use super::space::Space;
use super::text::{combine, complex, identity, register, slow_count};
use crate::launch::{Launch, Source, Word};
use lazulite_base::tape::{BLOCK, LANE_BLOCK, Order, Tape};
use std::fmt::Write;

const THREADS: u32 = 256;
const WARPS: usize = 8;

/// The launch of a text that is complete.
pub fn finish(tape: &Tape, rows: Rows<'_>, blocks: usize) -> Launch {
    let mut source = Source::kernel("", rows.words.0.len(), THREADS, &rows.body);
    source.slow = slow_count(tape);
    source.complex = complex(tape);
    Launch { source, grid: [blocks.max(1) as u32, 1], block: THREADS, shared: 0, words: rows.words }
}

/// Names the function that reduction `i` combines with, for the fold.
pub fn function(op: lazulite_base::tape::ReduceOp) -> String {
    let text = combine(op, "", "");
    text[..text.len() - 4].into()
}

/// Elements whose loads are in flight together.
const BATCH: usize = 16;

/// The loop over elements `from..to` of the row that this lane or thread accumulates, for the reductions at `stage`: a batch of elements
/// first, then their accumulation in order, and the `outputs` (with their registers) that are written on the way.
fn accumulate(r: &mut Rows<'_>, stage: usize, order: Order, outputs: &[(usize, usize)]) {
    let list = r.reductions(stage);
    let (start, step) = match order {
        Order::Lanes => ("from + lane", 32),
        Order::Blocks => ("from", 1),
    };
    for &(i, op, _) in &list {
        let d = r.tape.code[i].dtype;
        let _ = writeln!(r.body, "  {} l{i} = {};", register(d), identity(op, d));
    }
    let targets: Vec<usize> = list.iter().map(|l| l.2).chain(outputs.iter().map(|o| o.1)).collect();
    r.batched(start, step, BATCH, "to", &targets, &|_| None, &|r| {
        let sums = list.iter().map(|&(i, op, v)| format!("    l{i} = {};\n", combine(op, &format!("l{i}"), &format!("r{v}"))));
        sums.collect::<String>() + &r.store(outputs)
    });
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
        accumulate(&mut r, stage, order, &[]);
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
    let (start, step) = if order == Order::Lanes { ("lane", 32) } else { ("0", 1) };
    r.batched(start, step, 4, "len", &targets, &|_| None, &|r| r.store(&outputs));
}

/// Blocks of a lone row from which its combination goes on beside them.
const ALONGSIDE: usize = 512;
/// Blocks of threads that stream a lone row: few, so that its blocks end in about their order.
const STREAMING: usize = 2 * 132;
/// Parts that the combining block takes at once.
const PARTS: usize = 1024;

/// A warp or a thread a block of a row: what each block gives goes to `places` in the scratch memory, one a reduction.
fn parts(tape: &Tape, space: &Space, blocks: usize, places: &[usize]) -> Launch {
    let (order, units) = (tape.order, space.rows() * blocks);
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
    let (list, outputs) = (r.reductions(0), r.outputs(true));
    accumulate(&mut r, 0, order, &outputs);
    r.body.push_str(if order == Order::Lanes { "  if (lane == 0) {\n" } else { "  {\n" });
    for (&(i, _, _), &at) in list.iter().zip(places) {
        let word = r.words.push(Word::Scratch(at));
        let _ = writeln!(r.body, "    (({}*){word})[unit] = l{i};", register(tape.code[i].dtype));
    }
    r.body.push_str("  }\n");
    finish(tape, r, if order == Order::Lanes { units.div_ceil(WARPS) } else { units.div_ceil(THREADS as usize) })
}

/// Kernels for tapes of one pass, whose outputs per element need no reduction: blocks, and their combination; `staged`
/// is the chunk of blocks that go through shared memory. The scratch memory's bytes.
pub fn split(tape: &Tape, space: &Space, staged: Option<usize>) -> (Vec<Launch>, usize) {
    let order = tape.order;
    let blocks = space.row().div_ceil(block(order)).max(1);
    let units = space.rows() * blocks;
    let list = super::text::reductions(tape, &super::text::stages(tape), 0);
    if order == Order::Lanes && space.rows() == 1 && blocks >= ALONGSIDE {
        return alongside(tape, space, blocks);
    }
    let mut scratch = 0;
    let places: Vec<usize> = list
        .iter()
        .map(|&(i, _, _)| {
            let at = scratch;
            scratch += (units * tape.code[i].dtype.size().max(4)).next_multiple_of(64);
            at
        })
        .collect();

    let first = match staged {
        Some(chunk) => super::staged::kernel(tape, space, chunk, Some(&places)),
        None => parts(tape, space, blocks, &places),
    };

    let mut r = Rows::new(tape, space);
    let index = r.index;
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
                "  for (u32 at = 1; at < (u32){count}; at += 32) {{ {t} near[32];\n#pragma unroll\n    \
                 for (u32 k = 0; k < 32; k++) if (at + k < (u32){count}) near[k] = part{i}[(u64)(at + k) * rows];\n#pragma unroll\n    \
                 for (u32 k = 0; k < 32; k++) if (at + k < (u32){count}) {{ const {t} v = near[k]; r{i} = {step}; }} }}"
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

/// A long lone row: a warp a block of it, and one block of threads that combines, in order, what the others have published, while they go
/// on. It waits only for those that wait for nothing.
fn alongside(tape: &Tape, space: &Space, blocks: usize) -> (Vec<Launch>, usize) {
    let list = super::text::reductions(tape, &super::text::stages(tape), 0);
    let flags = (4 * blocks).next_multiple_of(64);
    let mut scratch = flags;
    let clear = format!("  const u32 k = blockIdx.x * {THREADS} + threadIdx.x;\n  if (k < (u32)p.w[1]) ((u32*)p.w[0])[k] = 0;\n");
    let words = crate::launch::Words(vec![Word::Scratch(0), Word::Value(blocks as u64)]);
    let source = Source::kernel("", 2, THREADS, &clear);
    let first = Launch { source, grid: [blocks.div_ceil(THREADS as usize) as u32, 1], block: THREADS, shared: 0, words };

    let mut r = Rows::new(tape, space);
    let index = r.index;
    let (flag, count) = (r.words.push(Word::Scratch(0)), r.words.value(blocks as u64));
    let _ = writeln!(r.body, "  u32* flags = (u32*){flag}; const u32 count = (u32){count};");
    for &(i, _, _) in &list {
        let word = r.words.push(Word::Scratch(scratch));
        scratch += (blocks * tape.code[i].dtype.size().max(4)).next_multiple_of(64);
        let t = register(tape.code[i].dtype);
        let _ = writeln!(r.body, "  {t}* part{i} = ({t}*){word};");
    }
    let _ = writeln!(r.body, "  const {index} row = 0; const u32 lane = threadIdx.x & 31;");
    r.locate();
    r.outer(0);
    r.body.push_str("  if (blockIdx.x > 0) {\n");
    let _ = writeln!(
        r.body,
        "  for ({index} unit = ({index})(blockIdx.x - 1) * {WARPS} + (threadIdx.x >> 5); unit < count; unit += (gridDim.x - 1) * {WARPS}) {{"
    );
    let _ = writeln!(r.body, "  const {index} from = unit * {LANE_BLOCK}, to = len - from < {LANE_BLOCK} ? len : from + {LANE_BLOCK};");
    accumulate(&mut r, 0, Order::Lanes, &[]);
    r.body.push_str("  if (lane == 0) {\n");
    for &(i, _, _) in &list {
        let _ = writeln!(r.body, "    part{i}[unit] = l{i};");
    }
    r.body.push_str("    publish(flags + unit);\n  } }\n  return; }\n");
    // Two halves of shared memory: one is filled while the other is combined.
    for &(i, op, _) in &list {
        let d = tape.code[i].dtype;
        let t = register(d);
        let _ = writeln!(r.body, "  __shared__ {t} near{i}[2][{PARTS}]; {t} r{i} = {};", identity(op, d));
    }
    let _ = writeln!(
        r.body,
        "  for (u32 at = 0; at < count + {PARTS}; at += {PARTS}) {{ const u32 half = (at / {PARTS}) & 1;\n    \
         if (threadIdx.x >= 32) for (u32 k = threadIdx.x - 32; k < {PARTS}; k += {THREADS} - 32) if (at + k < count) {{\n      \
         while (!published(flags + at + k)) __nanosleep(100);"
    );
    for &(i, _, _) in &list {
        let _ = writeln!(r.body, "      near{i}[half][k] = part{i}[at + k];");
    }
    let _ = writeln!(
        r.body,
        "    }}\n    if (threadIdx.x == 0 && at > 0) {{ const u32 before = at - {PARTS}, n = min({PARTS}u, count - before); u32 k = 0;\n      \
         for (; k + 16 <= n; k += 16) {{\n#pragma unroll\n        for (u32 e = 0; e < 16; e++) {{"
    );
    let mut steps = String::new();
    for &(i, op, _) in &list {
        let t = register(tape.code[i].dtype);
        let step = combine(op, &format!("r{i}"), "v");
        let _ = writeln!(steps, "{{ const {t} v = near{i}[half ^ 1][k + e]; r{i} = {step}; }}");
    }
    let _ =
        writeln!(r.body, "{steps}        }} }}\n      for (const u32 e = 0; k < n; k++) {{ {steps} }}\n    }}\n    __syncthreads();\n  }}");
    r.body.push_str("  if (threadIdx.x != 0) return;\n");
    r.outer(1);
    let text = r.store_outer();
    r.body.push_str(&text);
    let second = finish(tape, r, 1 + blocks.div_ceil(WARPS).min(STREAMING));
    (vec![first, second], scratch)
}
