//! The CPU backend of lazulite: a kernel for every kind of work, on the host's threads.

mod arg_reduce;
mod attention;
pub mod backend;
mod combine;
mod conv;
mod delta;
#[cfg(feature = "fft")]
mod fft;
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
pub mod tape;
mod walk;

pub use backend::Cpu;
pub use lazulite_threads::{self as threads, streams};
