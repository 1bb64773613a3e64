//! The graph: nodes, the handles on them, and walks that never recurse.

pub(crate) mod array;
pub(crate) mod node;
pub(crate) mod program;
pub(crate) mod tag;
pub(crate) mod walk;
