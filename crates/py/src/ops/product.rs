//! Products: of matrices and vectors, contractions, Einstein's sums.

use super::args::{functions, strict};
use crate::array::Out;
use crate::convert::ArrayArg;
use crate::errors::{Raised, wrong_type};
use lazulite::{Array, ops};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// The axes that `tensordot` sums over: the last so many of one with the first of the other, or a list for each.
enum Over {
    Count(i64),
    Lists(Vec<i64>, Vec<i64>),
}

impl<'py> FromPyObject<'_, 'py> for Over {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Over> {
        if let Ok(n) = obj.extract::<i64>() {
            return Ok(Over::Count(n));
        }
        let lists: Vec<Vec<i64>> = obj.extract().map_err(|_| wrong_type("a number of axes or two lists of axes", &obj))?;
        match <[Vec<i64>; 2]>::try_from(lists) {
            Ok([a, b]) => Ok(Over::Lists(a, b)),
            Err(_) => Err(PyValueError::new_err("[tensordot] axes must be two lists")),
        }
    }
}

fn lists(over: Over, a: &Array, b: &Array) -> PyResult<(Vec<i64>, Vec<i64>)> {
    match over {
        Over::Lists(x, y) => Ok((x, y)),
        Over::Count(n) if n < 0 => Err(PyValueError::new_err("[tensordot] axis must be greater or equal to 0.")),
        Over::Count(n) if n as usize > a.ndim().min(b.ndim()) => {
            Err(PyValueError::new_err("[tensordot] axis must be less than the number of dimensions of a and b."))
        }
        Over::Count(n) => Ok(((-n..0).collect(), (0..n).collect())),
    }
}

functions! {
    /// The matrix product; axes before the last two are a batch and broadcast.
    ///
    /// A vector is a row on the left and a column on the right. Dtypes promote to a float or complex one. Raises `ValueError` for shapes
    /// that do not match, or integers on both sides.
    ///
    /// >>> mx.matmul(mx.ones((2, 3)), mx.ones((3,)))
    /// array([3, 3], dtype=float32)
    [a, b, /, *,] fn matmul(a: ArrayArg, b: ArrayArg) -> Out {
        ops::matmul(&a.0, &b.0).raised().map(Out)
    }

    /// `alpha * (a @ b) + beta * c`, `c` broadcast to the product.
    ///
    /// Shapes: as for `matmul`; `c` broadcasts to the product. Dtypes promote to a float or complex one. Raises `ValueError` for shapes
    /// that do not match or operands that are all integers.
    ///
    /// >>> mx.addmm(mx.array(1.0), mx.eye(2), mx.eye(2))
    /// array([[2, 1],
    ///        [1, 2]], dtype=float32)
    [c, a, b, /, alpha=1.0, beta=1.0, *,] fn addmm(c: ArrayArg, a: ArrayArg, b: ArrayArg, alpha: f64, beta: f64) -> Out {
        ops::addmm(&c.0, &a.0, &b.0, alpha, beta).raised().map(Out)
    }

    /// The products of the vectors along the last axes, each of `a` with each of `b`.
    ///
    /// Shapes: `(n, k)` and `(m, k)` give `(n, m)`. Dtypes promote to a float or complex one. Raises `ValueError` for last axes of
    /// different sizes, or integers on both sides.
    ///
    /// >>> mx.inner(mx.ones((2, 3)), mx.ones((4, 3))).shape
    /// (2, 4)
    [a, b, /, *,] fn inner(a: ArrayArg, b: ArrayArg) -> Out {
        ops::inner(&a.0, &b.0).raised().map(Out)
    }

    /// Each element of `a` times each of `b`, both flattened.
    ///
    /// Shape: `(size of a, size of b)`; dtypes promote. Raises `TypeError` for what is no array.
    ///
    /// >>> mx.outer(mx.array([1, 2]), mx.array([3, 4]))
    /// array([[3, 4],
    ///        [6, 8]], dtype=int32)
    [a, b, /, *,] fn outer(a: ArrayArg, b: ArrayArg) -> Out {
        ops::outer(&a.0, &b.0).raised().map(Out)
    }

    /// The Kronecker product.
    ///
    /// The shapes' sizes are multiplied; dtypes promote. Raises `ValueError` for an empty array.
    ///
    /// >>> mx.kron(mx.array([1, 10]), mx.array([1, 2]))
    /// array([1, 2, 10, 20], dtype=int32)
    [a, b, *,] fn kron(a: ArrayArg, b: ArrayArg) -> Out {
        if a.0.size() == 0 || b.0.size() == 0 {
            return Err(PyValueError::new_err("[kron] Input arrays cannot be empty."));
        }
        ops::kron(&a.0, &b.0).raised().map(Out)
    }

    /// The products of the vectors along `axis`, those of `a` conjugated.
    ///
    /// The other axes broadcast, so `(n, k)` and `(k,)` give the shape `(n,)`; dtypes promote. Raises `ValueError` for shapes that do not
    /// match.
    ///
    /// >>> mx.vecdot(mx.array([1.0, 2.0]), mx.array([3.0, 4.0]))
    /// array(11, dtype=float32)
    [a, b, /, axis=-1, *,] fn vecdot(a: ArrayArg, b: ArrayArg, axis: i64) -> Out {
        ops::vecdot(&a.0, &b.0, axis).raised().map(Out)
    }

    /// The sum of products over the last `axes` axes of `a` and the first of `b`, or over two lists of axes.
    ///
    /// Shape: the axes of `a` that remain, then those of `b`. Dtypes promote to a float or complex one. Raises `ValueError` for axes that
    /// do not match.
    ///
    /// >>> mx.tensordot(mx.ones((2, 3)), mx.ones((3, 4)), 1).shape
    /// (2, 4)
    [a, b, /, axes=Over::Count(2), *,] fn tensordot(a: ArrayArg, b: ArrayArg, axes: Over) -> Out {
        let (x, y) = lists(axes, &a.0, &b.0)?;
        ops::tensordot(&a.0, &b.0, (&x, &y)).raised().map(Out)
    }

    /// Einstein summation: letters name axes, those missing after `->` are summed over.
    ///
    /// Shapes: an axis a letter; dtypes promote. Raises `ValueError` for subscripts that do not fit the operands.
    ///
    /// >>> mx.einsum("ij,jk->ik", mx.ones((2, 3)), mx.ones((3, 1)))
    /// array([[3],
    ///        [3]], dtype=float32)
    [subscripts, *operands,] fn einsum(subscripts: &str, operands: &Bound<'_, PyTuple>) -> Out {
        let list = strict(operands.as_any())?;
        ops::einsum(subscripts, &list.iter().collect::<Vec<_>>()).raised().map(Out)
    }

    /// The Hadamard transform along the last axis, of a size `m * 2**k` with `m` in (1, 12, 20, 28), times `scale`, one over the root of
    /// the size by default.
    ///
    /// Shape and dtype stay, floats; integers become float32. Raises `ValueError` for another size.
    ///
    /// >>> mx.hadamard_transform(mx.array([1.0, 2.0]), scale=1.0)
    /// array([3, -1], dtype=float32)
    [a, scale=None,] fn hadamard_transform(a: ArrayArg, scale: Option<f64>) -> Out {
        ops::hadamard_transform(&a.0, scale).raised().map(Out)
    }
}

/// The order in which `einsum` contracts operands without intermediates larger than these and the result, as tuples of places, and a
/// report.
///
/// Operands of any dtype; only their shapes matter. Raises `ValueError` for subscripts that do not fit the operands.
///
/// >>> mx.einsum_path("ij,jk->ik", mx.ones((2, 3)), mx.ones((3, 1)))[0]
/// [(0, 1)]
#[pyfunction]
#[pyo3(signature = (subscripts, *operands))]
fn einsum_path<'py>(py: Python<'py>, subscripts: &str, operands: &Bound<'py, PyTuple>) -> PyResult<(Vec<Bound<'py, PyTuple>>, String)> {
    let list = strict(operands.as_any())?;
    let (path, report) = ops::einsum_path(subscripts, &list.iter().collect::<Vec<_>>()).raised()?;
    Ok((path.iter().map(|step| PyTuple::new(py, step)).collect::<PyResult<_>>()?, report))
}

/// Adds the functions.
pub fn register_all(m: &Bound<'_, PyModule>) -> PyResult<()> {
    register(m)?;
    m.add_function(wrap_pyfunction!(einsum_path, m)?)
}
