//! Every public item is shown by an example that `cargo test --doc` runs: functions by one of their own, methods and types by one in their
//! file. What a macro declares is shown by the example in the macro.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What of a module can be named from outside: everything, or what is exported by name.
#[derive(Clone, Default)]
struct Seen {
    all: bool,
    names: BTreeSet<String>,
}

impl Seen {
    fn has(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }
}

/// The file of a module, given the file of its parent.
fn module(parent: &Path, name: &str) -> Option<PathBuf> {
    let dir = match parent.file_name().and_then(|f| f.to_str()) {
        Some("lib.rs" | "mod.rs") => parent.parent()?.to_path_buf(),
        _ => parent.with_extension(""),
    };
    [dir.join(format!("{name}.rs")), dir.join(name).join("mod.rs")].into_iter().find(|p| p.exists())
}

/// The paths that `pub use` statements name, groups spelt out: `a::{b, c::*}` as `a::b` and `a::c::*`.
fn uses(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for statement in text.split("\npub use ").skip(1) {
        let statement: String = statement.split(';').next().unwrap_or("").split_whitespace().collect();
        match statement.split_once("::{") {
            Some((front, group)) => {
                out.extend(group.trim_end_matches('}').split(',').filter(|n| !n.is_empty()).map(|n| format!("{front}::{n}")));
            }
            None => out.push(statement),
        }
    }
    out
}

/// The files of a crate with what of each can be named from outside, where `seen` of its root can.
fn reachable(root: &Path, seen: Seen) -> BTreeMap<PathBuf, Seen> {
    let mut found = BTreeMap::new();
    let mut open = vec![(root.to_path_buf(), seen)];
    while let Some((file, seen)) = open.pop() {
        let text = fs::read_to_string(&file).unwrap();
        let known: &mut Seen = found.entry(file.clone()).or_default();
        let fresh = (seen.all && !known.all) || seen.names.iter().any(|n| !known.has(n));
        known.all |= seen.all;
        known.names.extend(seen.names);
        if !fresh {
            continue;
        }
        let known = known.clone();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("pub mod ").and_then(|l| l.strip_suffix(';'))
                && known.has(name)
                && let Some(path) = module(&file, name)
            {
                open.push((path, Seen { all: true, ..Seen::default() }));
            }
        }
        for path in uses(&text) {
            let mut parts: Vec<&str> = path.split("::").collect();
            let last = parts.pop().unwrap_or("").to_string();
            if last != "*" && !known.has(&last) {
                continue;
            }
            let mut at = Some(file.clone());
            for part in parts {
                at = match part {
                    "crate" => Some(root.to_path_buf()),
                    "self" => at,
                    part => at.and_then(|f| module(&f, part)),
                };
            }
            if let Some(at) = at.filter(|f| *f != file) {
                open.push((at, Seen { all: last == "*", names: BTreeSet::from([last]) }));
            }
        }
    }
    found
}

/// The documentation and attributes right above a line.
fn above(lines: &[&str], i: usize) -> String {
    let mut first = i;
    while first > 0 {
        let line = lines[first - 1].trim_start();
        match line {
            // The end of an attribute of several lines.
            ")]" => first = (0..first).rev().find(|&j| lines[j].trim_start().starts_with("#[")).unwrap_or(0),
            _ if line.starts_with("///") || line.starts_with("#[") => first -= 1,
            _ => break,
        }
    }
    lines[first..i].join("\n")
}

/// The text of the examples in a file.
fn examples(text: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for line in text.lines().map(str::trim_start) {
        let Some(line) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else { continue };
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if inside {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")
}

/// Whether a name stands in a text as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name).any(|(i, _)| !inside(text[..i].chars().next_back()) && !inside(text[i + name.len()..].chars().next()))
}

/// The public items of a file that no example shows, and how many items there are.
fn gaps(file: &Path, seen: &Seen, types: &BTreeSet<String>, shown: &str) -> (usize, Vec<String>) {
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let here = examples(&text);
    let (mut count, mut out) = (0, Vec::new());
    let mut block = ""; // the line that opened the enclosing block of the file
    for (i, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if indent == 0 && line.ends_with('{') {
            block = line;
        } else if *line == "}" {
            block = "";
        }
        let item = line.trim_start().strip_prefix("pub ").unwrap_or("");
        let item = ["const ", "unsafe "].iter().fold(item, |item, front| item.strip_prefix(front).unwrap_or(item));
        let Some((kind, rest)) = item.split_once(' ') else { continue };
        let (name, docs) = (word(rest), above(&lines, i));
        if name.is_empty() || docs.contains("doc(hidden)") || block.starts_with("mod ") || block.starts_with("pub(crate)") {
            continue;
        }
        let ok = match (kind, indent) {
            ("struct" | "enum" | "trait" | "type", 0) if seen.has(name) => docs.contains("```") || mentions(shown, name),
            ("fn", 0) if seen.has(name) => docs.contains("```"),
            ("fn", 4) if block.starts_with("op!") || block.starts_with("free!") => !seen.has(name) || docs.contains("```"),
            ("fn", 4) if block.starts_with("impl") => {
                let of = block.split(" for ").last().unwrap_or("").trim_start_matches("impl");
                let of = if of.starts_with('<') { of.split_once('>').map_or("", |p| p.1) } else { of };
                let shown_here = here.contains(&format!(".{name}(")) || here.contains(&format!("::{name}("));
                !types.contains(word(of.trim_start())) || docs.contains("```") || shown_here
            }
            ("fn", _) if block.starts_with("macro_rules!") => {
                // The rows of the macro bring their documentation, or the macro has an example.
                let whole = text[text.find(block).unwrap_or(0)..].split("\n}\n").next().unwrap_or("");
                whole.contains("/// ```") || whole.contains("$(#[")
            }
            _ => continue,
        };
        count += 1;
        if !ok {
            out.push(format!("{}:{}: {kind} {name}", file.display(), i + 1));
        }
    }
    (count, out)
}

#[test]
fn every_public_item_is_shown() {
    let (mut count, mut missing) = (0, Vec::new());
    let root = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src/lib.rs");
    for name in ["base", "core", "nn", "optim", "io", "lazulite"] {
        // Users name of `base` what `core` exports of it.
        let core = uses(&fs::read_to_string(root("core")).unwrap());
        let exported = core.iter().filter_map(|path| path.strip_prefix("lazulite_base::")).map(String::from).collect();
        let files = reachable(&root(name), Seen { all: name != "base", names: exported });
        let texts: Vec<(&PathBuf, String)> = files.keys().map(|f| (f, fs::read_to_string(f).unwrap())).collect();
        let shown: String = texts.iter().map(|(_, t)| examples(t)).collect();
        let mut types = BTreeSet::new();
        for (file, text) in &texts {
            for line in text.lines().filter_map(|l| l.strip_prefix("pub ")) {
                if let Some((_, rest)) = line.split_once(' ').filter(|(kind, _)| ["struct", "enum", "trait"].contains(kind))
                    && files[*file].has(word(rest))
                {
                    types.insert(word(rest).to_string());
                }
            }
        }
        for (file, seen) in &files {
            let (n, found) = gaps(file, seen, &types, &shown);
            count += n;
            missing.extend(found);
        }
    }
    assert!(count > 450, "{count} items");
    assert!(missing.is_empty(), "{} of {count} public items have no example:\n{}", missing.len(), missing.join("\n"));
}
