//! Places in sorted arrays, and distinct elements.

use crate::array::Out;
use crate::convert::{ArrayArg, OperandArg};
use crate::errors::Raised;
use crate::ops::args::{Tuple, functions};
use lazulite::Array;
use lazulite::ops::{self, Rhs, Side};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What `unique` returns: the values, or a tuple of them and what was asked for.
#[derive(IntoPyObject)]
enum Found {
    Values(Out),
    All(Tuple),
}

/// The value that fills up.
fn filling(fill: OperandArg) -> Array {
    match fill.0 {
        Rhs::Array(a) => a,
        Rhs::Literal(s) => Array::scalar(s),
    }
}

functions! {
    /// For each of `values`, the first place in the ascending one-dimensional array where it keeps the order ("left"), or the last
    /// ("right"), as uint32.
    ///
    /// The result has the shape of `values`. Raises `ValueError` for a sorted array of more axes or another side.
    ///
    /// >>> mx.searchsorted(mx.array([1, 2, 2, 4]), mx.array([2, 5]))
    /// array([1, 4], dtype=uint32)
    [sorted_sequence, values, /, side="left", *,] fn searchsorted(sorted_sequence: ArrayArg, values: ArrayArg, side: &str) -> Out {
        let side = match side {
            "left" => Side::Left,
            "right" => Side::Right,
            other => {
                return Err(PyValueError::new_err(format!("[searchsorted] Invalid side '{other}'. Expected 'left' or 'right'.")));
            }
        };
        ops::searchsorted(&sorted_sequence.0, &values.0, side).raised().map(Out)
    }

    /// The `size` smallest distinct elements of the flattened array, ascending, filled up with `fill_value` (the smallest if `None`). On
    /// request, in a tuple with them: where each occurs first, for each element the place of its value, and how often each occurs.
    ///
    /// Shapes: `(size,)`, of places uint32. Raises `ValueError` for an empty array.
    ///
    /// >>> mx.unique(mx.array([3, 1, 3]), 2)
    /// array([1, 3], dtype=int32)
    /// >>> mx.unique(mx.array([3, 1, 3]), 2, return_counts=True)
    /// (array([1, 3], dtype=int32), array([1, 2], dtype=int32))
    [a, /, size, return_index=false, return_inverse=false, return_counts=false, fill_value=None, *,]
    fn unique(
        a: ArrayArg, size: i64, return_index: bool, return_inverse: bool, return_counts: bool, fill_value: Option<OperandArg>,
    ) -> Found {
        let Ok(size) = usize::try_from(size) else {
            return Err(PyValueError::new_err(format!("[unique] Received negative size {size}.")));
        };
        let fill = fill_value.map(filling);
        let found = ops::unique(&a.0, size, fill.as_ref()).raised()?;
        if !(return_index || return_inverse || return_counts) {
            return Ok(Found::Values(Out(found.values)));
        }
        let others = [(return_index, found.index), (return_inverse, found.inverse), (return_counts, found.counts)];
        let asked = others.into_iter().filter(|(asked, _)| *asked).map(|(_, a)| a);
        Ok(Found::All(Tuple(std::iter::once(found.values).chain(asked).collect())))
    }
}
