//! Chores of the workspace: `cargo xtask op-matrix [--write | --check | --only OP]`, `cargo xtask add-op`.

mod add_op;

use lazulite_testkit::matrix::{cases, report};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask op-matrix [--write | --check | --only OP] | add-op";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["op-matrix"] => op_matrix(Mode::Print),
        ["op-matrix", "--write"] => op_matrix(Mode::Write),
        ["op-matrix", "--check"] => op_matrix(Mode::Check),
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

#[derive(PartialEq)]
enum Mode {
    Print,
    Write,
    Check,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").into()
}

/// Every `.rs` file below a folder.
fn sources(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let mut list = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))? {
        let path = entry.map_err(|e| e.to_string())?.path();
        if path.is_dir() {
            list.extend(sources(&path)?);
        } else if path.extension().is_some_and(|e| e == "rs") {
            list.push(path);
        }
    }
    list.sort();
    Ok(list)
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

/// Runs the matrix, and writes its page or compares it.
fn op_matrix(mode: Mode) -> Result<(), String> {
    let mut problems = Vec::new();
    for path in sources(&root().join("crates/core/src/ops"))? {
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let module = ["random", "fast", "fft", "linalg"].into_iter().find(|m| name == format!("{m}.rs"));
        problems.extend(cases::undeclared(module, &text).into_iter().map(|op| format!("{op} ({name}) is not declared in the matrix")));
    }
    let rows = report::rows(&cases::all());
    let page = report::markdown(&rows);
    problems.extend(report::failures(&rows).into_iter().map(String::from));
    let file = root().join("docs/op-matrix.md");
    match mode {
        Mode::Print => println!("{page}"),
        Mode::Write => std::fs::write(&file, &page).map_err(|e| format!("{}: {e}", file.display()))?,
        Mode::Check if std::fs::read_to_string(&file).unwrap_or_default() != page => {
            problems.push("docs/op-matrix.md is stale: run `cargo xtask op-matrix --write`".into());
        }
        Mode::Check => {}
    }
    if problems.is_empty() { Ok(()) } else { Err(format!("{} problems:\n{}", problems.len(), problems.join("\n"))) }
}
