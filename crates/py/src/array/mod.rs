//! The class `array`: a cell with a lazulite array, which in-place operators and item assignment rebind.

mod at;
pub mod construct;
mod dlpack;
mod exchange;
mod index;
mod methods;
mod operators;
mod value;

use crate::convert::DtypeArg;
use lazulite::Array;
use pyo3::prelude::*;
use std::sync::RwLock;

/// A lazy array.
///
/// `array(val, dtype=None)` takes a number, nested lists of numbers and arrays of one shape, NumPy's arrays, and what exports its memory.
/// Python's integers become int32 (int64 where they do not fit), floats float32, complex numbers complex64. Raises `TypeError` or
/// `ValueError` for anything else, and for lists of different lengths.
///
/// >>> x = mx.array([[1, 2], [3, 4]])
/// >>> x.shape, x.dtype == mx.int32
/// ((2, 2), True)
/// >>> x + 0.5
/// array([[1.5, 2.5],
///        [3.5, 4.5]], dtype=float32)
#[pyclass(frozen, subclass, weakref, module = "lazulite.core", name = "array")]
pub struct PyArray(RwLock<Array>);

impl PyArray {
    /// The array that it holds now.
    #[inline]
    pub fn get(&self) -> Array {
        self.0.read().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Runs `f`, which must not call Python, on the array itself.
    fn with_cell<T>(&self, f: impl FnOnce(&mut Array) -> T) -> T {
        f(&mut self.0.write().unwrap_or_else(|e| e.into_inner()))
    }

    /// Makes it hold another array: everyone who has this Python object sees it.
    #[inline]
    pub fn set(&self, a: Array) {
        let former = std::mem::replace(&mut *self.0.write().unwrap_or_else(|e| e.into_inner()), a);
        // Dropped outside the lock: that may free a long graph.
        drop(former);
    }
}

impl From<Array> for PyArray {
    #[inline]
    fn from(a: Array) -> PyArray {
        PyArray(RwLock::new(a))
    }
}

#[pymethods]
impl PyArray {
    /// `array(val, dtype=None)`: an array of a number, a nested list of numbers and arrays, or whatever exports its memory.
    #[new]
    #[pyo3(signature = (val, dtype=None))]
    fn new(val: &Bound<'_, PyAny>, dtype: Option<DtypeArg>) -> PyResult<PyArray> {
        construct::construct(val, dtype.map(|d| d.0)).map(PyArray::from)
    }
}

/// What functions return: `Ok(Out(array))` becomes a Python array.
pub struct Out(pub Array);

impl<'py> IntoPyObject<'py> for Out {
    type Target = PyArray;
    type Output = Bound<'py, PyArray>;
    type Error = PyErr;

    #[inline]
    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyArray>> {
        Bound::new(py, PyArray::from(self.0))
    }
}

/// Adds the class and what belongs to it.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PyArray>()?;
    at::register(m)?;
    index::register(m)?;
    construct::register(m)?;
    dlpack::register(m)?;
    value::register(m)
}
