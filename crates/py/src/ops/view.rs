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
    /// The array in another dtype. `astype(mx.array([1.7]), mx.int32)` is `[1]`.
    function fn astype(a, dtype: DtypeArg) -> Out {
        ops::astype(a, dtype.0).raised().map(Out)
    }

    /// The elements in another shape, one size of which may be -1. `reshape(mx.arange(6), (2, -1))` has the shape `(2, 3)`.
    function fn reshape(a, shape: SizesArg) -> Out {
        ops::reshape(a, shape.0).raised().map(Out)
    }

    /// The axes `start_axis` to `end_axis` as one. `flatten(mx.ones((2, 3)))` has the shape `(6,)`.
    both fn flatten(a, start_axis: i64 = 0, end_axis: i64 = (-1)) -> Out {
        let (start, end) = (start_axis, end_axis);
        let n = a.ndim() as i64;
        let first = if start < 0 { start + n } else { start };
        if n > 0 && (first >= n || clamped(start, a.ndim()) > clamped(end, a.ndim())) {
            return Err(PyValueError::new_err("[flatten] start_axis must be less than or equal to end_axis"));
        }
        ops::flatten(a, clamped(start, a.ndim()), clamped(end, a.ndim())).raised().map(Out)
    }

    /// `axis` split into the sizes of `shape`, one of which may be -1. `unflatten(mx.ones((6,)), 0, (2, -1))` has the shape `(2, 3)`.
    function fn unflatten(a, axis: i64, shape: SizesArg) -> Out {
        ops::unflatten(a, axis, &shape.0).raised().map(Out)
    }

    /// The axes in the order of `axes`, or reversed. `transpose(mx.ones((2, 3)))` has the shape `(3, 2)`.
    function fn transpose(a, axes: Option<SizesArg> = None) -> Out {
        match axes {
            None => ops::t(a).raised().map(Out),
            Some(s) => ops::transpose(a, s.0).raised().map(Out),
        }
    }

    /// The last two axes swapped. `matrix_transpose(mx.ones((2, 3, 4)))` has the shape `(2, 4, 3)`.
    function fn matrix_transpose(a) -> Out {
        if a.ndim() < 2 {
            return Err(PyValueError::new_err("[matrix_transpose] Input array must have at least 2 dimensions."));
        }
        ops::swapaxes(a, -1, -2).raised().map(Out)
    }

    /// The axis `source` moved to place `destination`. `moveaxis(mx.ones((2, 3, 4)), 0, -1)` has the shape `(3, 4, 2)`.
    both fn moveaxis(a, source: i64, destination: i64) -> Out {
        ops::moveaxis(a, source, destination).raised().map(Out)
    }

    /// Two axes swapped. `swapaxes(mx.ones((2, 3, 4)), 0, 2)` has the shape `(4, 3, 2)`.
    both fn swapaxes(a, axis1: i64, axis2: i64) -> Out {
        ops::swapaxes(a, axis1, axis2).raised().map(Out)
    }

    /// New axes of size one at the places `axis` of the result. `expand_dims(mx.ones((2,)), 0)` has the shape `(1, 2)`.
    function fn expand_dims(a, axis: ShapeArg) -> Out {
        ops::expand_axes(a, &axis.0).raised().map(Out)
    }

    /// Without the axes of size one, or those of `axis`. `squeeze(mx.ones((1, 2)))` has the shape `(2,)`.
    both fn squeeze(a, axis: Option<AxesArg> = None) -> Out {
        ops::squeeze(a, axes(axis, false)).raised().map(Out)
    }

    /// The elements in reverse order along `axis`. `flip(mx.array([1, 2]))` is `[2, 1]`.
    function fn flip(a, axis: Option<AxesArg> = None) -> Out {
        ops::flip(a, axes(axis, false)).raised().map(Out)
    }

    /// The diagonal `k` of a matrix, or the matrix with a vector on it. `diag(mx.array([1, 2]))` is `[[1, 0], [0, 2]]`.
    both fn diag(a, k: i64 = 0) -> Out {
        ops::diag(a, k).raised().map(Out)
    }

    /// The array with its elements in row-major order in memory. It is always so here, also with `allow_col_major`.
    function fn contiguous(a, allow_col_major: bool = false) -> Out {
        let _ = allow_col_major;
        ops::contiguous(a).raised().map(Out)
    }

    /// Elements picked by strides from the flattened array. `as_strided(mx.arange(6), (2, 2), (1, 2), 1)` is `[[1, 3], [2, 4]]`.
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

    /// Parts along `axis`: equal ones, or ending at the given places. `split(mx.arange(6), 3)` has three arrays of shape `(2,)`.
    both fn split(a, indices_or_sections: Sections, axis: i64 = 0) -> Vec<Out> {
        match indices_or_sections {
            Sections::Parts(n) => ops::split(a, n, axis).raised().map(outs),
            Sections::Ends(ends) => ops::split_at(a, &ends, axis).raised().map(outs),
        }
    }

    /// The slices along `axis`, each without it, as a tuple. `unstack(mx.ones((2, 3)))` has two arrays of shape `(3,)`.
    function fn unstack(a; axis: i64 = 0) -> Tuple {
        ops::unstack(a, axis).raised().map(Tuple)
    }
}
