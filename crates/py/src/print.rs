//! How arrays print: the options, and the text of an array with them.

use crate::errors::Raised;
use crate::evaluate::before_reading;
use lazulite::Array;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};

/// Digits after the point; -1 for six significant ones.
static PRECISION: AtomicI32 = AtomicI32::new(-1);

/// How arrays print.
///
/// >>> mx.get_printoptions().precision
/// -1
#[pyclass(frozen, module = "lazulite.core")]
struct PrintOptions {
    /// Digits after the point; -1 for six significant ones.
    #[pyo3(get)]
    precision: i32,
}

#[pymethods]
impl PrintOptions {
    #[new]
    #[pyo3(signature = (precision=-1))]
    fn new(precision: i32) -> PrintOptions {
        PrintOptions { precision }
    }
}

/// The options now.
///
/// >>> mx.get_printoptions().precision
/// -1
#[pyfunction]
fn get_printoptions() -> PrintOptions {
    PrintOptions { precision: PRECISION.load(Ordering::Relaxed) }
}

/// Sets how floats print: with `precision` digits after the point, or (-1) six significant digits.
///
/// Raises `TypeError` for what is no integer.
///
/// >>> mx.set_printoptions(precision=2)
/// >>> mx.array([0.125])
/// array([0.12], dtype=float32)
/// >>> mx.set_printoptions(precision=-1)
#[pyfunction]
#[pyo3(signature = (precision=-1))]
fn set_printoptions(precision: i32) {
    PRECISION.store(precision, Ordering::Relaxed);
}

/// Print options that hold within a `with` block.
#[pyclass(frozen, module = "lazulite.core", name = "_PrintOptionsContext")]
struct PrintOptionsContext {
    precision: i32,
    former: Mutex<Vec<i32>>,
}

#[pymethods]
impl PrintOptionsContext {
    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        let this = slf.get();
        this.former.lock().unwrap_or_else(|e| e.into_inner()).push(PRECISION.swap(this.precision, Ordering::Relaxed));
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        if let Some(former) = self.former.lock().unwrap_or_else(|e| e.into_inner()).pop() {
            PRECISION.store(former, Ordering::Relaxed);
        }
    }
}

/// A context in which floats print with other options: `with printoptions(precision=3): ...`
///
/// Raises `TypeError` for what is no integer.
///
/// >>> with mx.printoptions(precision=2):
/// ...     print(mx.array([0.125]))
/// array([0.12], dtype=float32)
#[pyfunction]
#[pyo3(signature = (precision=-1))]
fn printoptions(precision: i32) -> PrintOptionsContext {
    PrintOptionsContext { precision, former: Mutex::default() }
}

/// The text of an array; evaluates it.
pub fn text(py: Python<'_>, a: &Array) -> PyResult<String> {
    let decimals = match PRECISION.load(Ordering::Relaxed) {
        -1 => None,
        // Any other negative number is C's default for fixed notation.
        n => Some(usize::try_from(n).unwrap_or(6)),
    };
    before_reading(py, a)?;
    py.detach(|| a.text(decimals)).raised()
}

/// Adds the options.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PrintOptions>()?;
    m.add_class::<PrintOptionsContext>()?;
    m.add_function(wrap_pyfunction!(get_printoptions, m)?)?;
    m.add_function(wrap_pyfunction!(set_printoptions, m)?)?;
    m.add_function(wrap_pyfunction!(printoptions, m)?)
}
