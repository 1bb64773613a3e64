//! `vmap`.

use super::axes::distribute;
use super::{Callable, Flat, Transform, out, through, transformed};
use crate::errors::wrong_type;
use crate::tree::{Leaves, Shape, flatten};
use lazulite::AxisTree;
use pyo3::PyTraverseError;
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyTuple};
use std::cell::RefCell;

/// A tree of axes, not `None` as a whole.
struct Axes(Py<PyAny>);

impl Axes {
    /// The first axis of everything.
    fn first() -> Axes {
        Python::attach(|py| Axes(PyInt::new(py, 0).into_any().unbind()))
    }
}

impl<'py> FromPyObject<'_, 'py> for Axes {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Axes> {
        if obj.is_none() { Err(wrong_type("axes", &obj)) } else { Ok(Axes(obj.to_owned().unbind())) }
    }
}

struct Batched {
    function: Py<PyAny>,
    inputs: Py<PyAny>,
    outputs: Py<PyAny>,
}

impl Batched {
    /// The axis of each array of the arguments. A function of one argument takes the argument's axes as they are, or in a tuple.
    fn input_axes(&self, args: &Bound<'_, PyTuple>) -> PyResult<Vec<Option<i64>>> {
        let spec = self.inputs.bind(args.py());
        let mut axes = Vec::new();
        if args.len() == 1 && distribute(&args.get_item(0)?, spec, &mut axes).is_ok() {
            return Ok(axes);
        }
        axes.clear();
        distribute(args.as_any(), spec, &mut axes)?;
        Ok(axes)
    }
}

impl Transform for Batched {
    fn call<'py>(&self, py: Python<'py>, args: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        if kwargs.is_some_and(|k| !k.is_empty()) {
            return Err(PyTypeError::new_err("[vmap] Keyword arguments are not supported."));
        }
        let mut arrays = Vec::new();
        let shape = flatten(args.as_any(), Leaves::Arrays, &mut arrays)?;
        let axes = self.input_axes(args)?;
        for (a, axis) in arrays.iter().zip(&axes) {
            if let Some(axis) = axis.filter(|&n| n >= a.ndim() as i64 || n < -(a.ndim() as i64)) {
                let text = format!("[vmap] Invalid vectorization axis {axis} for array with shape {:?}", a.shape());
                return Err(PyIndexError::new_err(text));
            }
        }
        let result: RefCell<Option<Shape>> = RefCell::new(None);
        let run = |x: &Flat| -> PyResult<Flat> {
            let on = shape.build(py, &mut x.arrays.iter().cloned())?.cast_into::<PyTuple>()?;
            let y = self.function.bind(py).call1(on)?;
            let mut outputs = Flat::default();
            result.replace(Some(flatten(&y, Leaves::Arrays, &mut outputs.arrays)?));
            distribute(&y, self.outputs.bind(py), &mut outputs.axes)?;
            Ok(outputs)
        };
        let x = Flat { arrays, axes };
        // The trees know their axes.
        let y = out(lazulite::vmap_axes(|x: &Flat| run(x).map_err(through), AxisTree::None, AxisTree::None)(&x))?;
        let shape = result.take().expect("the function returned");
        shape.build(py, &mut y.arrays.into_iter())
    }

    fn function(&self) -> &Py<PyAny> {
        &self.function
    }

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.inputs)?;
        visit.call(&self.outputs)
    }
}

/// The function over a batch: `fun` of every example, stacked. `in_axes` says along which axis each argument is batched: an integer for
/// all, `None` for what every example shares, or a tree of these with an entry for each argument; `out_axes` the same of the result.
///
/// Arrays of any dtype; batches have one size. Raises `ValueError` for batches of different sizes or arguments that hold more than arrays.
///
/// >>> mx.vmap(lambda row: row.sum())(mx.ones((4, 3)))
/// array([3, 3, 3, 3], dtype=float32)
#[pyfunction]
#[pyo3(signature = (fun, in_axes=Axes::first(), out_axes=Axes::first()), text_signature = "(fun, in_axes=0, out_axes=0)")]
fn vmap(py: Python<'_>, fun: Callable, in_axes: Axes, out_axes: Axes) -> PyResult<Bound<'_, PyAny>> {
    transformed(py, Batched { function: fun.0, inputs: in_axes.0, outputs: out_axes.0 })
}

/// Adds the function.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(vmap, m)?)
}
