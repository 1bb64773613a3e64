"""`Embedding`, a table of vectors."""

from __future__ import annotations

import math

import lazulite.core as mx
from lazulite.nn.layers.base import Module


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

        Used where the output layer shares the weights of the input embedding (Press & Wolf 2017).
        """
        weight: mx.array = self["weight"]
        return x @ weight.T
