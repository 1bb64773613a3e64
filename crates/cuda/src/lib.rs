//! The CUDA backend of lazulite.
//!
//! * [`libraries`], [`driver`]: finding and calling NVIDIA's driver; a stand-in for tests.
//! * [`memory`], [`streams`], [`gpu`]: memory, order and events of a device.
//! * [`graphs`]: steps that run again and again as one replay.
//! * [`compiler`]: from text to loaded kernels. The text that all kernels share is in `kernels/`.
//! * [`tape`]: fused programs as kernels; [`work`]: a kernel for each other kind of work; [`blas`]: products.
//! * [`backend`]: all of it behind the core's trait.

pub mod backend;
pub mod blas;
pub mod compiler;
pub mod driver;
pub mod gpu;
pub mod graphs;
pub mod launch;
pub mod libraries;
pub mod memory;
pub mod step;
pub mod streams;
pub mod tape;
pub mod work;

pub use backend::{Cuda, is_available, why_not};
