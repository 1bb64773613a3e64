"""`ConvTranspose1d`, `ConvTranspose2d` and `ConvTranspose3d`: the gradients of convolutions, as layers."""

from __future__ import annotations

import lazulite.core as mx
from lazulite.nn.layers.base import Module
from lazulite.nn.layers.convolution import _each, _kernel


class ConvTranspose1d(Module):
    """A transposed convolution along one axis.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: elements of the kernel.
        stride: elements of the output from a window to the next.
        padding: elements that are cut off at both ends of the output.
        dilation: elements of the output from one of the kernel to the next.
        output_padding: elements more at the end of the output.
        bias: whether to add `bias`.

    Parameters:
        weight: `(out_channels, kernel_size, in_channels)`, uniform; bias: `(out_channels,)`, zeros.

    Shape:
        `(N, L, in_channels)` to the same number of axes, the last of `out_channels`.

    Example:
        >>> nn.ConvTranspose1d(2, 4, kernel_size=2, stride=2)(mx.ones((1, 4, 2))).shape
        (1, 8, 4)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        output_padding: int = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if not isinstance(kernel_size, int):
            raise TypeError(f"ConvTranspose1d: kernel_size must be a whole number, not {kernel_size!r}")
        self.weight = _kernel(in_channels, out_channels, (kernel_size,))
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = padding
        self.dilation = dilation
        self.stride = stride
        self.output_padding = output_padding

    def _extra_repr(self) -> str:
        out, size, channels = self.weight.shape
        return (
            f"{channels}, {out}, kernel_size={size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, output_padding={self.output_padding}, bias={'bias' in self}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        y = mx.conv_transpose1d(x, self.weight, self.stride, self.padding, self.dilation, self.output_padding)
        return y + self.bias if "bias" in self else y


class ConvTranspose2d(Module):
    """A transposed convolution along two axes; sizes are one number for both or one each.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: elements of the kernel.
        stride: elements of the output from a window to the next.
        padding: elements that are cut off at both ends of the output.
        dilation: elements of the output from one of the kernel to the next.
        output_padding: elements more at the end of the output.
        bias: whether to add `bias`.

    Parameters:
        weight: `(out_channels, *kernel_size, in_channels)`, uniform; bias: `(out_channels,)`, zeros.

    Shape:
        `(N, H, W, in_channels)` to the same number of axes, the last of `out_channels`.

    Example:
        >>> nn.ConvTranspose2d(2, 4, kernel_size=2, stride=2)(mx.ones((1, 4, 4, 2))).shape
        (1, 8, 8, 4)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        output_padding: int | tuple[int, int] = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = _kernel(in_channels, out_channels, _each(kernel_size, 2))
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = _each(padding, 2)
        self.dilation = dilation
        self.stride = _each(stride, 2)
        self.output_padding = _each(output_padding, 2)

    def _extra_repr(self) -> str:
        out, *size, channels = self.weight.shape
        return (
            f"{channels}, {out}, kernel_size={tuple(size)}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, output_padding={self.output_padding}, bias={'bias' in self}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        y = mx.conv_transpose2d(x, self.weight, self.stride, self.padding, self.dilation, self.output_padding)
        return y + self.bias if "bias" in self else y


class ConvTranspose3d(Module):
    """A transposed convolution along three axes; sizes are one number for all or one each.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: elements of the kernel.
        stride: elements of the output from a window to the next.
        padding: elements that are cut off at both ends of the output.
        dilation: elements of the output from one of the kernel to the next.
        output_padding: elements more at the end of the output.
        bias: whether to add `bias`.

    Parameters:
        weight: `(out_channels, *kernel_size, in_channels)`, uniform; bias: `(out_channels,)`, zeros.

    Shape:
        `(N, D, H, W, in_channels)` to the same number of axes, the last of `out_channels`.

    Example:
        >>> nn.ConvTranspose3d(2, 4, kernel_size=2, stride=2)(mx.ones((1, 2, 2, 2, 2))).shape
        (1, 4, 4, 4, 4)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] = 1,
        padding: int | tuple[int, int, int] = 0,
        dilation: int | tuple[int, int, int] = 1,
        output_padding: int | tuple[int, int, int] = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = _kernel(in_channels, out_channels, _each(kernel_size, 3))
        if bias:
            self.bias = mx.zeros((out_channels,))
        self.padding = _each(padding, 3)
        self.dilation = dilation
        self.stride = _each(stride, 3)
        self.output_padding = _each(output_padding, 3)

    def _extra_repr(self) -> str:
        out, *size, channels = self.weight.shape
        return (
            f"{channels}, {out}, kernel_size={tuple(size)}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, output_padding={self.output_padding}, bias={'bias' in self}"
        )

    def __call__(self, x: mx.array) -> mx.array:
        y = mx.conv_transpose3d(x, self.weight, self.stride, self.padding, self.dilation, self.output_padding)
        return y + self.bias if "bias" in self else y
