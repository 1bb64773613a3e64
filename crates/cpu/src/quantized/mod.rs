//! Quantized numbers: made, taken apart, multiplied. [`lazulite_base::format`] says how they lie.

pub mod codes;
pub mod decode;
pub mod encode;
mod lines;
pub mod product;
