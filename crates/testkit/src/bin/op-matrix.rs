//! Runs the op matrix: `op-matrix` prints its page, `op-matrix --write` writes it, `op-matrix --only OP` runs the rows of one operation.

use lazulite_testkit::matrix::{cases, report};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words[..] {
        [] => all(false),
        ["--write"] => all(true),
        ["--only", op] => one(op),
        _ => Err("usage: op-matrix [--write | --only OP]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the rows of one operation.
fn one(op: &str) -> Result<(), String> {
    let rows = report::rows(&cases::all().into_iter().filter(|c| c.op == op).collect::<Vec<_>>());
    println!("{}", report::markdown(&rows));
    let problems: Vec<String> = report::failures(&rows).into_iter().map(String::from).collect();
    match (rows.is_empty(), problems.is_empty()) {
        (true, _) => Err(format!("the matrix has no operation `{op}`")),
        (false, true) => Ok(()),
        (false, false) => Err(problems.join("\n")),
    }
}

/// Runs the matrix, and prints its page or writes it. The tests compare it.
fn all(write: bool) -> Result<(), String> {
    let rows = report::rows(&cases::all());
    let (page, file) = (report::markdown(&rows), Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/op-matrix.md"));
    if write {
        std::fs::write(&file, &page).map_err(|e| format!("{}: {e}", file.display()))?;
    } else {
        println!("{page}");
    }
    let problems = report::failures(&rows);
    if problems.is_empty() { Ok(()) } else { Err(format!("{} problems:\n{}", problems.len(), problems.join("\n"))) }
}
