//! What is published can be: each package has what a registry asks for, its licences and every file it includes, and depends on nothing
//! that is published after it. `cargo publish --workspace --dry-run` builds them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The packages that are published, as `cargo metadata` tells of them.
fn published() -> Vec<Value> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let all: Value = serde_json::from_slice(&out.stdout).unwrap();
    // `publish = false` is an empty list of registries.
    all["packages"].as_array().unwrap().iter().filter(|p| p["publish"].is_null()).cloned().collect()
}

fn text(v: &Value) -> &str {
    v.as_str().unwrap_or_default()
}

fn folder(package: &Value) -> PathBuf {
    Path::new(text(&package["manifest_path"])).parent().unwrap().to_path_buf()
}

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn only_the_crates_of_users_are_published() {
    let names: BTreeSet<String> = published().iter().map(|p| text(&p["name"]).to_string()).collect();
    let parts = ["base", "core", "cpu", "cuda", "fft", "io", "linalg", "macros", "nn", "optim", "threads"];
    let expected: BTreeSet<String> = parts.iter().map(|p| format!("lazulite-{p}")).chain(["lazulite".to_string()]).collect();
    assert_eq!(names, expected);
}

#[test]
fn packages_have_what_a_registry_asks_for() {
    for package in published() {
        let name = text(&package["name"]);
        for key in ["description", "license", "repository", "readme", "rust_version"] {
            assert!(!text(&package[key]).is_empty(), "{name} has no {key}");
        }
        for key in ["keywords", "categories"] {
            let count = package[key].as_array().unwrap().len();
            assert!((1..=5).contains(&count), "{name} has {count} {key}");
        }
        assert!(folder(&package).join(text(&package["readme"])).exists(), "{name}: no readme");
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let held = fs::read_to_string(folder(&package).join(licence)).unwrap_or_default();
            let ours = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(licence)).unwrap();
            assert_eq!(held, ours, "{name}: {licence}");
        }
    }
}

#[test]
fn packages_can_be_published_one_after_another() {
    let packages = published();
    let mut open: Vec<&Value> = packages.iter().collect();
    let mut done = BTreeSet::new();
    while !open.is_empty() {
        // A dependency by path alone is left out of what is published, which only dependencies of tests may be.
        let waits = |p: &Value| {
            let needs = p["dependencies"].as_array().unwrap().iter().filter(|d| text(&d["req"]) != "*" && !d["path"].is_null());
            needs.map(|d| text(&d["name"]).to_string()).any(|n| !done.contains(&n))
        };
        let (later, ready): (Vec<&Value>, Vec<&Value>) = open.into_iter().partition(|p| waits(p));
        assert!(!ready.is_empty(), "each waits for another: {:?}", later.iter().map(|p| text(&p["name"])).collect::<Vec<_>>());
        for package in ready {
            for d in package["dependencies"].as_array().unwrap() {
                let nowhere = text(&d["req"]) == "*" && text(&d["kind"]) != "dev";
                assert!(!nowhere, "{} depends on {} without a version", text(&package["name"]), text(&d["name"]));
            }
            done.insert(text(&package["name"]).to_string());
        }
        open = later;
    }
}

#[test]
fn packages_hold_every_file_that_they_include() {
    let mut seen = 0;
    for package in published() {
        let root = folder(&package);
        let mut files = Vec::new();
        sources(&root.join("src"), &mut files);
        for file in files {
            let source = fs::read_to_string(&file).unwrap();
            for part in source.split("include_str!(\"").chain(source.split("include_bytes!(\"")).filter(|p| p.starts_with("..")) {
                let named = file.parent().unwrap().join(part.split('"').next().unwrap());
                let (mut depth, inside) = (0_i32, named.strip_prefix(&root).unwrap());
                for step in inside.components() {
                    depth += if step.as_os_str() == ".." { -1 } else { 1 };
                    assert!(depth >= 0, "{}: {} lies outside of its package", file.display(), named.display());
                }
                assert!(named.exists(), "{}", named.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} included files found");
}
