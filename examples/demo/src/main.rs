//! A tour of lazulite, then handwritten digits learnt in seconds.
//!
//! `cargo run -p demo -- [--seed N] [--epochs N] [--seeds N]`: the same seed repeats the training bit for bit; `--seeds` trains that
//! many times, from `--seed` on, and prints the mean.

mod digits;
mod print;
mod tour;

use lazulite::Result;

/// What the command line asks for.
struct Options {
    seed: u64,
    epochs: usize,
    /// Train this many times, without the tour.
    seeds: Option<u64>,
}

fn options(mut args: impl Iterator<Item = String>) -> std::result::Result<Options, String> {
    let mut o = Options { seed: 0, epochs: digits::EPOCHS, seeds: None };
    while let Some(name) = args.next() {
        let mut number = |least: u64| match args.next().and_then(|v| v.parse::<u64>().ok()) {
            Some(n) if n >= least => Ok(n),
            _ => Err(format!("{name} needs a number, {least} or more")),
        };
        match name.as_str() {
            "--seed" => o.seed = number(0)?,
            "--epochs" => o.epochs = number(1)? as usize,
            "--seeds" => o.seeds = Some(number(1)?),
            _ => return Err(format!("{name} is no option")),
        }
    }
    Ok(o)
}

fn run(o: &Options) -> Result<()> {
    let Some(n) = o.seeds else {
        tour::run()?;
        let accuracy = digits::run(o.seed, o.epochs)?;
        println!("test accuracy: {accuracy:.1} %");
        return Ok(());
    };
    let mut sum = 0.0;
    for seed in o.seed..o.seed + n {
        let accuracy = digits::run(seed, o.epochs)?;
        println!("  seed {seed}: {accuracy:.2} %");
        sum += accuracy;
    }
    println!("mean test accuracy: {:.2} %", sum / n as f64);
    Ok(())
}

fn main() {
    let o = options(std::env::args().skip(1)).unwrap_or_else(|e| {
        eprintln!("{e}\nusage: demo [--seed N] [--epochs N] [--seeds N]");
        std::process::exit(2);
    });
    if let Err(e) = run(&o) {
        eprintln!("{e}");
        std::process::exit(1);
    }
}
