//! Sinking: elementwise work that is ready early but read late goes to where it is read.
//!
//! [`super::fuse`] gives every node the earliest level it can have. In an optimizer's step `b * m + (1 - b) * g`, the decay of `m` could
//! run at once and the gradient comes late: at its earliest level the decay would be a tape of its own, through memory. Here such a node
//! gets a floor: the level of its readers. It sinks if every reader is elementwise over the same space and stream, nobody outside wants
//! it, and at most one of its inputs is made by this graph, but for much smaller ones, so that no more memory is alive than without.

use crate::plan::fuse::{Extent, Fused, Kind, space_of};
use crate::plan::ir::{Arg, Ir};
use crate::primitive::{Prim, Role};
use smallvec::SmallVec;

/// How many times smaller an input is that does not count.
const SMALLER: usize = 8;

/// What is known of a node's readers.
#[derive(Clone, Copy, PartialEq)]
enum Readers {
    None,
    /// All are elementwise in its space; the lowest of their levels.
    From(u32),
    /// Some need it in memory.
    Other,
}

fn elementwise(prim: &Prim) -> bool {
    match prim {
        Prim::Elementwise(_) => true,
        Prim::Other(p) => matches!(p.role(), Role::Cast | Role::Index(_)),
        Prim::Leaf | Prim::Output(_) => false,
    }
}

/// The lowest level each node should have, if any should have another than its earliest.
pub(crate) fn floors(ir: &Ir, earliest: &Fused) -> Option<Vec<u32>> {
    let level_of = |i: usize| match earliest.places[i][0].kind {
        Kind::Member { group, extent: Extent::Element } if !earliest.smaller.contains_key(&(i as u32)) => {
            Some(earliest.groups[earliest.find(group) as usize].level)
        }
        _ => None,
    };
    let mut readers = vec![Readers::None; ir.nodes.len()];
    for (_, v) in &ir.wanted {
        readers[v.node as usize] = Readers::Other;
    }
    let mut floors: Option<Vec<u32>> = None;
    for i in (0..ir.nodes.len()).rev() {
        let node = &ir.nodes[i];
        let own = node.prim.as_ref().filter(|p| elementwise(p)).and_then(|_| level_of(i));
        let level = own.map(|own| match readers[i] {
            Readers::From(late) if late > own && made_inputs(ir, earliest, i) <= 1 => {
                floors.get_or_insert_with(|| vec![0; ir.nodes.len()])[i] = late;
                late
            }
            _ => own,
        });
        for a in &node.args {
            let Arg::Value(v) = a else { continue };
            let input = &ir.nodes[v.node as usize];
            let alike =
                input.avals.len() == 1 && input.stream == node.stream && space_of(&input.avals[0].shape) == space_of(&node.avals[0].shape);
            let seen = &mut readers[v.node as usize];
            *seen = match (level, *seen) {
                (Some(l), Readers::None) if alike => Readers::From(l),
                (Some(l), Readers::From(m)) if alike => Readers::From(l.min(m)),
                _ => Readers::Other,
            };
        }
    }
    floors
}

/// Different inputs of a node that the graph makes, rather than finds in memory, and that are about as large as what it gives.
fn made_inputs(ir: &Ir, earliest: &Fused, i: usize) -> usize {
    let size = ir.nodes[i].avals[0].size();
    let made: SmallVec<[u32; 3]> = ir.nodes[i]
        .args
        .iter()
        .filter_map(|a| if let Arg::Value(v) = a { Some(*v) } else { None })
        .filter(|&v| match &ir.nodes[v.node as usize].prim {
            None => false,
            Some(Prim::Other(p)) => !matches!(p.role(), Role::Constant | Role::Index(_)),
            Some(_) => true,
        })
        .filter(|&v| ir.aval(earliest.at(v).root).size() * SMALLER > size)
        .map(|v| v.node)
        .collect();
    made.iter().enumerate().filter(|(k, n)| !made[..*k].contains(n)).count()
}
