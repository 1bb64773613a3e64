//! Kernels of tapes without reductions whose operands lie along different axes, as a transposed copy: tiles of two axes, whose turned
//! operands are read along their own axis and turned in shared memory.

use super::flat::{Along, THREADS, along, statements};
use super::space::{Operand, Space, Who};
use super::text::{arguments, memory};
use crate::launch::{Launch, Source, Word, Words};
use lazulite_base::tape::Tape;
use std::fmt::Write;

/// Sides shorter than this are not worth a tile.
const SHORTEST: usize = 16;
/// Bytes of shared memory for the turned operands of a tile, so that several blocks run side by side.
const NEAR: usize = 34 << 10;

/// What a tile is.
struct Tile {
    /// The axis along which the turned operands lie.
    across: usize,
    /// Which inputs are turned.
    turned: Vec<usize>,
    /// Elements of a side.
    side: usize,
    /// Elements of an access.
    v: usize,
}

/// The tile for a space; `None` where no input lies along another axis than the outputs.
fn tile(space: &Space) -> Option<Tile> {
    let last = space.outer.len().checked_sub(1)?;
    let outputs_dense = space.operands.iter().filter(|o| matches!(o.who, Who::Output(_))).all(|o| along(o) == Along::Dense);
    if !outputs_dense || last == 0 || space.outer[last] < SHORTEST || space.rows() < 1 << 14 {
        return None;
    }
    let inputs = |a: usize| -> Vec<(usize, usize)> {
        let turned = space.operands.iter().filter(|o| along(o) == Along::Steps && o.outer[a] == 1);
        turned.filter_map(|o| if let Who::Input(k) = o.who { Some((k, o.dtype.size())) } else { None }).collect()
    };
    let bytes = |a: usize| inputs(a).iter().map(|i| i.1).sum::<usize>();
    let across = (0..last).filter(|&a| space.outer[a] >= SHORTEST).max_by_key(|&a| bytes(a))?;
    let list = inputs(across);
    let bytes = bytes(across);
    if list.is_empty() || bytes * 33 * 32 > NEAR {
        return None;
    }
    let turned: Vec<usize> = list.iter().map(|i| i.0).collect();
    // Every vector along its operand's axis must be aligned, whatever the other coordinates are.
    let vectors = |v: usize| {
        space.operands.iter().all(|o| {
            let own = match o.who {
                Who::Index(_) => return true,
                Who::Input(k) if turned.contains(&k) => across,
                _ if along(o) == Along::Dense => last,
                _ => return true,
            };
            space.outer[own].is_multiple_of(v) && o.outer.iter().enumerate().all(|(a, s)| a == own || s % v as isize == 0)
        })
    };
    let moved = |o: &&Operand| matches!(o.who, Who::Output(_)) || matches!(o.who, Who::Input(k) if turned.contains(&k));
    let largest = space.operands.iter().filter(moved).map(|o| o.dtype.size()).max().unwrap_or(1);
    let mut v = (16 / largest).max(1);
    while v > 1 && !vectors(v) {
        v /= 2;
    }
    let side = if v >= 4 && bytes * 65 * 64 <= NEAR { 64 } else { 32 };
    Some(Tile { across, turned, side, v })
}

/// The kernel, and the alignment of the addresses that it needs; `None` where no input is turned.
pub fn kernel(tape: &Tape, space: &Space) -> Option<(Launch, Vec<(Word, usize)>)> {
    let Tile { across, turned, side, v } = tile(space)?;
    let (rank, last) = (space.outer.len(), space.outer.len() - 1);
    let (index, signed) = if space.narrow() { ("u32", "i32") } else { ("u64", "i64") };
    let is_turned = |o: &Operand| matches!(o.who, Who::Input(k) if turned.contains(&k));
    let mut w = Words::default();
    let mut body = String::new();
    let mut aligned = Vec::new();
    body.push_str(&arguments(tape, &mut w));
    // The tile: along the last axis, then across, then the other axes.
    let _ = writeln!(body, "  {index} rest = blockIdx.x;");
    let sizes: Vec<(usize, usize)> =
        [last, across].into_iter().chain((0..last).rev().filter(|&a| a != across)).map(|a| (a, space.outer[a])).collect();
    let mut tiles = 1usize;
    for (i, &(a, n)) in sizes.iter().enumerate() {
        let n = if i < 2 { n.div_ceil(side) } else { n };
        tiles = tiles.checked_mul(n)?;
        let scale = if i < 2 { format!(" * {side}") } else { String::new() };
        if i + 1 == sizes.len() {
            let _ = writeln!(body, "  const {index} c{a} = rest{scale};");
        } else {
            let d = w.divisor(n);
            let _ =
                writeln!(body, "  const {index} q{a} = quotient(rest, {d}), c{a} = (rest - q{a} * ({index})({d})[0]){scale}; rest = q{a};");
        }
    }
    if tiles >= 1 << 31 {
        return None;
    }
    let (nl, na) = (w.value(space.outer[last] as u64), w.value(space.outer[across] as u64));
    let _ = writeln!(body, "  const {index} nl = ({index}){nl} - c{last}, na = ({index}){na} - c{across};");
    // Each operand at the tile's first element, and its steps over the tile's axes.
    let mut steps: Vec<(String, String)> = Vec::new();
    let mut lasts: Vec<String> = Vec::new();
    for o in &space.operands {
        let mut step = |a: usize| match o.outer[a] {
            s @ (0 | 1) => s.to_string(),
            s => format!("({signed}){}", w.value(s as u64)),
        };
        let each: Vec<String> = (0..rank).map(&mut step).collect();
        let base: Vec<String> = (0..rank).filter(|&a| o.outer[a] != 0).map(|a| format!("({signed})c{a} * {}", each[a])).collect();
        let base = if base.is_empty() { "0".into() } else { base.join(" + ") };
        let _ = match o.who {
            Who::Input(k) => writeln!(body, "  x{k} += {base};"),
            Who::Output(k) => writeln!(body, "  y{k} += {base};"),
            Who::Index(a) => writeln!(body, "  const {signed} i{a} = {base};"),
        };
        let (s, t, need) = (each[last].clone(), each[across].clone(), o.dtype.size() * v);
        match o.who {
            Who::Input(k) if is_turned(o) || along(o) == Along::Dense => aligned.push((Word::Input(k), need)),
            Who::Output(k) => aligned.push((Word::Output(k), need)),
            _ => {}
        }
        lasts.push(s.clone());
        steps.push((s, t));
    }
    aligned.retain(|a| v > 1 && a.1 > 1);
    // Loads of all units; what is turned goes through shared memory.
    let units = side * side / v / THREADS as usize;
    // Few threads side by side, so that those of a warp meet in no bank of shared memory.
    let lanes = (32 / v).max(8).min(side / v);
    let (beside, below) = (side / v / lanes, THREADS as usize / lanes);
    let each = format!(
        "#pragma unroll\n  for (int k = 0; k < {units}; k++) {{ \
         const {signed} near_ = threadIdx.x % {lanes} * {v} + k % {beside} * {}, far_ = threadIdx.x / {lanes} + k / {beside} * {below};",
        lanes * v
    );
    for o in space.operands.iter().filter(|o| matches!(o.who, Who::Input(_))) {
        let Who::Input(k) = o.who else { unreachable!("filtered") };
        let t = memory(o.dtype);
        if is_turned(o) {
            let _ = writeln!(body, "  __shared__ {t} s{k}[{side}][{}];", side + 1);
        }
        if is_turned(o) || along(o) == Along::Dense {
            let _ = writeln!(body, "  Vec<{t}, {v}> v{k}[{units}];");
        }
    }
    let _ = writeln!(body, "{each}\n    const bool far_in = near_ < na && far_ < nl, in = near_ < nl && far_ < na;");
    for (o, (s, t)) in space.operands.iter().zip(&steps) {
        let Who::Input(k) = o.who else { continue };
        let m = memory(o.dtype);
        if is_turned(o) {
            let _ = writeln!(body, "    if (far_in) v{k}[k] = *(const Vec<{m}, {v}>*)(x{k} + near_ + far_ * {s});");
        } else if along(o) == Along::Dense {
            let _ = writeln!(body, "    if (in) v{k}[k] = *(const Vec<{m}, {v}>*)(x{k} + near_ + far_ * {t});");
        }
    }
    let _ = writeln!(body, "  }}\n{each}");
    for k in &turned {
        let _ = writeln!(body, "#pragma unroll\n    for (int e = 0; e < {v}; e++) s{k}[near_ + e][far_] = v{k}[k].e[e];");
    }
    let _ = writeln!(body, "  }}\n  __syncthreads();\n{each} if (near_ < nl && far_ < na) {{");
    for (o, (_, t)) in space.operands.iter().zip(&steps) {
        let _ = match o.who {
            Who::Output(k) => writeln!(body, "    Vec<{}, {v}> w{k};", memory(o.dtype)),
            Who::Index(a) => writeln!(body, "    const {signed} j{a} = i{a} + far_ * {t};"),
            Who::Input(_) => Ok(()),
        };
    }
    let _ = writeln!(body, "#pragma unroll\n    for (int e = 0; e < {v}; e++) {{");
    let load = |k: usize| {
        let at = space.operands.iter().position(|o| o.who == Who::Input(k)).expect("every operand is there");
        let (o, (s, t)) = (&space.operands[at], &steps[at]);
        match along(o) {
            _ if is_turned(o) => format!("get(s{k}[far_][near_ + e])"),
            Along::Dense => format!("get(v{k}[k].e[e])"),
            _ => format!("get(x{k}[far_ * {t} + (near_ + e) * {s}])"),
        }
    };
    statements(tape, space, &lasts, &mut body, &load, "j", "", "(near_ + e)");
    for (k, (r, _)) in tape.outputs.iter().enumerate() {
        let _ = writeln!(body, "      put_rounded(w{k}.e[e], r{r});");
    }
    body.push_str("    }\n");
    for (o, (_, t)) in space.operands.iter().zip(&steps) {
        if let Who::Output(k) = o.who {
            let _ = writeln!(body, "    *(Vec<{}, {v}>*)(y{k} + near_ + far_ * {t}) = w{k};", memory(o.dtype));
        }
    }
    body.push_str("  } }\n");
    let mut source = Source::kernel("", w.0.len(), THREADS, &body);
    source.slow = super::text::slow_count(tape);
    source.complex = super::text::complex(tape);
    Some((Launch { source, grid: [tiles as u32, 1], block: THREADS, shared: 0, words: w }, aligned))
}
