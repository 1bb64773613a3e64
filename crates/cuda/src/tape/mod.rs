//! Tapes as CUDA kernels. Sizes, strides and scalars are arguments, so one text serves every shape of a kind.
//!
//! * [`space`]: the iteration space, axes merged.
//! * [`text`]: instructions as text.
//! * [`generic`]: any tape, on a kernel that is there while its own is compiled.
//! * [`flat`]: tapes without a row; [`tile`]: those whose operands lie along different axes.
//! * [`rows`]: what kernels over rows share; [`stream`]: rows read in every pass; [`staged`]: few or long rows in one pass; [`keep`]: rows
//!   kept in registers or shared memory.

pub mod flat;
pub mod generic;
pub mod keep;
pub mod rows;
pub mod space;
pub mod staged;
pub mod stream;
pub mod text;
pub mod tile;

use crate::launch::Plan;
use lazulite_base::Dtype;
use lazulite_base::shape::contiguous;
use lazulite_base::tape::{BLOCK, Inst, Instr, LANE_BLOCK, LANES, Map, Order, Tape, Varies};
use lazulite_base::work::View;
use space::Space;

/// Rows that keep the device busy with a warp each.
const BUSY_WARPS: usize = 132 * 24;
/// Rows that keep the device busy with a thread each.
const BUSY_THREADS: usize = 132 * 1024;

/// Blocks of rows from which a warp each keeps the device as busy as a block of threads each.
const FEW_BLOCKS: usize = 132 * 4;
/// Elements of a row from which many threads share it.
const STAGED: usize = 64;

/// A tape that copies a view, taken for elements of `dtype`, into row-major order.
pub fn copy(view: &View, dtype: Dtype) -> Tape {
    Tape {
        dims: view.dims.clone(),
        inner: 0,
        order: Order::Blocks,
        inputs: vec![Map { dtype, strides: view.strides.clone() }],
        params: vec![],
        code: vec![Instr { inst: Inst::Load(0), dtype, varies: Varies::Element }],
        outputs: vec![(0, Map { dtype, strides: contiguous(&view.dims) })],
    }
}

/// The unsigned integer of a dtype's size: a copy of it keeps every bit.
pub fn raw(d: Dtype) -> Dtype {
    match d.size() {
        1 => Dtype::U8,
        2 => Dtype::U16,
        4 => Dtype::U32,
        _ => Dtype::U64,
    }
}

/// How a tape runs.
pub fn plan(tape: &Tape) -> Plan {
    let space = Space::new(tape);
    if tape.dims[..tape.outer()].contains(&0) || tape.inner == 0 && space.rows() == 0 {
        return Plan::default();
    }
    Plan { generic: generic::call(tape, &space), ..own(tape, &space) }
}

/// How a tape with elements runs on kernels of its own.
fn own(tape: &Tape, space: &Space) -> Plan {
    if tape.inner == 0 {
        if let Some((launch, aligned)) = tile::kernel(tape, space) {
            let scalar = (!aligned.is_empty()).then(|| flat::kernel(tape, space, true).0);
            return Plan { launches: vec![launch], aligned, scalar, ..Plan::default() };
        }
        let (launch, v) = flat::kernel(tape, space, false);
        if v == 1 {
            return Plan::one(launch);
        }
        let aligned = flat::alignment(space, v);
        return Plan { launches: vec![launch], aligned, scalar: Some(flat::kernel(tape, space, true).0), ..Plan::default() };
    }
    let single = text::stages(tape).into_iter().max().unwrap_or(0) <= 1;
    let r = rows::Rows::new(tape, space);
    let elements = r.outputs(true);
    let per_row = elements.is_empty();
    // A sum of columns beside the elements that it sums, as the gradient of a bias is.
    let beside = tape.order == Order::Blocks && elements.iter().all(|&(_, v)| r.stages[v] == 0);
    let (block, busy, few) = match tape.order {
        Order::Lanes => (LANE_BLOCK, BUSY_WARPS, FEW_BLOCKS),
        Order::Blocks => (BLOCK, BUSY_THREADS, BUSY_THREADS / LANES),
    };
    let once = single && (per_row || beside);
    let staged = staged::chunk(tape).filter(|_| once && space.row() >= STAGED && staged::blocks(tape, space) < few);
    if once && space.row() > block && space.rows() < busy {
        let (launches, scratch) = stream::split(tape, space, staged);
        return Plan { launches, scratch, ..Plan::default() };
    }
    if let Some(chunk) = staged {
        return Plan::one(staged::kernel(tape, space, chunk, None));
    }
    let close = match tape.order {
        Order::Blocks => None,
        Order::Lanes if single && per_row => keep::registers(tape, space),
        Order::Lanes => keep::registers(tape, space).or_else(|| keep::shared(tape, space)),
    };
    Plan::one(close.unwrap_or_else(|| stream::whole(tape, space)))
}
