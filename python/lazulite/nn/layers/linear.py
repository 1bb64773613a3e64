"""Layers that are linear in their input: `Linear`, `Bilinear`, `Identity`."""

from __future__ import annotations

import math
from typing import Any

import lazulite.core as mx
from lazulite.nn.layers.base import Module
from lazulite.nn.layers.quantized import QQLinear, QuantizedLinear


class Identity(Module):
    """Gives back its input, of any shape, and raises nothing.

    It takes and ignores any arguments, so that it can stand in for another layer.

    Example:
        >>> nn.Identity(64, bias=False)(mx.array([1, 2]))
        array([1, 2], dtype=int32)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def __call__(self, x: Any) -> Any:
        return x


class Linear(Module):
    """`y = x Wᵀ + b` over the last axis.

    Both parameters start uniform in `[-k, k]` with `k = 1 / sqrt(input_dims)`.

    Args:
        input_dims: the size of the input's last axis.
        output_dims: the size of the output's last axis.
        bias: whether to add `b`.

    Parameters:
        weight: `(output_dims, input_dims)`; bias: `(output_dims,)`.

    Shape:
        `(..., input_dims)` to `(..., output_dims)`.

    Raises:
        `ValueError` for an input whose last axis is not of `input_dims`, or without axes.

    Example:
        >>> nn.Linear(10, 1)(mx.ones((4, 10))).shape
        (4, 1)
    """

    def __init__(self, input_dims: int, output_dims: int, bias: bool = True) -> None:
        super().__init__()
        k = math.sqrt(1.0 / input_dims)
        self.weight = mx.random.uniform(low=-k, high=k, shape=(output_dims, input_dims))
        if bias:
            self.bias = mx.random.uniform(low=-k, high=k, shape=(output_dims,))

    def _extra_repr(self) -> str:
        return f"input_dims={self.weight.shape[1]}, output_dims={self.weight.shape[0]}, bias={'bias' in self}"

    def __call__(self, x: mx.array) -> mx.array:
        if "bias" in self:
            return mx.addmm(self["bias"], x, self["weight"].T)
        weight: mx.array = self["weight"]
        return x @ weight.T

    def to_quantized(
        self, group_size: int | None = None, bits: int | None = None, mode: str = "affine", quantize_input: bool = False
    ) -> Module:
        """The layer with quantized weights: a `QuantizedLinear`, or with `quantize_input` a `QQLinear`.

        Args:
            group_size: how many weights share a scale; the mode's own if `None`.
            bits: bits of a weight; the mode's own if `None`.
            mode: "affine", "mxfp4", "mxfp8" or "nvfp4".
            quantize_input: whether the layer quantizes its input, too; for "nvfp4" and "mxfp8", without bias.

        Raises:
            `ValueError` for a mode that is none, or not one for quantized inputs; `NotImplementedError` for quantized
            inputs with a bias.

        Example:
            >>> nn.Linear(64, 2).to_quantized(bits=8)
            QuantizedLinear(input_dims=64, output_dims=2, bias=True, group_size=64, bits=8, mode=affine)
        """
        if not quantize_input:
            return QuantizedLinear.from_linear(self, group_size, bits, mode)
        if mode not in ("nvfp4", "mxfp8"):
            text = f"Quantized activations are only supported for 'nvfp4' and 'mxfp8' modes, got {mode}."
            raise ValueError(text)
        return QQLinear.from_linear(self, group_size, bits, mode)


class Bilinear(Module):
    """`y_i = x₂ᵀ W_i x₁ + b_i` over the last axes of two inputs.

    Both parameters start uniform in `[-k, k]` with `k = 1 / sqrt(input1_dims)`.

    Args:
        input1_dims: the size of the first input's last axis.
        input2_dims: the size of the second input's last axis.
        output_dims: the size of the output's last axis.
        bias: whether to add `b`.

    Parameters:
        weight: `(output_dims, input2_dims, input1_dims)`; bias: `(output_dims,)`.

    Shape:
        `(..., input1_dims)` and `(..., input2_dims)` to `(..., output_dims)`.

    Raises:
        `ValueError` for inputs whose last axes are not of these sizes, or whose other axes do not broadcast.

    Example:
        >>> nn.Bilinear(2, 3, 4)(mx.ones((5, 2)), mx.ones((5, 3))).shape
        (5, 4)
    """

    def __init__(self, input1_dims: int, input2_dims: int, output_dims: int, bias: bool = True) -> None:
        super().__init__()
        k = math.sqrt(1.0 / input1_dims)
        self.weight = mx.random.uniform(low=-k, high=k, shape=(output_dims, input2_dims, input1_dims))
        if bias:
            self.bias = mx.random.uniform(low=-k, high=k, shape=(output_dims,))

    def _extra_repr(self) -> str:
        out, in2, in1 = self.weight.shape
        return f"input1_dims={in1}, input2_dims={in2}, output_dims={out}, bias={'bias' in self}"

    def __call__(self, x1: mx.array, x2: mx.array) -> mx.array:
        out, in2, in1 = self.weight.shape
        rows = x1 @ self.weight.reshape(out * in2, in1).T
        rows = rows.reshape(*x1.shape[:-1], out, in2)
        y = (rows @ x2[..., None]).squeeze(-1)
        return y + self.bias if "bias" in self else y
