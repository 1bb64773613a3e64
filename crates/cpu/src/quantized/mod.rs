//! Quantized numbers: made, taken apart, multiplied. [`lazulite_base::format`] says how they lie.

#![allow(clippy::needless_range_loop)] // counted loops over arrays are what the compiler vectorises

pub mod codes;
pub mod decode;
pub mod encode;
mod lines;
pub mod product;
