//! `mx.linalg`: decompositions of matrices, equations, norms.

use crate::array::{Out, PyArray};
use crate::convert::{ArrayArg, AxesArg};
use crate::errors::{Raised, wrong_type};
use crate::ops::args::{Tuple, functions};
use lazulite::ops::{self, Norm, linalg as core};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The argument `ord` of `norm`.
enum Order {
    Number(f64),
    Named(String),
}

impl<'py> FromPyObject<'_, 'py> for Order {
    type Error = PyErr;

    fn extract(obj: Borrowed<'_, 'py, PyAny>) -> PyResult<Order> {
        if let Ok(s) = obj.extract::<String>() {
            return Ok(Order::Named(s));
        }
        obj.extract().map(Order::Number).map_err(|_| wrong_type("a number or a string", &obj))
    }
}

/// What `svd` gives: three arrays, or the values alone.
enum Singular {
    All(Tuple),
    Values(Out),
}

impl<'py> IntoPyObject<'py> for Singular {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        match self {
            Singular::All(list) => Ok(list.into_pyobject(py)?.into_any()),
            Singular::Values(s) => Ok(Bound::new(py, PyArray::from(s.0))?.into_any()),
        }
    }
}

/// Whether `UPLO` names the lower triangle.
fn lower(uplo: &str) -> bool {
    uplo == "L"
}

functions! {
    /// The norm of vectors along one axis, of matrices along two, or of all elements. `ord` is the order, "fro", or `None` for the root of
    /// the sum of squares.
    ///
    /// Shapes: any; the axes go, or stay with size one with `keepdims`. Floats stay, integers give float32. Raises `ValueError` for an
    /// unknown order or more than two axes with one, `IndexError` for an axis that is not there.
    ///
    /// >>> mx.linalg.norm(mx.array([3.0, 4.0]))
    /// array(5, dtype=float32)
    [a, /, ord=None, axis=None, keepdims=false, *,] fn norm(a: ArrayArg, ord: Option<Order>, axis: Option<AxesArg>, keepdims: bool) -> Out {
        let axes = axis.unwrap_or_default();
        let count = axes.0.as_ref().map_or(a.0.ndim(), |l| l.len());
        if count > 2 && (ord.is_some() || axes.0.is_some()) {
            return Err(PyValueError::new_err("[linalg::norm] Received too many axes for norm."));
        }
        let order = match ord {
            None => Norm::Euclidean,
            Some(Order::Number(p)) => Norm::Order(p),
            Some(Order::Named(s)) if count != 2 => {
                let text = format!("[linalg::norm] Norm '{s}' only supported for matrices, but received {count} axis/axes.");
                return Err(PyValueError::new_err(text));
            }
            Some(Order::Named(s)) if matches!(&s[..], "f" | "fro") => Norm::Euclidean,
            Some(Order::Named(s)) if s == "nuc" => Norm::Nuclear,
            Some(Order::Named(s)) => return Err(PyValueError::new_err(format!("[linalg::norm] Invalid ord value '{s}' for matrix norm."))),
        };
        ops::norm(&a.0, order, axes.axes(keepdims)).raised().map(Out)
    }

    /// The cross product of the vectors along `axis`, which has three elements, or two.
    ///
    /// The other axes of the shapes broadcast; dtypes promote. Raises `ValueError` for other sizes.
    ///
    /// >>> mx.linalg.cross(mx.array([1, 0, 0]), mx.array([0, 1, 0]))
    /// array([0, 0, 1], dtype=int32)
    [a, b, axis=-1, *,] fn cross(a: ArrayArg, b: ArrayArg, axis: i64) -> Out {
        ops::cross(&a.0, &b.0, axis).raised().map(Out)
    }

    /// The triangular factor of a positive definite matrix: lower, `l @ l.T`, or upper, `u.T @ u`.
    ///
    /// Shapes: `(..., n, n)`, float32 or float64. Raises `ValueError` for other shapes and dtypes, `RuntimeError` when a matrix turns out
    /// not to be positive definite.
    ///
    /// >>> mx.linalg.cholesky(mx.array([[4.0, 2.0], [2.0, 5.0]]))
    /// array([[2, 0],
    ///        [1, 2]], dtype=float32)
    [a, upper=false, *,] fn cholesky(a: ArrayArg, upper: bool) -> Out {
        core::cholesky(&a.0, upper).raised().map(Out)
    }

    /// The inverse of a matrix of which the Cholesky factor is given.
    ///
    /// Shapes: `(..., n, n)`, float32 or float64. Raises `ValueError` for other shapes and dtypes.
    ///
    /// >>> mx.linalg.cholesky_inv(mx.array([[2.0]]))
    /// array([[0.25]], dtype=float32)
    [a, upper=false, *,] fn cholesky_inv(a: ArrayArg, upper: bool) -> Out {
        core::cholesky_inv(&a.0, upper).raised().map(Out)
    }

    /// The inverse of matrices.
    ///
    /// Shapes: `(..., n, n)`, float32 or float64. Raises `ValueError` for other shapes and dtypes, `RuntimeError` when a matrix turns out
    /// to be singular.
    ///
    /// >>> mx.linalg.inv(mx.array([[2.0]]))
    /// array([[0.5]], dtype=float32)
    [a, *,] fn inv(a: ArrayArg) -> Out {
        core::inv(&a.0).raised().map(Out)
    }

    /// The inverse of triangular matrices.
    ///
    /// Shapes: `(..., n, n)`, float32 or float64. Raises `ValueError` for other shapes and dtypes, `RuntimeError` when a matrix turns out
    /// to be singular.
    ///
    /// >>> mx.linalg.tri_inv(mx.array([[1.0, 0.0], [1.0, 2.0]]))
    /// array([[1, 0],
    ///        [-0.5, 0.5]], dtype=float32)
    [a, upper=false, *,] fn tri_inv(a: ArrayArg, upper: bool) -> Out {
        core::tri_inv(&a.0, upper).raised().map(Out)
    }

    /// `x` of `a @ x == b`, where `b` is a matrix or, if it has one axis, a vector.
    ///
    /// Shapes: `(..., n, n)` with `(..., n, m)` or `(n,)`; float32 or float64. Raises `ValueError` for other shapes and dtypes,
    /// `RuntimeError` when a matrix turns out to be singular.
    ///
    /// >>> mx.linalg.solve(mx.array([[2.0]]), mx.array([4.0]))
    /// array([2], dtype=float32)
    [a, b, *,] fn solve(a: ArrayArg, b: ArrayArg) -> Out {
        core::solve(&a.0, &b.0).raised().map(Out)
    }

    /// The same for triangular matrices; the other triangle is not read.
    ///
    /// Shapes: `(..., n, n)` with `(..., n, m)` or `(n,)`; float32 or float64. Raises `ValueError` for other shapes and dtypes,
    /// `RuntimeError` when a matrix turns out to be singular.
    ///
    /// >>> mx.linalg.solve_triangular(mx.array([[2.0]]), mx.array([4.0]))
    /// array([2], dtype=float32)
    [a, b, *, upper=false,] fn solve_triangular(a: ArrayArg, b: ArrayArg, upper: bool) -> Out {
        core::solve_triangular(&a.0, &b.0, upper).raised().map(Out)
    }

    /// `(p, l, u)` with `l[p] @ u == a`.
    ///
    /// Shapes: `(..., n, m)` to `(..., n)`, `(..., n, k)` and `(..., k, m)`, k the smaller; float32 or float64, places uint32. Raises
    /// `ValueError` for other shapes and dtypes.
    ///
    /// >>> mx.linalg.lu(mx.array([[2.0]]))
    /// (array([0], dtype=uint32), array([[1]], dtype=float32), array([[2]], dtype=float32))
    [a, *,] fn lu(a: ArrayArg) -> Tuple {
        core::lu(&a.0).raised().map(|(p, l, u)| Tuple(vec![p, l, u]))
    }

    /// Both triangles in one matrix, and the row exchanges.
    ///
    /// Shapes: `(..., n, m)` to the same and `(..., k)`, k the smaller; float32 or float64, exchanges uint32. Raises `ValueError` for
    /// other shapes and dtypes.
    ///
    /// >>> mx.linalg.lu_factor(mx.array([[2.0]]))
    /// (array([[2]], dtype=float32), array([0], dtype=uint32))
    [a, *,] fn lu_factor(a: ArrayArg) -> Tuple {
        core::lu_factor(&a.0).raised().map(|(packed, pivots)| Tuple(vec![packed, pivots]))
    }

    /// `(q, r)` with `q @ r == a`, orthonormal columns and an upper triangle.
    ///
    /// Shapes: `(..., n, m)` to `(..., n, k)` and `(..., k, m)`, k the smaller; float32 or float64. Raises `ValueError` for other shapes
    /// and dtypes.
    ///
    /// >>> q, r = mx.linalg.qr(mx.ones((3, 2)))
    /// >>> q.shape, r.shape
    /// ((3, 2), (2, 2))
    [a, *,] fn qr(a: ArrayArg) -> Tuple {
        core::qr(&a.0).raised().map(|(q, r)| Tuple(vec![q, r]))
    }

    /// `(u, s, vt)` with `u[:, :k] * s @ vt[:k] == a`, or the singular values alone.
    ///
    /// Shapes: `(..., n, m)` to `(..., n, n)`, `(..., k)` and `(..., m, m)`, k the smaller; float32, float64 or complex64. Raises
    /// `ValueError` for other shapes and dtypes.
    ///
    /// >>> [x.shape for x in mx.linalg.svd(mx.ones((3, 2)))]
    /// [(3, 3), (2,), (2, 2)]
    [a, compute_uv=true, *,] fn svd(a: ArrayArg, compute_uv: bool) -> Singular {
        match compute_uv {
            true => core::svd(&a.0).raised().map(|(u, s, vt)| Singular::All(Tuple(vec![u, s, vt]))),
            false => core::svdvals(&a.0).raised().map(|s| Singular::Values(Out(s))),
        }
    }

    /// The eigenvalues and, as columns, the eigenvectors, complex64.
    ///
    /// Shapes: `(..., n, n)` to `(..., n)` and `(..., n, n)`. float32, float64 or complex64. Raises `ValueError` for other shapes and
    /// dtypes.
    ///
    /// >>> mx.linalg.eig(mx.array([[2.0]]))
    /// (array([2+0j], dtype=complex64), array([[1+0j]], dtype=complex64))
    [a, *,] fn eig(a: ArrayArg) -> Tuple {
        core::eig(&a.0).raised().map(|(w, v)| Tuple(vec![w, v]))
    }

    /// The eigenvalues, complex64.
    ///
    /// Shapes: `(..., n, n)` to `(..., n)`. float32, float64 or complex64. Raises `ValueError` for other shapes and dtypes.
    ///
    /// >>> mx.linalg.eigvals(mx.array([[2.0]]))
    /// array([2+0j], dtype=complex64)
    [a, *,] fn eigvals(a: ArrayArg) -> Out {
        core::eigvals(&a.0).raised().map(Out)
    }

    /// The rising eigenvalues and, as columns, the eigenvectors of symmetric or Hermitian matrices, of which the lower ("L") or upper
    /// ("U") triangle is read.
    ///
    /// Shapes: `(..., n, n)` to `(..., n)` and `(..., n, n)`. float32, float64 or complex64. Raises `ValueError` for other shapes and
    /// dtypes.
    ///
    /// >>> mx.linalg.eigh(mx.array([[2.0]]))
    /// (array([2], dtype=float32), array([[1]], dtype=float32))
    [a, UPLO="L", *,] fn eigh(a: ArrayArg, UPLO: &str) -> Tuple {
        core::eigh(&a.0, lower(UPLO)).raised().map(|(w, v)| Tuple(vec![w, v]))
    }

    /// The eigenvalues of symmetric or Hermitian matrices.
    ///
    /// Shapes: `(..., n, n)` to `(..., n)`. float32, float64 or complex64. Raises `ValueError` for other shapes and dtypes.
    ///
    /// >>> mx.linalg.eigvalsh(mx.array([[2.0, 1.0], [1.0, 2.0]]))
    /// array([1, 3], dtype=float32)
    [a, UPLO="L", *,] fn eigvalsh(a: ArrayArg, UPLO: &str) -> Out {
        core::eigvalsh(&a.0, lower(UPLO)).raised().map(Out)
    }

    /// The pseudo-inverse.
    ///
    /// Shapes: `(..., n, m)` to `(..., m, n)`, float32 or float64. Raises `ValueError` for other shapes and dtypes.
    ///
    /// >>> mx.linalg.pinv(mx.array([[2.0], [0.0]]))
    /// array([[0.5, 0]], dtype=float32)
    [a, *,] fn pinv(a: ArrayArg) -> Out {
        core::pinv(&a.0).raised().map(Out)
    }

    /// The determinant.
    ///
    /// Shapes: `(..., n, n)` to `(...)`. Floats; integers become float32. Raises `ValueError` for other shapes and complex numbers.
    ///
    /// >>> mx.linalg.det(mx.array([[1.0, 2.0], [3.0, 4.0]]))
    /// array(-2, dtype=float32)
    [a, *,] fn det(a: ArrayArg) -> Out {
        core::det(&a.0).raised().map(Out)
    }

    /// The sign of the determinant and the logarithm of its absolute value.
    ///
    /// Shapes: `(..., n, n)` to `(...)` twice. Floats; integers become float32. Raises `ValueError` for other shapes and complex numbers.
    ///
    /// >>> mx.linalg.slogdet(mx.array([[-1.0]]))
    /// (array(-1, dtype=float32), array(0, dtype=float32))
    [a, *,] fn slogdet(a: ArrayArg) -> Tuple {
        core::slogdet(&a.0).raised().map(|(sign, log)| Tuple(vec![sign, log]))
    }
}

/// Adds the module.
pub fn register_all(m: &Bound<'_, PyModule>) -> PyResult<()> {
    let linalg = crate::submodule(m, "linalg")?;
    register(&linalg)?;
    m.add("matrix_norm", linalg.getattr("norm")?)
}
