//! The declarations, a file a family, and the check that none is missing.

mod composed;
mod creation;
mod joins;
mod reductions;
mod table;
mod views;

use super::{Case, Family};

/// Every declaration, in the matrix's order.
pub fn all() -> Vec<Case> {
    let mut list = table::cases();
    list.extend(composed::cases());
    list.extend(creation::cases());
    list.extend(reductions::cases());
    list.extend(views::cases());
    list.extend(joins::cases());
    list.sort_by_key(|c| c.family);
    list
}

/// The declarations of one family.
pub fn of(family: Family) -> Vec<Case> {
    all().into_iter().filter(|c| c.family == family).collect()
}

/// Public functions among the operations' sources that are no operations: conversions, and what is checked as another's form.
const NO_OPERATIONS: [&str; 4] = ["keep", "from_literal", "weak", "select"];

/// The operations that a source file of the core's `ops` declares and the matrix does not.
pub fn undeclared(source: &str) -> Vec<String> {
    let declared: Vec<&str> = all().iter().map(|c| c.op).collect();
    let name = |line: &str| {
        let text = line.strip_prefix("    pub fn ").filter(|t| t.contains("(x,") || t.contains("(x)")).or(line.strip_prefix("pub fn "))?;
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        Some(text[..end].strip_prefix("try_").unwrap_or(&text[..end]).to_string())
    };
    let code = source.split("#[cfg(test)]").next().unwrap_or("");
    code.lines().filter_map(name).filter(|n| !declared.contains(&n.as_str()) && !NO_OPERATIONS.contains(&n.as_str())).collect()
}
