//! Taking and putting elements at index arrays.

use super::args::{SizesArg, functions, one_axis};
use crate::array::{Out, PyArray};
use crate::convert::ArrayArg;
use crate::errors::{Raised, wrong_type};
use lazulite::ops;
use lazulite::{Array, Dtype};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// An index: an array of them, or one number.
enum Indices {
    Array(Array),
    One(i64),
}

impl<'py> FromPyObject<'_, 'py> for Indices {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Indices> {
        if let Ok(a) = obj.cast::<PyArray>() {
            return Ok(Indices::Array(a.get().get()));
        }
        obj.extract().map(Indices::One).map_err(|_| wrong_type("an array of indices or an integer", &obj))
    }
}

functions! {
    /// The slices of `axis` that `indices` names, or elements of the flattened array.
    ///
    /// The indices' shape stands in place of `axis`; the dtype is that of `a`. Raises `ValueError` for indices that are no integers,
    /// `IndexError` for an axis that is not there.
    ///
    /// >>> mx.take(mx.array([5, 6, 7]), mx.array([2, 0]))
    /// array([7, 5], dtype=int32)
    [a, /, indices, axis=None, *,] fn take(a: ArrayArg, indices: Indices, axis: Option<i64>) -> Out {
        let (a, axis) = one_axis(&a.0, axis).raised()?;
        match indices {
            Indices::Array(i) => ops::take(&a, &i, axis).raised().map(Out),
            Indices::One(i) => {
                let at = lazulite_base::shape::axis("take", axis, a.ndim()).raised()?;
                if i < 0 || i as usize >= a.shape()[at] {
                    return Err(PyValueError::new_err(format!("[take] index {i} is out of range for axis {at} of {:?}", a.shape())));
                }
                ops::take(&a, &Array::full([0usize; 0], i, Dtype::I64), axis).raised().map(Out)
            }
        }
    }

    /// The elements along `axis` that `indices`, of as many axes as `a`, names at each place; in the flattened array if it is `None`.
    ///
    /// The shape is that of the indices, the dtype that of `a`. Raises `ValueError` for shapes that do not go together or indices that are
    /// no integers.
    ///
    /// >>> mx.take_along_axis(mx.array([[1, 2]]), mx.array([[1]]), 1)
    /// array([[2]], dtype=int32)
    [a, /, indices, axis=Some(-1), *,] fn take_along_axis(a: ArrayArg, indices: ArrayArg, axis: Option<i64>) -> Out {
        let (a, axis) = one_axis(&a.0, axis).raised()?;
        ops::take_along_axis(&a, &indices.0, axis).raised().map(Out)
    }

    /// The array with `values` at the places along `axis` that `indices` names; in the flattened array if it is `None`.
    ///
    /// The shape and dtype are those of `a`; indices and values broadcast to it but for `axis`. Raises `ValueError` for shapes that do not
    /// go together or indices that are no integers.
    ///
    /// >>> mx.put_along_axis(mx.array([[1, 2]]), mx.array([[1]]), mx.array([[9]]), 1)
    /// array([[1, 9]], dtype=int32)
    [a, /, indices, values, axis=None, *,]
    fn put_along_axis(a: ArrayArg, indices: ArrayArg, values: ArrayArg, axis: Option<i64>) -> Out {
        let (flat, at) = one_axis(&a.0, axis).raised()?;
        let y = ops::put_along_axis(&flat, &indices.0, &values.0, at).raised()?;
        let dims: Vec<i64> = a.0.shape().iter().map(|&n| n as i64).collect();
        if axis.is_none() { ops::reshape(&y, dims).raised().map(Out) } else { Ok(Out(y)) }
    }

    /// The block of size `slice_size` that starts at `start_indices`, one for each of `axes`, and at zero along the others.
    ///
    /// The shape is that of `a` with `slice_size` along the axes; the dtype stays. Raises `IndexError` for an axis that is not there,
    /// `ValueError` for a block that is too large.
    ///
    /// >>> mx.slice(mx.arange(10), mx.array([2]), (0,), (3,))
    /// array([2, 3, 4], dtype=int32)
    [a, start_indices, axes, slice_size, *,]
    fn slice(a: ArrayArg, start_indices: ArrayArg, axes: SizesArg, slice_size: SizesArg) -> Out {
        ops::block(&a.0, &start_indices.0, &axes.0, &slice_size.sizes("slice")?).raised().map(Out)
    }

    /// The array with the block at `start_indices`, one for each of `axes`, replaced by `update`.
    ///
    /// Shape and dtype stay. Raises `IndexError` for an axis that is not there, `ValueError` for a block that is too large.
    ///
    /// >>> mx.slice_update(mx.zeros(3), mx.ones(2), mx.array([1]), (0,))
    /// array([0, 1, 1], dtype=float32)
    [a, update, start_indices, axes, *,]
    fn slice_update(a: ArrayArg, update: ArrayArg, start_indices: ArrayArg, axes: SizesArg) -> Out {
        ops::set_block(&a.0, &update.0, &start_indices.0, &axes.0).raised().map(Out)
    }
}
