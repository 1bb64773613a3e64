//! Transforms: Python functions on Python functions. A transform is a small object that is called like the function it came from.

mod axes;
mod checkpoint;
mod compile;
mod custom;
mod derivative;
mod jacobian;
mod state;
mod vmap;

use crate::errors::{to_python, wrong_type};
use lazulite::Error;
use lazulite_core::tree::Path;
use lazulite_core::{Array, AxisTree, Tree};
use pyo3::PyTraverseError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// The exception that the traced function raised, on its way through the core.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// The op of the error that stands for an exception.
const PYTHON: &str = "python";

/// Sends an exception of the traced function through the core; [`out`] takes it up again.
pub fn through(e: PyErr) -> Error {
    RAISED.set(Some(e));
    Error::runtime(PYTHON, "the function raised an exception")
}

/// Runs a rule that a user wrote, within the core. A panic in it (or in what it calls) becomes a `RuntimeError`: the core's state is whole
/// while a rule runs, as it is while one raises.
pub fn user<T>(run: impl FnOnce(Python<'_>) -> PyResult<T>) -> lazulite::Result<T> {
    let outcome = catch_unwind(AssertUnwindSafe(|| Python::attach(run)));
    outcome.unwrap_or_else(|_| Err(PyRuntimeError::new_err("a panic in a custom rule"))).map_err(through)
}

/// The core's result for Python: the very exception that the traced function raised, if it did.
pub fn out<T>(r: Result<T, Error>) -> PyResult<T> {
    r.map_err(|e| match RAISED.take() {
        Some(raised) if e.op() == PYTHON => raised,
        // Nothing was raised, or it was by a function whose failure the core did without.
        _ => to_python(e),
    })
}

/// A list of arrays, each with an output axis of `vmap` if it has one.
#[derive(Clone, Default)]
pub struct Flat {
    pub arrays: Vec<Array>,
    pub axes: Vec<Option<i64>>,
}

impl From<Vec<Array>> for Flat {
    fn from(arrays: Vec<Array>) -> Flat {
        Flat { arrays, axes: Vec::new() }
    }
}

impl Tree for Flat {
    fn visit(&self, f: &mut dyn FnMut(&Array)) {
        self.arrays.iter().for_each(f);
    }
    fn map_arrays(&self, f: &mut dyn FnMut(&Array) -> Array) -> Self {
        Flat { arrays: self.arrays.iter().map(f).collect(), axes: self.axes.clone() }
    }
    fn signature(&self, key: &mut lazulite_base::key::KeyHasher) {
        key.word(self.arrays.len() as u64);
    }
    fn visit_named(&self, path: &mut Path, f: &mut dyn FnMut(&str, &Array)) {
        self.arrays.iter().for_each(|a| f(path.as_str(), a));
    }
    fn axes(&self, _: &AxisTree, out: &mut Vec<Option<i64>>) -> lazulite::Result<()> {
        out.extend(&self.axes);
        Ok(())
    }
}

/// What a transform does when it is called.
pub trait Transform: Send + Sync {
    /// The transformed function's result.
    fn call<'py>(&self, py: Python<'py>, args: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>>;

    /// The function.
    fn function(&self) -> &Py<PyAny>;

    /// The other Python objects that it owns, for the garbage collector.
    fn traverse(&self, _: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        Ok(())
    }
}

/// A transformed function.
#[pyclass(frozen, weakref, module = "lazulite.core", name = "_Transformed")]
pub struct Transformed(Box<dyn Transform>);

#[pymethods]
impl Transformed {
    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.0.call(py, args, kwargs)
    }

    #[getter]
    fn __wrapped__(&self, py: Python<'_>) -> Py<PyAny> {
        self.0.function().clone_ref(py)
    }

    #[getter]
    fn __name__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.function().bind(py).getattr("__name__")
    }

    #[getter]
    fn __doc__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.function().bind(py).getattr("__doc__")
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(self.0.function())?;
        self.0.traverse(&visit)
    }
}

/// The function object of a transform.
pub fn transformed<'py>(py: Python<'py>, t: impl Transform + 'static) -> PyResult<Bound<'py, PyAny>> {
    Ok(Bound::new(py, Transformed(Box::new(t)))?.into_any())
}

/// An argument `fun: Callable`.
pub struct Callable(pub Py<PyAny>);

impl<'py> FromPyObject<'_, 'py> for Callable {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Callable> {
        if obj.is_callable() { Ok(Callable(obj.to_owned().unbind())) } else { Err(wrong_type("a function", &obj)) }
    }
}

/// Adds the transforms.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    derivative::register(m)?;
    jacobian::register(m)?;
    vmap::register(m)?;
    compile::register(m)?;
    checkpoint::register(m)?;
    custom::register(m)
}
