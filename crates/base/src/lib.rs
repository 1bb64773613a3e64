//! The leaf crate of lazulite: everything that the core and the backends agree on, and no `Array`.
//!
//! * [`dtype`]: element types and promotion; [`scalar`]: one value of any of them.
//! * [`shape`]: shapes, strides and broadcasting.
//! * [`error`]: the one error type.
//! * [`table`]: the elementwise operations, a row of data each; [`meaning`]: what each computes.
//! * [`tape`]: fused programs, the planner's product and the backends' food.
//! * [`mod@format`]: quantized formats.
//! * [`work`]: every kind of step that a backend may be asked to run.
//! * [`backend`]: the trait a backend implements, and the registry of backends.

pub mod backend;
pub mod dtype;
pub mod error;
pub mod format;
pub mod key;
pub mod meaning;
pub mod scalar;
pub mod shape;
pub mod table;
pub mod tape;
pub mod window;
pub mod work;

pub use dtype::{Dtype, Element};
pub use error::{Error, ErrorKind, Result};
pub use format::Format;
pub use half::{bf16, f16};
pub use num_complex::Complex32;
pub use scalar::Scalar;
pub use shape::{Dims, Strides};
pub use table::Op;
