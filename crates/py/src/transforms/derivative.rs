//! `grad`, `value_and_grad`, `vjp` and `jvp`.

use super::{Callable, Flat, Transform, out, through, transformed};
use crate::array::{Out, PyArray};
use crate::convert::ArraysArg;
use crate::errors::{Raised, wrong_type};
use crate::tree::{Leaves, Shape, flatten};
use lazulite::{Array, ops};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use std::cell::RefCell;

/// The argument `argnums: int | Sequence[int] | None`.
struct Numbers(Vec<i64>, bool);

impl<'py> FromPyObject<'_, 'py> for Numbers {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Numbers> {
        if let Ok(n) = obj.extract::<i64>() {
            return Ok(Numbers(vec![n], true));
        }
        let list: Vec<i64> = obj.extract().map_err(|_| wrong_type("an integer or a sequence of integers", &obj))?;
        let single = list.len() == 1;
        Ok(Numbers(list, single))
    }
}

/// The argument `argnames: str | Sequence[str]`.
struct Names(Vec<String>);

impl<'py> FromPyObject<'_, 'py> for Names {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Names> {
        if let Ok(s) = obj.cast::<PyString>() {
            return Ok(Names(vec![s.extract()?]));
        }
        obj.extract().map(Names).map_err(|_| wrong_type("a string or a sequence of strings", &obj))
    }
}

/// `grad` or `value_and_grad` of a function.
struct Gradient {
    function: Py<PyAny>,
    numbers: Vec<usize>,
    /// Whether the gradient is that of one argument, not a tuple.
    single: bool,
    names: Vec<String>,
    /// With the value.
    value: bool,
}

impl Gradient {
    fn name(&self) -> &'static str {
        if self.value { "value_and_grad" } else { "grad" }
    }

    /// Checks the arguments of the transform itself.
    fn new(op: &str, fun: Callable, numbers: Option<Numbers>, names: Option<Names>) -> PyResult<Gradient> {
        let mut names = names.map_or(vec![], |n| n.0);
        names.sort_unstable();
        names.dedup();
        let Numbers(list, single) =
            numbers.unwrap_or_else(|| if names.is_empty() { Numbers(vec![0], true) } else { Numbers(vec![], false) });
        if list.is_empty() && names.is_empty() {
            return Err(PyValueError::new_err(format!("[{op}] Gradient wrt no argument requested")));
        }
        let mut numbers: Vec<usize> = Vec::new();
        for n in list {
            let refuse = || PyValueError::new_err(format!("[{op}] Can't compute the gradient of negative argument index {n}"));
            let at = usize::try_from(n).map_err(|_| refuse())?;
            if numbers.contains(&at) {
                return Err(PyValueError::new_err(format!("[{op}] Duplicate argument index {n} is not allowed.")));
            }
            numbers.push(at);
        }
        Ok(Gradient { function: fun.0, numbers, single, names, value: op == "value_and_grad" })
    }

    /// The loss in what the function returned.
    fn loss(&self, y: &Bound<'_, PyAny>) -> PyResult<Array> {
        let op = self.name();
        let found = y.cast::<PyArray>().ok().cloned().or_else(|| {
            let t = y.cast::<PyTuple>().ok().filter(|_| self.value)?;
            t.get_item(0).ok()?.cast_into::<PyArray>().ok()
        });
        let Some(loss) = found else {
            let kind = y.get_type().name()?;
            let wanted = if self.value { "a scalar array, or a tuple that starts with one" } else { "a scalar array" };
            return Err(PyValueError::new_err(format!("[{op}] The function whose gradient is wanted must return {wanted}, not {kind}.")));
        };
        let loss = loss.get().get();
        if loss.ndim() != 0 {
            let text = format!("[{op}] The function whose gradient is wanted must return a scalar, not the shape {:?}.", loss.shape());
            return Err(PyValueError::new_err(text));
        }
        Ok(loss)
    }
}

impl Transform for Gradient {
    fn call<'py>(&self, py: Python<'py>, args: &Bound<'py, PyTuple>, kwargs: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        let op = self.name();
        let mut arrays = Vec::new();
        let mut shapes: Vec<Shape> = Vec::with_capacity(self.numbers.len() + self.names.len());
        for &n in &self.numbers {
            if n >= args.len() {
                let count = args.len();
                let text = format!(
                    "[{op}] Can't compute the gradient of argument index {n} because the function is called with only {count} positional \
                     arguments."
                );
                return Err(PyValueError::new_err(text));
            }
            shapes.push(flatten(&args.get_item(n)?, Leaves::Arrays, &mut arrays)?);
        }
        for name in &self.names {
            let Some(x) = kwargs.map(|k| k.get_item(name)).transpose()?.flatten() else {
                let text =
                    format!("[{op}] Can't compute the gradient of keyword argument '{name}' because the function is not called with it.");
                return Err(PyValueError::new_err(text));
            };
            shapes.push(flatten(&x, Leaves::Arrays, &mut arrays)?);
        }
        let returned: RefCell<Option<Bound<'py, PyAny>>> = RefCell::new(None);
        let run = |x: &Flat| -> PyResult<Array> {
            let mut next = x.arrays.iter().cloned();
            let mut list: Vec<Bound<'py, PyAny>> = args.iter().collect();
            for (&n, shape) in self.numbers.iter().zip(&shapes) {
                list[n] = shape.build(py, &mut next)?;
            }
            let named = match kwargs {
                Some(k) if !self.names.is_empty() => Some(k.copy()?),
                other => other.cloned(),
            };
            for (name, shape) in self.names.iter().zip(&shapes[self.numbers.len()..]) {
                named.as_ref().expect("names were found").set_item(name, shape.build(py, &mut next)?)?;
            }
            let y = self.function.bind(py).call(PyTuple::new(py, list)?, named.as_ref())?;
            let loss = self.loss(&y)?;
            returned.replace(Some(y));
            // An integer does not change with the arguments: the gradient is zero.
            if loss.dtype().is_inexact() { Ok(loss) } else { ops::astype(&loss, lazulite::Dtype::F32).raised() }
        };
        let (_, gradient) = out(lazulite::value_and_grad(|x: &Flat| run(x).map_err(through))(&Flat::from(arrays)))?;
        let mut next = gradient.arrays.into_iter();
        let mut built = shapes.iter().map(|s| s.build(py, &mut next)).collect::<PyResult<Vec<_>>>()?;
        let named = built.split_off(self.numbers.len());
        let by_number = match built.len() {
            0 => py.None().into_bound(py),
            1 if self.single => built.remove(0),
            _ => PyTuple::new(py, built)?.into_any(),
        };
        let gradient = if self.names.is_empty() {
            by_number
        } else {
            let d = PyDict::new(py);
            self.names.iter().zip(named).try_for_each(|(k, v)| d.set_item(k, v))?;
            (by_number, d).into_pyobject(py)?.into_any()
        };
        if !self.value {
            return Ok(gradient);
        }
        let value = returned.take().expect("the function returned");
        Ok((value, gradient).into_pyobject(py)?.into_any())
    }

    fn function(&self) -> &Py<PyAny> {
        &self.function
    }
}

/// The function that gives the gradient of `fun`, which returns a scalar array: with respect to its first argument, or to those that
/// `argnums` and `argnames` name. An argument is an array or a tree of arrays; its gradient has the same structure, shapes and dtypes.
/// Several numbers give a tuple; with names the result is `(by number, {name: gradient})`. The gradient of an integer or bool, and that
/// with respect to one, is zero.
///
/// Raises `ValueError` if `fun` returns no scalar, `TypeError` for what is no function.
///
/// >>> mx.grad(lambda x: x * x)(mx.array(3.0))
/// array(6, dtype=float32)
#[pyfunction]
#[pyo3(signature = (fun, argnums=None, argnames=None))]
fn grad(py: Python<'_>, fun: Callable, argnums: Option<Numbers>, argnames: Option<Names>) -> PyResult<Bound<'_, PyAny>> {
    transformed(py, Gradient::new("grad", fun, argnums, argnames)?)
}

/// The function that gives `fun`'s value and its gradient, as `grad` does, in one run. `fun` returns a scalar array, or a tuple that
/// starts with one; the rest of the tuple is passed through.
///
/// Shapes and dtypes of the gradient are those of the argument. Raises `ValueError` if `fun` returns no scalar, `TypeError` for what is no
/// function.
///
/// >>> mx.value_and_grad(lambda x: x * x)(mx.array(3.0))
/// (array(9, dtype=float32), array(6, dtype=float32))
#[pyfunction]
#[pyo3(signature = (fun, argnums=None, argnames=None))]
fn value_and_grad(py: Python<'_>, fun: Callable, argnums: Option<Numbers>, argnames: Option<Names>) -> PyResult<Bound<'_, PyAny>> {
    transformed(py, Gradient::new("value_and_grad", fun, argnums, argnames)?)
}

/// The arrays that a function for `vjp` or `jvp` returned: one, or a list or tuple.
fn returned(y: &Bound<'_, PyAny>) -> PyResult<Flat> {
    if let Ok(a) = y.cast::<PyArray>() {
        return Ok(Flat::from(vec![a.get().get()]));
    }
    let list: ArraysArg = y.extract().map_err(|_| PyValueError::new_err("the function must return an array or a list of arrays"))?;
    Ok(Flat::from(list.0))
}

/// Calls a function with arrays as its arguments.
fn apply(fun: &Bound<'_, PyAny>, x: &Flat) -> PyResult<Flat> {
    let args = x.arrays.iter().map(|a| Bound::new(fun.py(), PyArray::from(a.clone()))).collect::<PyResult<Vec<_>>>()?;
    returned(&fun.call1(PyTuple::new(fun.py(), args)?)?)
}

fn list<'py>(py: Python<'py>, arrays: Flat) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, arrays.arrays.into_iter().map(Out))
}

/// A pair of lists of arrays.
type Lists<'py> = (Bound<'py, PyList>, Bound<'py, PyList>);

/// The outputs of `fun` at the primals, and the products of the cotangents, of the outputs' shapes, with the Jacobian: two lists of
/// arrays.
///
/// Raises `ValueError` for cotangents of other shapes. Dtypes are those of the primals.
///
/// >>> mx.vjp(lambda x: x * x, [mx.array(3.0)], [mx.array(1.0)])
/// ([array(9, dtype=float32)], [array(6, dtype=float32)])
#[pyfunction]
fn vjp<'py>(py: Python<'py>, fun: Callable, primals: ArraysArg, cotangents: ArraysArg) -> PyResult<Lists<'py>> {
    let fun = fun.0.bind(py);
    let given = cotangents.0;
    let fit = |y: &Flat| -> lazulite::Result<Vec<Array>> {
        if given.len() < y.arrays.len() {
            let text = format!("{} cotangents for {} outputs", given.len(), y.arrays.len());
            return Err(lazulite::Error::value("vjp", text));
        }
        y.arrays
            .iter()
            .zip(&given)
            .map(|(y, ct)| {
                if y.shape() != ct.shape() {
                    let text = format!("Output shape {:?} does not match cotangent shape {:?}.", y.shape(), ct.shape());
                    return Err(lazulite::Error::value("vjp", text));
                }
                ops::astype(ct, y.dtype())
            })
            .collect()
    };
    let (y, pulled) = out(lazulite::vjp_at(&Flat::from(primals.0), |x: &Flat| apply(fun, x).map_err(through), fit))?;
    Ok((list(py, y)?, list(py, pulled)?))
}

/// The outputs of `fun` at the primals, and the products of the Jacobian with the tangents, of the primals' shapes: two lists of arrays.
///
/// Raises `ValueError` for tangents of other shapes. Dtypes are those of the outputs.
///
/// >>> mx.jvp(lambda x: x * x, [mx.array(3.0)], [mx.array(1.0)])
/// ([array(9, dtype=float32)], [array(6, dtype=float32)])
#[pyfunction]
fn jvp<'py>(py: Python<'py>, fun: Callable, primals: ArraysArg, tangents: ArraysArg) -> PyResult<Lists<'py>> {
    let fun = fun.0.bind(py);
    if primals.0.len() != tangents.0.len() {
        return Err(PyValueError::new_err("[jvp] Number of inputs does not match number of tangents."));
    }
    let cast = |(x, t): (&Array, &Array)| {
        if x.shape() != t.shape() {
            return Err(PyValueError::new_err("[jvp] Input shape does not match shape of tangent."));
        }
        ops::astype(t, x.dtype()).raised()
    };
    let tangents = primals.0.iter().zip(&tangents.0).map(cast).collect::<PyResult<Vec<_>>>()?;
    let f = |x: &Flat| apply(fun, x).map_err(through);
    let (y, pushed) = out(lazulite::jvp(f)(&Flat::from(primals.0), &Flat::from(tangents)))?;
    Ok((list(py, y)?, list(py, pushed)?))
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(grad, m)?)?;
    m.add_function(wrap_pyfunction!(value_and_grad, m)?)?;
    m.add_function(wrap_pyfunction!(vjp, m)?)?;
    m.add_function(wrap_pyfunction!(jvp, m)?)
}
