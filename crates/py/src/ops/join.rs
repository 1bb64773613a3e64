//! Arrays joined, repeated, padded, rolled, broadcast and spread over grids.

use super::args::{ArraysOrOne, LikeArg, Side, SizesArg, Tuple, functions, outs, strict};
use crate::array::Out;
use crate::convert::{ArrayArg, AxesArg, ShapeArg};
use crate::errors::{Raised, wrong_type};
use lazulite::ops::{self, PadMode, Rhs};
use lazulite::{Array, Result};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

/// The arrays flattened, for `axis=None`.
fn flat(list: Vec<Array>) -> Result<Vec<Array>> {
    list.iter().map(|a| ops::reshape(a, [-1])).collect()
}

/// The argument `pad_width`: one number, one pair or number for all axes, or a pair for each.
struct Widths(Vec<(usize, usize)>);

impl Widths {
    fn each(self, ndim: usize) -> Vec<(usize, usize)> {
        if self.0.len() == 1 { vec![self.0[0]; ndim] } else { self.0 }
    }
}

impl<'py> FromPyObject<'_, 'py> for Widths {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Widths> {
        let size = |n: i64, side: &str, axis: usize| {
            let text = || format!("Invalid {side} padding size ({n}) passed to pad for axis {axis}. Padding sizes must be non-negative");
            usize::try_from(n).map_err(|_| PyValueError::new_err(text()))
        };
        let pair = |list: &[i64], axis: usize| match list {
            [n] => Ok((size(*n, "low", axis)?, size(*n, "high", axis)?)),
            [a, b] => Ok((size(*a, "low", axis)?, size(*b, "high", axis)?)),
            _ => Err(PyValueError::new_err("[pad] a padding width is one number or two")),
        };
        if let Ok(s) = ShapeArg::extract(obj) {
            return Ok(Widths(vec![pair(&s.0, 0)?]));
        }
        let items: Vec<Bound<'_, PyAny>> = match (obj.cast::<PyList>(), obj.cast::<PyTuple>()) {
            (Ok(l), _) => l.iter().collect(),
            (_, Ok(t)) => t.iter().collect(),
            _ => return Err(wrong_type("a number, a pair or a list of pairs", &obj)),
        };
        let each = |(i, x): (usize, &Bound<'_, PyAny>)| match &ShapeArg::extract(x.as_borrowed())?.0[..] {
            list if list.len() > 2 => Err(wrong_type("a pair", x)),
            list => pair(list, i),
        };
        items.iter().enumerate().map(each).collect::<PyResult<_>>().map(Widths)
    }
}

/// One array as it is, several as a list.
#[derive(IntoPyObject)]
enum OneOrList {
    One(Out),
    List(Vec<Out>),
}

fn at_least(arrays: &Bound<'_, PyTuple>, n: usize) -> PyResult<OneOrList> {
    let list = strict(arrays.as_any())?;
    let mut list: Vec<Out> = list.iter().map(|a| ops::at_least(a, n).raised().map(Out)).collect::<PyResult<_>>()?;
    Ok(if list.len() == 1 { OneOrList::One(list.remove(0)) } else { OneOrList::List(list) })
}

functions! {
    /// The arrays one after the other along `axis`, or flattened if it is `None`. Dtypes promote.
    ///
    /// Shapes agree but for `axis`, along which the sizes add up. Raises `ValueError` for other shapes or no array, `IndexError` for an
    /// axis that is not there.
    ///
    /// >>> mx.concatenate([mx.array([1]), mx.array([2])])
    /// array([1, 2], dtype=int32)
    [arrays, axis=Some(0), *,] fn concatenate = "concatenate" ["concat"] (arrays: ArraysOrOne, axis: Option<i64>) -> Out {
        let (list, axis) = match axis {
            Some(axis) => (arrays.0, axis),
            None => (flat(arrays.0).raised()?, 0),
        };
        ops::concatenate(&list, axis).raised().map(Out)
    }

    /// The arrays, of one shape, side by side along a new axis; after flattening them if it is `None`.
    ///
    /// A new axis of as many elements as there are arrays; dtypes promote. Raises `ValueError` for shapes that differ or no array,
    /// `IndexError` for an axis that is not there.
    ///
    /// >>> mx.stack([mx.array([1]), mx.array([2])])
    /// array([[1],
    ///        [2]], dtype=int32)
    [arrays, axis=Some(0), *,] fn stack(arrays: ArraysOrOne, axis: Option<i64>) -> Out {
        ops::stack(&arrays.0, axis.unwrap_or(0)).raised().map(Out)
    }

    /// The array repeated as a whole, `reps` times along each axis.
    ///
    /// The axes' sizes are multiplied and the dtype stays; a shape of fewer axes gets ones in front. Raises `ValueError` for a negative
    /// number.
    ///
    /// >>> mx.tile(mx.array([1, 2]), 2)
    /// array([1, 2, 1, 2], dtype=int32)
    [a, reps, /, *,] fn tile(a: ArrayArg, reps: ShapeArg) -> Out {
        ops::tile(&a.0, &reps.sizes("tile")?).raised().map(Out)
    }

    /// Every element `repeats` times along `axis`, or in the flattened array.
    ///
    /// The shape grows along `axis`; the dtype stays. Raises `ValueError` for a negative number, `IndexError` for an axis that is not
    /// there.
    ///
    /// >>> mx.repeat(mx.array([1, 2]), 2)
    /// array([1, 1, 2, 2], dtype=int32)
    [array, repeats, axis=None, *,] fn repeat(array: ArrayArg, repeats: i64, axis: Option<i64>) -> Out {
        let Ok(n) = usize::try_from(repeats) else { return Err(PyValueError::new_err("[repeat] Number of repeats cannot be negative")) };
        super::args::one_axis(&array.0, axis).and_then(|(a, axis)| ops::repeat(&a, n, axis)).raised().map(Out)
    }

    /// The elements moved by `shift` along `axis`, or in the flattened array; several shifts and axes pair up.
    ///
    /// Shape and dtype stay. Raises `IndexError` for an axis that is not there.
    ///
    /// >>> mx.roll(mx.array([1, 2, 3]), 1)
    /// array([3, 1, 2], dtype=int32)
    [a, /, shift, axis=None, *,] fn roll(a: ArrayArg, shift: ShapeArg, axis: Option<AxesArg>) -> Out {
        let axes = axis.and_then(|a| a.0);
        ops::roll_all(&a.0, &shift.0, axes.as_deref()).raised().map(Out)
    }

    /// The array with `pad_width` elements around it, before and after each axis: `constant_values`, the "edge", or mirrored ("reflect",
    /// "symmetric").
    ///
    /// The shape grows by the widths; the dtype stays. Raises `ValueError` for negative widths or an unknown mode.
    ///
    /// >>> mx.pad(mx.array([1, 2]), (1, 0))
    /// array([0, 1, 2], dtype=int32)
    [a, pad_width, mode="constant", constant_values=None, *,]
    fn pad(a: ArrayArg, pad_width: Widths, mode: &str, constant_values: Option<Side>) -> Out {
        let widths = pad_width.each(a.0.ndim());
        let mode = match mode {
            "constant" => {
                let value = match constant_values.map(|v| v.0) {
                    None => Rhs::Literal(lazulite::Scalar::new(0.0, a.0.dtype())),
                    Some(Rhs::Literal(s)) => Rhs::Literal(s.cast(a.0.dtype())),
                    Some(v) => v,
                };
                return ops::pad(&a.0, &widths, value).raised().map(Out);
            }
            "edge" => PadMode::Edge,
            "reflect" => PadMode::Reflect,
            "symmetric" => PadMode::Symmetric,
            other => return Err(PyValueError::new_err(format!("Invalid padding mode ({other}) passed to pad"))),
        };
        ops::pad_with(&a.0, &widths, mode).raised().map(Out)
    }

    /// The array repeated to a larger shape.
    ///
    /// The dtype stays. Raises `ValueError` for a shape that the array's does not broadcast to.
    ///
    /// >>> mx.broadcast_to(mx.array([1, 2]), (2, 2))
    /// array([[1, 2],
    ///        [1, 2]], dtype=int32)
    [a, /, shape, *,] fn broadcast_to(a: LikeArg, shape: SizesArg) -> Out {
        ops::broadcast_to(&a.0, shape.sizes("broadcast_to")?).raised().map(Out)
    }

    /// The arrays in the shape that they have in common, as a list.
    ///
    /// Raises `ValueError` for shapes that do not broadcast. The dtypes stay.
    ///
    /// >>> [x.shape for x in mx.broadcast_arrays(mx.ones((2, 1)), mx.ones((3,)))]
    /// [(2, 3), (2, 3)]
    [*arrays,] fn broadcast_arrays(arrays: &Bound<'_, PyTuple>) -> Vec<Out> {
        ops::broadcast_arrays(&strict(arrays.as_any())?).raised().map(outs)
    }

    /// The coordinates of a grid over vectors, as a tuple: by columns and rows ("xy") or rows and columns ("ij"). With `sparse` the axes
    /// that a vector does not go along have size one.
    ///
    /// Shapes: `(n,)` and `(m,)` give `(m, n)` twice for "xy", `(n, m)` for "ij". The dtypes stay, and arrays of more axes are flattened.
    /// Raises `ValueError` for another order.
    ///
    /// >>> [x.shape for x in mx.meshgrid(mx.array([1, 2]), mx.array([3, 4, 5]))]
    /// [(3, 2), (3, 2)]
    [*arrays, sparse=Some(false), indexing=Some("xy"),]
    fn meshgrid(arrays: &Bound<'_, PyTuple>, sparse: Option<bool>, indexing: Option<&str>) -> Tuple {
        let matrix = match indexing.unwrap_or("xy") {
            "xy" => false,
            "ij" => true,
            _ => return Err(PyValueError::new_err("[meshgrid] Invalid indexing value. Valid values are 'xy' and 'ij'.")),
        };
        ops::meshgrid(&strict(arrays.as_any())?, sparse.unwrap_or(false), matrix).raised().map(Tuple)
    }

    /// The arrays with at least one axis.
    ///
    /// Shapes and dtypes: any. One argument gives an array, several a list. Raises `TypeError` for what is no array.
    ///
    /// >>> mx.atleast_1d(mx.array(1)).shape
    /// (1,)
    [*arys,] fn atleast_1d(arys: &Bound<'_, PyTuple>) -> OneOrList {
        at_least(arys, 1)
    }

    /// The arrays with at least two axes.
    ///
    /// Shapes and dtypes: any. One argument gives an array, several a list. Raises `TypeError` for what is no array.
    ///
    /// >>> mx.atleast_2d(mx.array([1, 2])).shape
    /// (1, 2)
    [*arys,] fn atleast_2d(arys: &Bound<'_, PyTuple>) -> OneOrList {
        at_least(arys, 2)
    }

    /// The arrays with at least three axes.
    ///
    /// Shapes and dtypes: any. One argument gives an array, several a list. Raises `TypeError` for what is no array.
    ///
    /// >>> mx.atleast_3d(mx.array([1, 2])).shape
    /// (1, 2, 1)
    [*arys,] fn atleast_3d(arys: &Bound<'_, PyTuple>) -> OneOrList {
        at_least(arys, 3)
    }

    /// The elements on and below diagonal `k`, zeros above.
    ///
    /// Shapes: matrices, `(..., n, m)`; shape and dtype stay. Raises `ValueError` for fewer axes.
    ///
    /// >>> mx.tril(mx.ones((2, 2)))
    /// array([[1, 0],
    ///        [1, 1]], dtype=float32)
    [x, k=0, *,] fn tril(x: ArrayArg, k: i64) -> Out {
        ops::tril(&x.0, k).raised().map(Out)
    }

    /// The elements on and above diagonal `k`, zeros below.
    ///
    /// Shapes: matrices, `(..., n, m)`; shape and dtype stay. Raises `ValueError` for fewer axes.
    ///
    /// >>> mx.triu(mx.ones((2, 2)))
    /// array([[1, 1],
    ///        [0, 1]], dtype=float32)
    [x, k=0, *,] fn triu(x: ArrayArg, k: i64) -> Out {
        ops::triu(&x.0, k).raised().map(Out)
    }

    /// The diagonal `offset` of the axes `axis1` and `axis2`, as the last axis.
    ///
    /// Shapes: any of two axes or more; the two go and the diagonal is last. The dtype stays. Raises `IndexError` for an axis that is not
    /// there.
    ///
    /// >>> mx.diagonal(mx.array([[1, 2], [3, 4]]))
    /// array([1, 4], dtype=int32)
    [a, offset=0, axis1=0, axis2=1,] fn diagonal(a: ArrayArg, offset: i64, axis1: i64, axis2: i64) -> Out {
        ops::diagonal_of(&a.0, offset, axis1, axis2).raised().map(Out)
    }
}

/// The shape that shapes have in common.
///
/// Raises `ValueError` for shapes that have none in common.
///
/// >>> mx.broadcast_shapes((2, 1), (3,))
/// (2, 3)
#[pyfunction]
#[pyo3(signature = (*shapes))]
fn broadcast_shapes<'py>(py: Python<'py>, shapes: &Bound<'_, PyTuple>) -> PyResult<Bound<'py, PyTuple>> {
    if shapes.is_empty() {
        return Err(PyValueError::new_err("[broadcast_shapes] Must provide at least one shape."));
    }
    let mut all = Vec::<usize>::new();
    for s in shapes.iter() {
        let s = SizesArg::extract(s.as_borrowed())?.sizes("broadcast_shapes")?;
        let refuse = || PyValueError::new_err(format!("[broadcast_shapes] Shapes {all:?} and {s:?} cannot be broadcast."));
        all = lazulite_base::shape::broadcast(&all, &s).ok_or_else(refuse)?.to_vec();
    }
    PyTuple::new(py, all)
}

#[pymethods]
impl crate::array::PyArray {
    /// The diagonal `offset` of the axes `axis1` and `axis2`, as the last axis.
    ///
    /// Shapes: any of two axes or more; the two go and the diagonal is last. The dtype stays. Raises `IndexError` for an axis that is not
    /// there.
    ///
    /// >>> mx.array([[1, 2], [3, 4]]).diagonal()
    /// array([1, 4], dtype=int32)
    #[pyo3(signature = (offset=0, axis1=0, axis2=1, stream=None))]
    fn diagonal(&self, offset: i64, axis1: i64, axis2: i64, stream: Option<crate::device::StreamArg>) -> PyResult<Out> {
        crate::device::on(stream, || ops::diagonal_of(&self.get(), offset, axis1, axis2)).raised().map(Out)
    }
}

/// Adds the functions.
pub fn register_all(m: &Bound<'_, PyModule>) -> PyResult<()> {
    register(m)?;
    m.add_function(wrap_pyfunction!(broadcast_shapes, m)?)
}
