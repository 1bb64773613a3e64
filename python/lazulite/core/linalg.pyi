"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

def cholesky(a: array, upper: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The triangular factor of a positive definite matrix: lower, `l @ l.T`, or upper, `u.T @ u`.

    Shapes: `(..., n, n)`, float32 or float64. Raises `ValueError` for other shapes and dtypes, `RuntimeError` when a matrix turns out
    not to be positive definite.

    >>> mx.linalg.cholesky(mx.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[2, 0],
           [1, 2]], dtype=float32)
    """
def cholesky_inv(a: array, upper: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The inverse of a matrix of which the Cholesky factor is given.

    Shapes: `(..., n, n)`, float32 or float64. Raises `ValueError` for other shapes and dtypes.

    >>> mx.linalg.cholesky_inv(mx.array([[2.0]]))
    array([[0.25]], dtype=float32)
    """
def cross(a: array, b: array, axis: int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The cross product of the vectors along `axis`, which has three elements, or two.

    The other axes of the shapes broadcast; dtypes promote. Raises `ValueError` for other sizes.

    >>> mx.linalg.cross(mx.array([1, 0, 0]), mx.array([0, 1, 0]))
    array([0, 0, 1], dtype=int32)
    """
def det(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The determinant.

    Shapes: `(..., n, n)` to `(...)`. Floats; integers become float32. Raises `ValueError` for other shapes and complex numbers.

    >>> mx.linalg.det(mx.array([[1.0, 2.0], [3.0, 4.0]]))
    array(-2, dtype=float32)
    """
def eig(a: array, *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """The eigenvalues and, as columns, the eigenvectors, complex64.

    Shapes: `(..., n, n)` to `(..., n)` and `(..., n, n)`. float32, float64 or complex64. Raises `ValueError` for other shapes and
    dtypes.

    >>> mx.linalg.eig(mx.array([[2.0]]))
    (array([2+0j], dtype=complex64), array([[1+0j]], dtype=complex64))
    """
def eigh(a: array, UPLO: str = 'L', *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """The rising eigenvalues and, as columns, the eigenvectors of symmetric or Hermitian matrices, of which the lower ("L") or upper
    ("U") triangle is read.

    Shapes: `(..., n, n)` to `(..., n)` and `(..., n, n)`. float32, float64 or complex64. Raises `ValueError` for other shapes and
    dtypes.

    >>> mx.linalg.eigh(mx.array([[2.0]]))
    (array([2], dtype=float32), array([[1]], dtype=float32))
    """
def eigvals(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The eigenvalues, complex64.

    Shapes: `(..., n, n)` to `(..., n)`. float32, float64 or complex64. Raises `ValueError` for other shapes and dtypes.

    >>> mx.linalg.eigvals(mx.array([[2.0]]))
    array([2+0j], dtype=complex64)
    """
def eigvalsh(a: array, UPLO: str = 'L', *, stream: _StreamOrDevice = None) -> array:
    """The eigenvalues of symmetric or Hermitian matrices.

    Shapes: `(..., n, n)` to `(..., n)`. float32, float64 or complex64. Raises `ValueError` for other shapes and dtypes.

    >>> mx.linalg.eigvalsh(mx.array([[2.0, 1.0], [1.0, 2.0]]))
    array([1, 3], dtype=float32)
    """
def inv(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The inverse of matrices.

    Shapes: `(..., n, n)`, float32 or float64. Raises `ValueError` for other shapes and dtypes, `RuntimeError` when a matrix turns out
    to be singular.

    >>> mx.linalg.inv(mx.array([[2.0]]))
    array([[0.5]], dtype=float32)
    """
def lu(a: array, *, stream: _StreamOrDevice = None) -> tuple[array, array, array]:
    """`(p, l, u)` with `l[p] @ u == a`.

    Shapes: `(..., n, m)` to `(..., n)`, `(..., n, k)` and `(..., k, m)`, k the smaller; float32 or float64, places uint32. Raises
    `ValueError` for other shapes and dtypes.

    >>> mx.linalg.lu(mx.array([[2.0]]))
    (array([0], dtype=uint32), array([[1]], dtype=float32), array([[2]], dtype=float32))
    """
def lu_factor(a: array, *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """Both triangles in one matrix, and the row exchanges.

    Shapes: `(..., n, m)` to the same and `(..., k)`, k the smaller; float32 or float64, exchanges uint32. Raises `ValueError` for
    other shapes and dtypes.

    >>> mx.linalg.lu_factor(mx.array([[2.0]]))
    (array([[2]], dtype=float32), array([0], dtype=uint32))
    """
def norm(a: array, /, ord: None | int | float | str = None, axis: None | int | list[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The norm of vectors along one axis, of matrices along two, or of all elements. `ord` is the order, "fro", or `None` for the root of
    the sum of squares.

    Shapes: any; the axes go, or stay with size one with `keepdims`. Floats stay, integers give float32. Raises `ValueError` for an
    unknown order or more than two axes with one, `IndexError` for an axis that is not there.

    >>> mx.linalg.norm(mx.array([3.0, 4.0]))
    array(5, dtype=float32)
    """
def pinv(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The pseudo-inverse.

    Shapes: `(..., n, m)` to `(..., m, n)`, float32 or float64. Raises `ValueError` for other shapes and dtypes.

    >>> mx.linalg.pinv(mx.array([[2.0], [0.0]]))
    array([[0.5, 0]], dtype=float32)
    """
def qr(a: array, *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """`(q, r)` with `q @ r == a`, orthonormal columns and an upper triangle.

    Shapes: `(..., n, m)` to `(..., n, k)` and `(..., k, m)`, k the smaller; float32 or float64. Raises `ValueError` for other shapes
    and dtypes.

    >>> q, r = mx.linalg.qr(mx.ones((3, 2)))
    >>> q.shape, r.shape
    ((3, 2), (2, 2))
    """
def slogdet(a: array, *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """The sign of the determinant and the logarithm of its absolute value.

    Shapes: `(..., n, n)` to `(...)` twice. Floats; integers become float32. Raises `ValueError` for other shapes and complex numbers.

    >>> mx.linalg.slogdet(mx.array([[-1.0]]))
    (array(-1, dtype=float32), array(0, dtype=float32))
    """
def solve(a: array, b: array, *, stream: _StreamOrDevice = None) -> array:
    """`x` of `a @ x == b`, where `b` is a matrix or, if it has one axis, a vector.

    Shapes: `(..., n, n)` with `(..., n, m)` or `(n,)`; float32 or float64. Raises `ValueError` for other shapes and dtypes,
    `RuntimeError` when a matrix turns out to be singular.

    >>> mx.linalg.solve(mx.array([[2.0]]), mx.array([4.0]))
    array([2], dtype=float32)
    """
def solve_triangular(a: array, b: array, *, upper: bool = False, stream: _StreamOrDevice = None) -> array:
    """The same for triangular matrices; the other triangle is not read.

    Shapes: `(..., n, n)` with `(..., n, m)` or `(n,)`; float32 or float64. Raises `ValueError` for other shapes and dtypes,
    `RuntimeError` when a matrix turns out to be singular.

    >>> mx.linalg.solve_triangular(mx.array([[2.0]]), mx.array([4.0]))
    array([2], dtype=float32)
    """
def svd(a: array, compute_uv: bool = True, *, stream: _StreamOrDevice = None) -> tuple[array, array, array]:
    """`(u, s, vt)` with `u[:, :k] * s @ vt[:k] == a`, or the singular values alone.

    Shapes: `(..., n, m)` to `(..., n, n)`, `(..., k)` and `(..., m, m)`, k the smaller; float32, float64 or complex64. Raises
    `ValueError` for other shapes and dtypes.

    >>> [x.shape for x in mx.linalg.svd(mx.ones((3, 2)))]
    [(3, 3), (2,), (2, 2)]
    """
def tri_inv(a: array, upper: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The inverse of triangular matrices.

    Shapes: `(..., n, n)`, float32 or float64. Raises `ValueError` for other shapes and dtypes, `RuntimeError` when a matrix turns out
    to be singular.

    >>> mx.linalg.tri_inv(mx.array([[1.0, 0.0], [1.0, 2.0]]))
    array([[1, 0],
           [-0.5, 0.5]], dtype=float32)
    """
