//! Running sums, products, extrema and logarithms of sums of exponentials.

use crate::array::{Out, PyArray};
use crate::convert::DtypeArg;
use crate::declare::declare;
use crate::device::{StreamArg, on};
use crate::errors::Raised;
use lazulite::ops::{self, Along};
use lazulite::{Array, Dtype};
use pyo3::prelude::*;

/// How a scan runs: along an axis, or along the flattened array.
fn way(axis: Option<i64>, reverse: bool, inclusive: bool) -> Along {
    let way = axis.map_or(ops::along(..), ops::along);
    let way = if reverse { way.reverse() } else { way };
    if inclusive { way } else { way.exclusive() }
}

/// `a` in the dtype that is asked for.
fn cast(a: &Array, dtype: Option<DtypeArg>) -> lazulite::Result<Array> {
    let d: Option<Dtype> = dtype.map(|d| d.0);
    d.map_or_else(|| Ok(a.clone()), |d| ops::astype(a, d))
}

declare! {
    /// The running sums along `axis` (of the flattened array if `None`), in `dtype`, else in that of `a`; bool sums in int32. `reverse`
    /// runs from the end; not `inclusive`, an element is no part of its own result.
    #[doc = about!(along)]
    ///
    /// >>> mx.cumsum(mx.array([1, 2, 3]), reverse=True)
    /// array([6, 5, 3], dtype=int32)
    function fn cumsum(a, axis: Option<i64> = None; reverse: bool = false, inclusive: bool = true, dtype: Option<DtypeArg> = None) -> Out {
        cast(a, dtype).and_then(|a| ops::cumsum(&a, way(axis, reverse, inclusive))).raised().map(Out)
    }

    /// The running products along `axis`, as `cumsum` sums.
    #[doc = about!(along)]
    ///
    /// >>> mx.cumprod(mx.array([1, 2, 3]))
    /// array([1, 2, 6], dtype=int32)
    function fn cumprod(a, axis: Option<i64> = None; reverse: bool = false, inclusive: bool = true, dtype: Option<DtypeArg> = None) -> Out {
        cast(a, dtype).and_then(|a| ops::cumprod(&a, way(axis, reverse, inclusive))).raised().map(Out)
    }

    /// The running maxima along `axis`, of the flattened array if it is `None`.
    #[doc = about!(along)]
    ///
    /// >>> mx.cummax(mx.array([2, 1, 3]))
    /// array([2, 2, 3], dtype=int32)
    both fn cummax(a, axis: Option<i64> = None; reverse: bool = false, inclusive: bool = true) -> Out {
        ops::cummax(a, way(axis, reverse, inclusive)).raised().map(Out)
    }

    /// The running minima along `axis`, of the flattened array if it is `None`.
    #[doc = about!(along)]
    ///
    /// >>> mx.cummin(mx.array([2, 1, 3]))
    /// array([2, 1, 1], dtype=int32)
    both fn cummin(a, axis: Option<i64> = None; reverse: bool = false, inclusive: bool = true) -> Out {
        ops::cummin(a, way(axis, reverse, inclusive)).raised().map(Out)
    }

    /// The logarithms of the running sums of `exp(a)` along `axis`, without overflow.
    #[doc = about!(along)]
    ///
    /// >>> mx.logcumsumexp(mx.array([0.0, 0.0]))
    /// array([0, 0.693147], dtype=float32)
    both fn logcumsumexp(a, axis: Option<i64> = None; reverse: bool = false, inclusive: bool = true) -> Out {
        ops::logcumsumexp(a, way(axis, reverse, inclusive)).raised().map(Out)
    }
}

#[pymethods]
impl PyArray {
    /// The running sums along `axis`, as the function of this name gives them.
    #[doc = about!(along)]
    ///
    /// >>> mx.array([1, 2, 3]).cumsum()
    /// array([1, 3, 6], dtype=int32)
    #[pyo3(signature = (axis=None, *, reverse=false, inclusive=true, stream=None))]
    fn cumsum(&self, axis: Option<i64>, reverse: bool, inclusive: bool, stream: Option<StreamArg>) -> PyResult<Out> {
        on(stream, || ops::cumsum(&self.get(), way(axis, reverse, inclusive))).raised().map(Out)
    }

    /// The running products along `axis`, as the function of this name gives them.
    #[doc = about!(along)]
    ///
    /// >>> mx.array([1, 2, 3]).cumprod()
    /// array([1, 2, 6], dtype=int32)
    #[pyo3(signature = (axis=None, *, reverse=false, inclusive=true, stream=None))]
    fn cumprod(&self, axis: Option<i64>, reverse: bool, inclusive: bool, stream: Option<StreamArg>) -> PyResult<Out> {
        on(stream, || ops::cumprod(&self.get(), way(axis, reverse, inclusive))).raised().map(Out)
    }
}

/// Adds the functions, two of them under a second name.
pub fn register_all(m: &Bound<'_, PyModule>) -> PyResult<()> {
    register(m)?;
    m.add("cumulative_sum", m.getattr("cumsum")?)?;
    m.add("cumulative_prod", m.getattr("cumprod")?)
}
