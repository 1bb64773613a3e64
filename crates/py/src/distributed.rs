//! The module `distributed`: groups of processes, of which there is one with this process alone.

use crate::array::Out;
use crate::convert::{DtypeArg, OperandArg, ShapeArg, default_scalar};
use crate::device::{StreamArg, on};
use crate::errors::Raised;
use lazulite::Array;
use lazulite::distributed as core;
use lazulite::ops::Rhs;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A group of processes that can communicate.
///
/// `split` raises `RuntimeError` in a group of one.
///
/// >>> group = mx.distributed.init()
/// >>> group.rank(), group.size()
/// (0, 1)
/// >>> group.split(0)
/// Traceback (most recent call last):
///     ...
/// RuntimeError: [distributed] Cannot split the distributed group further (color 0, key -1)
#[pyclass(frozen, module = "lazulite.core.distributed", name = "Group")]
pub struct Group(core::Group);

#[pymethods]
impl Group {
    /// The number of this process within the group.
    fn rank(&self) -> usize {
        self.0.rank()
    }

    /// The number of processes.
    fn size(&self) -> usize {
        self.0.size()
    }

    /// The part of the group whose processes give the same `color`, ordered by `key`. A group of one has no parts.
    #[pyo3(signature = (color, key=-1))]
    fn split(&self, color: i64, key: i64) -> PyResult<Group> {
        self.0.split(color, key).map(Group).raised()
    }
}

/// Whether a backend that connects processes is there.
///
/// >>> mx.distributed.is_available()
/// False
#[pyfunction]
#[pyo3(signature = (backend="any"))]
fn is_available(backend: &str) -> bool {
    core::is_available(backend)
}

/// The group of all processes. Without a backend that connects them it is this one; with `strict` that is an error.
///
/// Raises `RuntimeError` for `strict` without such a backend.
///
/// >>> mx.distributed.init().size()
/// 1
#[pyfunction]
#[pyo3(signature = (strict=false, backend="any", *, all_gather_factory=None))]
fn init(strict: bool, backend: &str, all_gather_factory: Option<Py<PyAny>>) -> PyResult<Group> {
    if all_gather_factory.is_some() && backend != "jaccl" {
        return Err(PyValueError::new_err("all_gather_factory is only supported with backend='jaccl'."));
    }
    core::init(strict, backend).map(Group).raised()
}

/// The group, or that of all processes.
fn of(group: Option<&Group>) -> PyResult<core::Group> {
    group.map_or_else(|| core::init(false, "any").raised(), |g| Ok(g.0.clone()))
}

/// The argument `x`: an array, or a number as one.
fn array(x: OperandArg) -> Array {
    match x.0 {
        Rhs::Array(a) => a,
        Rhs::Literal(s) => Array::scalar(default_scalar(s)),
    }
}

type Collective = fn(&Array, &core::Group) -> lazulite::Result<Array>;

fn apply(f: Collective, x: OperandArg, group: Option<&Group>, stream: Option<StreamArg>) -> PyResult<Out> {
    let group = of(group)?;
    on(stream, || f(&array(x), &group).raised().map(Out))
}

/// The sum of `x` over the processes of the group.
///
/// Shape and dtype stay. Raises `TypeError` for what is no array.
///
/// >>> mx.distributed.all_sum(mx.array([1, 2]))
/// array([1, 2], dtype=int32)
#[pyfunction]
#[pyo3(signature = (x, *, group=None, stream=None))]
fn all_sum(x: OperandArg, group: Option<&Group>, stream: Option<StreamArg>) -> PyResult<Out> {
    apply(core::all_sum, x, group, stream)
}

/// The largest of `x` over the processes of the group, element by element.
///
/// Shape and dtype stay. Raises `TypeError` for what is no array.
///
/// >>> mx.distributed.all_max(mx.array([1, 2]))
/// array([1, 2], dtype=int32)
#[pyfunction]
#[pyo3(signature = (x, *, group=None, stream=None))]
fn all_max(x: OperandArg, group: Option<&Group>, stream: Option<StreamArg>) -> PyResult<Out> {
    apply(core::all_max, x, group, stream)
}

/// The smallest of `x` over the processes of the group, element by element.
///
/// Shape and dtype stay. Raises `TypeError` for what is no array.
///
/// >>> mx.distributed.all_min(mx.array([1, 2]))
/// array([1, 2], dtype=int32)
#[pyfunction]
#[pyo3(signature = (x, *, group=None, stream=None))]
fn all_min(x: OperandArg, group: Option<&Group>, stream: Option<StreamArg>) -> PyResult<Out> {
    apply(core::all_min, x, group, stream)
}

/// The arrays `x` of the group's processes, joined along the first axis.
///
/// Shape: as many times the first axis as there are processes; the dtype stays. Raises `TypeError` for what is no array.
///
/// >>> mx.distributed.all_gather(mx.array([1, 2]))
/// array([1, 2], dtype=int32)
#[pyfunction]
#[pyo3(signature = (x, *, group=None, stream=None))]
fn all_gather(x: OperandArg, group: Option<&Group>, stream: Option<StreamArg>) -> PyResult<Out> {
    apply(core::all_gather, x, group, stream)
}

/// This process's part along the first axis of the sum of `x` over the processes of the group.
///
/// Shape: the first axis over the number of processes; the dtype stays. Raises `TypeError` for what is no array.
///
/// >>> mx.distributed.sum_scatter(mx.array([1, 2]))
/// array([1, 2], dtype=int32)
#[pyfunction]
#[pyo3(signature = (x, *, group=None, stream=None))]
fn sum_scatter(x: OperandArg, group: Option<&Group>, stream: Option<StreamArg>) -> PyResult<Out> {
    apply(core::sum_scatter, x, group, stream)
}

/// Sends `x` to the process with rank `dst`; an error in a group of one.
///
/// Arrays of any shape and dtype. Raises `ValueError` in a group of one.
///
/// >>> mx.distributed.send(mx.ones(2), 0)
/// Traceback (most recent call last):
///     ...
/// ValueError: [send] Cannot send to a singleton group (to rank 0)
#[pyfunction]
#[pyo3(signature = (x, dst, *, group=None, stream=None))]
fn send(x: OperandArg, dst: i64, group: Option<&Group>, stream: Option<StreamArg>) -> PyResult<Out> {
    let group = of(group)?;
    on(stream, || core::send(&array(x), dst, &group).raised().map(Out))
}

/// An array of this shape and dtype from the process with rank `src`; an error in a group of one.
///
/// Raises `ValueError` in a group of one.
///
/// >>> mx.distributed.recv((2,), mx.float32, 0)
/// Traceback (most recent call last):
///     ...
/// ValueError: [recv] Cannot recv from a singleton group (float32[2] from rank 0)
#[pyfunction]
#[pyo3(signature = (shape, dtype, src, *, group=None, stream=None))]
fn recv(shape: ShapeArg, dtype: DtypeArg, src: i64, group: Option<&Group>, stream: Option<StreamArg>) -> PyResult<Out> {
    let (group, shape) = (of(group)?, shape.sizes("recv")?);
    on(stream, || core::receive(&shape, dtype.0, src, &group).raised().map(Out))
}

/// An array like `x` from the process with rank `src`; an error in a group of one.
///
/// Shape and dtype are those of `x`. Raises `ValueError` in a group of one.
///
/// >>> mx.distributed.recv_like(mx.ones(2), 0)
/// Traceback (most recent call last):
///     ...
/// ValueError: [recv] Cannot recv from a singleton group (float32[2] from rank 0)
#[pyfunction]
#[pyo3(signature = (x, src, *, group=None, stream=None))]
fn recv_like(x: OperandArg, src: i64, group: Option<&Group>, stream: Option<StreamArg>) -> PyResult<Out> {
    let (group, x) = (of(group)?, array(x));
    on(stream, || core::receive(x.shape(), x.dtype(), src, &group).raised().map(Out))
}

/// Adds the module.
pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    let sub = crate::submodule(m, "distributed")?;
    sub.add_class::<Group>()?;
    sub.add_function(wrap_pyfunction!(is_available, &sub)?)?;
    sub.add_function(wrap_pyfunction!(init, &sub)?)?;
    sub.add_function(wrap_pyfunction!(all_sum, &sub)?)?;
    sub.add_function(wrap_pyfunction!(all_max, &sub)?)?;
    sub.add_function(wrap_pyfunction!(all_min, &sub)?)?;
    sub.add_function(wrap_pyfunction!(all_gather, &sub)?)?;
    sub.add_function(wrap_pyfunction!(sum_scatter, &sub)?)?;
    sub.add_function(wrap_pyfunction!(send, &sub)?)?;
    sub.add_function(wrap_pyfunction!(recv, &sub)?)?;
    sub.add_function(wrap_pyfunction!(recv_like, &sub)?)
}
