//! Derivatives as whole matrices: `jacfwd`, `jacrev` and `hessian`, which MLX does not have.

use super::{Callable, Transform, out, through, transformed};
use crate::array::{Out, PyArray};
use crate::convert::ArrayArg;
use crate::errors::wrong_type;
use lazulite::Array;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

#[derive(Clone, Copy)]
enum Mode {
    Forward,
    Reverse,
    Second,
}

struct Jacobian {
    function: Py<PyAny>,
    argument: usize,
    mode: Mode,
}

impl Transform for Jacobian {
    fn call<'py>(&self, py: Python<'py>, args: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        if self.argument >= args.len() {
            let text = format!("there is no argument {}: the function is called with {}", self.argument, args.len());
            return Err(PyValueError::new_err(text));
        }
        let x: ArrayArg = args.get_item(self.argument)?.extract()?;
        let run = |x: &Array| -> PyResult<Array> {
            let mut list: Vec<Bound<'py, PyAny>> = args.iter().collect();
            list[self.argument] = Bound::new(py, PyArray::from(x.clone()))?.into_any();
            let y = self.function.bind(py).call(PyTuple::new(py, list)?, kwargs)?;
            y.cast::<PyArray>().map(|y| y.get().get()).map_err(|_| wrong_type("an array from the function", &y))
        };
        let f = |x: &Array| run(x).map_err(through);
        let y = match self.mode {
            Mode::Forward => lazulite::jacfwd(f)(&x.0),
            Mode::Reverse => lazulite::jacrev(f)(&x.0),
            Mode::Second => lazulite::hessian(f)(&x.0),
        };
        Ok(Out(out(y)?).into_pyobject(py)?.into_any())
    }

    fn function(&self) -> &Py<PyAny> {
        &self.function
    }
}

/// The function that gives the Jacobian of `fun`, from one array to one array, by forward mode: of shape output shape + input shape. Good
/// for more outputs than inputs.
///
/// Raises `TypeError` for other arguments and results. The dtype is that of the result.
///
/// >>> mx.jacfwd(lambda x: x * x)(mx.array([1.0, 2.0]))
/// array([[2, 0],
///        [0, 4]], dtype=float32)
#[pyfunction]
#[pyo3(signature = (fun, argnums=0))]
fn jacfwd(py: Python<'_>, fun: Callable, argnums: usize) -> PyResult<Bound<'_, PyAny>> {
    transformed(py, Jacobian { function: fun.0, argument: argnums, mode: Mode::Forward })
}

/// The function that gives the Jacobian of `fun` by reverse mode. Good for more inputs than outputs.
///
/// Shape: output shape + input shape. Raises `TypeError` for other arguments and results. The dtype is that of the argument.
///
/// >>> mx.jacrev(lambda x: x * x)(mx.array([1.0, 2.0]))
/// array([[2, 0],
///        [0, 4]], dtype=float32)
#[pyfunction]
#[pyo3(signature = (fun, argnums=0))]
fn jacrev(py: Python<'_>, fun: Callable, argnums: usize) -> PyResult<Bound<'_, PyAny>> {
    transformed(py, Jacobian { function: fun.0, argument: argnums, mode: Mode::Reverse })
}

/// The function that gives the matrix of second derivatives of `fun`, from one array to a scalar array: of shape input shape twice.
///
/// Raises `ValueError` for another result than a scalar. The dtype is that of the argument.
///
/// >>> mx.hessian(lambda x: (x ** 3).sum())(mx.array([1.0, 2.0]))
/// array([[6, 0],
///        [0, 12]], dtype=float32)
#[pyfunction]
#[pyo3(signature = (fun, argnums=0))]
fn hessian(py: Python<'_>, fun: Callable, argnums: usize) -> PyResult<Bound<'_, PyAny>> {
    transformed(py, Jacobian { function: fun.0, argument: argnums, mode: Mode::Second })
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(jacfwd, m)?)?;
    m.add_function(wrap_pyfunction!(jacrev, m)?)?;
    m.add_function(wrap_pyfunction!(hessian, m)?)
}
