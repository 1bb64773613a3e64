//! Walks over the graph: iterative, with marks on the nodes instead of a hash map. One lock serialises them, so that marks are one
//! walk's at a time; user code never runs under it.

use crate::graph::node::{Node, Operand, Operands};
use crate::runtime::sync::Ordering;
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard};

/// The walk lock's contents: the epoch, which makes a mark of an earlier walk invalid.
pub(crate) struct Marks {
    epoch: u32,
}

static MARKS: Mutex<Marks> = Mutex::new(Marks { epoch: 0 });

/// Takes the walk lock and starts a walk.
pub(crate) fn start() -> MutexGuard<'static, Marks> {
    let mut marks = MARKS.lock().unwrap_or_else(|e| e.into_inner());
    marks.epoch = marks.epoch.wrapping_add(1).max(1);
    marks
}

impl Marks {
    /// The index this walk gave to the node.
    #[inline]
    pub fn get(&self, node: &Node) -> Option<u32> {
        let m = node.mark.load(Ordering::Relaxed);
        ((m >> 32) as u32 == self.epoch).then_some(m as u32)
    }

    /// Gives the node an index in this walk.
    #[inline]
    pub fn set(&self, node: &Node, index: u32) {
        node.mark.store((self.epoch as u64) << 32 | index as u64, Ordering::Relaxed);
    }
}

/// The mark of a node that was met and has no index (yet).
pub(crate) const SEEN: u32 = u32::MAX;

/// Nodes behind `roots` in topological order, inputs first. `open` says what to walk into: it returns a node's inputs, or `None` for a
/// node that ends the walk and is not listed; called once a node.
pub(crate) fn topological(
    marks: &Marks,
    roots: impl Iterator<Item = Arc<Node>>,
    mut open: impl FnMut(&Arc<Node>) -> Option<Operands>,
    mut close: impl FnMut(Arc<Node>, Operands) -> u32,
) {
    let mut stack: Vec<(Arc<Node>, Operands, usize)> = Vec::new();
    for root in roots {
        if marks.get(&root).is_some() {
            continue;
        }
        marks.set(&root, SEEN);
        if let Some(inputs) = open(&root) {
            stack.push((root, inputs, 0));
        }
        while let Some((_, inputs, next)) = stack.last_mut() {
            let mut child = None;
            while child.is_none() && *next < inputs.len() {
                if let Operand::Edge(e) = &inputs[*next]
                    && marks.get(e).is_none()
                {
                    child = Some(e.clone());
                }
                *next += 1;
            }
            match child {
                Some(node) => {
                    marks.set(&node, SEEN);
                    if let Some(inputs) = open(&node) {
                        stack.push((node, inputs, 0));
                    }
                }
                None => {
                    let (node, inputs, _) = stack.pop().expect("a node is on the stack");
                    let shared = node.clone();
                    let index = close(node, inputs);
                    marks.set(&shared, index);
                }
            }
        }
    }
}
