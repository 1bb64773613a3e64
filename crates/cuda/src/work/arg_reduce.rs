//! The index of the smallest or largest element along an axis: the kernel of `kernels/arg_reduce.cu`.

use super::{THREADS, coordinates, launch, offset};
use crate::launch::{Launch, Plan, Word, Words};
use crate::tape::text::{memory, register};
use lazulite_base::Dtype;
use lazulite_base::shape::{Dims, Strides, coalesce, size};
use lazulite_base::tape::ReduceOp;
use lazulite_base::work::View;

/// Threads that keep the device busy.
const BUSY: usize = 132 * 1024;

/// How a row is shared.
#[derive(Clone, Copy)]
struct Share {
    /// Threads of a chunk.
    team: usize,
    /// Elements of an access.
    v: usize,
    /// Accesses in flight.
    batch: usize,
    /// Chunks of a row.
    chunks: usize,
    /// Elements of a chunk.
    chunk: usize,
}

/// How rows of `n` elements are shared: neighbours in a row by a warp or a block, rows beside one another by a thread each.
fn share(rows: usize, n: usize, dense: bool, v: usize) -> Share {
    let team = match () {
        () if !dense => 1,
        () if n <= 2048 && rows >= BUSY / 128 => 32,
        () => THREADS as usize,
    };
    let least = if dense { team * v * 4 } else { 32 };
    let wanted = (2 * BUSY).div_ceil(rows * team).min(n.div_ceil(least)).max(1);
    let chunk = n.div_ceil(wanted).next_multiple_of(v);
    let batch = if team == 1 { 8 } else { (n.min(chunk) / (team * v)).clamp(1, 8) };
    Share { team, v, batch, chunks: n.div_ceil(chunk), chunk }
}

/// The best of each row along `axis`.
pub fn plan(x: &View, axis: usize, op: ReduceOp) -> Option<Plan> {
    let order = match op {
        ReduceOp::Max => ">",
        ReduceOp::Min => "<",
        _ => return None,
    };
    let keep = |a: &usize| *a != axis;
    let dims: Dims = (0..x.dims.len()).filter(keep).map(|a| x.dims[a]).collect();
    let strides: Strides = (0..x.dims.len()).filter(keep).map(|a| x.strides[a]).collect();
    let (rows, n, step) = (size(&dims), x.dims[axis], x.strides[axis]);
    if rows == 0 || n == 0 {
        return Some(Plan::default());
    }
    if rows >= 1 << 31 || n >= 1 << 31 {
        return None;
    }
    let (dims, steps) = coalesce(&dims, &[&strides]);
    let beats = match x.dtype {
        Dtype::C64 => format!("a {order} b && b == b || a != a && b == b"),
        d if d.is_float() => format!("a {order} b || (a != a && b == b)"),
        _ => format!("a {order} b"),
    };
    // Rows beside one another are read side by side; an axis whose rows are far apart is a row of neighbours.
    let beside = steps[0].last() == Some(&1) && rows >= 32;
    let dense = step == 1 || !beside;
    let make = |s: Share, step: isize, dtype: Dtype, words: [Word; 4], n: usize, dims: &[usize], steps: &[isize]| -> Launch {
        let [from, to, places, bests] = words;
        let values = [rows, n, s.chunk, step as usize].map(|v| Word::Value(v as u64));
        let mut w = Words([&[from, to][..], &values, &[places, bests]].concat());
        let row = coordinates(&mut w, "t", "row", dims);
        let base = offset(&mut w, "t", steps);
        let blanks = [
            ("BEATS", beats.clone()),
            ("ROW", row),
            ("BASE", base),
            ("STEP", if s.v > 1 || step == 1 { "1" } else { "step" }.into()),
            ("TEAM", s.team.to_string()),
            ("BATCH", s.batch.to_string()),
            ("WIDTH", s.v.to_string()),
            ("MEMORY", memory(dtype).into()),
            ("REGISTER", register(dtype).into()),
        ];
        let mut made = launch(include_str!("../kernels/arg_reduce.cu"), &blanks, w, rows * s.team);
        made.grid = [rows.div_ceil(THREADS as usize / s.team) as u32, s.chunks as u32];
        made.source.complex = dtype == Dtype::C64;
        made
    };
    let none = Word::Value(0);
    let item = x.dtype.size();
    let v = if step == 1 { (16 / item).max(1) } else { 1 };
    let fits = |v: usize| n.is_multiple_of(v) && steps[0].iter().all(|s| s % v as isize == 0);
    let v = (0..5).map(|k| v >> k).find(|&v| v <= 1 || fits(v)).unwrap_or(1).max(1);
    let s = share(rows, n, dense, v);
    let whole = |s: Share| make(s, step, x.dtype, [Word::Input(0), Word::Output(0), none, none], n, &dims, &steps[0]);
    let (launches, scratch) = if s.chunks == 1 {
        (vec![whole(s)], 0)
    } else {
        // The chunks' best, after their places.
        let at = (4 * rows * s.chunks).next_multiple_of(64);
        let first = make(s, step, x.dtype, [Word::Input(0), Word::Scratch(0), none, Word::Scratch(at)], n, &dims, &steps[0]);
        let team = if rows < 1024 { THREADS as usize } else { 1 };
        let all = Share { team, v: 1, batch: 4, chunks: 1, chunk: s.chunks };
        let words = [Word::Scratch(at), Word::Output(0), Word::Scratch(0), none];
        let second = make(all, rows as isize, register_dtype(x.dtype), words, s.chunks, &[rows], &[1]);
        (vec![first, second], at + 8 * rows * s.chunks)
    };
    let one = Share { v: 1, chunks: 1, chunk: n, ..s };
    let (aligned, scalar) = if v > 1 { (vec![(Word::Input(0), v * item)], Some(whole(one))) } else { (vec![], None) };
    Some(Plan { launches, scratch, aligned, scalar, generic: None })
}

/// The dtype whose memory holds a register's value.
fn register_dtype(d: Dtype) -> Dtype {
    if d.is_half() { Dtype::F32 } else { d }
}
