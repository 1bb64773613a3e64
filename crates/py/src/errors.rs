//! The one mapping from lazulite's errors to Python's exceptions, by what MLX raises: `IndexError` for an axis or an index out of range,
//! `ValueError` for shapes, dtypes and values, `RuntimeError` for what fails while running.

use lazulite::{Error, ErrorKind, Result};
use pyo3::exceptions::{PyIndexError, PyMemoryError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;

/// Turns an error into the exception for it. The op goes in front of the message, as in MLX: `[matmul] ...`.
#[cold]
pub fn to_python(e: Error) -> PyErr {
    let text = format!("[{}] {}", e.op(), e.message());
    match e.kind() {
        ErrorKind::Index => PyIndexError::new_err(text),
        ErrorKind::Type if is_bitwise(e.op()) => PyRuntimeError::new_err(text),
        ErrorKind::Value | ErrorKind::Type | ErrorKind::Tracer => PyValueError::new_err(text),
        ErrorKind::OutOfMemory => PyMemoryError::new_err(text),
        _ => PyRuntimeError::new_err(text),
    }
}

/// The operations on bits report dtypes that they do not take as `RuntimeError`.
fn is_bitwise(op: &str) -> bool {
    op.starts_with("bitwise_") && op != "bitwise_invert" || op == "left_shift" || op == "right_shift"
}

/// `?` on lazulite's results in functions that Python calls: `ops::exp(&x).raised()?`.
pub trait Raised<T> {
    /// The value, or the exception for the error.
    fn raised(self) -> PyResult<T>;
}

impl<T> Raised<T> for Result<T> {
    #[inline]
    fn raised(self) -> PyResult<T> {
        self.map_err(to_python)
    }
}

/// The name of an object's type, for messages.
#[cold]
pub fn type_name(obj: &Bound<'_, PyAny>) -> String {
    obj.get_type().name().map_or_else(|_| "?".into(), |n| n.to_string())
}

/// A `TypeError` for an argument of a type that the function does not take.
#[cold]
pub fn wrong_type(wanted: &str, got: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("expected {wanted}, not {}", type_name(got)))
}
