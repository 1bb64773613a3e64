//! The CPU backend of lazulite: a thread pool, ordered streams and a kernel for every kind of work.

pub mod backend;
mod fork;
pub mod streams;
mod sync;
pub mod threads;

pub use backend::{Cpu, register};
