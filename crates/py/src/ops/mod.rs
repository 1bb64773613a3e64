//! The operations as functions of the module, a file a family.

pub mod args;
mod binary;
mod conv;
mod create;
mod fast;
mod index;
mod join;
mod kernels;
mod product;
mod quantized;
mod reduce;
mod scan;
mod search;
mod unary;
mod view;

use pyo3::prelude::*;

/// Adds the operations.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    unary::register(m)?;
    binary::register(m)?;
    reduce::register(m)?;
    scan::register_all(m)?;
    search::register(m)?;
    view::register(m)?;
    m.add("permute_dims", m.getattr("transpose")?)?;
    join::register_all(m)?;
    create::register(m)?;
    product::register_all(m)?;
    quantized::register(m)?;
    conv::register(m)?;
    index::register(m)?;
    fast::register(m)
}
