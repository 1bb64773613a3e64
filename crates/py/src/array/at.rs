//! `x.at[index].add(value)` and its relatives: updates that combine with what is there, all of them if places repeat.

use crate::array::index::{Operand, parts, value_for};
use crate::array::{Out, PyArray};
use crate::errors::Raised;
use lazulite::ops::index::Part;
use lazulite::ops::{self, Rhs};
use lazulite::{Array, Result};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// An array and an index, to be updated.
///
/// Gets an index, then a method; each gives a new array of the same shape and dtype, and accumulates where an index repeats.
///
/// >>> x = mx.array([4.0, 8.0, 2.0])
/// >>> x.at[0].add(1), x.at[0].subtract(1)
/// (array([5, 8, 2], dtype=float32), array([3, 8, 2], dtype=float32))
/// >>> x.at[:2].multiply(2), x.at[:2].divide(2)
/// (array([8, 16, 2], dtype=float32), array([2, 4, 2], dtype=float32))
/// >>> x.at[1:].maximum(3), x.at[1:].minimum(3)
/// (array([4, 8, 3], dtype=float32), array([4, 3, 2], dtype=float32))
#[pyclass(frozen, module = "lazulite.core")]
pub struct ArrayAt {
    a: Array,
    index: Option<Vec<Part>>,
}

impl ArrayAt {
    /// The array, the index and the value in the array's dtype.
    fn update(&self, value: &Bound<'_, PyAny>, call: impl FnOnce(&Array, Vec<Part>, Operand) -> Result<Array>) -> PyResult<Out> {
        let Some(index) = &self.index else {
            return Err(PyValueError::new_err("Must give indices to array.at (e.g. `x.at[0].add(4)`)."));
        };
        let value = value_for(&self.a, value)?;
        call(&self.a, index.clone(), Operand(value)).raised().map(Out)
    }

    /// The value as an array of the dtype: a number must fit it.
    fn in_dtype(&self, value: Operand) -> Result<Array> {
        match value.0 {
            Rhs::Array(v) => ops::astype(&v, self.a.dtype()),
            literal => ops::full((), Operand(literal), self.a.dtype()),
        }
    }
}

#[pymethods]
impl ArrayAt {
    fn __getitem__(&self, index: &Bound<'_, PyAny>) -> PyResult<ArrayAt> {
        Ok(ArrayAt { a: self.a.clone(), index: Some(parts(index)?) })
    }

    /// The array with `value` added at the index.
    fn add(&self, value: &Bound<'_, PyAny>) -> PyResult<Out> {
        self.update(value, |a, ix, v| ops::add_at(a, ix, self.in_dtype(v)?))
    }

    /// The array with `value` subtracted at the index.
    fn subtract(&self, value: &Bound<'_, PyAny>) -> PyResult<Out> {
        self.update(value, |a, ix, v| ops::add_at(a, ix, ops::negative(&self.in_dtype(v)?)?))
    }

    /// The array multiplied by `value` at the index.
    fn multiply(&self, value: &Bound<'_, PyAny>) -> PyResult<Out> {
        self.update(value, |a, ix, v| ops::multiply_at(a, ix, self.in_dtype(v)?))
    }

    /// The array multiplied by the reciprocal of `value`, in the array's dtype, at the index.
    fn divide(&self, value: &Bound<'_, PyAny>) -> PyResult<Out> {
        self.update(value, |a, ix, v| ops::multiply_at(a, ix, ops::astype(&ops::reciprocal(&self.in_dtype(v)?)?, a.dtype())?))
    }

    /// The array with the larger of its elements and `value` at the index.
    fn maximum(&self, value: &Bound<'_, PyAny>) -> PyResult<Out> {
        self.update(value, |a, ix, v| ops::maximum_at(a, ix, self.in_dtype(v)?))
    }

    /// The array with the smaller of its elements and `value` at the index.
    fn minimum(&self, value: &Bound<'_, PyAny>) -> PyResult<Out> {
        self.update(value, |a, ix, v| ops::minimum_at(a, ix, self.in_dtype(v)?))
    }
}

#[pymethods]
impl PyArray {
    /// Updates at an index.
    ///
    /// An update keeps shape and dtype. Raises `ValueError` for a value that does not broadcast to the index, `IndexError` for an axis
    /// that is not there.
    ///
    /// >>> mx.zeros(3).at[mx.array([0, 0])].add(1)
    /// array([2, 0, 0], dtype=float32)
    #[getter]
    fn at(&self) -> ArrayAt {
        ArrayAt { a: self.get(), index: None }
    }
}

/// Adds the class.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<ArrayAt>()
}
