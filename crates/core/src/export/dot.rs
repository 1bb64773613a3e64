//! The graph behind arrays as text of the program Graphviz.

use super::function::Names;
use crate::Array;
use crate::graph::node::{Node, Operand, Operands};
use crate::graph::walk;
use crate::primitive::Prim;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// The pending graph behind `outputs` in the language DOT: a box an operation, a name an array. `names` are of arrays wherever they are.
/// Evaluated arrays are leaves.
///
/// ```
/// use lazulite::{export, prelude::*};
/// let x = array![1.0];
/// let text = export::dot(&[x.sin()], &[("x", x.clone())]);
/// assert!(text.starts_with("digraph {") && text.contains("label =\"sin\"") && text.contains("\"x\" ->"), "{text}");
/// ```
pub fn dot(outputs: &[Array], names: &[(&str, Array)]) -> String {
    let mut list: Vec<(Arc<Node>, Operands)> = Vec::new();
    let marks = walk::start();
    let open = |node: &Arc<Node>| Some(node.state().inputs.clone());
    walk::topological(&marks, outputs.iter().map(|a| a.node().clone()), open, |node, inputs| {
        list.push((node, inputs));
        list.len() as u32 - 1
    });
    drop(marks);
    let mut labels: FxHashMap<u64, String> = names.iter().map(|(name, a)| (a.node().id, (*name).to_owned())).collect();
    let ends: Vec<u64> = outputs.iter().map(|a| a.node().id).collect();
    let of = |i: &Operand| if let Operand::Edge(e) = i { Some(e.id) } else { None };
    let read: FxHashSet<u64> = list.iter().flat_map(|(_, inputs)| inputs).filter_map(of).collect();
    let mut fresh = Names::default();
    let mut text = String::from("digraph {\n");
    for (node, inputs) in &list {
        let id = node.id;
        // Data has no operation; what makes its output from nothing has no inputs either, and no data yet.
        let made = !inputs.is_empty() || node.state().data.is_none();
        // One of several outputs is an array of the node that makes it.
        let maker = match (&node.prim, &inputs[..]) {
            (Prim::Output(_), [Operand::Edge(maker)]) => maker.id,
            _ => id,
        };
        if made && maker == id {
            let _ = writeln!(text, "{{ {id} [label =\"{}\", shape=rectangle]; }}", node.prim.name());
            for (i, input) in inputs.iter().enumerate() {
                let _ = match input {
                    Operand::Edge(e) => writeln!(text, "\"{}\" -> {id}", labels[&e.id]),
                    Operand::Scalar(s) => writeln!(text, "{{ rank=source; \"{id}.{i}\" [label =\"{s:?}\"]; }}\n\"{id}.{i}\" -> {id}"),
                };
            }
        }
        if node.avals.len() != 1 {
            continue;
        }
        let name = labels.entry(id).or_insert_with(|| fresh.next());
        let rank = match (made, ends.contains(&id) && !read.contains(&id)) {
            (false, _) => "rank=source; ",
            (true, true) => "rank=sink; ",
            (true, false) => "",
        };
        let _ = writeln!(text, "{{ {rank}\"{name}\"; }}");
        if made {
            let _ = writeln!(text, "{maker} -> \"{name}\"");
        }
    }
    text.push_str("}\n");
    text
}
