//! A node: one application of a primitive, its inputs, and its value. What makes several values keeps none: each is a node of its own,
//! over the node that makes them all.

use crate::graph::tag::Tag;
use crate::primitive::Prim;
use crate::runtime::buffer::Data;
use crate::runtime::stream::Stream;
use crate::runtime::sync::{AtomicU32, AtomicU64, Mutex, MutexGuard};
use lazulite_base::{Dims, Dtype, Scalar};
use smallvec::{SmallVec, smallvec};
use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::sync::{Arc, Weak};

/// What is known of a value before it is computed: shape, dtype, and whether the dtype is weak (a literal's, which gives way).
///
/// ```
/// use lazulite::{Aval, Dtype};
/// let a = Aval::new(&[2, 3][..], Dtype::F32);
/// assert_eq!((a.ndim(), a.size(), a.weak), (2, 6, false));
/// ```
#[derive(PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Aval {
    pub shape: Dims,
    pub dtype: Dtype,
    pub weak: bool,
}

impl Clone for Aval {
    #[inline]
    fn clone(&self) -> Aval {
        // One copy of memory, where `SmallVec::clone` goes element by element.
        Aval { shape: Dims::from_slice(&self.shape), dtype: self.dtype, weak: self.weak }
    }
}

impl Aval {
    /// A value of a strong dtype.
    pub fn new(shape: impl Into<Dims>, dtype: Dtype) -> Aval {
        Aval { shape: shape.into(), dtype, weak: false }
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        lazulite_base::shape::size(&self.shape)
    }

    /// Number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }
}

/// The values that a node makes; one, mostly.
///
/// ```
/// use lazulite::{Aval, Avals, Dtype};
/// let one: Avals = [Aval::new(&[2, 3][..], Dtype::F32)].into_iter().collect();
/// assert_eq!(one.len(), 1);
/// ```
pub type Avals = SmallVec<[Aval; 1]>;

/// An edge of the graph: a node's input. Unlike an [`crate::Array`], it does not count as a user's handle.
pub(crate) type Edge = Arc<Node>;

/// An input of a node: an edge, or a scalar constant, which is no node but a parameter of the tape that uses it.
#[derive(Clone)]
pub(crate) enum Operand {
    Edge(Edge),
    Scalar(Scalar),
}

pub(crate) type Operands = SmallVec<[Operand; 2]>;

/// One application of a primitive.
pub(crate) struct Node {
    /// Grows with time: a walk stops at nodes older than the leaf it looks for.
    pub id: u64,
    pub prim: Prim,
    /// Its value. A node that makes another number of values has none itself: they are those of its [`outputs`](Node::outputs).
    pub avals: Avals,
    /// How many user handles ([`crate::Array`]) there are on it.
    pub held: AtomicU32,
    pub stream: Stream,
    pub site: &'static Location<'static>,
    pub tag: Tag,
    /// Scratch of the walk that holds the walk lock: its epoch, and this node's index in it.
    pub mark: AtomicU64,
    state: Mutex<State>,
}

/// What changes in a node's life: it is pending while it has inputs and no data; scheduling gives data to what will exist and takes the
/// inputs away.
pub(crate) struct State {
    pub inputs: Operands,
    pub data: Option<Data>,
    /// Nodes that get their data when it runs, asked for or not, as long as they live: those of its values, if it makes several, and
    /// what else it computes on the way.
    pub beside: SmallVec<[Weak<Node>; 2]>,
}

static NEXT_ID: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

impl Node {
    pub fn new(
        prim: Prim,
        inputs: Operands,
        avals: Avals,
        stream: Stream,
        site: &'static Location<'static>,
        tag: Tag,
        data: Option<Data>,
    ) -> Arc<Node> {
        Arc::new(Node {
            id: NEXT_ID.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
            prim,
            avals,
            held: AtomicU32::new(0),
            stream,
            site,
            tag,
            mark: AtomicU64::new(0),
            state: Mutex::new(State { inputs, data, beside: SmallVec::new() }),
        })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The data, if they exist.
    pub fn data(&self) -> Option<Data> {
        self.state().data.clone()
    }

    /// Whether it has inputs and no data. One that has neither makes its value from nothing, or an evaluation took its inputs that needed
    /// its value only on the way, and nobody can ask for it any more.
    pub fn is_open(&self) -> bool {
        let state = self.state();
        state.data.is_none() && !state.inputs.is_empty()
    }

    /// The node of each value: itself, if it has one; else those that live, and new ones in place of the others. Of a node that others
    /// know, only under the walk lock.
    pub fn outputs(self: &Arc<Node>) -> SmallVec<[Edge; 2]> {
        if self.avals.len() == 1 {
            return smallvec![self.clone()];
        }
        let mut state = self.state();
        let fresh = |out: usize| {
            let (prim, aval) = (Prim::Output(out as u32), self.avals[out].clone());
            Node::new(prim, smallvec![Operand::Edge(self.clone())], smallvec![aval], self.stream, self.site, self.tag, None)
        };
        let known = |out: usize| state.beside.get(out).and_then(Weak::upgrade);
        let list: SmallVec<[Edge; 2]> = (0..self.avals.len()).map(|out| known(out).unwrap_or_else(|| fresh(out))).collect();
        let others = state.beside.iter().skip(list.len()).cloned();
        state.beside = list.iter().map(Arc::downgrade).chain(others).collect();
        list
    }

    /// Says that it computes the values of `others` on the way, from inputs of its own. Of a node whose outputs are made.
    pub fn computes(&self, others: &[crate::Array]) {
        self.state().beside.extend(others.iter().map(|a| Arc::downgrade(a.node())));
    }

    /// The name of what it applies; of an output, that of what makes it.
    pub fn name(&self) -> &'static str {
        match (&self.prim, self.state().inputs.first()) {
            (Prim::Output(_), Some(Operand::Edge(maker))) => maker.prim.name(),
            (prim, _) => prim.name(),
        }
    }
}

/// What a dying node leaves to be dropped.
type Remains = (Operands, Prim);

thread_local! {
    static QUEUE: RefCell<Vec<Remains>> = const { RefCell::new(Vec::new()) };
    static DRAINING: Cell<bool> = const { Cell::new(false) };
}

impl Drop for Node {
    /// Drops a chain of any length without recursing: inputs (and arrays held inside primitives) go through a queue of the thread.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(|e| e.into_inner());
        let prim = std::mem::replace(&mut self.prim, Prim::Leaf);
        if state.inputs.is_empty() && !matches!(prim, Prim::Other(_)) {
            return;
        }
        bury((std::mem::take(&mut state.inputs), prim));
    }
}

/// Drops what `remains` holds, and what that releases in turn, in a loop.
fn bury(remains: Remains) {
    // Past the end of a thread its queue is gone; then plain dropping must do.
    let _ = QUEUE.try_with(|queue| {
        queue.borrow_mut().push(remains);
        if DRAINING.replace(true) {
            return;
        }
        loop {
            let next = queue.borrow_mut().pop();
            match next {
                Some(remains) => drop(remains),
                None => break,
            }
        }
        DRAINING.set(false);
    });
}

/// Drops many operand lists as one: the end of an evaluation.
pub(crate) fn bury_all(lists: impl Iterator<Item = Operands>) {
    for list in lists {
        if !list.is_empty() {
            bury((list, Prim::Leaf));
        }
    }
}
