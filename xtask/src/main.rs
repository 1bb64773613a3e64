//! Chores of the workspace: `cargo xtask op-matrix [--write | --only OP]`, `cargo xtask add-op`. It depends on nothing, so that it is built
//! at once; what needs lazulite is a program of its own, built with the workspace.

mod add_op;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: cargo xtask op-matrix [--write | --only OP] | add-op";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.first().map(String::as_str) {
        Some("op-matrix") => op_matrix(&root(), &[], &args[1..]),
        Some("add-op") if args.len() == 1 => add_op::run(&root()),
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

/// Builds the op matrix of the tree at `root`, given cargo's further options, and runs it with these arguments. The whole workspace is named,
/// so that crates have the features that they have in its tests, and what is built for those is not built again.
fn op_matrix(tree: &Path, options: &[String], args: &[String]) -> Result<(), String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "-q", "--workspace", "--bin", "op-matrix"]).args(options).env("CARGO_TARGET_DIR", &target);
    run(build.current_dir(tree))?;
    run(Command::new(target.join("debug/op-matrix")).args(args))
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|e| format!("{command:?}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}
