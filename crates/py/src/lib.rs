//! The Python extension `lazulite.core`: MLX's interface over lazulite. Argument parsing and the mapping of errors; the work is done below.
//!
//! Each file declares its functions and classes and has a `register` that adds them to the module. [`array`] is the class `array`;
//! [`convert`] reads Python arguments; [`errors`] maps errors; [`ops`] are the operations; the rest is named by its file.

// The code that pyo3 generates inside our own macros counts as ours.
#![allow(unsafe_op_in_unsafe_fn)]

mod array;
mod convert;
mod declare;
mod device;
mod dtype;
mod errors;
mod ops;

use pyo3::prelude::*;

/// Lazy arrays and composable function transforms, with MLX's interface.
#[pymodule]
fn core(m: &Bound<'_, PyModule>) -> PyResult<()> {
    dtype::register(m)?;
    device::register(m)?;
    array::register(m)?;
    ops::register(m)
}
