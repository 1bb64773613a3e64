"""Pooling: the largest or the mean value in windows over the axes between the first and the last."""

from __future__ import annotations

import lazulite.core as mx
from lazulite.nn.layers.base import Module


def _as_tuple(layer: str, name: str, value: int | tuple[int, ...] | None, axes: int, least: int) -> tuple[int, ...]:
    """One number for each of `axes` axes, all at least `least`."""
    values = (value,) * axes if isinstance(value, int) else value
    if not isinstance(values, (list, tuple)) or len(values) != axes or not all(isinstance(v, int) for v in values):
        raise ValueError(f"{layer}: {name} must be a whole number or {axes} of them, got {value!r}")
    if min(values) < least:
        raise ValueError(f"{layer}: {name} must be at least {least}, got {value!r}")
    return tuple(values)


def _windows(x: mx.array, kernel: tuple[int, ...], stride: tuple[int, ...]) -> tuple[mx.array, tuple[int, ...]]:
    """`x` with an axis more for each window axis, and which axes these are. What no window reaches is left out."""
    batch, *sizes, features = x.shape
    counts = [max((n - k) // s + 1, 0) for n, k, s in zip(sizes, kernel, stride, strict=True)]
    if kernel == stride:
        used = tuple(slice(0, count * k) for count, k in zip(counts, kernel, strict=True))
        pairs = [size for pair in zip(counts, kernel, strict=True) for size in pair]
        return x[(slice(None), *used)].reshape(batch, *pairs, features), tuple(range(2, 2 * len(sizes) + 1, 2))
    strides = [1]
    for size in reversed(x.shape[1:]):
        strides.insert(0, strides[0] * size)
    between = [distance * s for distance, s in zip(strides[1:-1], stride, strict=True)]
    shape = (batch, *counts, *kernel, features)
    windows = mx.as_strided(x, shape, (strides[0], *between, *strides[1:-1], strides[-1]))
    return windows, tuple(range(1 + len(sizes), 1 + 2 * len(sizes)))


class _Pool(Module):
    """What the poolings share: windows of `kernel_size`, `stride` apart, over an input padded at both ends."""

    _axes: int

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        padding: int | tuple[int, ...] | None = 0,
    ) -> None:
        super().__init__()
        name, axes = type(self).__name__, type(self)._axes
        self._kernel_size = _as_tuple(name, "kernel_size", kernel_size, axes, 1)
        self._stride = self._kernel_size if stride is None else _as_tuple(name, "stride", stride, axes, 1)
        self._padding = _as_tuple(name, "padding", padding, axes, 0)

    def _extra_repr(self) -> str:
        return f"kernel_size={self._kernel_size}, stride={self._stride}, padding={self._padding}"

    def _padded_with(self, dtype: mx.Dtype) -> float:
        raise NotImplementedError

    def _reduced(self, windows: mx.array, axes: tuple[int, ...]) -> mx.array:
        raise NotImplementedError

    def __call__(self, x: mx.array) -> mx.array:
        axes = len(self._kernel_size)
        if x.ndim != axes + 2:
            raise ValueError(f"{type(self).__name__}: the input must have {axes + 2} axes, got {x.ndim}")
        if any(self._padding):
            widths = [(0, 0), *((p, p) for p in self._padding), (0, 0)]
            x = mx.pad(x, widths, constant_values=mx.array(self._padded_with(x.dtype), dtype=x.dtype))
        if any(k > n for k, n in zip(self._kernel_size, x.shape[1:-1], strict=True)):
            raise ValueError(
                f"{type(self).__name__}: a window of {self._kernel_size} is larger than the padded {x.shape}"
            )
        return self._reduced(*_windows(x, self._kernel_size, self._stride))


class _MaxPool(_Pool):
    def _padded_with(self, dtype: mx.Dtype) -> float:
        if mx.issubdtype(dtype, mx.inexact):
            return -float("inf")
        return False if dtype == mx.bool_ else mx.iinfo(dtype).min

    def _reduced(self, windows: mx.array, axes: tuple[int, ...]) -> mx.array:
        return mx.max(windows, axis=axes)


class _AvgPool(_Pool):
    def _padded_with(self, dtype: mx.Dtype) -> float:
        return 0

    def _reduced(self, windows: mx.array, axes: tuple[int, ...]) -> mx.array:
        return mx.mean(windows, axis=axes)


class MaxPool1d(_MaxPool):
    """The largest value in each window of a signal.

    Args:
        kernel_size: the length of a window.
        stride: from one window to the next; `kernel_size` if `None`.
        padding: how many places that never win to add at both ends.

    Shape:
        `(N, L, C)` to `(N, (L + 2 padding - kernel_size) // stride + 1, C)`.

    Raises:
        `ValueError` for sizes that are neither a whole number nor a tuple of one, for an input of other than 3 axes,
        and for a window larger than the padded input.

    Example:
        >>> nn.MaxPool1d(2)(mx.array([1.0, 5.0, 2.0, 3.0]).reshape(1, 4, 1)).reshape(-1)
        array([5, 3], dtype=float32)
    """

    _axes = 1

    def __init__(
        self,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] | None = None,
        padding: int | tuple[int] = 0,
    ) -> None:
        super().__init__(kernel_size, stride, padding)


class MaxPool2d(_MaxPool):
    """The largest value in each window of an image.

    Args:
        kernel_size: height and width of a window, or one number for both.
        stride: from one window to the next, likewise; `kernel_size` if `None`.
        padding: how many places that never win to add at both ends, likewise.

    Shape:
        `(N, H, W, C)`, each size `n` of `H` and `W` becoming `(n + 2 padding - kernel_size) // stride + 1`.

    Raises:
        `ValueError` for sizes that are neither a whole number nor two of them, for an input of other than 4 axes, and
        for a window larger than the padded input.

    Example:
        >>> nn.MaxPool2d(2)(mx.ones((8, 32, 32, 4))).shape
        (8, 16, 16, 4)
    """

    _axes = 2

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        padding: int | tuple[int, int] | None = 0,
    ) -> None:
        super().__init__(kernel_size, stride, padding)


class MaxPool3d(_MaxPool):
    """The largest value in each window of a volume.

    Args:
        kernel_size: depth, height and width of a window, or one number for all.
        stride: from one window to the next, likewise; `kernel_size` if `None`.
        padding: how many places that never win to add at both ends, likewise.

    Shape:
        `(N, D, H, W, C)`, each size `n` between becoming `(n + 2 padding - kernel_size) // stride + 1`.

    Raises:
        `ValueError` for sizes that are neither a whole number nor three of them, for an input of other than 5 axes, and
        for a window larger than the padded input.

    Example:
        >>> nn.MaxPool3d(2)(mx.ones((1, 8, 8, 8, 4))).shape
        (1, 4, 4, 4, 4)
    """

    _axes = 3

    def __init__(
        self,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] | None = None,
        padding: int | tuple[int, int, int] | None = 0,
    ) -> None:
        super().__init__(kernel_size, stride, padding)


class AvgPool1d(_AvgPool):
    """The mean of each window of a signal.

    Args:
        kernel_size: the length of a window.
        stride: from one window to the next; `kernel_size` if `None`.
        padding: how many zeros to add at both ends; they count in the mean.

    Shape:
        `(N, L, C)` to `(N, (L + 2 padding - kernel_size) // stride + 1, C)`.

    Raises:
        `ValueError` for sizes that are neither a whole number nor a tuple of one, for an input of other than 3 axes,
        and for a window larger than the padded input.

    Example:
        >>> nn.AvgPool1d(2)(mx.array([1.0, 5.0, 2.0, 3.0]).reshape(1, 4, 1)).reshape(-1)
        array([3, 2.5], dtype=float32)
    """

    _axes = 1

    def __init__(
        self,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] | None = None,
        padding: int | tuple[int] = 0,
    ) -> None:
        super().__init__(kernel_size, stride, padding)


class AvgPool2d(_AvgPool):
    """The mean of each window of an image.

    Args:
        kernel_size: height and width of a window, or one number for both.
        stride: from one window to the next, likewise; `kernel_size` if `None`.
        padding: how many zeros to add at both ends, likewise; they count in the mean.

    Shape:
        `(N, H, W, C)`, each size `n` of `H` and `W` becoming `(n + 2 padding - kernel_size) // stride + 1`.

    Raises:
        `ValueError` for sizes that are neither a whole number nor two of them, for an input of other than 4 axes, and
        for a window larger than the padded input.

    Example:
        >>> nn.AvgPool2d(2)(mx.ones((8, 32, 32, 4))).shape
        (8, 16, 16, 4)
    """

    _axes = 2

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        padding: int | tuple[int, int] | None = 0,
    ) -> None:
        super().__init__(kernel_size, stride, padding)


class AvgPool3d(_AvgPool):
    """The mean of each window of a volume.

    Args:
        kernel_size: depth, height and width of a window, or one number for all.
        stride: from one window to the next, likewise; `kernel_size` if `None`.
        padding: how many zeros to add at both ends, likewise; they count in the mean.

    Shape:
        `(N, D, H, W, C)`, each size `n` between becoming `(n + 2 padding - kernel_size) // stride + 1`.

    Raises:
        `ValueError` for sizes that are neither a whole number nor three of them, for an input of other than 5 axes, and
        for a window larger than the padded input.

    Example:
        >>> nn.AvgPool3d(2)(mx.ones((1, 8, 8, 8, 4))).shape
        (1, 4, 4, 4, 4)
    """

    _axes = 3

    def __init__(
        self,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] | None = None,
        padding: int | tuple[int, int, int] | None = 0,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
