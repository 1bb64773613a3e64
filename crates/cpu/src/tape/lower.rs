//! Lowers a tape: cuts it into phases between its reductions, decides what is kept from phase to phase, and has each phase emitted.

use super::emit::{Emitter, Kept, Program, Slot};
use super::kernels::{self, Fun, Pick, width};
use super::space::{Space, cost};
use crate::simd;
use lazulite_base::Dtype;
use lazulite_base::tape::{BLOCK, Inst, LANE_BLOCK, LANES, Order, ReduceOp, Reg, Tape, Varies};

/// A reduction, as a phase carries it out.
#[derive(Debug)]
pub struct Reduction {
    /// Combines two values, elementwise.
    pub combine: Pick,
    /// Spreads the identity over accumulators.
    pub spread: Fun,
    /// The identity's bits, at an address of their own.
    pub identity: Box<u64>,
    /// Bytes of a value.
    pub width: usize,
    /// The offset of the accumulators in scratch memory.
    pub accumulator: usize,
    /// Where the result goes.
    pub total: Slot,
    /// Its number among the tape's reductions.
    pub order: usize,
    /// Whether lanes that no element reached take part too (they change nothing in other reductions).
    pub full: bool,
}

/// What happens between two reductions.
#[derive(Debug)]
pub struct Phase {
    /// Run for every tile.
    pub program: Program,
    /// Fed by it.
    pub reductions: Vec<Reduction>,
}

/// A tape made ready to run.
#[derive(Debug)]
pub struct Compiled {
    pub(super) space: Space,
    /// Slots of the parameters, with their dtypes.
    pub(super) params: Vec<(u32, Slot, Dtype)>,
    /// Computes what varies over nothing.
    pub(super) once: Program,
    /// `between[k]` computes what varies over the outer axes and needs the results of `k` phases.
    pub(super) between: Vec<Program>,
    pub(super) phases: Vec<Phase>,
    /// Elements of a tile.
    pub(super) tile: usize,
    /// Tiles of the tile side; blocks of [`super::space::LINES`] of them if some operand is turned.
    pub(super) tiles: usize,
    /// Elements of a row that reduce to one value before such values combine; 0 without reductions.
    pub(super) block: usize,
    /// Its logarithm to base 2.
    pub(super) shift: u32,
    /// Accumulators a reduction.
    pub(super) lanes: usize,
    /// Whether values are kept from phase to phase, so that a row stays on one thread.
    pub(super) keeps: bool,
    pub(super) slots: Vec<Option<usize>>,
    pub(super) scratch: usize,
    /// Number of reductions.
    pub(super) reductions: usize,
    /// Cost of an element, in tenths of a nanosecond.
    pub(super) cost: usize,
}

/// A row longer than this is not kept between phases.
const LONGEST_KEPT: usize = 32 * 1024;
/// Bytes of kept values of a tile of outer elements.
const MOST_KEPT: usize = 192 * 1024;

/// Which phase computes what.
struct Phases {
    /// Phases whose results an instruction needs.
    depth: Vec<usize>,
    /// Number of phases.
    count: usize,
    /// The phase that writes each output; `count` for those written after the last phase, per outer index.
    writes: Vec<usize>,
}

fn phases(tape: &Tape) -> Phases {
    let mut depth = vec![0; tape.code.len()];
    let mut count = 0;
    for (i, ins) in tape.code.iter().enumerate() {
        let d = Tape::sources(&ins.inst).map(|r| depth[r as usize]).max().unwrap_or(0);
        depth[i] = d;
        if let Inst::Reduce(..) = ins.inst {
            depth[i] = d + 1;
            count = count.max(d + 1);
        }
    }
    let rows = tape.outer()..tape.dims.len();
    let element: Vec<bool> = tape
        .outputs
        .iter()
        .map(|(r, m)| {
            tape.inner == 0
                || tape.code[*r as usize].varies == Varies::Element
                || rows.clone().any(|a| m.strides[a] != 0 && tape.dims[a] > 1)
        })
        .collect();
    for (k, (r, _)) in tape.outputs.iter().enumerate() {
        if element[k] {
            count = count.max(depth[*r as usize] + 1);
        }
    }
    // An output that may be the memory of an input is written in the last phase, when nothing is read again.
    let writes = tape
        .outputs
        .iter()
        .enumerate()
        .map(|(k, (r, m))| match element[k] {
            false => count,
            true if tape.inputs.contains(m) => count - 1,
            true => depth[*r as usize],
        })
        .collect();
    Phases { depth, count, writes }
}

/// The element instructions that each phase needs, when nothing in `keep` is computed twice: `needed[phase][register]`.
fn needed(tape: &Tape, ph: &Phases, keep: &[bool]) -> Vec<Vec<bool>> {
    let mut made = vec![false; tape.code.len()];
    let mut all = Vec::with_capacity(ph.count);
    for p in 0..ph.count {
        let mut need = vec![false; tape.code.len()];
        for (i, ins) in tape.code.iter().enumerate() {
            if let Inst::Reduce(_, r) = ins.inst
                && ph.depth[i] == p + 1
            {
                need[r as usize] = true;
            }
        }
        for (k, (r, _)) in tape.outputs.iter().enumerate() {
            if ph.writes[k] == p {
                need[*r as usize] = true;
            }
        }
        for i in (0..tape.code.len()).rev() {
            if need[i] && tape.code[i].varies == Varies::Element && !(made[i] && keep[i]) {
                Tape::sources(&tape.code[i].inst).for_each(|r| need[r as usize] = true);
            } else if tape.code[i].varies != Varies::Element || made[i] {
                need[i] = false;
            }
        }
        for i in 0..need.len() {
            made[i] |= need[i] && keep[i];
        }
        all.push(need);
    }
    all
}

/// Values worth keeping for a later phase: those that cost more to compute again than to read.
fn worth_keeping(tape: &Tape, ph: &Phases) -> Vec<bool> {
    let none = vec![false; tape.code.len()];
    let need = needed(tape, ph, &none);
    let mut keep = none;
    let mut price = vec![0; tape.code.len()];
    for (i, ins) in tape.code.iter().enumerate() {
        if ins.varies != Varies::Element {
            continue;
        }
        let own = match ins.inst {
            Inst::Apply(op, r) => cost(op, tape.code[r[op.info().arity - 1] as usize].dtype),
            Inst::Load(_) => continue,
            _ => 1,
        };
        price[i] = own + Tape::sources(&ins.inst).map(|r| price[r as usize]).sum::<usize>();
        if price[i] > 3 && need.iter().filter(|n| n[i]).count() > 1 {
            keep[i] = true;
            price[i] = 0;
        }
    }
    keep
}

impl Compiled {
    /// Compiles a tape for the current SIMD level.
    pub fn new(tape: &Tape) -> Compiled {
        debug_assert_eq!(tape.validate(), Ok(()));
        let level = simd::level();
        let space = Space::new(tape);
        let ph = phases(tape);
        let reduces = tape.code.iter().any(|i| matches!(i.inst, Inst::Reduce(..)));
        let widest = tape.code.iter().map(|i| width(i.dtype)).max().unwrap_or(1);
        let lanes = match tape.order {
            Order::Lanes => LANES,
            Order::Blocks => 1,
        };
        let block = match (reduces, tape.order) {
            (false, _) => 0,
            (true, Order::Lanes) => LANE_BLOCK,
            (true, Order::Blocks) => BLOCK,
        };
        let mut keep = if ph.count > 1 { worth_keeping(tape, &ph) } else { vec![false; tape.code.len()] };
        let mut tile = tile_length(tape, &space, reduces, widest);
        let mut kept = keep.iter().filter(|&&k| k).count();
        if space.vertical {
            let lasting = lanes.min(space.row_len.max(1)) * tape.code.iter().filter(|i| matches!(i.inst, Inst::Reduce(..))).count();
            while tile > 16 && (lasting * tile * widest > 64 * 1024 || (kept > 0 && kept * space.row_len * tile * widest > MOST_KEPT)) {
                tile = (tile / 2).next_multiple_of(16);
            }
            if kept * space.row_len * tile * widest > MOST_KEPT {
                kept = 0;
            }
        } else if space.row_len > LONGEST_KEPT {
            kept = 0;
        }
        if kept == 0 {
            keep.fill(false);
        }
        let unit = if space.vertical { tile } else { 1 };
        let mut e = Emitter::new(tape, &space, level, tile);
        let mut params = Vec::new();
        for (i, ins) in tape.code.iter().enumerate() {
            let pointer = match ins.inst {
                Inst::Load(k) => !ins.dtype.is_half() && space.operands[k as usize].access != super::space::Access::Copied,
                _ => false,
            };
            match ins.varies {
                Varies::Not if !pointer => {
                    let slot = e.fixed(8);
                    e.last(i as Reg, slot, true);
                    if let Inst::Param(k) = ins.inst {
                        params.push((k, slot, ins.dtype));
                    }
                }
                Varies::Outer if !pointer => {
                    let slot = e.fixed(unit * width(ins.dtype));
                    e.last(i as Reg, slot, !space.vertical);
                }
                Varies::Element if keep[i] => {
                    let across = if space.vertical { space.row_len * tile } else { space.tile_len };
                    let offset = e.reserve(across * width(ins.dtype));
                    let slot = e.moving();
                    e.last(i as Reg, slot, false);
                    e.keeping.push((i as Reg, Kept { slot, offset, width: width(ins.dtype) }));
                }
                _ => {}
            }
        }
        let of = |v: Varies, depth: usize| -> Vec<Reg> {
            (0..tape.code.len())
                .filter(|&i| tape.code[i].varies == v && (v == Varies::Not || ph.depth[i] == depth))
                .map(|i| i as Reg)
                .collect()
        };
        let outputs = |phase: usize| -> Vec<usize> { (0..tape.outputs.len()).filter(|&k| ph.writes[k] == phase).collect() };
        let once = e.program(true, &of(Varies::Not, 0), &[], &[]);
        let need = needed(tape, &ph, &keep);
        let mut between = Vec::with_capacity(ph.count + 1);
        let mut phases = Vec::with_capacity(ph.count);
        let mut order = 0;
        for (p, need) in need.iter().map(Some).chain([None]).enumerate() {
            let last = if p == ph.count { outputs(p) } else { Vec::new() };
            between.push(e.program(!space.vertical, &of(Varies::Outer, p), &[], &last));
            let Some(need) = need else { break };
            let todo: Vec<Reg> = (0..tape.code.len()).filter(|&i| need[i]).map(|i| i as Reg).collect();
            let results: Vec<Reg> =
                of(Varies::Outer, p + 1).into_iter().filter(|&i| matches!(tape.code[i as usize].inst, Inst::Reduce(..))).collect();
            let reduced: Vec<(ReduceOp, Reg)> = results
                .iter()
                .filter_map(|&i| if let Inst::Reduce(op, r) = tape.code[i as usize].inst { Some((op, r)) } else { None })
                .collect();
            let program = e.program(false, &todo, &reduced, &outputs(p));
            let mut reductions = Vec::with_capacity(results.len());
            for &i in &results {
                let Inst::Reduce(op, _) = tape.code[i as usize].inst else { continue };
                let d = tape.code[i as usize].dtype;
                let full = d == Dtype::C64 && op == ReduceOp::Prod;
                let used = if full { lanes } else { lanes.min(space.row_len.max(1)) };
                let count = if space.vertical { used * tile } else { lanes };
                reductions.push(Reduction {
                    combine: kernels::combine(level, op, d),
                    spread: kernels::splat(level, d),
                    identity: Box::new(kernels::identity(op, d)),
                    width: width(d),
                    accumulator: e.reserve(count * width(d)),
                    total: e.lasting[i as usize].expect("results last").slot,
                    order,
                    full,
                });
                order += 1;
            }
            phases.push(Phase { program, reductions });
        }
        let price = tape.code.iter().map(|ins| match ins.inst {
            _ if ins.varies != Varies::Element => 0,
            Inst::Apply(op, r) => cost(op, tape.code[r[op.info().arity - 1] as usize].dtype),
            _ => 1,
        });
        let cost = price.sum::<usize>() + 2 * (tape.inputs.len() + tape.outputs.len());
        let (slots, scratch) = (e.slots, e.bytes);
        let mut compiled = Compiled {
            params,
            once,
            between,
            phases,
            tile,
            tiles: 0,
            block,
            shift: block.max(1).trailing_zeros(),
            lanes,
            keeps: kept > 0,
            slots,
            scratch,
            reductions: order,
            cost,
            space,
        };
        compiled.tiles = compiled.count_tiles();
        compiled
    }
}

fn tile_length(tape: &Tape, space: &Space, reduces: bool, widest: usize) -> usize {
    let elements = tape.code.iter().filter(|i| i.varies == Varies::Element).count();
    let most = match (space.vertical, reduces) {
        (true, _) if elements <= 2 => 2048,
        (true, _) => 512,
        (false, true) if elements == 1 => LANE_BLOCK,
        (false, true) => 2048,
        (false, false) if space.operands.len() <= 4 => 1024,
        (false, false) => 512,
    };
    let most = if widest == 8 { most / 2 } else { most };
    let len = if space.runs { space.tile_len } else { space.last() };
    if reduces && !space.vertical {
        return if len <= most { len.max(1) } else { most };
    }
    let pieces = len.div_ceil(most).max(1);
    len.div_ceil(pieces).next_multiple_of(16).max(16)
}
