//! Dtypes and their categories.

use lazulite::Dtype;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The type of an array's elements, such as `float32`.
#[pyclass(frozen, module = "lazulite.core", name = "Dtype")]
#[derive(Clone, Copy)]
pub struct PyDtype(pub Dtype);

#[pymethods]
impl PyDtype {
    /// Bytes that an element takes.
    #[getter]
    fn size(&self) -> usize {
        self.0.size()
    }

    fn __repr__(&self) -> String {
        format!("lazulite.core.{}", self.0)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyDtype>().is_ok_and(|d| d.get().0 == self.0)
    }

    fn __hash__(&self) -> u64 {
        let mut h = DefaultHasher::new();
        self.0.hash(&mut h);
        h.finish()
    }
}

static OBJECTS: PyOnceLock<Vec<Py<PyDtype>>> = PyOnceLock::new();

/// The one Python object of a dtype.
pub fn object(py: Python<'_>, d: Dtype) -> PyResult<Bound<'_, PyDtype>> {
    let all = OBJECTS.get_or_try_init(py, || Dtype::ALL.iter().map(|&d| Py::new(py, PyDtype(d))).collect::<PyResult<Vec<_>>>())?;
    Ok(all[d as usize].bind(py).clone())
}

/// Adds the dtypes.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PyDtype>()?;
    for d in Dtype::ALL {
        let name = if d == Dtype::Bool { "bool_" } else { d.name() };
        m.add(name, object(m.py(), d)?)?;
    }
    Ok(())
}
