//! Launches: a kernel's text, where its arguments come from, and its grid.

use crate::tape::generic::Call;
use std::fmt::Write;

/// One 64-bit word of a kernel's arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// The address of input `.0`.
    Input(usize),
    /// The address of output `.0`.
    Output(usize),
    /// Scalar parameter `.0`.
    Param(usize),
    /// A place in the step's scratch memory, in bytes from its start.
    Scratch(usize),
    /// Known when the step is compiled.
    Value(u64),
}

/// The arguments of a kernel, in the order in which its text asks for them.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Words(pub Vec<Word>);

impl Words {
    /// Appends a word; how the text reads it.
    pub fn push(&mut self, word: Word) -> String {
        self.0.push(word);
        format!("p.w[{}]", self.0.len() - 1)
    }

    /// Appends a number.
    pub fn value(&mut self, v: u64) -> String {
        self.push(Word::Value(v))
    }

    /// Appends a divisor, for the prelude's `quotient`; how the text names it.
    pub fn divisor(&mut self, d: usize) -> String {
        let at = self.0.len();
        let d = d.max(1) as u64;
        let shift = if d > 1 { 64 - (d - 1).leading_zeros() as u64 } else { 0 };
        let multiplier = if d < 1 << 31 { ((1u64 << 32) * ((1u64 << shift) - d)) / d + 1 } else { 0 };
        self.0.push(Word::Value(d));
        self.0.push(Word::Value(multiplier & 0xffff_ffff | shift << 32));
        format!("p.w + {at}")
    }
}

/// The text of one kernel, in which `@` stands for its name.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Source {
    /// CUDA C++ without includes, over the prelude.
    pub text: String,
    /// How many functions with long code it calls.
    pub slow: usize,
    /// Whether it needs the complex functions.
    pub complex: bool,
}

impl Source {
    /// A kernel of `threads` threads a block with this body; `before` are its own helpers.
    pub fn kernel(before: &str, words: usize, threads: u32, body: &str) -> Source {
        let mut text = String::with_capacity(before.len() + body.len() + 200);
        text.push_str(before);
        let _ = writeln!(text, "extern \"C\" __global__ void __launch_bounds__({threads}) @(const __grid_constant__ Args<{words}> p) {{");
        text.push_str(body);
        text.push_str("}\n");
        Source { text, slow: 0, complex: false }
    }
}

/// A kernel with its grid and arguments.
#[derive(Clone, Debug)]
pub struct Launch {
    /// What runs.
    pub source: Source,
    /// Blocks.
    pub grid: [u32; 2],
    /// Threads of a block.
    pub block: u32,
    /// Bytes of shared memory of a block that the launch asks for.
    pub shared: u32,
    /// Its arguments.
    pub words: Words,
}

/// How a step runs: its launches in order, and what they need.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What runs.
    pub launches: Vec<Launch>,
    /// Bytes of scratch memory.
    pub scratch: usize,
    /// Addresses that must be aligned, in bytes; if one is not, `scalar` runs instead.
    pub aligned: Vec<(Word, usize)>,
    /// The same with accesses of one element.
    pub scalar: Option<Launch>,
    /// The same on a kernel that needs no compilation of its own.
    pub generic: Option<Call>,
}

impl Plan {
    /// One launch.
    pub fn one(launch: Launch) -> Plan {
        Plan { launches: vec![launch], ..Plan::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisors_divide() {
        for d in [1usize, 2, 3, 5, 7, 10, 64, 100, 255, 1000, 65535, 65537, 1 << 20, (1 << 30) + 1, (1 << 31) - 1] {
            let mut w = Words::default();
            w.divisor(d);
            let (Word::Value(divisor), Word::Value(m)) = (w.0[0], w.0[1]) else { panic!("two numbers") };
            assert_eq!(divisor, d as u64);
            let (multiplier, shift) = (m & 0xffff_ffff, m >> 32);
            for n in [0u64, 1, 2, 3, 99, 1000, d as u64 - 1, d as u64, d as u64 + 1, (1 << 31) - 1, 1 << 30, 123_456_789] {
                let high = (n * multiplier) >> 32;
                assert_eq!((high + n) >> shift, n / d as u64, "{n} / {d}");
            }
        }
    }
}
