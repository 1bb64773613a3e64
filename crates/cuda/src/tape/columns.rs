//! Long rows in block order whose neighbours lie side by side, as the columns of a matrix do: the first of two kernels, which reduces
//! each block of each row. A block of threads takes one block of [`LANES`] rows: all of its threads compute elements, which go to shared
//! memory; then a thread a row accumulates them in order.

use super::rows::Rows;
use super::space::Space;
use super::stream::finish;
use super::text::{combine, identity, reductions, register, stages};
use crate::launch::{Launch, Word};
use lazulite_base::tape::{BLOCK, Tape, Varies};
use std::fmt::Write;

/// Rows of a block of threads.
const LANES: usize = 32;
/// Warps of a block of threads.
const WARPS: usize = 8;
/// Elements of a thread whose loads are in flight together.
const BATCH: usize = 16;
/// Bytes of shared memory that hold elements.
const NEAR: usize = 32 << 10;

/// How many elements of each row are in shared memory at once; `None` if too few have room.
pub fn chunk(tape: &Tape) -> Option<usize> {
    let each: usize = reductions(tape, &stages(tape), 0).iter().map(|&(i, _, _)| tape.code[i].dtype.size().max(4)).sum();
    let room = (NEAR / (LANES * each.max(1))).min(BLOCK);
    (room >= WARPS).then(|| room / WARPS * WARPS)
}

/// The kernel; what each block of a row gives goes to `places` in the scratch memory, one a reduction.
pub fn kernel(tape: &Tape, space: &Space, chunk: usize, places: &[usize]) -> Launch {
    let list = reductions(tape, &stages(tape), 0);
    let (blocks, tiles) = (space.row().div_ceil(BLOCK), space.rows().div_ceil(LANES));
    let mut r = Rows::new(tape, space);
    let index = r.index;
    let divisor = r.words.divisor(tiles);
    let _ = writeln!(
        r.body,
        "  const u32 lane = threadIdx.x & 31, warp = threadIdx.x >> 5;\n  \
         const {index} which = quotient(({index})blockIdx.x, {divisor}), tile = blockIdx.x - which * ({index})({divisor})[0];\n  \
         const bool live = tile * {LANES} + lane < rows; const {index} row = live ? tile * {LANES} + lane : rows - 1;\n  \
         const {index} first = which * {BLOCK}, last = len - first < {BLOCK} ? len : first + {BLOCK};"
    );
    r.locate();
    r.outer(0);
    for &(i, op, _) in &list {
        let d = tape.code[i].dtype;
        let t = register(d);
        let _ = writeln!(r.body, "  __shared__ {t} near{i}[{chunk}][{LANES}]; {t} l{i} = {};", identity(op, d));
    }
    let _ = writeln!(
        r.body,
        "  for ({index} from = first; from < last; from += {chunk}) {{ const {index} to = last - from < {chunk} ? last : from + {chunk};\n  if (live) {{"
    );
    let outputs = r.outputs(true);
    let mut targets: Vec<usize> = list.iter().map(|l| l.2).chain(outputs.iter().map(|o| o.1)).collect();
    targets.sort_unstable();
    targets.dedup();
    let varied = |v: usize| tape.code[v].varies == Varies::Element;
    r.batched("from + warp", WARPS, BATCH, "to", &targets, &|_| None, &|r| {
        let near: String = list.iter().map(|&(i, _, v)| format!("near{i}[j - from][lane] = r{v};\n")).collect();
        near + &r.store(&outputs)
    });
    debug_assert!(list.iter().all(|l| varied(l.2)));
    r.body.push_str("  }\n  __syncthreads();\n");
    for (n, &(i, op, _)) in list.iter().enumerate() {
        let step = combine(op, &format!("l{i}"), &format!("near{i}[k][lane]"));
        let _ = writeln!(
            r.body,
            "  if (live && warp == {}) {{ const u32 n = to - from;\n#pragma unroll 16\n    for (u32 k = 0; k < n; k++) l{i} = {step}; }}",
            n % WARPS
        );
    }
    r.body.push_str("  __syncthreads();\n  }\n");
    for (n, (&(i, _, _), &at)) in list.iter().zip(places).enumerate() {
        let word = r.words.push(Word::Scratch(at));
        let t = register(tape.code[i].dtype);
        let _ = writeln!(r.body, "  if (live && warp == {}) (({t}*){word})[which * rows + row] = l{i};", n % WARPS);
    }
    finish(tape, r, blocks * tiles)
}
