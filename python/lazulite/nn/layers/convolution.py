"""`Conv1d`, `Conv2d` and `Conv3d`: convolutions over the axes between the batch and the channels."""

from __future__ import annotations

import math
from typing import Any

import lazulite.core as mx
from lazulite.nn.layers.base import Module


def _one(layer: str, size: int) -> tuple[int]:
    """The size of a kernel along one axis, which must be a number."""
    if not isinstance(size, int):
        raise TypeError(f"{layer}: kernel_size must be a whole number, not {size!r}")
    return (size,)


def _each(value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """The value for every axis, or the values."""
    values = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(values) != axes:
        raise ValueError(f"expected a whole number or {axes} of them, got {value!r}")
    return values


class _Convolution(Module):
    """What convolutions and their transposes share: the kernel, uniform within one over the root of how many inputs an
    output has, the bias, and what they print. `how` are the attributes that `_shown` names."""

    _shown: tuple[str, ...] = ("stride", "padding", "dilation")

    def __init__(self, in_channels: int, out_channels: int, kernel: tuple[int, ...], bias: bool, **how: Any) -> None:
        super().__init__()
        groups = how.get("groups", 1)
        if in_channels % groups:
            raise ValueError(f"the number of input channels ({in_channels}) must be divisible by the groups ({groups})")
        channels = in_channels // groups
        bound = math.sqrt(1 / (channels * math.prod(kernel)))
        self.weight = mx.random.uniform(low=-bound, high=bound, shape=(out_channels, *kernel, channels))
        if bias:
            self.bias = mx.zeros((out_channels,))
        for name, value in how.items():
            setattr(self, name, value)

    def _extra_repr(self) -> str:
        out, *kernel, channels = self.weight.shape
        size = kernel[0] if len(kernel) == 1 else tuple(kernel)
        shown = "".join(f"{name}={getattr(self, name)}, " for name in self._shown)
        return f"{channels * getattr(self, 'groups', 1)}, {out}, kernel_size={size}, {shown}bias={'bias' in self}"

    def _biased(self, y: mx.array) -> mx.array:
        """The result with the bias, if there is one."""
        return y + self.bias if "bias" in self else y


class Conv1d(_Convolution):
    """A convolution along one axis.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: elements of the kernel.
        stride: elements from a window to the next.
        padding: zeros at both ends.
        dilation: elements from one of the kernel to the next.
        groups: parts that the channels are cut into, each convolved by itself.
        bias: whether to add `bias`.

    Parameters:
        weight: `(out_channels, kernel_size, in_channels // groups)`, uniform; bias: `(out_channels,)`, zeros.

    Shape:
        `(N, L, in_channels)` to `(N, windows, out_channels)`.

    Raises:
        `TypeError` for a `kernel_size` that is no number; `ValueError` for channels that `groups` does not divide, and
        for an input that is not `(N, L, in_channels)` or shorter, with its padding, than the kernel.

    Example:
        >>> nn.Conv1d(2, 4, kernel_size=3)(mx.ones((1, 8, 2))).shape
        (1, 6, 4)
    """

    _shown = ("stride", "padding", "dilation", "groups")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            _one("Conv1d", kernel_size),
            bias,
            padding=padding,
            stride=stride,
            dilation=dilation,
            groups=groups,
        )

    def __call__(self, x: mx.array) -> mx.array:
        return self._biased(mx.conv1d(x, self.weight, self.stride, self.padding, self.dilation, self.groups))


class Conv2d(_Convolution):
    """A convolution along two axes; sizes are one number for both or one each.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: elements of the kernel.
        stride: elements from a window to the next.
        padding: zeros at both ends.
        dilation: elements from one of the kernel to the next.
        groups: parts that the channels are cut into, each convolved by itself.
        bias: whether to add `bias`.

    Parameters:
        weight: `(out_channels, *kernel_size, in_channels // groups)`, uniform; bias: `(out_channels,)`, zeros.

    Shape:
        `(N, H, W, in_channels)` to `(N, windows, windows, out_channels)`.

    Raises:
        `ValueError` for more or fewer than two sizes, for channels that `groups` does not divide, and for an input that
        is not `(N, H, W, in_channels)` or smaller, with its padding, than the kernel.

    Example:
        >>> nn.Conv2d(3, 8, kernel_size=3, padding=1)(mx.ones((1, 5, 5, 3))).shape
        (1, 5, 5, 8)
    """

    _shown = ("stride", "padding", "dilation", "groups")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            _each(kernel_size, 2),
            bias,
            padding=_each(padding, 2),
            stride=_each(stride, 2),
            dilation=dilation,
            groups=groups,
        )

    def __call__(self, x: mx.array) -> mx.array:
        return self._biased(mx.conv2d(x, self.weight, self.stride, self.padding, self.dilation, self.groups))


class Conv3d(_Convolution):
    """A convolution along three axes; sizes are one number for all or one each.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: elements of the kernel.
        stride: elements from a window to the next.
        padding: zeros at both ends.
        dilation: elements from one of the kernel to the next.
        bias: whether to add `bias`.

    Parameters:
        weight: `(out_channels, *kernel_size, in_channels)`, uniform; bias: `(out_channels,)`, zeros.

    Shape:
        `(N, D, H, W, in_channels)` to `(N, windows, windows, windows, out_channels)`.

    Raises:
        `ValueError` for more or fewer than three sizes, and for an input that is not `(N, D, H, W, in_channels)` or
        smaller, with its padding, than the kernel.

    Example:
        >>> nn.Conv3d(2, 4, kernel_size=2, stride=2)(mx.ones((1, 4, 4, 4, 2))).shape
        (1, 2, 2, 2, 4)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] = 1,
        padding: int | tuple[int, int, int] = 0,
        dilation: int | tuple[int, int, int] = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            _each(kernel_size, 3),
            bias,
            padding=_each(padding, 3),
            stride=_each(stride, 3),
            dilation=dilation,
        )

    def __call__(self, x: mx.array) -> mx.array:
        return self._biased(mx.conv3d(x, self.weight, self.stride, self.padding, self.dilation))
