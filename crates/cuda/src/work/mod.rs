//! The kernels of work that is no tape: a file a kind. Their text is in `kernels/*.cu`, where words in capitals stand for what a shape's
//! kind needs.

pub mod arg_reduce;
pub mod attention;
pub mod conv;
pub mod gather;
pub mod random;
pub mod scan;
pub mod scatter;
pub mod sort;

use crate::driver::Properties;
use crate::launch::{Launch, Source, Words};

/// What plans need to know of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether it has the products of warp groups, Hopper's alone.
    pub groups: bool,
    /// Its multiprocessors.
    pub processors: usize,
    /// Bytes of shared memory that a block may have.
    pub shared: usize,
}

impl Target {
    /// An A100 (sm_80), the oldest that is supported.
    pub const OLDEST: Target = Target { groups: false, processors: 108, shared: 163 << 10 };
    /// An H100 (sm_90a).
    pub const HOPPER: Target = Target { groups: true, processors: 132, shared: 227 << 10 };

    /// A device.
    pub fn of(p: &Properties) -> Target {
        Target { groups: p.capability.0 == 9, processors: (p.processors as usize).max(1), shared: p.shared as usize }
    }
}

/// Threads of a block.
pub const THREADS: u32 = 256;

/// A kernel file's text with its blanks filled in.
pub fn filled(text: &str, blanks: &[(&str, String)], words: &Words) -> Source {
    let mut text = text.replace("WORDS", &words.0.len().to_string());
    for (name, value) in blanks {
        text = text.replace(name, value);
    }
    Source { text, slow: 0, complex: false }
}

/// A launch of a kernel file's text with its blanks filled in; a thread for each of `threads`.
pub fn launch(text: &str, blanks: &[(&str, String)], words: Words, threads: usize) -> Launch {
    let source = filled(text, blanks, &words);
    Launch { source, grid: [threads.div_ceil(THREADS as usize).max(1) as u32, 1], block: THREADS, shared: 0, words }
}

/// The text that turns index `from` of a space into coordinates `name0`, `name1`, …, and the offset of each operand over them.
pub fn coordinates(words: &mut Words, name: &str, from: &str, dims: &[usize]) -> String {
    let mut text = format!("u64 {name}_ = {from};");
    for a in (1..dims.len()).rev() {
        let d = words.value(dims[a] as u64);
        text.push_str(&format!(" const u64 {name}{a} = {name}_ % {d}; {name}_ /= {d};"));
    }
    if !dims.is_empty() {
        text.push_str(&format!(" const u64 {name}0 = {name}_;"));
    }
    text
}

/// The text of an operand's offset, in elements, at coordinates `name*`.
pub fn offset(words: &mut Words, name: &str, strides: &[isize]) -> String {
    let parts: Vec<String> = strides.iter().enumerate().map(|(a, &s)| format!("(i64){name}{a} * (i64){}", words.value(s as u64))).collect();
    if parts.is_empty() { "0".into() } else { parts.join(" + ") }
}
