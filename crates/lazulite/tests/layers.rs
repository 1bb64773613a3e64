//! The layers keep apart: what a crate may name.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false if path.extension().is_some_and(|e| e == "rs") => out.push(path),
                false => {}
            }
        }
    }
    assert!(!out.is_empty());
    out
}

#[test]
fn the_core_names_no_backend() {
    for path in sources("crates/core/src") {
        let text = fs::read_to_string(&path).unwrap();
        for word in ["lazulite_cpu", "lazulite_cuda", "avx", "nvrtc"] {
            assert!(!text.to_lowercase().contains(word), "{} names {word}", path.display());
        }
        for line in text.lines().filter(|l| !l.trim_start().starts_with("//")) {
            assert!(!line.contains("\"cpu\"") && !line.contains("\"cuda\""), "{} asks for a backend by its name: {line}", path.display());
        }
    }
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/Cargo.toml")).unwrap();
    assert!(!manifest.contains("lazulite-cpu"));
}

#[test]
fn backends_see_no_graph() {
    for path in sources("crates/cpu/src") {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("lazulite_core"), "{}", path.display());
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for folder in ["crates/base/src", "crates/core/src", "crates/cpu/src"] {
        for path in sources(folder) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//!"), "{}", path.display());
            assert!(text.lines().count() <= 850, "{} has {} lines", path.display(), text.lines().count());
        }
    }
}
