"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

def cholesky(a: array, upper: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The triangular factor of a positive definite matrix: lower, `l @ l.T`, or upper, `u.T @ u`.
    `cholesky(mx.array([[4.0, 2.0], [2.0, 5.0]]))` is `[[2, 0], [1, 2]]`.
    """
def cholesky_inv(a: array, upper: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The inverse of a matrix of which the Cholesky factor is given. `cholesky_inv(mx.array([[2.0]]))` is `[[0.25]]`."""
def cross(a: array, b: array, axis: int = -1, *, stream: _StreamOrDevice = None) -> array:
    """The cross product of the vectors along `axis`, which has three elements, or two.
    `cross(mx.array([1, 0, 0]), mx.array([0, 1, 0]))` is `[0, 0, 1]`.
    """
def det(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The determinant. `det(mx.array([[1.0, 2.0], [3.0, 4.0]]))` is `-2`."""
def eig(a: array, *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """The eigenvalues and, as columns, the eigenvectors, complex64. `eig(mx.array([[2.0]]))` is `([2], [[1]])`."""
def eigh(a: array, UPLO: str = 'L', *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """The rising eigenvalues and, as columns, the eigenvectors of symmetric or Hermitian matrices, of which the lower ("L") or upper ("U")
    triangle is read. `eigh(mx.array([[2.0]]))` is `([2], [[1]])`.
    """
def eigvals(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The eigenvalues, complex64. `eigvals(mx.array([[2.0]]))` is `[2]`."""
def eigvalsh(a: array, UPLO: str = 'L', *, stream: _StreamOrDevice = None) -> array:
    """The eigenvalues of symmetric or Hermitian matrices. `eigvalsh(mx.array([[2.0]]))` is `[2]`."""
def inv(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The inverse of matrices. `inv(mx.array([[2.0]]))` is `[[0.5]]`."""
def lu(a: array, *, stream: _StreamOrDevice = None) -> tuple[array, array, array]:
    """`(p, l, u)` with `l[p] @ u == a`. `lu(mx.array([[2.0]]))` is `([0], [[1]], [[2]])`."""
def lu_factor(a: array, *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """Both triangles in one matrix, and the row exchanges. `lu_factor(mx.array([[2.0]]))` is `([[2]], [0])`."""
def norm(a: array, /, ord: None | int | float | str = None, axis: None | int | list[int] = None, keepdims: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The norm of vectors along one axis, of matrices along two, or of all elements. `ord` is the order, "fro", or `None` for the root
    of the sum of squares. `norm(mx.array([3.0, 4.0]))` is `5.0`.
    """
def pinv(a: array, *, stream: _StreamOrDevice = None) -> array:
    """The pseudo-inverse. `pinv(mx.array([[2.0], [0.0]]))` is `[[0.5, 0]]`."""
def qr(a: array, *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """`(q, r)` with `q @ r == a`, orthonormal columns and an upper triangle. `qr(mx.ones((3, 2)))` has the shapes `(3, 2)` and `(2, 2)`."""
def slogdet(a: array, *, stream: _StreamOrDevice = None) -> tuple[array, array]:
    """The sign of the determinant and the logarithm of its absolute value. `slogdet(mx.array([[-1.0]]))` is `(-1, 0)`."""
def solve(a: array, b: array, *, stream: _StreamOrDevice = None) -> array:
    """`x` of `a @ x == b`, where `b` is a matrix or, if it has one axis, a vector. `solve(mx.array([[2.0]]), mx.array([4.0]))` is `[2]`."""
def solve_triangular(a: array, b: array, *, upper: bool = False, stream: _StreamOrDevice = None) -> array:
    """The same for triangular matrices; the other triangle is not read. `solve_triangular(mx.array([[2.0]]), mx.array([4.0]))` is `[2]`."""
def svd(a: array, compute_uv: bool = True, *, stream: _StreamOrDevice = None) -> tuple[array, array, array]:
    """`(u, s, vt)` with `u[:, :k] * s @ vt[:k] == a`, or the singular values alone. `svd(mx.ones((3, 2)))` has the shapes `(3, 3)`, `(2,)`
    and `(2, 2)`.
    """
def tri_inv(a: array, upper: bool = False, *, stream: _StreamOrDevice = None) -> array:
    """The inverse of triangular matrices. `tri_inv(mx.array([[1.0, 0.0], [1.0, 2.0]]))` is `[[1, 0], [-0.5, 0.5]]`."""
