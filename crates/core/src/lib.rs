//! The core of lazulite: the graph of lazy arrays, the transforms over it, the planner and the runtime. It names no backend.
//!
//! * `graph`: nodes and handles. * [`ops`]: the operations. * `transforms`: functions on functions.
//! * `plan`: from a pending graph to steps. * `runtime`: memory, streams, counters. * [`tree`]: nested containers.
//!
//! Depend on the crate `lazulite`, which registers the backends.

mod display;
pub mod distributed;
pub mod export;
pub mod fast;
pub mod fft;
mod graph;
pub mod linalg;
pub mod ops;
pub mod panicking;
mod plan;
mod primitive;
pub mod random;
mod runtime;
mod statics;
mod transforms;
pub mod tree;

pub use graph::array::Array;
pub use graph::node::{Aval, Avals};
pub use graph::program::Program;
#[cfg(not(loom))]
pub use plan::eval::eval_until;
pub use plan::eval::{async_eval, eval, set_fusion};
pub use plan::explain::explain;
pub use runtime::counters::{Counters, counters};
pub use runtime::host::HostData;
pub use runtime::memory;
pub use runtime::stream::{Device, Stream, finish, with_stream};
pub use statics::Static;
pub use transforms::checkpoint::{checkpoint, depends};
pub use transforms::compile::{Compile, compile, compile_with};
pub use transforms::custom::{Rules, custom_jvp, custom_vjp, custom_vmap};
pub use transforms::grad::{grad, value_and_grad};
pub use transforms::jacobian::{hessian, hvp, jacfwd, jacrev};
pub use transforms::jvp::jvp;
pub use transforms::trace::trace;
pub use transforms::vjp::{Pullback, vjp, vjp_at};
pub use transforms::vmap::{vmap, vmap_axes};
pub use tree::{AxisTree, Loss, Output, Path, Tree};

pub use lazulite_base::{Complex32, Dtype, Element, Error, ErrorKind, Format, Op, Result, Scalar, bf16, f16};

/// What derived code names.
#[doc(hidden)]
pub mod __private {
    pub use crate::tree::{AxisTree, Path, Tree};
    pub use crate::{Array, Result, Static};
    pub use lazulite_base::key::KeyHasher;
}
