//! The matrix as a table: a row an operation, a column a check.

use super::{CHECKS, Case, Family, Status, run};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The checks of one operation, over all of its forms.
pub struct Row {
    /// The operation.
    pub op: &'static str,
    /// Its section.
    pub family: Family,
    /// Whether a form may be traced again for another size.
    pub retraces: bool,
    /// What each check found: the worst of the forms.
    pub cells: Vec<Status>,
}

fn rank(s: &Status) -> u8 {
    match s {
        Status::Gap(_) => 0,
        Status::Holds => 1,
        Status::Missing(_) => 2,
        Status::Fails(_) => 3,
    }
}

/// Runs every check on every case.
pub fn rows(cases: &[Case]) -> Vec<Row> {
    let _switches = crate::exclusive();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut rows: Vec<Row> = Vec::new();
    for case in cases {
        let found: Vec<Status> = CHECKS.iter().map(|c| run(c, case)).collect();
        match rows.iter_mut().find(|r| r.op == case.op) {
            None => rows.push(Row { op: case.op, family: case.family, retraces: case.retraces, cells: found }),
            Some(row) => {
                row.retraces |= case.retraces;
                for (cell, new) in row.cells.iter_mut().zip(found) {
                    if rank(&new) > rank(cell) {
                        *cell = new;
                    }
                }
            }
        }
    }
    std::panic::set_hook(hook);
    rows
}

/// What is wrong, a text each.
pub fn failures(rows: &[Row]) -> Vec<&str> {
    let text = |s| match s {
        &Status::Missing(ref t) | &Status::Fails(ref t) => Some(t.as_str()),
        _ => None,
    };
    rows.iter().flat_map(|r| r.cells.iter().filter_map(text)).collect()
}

/// An operation's line of the table; allowed gaps by the places of their reasons.
fn line(row: &Row, reasons: &[&str]) -> String {
    let cell = |(c, check): (&Status, super::Check)| match c {
        Status::Holds if check.name == "shapeless" && row.retraces => "ok*".into(),
        Status::Holds => "ok".into(),
        Status::Gap(why) => format!("–{}", 1 + reasons.iter().position(|r| r == why).unwrap_or(reasons.len())),
        Status::Missing(_) => "**GAP**".into(),
        Status::Fails(_) => "**FAIL**".into(),
    };
    let cells: Vec<String> = row.cells.iter().zip(CHECKS).map(cell).collect();
    format!("| {} | {} |", row.op, cells.join(" | "))
}

/// What a page says otherwise of a family than these rows do, a text each.
pub fn stale(page: &str, family: Family, rows: &[Row]) -> Vec<String> {
    let reasons: Vec<&str> = page.lines().filter_map(|l| l.strip_prefix('–')?.split_once(": ")?.1.strip_suffix(".  ")).collect();
    let section = page.split("\n## ").find(|s| s.lines().next() == Some(&format!("{family:?}"))).unwrap_or_default();
    let listed: BTreeSet<String> = section.lines().filter(|l| l.starts_with("| ")).skip(1).map(String::from).collect();
    let found: BTreeSet<String> = rows.iter().map(|r| line(r, &reasons)).collect();
    let stale = listed.symmetric_difference(&found);
    stale.map(|l| format!("docs/op-matrix.md is stale (`cargo xtask op-matrix --write` writes it): {l}")).collect()
}

/// The matrix in Markdown.
pub fn markdown(rows: &[Row]) -> String {
    let mut out = String::from(
        "# The op matrix\n\nWritten by `cargo xtask op-matrix --write` from the declarations in `crates/testkit`. *ok*: it holds, over every \
         form, dtype and combination that applies. *ok\\**: a form's static arguments depend on the shape, so another \
         size traces again. A number: an allowed gap, explained below. **GAP**: a rule is missing. **FAIL**: it does \
         not hold.\n",
    );
    let reasons: Vec<&str> = rows
        .iter()
        .flat_map(|r| &r.cells)
        .filter_map(|c| if let Status::Gap(why) = c { Some(*why) } else { None })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut family = None;
    for row in rows {
        if family != Some(row.family) {
            family = Some(row.family);
            let names: Vec<&str> = CHECKS.iter().map(|c| c.name).collect();
            let _ = write!(out, "\n## {:?}\n\n| op | {} |\n|---|{}\n", row.family, names.join(" | "), "---|".repeat(CHECKS.len()));
        }
        let _ = writeln!(out, "{}", line(row, &reasons));
    }
    out.push('\n');
    for (i, why) in reasons.iter().enumerate() {
        let _ = writeln!(out, "–{}: {why}.  ", i + 1);
    }
    out
}
