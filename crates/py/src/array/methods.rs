//! Properties of `array`, and the methods whose arguments differ from the function's. The others are declared with the functions.

use crate::array::{Out, PyArray};
use crate::convert::{DtypeArg, integer, integers};
use crate::device::{StreamArg, on};
use crate::dtype::{PyDtype, object};
use crate::errors::Raised;
use lazulite::ops;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use smallvec::SmallVec;

/// Integers given as arguments, or as one sequence in front.
fn spread(args: &Bound<'_, PyTuple>) -> PyResult<SmallVec<[i64; 4]>> {
    if let Ok(first) = args.get_item(0)
        && let Some(list) = integers(&first)?
    {
        return Ok(list);
    }
    args.iter().map(|x| integer(&x)).collect()
}

#[pymethods]
impl PyArray {
    /// The sizes of the axes, as a tuple.
    ///
    /// >>> mx.ones((2, 3)).shape
    /// (2, 3)
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.get().shape().iter())
    }

    /// Number of axes.
    ///
    /// >>> mx.ones((2, 3)).ndim
    /// 2
    #[getter]
    fn ndim(&self) -> usize {
        self.get().ndim()
    }

    /// Number of elements.
    ///
    /// >>> mx.ones((2, 3)).size
    /// 6
    #[getter]
    fn size(&self) -> usize {
        self.get().size()
    }

    /// Bytes that an element takes.
    ///
    /// >>> mx.ones(2).itemsize
    /// 4
    #[getter]
    fn itemsize(&self) -> usize {
        self.get().dtype().size()
    }

    /// Bytes that the elements take.
    ///
    /// >>> mx.ones((2, 3)).nbytes
    /// 24
    #[getter]
    fn nbytes(&self) -> usize {
        self.get().nbytes()
    }

    /// The type of the elements.
    ///
    /// >>> mx.ones(2).dtype == mx.float32
    /// True
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDtype>> {
        object(py, self.get().dtype())
    }

    /// The array with its axes reversed.
    ///
    /// The dtype stays.
    ///
    /// >>> mx.ones((2, 3)).T.shape
    /// (3, 2)
    #[getter]
    #[pyo3(name = "T")]
    fn reversed_axes(&self) -> PyResult<Out> {
        transposed(self, SmallVec::new())
    }

    /// The array with its last two axes exchanged.
    ///
    /// The dtype stays. Raises `ValueError` for fewer than two axes.
    ///
    /// >>> mx.ones((2, 3, 4)).mT.shape
    /// (2, 4, 3)
    #[getter]
    #[pyo3(name = "mT")]
    fn matrix_transposed(&self) -> PyResult<Out> {
        let a = self.get();
        if a.ndim() < 2 {
            return Err(PyValueError::new_err("[matrix_transpose] Input array must have at least 2 dimensions."));
        }
        ops::swapaxes(&a, -1, -2).raised().map(Out)
    }

    /// The real part.
    ///
    /// The shape stays; complex64 gives float32.
    ///
    /// >>> mx.array([1+2j]).real
    /// array([1], dtype=float32)
    #[getter]
    fn real(&self) -> PyResult<Out> {
        ops::real(&self.get()).raised().map(Out)
    }

    /// The imaginary part.
    ///
    /// The shape stays; complex64 gives float32.
    ///
    /// >>> mx.array([1+2j]).imag
    /// array([2], dtype=float32)
    #[getter]
    fn imag(&self) -> PyResult<Out> {
        ops::imag(&self.get()).raised().map(Out)
    }

    /// The elements converted to a dtype.
    ///
    /// The shape stays. Complex numbers lose their imaginary part, floats their fraction. Raises `TypeError` for what is no dtype.
    ///
    /// >>> mx.array([1.7]).astype(mx.int32)
    /// array([1], dtype=int32)
    #[pyo3(signature = (dtype, stream=None))]
    fn astype(&self, dtype: DtypeArg, stream: Option<StreamArg>) -> PyResult<Out> {
        on(stream, || ops::astype(&self.get(), dtype.0)).raised().map(Out)
    }

    /// The elements' bytes as elements of another dtype; if their sizes differ the last axis grows or shrinks.
    ///
    /// The other axes of the shape stay. Raises `ValueError` for bytes that are no whole number of elements.
    ///
    /// >>> mx.array([1.0]).view(mx.uint32)
    /// array([1065353216], dtype=uint32)
    #[pyo3(signature = (dtype, *, stream=None))]
    fn view(&self, dtype: DtypeArg, stream: Option<StreamArg>) -> PyResult<Out> {
        on(stream, || ops::view(&self.get(), dtype.0)).raised().map(Out)
    }

    /// The elements in another shape, given as integers or one sequence of them; -1 stands for what remains.
    ///
    /// The dtype stays. Raises `ValueError` for a shape of another number of elements.
    ///
    /// >>> mx.arange(6).reshape(2, -1).shape
    /// (2, 3)
    #[pyo3(signature = (*shape, stream=None))]
    fn reshape(&self, shape: &Bound<'_, PyTuple>, stream: Option<StreamArg>) -> PyResult<Out> {
        let shape = spread(shape)?;
        on(stream, || ops::reshape(&self.get(), &shape)).raised().map(Out)
    }

    /// The array with its axes in another order, given as integers or one sequence of them; reversed if none is given.
    ///
    /// Shape: the sizes in that order. The dtype stays. Raises `ValueError` for what is no order of the axes.
    ///
    /// >>> mx.ones((2, 3, 4)).transpose(2, 0, 1).shape
    /// (4, 2, 3)
    #[pyo3(signature = (*axes, stream=None))]
    fn transpose(&self, axes: &Bound<'_, PyTuple>, stream: Option<StreamArg>) -> PyResult<Out> {
        let axes = spread(axes)?;
        on(stream, || transposed(self, axes))
    }
}

/// The axes in an order, or (none given) reversed.
fn transposed(a: &PyArray, mut order: SmallVec<[i64; 4]>) -> PyResult<Out> {
    let a = a.get();
    if order.is_empty() {
        order = (0..a.ndim() as i64).rev().collect();
    }
    ops::transpose(&a, &order).raised().map(Out)
}
