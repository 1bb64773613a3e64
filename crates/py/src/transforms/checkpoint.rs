//! `checkpoint`, and `depends`.

use super::{Callable, Flat, Transform, out, through, transformed};
use crate::array::{Out, PyArray};
use crate::convert::ArraysArg;
use crate::tree::{Leaves, Shape, flatten};
use lazulite::Array;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::cell::RefCell;

struct Checkpoint {
    function: Py<PyAny>,
}

impl Transform for Checkpoint {
    fn call<'py>(&self, py: Python<'py>, args: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        let mut arrays = Vec::new();
        let all = PyTuple::new(py, [args.as_any(), kwargs.unwrap_or(&PyDict::new(py)).as_any()])?;
        let shape = flatten(all.as_any(), Leaves::Any, &mut arrays)?;
        let result: RefCell<Option<Shape>> = RefCell::new(None);
        let run = |x: &Flat| -> PyResult<Flat> {
            let on = shape.build(py, &mut x.arrays.iter().cloned())?.cast_into::<PyTuple>()?;
            let (args, kwargs) = (on.get_item(0)?.cast_into::<PyTuple>()?, on.get_item(1)?.cast_into::<PyDict>()?);
            let y = self.function.bind(py).call(args, Some(&kwargs))?;
            let mut outputs = Vec::new();
            result.replace(Some(flatten(&y, Leaves::Any, &mut outputs)?));
            Ok(outputs.into())
        };
        let y = out(lazulite::checkpoint(|x: &Flat| run(x).map_err(through))(&Flat::from(arrays)))?;
        result.take().expect("the function returned").build(py, &mut y.arrays.into_iter())
    }

    fn function(&self) -> &Py<PyAny> {
        &self.function
    }
}

/// The function with its intermediate values computed again for its gradient instead of kept: less memory for more work.
///
/// Arguments and results are trees of arrays of any shape and dtype. Raises `TypeError` for what is no function.
///
/// >>> f = mx.checkpoint(lambda x: mx.sin(x).sum())
/// >>> mx.grad(f)(mx.zeros((2,)))
/// array([1, 1], dtype=float32)
#[pyfunction]
fn checkpoint(py: Python<'_>, fun: Callable) -> PyResult<Bound<'_, PyAny>> {
    transformed(py, Checkpoint { function: fun.0 })
}

/// One array, or a list of them.
enum OneOrMany {
    One(Array),
    Many(Vec<Array>),
}

impl<'py> FromPyObject<'_, 'py> for OneOrMany {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<OneOrMany> {
        match obj.cast::<PyArray>() {
            Ok(a) => Ok(OneOrMany::One(a.get().get())),
            Err(_) => ArraysArg::extract(obj).map(|l| OneOrMany::Many(l.0)),
        }
    }
}

impl OneOrMany {
    fn list(self) -> Vec<Array> {
        match self {
            OneOrMany::One(a) => vec![a],
            OneOrMany::Many(l) => l,
        }
    }
}

/// What `depends` returns: as many as it was given.
#[derive(IntoPyObject)]
enum Given {
    One(Out),
    Many(Vec<Out>),
}

/// The inputs as they are, which are computed only after the dependencies are.
///
/// Arrays of any shape and dtype: one array, or a list for a list. Raises `TypeError` for what is no array.
///
/// >>> x = mx.depends(mx.array([1, 2]), mx.ones(3))
/// >>> x
/// array([1, 2], dtype=int32)
#[pyfunction]
fn depends(inputs: OneOrMany, dependencies: OneOrMany) -> Given {
    let one = matches!(inputs, OneOrMany::One(_));
    let mut list = lazulite::depends(&inputs.list(), &dependencies.list());
    if one { Given::One(Out(list.remove(0))) } else { Given::Many(list.into_iter().map(Out).collect()) }
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(checkpoint, m)?)?;
    m.add_function(wrap_pyfunction!(depends, m)?)
}
