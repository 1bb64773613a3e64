//! Indexing as NumPy's: what `x[...]` selects and replaces, `len` and iteration.

use crate::array::{Out, PyArray, construct};
use crate::convert::{number, operand_for};
use crate::errors::{Raised, type_name, wrong_type};
use lazulite::ops::index::Part;
use lazulite::ops::{self, Ellipsis, IndexPart, NewAxis, Rhs};
use lazulite::{Array, Dtype};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyEllipsis, PyInt, PyList, PySlice, PyTuple};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A whole number that may be an index: no truth value and no array.
fn whole(obj: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    if obj.cast::<PyBool>().is_ok() {
        return Ok(None);
    }
    if obj.cast::<PyInt>().is_err() && (obj.cast::<PyArray>().is_ok() || obj.getattr_opt("__index__")?.is_none()) {
        return Ok(None);
    }
    obj.extract::<i64>().map(Some).map_err(|_| PyValueError::new_err("Indices must be 64-bit integers."))
}

/// An end or the step of a slice.
fn end(obj: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    if obj.is_none() {
        return Ok(None);
    }
    match whole(obj)? {
        Some(i) => Ok(Some(i)),
        None => Err(PyValueError::new_err("Slice indices must be integers or None.")),
    }
}

/// One part of an index.
fn part(obj: &Bound<'_, PyAny>) -> PyResult<Part> {
    if let Some(i) = obj.cast::<PyInt>().ok().filter(|_| obj.cast::<PyBool>().is_err()).and_then(|i| i.extract::<i64>().ok()) {
        return Ok(i.part());
    }
    if let Ok(s) = obj.cast::<PySlice>() {
        let get = |name| end(&s.getattr(name)?);
        return Ok(ops::slice(get("start")?, get("stop")?, get("step")?.unwrap_or(1)));
    }
    if let Ok(a) = obj.cast::<PyArray>() {
        return Ok(a.get().get().part());
    }
    if obj.is_none() {
        return Ok(NewAxis.part());
    }
    if obj.cast::<PyEllipsis>().is_ok() {
        return Ok(Ellipsis.part());
    }
    if obj.cast::<PyList>().is_ok() {
        return Ok(construct::construct(obj, None)?.part());
    }
    match whole(obj)? {
        Some(i) => Ok(i.part()),
        None => Err(PyValueError::new_err(format!("Cannot index an array with {}.", type_name(obj)))),
    }
}

/// The parts of an index.
pub fn parts(obj: &Bound<'_, PyAny>) -> PyResult<Vec<Part>> {
    match obj.cast::<PyTuple>() {
        Ok(t) => t.iter().map(|x| part(&x)).collect(),
        Err(_) => Ok(vec![part(obj)?]),
    }
}

/// The mask that an index is: a boolean array, a truth value, or a list or foreign array of truth values.
fn mask(obj: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    if let Ok(a) = obj.cast::<PyArray>() {
        let a = a.get().get();
        return Ok((a.dtype() == Dtype::Bool).then_some(a));
    }
    if obj.cast::<PyInt>().is_ok() && obj.cast::<PyBool>().is_err() || obj.cast::<PySlice>().is_ok() || obj.cast::<PyTuple>().is_ok() {
        return Ok(None);
    }
    let a = if obj.cast::<PyBool>().is_ok() || obj.cast::<PyList>().is_ok() {
        Some(construct::construct(obj, None)?)
    } else {
        construct::foreign(obj, None)?
    };
    Ok(a.filter(|a| a.dtype() == Dtype::Bool))
}

/// The value of an assignment to items of `a`.
pub fn value_for(a: &Array, obj: &Bound<'_, PyAny>) -> PyResult<Rhs> {
    if let Some(s) = number(obj)? {
        return Ok(Rhs::Literal(s));
    }
    match operand_for(a, obj)? {
        Some(v) => Ok(v),
        None if obj.is_none() => Err(wrong_type("an array or a number", obj)),
        None => construct::array_of(obj).map(Rhs::Array),
    }
}

#[pymethods]
impl PyArray {
    fn __getitem__(&self, index: &Bound<'_, PyAny>) -> PyResult<Out> {
        ops::index(&self.get(), parts(index)?).raised().map(Out)
    }

    fn __setitem__(&self, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let a = self.get();
        let value = Operand(value_for(&a, value)?);
        let b = match mask(index)? {
            Some(m) => ops::masked_set(&a, &m, value).raised()?,
            None => ops::set(&a, parts(index)?, value).raised()?,
        };
        self.set(b);
        Ok(())
    }

    fn __len__(&self) -> PyResult<usize> {
        match self.get().shape() {
            [] => Err(PyTypeError::new_err("len() 0-dimensional array.")),
            [n, ..] => Ok(*n),
        }
    }

    fn __iter__(&self) -> PyResult<ArrayIterator> {
        ArrayIterator::over(self.get())
    }

    fn __reversed__(&self) -> PyResult<ArrayIterator> {
        let a = self.get();
        if a.ndim() == 0 {
            return ArrayIterator::over(a);
        }
        ArrayIterator::over(ops::flip(&a, 0).raised()?)
    }
}

/// An operand where lazulite takes one.
pub struct Operand(pub Rhs);

impl ops::IntoOperand for Operand {
    fn into_operand(self) -> Rhs {
        self.0
    }
}

/// Iterates over the first axis.
///
/// >>> [row.tolist() for row in mx.array([[1, 2], [3, 4]])]
/// [[1, 2], [3, 4]]
#[pyclass(frozen, module = "lazulite.core")]
pub struct ArrayIterator {
    a: Array,
    next: AtomicUsize,
}

impl ArrayIterator {
    fn over(a: Array) -> PyResult<ArrayIterator> {
        if a.ndim() == 0 {
            return Err(PyTypeError::new_err("iter() 0-dimensional array."));
        }
        Ok(ArrayIterator { a, next: AtomicUsize::new(0) })
    }
}

#[pymethods]
impl ArrayIterator {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self) -> PyResult<Option<Out>> {
        let i = self.next.fetch_add(1, Ordering::Relaxed);
        if i >= self.a.shape()[0] {
            self.next.store(usize::MAX / 2, Ordering::Relaxed);
            return Ok(None);
        }
        ops::index(&self.a, i as i64).raised().map(|x| Some(Out(x)))
    }
}

/// Adds the iterator's class.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<ArrayIterator>()
}
