"""Initializers: functions that make functions from an array to a new one of its shape.

Only the shape of the array given matters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import lazulite.core as mx


def constant(value: float, dtype: mx.Dtype = mx.float32) -> Callable[[mx.array], mx.array]:
    """Fill with `value`.

    The initializer takes an array of any shape and gives one of that shape and of `dtype`. Raises `ValueError` for a
    value that the dtype does not hold.

    Example:
        >>> nn.init.constant(0.5)(mx.zeros((2,)))
        array([0.5, 0.5], dtype=float32)
    """

    def initializer(a: mx.array) -> mx.array:
        return mx.full(a.shape, value, dtype=dtype)

    return initializer


def normal(mean: float = 0.0, std: float = 1.0, dtype: mx.Dtype = mx.float32) -> Callable[[mx.array], mx.array]:
    """Draw from the normal distribution with the given mean and standard deviation.

    The initializer takes an array of any shape and gives one of that shape and of `dtype`, which must be one of floats:
    others are a `ValueError`.

    Example:
        >>> nn.init.normal(std=0.02)(mx.zeros((2, 3))).shape
        (2, 3)
    """

    def initializer(a: mx.array) -> mx.array:
        return mx.random.normal(shape=a.shape, scale=std, loc=mean, dtype=dtype)

    return initializer


def uniform(low: float = 0.0, high: float = 1.0, dtype: mx.Dtype = mx.float32) -> Callable[[mx.array], mx.array]:
    """Draw uniformly from `[low, high)`.

    The initializer takes an array of any shape and gives one of that shape and of `dtype`, which must be one of floats:
    others are a `ValueError`.

    Example:
        >>> nn.init.uniform(-1, 1)(mx.zeros((2, 3))).shape
        (2, 3)
    """

    def initializer(a: mx.array) -> mx.array:
        return mx.random.uniform(low, high, a.shape, dtype=dtype)

    return initializer


def identity(dtype: mx.Dtype = mx.float32) -> Callable[[mx.array], mx.array]:
    """The identity matrix; for square matrices only.

    The initializer takes an array of shape `(n, n)` and gives one of `dtype`; other shapes are a `ValueError`.

    Example:
        >>> nn.init.identity()(mx.zeros((2, 2)))
        array([[1, 0],
               [0, 1]], dtype=float32)
    """

    def initializer(a: mx.array) -> mx.array:
        if a.ndim != 2 or a.shape[0] != a.shape[1]:
            raise ValueError(f"init.identity: a square matrix is needed, got shape {a.shape}")
        return mx.eye(a.shape[0], dtype=dtype)

    return initializer


def _fans(a: mx.array, name: str) -> tuple[int, int]:
    """How many inputs and outputs a weight `(outputs, ..., inputs)` joins; axes between count for both."""
    if a.ndim < 2:
        raise ValueError(f"init.{name}: at least 2 axes are needed, got shape {a.shape}")
    field = math.prod(a.shape[1:-1])
    return a.shape[-1] * field, a.shape[0] * field


def _chosen_fan(a: mx.array, mode: str, name: str) -> int:
    fan_in, fan_out = _fans(a, name)
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"init.{name}: mode must be 'fan_in' or 'fan_out', not {mode!r}")
    return fan_in if mode == "fan_in" else fan_out


def glorot_normal(dtype: mx.Dtype = mx.float32) -> Callable[[mx.array, float], mx.array]:
    """Normal with standard deviation `gain sqrt(2 / (fan_in + fan_out))` (Glorot & Bengio 2010).

    The initializer takes `gain` as a second argument.

    The shape is `(outputs, ..., inputs)`; an array of fewer than two axes, or a dtype that has no floats, is a
    `ValueError`.

    Example:
        >>> nn.init.glorot_normal()(mx.zeros((2, 3)), gain=2.0).shape
        (2, 3)
    """

    def initializer(a: mx.array, gain: float = 1.0) -> mx.array:
        std = gain * math.sqrt(2.0 / sum(_fans(a, "glorot_normal")))
        return mx.random.normal(shape=a.shape, scale=std, dtype=dtype)

    return initializer


def glorot_uniform(dtype: mx.Dtype = mx.float32) -> Callable[[mx.array, float], mx.array]:
    """Uniform in `[-l, l]` with `l = gain sqrt(6 / (fan_in + fan_out))` (Glorot & Bengio 2010).

    The initializer takes `gain` as a second argument.

    The shape is `(outputs, ..., inputs)`; an array of fewer than two axes, or a dtype that has no floats, is a
    `ValueError`.

    Example:
        >>> nn.init.glorot_uniform()(mx.zeros((2, 3)), gain=2.0).shape
        (2, 3)
    """

    def initializer(a: mx.array, gain: float = 1.0) -> mx.array:
        limit = gain * math.sqrt(6.0 / sum(_fans(a, "glorot_uniform")))
        return mx.random.uniform(-limit, limit, a.shape, dtype=dtype)

    return initializer


def he_normal(
    dtype: mx.Dtype = mx.float32,
) -> Callable[[mx.array, Literal["fan_in", "fan_out"], float], mx.array]:
    """Normal with standard deviation `gain / sqrt(fan)` (He et al. 2015).

    The initializer takes `mode`, which says whether `fan` is the number of inputs or of outputs, and `gain`.

    The shape is `(outputs, ..., inputs)`; an array of fewer than two axes, or a dtype that has no floats, is a
    `ValueError`.

    Example:
        >>> nn.init.he_normal()(mx.zeros((2, 3)), mode="fan_out", gain=2.0).shape
        (2, 3)
    """

    def initializer(a: mx.array, mode: Literal["fan_in", "fan_out"] = "fan_in", gain: float = 1.0) -> mx.array:
        std = gain / math.sqrt(_chosen_fan(a, mode, "he_normal"))
        return mx.random.normal(shape=a.shape, scale=std, dtype=dtype)

    return initializer


def he_uniform(
    dtype: mx.Dtype = mx.float32,
) -> Callable[[mx.array, Literal["fan_in", "fan_out"], float], mx.array]:
    """Uniform in `[-l, l]` with `l = gain sqrt(3 / fan)` (He et al. 2015).

    The initializer takes `mode`, which says whether `fan` is the number of inputs or of outputs, and `gain`.

    The shape is `(outputs, ..., inputs)`; an array of fewer than two axes, or a dtype that has no floats, is a
    `ValueError`.

    Example:
        >>> nn.init.he_uniform()(mx.zeros((2, 3)), mode="fan_out", gain=2.0).shape
        (2, 3)
    """

    def initializer(a: mx.array, mode: Literal["fan_in", "fan_out"] = "fan_in", gain: float = 1.0) -> mx.array:
        limit = gain * math.sqrt(3.0 / _chosen_fan(a, mode, "he_uniform"))
        return mx.random.uniform(-limit, limit, a.shape, dtype=dtype)

    return initializer


def sparse(
    sparsity: float, mean: float = 0.0, std: float = 1.0, dtype: mx.Dtype = mx.float32
) -> Callable[[mx.array], mx.array]:
    """Normal, with the same share of each row set to zero (Martens, Deep Learning via Hessian-free Optimization, 2010).

    Args:
        sparsity: the share, in `[0, 1]`; the number of zeros is rounded up.
        mean, std: of the normal distribution.
        dtype: the dtype of the result.

    Returns:
        An initializer for matrices, arrays of shape `(n, m)`; others are a `ValueError`.

    Example:
        >>> w = nn.init.sparse(0.5)(mx.zeros((3, 4)))
        >>> (w == 0).sum(axis=1)
        array([2, 2, 2], dtype=int32)
    """
    if not 0 <= sparsity <= 1:
        raise ValueError(f"init.sparse: sparsity must be in [0, 1], got {sparsity}")

    def initializer(a: mx.array) -> mx.array:
        if a.ndim != 2:
            raise ValueError(f"init.sparse: a matrix is needed, got shape {a.shape}")
        rows, columns = a.shape
        order = mx.argsort(mx.random.uniform(shape=a.shape), axis=1)
        a = mx.random.normal(shape=a.shape, scale=std, loc=mean, dtype=dtype)
        zeros = order[:, : math.ceil(sparsity * columns)]
        a[mx.arange(rows)[:, None], zeros] = 0
        return a

    return initializer


def orthogonal(gain: float = 1.0, dtype: mx.Dtype = mx.float32) -> Callable[[mx.array], mx.array]:
    """`gain` times a random matrix whose rows, or columns if they are fewer, are orthonormal (Saxe et al. 2014).

    The initializer takes an array of shape `(n, m)` and gives one of `dtype`; other shapes are a `ValueError`.

    Example:
        >>> w = nn.init.orthogonal()(mx.zeros((2, 4)))
        >>> mx.allclose(w @ w.T, mx.eye(2), atol=1e-5).item()
        True
    """

    def initializer(a: mx.array) -> mx.array:
        if a.ndim != 2:
            raise ValueError(f"init.orthogonal: a matrix is needed, got shape {a.shape}")
        rows, columns = a.shape
        size = max(rows, columns)
        q = _orthonormal(mx.random.normal((size, size)))
        return (gain * q[:rows, :columns]).astype(dtype)

    return initializer


def _orthonormal(a: mx.array) -> mx.array:
    """The matrix Q of `a = Q R` with a positive diagonal in R, by Gram and Schmidt.

    Of a normal matrix it is uniform among the orthogonal ones (Mezzadri 2007). Each column is made orthogonal to those
    before it twice, which is enough to make it so to rounding (Giraud et al. 2005).
    """
    size = a.shape[0]
    found = mx.zeros_like(a)
    for j in range(size):
        column = a[:, j]
        for _ in range(2):
            column = column - (found @ column) @ found
        found[j] = column * mx.rsqrt(mx.sum(mx.square(column)))
    return found.T
