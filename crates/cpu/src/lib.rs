//! The CPU backend of lazulite: a thread pool, ordered streams and a kernel for every kind of work.

mod arg_reduce;
mod attention;
pub mod backend;
mod combine;
mod conv;
mod delta;
#[cfg(feature = "fft")]
mod fft;
mod fork;
mod gather;
mod halves;
mod index;
mod isa;
#[cfg(feature = "linalg")]
mod linalg;
pub mod math;
mod matmul;
mod order;
mod quantized;
mod random;
mod reinterpret;
mod scan;
mod scatter;
mod search;
pub mod simd;
mod sort;
pub mod streams;
mod sync;
pub mod tape;
pub mod threads;
mod walk;

pub use backend::Cpu;
