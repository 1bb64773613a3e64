//! What the demonstration looks like: headings, rows with their timing, a progress bar.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

fn styled(code: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
}

/// Starts a part.
pub fn heading(title: &str, about: &str) {
    println!("\n{}  {}", styled("1;34", title), styled("2", about));
}

/// One row: what, its time, and what it shows.
pub fn row(what: &str, time: Duration, shows: &str) {
    println!("  {what:<44} {:>9}   {}", duration(time), styled("2", shows));
}

/// Three digits and a unit.
pub fn duration(t: Duration) -> String {
    let ns = t.as_nanos() as f64;
    let (value, unit) = match ns {
        _ if ns < 1e3 => (ns, "ns"),
        _ if ns < 1e6 => (ns / 1e3, "µs"),
        _ if ns < 1e9 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

/// The result of `f`, and how long it took.
pub fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = f();
    (value, start.elapsed())
}

/// The best time of a few runs, after one that warms up; with the last result.
pub fn best<T>(runs: usize, mut f: impl FnMut() -> T) -> (T, Duration) {
    let mut result = timed(&mut f);
    result.1 = Duration::MAX;
    for _ in 0..runs {
        let (value, time) = timed(&mut f);
        result = (value, result.1.min(time));
    }
    result
}

/// A bar that fills in place on a terminal; elsewhere only its last state is printed.
pub struct Bar {
    total: usize,
    live: bool,
}

impl Bar {
    pub fn new(total: usize) -> Bar {
        Bar { total, live: std::io::stdout().is_terminal() }
    }

    /// Shows `done` steps done.
    pub fn show(&self, done: usize, text: &str) {
        const WIDTH: usize = 32;
        let filled = WIDTH * done / self.total;
        let bar = format!("{}{}", "━".repeat(filled), styled("2", &"─".repeat(WIDTH - filled)));
        if self.live {
            print!("\r  {} {text}\x1b[K", styled("34", &bar));
            // A bar that cannot be shown is no reason to stop.
            let _ = std::io::stdout().flush();
        }
        if done == self.total {
            println!("{}", if self.live { String::new() } else { format!("  {bar} {text}") });
        }
    }
}
