"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

state: list[array]
def bernoulli(p: _Operand = 0.5, shape: Sequence[int] | None = None, key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Whether draws succeed that do with probability `p`; of the shape of `p` unless one is given.

    The dtype is bool. Raises `ValueError` for a key or a shape that does not fit.

    >>> mx.random.bernoulli(1.0, (4,))
    array([True, True, True, True], dtype=bool)
    """
def categorical(logits: array, axis: int = -1, shape: Sequence[int] | None = None, num_samples: int | None = None, key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Indices, uint32, drawn along `axis` with the probabilities `softmax(logits)`: one for each distribution, `num_samples` along a
    new last axis, or of a shape to which the distributions broadcast.

    Raises `ValueError` for a key or a shape that does not fit, `IndexError` for an axis that is not there.

    >>> mx.random.categorical(mx.zeros((2, 3))).shape
    (2,)
    """
def gumbel(shape: Sequence[int] = [], dtype: Dtype | None = ..., key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Standard Gumbel numbers.

    float32 unless a dtype is given. Raises `ValueError` for a key that is none, a negative size in the shape, or a
    dtype of integers.

    >>> mx.random.gumbel((4,)).shape
    (4,)
    """
def key(seed: int) -> array:
    """The key of a seed: uint32 of shape `(2,)`.

    Raises `TypeError` for what is no integer from 0 to below 2**64.

    >>> mx.random.key(7)
    array([0, 7], dtype=uint32)
    """
def laplace(shape: Sequence[int] = [], dtype: Dtype | None = ..., loc: float = 0.0, scale: float = 1.0, key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Laplace numbers around `loc` with the width `scale`.

    float32 unless a dtype is given. Raises `ValueError` for a key that is none, a negative size in the shape, or a
    dtype of integers.

    >>> mx.random.laplace((4,)).shape
    (4,)
    """
def multivariate_normal(mean: array, cov: array, shape: Sequence[int] = [], dtype: Dtype | None = ..., key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Normal vectors around `mean` with the covariances `cov`; the other axes broadcast to `shape`, or make it if none is given.

    Dtype: float32. Raises `ValueError` for shapes of mean and covariances that do not fit.

    >>> mx.random.multivariate_normal(mx.zeros((2,)), mx.eye(2), [4]).shape
    (4, 2)
    """
def normal(shape: Sequence[int] = [], dtype: Dtype | None = ..., loc: _Scalar | array | None = None, scale: _Scalar | array | None = None, key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Normal numbers around `loc` with the standard deviation `scale`, which may be arrays that broadcast to the shape.

    float32 unless a dtype is given. Raises `ValueError` for a key that is none, a negative size in the shape, or a
    dtype of integers.

    >>> mx.random.normal((2, 3), key=mx.random.key(0)).shape
    (2, 3)
    """
def permutation(x: int | array, axis: int = 0, key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """The numbers below `x`, uint32, or the slices of an array along `axis`, in random order.

    Shape and dtype of an array stay. Raises `ValueError` for a bad key, `IndexError` for an axis that is not there.

    >>> mx.sort(mx.random.permutation(4))
    array([0, 1, 2, 3], dtype=uint32)
    """
def randint(low: _Operand, high: _Operand, shape: Sequence[int] = [], dtype: Dtype | None = ..., key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Integers from `low` to below `high`, which may be arrays that broadcast to the shape.

    int32 unless a dtype is given. Raises `ValueError` for a key that is none, or a dtype of floats.

    >>> mx.random.randint(3, 4, (2,))
    array([3, 3], dtype=int32)
    """
def seed(seed: int) -> None:
    """Sets the state to the key of a seed.

    Raises `TypeError` for what is no integer from 0 to below 2**64.

    >>> mx.random.seed(7)
    >>> x = mx.random.uniform()
    >>> mx.random.seed(7)
    >>> x.item() == mx.random.uniform().item()
    True
    """
def split(key: array, num: int = 2, stream: _StreamOrDevice = None) -> array:
    """`num` independent keys from one, as the rows of an array.

    Shape: `(num, 2)`, uint32. Raises `ValueError` for a key that is none.

    >>> mx.random.split(mx.random.key(0)).shape
    (2, 2)
    """
def truncated_normal(lower: _Operand, upper: _Operand, shape: Sequence[int] | None = None, dtype: Dtype | None = ..., key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Standard normal numbers kept between `lower` and `upper`; of the shape of the bounds unless one is given.

    float32 unless a dtype is given. Raises `ValueError` for a key that is none, a negative size in the shape, or a
    dtype of integers.

    >>> mx.random.truncated_normal(-1, 1, (4,)).shape
    (4,)
    """
def uniform(low: _Operand = 0, high: _Operand = 1, shape: Sequence[int] = [], dtype: Dtype | None = ..., key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Numbers uniform in [`low`, `high`), which may be arrays that broadcast to the shape.

    float32 unless a dtype is given. Raises `ValueError` for a key that is none, a negative size in the shape, or a
    dtype of integers.

    >>> mx.random.uniform(shape=(2, 3), dtype=mx.float16).dtype == mx.float16
    True
    """
