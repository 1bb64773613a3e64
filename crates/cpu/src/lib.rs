//! The CPU backend of lazulite: a thread pool, ordered streams and a kernel for every kind of work.

mod arg_reduce;
pub mod backend;
mod combine;
mod fork;
mod gather;
mod index;
mod isa;
mod matmul;
mod order;
mod random;
mod scatter;
mod sort;
pub mod streams;
mod sync;
pub mod threads;
mod walk;

pub use backend::{Cpu, register};
