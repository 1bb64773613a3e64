//! Tags: what a node knows of the traces it was built under, and the traces in progress.
//!
//! A transform makes fresh leaves for its inputs; every node built on one inherits its tag. `keep` names the outermost differentiation
//! the node depends on: while that trace is in progress, evaluating the node keeps its inputs. `tracer` names the innermost abstract
//! trace (`vmap`, `compile`) among its ancestors: such a node has no value to read.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Which traces a node depends on.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Tag {
    pub keep: u64,
    pub tracer: u64,
    /// The abstract trace is a shapeless one: reading a shape records a guard.
    pub shapeless: bool,
}

impl Tag {
    /// The tag of a node with operands of these tags.
    pub fn join(self, other: Tag) -> Tag {
        let keep = match (self.keep, other.keep) {
            (0, k) | (k, 0) => k,
            (a, b) => a.min(b),
        };
        Tag { keep, tracer: self.tracer.max(other.tracer), shapeless: self.shapeless | other.shapeless }
    }
}

/// The transform that an abstract trace belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Vmap,
    Compile,
    Trace,
}

static NEXT: AtomicU64 = AtomicU64::new(1);
static KEEPING: AtomicUsize = AtomicUsize::new(0);
static ACTIVE: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// A fresh trace number for an abstract trace of `kind`; the kind is in its low bits.
pub(crate) fn abstract_trace(kind: Kind) -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed) << 2 | kind as u64
}

/// The name of the transform that made trace `tracer`.
pub(crate) fn transform_name(tracer: u64) -> &'static str {
    match tracer & 3 {
        0 => "vmap",
        1 => "compile",
        _ => "trace",
    }
}

/// A differentiation in progress; ends when dropped, also by a panic in the traced function.
pub(crate) struct Keeping(pub u64);

impl Keeping {
    pub fn start() -> Keeping {
        let id = NEXT.fetch_add(1, Ordering::Relaxed) << 2;
        ACTIVE.lock().unwrap_or_else(|e| e.into_inner()).push(id);
        KEEPING.fetch_add(1, Ordering::SeqCst);
        Keeping(id)
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        ACTIVE.lock().unwrap_or_else(|e| e.into_inner()).retain(|&t| t != self.0);
        KEEPING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether any differentiation is in progress, in any thread: evaluation then leaves graphs as they are.
pub(crate) fn any_keeping() -> bool {
    KEEPING.load(Ordering::SeqCst) != 0
}

/// Whether trace `keep` is in progress.
pub(crate) fn is_keeping(keep: u64) -> bool {
    keep != 0 && ACTIVE.lock().unwrap_or_else(|e| e.into_inner()).contains(&keep)
}
