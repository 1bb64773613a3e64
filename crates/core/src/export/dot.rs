//! The graph behind arrays as text of the program Graphviz.

use super::function::Names;
use crate::Array;
use crate::graph::node::{Node, Operand, Operands};
use crate::graph::walk;
use rustc_hash::FxHashMap;
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
    let mut labels: FxHashMap<(u64, u32), String> = names.iter().map(|(name, a)| ((a.node().id, a.out()), (*name).to_owned())).collect();
    let ends: Vec<(u64, u32)> = outputs.iter().map(|a| (a.node().id, a.out())).collect();
    let read: Vec<(u64, u32)> = list
        .iter()
        .flat_map(|(_, inputs)| inputs)
        .filter_map(|i| if let Operand::Edge(e) = i { Some((e.node.id, e.out)) } else { None })
        .collect();
    let read: rustc_hash::FxHashSet<(u64, u32)> = read.into_iter().collect();
    let mut fresh = Names::default();
    let mut text = String::from("digraph {\n");
    for (node, inputs) in &list {
        let id = node.id;
        // Data has no operation; what makes its output from nothing has no inputs either, and no data yet.
        let made = !inputs.is_empty() || node.state().slots.iter().all(Option::is_none);
        if made {
            let _ = writeln!(text, "{{ {id} [label =\"{}\", shape=rectangle]; }}", node.prim.name());
        }
        for (i, input) in inputs.iter().enumerate() {
            let _ = match input {
                Operand::Edge(e) => writeln!(text, "\"{}\" -> {id}", labels[&(e.node.id, e.out)]),
                Operand::Scalar(s) => writeln!(text, "{{ rank=source; \"{id}.{i}\" [label =\"{s:?}\"]; }}\n\"{id}.{i}\" -> {id}"),
            };
        }
        for out in 0..node.outs.len() as u32 {
            let place = (id, out);
            let name = labels.entry(place).or_insert_with(|| fresh.next());
            let rank = match (made, ends.contains(&place) && !read.contains(&place)) {
                (false, _) => "rank=source; ",
                (true, true) => "rank=sink; ",
                (true, false) => "",
            };
            let _ = writeln!(text, "{{ {rank}\"{name}\"; }}");
            if made {
                let _ = writeln!(text, "{id} -> \"{name}\"");
            }
        }
    }
    text.push_str("}\n");
    text
}
