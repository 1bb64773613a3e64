//! Products of f32 through `Array::matmul` beside NumPy's, in turns, on as many threads. `NUMPY_PYTHON` names an interpreter that has NumPy.
//!
//! `cargo run -p benches --bin matmul [threads] [rounds] [--check]`

use benches::{Bench, seconds};
use lazulite::prelude::*;
use lazulite_cpu::threads;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What must be reached of NumPy's speed, per cent.
const TARGET: f64 = 75.0;

/// Times a product named by a line (size, turned operand, repetitions) and answers in seconds; the output's memory is there already.
const SCRIPT: &str = "
import sys, time
import numpy as np
made = {}
def product(n, turned):
    if (n, turned) not in made:
        r = np.random.default_rng(0)
        a, b = (r.random((n, n), np.float32) for _ in 'ab')
        made[n, turned] = (a.T if turned == 'a' else a, b.T if turned == 'b' else b, np.empty((n, n), np.float32))
    return made[n, turned]
print(np.__version__, flush=True)
for line in sys.stdin:
    n, turned, many = line.split()
    a, b, c = product(int(n), turned)
    t = time.perf_counter()
    for _ in range(int(many)):
        np.matmul(a, b, out=c)
    print((time.perf_counter() - t) / int(many), flush=True)
";

/// An interpreter that times products on request.
struct NumPy {
    process: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
}

impl NumPy {
    /// Starts it; `None` if there is no such interpreter or it has no NumPy.
    fn start(threads: usize) -> Option<NumPy> {
        let python = std::env::var("NUMPY_PYTHON").unwrap_or_else(|_| "python3".into());
        let mut command = Command::new(python);
        for limit in ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(limit, threads.to_string());
        }
        command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().ok()?;
        let (ask, answer) = (process.stdin.take()?, BufReader::new(process.stdout.take()?));
        let mut numpy = NumPy { process, ask, answer };
        let version = numpy.line()?;
        println!("beside NumPy {version}");
        Some(numpy)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.answer.read_line(&mut line).ok()?;
        (!line.is_empty()).then(|| line.trim().to_string())
    }

    fn time(&mut self, case: &Case) -> Option<f64> {
        writeln!(self.ask, "{} {} {}", case.n, case.turned, case.many).ok()?;
        self.line()?.parse().ok()
    }
}

impl Drop for NumPy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Case {
    n: usize,
    /// The operand that is a transposed view: a, b, or neither.
    turned: &'static str,
    many: usize,
    operands: [Array; 2],
    ours: f64,
    theirs: f64,
}

impl Case {
    fn new(n: usize, turned: &'static str) -> Case {
        let operand = |name| {
            let values: Vec<f32> = (0..n * n).map(|i| (i * 2654435761 % 8191) as f32 / 8192.0).collect();
            let x = Array::from_slice(&values, [n, n]).expect("memory");
            if turned == name { x.t() } else { x }
        };
        let operands = [operand("a"), operand("b")];
        eval(&operands).expect("views");
        Case { n, turned, many: (1 << 28) / (n * n * n) + 1, operands, ours: f64::MAX, theirs: f64::MAX }
    }

    fn time(&self) -> f64 {
        let [a, b] = &self.operands;
        seconds(|| (0..self.many).for_each(|_| eval([&a.matmul(b)]).expect("it runs"))) / self.many as f64
    }
}

fn main() -> std::process::ExitCode {
    let mut bench = Bench::start();
    let (count, rounds) = (bench.number(0, 2), bench.number(1, 10));
    threads::set_count(count);
    let mut numpy = NumPy::start(count);
    if numpy.is_none() {
        println!("no NumPy: name an interpreter that has it by NUMPY_PYTHON");
    }
    let mut cases: Vec<Case> =
        [(1024, "-"), (1024, "b"), (1024, "a"), (2048, "-"), (256, "-")].into_iter().map(|(n, turned)| Case::new(n, turned)).collect();
    for _ in 0..rounds {
        for c in &mut cases {
            c.ours = c.ours.min(c.time());
            // Each lets the other's threads go to sleep first.
            std::thread::sleep(std::time::Duration::from_millis(5));
            if let Some(t) = numpy.as_mut().and_then(|p| p.time(c)) {
                c.theirs = c.theirs.min(t);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    println!("{count} thread(s), minima of {rounds} rounds in turns, GFLOP/s");
    println!("{:24} {:>9} {:>9} {:>7}", "", "lazulite", "NumPy", "speed");
    for c in &cases {
        let rate = |t: f64| 2.0 * (c.n as f64).powi(3) / t / 1e9;
        let name = format!("{0} x {0} x {0}{1}", c.n, if c.turned == "-" { String::new() } else { format!(", {} a view", c.turned) });
        print!("{name:24} {:9.1}", rate(c.ours));
        if numpy.is_some() {
            let speed = 100.0 * c.theirs / c.ours;
            println!(" {:9.1} {speed:6.0}%", rate(c.theirs));
            bench.least(&name, speed, TARGET);
        } else {
            println!();
        }
    }
    bench.finish()
}
