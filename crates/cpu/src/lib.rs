//! The CPU backend of lazulite: tapes interpreted over tiles with SIMD kernels.

pub mod math;
pub mod simd;
pub mod tape;
pub mod threads;
