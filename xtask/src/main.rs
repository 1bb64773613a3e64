//! Chores of the workspace: `cargo xtask op-matrix [--write | --only OP]`, `cargo xtask add-op`.

mod add_op;

use lazulite_testkit::matrix::{cases, report};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask op-matrix [--write | --only OP] | add-op";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["op-matrix"] => op_matrix(false),
        ["op-matrix", "--write"] => op_matrix(true),
        ["op-matrix", "--only", op] => one_op(op),
        ["add-op"] => add_op::run(&root()),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").into()
}

/// Runs the rows of one operation.
fn one_op(op: &str) -> Result<(), String> {
    let rows = report::rows(&cases::all().into_iter().filter(|c| c.op == op).collect::<Vec<_>>());
    println!("{}", report::markdown(&rows));
    let problems: Vec<String> = report::failures(&rows).into_iter().map(String::from).collect();
    match (rows.is_empty(), problems.is_empty()) {
        (true, _) => Err(format!("the matrix has no operation `{op}`")),
        (false, true) => Ok(()),
        (false, false) => Err(problems.join("\n")),
    }
}

/// Runs the matrix, and prints its page or writes it. The tests of `crates/testkit` compare it.
fn op_matrix(write: bool) -> Result<(), String> {
    let rows = report::rows(&cases::all());
    let (page, file) = (report::markdown(&rows), root().join("docs/op-matrix.md"));
    if write {
        std::fs::write(&file, &page).map_err(|e| format!("{}: {e}", file.display()))?;
    } else {
        println!("{page}");
    }
    let problems = report::failures(&rows);
    if problems.is_empty() { Ok(()) } else { Err(format!("{} problems:\n{}", problems.len(), problems.join("\n"))) }
}
