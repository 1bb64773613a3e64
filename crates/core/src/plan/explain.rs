//! `explain`: what evaluating arrays would run, and why it is cut where it is.

use crate::Array;
use crate::plan::{BufferKind, Plan};
use crate::runtime::stream::Device;
use lazulite_base::work::Work;
use std::fmt::Write;

/// A listing of the steps that evaluating the arrays would run: for each its ops with their source lines, the bytes it moves, and why
/// it is a step of its own; then the memory the whole needs. Runs nothing. A large graph that would run in parts is listed as a whole.
///
/// ```
/// use lazulite::prelude::*;
/// let x = array![1.0, 2.0];
/// let y = (&x * 2.0).exp();
/// let text = explain(&[&y]);
/// assert!(text.contains("multiply exp"), "{text}");
/// ```
pub fn explain(arrays: &[&Array]) -> String {
    match crate::plan::eval::plan_only(arrays) {
        Ok(Some(plan)) => listing(&plan),
        Ok(None) => "nothing to run: every array is ready\n".into(),
        Err(e) => format!("cannot be evaluated: {e}\n"),
    }
}

fn listing(plan: &Plan) -> String {
    let mut out = String::new();
    let mut total = 0;
    for (i, step) in plan.steps.iter().enumerate() {
        let (what, bytes) = match &step.work {
            Work::Tape(t) => {
                let names = super::lower::tape_names(t);
                let rows = if t.inner > 0 { format!(", rows of {}", t.row_len()) } else { String::new() };
                (
                    format!("tape over {:?}{rows}: {}", &t.dims[..], if names.is_empty() { "copy".into() } else { names.join(" ") }),
                    t.bytes(),
                )
            }
            w => (w.name().to_string(), 0),
        };
        total += bytes;
        let _ = writeln!(out, "{i}: {what} on {}", step.stream.device);
        if bytes > 0 {
            let _ = writeln!(out, "   moves {bytes} bytes at least");
        }
        for (from, bytes) in moves(plan, i) {
            let _ = writeln!(out, "   brings {bytes} bytes from {from}");
        }
        if let Some(why) = step.why {
            let _ = writeln!(out, "   starts here because: {why}");
        }
        let mut lines: Vec<String> = step.ops.iter().map(|(name, site)| format!("{name} {}:{}", site.file(), site.line())).collect();
        lines.dedup();
        for line in lines.iter().take(12) {
            let _ = writeln!(out, "   {line}");
        }
        if lines.len() > 12 {
            let _ = writeln!(out, "   and {} more", lines.len() - 12);
        }
    }
    let memory: usize = plan.blocks.iter().map(|b| b.bytes).sum();
    let _ = writeln!(out, "{} steps, tapes move {total} bytes, {memory} bytes of memory", plan.steps.len());
    out
}

/// What a step brings from other devices: steps that read what an earlier step brought bring nothing.
fn moves(plan: &Plan, index: usize) -> Vec<(Device, usize)> {
    let step = &plan.steps[index];
    let mut out: Vec<(Device, usize)> = Vec::new();
    for (k, at) in step.inputs.iter().enumerate() {
        let BufferKind::Block(block) = plan.buffers[at.buffer as usize] else { continue };
        let block = plan.blocks[block as usize];
        let there = |s: &crate::plan::Step| s.stream.device == step.stream.device && s.inputs.iter().any(|o| o.buffer == at.buffer);
        let written = plan.steps[..index].iter().rposition(|s| s.outputs.iter().any(|o| o.buffer == at.buffer)).unwrap_or(0);
        let known = plan.steps[written..index].iter().any(there) || step.inputs[..k].iter().any(|o| o.buffer == at.buffer);
        if block.device != step.stream.device && !known {
            out.push((block.device, block.bytes));
        }
    }
    out
}
