//! The threads of the host: one pool for all kernels, and ordered streams of tasks. A crate of its own, so that its protocols are
//! model-checked without compiling a kernel.

mod fork;
mod pool;
pub mod streams;
mod sync;

pub use pool::*;
