"""`Embedding`, a table of vectors."""

from __future__ import annotations

import math

import lazulite.core as mx
from lazulite.nn.layers.base import Module
from lazulite.nn.layers.quantized import QuantizedEmbedding


class Embedding(Module):
    """One learned vector for each of `num_embeddings` whole numbers.

    The vectors start normal with variance `1 / dims`.

    Args:
        num_embeddings: how many numbers there are: inputs lie in `[0, num_embeddings)`.
        dims: the size of a vector.

    Parameters:
        weight: `(num_embeddings, dims)`.

    Shape:
        `(...)`, integers, to `(..., dims)`.

    Raises:
        `ValueError` for an input that is not of integers. Numbers out of range are none: they give the vector of the
        nearest one in range.

    Example:
        >>> nn.Embedding(100, 8)(mx.array([[3, 4, 5]])).shape
        (1, 3, 8)
    """

    def __init__(self, num_embeddings: int, dims: int) -> None:
        super().__init__()
        self.weight = mx.random.normal(shape=(num_embeddings, dims), scale=math.sqrt(1 / dims))

    def _extra_repr(self) -> str:
        return f"{self.weight.shape[0]}, {self.weight.shape[1]}"

    def __call__(self, x: mx.array) -> mx.array:
        weight: mx.array = self["weight"]
        return weight[x]

    def as_linear(self, x: mx.array) -> mx.array:
        """The table as a linear layer without bias: `x Wᵀ`, from `(..., dims)` to `(..., num_embeddings)`.

        Used where the output layer shares the weights of the input embedding (Press & Wolf 2017). Raises `ValueError`
        for an input of another shape.

        Example:
            >>> nn.Embedding(5, 4).as_linear(mx.ones((2, 4))).shape
            (2, 5)
        """
        weight: mx.array = self["weight"]
        return x @ weight.T

    def to_quantized(
        self, group_size: int | None = None, bits: int | None = None, mode: str = "affine", quantize_input: bool = False
    ) -> QuantizedEmbedding:
        """The layer with quantized vectors.

        Args:
            group_size: how many weights share a scale; the mode's own if `None`.
            bits: bits of a weight; the mode's own if `None`.
            mode: "affine", "mxfp4", "mxfp8" or "nvfp4".
            quantize_input: not supported.

        Raises:
            `ValueError` for a mode that is none, for `dims` that groups do not divide, and for `quantize_input`.

        Example:
            >>> nn.Embedding(5, 64).to_quantized()
            QuantizedEmbedding(5, 64, group_size=64, bits=4, mode=affine)
        """
        if quantize_input:
            raise ValueError("Quantized input is not supported.")
        return QuantizedEmbedding.from_embedding(self, group_size, bits, mode)
