//! Cuts a large graph between calls of programs, so that its parts are planned and run one after the other. A loop of compiled calls that
//! nobody reads is such a graph: equal parts meet one plan, however long the loop is, and no more memory is held than a part needs.
//!
//! Calls that repeat each other's work (a function and its derivative at the same arguments) stay in one part, since a plan does equal
//! work once.

use crate::Array;
use crate::graph::program::Program;
use crate::plan::eval::{Collected, Graph, Input};
use lazulite_base::key::{Key, KeyHasher};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use smallvec::SmallVec;

/// Instructions, those of calls included, from which on a part ends before the next call.
pub(crate) const PART: usize = 2048;

/// What a call does: programs' works, each with the arguments.
type Works = SmallVec<[(Key, Key); 2]>;

fn works(call: &Collected, program: &Program) -> Works {
    let arguments = |inputs: &[Input]| {
        let mut h = KeyHasher::default();
        for input in inputs {
            match *input {
                Input::Node(index) => h.words([0, index as u64].into_iter()),
                Input::Scalar(d) => h.words([1, d as u64].into_iter()),
            }
        }
        h.finish()
    };
    program.works().map(|(work, n)| (work, arguments(&call.inputs[..n]))).collect()
}

impl Graph {
    /// Where parts begin after the first, as indices of nodes.
    fn cuts(&self) -> Vec<usize> {
        let pending = self.nodes.iter().enumerate().filter(|(_, n)| n.leaf.is_none());
        let calls: Vec<(usize, usize, Works)> =
            pending.filter_map(|(i, n)| n.node.prim.program().map(|p| (i, p.weight(), works(n, p)))).collect();
        // From the first to the last call that does a work there is no cut.
        let last: HashMap<_, usize> = calls.iter().flat_map(|(i, _, works)| works.iter().map(|&w| (w, *i))).collect();
        let (mut cuts, mut weight, mut counted, mut uncut) = (Vec::new(), 0, 0, 0);
        for (i, w, works) in &calls {
            weight += i - counted;
            if weight >= PART && *i > uncut {
                cuts.push(*i);
                weight = 0;
            }
            (weight, counted) = (weight + w, i + 1);
            uncut = works.iter().map(|w| last[w]).fold(uncut, usize::max);
        }
        cuts
    }

    /// What each part but the last leaves: for those after it, and of `outputs`. Nothing if the graph stays whole. The outputs of a call
    /// follow it before another call, unless that repeats its work, so no cut is between them.
    pub fn parts(&self, outputs: impl Iterator<Item = u32>) -> Vec<Vec<Array>> {
        let cuts = self.cuts();
        let mut parts = vec![Vec::new(); cuts.len()];
        let part = |i: usize| cuts.partition_point(|&c| c <= i);
        let mut known = HashSet::default();
        let mut leave = |index: u32, until: usize| {
            let (source, from) = (&self.nodes[index as usize], part(index as usize));
            if source.leaf.is_none() && from < until && known.insert(index) {
                parts[from].push(Array::from_edge(source.node.clone()));
            }
        };
        for (i, n) in self.nodes.iter().enumerate() {
            let values = n.inputs.iter().filter_map(|v| if let Input::Node(index) = *v { Some(index) } else { None });
            values.for_each(|v| leave(v, part(i)));
        }
        outputs.for_each(|v| leave(v, cuts.len()));
        parts
    }
}
