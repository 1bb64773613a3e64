//! Views: shapes, axes moved, added, taken away and split.

use super::args::{SizesArg, Tuple, axes, outs};
use crate::array::Out;
use crate::convert::{AxesArg, DtypeArg, ShapeArg};
use crate::declare::declare;
use crate::errors::Raised;
use lazulite::ops;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What `split` divides at: a number of equal parts, or the places where parts end.
enum Sections {
    Parts(usize),
    Ends(Vec<usize>),
}

impl<'py> FromPyObject<'_, 'py> for Sections {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Sections> {
        if let Ok(n) = obj.extract::<i64>() {
            let refuse = || PyValueError::new_err(format!("[split] num_splits must be positive and non-zero but got {n}."));
            return usize::try_from(n).ok().filter(|&n| n > 0).map(Sections::Parts).ok_or_else(refuse);
        }
        ShapeArg::extract(obj)?.sizes("split").map(Sections::Ends)
    }
}

/// The axis as it counts from the end, moved into range: how `flatten` takes its ends.
fn clamped(axis: i64, ndim: usize) -> i64 {
    let n = ndim as i64;
    let at = if axis < 0 { axis + n } else { axis };
    at.clamp(0, (n - 1).max(0))
}

declare! {
    /// The array in another dtype.
    ///
    /// The shape stays. Complex numbers lose their imaginary part, floats their fraction. Raises `TypeError` for what is no dtype.
    ///
    /// >>> mx.array([1.7]).astype(mx.int32)
    /// array([1], dtype=int32)
    function fn astype(a, dtype: DtypeArg) -> Out {
        ops::astype(a, dtype.0).raised().map(Out)
    }

    /// The elements in another shape, one size of which may be -1.
    ///
    /// The dtype stays. Raises `ValueError` for a shape of another number of elements.
    ///
    /// >>> mx.reshape(mx.arange(6), (2, -1)).shape
    /// (2, 3)
    function fn reshape(a, shape: SizesArg) -> Out {
        ops::reshape(a, shape.0).raised().map(Out)
    }

    /// The axes `start_axis` to `end_axis` as one.
    ///
    /// Axes beyond the array's are its last or first. Raises `ValueError` for axes the wrong way round. Shape: the axes' sizes are multiplied.
    /// The dtype stays.
    ///
    /// >>> mx.flatten(mx.ones((2, 3))).shape
    /// (6,)
    both fn flatten(a, start_axis: i64 = 0, end_axis: i64 = (-1)) -> Out {
        let (start, end) = (start_axis, end_axis);
        let n = a.ndim() as i64;
        let first = if start < 0 { start + n } else { start };
        if n > 0 && (first >= n || clamped(start, a.ndim()) > clamped(end, a.ndim())) {
            return Err(PyValueError::new_err("[flatten] start_axis must be less than or equal to end_axis"));
        }
        ops::flatten(a, clamped(start, a.ndim()), clamped(end, a.ndim())).raised().map(Out)
    }

    /// `axis` split into the sizes of `shape`, one of which may be -1.
    ///
    /// Raises `IndexError` for an axis that is not there, `ValueError` for sizes that do not fit. The dtype stays.
    ///
    /// >>> mx.unflatten(mx.ones((6,)), 0, (2, -1)).shape
    /// (2, 3)
    function fn unflatten(a, axis: i64, shape: SizesArg) -> Out {
        ops::unflatten(a, axis, &shape.0).raised().map(Out)
    }

    /// The axes in the order of `axes`, or reversed.
    ///
    /// Shape: the sizes in that order. The dtype stays. Raises `ValueError` for what is no order of the axes.
    ///
    /// >>> mx.transpose(mx.ones((2, 3))).shape
    /// (3, 2)
    function fn transpose(a, axes: Option<SizesArg> = None) -> Out {
        match axes {
            None => ops::t(a).raised().map(Out),
            Some(s) => ops::transpose(a, s.0).raised().map(Out),
        }
    }

    /// The last two axes swapped.
    ///
    /// Shapes: `(..., n, m)` to `(..., m, n)`. The dtype stays. Raises `ValueError` for fewer than two axes.
    ///
    /// >>> mx.matrix_transpose(mx.ones((2, 3, 4))).shape
    /// (2, 4, 3)
    function fn matrix_transpose(a) -> Out {
        if a.ndim() < 2 {
            return Err(PyValueError::new_err("[matrix_transpose] Input array must have at least 2 dimensions."));
        }
        ops::swapaxes(a, -1, -2).raised().map(Out)
    }

    /// The axis `source` moved to place `destination`.
    ///
    /// Raises `IndexError` for an axis that is not there. Shape: the same sizes in the new order. The dtype stays.
    ///
    /// >>> mx.moveaxis(mx.ones((2, 3, 4)), 0, -1).shape
    /// (3, 4, 2)
    both fn moveaxis(a, source: i64, destination: i64) -> Out {
        ops::moveaxis(a, source, destination).raised().map(Out)
    }

    /// Two axes swapped.
    ///
    /// Raises `IndexError` for an axis that is not there. Shape: the same sizes in the new order. The dtype stays.
    ///
    /// >>> mx.swapaxes(mx.ones((2, 3, 4)), 0, 2).shape
    /// (4, 3, 2)
    both fn swapaxes(a, axis1: i64, axis2: i64) -> Out {
        ops::swapaxes(a, axis1, axis2).raised().map(Out)
    }

    /// New axes of size one at the places `axis` of the result.
    ///
    /// Raises `IndexError` for an axis that is not there in the result, `ValueError` for one named twice. Shape: as many ones more. The
    /// dtype stays.
    ///
    /// >>> mx.expand_dims(mx.ones((2,)), 0).shape
    /// (1, 2)
    function fn expand_dims(a, axis: ShapeArg) -> Out {
        ops::expand_axes(a, &axis.0).raised().map(Out)
    }

    /// Without the axes of size one, or those of `axis`.
    ///
    /// Raises `IndexError` for an axis that is not there, `ValueError` for one of another size. Shape: the other sizes. The dtype stays.
    ///
    /// >>> mx.squeeze(mx.ones((1, 2))).shape
    /// (2,)
    both fn squeeze(a, axis: Option<AxesArg> = None) -> Out {
        ops::squeeze(a, axes(axis, false)).raised().map(Out)
    }

    /// The elements in reverse order along `axis`.
    ///
    /// Shape and dtype stay; all axes turn if `axis` is `None`. Raises `IndexError` for an axis that is not there.
    ///
    /// >>> mx.flip(mx.array([1, 2]))
    /// array([2, 1], dtype=int32)
    function fn flip(a, axis: Option<AxesArg> = None) -> Out {
        ops::flip(a, axes(axis, false)).raised().map(Out)
    }

    /// The diagonal `k` of a matrix, or the matrix with a vector on it.
    ///
    /// Shapes: `(n,)` gives a square matrix, a matrix a vector; the dtype stays. Raises `ValueError` for more axes.
    ///
    /// >>> mx.diag(mx.array([1, 2]))
    /// array([[1, 0],
    ///        [0, 2]], dtype=int32)
    both fn diag(a, k: i64 = 0) -> Out {
        ops::diag(a, k).raised().map(Out)
    }

    /// The array with its elements in row-major order in memory. It is always so here, also with `allow_col_major`.
    ///
    /// Shape and dtype stay. Raises `TypeError` for what is no array.
    ///
    /// >>> mx.contiguous(mx.array([[1, 2], [3, 4]]).T)
    /// array([[1, 3],
    ///        [2, 4]], dtype=int32)
    function fn contiguous(a, allow_col_major: bool = false) -> Out {
        let _ = allow_col_major;
        ops::contiguous(a).raised().map(Out)
    }

    /// Elements picked by strides from the flattened array.
    ///
    /// The result has the shape `shape` and the dtype of `a`; the strides count elements. Raises `ValueError` for strides that lead
    /// outside the array.
    ///
    /// >>> mx.as_strided(mx.arange(6), (2, 2), (1, 2), 1)
    /// array([[1, 3],
    ///        [2, 4]], dtype=int32)
    function fn as_strided(a, shape: Option<SizesArg> = None, strides: Option<SizesArg> = None, offset: usize = 0) -> Out {
        let shape = match shape {
            Some(s) => s.sizes("as_strided")?,
            None => a.shape().to_vec(),
        };
        let strides: Vec<i64> = match strides {
            Some(s) => s.0.to_vec(),
            None => (0..shape.len()).map(|i| shape[i + 1..].iter().product::<usize>() as i64).collect(),
        };
        ops::as_strided(a, &shape, &strides, offset).raised().map(Out)
    }

    /// Parts along `axis`: equal ones, or ending at the given places.
    ///
    /// Shapes: that of `a` but along `axis`. The dtype stays. Raises `ValueError` for a size that does not divide, `IndexError` for an axis
    /// that is not there.
    ///
    /// >>> [x.shape for x in mx.split(mx.arange(6), 3)]
    /// [(2,), (2,), (2,)]
    both fn split(a, indices_or_sections: Sections, axis: i64 = 0) -> Vec<Out> {
        match indices_or_sections {
            Sections::Parts(n) => ops::split(a, n, axis).raised().map(outs),
            Sections::Ends(ends) => ops::split_at(a, &ends, axis).raised().map(outs),
        }
    }

    /// The slices along `axis`, each without it, as a tuple.
    ///
    /// Raises `IndexError` for an axis that is not there. Shapes: that of `a` without `axis`. The dtype stays.
    ///
    /// >>> mx.unstack(mx.array([[1, 2], [3, 4]]))
    /// (array([1, 2], dtype=int32), array([3, 4], dtype=int32))
    function fn unstack(a; axis: i64 = 0) -> Tuple {
        ops::unstack(a, axis).raised().map(Tuple)
    }
}
