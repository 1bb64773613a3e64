"""Typed stubs of lazulite.core. Written by scripts/stubs.py; do not edit."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from os import PathLike
from types import ModuleType, TracebackType
from typing import Any, Final, IO, Literal, ParamSpec, TypeAlias, TypeVar, overload

from . import Dtype, _Operand, _Scalar, _StreamOrDevice, array, bfloat16, float32, int32

state: list[array]
def bernoulli(p: _Operand = 0.5, shape: Sequence[int] | None = None, key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Whether draws succeed that do with probability `p`; of the shape of `p` unless one is given. `bernoulli(0.5, (4,))` is bool of
    shape `(4,)`.
    """
def categorical(logits: array, axis: int = -1, shape: Sequence[int] | None = None, num_samples: int | None = None, key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Indices, uint32, drawn along `axis` with the probabilities `softmax(logits)`: one for each distribution, `num_samples` along a new
    last axis, or of a shape to which the distributions broadcast. `categorical(mx.zeros((2, 3)))` has the shape `(2,)`.
    """
def gumbel(shape: Sequence[int] = [], dtype: Dtype | None = ..., key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Standard Gumbel numbers. `gumbel((4,))` has the shape `(4,)`."""
def key(seed: int) -> array:
    """The key of a seed: uint32 of shape `(2,)`. `key(7)` is `[0, 7]`."""
def laplace(shape: Sequence[int] = [], dtype: Dtype | None = ..., loc: float = 0.0, scale: float = 1.0, key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Laplace numbers around `loc` with the width `scale`. `laplace((4,))` has the shape `(4,)`."""
def multivariate_normal(mean: array, cov: array, shape: Sequence[int] = [], dtype: Dtype | None = ..., key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Normal vectors around `mean` with the covariances `cov`; the other axes broadcast to `shape`, or make it if none is given.
    `multivariate_normal(mx.zeros((2,)), mx.eye(2), [4])` has the shape `(4, 2)`.
    """
def normal(shape: Sequence[int] = [], dtype: Dtype | None = ..., loc: _Scalar | array | None = None, scale: _Scalar | array | None = None, key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Normal numbers around `loc` with the standard deviation `scale`, which may be arrays that broadcast to the shape.
    `normal((2, 3))` has the shape `(2, 3)`.
    """
def permutation(x: int | array, axis: int = 0, key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """The numbers below `x`, uint32, or the slices of an array along `axis`, in random order. `permutation(4)` has the shape `(4,)`."""
def randint(low: _Operand, high: _Operand, shape: Sequence[int] = [], dtype: Dtype | None = ..., key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Integers from `low` to below `high`, which may be arrays that broadcast to the shape. `randint(0, 10, (4,))` has the shape `(4,)`."""
def seed(seed: int) -> None:
    """Sets the state to the key of a seed."""
def split(key: array, num: int = 2, stream: _StreamOrDevice = None) -> array:
    """`num` independent keys from one, as the rows of an array. `split(key(0))` has the shape `(2, 2)`."""
def truncated_normal(lower: _Operand, upper: _Operand, shape: Sequence[int] | None = None, dtype: Dtype | None = ..., key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Standard normal numbers kept between `lower` and `upper`; of the shape of the bounds unless one is given.
    `truncated_normal(-1, 1, (4,))` has the shape `(4,)`.
    """
def uniform(low: _Operand = 0, high: _Operand = 1, shape: Sequence[int] = [], dtype: Dtype | None = ..., key: array | None = None, stream: _StreamOrDevice = None) -> array:
    """Numbers uniform in [`low`, `high`), which may be arrays that broadcast to the shape. `uniform(shape=(2, 3))` has the shape `(2, 3)`."""
