//! Evaluation of trees of arrays, and what is known of their memory.

use crate::errors::Raised;
use crate::tree::{self, Leaves};
use lazulite::Array;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The arrays in trees; other leaves are ignored.
fn leaves(args: &Bound<'_, PyTuple>) -> PyResult<Vec<Array>> {
    let mut list = Vec::with_capacity(args.len());
    tree::flatten(args, Leaves::Any, &mut list)?;
    Ok(list)
}

/// Computes arrays and waits for them without Python's lock. A signal (Ctrl-C) whose handler raises ends the waiting with its exception;
/// the work goes on in the background, so that nothing is left half done.
pub fn finish(py: Python<'_>, list: Vec<Array>) -> PyResult<()> {
    // The list is dropped without the lock, too: it may hold the last reference to a long graph.
    let (outcome, raised) = py.detach(move || {
        let mut raised = None;
        let stop = || {
            raised = Python::attach(|py| py.check_signals()).err();
            raised.is_some()
        };
        (lazulite::eval_until(&list, stop), raised)
    });
    match raised {
        Some(e) => Err(e),
        None => outcome.raised().map(|_| ()),
    }
}

/// Computes an array that is to be read, unless that is done or under way.
#[inline]
pub fn before_reading(py: Python<'_>, a: &Array) -> PyResult<()> {
    if a.is_ready() { Ok(()) } else { finish(py, vec![a.clone()]) }
}

/// Computes the arrays in the arguments, which may be trees, and waits for them.
///
/// Arrays of any shape and dtype; other leaves are passed over. Raises `MemoryError` or `RuntimeError` where the work fails.
///
/// >>> x = mx.ones(3) + 1
/// >>> mx.eval(x)
/// >>> x.tolist()
/// [2.0, 2.0, 2.0]
#[pyfunction]
#[pyo3(signature = (*args))]
fn eval(py: Python<'_>, args: &Bound<'_, PyTuple>) -> PyResult<()> {
    finish(py, leaves(args)?)?;
    py.check_signals()
}

/// Starts computing the arrays in the arguments and returns at once; whoever reads one waits for it.
///
/// Arrays of any shape and dtype; other leaves are passed over. Raises `MemoryError` or `RuntimeError` where the work cannot be started.
///
/// >>> x = mx.ones(3) + 1
/// >>> mx.async_eval(x)
/// >>> x.tolist()
/// [2.0, 2.0, 2.0]
#[pyfunction]
#[pyo3(signature = (*args))]
fn async_eval(py: Python<'_>, args: &Bound<'_, PyTuple>) -> PyResult<()> {
    let list = leaves(args)?;
    py.detach(move || lazulite::async_eval(&list)).raised()
}

/// Bytes that the arrays in the arguments take.
///
/// Arrays of any shape and dtype, or trees of them.
///
/// >>> mx.get_array_buffer_size(mx.ones((2, 3))) >= 24
/// True
#[pyfunction]
#[pyo3(signature = (*args))]
fn get_array_buffer_size(args: &Bound<'_, PyTuple>) -> PyResult<usize> {
    Ok(leaves(args)?.iter().map(Array::nbytes).sum())
}

/// Adds the functions.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(eval, m)?)?;
    m.add_function(wrap_pyfunction!(async_eval, m)?)?;
    m.add_function(wrap_pyfunction!(get_array_buffer_size, m)?)
}
