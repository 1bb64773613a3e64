//! The same work in lazulite, candle and burn on the CPU: in one process, in turns, medians and ratios.
//!
//! `cargo run --release -- [WORK...]`. Every framework builds what it needs once; a run ends when its result is in memory. The results
//! of all are compared before anything is timed.

mod inputs;
mod with_burn;
mod with_candle;
mod with_lazulite;

use inputs::Inputs;
use std::time::{Duration, Instant};

/// As in the Python module and the demo: a library sets no allocator, a program should.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A result in memory, to be read as numbers.
type Value = Box<dyn FnOnce() -> Vec<f32>>;
/// Some work, by its name.
type Work = (&'static str, Box<dyn Fn() -> Value>);

/// The works, in the order of the table: the same in every framework, or absent.
const NAMES: [&str; 20] = [
    "dispatch_chain_1000",
    "gelu",
    "add",
    "sin_exp_chain",
    "sum_all",
    "sum_axis0",
    "sum_axis1",
    "softmax",
    "layernorm",
    "transpose_add",
    "matmul",
    "matmul_t",
    "sdpa_causal",
    "conv2d",
    "gather_rows",
    "sort",
    "argmax",
    "cumsum",
    "mlp_train",
    "gpt_train",
];
const FRAMEWORKS: [&str; 3] = ["lazulite", "candle", "burn"];
/// How long each work is measured in each framework, and at least how often.
const TIME: Duration = Duration::from_millis(600);
const TURNS: usize = 9;

/// The distance of two results, in terms of the larger one.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() {
        return f32::INFINITY;
    }
    let scale = a.iter().fold(0f32, |m, x| m.max(x.abs())).max(1e-30);
    a.iter().zip(b).fold(0f32, |m, (x, y)| if (x - y).is_nan() { f32::INFINITY } else { m.max((x - y).abs()) }) / scale
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The medians of works in milliseconds, measured in turns.
fn measure(works: &[Option<&Work>]) -> Vec<Option<f64>> {
    let mut times = vec![Vec::new(); works.len()];
    let start = Instant::now();
    while times.iter().zip(works).any(|(t, w)| w.is_some() && t.len() < TURNS) || start.elapsed() < TIME * works.len() as u32 {
        for (work, times) in works.iter().zip(&mut times) {
            let Some((_, run)) = work else { continue };
            let start = Instant::now();
            let value = run();
            times.push(start.elapsed().as_secs_f64() * 1e3);
            drop(value);
        }
    }
    works.iter().zip(&mut times).map(|(w, t)| w.map(|_| median(t))).collect()
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let inputs = Inputs::draw();
    let all = [with_lazulite::works(&inputs), with_candle::works(&inputs), with_burn::works(&inputs)];
    println!("| work | {} | ratio to the best other |", FRAMEWORKS.join(" | "));
    println!("|---|---|---|---|---|");
    let mut logarithms = Vec::new();
    for name in NAMES.into_iter().filter(|n| wanted.is_empty() || wanted.iter().any(|w| w == n)) {
        let works: Vec<Option<&Work>> = all.iter().map(|works| works.iter().find(|w| w.0 == name)).collect();
        let results: Vec<Option<Vec<f32>>> = works.iter().map(|w| w.map(|w| w.1()())).collect();
        let ours = results[0].as_ref().expect("lazulite has every work");
        for (framework, result) in FRAMEWORKS.iter().zip(&results).skip(1) {
            let far = result.as_ref().map_or(0.0, |r| distance(ours, r));
            assert!(far < 1e-3, "{name}: the results of lazulite and {framework} are {far} apart");
        }
        let times = measure(&works);
        let best = times[1..].iter().flatten().copied().fold(f64::INFINITY, f64::min);
        let ratio = times[0].expect("lazulite has every work") / best;
        logarithms.push(ratio.ln());
        let cells: Vec<String> = times.iter().map(|t| t.map_or("–".into(), |t| format!("{t:.3}"))).collect();
        println!("| {name} | {} | {ratio:.2} |", cells.join(" | "));
    }
    println!("\ngeometric mean of the ratios: {:.3}", (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp());
}
