//! The operations as functions of the module, a file a family.

mod unary;

use pyo3::prelude::*;

/// Adds the operations.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    unary::register(m)
}
