"""`Conv1d`, `Conv2d` and `Conv3d`: convolutions over the axes between the batch and the channels."""

from __future__ import annotations

import math

import lazulite.core as mx
from lazulite.nn.layers.base import Module


def _each(value: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """The value for each axis, or the values."""
    return (value,) * axes if isinstance(value, int) else tuple(value)


def _kernel(in_channels: int, out_channels: int, size: tuple[int, ...], groups: int = 1) -> mx.array:
    """A weight, uniform within one over the root of how many inputs an output has."""
    if in_channels % groups:
        raise ValueError(f"the number of input channels ({in_channels}) must be divisible by the groups ({groups})")
    channels = in_channels // groups
    bound = math.sqrt(1 / (channels * math.prod(size)))
    return mx.random.uniform(low=-bound, high=bound, shape=(out_channels, *size, channels))


class Conv1d(Module):
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

    Example:
        >>> nn.Conv1d(2, 4, kernel_size=3)(mx.ones((1, 8, 2))).shape
        (1, 6, 4)
    """

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
        super().__init__()
        if not isinstance(kernel_size, int):
            raise TypeError(f"Conv1d: kernel_size must be a whole number, not {kernel_size!r}")
        self.weight = _kernel(in_channels, out_channels, (kernel_size,), groups)
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = padding
        self.dilation = dilation
        self.stride = stride
        self.groups = groups

    def _extra_repr(self) -> str:
        out, size, channels = self.weight.shape
        return (
            f"{channels * self.groups}, {out}, kernel_size={size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, groups={self.groups}, bias={'bias' in self}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        y = mx.conv1d(x, self.weight, self.stride, self.padding, self.dilation, self.groups)
        return y + self.bias if "bias" in self else y


class Conv2d(Module):
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

    Example:
        >>> nn.Conv2d(3, 8, kernel_size=3, padding=1)(mx.ones((1, 5, 5, 3))).shape
        (1, 5, 5, 8)
    """

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
        super().__init__()
        self.weight = _kernel(in_channels, out_channels, _each(kernel_size, 2), groups)
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = _each(padding, 2)
        self.stride = _each(stride, 2)
        self.dilation = dilation
        self.groups = groups

    def _extra_repr(self) -> str:
        out, *size, channels = self.weight.shape
        return (
            f"{channels * self.groups}, {out}, kernel_size={tuple(size)}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation}, groups={self.groups}, bias={'bias' in self}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        y = mx.conv2d(x, self.weight, self.stride, self.padding, self.dilation, self.groups)
        return y + self.bias if "bias" in self else y


class Conv3d(Module):
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
        super().__init__()
        self.weight = _kernel(in_channels, out_channels, _each(kernel_size, 3))
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = _each(padding, 3)
        self.stride = _each(stride, 3)
        self.dilation = dilation

    def _extra_repr(self) -> str:
        out, *size, channels = self.weight.shape
        return (
            f"{channels}, {out}, kernel_size={tuple(size)}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, bias={'bias' in self}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        y = mx.conv3d(x, self.weight, self.stride, self.padding, self.dilation)
        return y + self.bias if "bias" in self else y
