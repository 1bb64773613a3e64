//! The declarations, a file a family, and the check that none is missing.

mod arranged;
mod attention;
mod composed;
mod compositions;
mod convolutions;
mod creation;
mod delta;
mod elimination;
mod fft;
mod indexing;
mod joins;
mod linalg;
mod products;
mod quantized;
mod random;
mod reductions;
mod scans;
mod sorting;
mod table;
mod views;

use super::{Case, Family};

/// Every declaration, in the matrix's order.
pub fn all() -> Vec<Case> {
    let mut list = table::cases();
    list.extend(composed::cases());
    list.extend(creation::cases());
    list.extend(reductions::cases());
    list.extend(scans::cases());
    list.extend(views::cases());
    list.extend(joins::cases());
    list.extend(arranged::cases());
    list.extend(products::cases());
    list.extend(quantized::cases());
    list.extend(convolutions::cases());
    list.extend(fft::cases());
    list.extend(linalg::cases());
    list.extend(indexing::cases());
    list.extend(sorting::cases());
    list.extend(random::cases());
    list.extend(compositions::cases());
    list.extend(delta::cases());
    list.sort_by_key(|c| c.family);
    list
}

/// The declarations of one family.
pub fn of(family: Family) -> Vec<Case> {
    all().into_iter().filter(|c| c.family == family).collect()
}

/// Public functions among the operations' sources that are no operations: constructors, conversions, and what is checked in other forms.
const NO_OPERATIONS: [&str; 10] = ["along", "binary_op", "einsum_path", "keep", "from_literal", "new", "of", "weak", "select", "slice"];

/// The operations that a source file of the core's `ops` declares and the matrix does not. Functions in a module of their own (`random`)
/// carry its name, or are forms of an operation.
pub fn undeclared(module: Option<&str>, source: &str) -> Vec<String> {
    let cases = all();
    let declared = |name: &str| match module {
        None => cases.iter().any(|c| c.op == name),
        Some(m) => cases.iter().any(|c| c.op.strip_prefix(m).is_some_and(|rest| rest[1..] == *name || c.form == name)),
    };
    let name = |line: &str| {
        let text = line.strip_prefix("    pub fn ").or(line.strip_prefix("pub fn ")).filter(|t| !t.contains("self"))?;
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_')?;
        Some(text[..end].strip_prefix("try_").unwrap_or(&text[..end]).to_string())
    };
    let code = source.split("#[cfg(test)]").next().unwrap_or("");
    code.lines().filter_map(name).filter(|n| !declared(n) && !NO_OPERATIONS.contains(&n.as_str())).collect()
}
