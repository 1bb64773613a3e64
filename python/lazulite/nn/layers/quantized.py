"""Layers whose weights are quantized, and `quantize`, which turns a model's layers into them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import lazulite.core as mx
from lazulite.nn.layers.base import Module
from lazulite.utils import tree_map_with_path

_DEFAULTS = {"affine": (64, 4), "mxfp4": (32, 4), "nvfp4": (16, 4), "mxfp8": (32, 8)}


def _defaults(mode: str, group_size: int | None, bits: int | None) -> tuple[int, int]:
    """The group size and bits, those of the mode where none are given."""
    if mode not in _DEFAULTS:
        raise ValueError(f"Invalid quantization mode '{mode}'. Valid modes are: {', '.join(_DEFAULTS)}.")
    group, width = _DEFAULTS[mode]
    return (group if group_size is None else group_size, width if bits is None else bits)


def quantize(
    model: Module,
    group_size: int | None = None,
    bits: int | None = None,
    *,
    mode: str = "affine",
    quantize_input: bool = False,
    class_predicate: Callable[[str, Module], bool | dict[str, Any]] | None = None,
) -> None:
    """Replaces the layers of a model that can be quantized by quantized ones, in place.

    Args:
        model: the model.
        group_size: how many weights share a scale; the mode's own if `None`.
        bits: bits of a weight; the mode's own if `None`.
        mode: "affine", "mxfp4", "mxfp8" or "nvfp4".
        quantize_input: whether linear layers quantize what they are given, too.
        class_predicate: from a layer's path and the layer to whether it is quantized, or to the arguments of its
            `to_quantized`. By default every layer with a `to_quantized` is.

    Raises:
        `ValueError` for a mode that is none, for weights that groups do not divide, for a layer without `to_quantized`
        that is to be quantized, and for another result of the predicate.

    Example:
        >>> model = nn.Sequential(nn.Linear(64, 64), nn.ReLU())
        >>> nn.quantize(model)
        >>> type(model.layers[0]).__name__
        'QuantizedLinear'
    """
    wanted = class_predicate or (lambda _, layer: hasattr(layer, "to_quantized"))

    def one(path: str, layer: Any) -> Any:
        choice = wanted(path, layer)
        if not choice:
            return layer
        if not hasattr(layer, "to_quantized"):
            raise ValueError(f"Unable to quantize model of type {type(layer)}")
        kwargs: dict[str, Any] = {"group_size": group_size, "bits": bits, "mode": mode}
        if quantize_input:
            kwargs["quantize_input"] = True
        if isinstance(choice, dict):
            kwargs = choice
        elif not isinstance(choice, bool):
            raise ValueError(
                "``class_predicate`` must return a bool or a dict of parameters to pass to ``to_quantized``"
            )
        return layer.to_quantized(**kwargs)

    leaves = tree_map_with_path(one, model.leaf_modules(), is_leaf=Module.is_module)
    model.update_modules(leaves)


class Quantized(Module):
    """What the layers with quantized weights share: the format, and codes, scales and, for "affine", biases."""

    weight: mx.array
    scales: mx.array
    biases: mx.array | None

    def __init__(self, weight: mx.array, group_size: int | None, bits: int | None, mode: str) -> None:
        super().__init__()
        self.group_size, self.bits = _defaults(mode, group_size, bits)
        self.mode = mode
        self._hold(weight)

    def _hold(self, weight: mx.array) -> None:
        """Quantizes and keeps `weight`."""
        self.weight, self.scales, *biases = mx.quantize(weight, self.group_size, self.bits, mode=self.mode)
        self.biases = biases[0] if biases else None

    def _format_repr(self) -> str:
        return f"group_size={self.group_size}, bits={self.bits}, mode={self.mode}"

    def _product(self, x: mx.array) -> mx.array:
        """`x Wᵀ`."""
        return mx.quantized_matmul(
            x,
            self["weight"],
            scales=self["scales"],
            biases=self.get("biases"),
            transpose=True,
            group_size=self.group_size,
            bits=self.bits,
            mode=self.mode,
        )


class QuantizedEmbedding(Quantized):
    """An `Embedding` whose vectors are quantized.

    Args:
        num_embeddings: how many numbers there are: inputs lie in `[0, num_embeddings)`.
        dims: the size of a vector.
        group_size: how many weights share a scale; the mode's own if `None`.
        bits: bits of a weight; the mode's own if `None`.
        mode: "affine", "mxfp4", "mxfp8" or "nvfp4".

    Parameters:
        weight: `(num_embeddings, dims * bits / 32)`, uint32; scales and, for "affine", biases:
        `(num_embeddings, dims / group_size)`. All are frozen.

    Shape:
        `(...)`, integers, to `(..., dims)`.

    Raises:
        `ValueError` for an unknown mode, for `dims` that groups do not divide, and for an input that is not of
        integers.

    Example:
        >>> nn.QuantizedEmbedding(10, 64)(mx.array([1, 2])).shape
        (2, 64)
    """

    def __init__(
        self,
        num_embeddings: int,
        dims: int,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "affine",
    ) -> None:
        weight = mx.random.normal(shape=(num_embeddings, dims), scale=math.sqrt(1 / dims))
        super().__init__(weight, group_size, bits, mode)
        self.num_embeddings = num_embeddings
        self.dims = dims
        self.freeze()

    def __call__(self, x: mx.array) -> mx.array:
        biases = self.get("biases")
        return mx.dequantize(
            self["weight"][x],
            scales=self["scales"][x],
            biases=None if biases is None else biases[x],
            group_size=self.group_size,
            bits=self.bits,
            mode=self.mode,
        )

    def as_linear(self, x: mx.array) -> mx.array:
        """The table as a linear layer without bias, from `(..., dims)` to `(..., num_embeddings)`.

        Raises `ValueError` for an input of another shape.

        Example:
            >>> nn.QuantizedEmbedding(5, 64).as_linear(mx.ones((2, 64))).shape
            (2, 5)
        """
        return self._product(x)

    def _extra_repr(self) -> str:
        return f"{self.num_embeddings}, {self.dims}, {self._format_repr()}"

    @classmethod
    def from_embedding(
        cls, embedding_layer: Module, group_size: int | None = None, bits: int | None = None, mode: str = "affine"
    ) -> QuantizedEmbedding:
        """The quantized layer of an `Embedding`.

        Example:
            >>> nn.QuantizedEmbedding.from_embedding(nn.Embedding(5, 64)).weight.shape
            (5, 8)
        """
        count, dims = embedding_layer.weight.shape
        layer = cls(count, dims, group_size, bits, mode=mode)
        layer._hold(embedding_layer.weight)
        return layer


class QuantizedLinear(Quantized):
    """A `Linear` whose weights are quantized: `y = x Wᵀ + b`.

    Args:
        input_dims: the size of the input's last axis.
        output_dims: the size of the output's last axis.
        bias: whether to add `b`.
        group_size: how many weights share a scale; the mode's own if `None`.
        bits: bits of a weight; the mode's own if `None`.
        mode: "affine", "mxfp4", "mxfp8" or "nvfp4".

    Parameters:
        weight: `(output_dims, input_dims * bits / 32)`, uint32; scales and, for "affine", biases:
        `(output_dims, input_dims / group_size)`; bias: `(output_dims,)`. All are frozen.

    Shape:
        `(..., input_dims)` to `(..., output_dims)`.

    Raises:
        `ValueError` for an unknown mode, for `input_dims` that groups do not divide, and for an input whose last axis
        is not of `input_dims`.

    Example:
        >>> nn.QuantizedLinear(64, 8)(mx.ones((4, 64))).shape
        (4, 8)
    """

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        bias: bool = True,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "affine",
    ) -> None:
        k = math.sqrt(1 / input_dims)
        weight = mx.random.uniform(low=-k, high=k, shape=(output_dims, input_dims))
        super().__init__(weight, group_size, bits, mode)
        if bias:
            self.bias = mx.zeros((output_dims,))
        self.freeze()

    def _extra_repr(self) -> str:
        rows, words = self.weight.shape
        sizes = f"input_dims={words * 32 // self.bits}, output_dims={rows}"
        return f"{sizes}, bias={'bias' in self}, {self._format_repr()}"

    def __call__(self, x: mx.array) -> mx.array:
        y = self._product(x)
        return y + self["bias"] if "bias" in self else y

    @classmethod
    def from_linear(
        cls, linear_layer: Module, group_size: int | None = None, bits: int | None = None, mode: str = "affine"
    ) -> QuantizedLinear:
        """The quantized layer of a `Linear`; its bias stays trainable.

        Example:
            >>> nn.QuantizedLinear.from_linear(nn.Linear(64, 2)).weight.shape
            (2, 8)
        """
        rows, columns = linear_layer.weight.shape
        layer = cls(columns, rows, False, group_size, bits, mode=mode)
        layer._hold(linear_layer.weight)
        if "bias" in linear_layer:
            layer.bias = linear_layer.bias
        return layer


class QQLinear(Module):
    """A linear layer without bias that quantizes its input as well as its weights.

    While it is trained it keeps weights of floats; in evaluation (`eval()`), or after `quantize()`, quantized ones.

    Args:
        input_dims: the size of the input's last axis.
        output_dims: the size of the output's last axis.
        group_size: how many weights share a scale; the mode's own if `None`.
        bits: bits of a weight; the mode's own if `None`.
        mode: "nvfp4", "mxfp8" or "mxfp4".

    Parameters:
        weight: `(output_dims, input_dims)`, or quantized with scales.

    Shape:
        `(..., input_dims)` to `(..., output_dims)`.

    Raises:
        `ValueError` for an unknown mode, and, when it is called, for "affine" and for an input whose last axis is not
        of `input_dims` or not divided by groups.

    Example:
        >>> nn.QQLinear(32, 8)(mx.ones((4, 32))).shape
        (4, 8)
    """

    weight: mx.array
    scales: mx.array

    def __init__(
        self,
        input_dims: int,
        output_dims: int,
        group_size: int | None = None,
        bits: int | None = None,
        mode: str = "nvfp4",
    ) -> None:
        super().__init__()
        self.group_size, self.bits = _defaults(mode, group_size, bits)
        self.mode = mode
        k = math.sqrt(1 / input_dims)
        self.weight = mx.random.uniform(low=-k, high=k, shape=(output_dims, input_dims))
        self._quantized = False

    def _extra_repr(self) -> str:
        rows, columns = self.weight.shape
        if self._quantized:
            columns = columns * 32 // self.bits
        sizes = f"input_dims={columns}, output_dims={rows}"
        return f"{sizes}, group_size={self.group_size}, bits={self.bits}, mode={self.mode}"

    def quantize(self) -> None:
        """Keeps quantized weights from now on.

        Example:
            >>> layer = nn.QQLinear(32, 2)
            >>> layer.quantize()
            >>> layer.weight.dtype == mx.uint32
            True
        """
        if not self._quantized:
            self.weight, self.scales, *_ = mx.quantize(self.weight, self.group_size, self.bits, mode=self.mode)
            self._quantized = True

    def dequantize(self) -> None:
        """Keeps weights of floats from now on.

        Example:
            >>> layer = nn.QQLinear(32, 2)
            >>> layer.quantize()
            >>> layer.dequantize()
            >>> layer.weight.shape
            (2, 32)
        """
        if self._quantized:
            self.weight = mx.dequantize(
                self.weight, self.scales, group_size=self.group_size, bits=self.bits, mode=self.mode
            )
            del self.scales
            self._quantized = False

    def _set_training_mode(self, mode: bool) -> None:
        super()._set_training_mode(mode)
        if self._training:
            self.dequantize()
        else:
            self.quantize()

    def __call__(self, x: mx.array) -> mx.array:
        return mx.qqmm(
            x, self["weight"], scales=self.get("scales"), group_size=self.group_size, bits=self.bits, mode=self.mode
        )

    @classmethod
    def from_linear(
        cls, linear_layer: Module, group_size: int | None = None, bits: int | None = None, mode: str = "nvfp4"
    ) -> QQLinear:
        """The layer of a `Linear` without bias; `NotImplementedError` for one with a bias.

        Example:
            >>> nn.QQLinear.from_linear(nn.Linear(32, 2, bias=False)).weight.shape
            (2, 32)
        """
        if "bias" in linear_layer:
            # MLX's layer has none either, and raises this.
            raise NotImplementedError("QQLinear does not support bias yet.")
        rows, columns = linear_layer.weight.shape
        layer = cls(columns, rows, group_size, bits, mode=mode)
        layer.weight = linear_layer.weight
        layer.train(linear_layer.training)
        return layer
