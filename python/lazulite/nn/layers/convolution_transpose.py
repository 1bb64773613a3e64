"""`ConvTranspose1d`, `ConvTranspose2d` and `ConvTranspose3d`: the gradients of convolutions, as layers."""

from __future__ import annotations

import lazulite.core as mx
from lazulite.nn.layers.convolution import _Convolution, _each, _one


class _Transposed(_Convolution):
    """What transposed convolutions share."""

    _shown = ("stride", "padding", "dilation", "output_padding")


class ConvTranspose1d(_Transposed):
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

    Raises:
        `TypeError` for a `kernel_size` that is no number; `ValueError` for an input that is not `(N, L, in_channels)`.

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
        super().__init__(
            in_channels,
            out_channels,
            _one("ConvTranspose1d", kernel_size),
            bias,
            padding=padding,
            dilation=dilation,
            stride=stride,
            output_padding=output_padding,
        )

    def __call__(self, x: mx.array) -> mx.array:
        return self._biased(
            mx.conv_transpose1d(x, self.weight, self.stride, self.padding, self.dilation, self.output_padding)
        )


class ConvTranspose2d(_Transposed):
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

    Raises:
        `ValueError` for more or fewer than two sizes, and for an input that is not `(N, H, W, in_channels)`.

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
        super().__init__(
            in_channels,
            out_channels,
            _each(kernel_size, 2),
            bias,
            padding=_each(padding, 2),
            dilation=dilation,
            stride=_each(stride, 2),
            output_padding=_each(output_padding, 2),
        )

    def __call__(self, x: mx.array) -> mx.array:
        return self._biased(
            mx.conv_transpose2d(x, self.weight, self.stride, self.padding, self.dilation, self.output_padding)
        )


class ConvTranspose3d(_Transposed):
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

    Raises:
        `ValueError` for more or fewer than three sizes, and for an input that is not `(N, D, H, W, in_channels)`.

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
        super().__init__(
            in_channels,
            out_channels,
            _each(kernel_size, 3),
            bias,
            padding=_each(padding, 3),
            dilation=dilation,
            stride=_each(stride, 3),
            output_padding=_each(output_padding, 3),
        )

    def __call__(self, x: mx.array) -> mx.array:
        return self._biased(
            mx.conv_transpose3d(x, self.weight, self.stride, self.padding, self.dilation, self.output_padding)
        )
