//! Reductions: sums, extrema, moments, sorting and searching along axes.

use super::args::{axes, one_axis};
use crate::array::Out;
use crate::convert::{AxesArg, DtypeArg};
use crate::declare::declare;
use crate::errors::Raised;
use lazulite::ops;
use pyo3::exceptions::PyValueError;

/// The axis of an `argmax` or `argmin`.
fn index_axis(axis: Option<i64>, keep: bool) -> ops::Axes {
    let axes: ops::Axes = axis.map_or((..).into(), Into::into);
    if keep { ops::keep(axes) } else { axes }
}

/// The divisor's correction: `correction` goes before `ddof`.
fn corrected(ddof: usize, correction: Option<usize>) -> usize {
    correction.unwrap_or(ddof)
}

/// Whether a reduction has nothing to reduce: no axis is named, or the array has none.
fn idle(a: &lazulite::Array, axis: &Option<AxesArg>) -> bool {
    match axis {
        Some(AxesArg(Some(list))) => list.is_empty(),
        _ => a.ndim() == 0,
    }
}

declare! {
    /// The sum over `axis` (all axes if `None`), which `keepdims` keeps with size one. Small integers sum in 32 bits.
    #[doc = about!(reduced)]
    ///
    /// >>> mx.sum(mx.ones((2, 3)), axis=0)
    /// array([2, 2, 2], dtype=float32)
    both fn sum(a, axis: Option<AxesArg> = None, keepdims: bool = false) -> Out {
        if idle(a, &axis) {
            return Ok(Out(a.clone()));
        }
        ops::sum(a, axes(axis, keepdims)).raised().map(Out)
    }

    /// The product over `axis`. Small integers multiply in 32 bits.
    #[doc = about!(reduced)]
    ///
    /// >>> mx.prod(mx.array([2, 3]))
    /// array(6, dtype=int32)
    both fn prod(a, axis: Option<AxesArg> = None, keepdims: bool = false) -> Out {
        if idle(a, &axis) {
            return Ok(Out(a.clone()));
        }
        ops::prod(a, axes(axis, keepdims)).raised().map(Out)
    }

    /// The largest element along `axis`; NaN if there is one.
    #[doc = about!(extreme)]
    ///
    /// >>> mx.max(mx.array([[1, 3], [4, 2]]), axis=0)
    /// array([4, 3], dtype=int32)
    both fn max(a, axis: Option<AxesArg> = None, keepdims: bool = false) -> Out {
        ops::max(a, axes(axis, keepdims)).raised().map(Out)
    }

    /// The smallest element along `axis`; NaN if there is one.
    #[doc = about!(extreme)]
    ///
    /// >>> mx.min(mx.array([1, 3]), keepdims=True)
    /// array([1], dtype=int32)
    both fn min(a, axis: Option<AxesArg> = None, keepdims: bool = false) -> Out {
        ops::min(a, axes(axis, keepdims)).raised().map(Out)
    }

    /// The smallest and the largest element along `axis`, as a tuple.
    #[doc = about!(extreme)]
    ///
    /// >>> mx.minmax(mx.array([1, 3]))
    /// (array(1, dtype=int32), array(3, dtype=int32))
    function fn minmax(a, axis: Option<AxesArg> = None, keepdims: bool = false) -> (Out, Out) {
        let axes = axes(axis, keepdims);
        Ok((Out(ops::min(a, axes.clone()).raised()?), Out(ops::max(a, axes).raised()?)))
    }

    /// The mean over `axis`; integers become float32.
    #[doc = about!(reduced)]
    ///
    /// >>> mx.mean(mx.array([[1, 2], [3, 5]]), axis=1)
    /// array([1.5, 4], dtype=float32)
    both fn mean(a, axis: Option<AxesArg> = None, keepdims: bool = false) -> Out {
        ops::mean(a, axes(axis, keepdims)).raised().map(Out)
    }

    /// The variance over `axis`, the sum of squares over n - `ddof`, or n - `correction` if that is given.
    #[doc = about!(reduced)]
    ///
    /// >>> mx.var(mx.array([1.0, 3.0]), ddof=1)
    /// array(2, dtype=float32)
    both fn var(a, axis: Option<AxesArg> = None, keepdims: bool = false, ddof: usize = 0; correction: Option<usize> = None) -> Out {
        ops::var(a, axes(axis, keepdims), corrected(ddof, correction)).raised().map(Out)
    }

    /// The standard deviation over `axis`, the root of the variance.
    #[doc = about!(reduced)]
    ///
    /// >>> mx.std(mx.array([1.0, 3.0]))
    /// array(1, dtype=float32)
    both fn deviation = "std" (a, axis: Option<AxesArg> = None, keepdims: bool = false, ddof: usize = 0; correction: Option<usize> = None) -> Out {
        ops::std(a, axes(axis, keepdims), corrected(ddof, correction)).raised().map(Out)
    }

    /// Whether all elements along `axis` differ from zero.
    #[doc = about!(reduced)]
    ///
    /// >>> mx.all(mx.array([1, 0]))
    /// array(False, dtype=bool)
    both fn all(a, axis: Option<AxesArg> = None, keepdims: bool = false) -> Out {
        ops::all(a, axes(axis, keepdims)).raised().map(Out)
    }

    /// Whether any element along `axis` differs from zero.
    #[doc = about!(reduced)]
    ///
    /// >>> mx.any(mx.array([[1, 0], [0, 0]]), axis=1)
    /// array([True, False], dtype=bool)
    both fn any(a, axis: Option<AxesArg> = None, keepdims: bool = false) -> Out {
        ops::any(a, axes(axis, keepdims)).raised().map(Out)
    }

    /// `log(sum(exp(a)))` over `axis`, without overflow.
    #[doc = about!(reduced)]
    ///
    /// >>> mx.logsumexp(mx.array([0.0, 0.0]))
    /// array(0.693147, dtype=float32)
    both fn logsumexp(a, axis: Option<AxesArg> = None, keepdims: bool = false) -> Out {
        ops::logsumexp(a, axes(axis, keepdims)).raised().map(Out)
    }

    /// How many elements along `axis` differ from zero, as int32.
    #[doc = about!(reduced)]
    ///
    /// >>> mx.count_nonzero(mx.array([1, 0, 2]))
    /// array(2, dtype=int32)
    function fn count_nonzero(a, axis: Option<AxesArg> = None; keepdims: bool = false) -> Out {
        ops::count_nonzero(a, axes(axis, keepdims)).raised().map(Out)
    }

    /// The middle element along `axis`, or the mean of the two in the middle.
    #[doc = about!(reduced)]
    ///
    /// >>> mx.median(mx.array([1, 2, 5, 9]))
    /// array(3.5, dtype=float32)
    function fn median(a, axis: Option<AxesArg> = None, keepdims: bool = false) -> Out {
        ops::median(a, axes(axis, keepdims)).raised().map(Out)
    }

    /// `exp(a) / sum(exp(a))` over `axis`, without overflow; halves are always computed in float32, as `precise` asks for.
    ///
    /// The shape stays; integers give float32. Raises `IndexError` for an axis that is not there.
    ///
    /// >>> mx.softmax(mx.array([1.0, 1.0]))
    /// array([0.5, 0.5], dtype=float32)
    function fn softmax(a, axis: Option<AxesArg> = None; precise: bool = false) -> Out {
        let _ = precise;
        if a.ndim() == 0 && !idle(a, &axis) {
            return Err(PyValueError::new_err("[softmax] Received non-empty axes for array with 0 dimensions."));
        }
        ops::softmax(a, axes(axis, false)).raised().map(Out)
    }

    /// The index, uint32, of the first largest element along `axis`, or in the flattened array.
    #[doc = about!(extreme)]
    ///
    /// >>> mx.argmax(mx.array([[1, 5], [7, 0]]), axis=1)
    /// array([1, 0], dtype=uint32)
    both fn argmax(a, axis: Option<i64> = None, keepdims: bool = false) -> Out {
        ops::argmax(a, index_axis(axis, keepdims)).raised().map(Out)
    }

    /// The index, uint32, of the first smallest element along `axis`, or in the flattened array.
    #[doc = about!(extreme)]
    ///
    /// >>> mx.argmin(mx.array([1, 5]))
    /// array(0, dtype=uint32)
    both fn argmin(a, axis: Option<i64> = None, keepdims: bool = false) -> Out {
        ops::argmin(a, index_axis(axis, keepdims)).raised().map(Out)
    }

    /// The elements in ascending order along `axis`, NaN last; the flattened array if it is `None`.
    #[doc = about!(along)]
    ///
    /// >>> mx.sort(mx.array([3, 1]))
    /// array([1, 3], dtype=int32)
    function fn sort(a, axis: Option<i64> = (Some(-1))) -> Out {
        one_axis(a, axis).and_then(|(a, axis)| ops::sort(&a, axis)).raised().map(Out)
    }

    /// The indices, uint32, that sort along `axis`: stable, NaN last.
    #[doc = about!(along)]
    ///
    /// >>> mx.argsort(mx.array([3, 1]))
    /// array([1, 0], dtype=uint32)
    function fn argsort(a, axis: Option<i64> = (Some(-1))) -> Out {
        one_axis(a, axis).and_then(|(a, axis)| ops::argsort(&a, axis)).raised().map(Out)
    }

    /// The elements along `axis` such that none before place `kth` is larger than the one there, and none after it smaller.
    #[doc = about!(along)]
    ///
    /// >>> mx.partition(mx.array([3, 1, 2]), 1)[1]
    /// array(2, dtype=int32)
    function fn partition(a, kth: i64, axis: Option<i64> = (Some(-1))) -> Out {
        one_axis(a, axis).and_then(|(a, axis)| ops::partition(&a, kth, axis)).raised().map(Out)
    }

    /// The indices, uint32, that put the elements along `axis` in the order of `partition`.
    #[doc = about!(along)]
    ///
    /// >>> mx.argpartition(mx.array([3, 1, 2]), 1)[1]
    /// array(2, dtype=uint32)
    function fn argpartition(a, kth: i64, axis: Option<i64> = (Some(-1))) -> Out {
        one_axis(a, axis).and_then(|(a, axis)| ops::argpartition(&a, kth, axis)).raised().map(Out)
    }

    /// The `k` largest elements along `axis`, ascending.
    ///
    /// Shapes: any; `axis` has the size `k` in the result, of the dtype of `a`. Raises `IndexError` for an axis that is not there,
    /// `ValueError` for more elements than there are.
    ///
    /// >>> mx.topk(mx.array([3, 1, 2]), 2)
    /// array([2, 3], dtype=int32)
    function fn topk(a, k: i64, axis: Option<i64> = (Some(-1))) -> Out {
        let Ok(k) = usize::try_from(k) else {
            return Err(PyValueError::new_err(format!("[topk] There are no {k} elements.")));
        };
        one_axis(a, axis).and_then(|(a, axis)| ops::topk(&a, k, axis)).raised().map(Out)
    }

    /// The sum of the diagonal `offset` of the axes `axis1` and `axis2`, in `dtype` if it is given.
    ///
    /// Shapes: any of two axes or more; the two go. Raises `IndexError` for an axis that is not there.
    ///
    /// >>> mx.trace(mx.eye(3))
    /// array(3, dtype=float32)
    function fn trace(a, offset: i64 = 0, axis1: i64 = 0, axis2: i64 = 1, dtype: Option<DtypeArg> = None) -> Out {
        let line = ops::diagonal_of(a, offset, axis1, axis2).raised()?;
        let line = match dtype {
            Some(d) => ops::astype(&line, d.0).raised()?,
            None => line,
        };
        let total = ops::sum(&line, -1).raised()?;
        match dtype {
            Some(d) if total.dtype() != d.0 => ops::astype(&total, d.0).raised().map(Out),
            _ => Ok(Out(total)),
        }
    }

    /// The differences of neighbours along `axis`, `n` times.
    ///
    /// Shapes: any; `axis` is `n` shorter. The dtype stays. Raises `IndexError` for an axis that is not there, `ValueError` for a negative
    /// `n`.
    ///
    /// >>> mx.diff(mx.array([1, 4, 9]))
    /// array([3, 5], dtype=int32)
    function fn diff(a, n: i64 = 1, axis: i64 = (-1)) -> Out {
        let Ok(n) = usize::try_from(n) else {
            return Err(PyValueError::new_err("[diff] Order `n` must be non-negative."));
        };
        ops::diff(a, n, axis).raised().map(Out)
    }
}
