//! `cargo xtask add-op`: does what ARCHITECTURE.md says adding an elementwise operation takes, in a copy of the tree, and runs the op matrix
//! on the new operation.

use std::fs;
use std::path::Path;

/// One insertion that the document asks for.
#[derive(Debug, PartialEq)]
struct Insertion {
    file: String,
    before: String,
    text: String,
}

/// The insertions in the document: `<!-- add-op: FILE before TEXT -->`, then a fenced block.
fn insertions(document: &str) -> Vec<Insertion> {
    let mut out = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix("<!-- add-op: ").and_then(|l| l.strip_suffix(" -->")) else { continue };
        let Some((file, before)) = rest.split_once(" before ") else { continue };
        let block: Vec<&str> = lines.by_ref().skip_while(|l| !l.starts_with("```")).skip(1).take_while(|l| !l.starts_with("```")).collect();
        out.push(Insertion { file: file.into(), before: before.into(), text: block.join("\n") });
    }
    out
}

/// Copies the tree's sources: neither what builds leave there nor hidden folders but cargo's.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with('.') && name != ".cargo";
        if hidden || name == "target" || name == "dist" {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Cargo's options for the copy: its crates are compiled to run a few times, and apart from the tree's own, which stay as they are built.
fn options(root: &Path) -> std::io::Result<Vec<String>> {
    let mut options = Vec::new();
    for entry in fs::read_dir(root.join("crates"))? {
        let folder = entry?.file_name().to_string_lossy().into_owned();
        let name = if folder == "lazulite" { folder } else { format!("lazulite-{folder}") };
        options.extend(["--config".into(), format!("profile.dev.package.{name}.opt-level=1")]);
    }
    Ok(options)
}

/// Adds the operation in a copy of the tree at `root` and checks it.
pub fn run(root: &Path) -> Result<(), String> {
    let document = fs::read_to_string(root.join("ARCHITECTURE.md")).map_err(|e| e.to_string())?;
    let list = insertions(&document);
    if list.len() != 4 {
        return Err(format!("ARCHITECTURE.md shows {} insertions, not one row, two arms and the GPU's function", list.len()));
    }
    let work = root.join("target/add-op");
    let tree = work.join("tree");
    let _ = fs::remove_dir_all(&tree);
    copy(root, &tree).map_err(|e| e.to_string())?;
    for i in &list {
        let path = tree.join(&i.file);
        let source = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let Some(at) = source.lines().position(|l| l.trim_start().starts_with(&i.before)) else {
            return Err(format!("{} has no line that starts with `{}`", i.file, i.before));
        };
        let mut lines: Vec<&str> = source.lines().collect();
        lines.insert(at, &i.text);
        fs::write(&path, lines.join("\n") + "\n").map_err(|e| e.to_string())?;
    }
    let name = list[0].text.split(',').nth(1).unwrap_or_default().trim().to_string();
    println!("added {name} in a copy of the tree: {} lines in {} files", list.len(), list.len());
    let options = options(&tree).map_err(|e| e.to_string())?;
    super::op_matrix(&tree, &options, &["--only".into(), name])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_read() {
        let text = "x\n<!-- add-op: a.rs before (B, -->\n```rust\nrow\n```\ny";
        assert_eq!(insertions(text), [Insertion { file: "a.rs".into(), before: "(B,".into(), text: "row".into() }]);
    }
}
