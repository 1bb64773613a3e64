//! Kernels of tapes without reductions: a thread takes a few units, each a vector of neighbouring elements.

use super::space::{Operand, Space, Who};
use super::text::{arguments, memory, statement};
use crate::launch::{Launch, Source, Word, Words};
use lazulite_base::tape::{Inst, Tape};
use std::fmt::Write;

/// Threads of a block.
pub const THREADS: u32 = 256;
/// Bytes of an access.
const ACCESS: usize = 16;

/// How an operand moves along the last axis.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// It stays.
    Still,
    /// Element by element.
    Dense,
    /// By a step known at launch.
    Steps,
}

/// How `o` moves.
pub fn along(o: &Operand) -> Along {
    match o.outer.last() {
        None | Some(0) => Along::Still,
        Some(1) => Along::Dense,
        _ => Along::Steps,
    }
}

/// Elements of a unit: as many as one access holds, where every operand allows it.
fn width(space: &Space) -> usize {
    let real: Vec<&Operand> = space.operands.iter().filter(|o| !matches!(o.who, Who::Index(_))).collect();
    let dense = || real.iter().filter(|o| along(o) == Along::Dense);
    let smallest = dense().map(|o| o.dtype.size()).min().unwrap_or(ACCESS);
    let largest = dense().map(|o| o.dtype.size()).max().unwrap_or(ACCESS);
    let mut v = (ACCESS / smallest).min(if largest >= 4 { 8 } else { 16 });
    if real.iter().any(|o| along(o) == Along::Steps) || dense().all(|o| matches!(o.who, Who::Input(_))) {
        return 1;
    }
    let last = space.outer.last().copied().unwrap_or(1);
    let rest = space.outer.len().saturating_sub(1);
    let fits = |v: usize| rest == 0 || last.is_multiple_of(v) && dense().all(|o| o.outer[..rest].iter().all(|s| s % v as isize == 0));
    while v > 1 && !fits(v) {
        v /= 2;
    }
    v
}

/// Units that a thread takes, so that several accesses are in flight.
fn units(space: &Space, v: usize) -> usize {
    let bytes: usize =
        space.operands.iter().filter(|o| matches!(o.who, Who::Input(_)) && along(o) == Along::Dense).map(|o| o.dtype.size() * v).sum();
    (4 * ACCESS / bytes.max(ACCESS)).clamp(1, 4)
}

/// The largest alignment, in bytes, that the addresses of dense operands must have: for each input and output.
pub fn alignment(space: &Space, v: usize) -> Vec<(Word, usize)> {
    let dense = space.operands.iter().filter(|o| along(o) == Along::Dense);
    dense
        .filter_map(|o| {
            let need = (o.dtype.size() * v).min(ACCESS);
            match o.who {
                Who::Input(k) => Some((Word::Input(k), need)),
                Who::Output(k) => Some((Word::Output(k), need)),
                Who::Index(_) => None,
            }
        })
        .collect()
}

/// The kernel, and the width of its accesses in elements; with `narrow_access` that is one.
pub fn kernel(tape: &Tape, space: &Space, one: bool) -> (Launch, usize) {
    let v = if one { 1 } else { width(space) };
    let u = units(space, v);
    let index = if space.narrow() { "u32" } else { "u64" };
    let signed = if space.narrow() { "i32" } else { "i64" };
    let n = space.rows();
    let rank = space.outer.len();
    let mut w = Words::default();
    let mut body = String::new();
    let count = w.value((n / v) as u64);
    let _ = writeln!(body, "  const {index} units = ({index}){count}, n = ({index}){};", w.value(n as u64));
    body.push_str(&arguments(tape, &mut w));
    // Steps of each operand: over the outer axes, innermost first, then along the last.
    let divisors: Vec<String> =
        (1..rank).rev().map(|a| w.divisor(if a + 1 == rank { space.outer[a] / v } else { space.outer[a] })).collect();
    let mut offsets: Vec<String> = Vec::new();
    let mut last: Vec<String> = Vec::new();
    for o in &space.operands {
        let mut text = String::new();
        for a in (0..rank.saturating_sub(1)).rev() {
            let _ = write!(text, " + ({signed})c{a} * ({signed}){}", w.value(o.outer[a] as u64));
        }
        let index_of = matches!(o.who, Who::Index(_));
        match along(o) {
            Along::Dense if !index_of => {
                last.push("1".into());
                let _ = write!(text, " + ({signed})c{} * {v}", rank - 1);
            }
            Along::Still if !index_of => last.push("0".into()),
            _ => {
                let step = w.value(o.outer.last().copied().unwrap_or(0) as u64);
                if rank > 0 {
                    let _ = write!(text, " + ({signed})c{} * {v} * ({signed}){step}", rank - 1);
                }
                last.push(format!("({signed}){step}"));
            }
        }
        offsets.push(if text.is_empty() { "0".into() } else { text[3..].into() });
    }
    let coordinates = |from: &str| {
        let mut text = format!("{index} rest = {from};");
        for (a, d) in (1..rank).rev().zip(&divisors) {
            let _ = write!(
                text,
                " const {index} q{a} = quotient(rest, {d}); const {index} c{a} = rest - q{a} * ({index})({d})[0]; rest = q{a};"
            );
        }
        if rank > 0 {
            text.push_str(&format!(" const {index} c0 = rest;"));
        }
        text
    };
    // Loads of all units, then the work on each.
    let _ = writeln!(body, "  const {index} first = ({index})blockIdx.x * {} + threadIdx.x;", THREADS as usize * u);
    for (o, _) in space.operands.iter().zip(&offsets) {
        match o.who {
            Who::Input(k) => {
                let width = if along(o) == Along::Dense { v } else { 1 };
                let _ = writeln!(body, "  Vec<{}, {width}> v{k}[{u}];", memory(o.dtype));
            }
            Who::Output(k) => {
                let _ = writeln!(body, "  {signed} o{k}[{u}];");
            }
            Who::Index(a) => {
                let _ = writeln!(body, "  {signed} i{a}[{u}];");
            }
        }
    }
    let _ =
        writeln!(body, "#pragma unroll\n  for (int k = 0; k < {u}; k++) {{ const {index} at = first + k * {THREADS}; if (at < units) {{");
    let _ = writeln!(body, "    {}", coordinates("at"));
    for (o, offset) in space.operands.iter().zip(&offsets) {
        let _ = match o.who {
            Who::Input(k) => {
                let width = if along(o) == Along::Dense { v } else { 1 };
                writeln!(body, "    v{k}[k] = *(const Vec<{}, {width}>*)(x{k} + ({offset}));", memory(o.dtype))
            }
            Who::Output(k) => writeln!(body, "    o{k}[k] = {offset};"),
            Who::Index(a) => writeln!(body, "    i{a}[k] = {offset};"),
        };
    }
    let _ = writeln!(
        body,
        "  }} }}\n#pragma unroll\n  for (int k = 0; k < {u}; k++) {{ const {index} at = first + k * {THREADS}; if (at < units) {{"
    );
    let outputs: Vec<&Operand> = space.operands.iter().filter(|o| matches!(o.who, Who::Output(_))).collect();
    for o in &outputs {
        let Who::Output(k) = o.who else { unreachable!("filtered") };
        let width = if along(o) == Along::Dense { v } else { 1 };
        let _ = writeln!(body, "    Vec<{}, {width}> w{k};", memory(o.dtype));
    }
    let _ = writeln!(body, "#pragma unroll\n    for (int e = 0; e < {v}; e++) {{");
    let dense = |k: usize| space.operands.iter().any(|o| o.who == Who::Input(k) && along(o) == Along::Dense);
    statements(tape, space, &last, &mut body, &|k| format!("get(v{k}[k].e[{}])", if dense(k) { "e" } else { "0" }), "i", "[k]", "e");
    for (o, (r, _)) in outputs.iter().zip(&tape.outputs) {
        let Who::Output(k) = o.who else { unreachable!("filtered") };
        let _ = writeln!(body, "      put_rounded(w{k}.e[{}], r{r});", if along(o) == Along::Dense { "e" } else { "0" });
    }
    body.push_str("    }\n");
    for o in &outputs {
        let Who::Output(k) = o.who else { unreachable!("filtered") };
        let width = if along(o) == Along::Dense { v } else { 1 };
        let _ = writeln!(body, "    *(Vec<{}, {width}>*)(y{k} + o{k}[k]) = w{k};", memory(o.dtype));
    }
    body.push_str("  } }\n");
    if v > 1 && rank <= 1 {
        // What is left of the last unit.
        let _ = writeln!(body, "  if (blockIdx.x == 0 && units * {v} + threadIdx.x < n) {{ const {index} at = units * {v} + threadIdx.x;");
        for o in &space.operands {
            if let Who::Index(a) = o.who {
                let _ = writeln!(body, "    {signed} i{a} = 0;");
            }
        }
        statements(tape, space, &last, &mut body, &|k| format!("get(x{k}[{}])", if dense(k) { "at" } else { "0" }), "i", "", "(i64)at");
        for (o, (r, _)) in outputs.iter().zip(&tape.outputs) {
            let Who::Output(k) = o.who else { unreachable!("filtered") };
            let _ = writeln!(body, "    put_rounded(y{k}[{}], r{r});", if along(o) == Along::Dense { "at" } else { "0" });
        }
        body.push_str("  }\n");
    }
    let mut source = Source::kernel("", w.0.len(), THREADS, &body);
    source.slow = super::text::slow_count(tape);
    source.complex = super::text::complex(tape);
    let blocks = (n / v).div_ceil(THREADS as usize * u).max(1);
    (Launch { source, grid: [blocks as u32, 1], block: THREADS, shared: 0, words: w }, v)
}

/// Every instruction on one element: `load` has the text of an input's element; an index is `{i}{axis}{unit}` and `element` steps of `last`.
#[allow(clippy::too_many_arguments)]
pub fn statements(
    tape: &Tape,
    space: &Space,
    last: &[String],
    body: &mut String,
    load: &dyn Fn(usize) -> String,
    i: &str,
    unit: &str,
    element: &str,
) {
    for (at, ins) in tape.code.iter().enumerate() {
        let leaf = match ins.inst {
            Inst::Load(k) => load(k as usize),
            Inst::Param(k) => format!("p{k}"),
            Inst::Index(a) => {
                let own = space.operands.iter().position(|o| o.who == Who::Index(a as usize)).expect("every operand is there");
                format!("{i}{a}{unit} + {element} * {}", last[own])
            }
            _ => String::new(),
        };
        body.push_str("      ");
        body.push_str(&statement(tape, at, &leaf));
    }
}
