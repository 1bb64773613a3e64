//! The CPU backend of lazulite: a kernel for every kind of work, on the host's threads.

mod arg_reduce;
mod attention;
pub mod backend;
mod combine;
mod conv;
mod delta;
mod dtypes;
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

/// What `tests/parts.rs` tests by itself.
#[doc(hidden)]
pub mod parts {
    pub use crate::isa::isa;
    pub use crate::matmul::pack::{Kind, Side};
    pub use crate::matmul::tile::Tiled;
    pub use crate::order::Ordered;
    pub use crate::quantized::codes;
    pub use crate::sort::network;
    #[cfg(target_arch = "x86_64")]
    pub use crate::sort::quick;
    pub use crate::walk::Walk;
}
