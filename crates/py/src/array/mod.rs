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
#[pyclass(frozen, subclass, weakref, module = "lazulite.core", name = "array")]
pub struct PyArray(RwLock<Array>);

impl PyArray {
    /// The array that it holds now.
    #[inline]
    pub fn get(&self) -> Array {
        self.0.read().unwrap_or_else(|e| e.into_inner()).clone()
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
