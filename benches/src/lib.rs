//! The measured claims of lazulite: programs that print what they measure and, with `--check`, fail if a target is missed.
//!
//! Rivals are measured in turns and compared by their minima: machines are noisy, and noise only adds.

use std::time::Instant;

pub mod hand;
pub mod tapes;

/// As in demos and in the Python module: a library sets no allocator, a program should.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a program was asked for, and the targets it missed.
pub struct Bench {
    args: Vec<String>,
    check: bool,
    missed: Vec<String>,
}

impl Bench {
    /// Reads the command line.
    pub fn start() -> Bench {
        let (flags, args): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| a.starts_with("--"));
        if let Some(flag) = flags.iter().find(|f| *f != "--check") {
            eprintln!("unknown option {flag}");
            std::process::exit(2);
        }
        Bench { args, check: !flags.is_empty(), missed: Vec::new() }
    }

    /// Argument `k` as a number, or `or`.
    pub fn number(&self, k: usize, or: usize) -> usize {
        self.args.get(k).and_then(|a| a.parse().ok()).unwrap_or(or)
    }

    /// Argument `k`, or nothing.
    pub fn text(&self, k: usize) -> &str {
        self.args.get(k).map_or("", |a| a)
    }

    /// A target: `value` is at most `limit`.
    pub fn most(&mut self, what: &str, value: f64, limit: f64) {
        if value > limit {
            self.missed.push(format!("{what}: {value:.3}, the target is at most {limit}"));
        }
    }

    /// A target: `value` is at least `limit`.
    pub fn least(&mut self, what: &str, value: f64, limit: f64) {
        if value < limit {
            self.missed.push(format!("{what}: {value:.3}, the target is at least {limit}"));
        }
    }

    /// Prints the targets that were missed; with `--check`, such a program fails.
    pub fn finish(self) -> std::process::ExitCode {
        self.missed.iter().for_each(|m| println!("missed: {m}"));
        if self.check && self.missed.is_empty() {
            println!("every target is met");
        }
        std::process::ExitCode::from((self.check && !self.missed.is_empty()) as u8)
    }
}

/// Seconds that a call takes.
pub fn seconds(f: impl FnOnce()) -> f64 {
    let t = Instant::now();
    f();
    t.elapsed().as_secs_f64()
}

/// The median of `n` values.
pub fn median(n: usize, f: impl FnMut() -> f64) -> f64 {
    let mut v: Vec<f64> = std::iter::repeat_with(f).take(n).collect();
    v.sort_by(f64::total_cmp);
    v[n / 2]
}

/// The smallest of `n` values.
pub fn minimum(n: usize, f: impl FnMut() -> f64) -> f64 {
    std::iter::repeat_with(f).take(n).fold(f64::MAX, f64::min)
}
