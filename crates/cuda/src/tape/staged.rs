//! Reductions of few or long rows, one pass, as blocks of threads: all threads compute elements, which go to shared memory; then one warp
//! accumulates them in the tape's order. In block order a block of threads takes one block of [`LANES`] rows that lie side by side, as
//! the columns of a matrix do, and a lane has a row; in lane order it takes one block of one row, and a lane is a lane.

use super::rows::Rows;
use super::space::Space;
use super::stream::{finish, function};
use super::text::{combine, identity, reductions, register, stages};
use crate::launch::{Launch, Word};
use lazulite_base::tape::{BLOCK, LANE_BLOCK, LANES, Order, Tape};
use std::fmt::Write;

/// Warps of a block of threads.
const WARPS: usize = 8;
/// Elements of a thread whose loads are in flight together.
const BATCH: usize = 16;
/// Bytes of shared memory that hold elements.
const NEAR: usize = 32 << 10;
/// Elements that a lane accumulates in a block, in either order.
const DEPTH: usize = BLOCK;
const _: () = assert!(DEPTH * LANES == LANE_BLOCK);

/// How many elements of each lane are in shared memory at once; `None` if too few have room.
pub fn chunk(tape: &Tape) -> Option<usize> {
    let each: usize = reductions(tape, &stages(tape), 0).iter().map(|&(i, _, _)| tape.code[i].dtype.size().max(4)).sum();
    let room = (NEAR / (LANES * each.max(1))).min(DEPTH);
    (room >= WARPS).then(|| room / WARPS * WARPS)
}

/// Blocks of threads that the kernel has.
pub fn blocks(tape: &Tape, space: &Space) -> usize {
    match tape.order {
        Order::Blocks => space.row().div_ceil(BLOCK) * space.rows().div_ceil(LANES),
        Order::Lanes => space.row().div_ceil(LANE_BLOCK) * space.rows(),
    }
}

/// The kernel. With `places`, what each block of a row gives goes there in the scratch memory, one place a reduction; without, rows are
/// one block and their outputs are written.
pub fn kernel(tape: &Tape, space: &Space, chunk: usize, places: Option<&[usize]>) -> Launch {
    let list = reductions(tape, &stages(tape), 0);
    let lanes = tape.order == Order::Lanes;
    let mut r = Rows::new(tape, space);
    let index = r.index;
    r.body.push_str("  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5;\n");
    let (units, length, each) = match tape.order {
        Order::Lanes => (space.rows(), LANE_BLOCK, chunk * LANES),
        Order::Blocks => (space.rows().div_ceil(LANES), BLOCK, chunk),
    };
    let divisor = r.words.divisor(units);
    let _ = writeln!(
        r.body,
        "  const {index} which = quotient(({index})blockIdx.x, {divisor}), unit = blockIdx.x - which * ({index})({divisor})[0];\n  \
         const {index} first = which * {length}, last = len - first < {length} ? len : first + {length};"
    );
    let _ = match tape.order {
        Order::Lanes => writeln!(r.body, "  const bool live = true; const {index} row = unit;"),
        Order::Blocks => writeln!(
            r.body,
            "  const bool live = unit * {LANES} + lane < rows; const {index} row = live ? unit * {LANES} + lane : rows - 1;"
        ),
    };
    r.locate();
    r.outer(0);
    for &(i, op, _) in &list {
        let d = tape.code[i].dtype;
        let t = register(d);
        let _ = writeln!(r.body, "  __shared__ {t} near{i}[{chunk}][{LANES}]; {t} l{i} = {};", identity(op, d));
    }
    let _ = writeln!(
        r.body,
        "  for ({index} from = first; from < last; from += {each}) {{ const {index} to = last - from < {each} ? last : from + {each};\n  if (live) {{"
    );
    let outputs = r.outputs(true);
    let targets: Vec<usize> = list.iter().map(|l| l.2).chain(outputs.iter().map(|o| o.1)).collect();
    let (start, step, depth) = match tape.order {
        Order::Lanes => ("from + threadIdx.x", WARPS * LANES, "(j - from) / 32"),
        Order::Blocks => ("from + warp", WARPS, "j - from"),
    };
    r.batched(start, step, BATCH, "to", &targets, &|_| None, &|r| {
        let near: String = list.iter().map(|&(i, _, v)| format!("near{i}[{depth}][lane] = r{v};\n")).collect();
        near + &r.store(&outputs)
    });
    r.body.push_str("  }\n  __syncthreads();\n");
    let count = if lanes { "((u32)(to - from) + 31 - lane) / 32" } else { "to - from" };
    for (n, &(i, op, _)) in list.iter().enumerate() {
        let step = combine(op, &format!("l{i}"), &format!("near{i}[k][lane]"));
        let _ = writeln!(
            r.body,
            "  if (live && warp == {}) {{ const u32 n = {count};\n#pragma unroll 16\n    for (u32 k = 0; k < n; k++) l{i} = {step}; }}",
            n % WARPS
        );
    }
    r.body.push_str("  __syncthreads();\n  }\n");
    if lanes {
        for (n, &(i, op, _)) in list.iter().enumerate() {
            let t = register(tape.code[i].dtype);
            let _ = writeln!(r.body, "  if (warp == {}) {{ LZ_FOLD({t}, l{i}, {}) }}", n % WARPS, function(op));
        }
        r.body.push_str("  const bool writes = lane == 0;\n");
    } else {
        r.body.push_str("  const bool writes = live;\n");
    }
    let grid = blocks(tape, space);
    let Some(places) = places else {
        // The results of several warps meet in the first.
        for (n, &(i, _, _)) in list.iter().enumerate() {
            let t = register(tape.code[i].dtype);
            let _ = writeln!(r.body, "  __shared__ {t} all{i}[{LANES}]; if (warp == {}) all{i}[lane] = l{i};", n % WARPS);
        }
        r.body.push_str("  __syncthreads();\n");
        for &(i, _, _) in &list {
            let _ = writeln!(r.body, "  const {} r{i} = all{i}[lane];", register(tape.code[i].dtype));
        }
        r.outer(1);
        let text = r.store_outer();
        let _ = write!(r.body, "  if (writes && warp == 0) {{\n{text}  }}\n");
        return finish(tape, r, grid);
    };
    for (n, (&(i, _, _), &at)) in list.iter().zip(places).enumerate() {
        let word = r.words.push(Word::Scratch(at));
        let t = register(tape.code[i].dtype);
        let _ = writeln!(r.body, "  if (writes && warp == {}) (({t}*){word})[which * rows + row] = l{i};", n % WARPS);
    }
    finish(tape, r, grid)
}
