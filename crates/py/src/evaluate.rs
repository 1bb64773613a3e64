//! Evaluation of trees of arrays, and what is known of their memory.

use crate::array::PyArray;
use crate::errors::Raised;
use lazulite::Array;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// Adds the arrays of nested lists, tuples and dicts (modules and optimizers' states are dicts) to `out`; other leaves are ignored.
pub fn arrays_in(obj: &Bound<'_, PyAny>, out: &mut Vec<Array>) {
    if let Ok(a) = obj.cast::<PyArray>() {
        out.push(a.get().get());
    } else if let Ok(l) = obj.cast::<PyList>() {
        l.iter().for_each(|x| arrays_in(&x, out));
    } else if let Ok(t) = obj.cast::<PyTuple>() {
        t.iter().for_each(|x| arrays_in(&x, out));
    } else if let Ok(d) = obj.cast::<PyDict>() {
        d.iter().for_each(|(_, x)| arrays_in(&x, out));
    }
}

fn leaves(args: &Bound<'_, PyTuple>) -> Vec<Array> {
    let mut list = Vec::with_capacity(args.len());
    arrays_in(args.as_any(), &mut list);
    list
}

/// Computes the arrays in the arguments, which may be nested lists, tuples and dicts, and waits for them.
#[pyfunction]
#[pyo3(signature = (*args))]
fn eval(py: Python<'_>, args: &Bound<'_, PyTuple>) -> PyResult<()> {
    let list = leaves(args);
    // The list is dropped without the lock, too: it may hold the last reference to a long graph.
    py.detach(move || lazulite::eval(&list)).raised()?;
    py.check_signals()
}

/// Starts computing the arrays in the arguments and returns at once; whoever reads one waits for it.
#[pyfunction]
#[pyo3(signature = (*args))]
fn async_eval(py: Python<'_>, args: &Bound<'_, PyTuple>) -> PyResult<()> {
    let list = leaves(args);
    py.detach(move || lazulite::async_eval(&list)).raised()
}

/// Bytes that the arrays in the arguments take.
#[pyfunction]
#[pyo3(signature = (*args))]
fn get_array_buffer_size(args: &Bound<'_, PyTuple>) -> usize {
    leaves(args).iter().map(Array::nbytes).sum()
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(eval, m)?)?;
    m.add_function(wrap_pyfunction!(async_eval, m)?)?;
    m.add_function(wrap_pyfunction!(get_array_buffer_size, m)?)
}
