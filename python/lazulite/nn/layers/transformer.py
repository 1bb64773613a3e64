"""Attention with several heads, and the transformer built on it (Vaswani et al., Attention Is All You Need, 2017)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import lazulite.core as mx
from lazulite.nn.layers.activations import relu
from lazulite.nn.layers.base import Module
from lazulite.nn.layers.dropout import Dropout
from lazulite.nn.layers.linear import Linear
from lazulite.nn.layers.normalization import LayerNorm
from lazulite.nn.utils import checkpoint as checkpointed


class MultiHeadAttention(Module):
    """Scaled dot-product attention in several heads.

    Queries, keys and values are projected, split into heads, attended to with scores scaled by
    `1 / sqrt(dims / num_heads)`, joined and projected again.

    Args:
        dims: the size of the projected queries and keys, a multiple of `num_heads`, and the default of all others.
        num_heads: how many heads.
        query_input_dims: the features of the queries; `dims` by default.
        key_input_dims: the features of the keys; `dims` by default.
        value_input_dims: the features of the values; `key_input_dims` by default.
        value_dims: the size of the projected values; `dims` by default.
        value_output_dims: the features of the output; `dims` by default.
        bias: whether the projections have biases.

    Shape:
        queries `(N, L, ...)`, keys and values `(N, S, ...)` to `(N, L, value_output_dims)`.

    Raises:
        `ValueError` for `dims` that `num_heads` does not divide, for inputs of other than 3 axes or of other features,
        for keys and values of different lengths, and for a mask that does not broadcast to the scores.

    Example:
        >>> attend = nn.MultiHeadAttention(64, 4)
        >>> x = mx.ones((2, 10, 64))
        >>> attend(x, x, x, attend.create_additive_causal_mask(10)).shape
        (2, 10, 64)
    """

    def __init__(
        self,
        dims: int,
        num_heads: int,
        query_input_dims: int | None = None,
        key_input_dims: int | None = None,
        value_input_dims: int | None = None,
        value_dims: int | None = None,
        value_output_dims: int | None = None,
        bias: bool = False,
    ) -> None:
        super().__init__()
        if dims % num_heads:
            raise ValueError(f"MultiHeadAttention: {dims} dims cannot be split into {num_heads} heads")
        query_input_dims = query_input_dims or dims
        key_input_dims = key_input_dims or dims
        value_input_dims = value_input_dims or key_input_dims
        value_dims = value_dims or dims
        value_output_dims = value_output_dims or dims

        self.num_heads = num_heads
        self.query_proj = Linear(query_input_dims, dims, bias=bias)
        self.key_proj = Linear(key_input_dims, dims, bias=bias)
        self.value_proj = Linear(value_input_dims, value_dims, bias=bias)
        self.out_proj = Linear(value_dims, value_output_dims, bias=bias)

    def __call__(
        self, queries: mx.array, keys: mx.array, values: mx.array, mask: mx.array | str | None = None
    ) -> mx.array:
        """Attend.

        Args:
            queries: `(N, L, query_input_dims)`.
            keys: `(N, S, key_input_dims)`.
            values: `(N, S, value_input_dims)`.
            mask: added to the scores, with `-inf` or a large negative number where a query must not look; or boolean,
                true where it may. Broadcasts against `(N, num_heads, L, S)`.
        """
        queries = self._split(self.query_proj(queries))
        keys = self._split(self.key_proj(keys))
        values = self._split(self.value_proj(values))
        scale = math.sqrt(1 / queries.shape[-1])
        y = mx.fast.scaled_dot_product_attention(queries, keys, values, scale=scale, mask=mask)
        return self.out_proj(y.transpose(0, 2, 1, 3).flatten(-2, -1))

    def _split(self, x: mx.array) -> mx.array:
        """`(N, L, heads * dims)` to `(N, heads, L, dims)`."""
        if x.ndim != 3:
            raise ValueError(f"MultiHeadAttention: inputs must have 3 axes (N, L, features), got {x.ndim}")
        return x.reshape(*x.shape[:2], self.num_heads, x.shape[-1] // self.num_heads).transpose(0, 2, 1, 3)

    @staticmethod
    def create_additive_causal_mask(N: int, dtype: mx.Dtype = mx.float32) -> mx.array:
        """A mask `(N, N)` that lets position `i` see positions up to `i`: 0 there, the lowest number elsewhere.

        Raises `ValueError` for a dtype that is no float.

        Example:
            >>> nn.MultiHeadAttention.create_additive_causal_mask(3)[1] == 0
            array([True, True, False], dtype=bool)
        """
        positions = mx.arange(N)
        return (positions[:, None] < positions).astype(dtype) * mx.finfo(dtype).min


class TransformerEncoderLayer(Module):
    """Self-attention, then a two-layer perceptron, each with a normalization and a shortcut around it.

    Args:
        dims: the features of input and output.
        num_heads: the heads of the attention.
        mlp_dims: the width of the perceptron; `4 * dims` by default.
        dropout: the probability of dropping, after the attention and within the perceptron.
        activation: the perceptron's activation.
        norm_first: normalize before attention and perceptron (Xiong et al. 2020) instead of after the sum.

    Shape:
        `(N, L, dims)`, kept.

    Raises:
        `ValueError` for `dims` that `num_heads` does not divide, for a probability outside `[0, 1)`, and for an input
        or a mask that does not fit.

    Example:
        >>> nn.TransformerEncoderLayer(64, 4)(mx.ones((2, 10, 64)), None).shape
        (2, 10, 64)
    """

    def __init__(
        self,
        dims: int,
        num_heads: int,
        mlp_dims: int | None = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        norm_first: bool = True,
    ) -> None:
        super().__init__()
        mlp_dims = mlp_dims or dims * 4
        self.attention = MultiHeadAttention(dims, num_heads)
        self.ln1 = LayerNorm(dims)
        self.ln2 = LayerNorm(dims)
        self.linear1 = Linear(dims, mlp_dims)
        self.linear2 = Linear(mlp_dims, dims)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = activation
        self.norm_first = norm_first

    def _mlp(self, x: mx.array) -> mx.array:
        return self.linear2(self.dropout2(self.activation(self.linear1(x))))

    def __call__(self, x: mx.array, mask: mx.array | str | None) -> mx.array:
        """Encode `x`; `mask` is that of `MultiHeadAttention`, or `None`."""
        if self.norm_first:
            y = self.ln1(x)
            x = x + self.dropout1(self.attention(y, y, y, mask))
            return x + self._mlp(self.ln2(x))
        x = self.ln1(x + self.dropout1(self.attention(x, x, x, mask)))
        return self.ln2(x + self._mlp(x))


class TransformerEncoder(Module):
    """Encoder layers one after the other, and a normalization at the end.

    Args:
        num_layers: how many layers.
        dims, num_heads, mlp_dims, dropout, activation, norm_first: as for `TransformerEncoderLayer`.
        checkpoint: keep only the layers' inputs for the gradient, and compute their insides again.

    Shape:
        `(N, L, dims)`, kept.

    Raises:
        As `TransformerEncoderLayer`.

    Example:
        >>> nn.TransformerEncoder(2, 64, 4)(mx.ones((2, 10, 64)), None).shape
        (2, 10, 64)
    """

    def __init__(
        self,
        num_layers: int,
        dims: int,
        num_heads: int,
        mlp_dims: int | None = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        norm_first: bool = True,
        checkpoint: bool = False,
    ) -> None:
        super().__init__()
        self.layers = [
            TransformerEncoderLayer(dims, num_heads, mlp_dims, dropout, activation, norm_first)
            for _ in range(num_layers)
        ]
        self.ln = LayerNorm(dims)
        self.checkpoint = checkpoint

    def __call__(self, x: mx.array, mask: mx.array | str | None) -> mx.array:
        """Encode `x`; `mask` is that of `MultiHeadAttention`, or `None`."""
        for layer in self.layers:
            run = checkpointed(layer) if self.checkpoint else layer
            x = run(x, mask)
        return self.ln(x)


class TransformerDecoderLayer(Module):
    """Self-attention, attention to the encoder's output, then a two-layer perceptron, each normalized and with a
    shortcut around it.

    The arguments are those of `TransformerEncoderLayer`.

    Shape:
        `(N, L, dims)` with a memory `(N, S, dims)`, to `(N, L, dims)`.

    Raises:
        As `TransformerEncoderLayer`, and `ValueError` for a memory that does not fit.

    Example:
        >>> layer = nn.TransformerDecoderLayer(64, 4)
        >>> layer(mx.ones((2, 10, 64)), mx.ones((2, 7, 64)), None, None).shape
        (2, 10, 64)
    """

    def __init__(
        self,
        dims: int,
        num_heads: int,
        mlp_dims: int | None = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        norm_first: bool = True,
    ) -> None:
        super().__init__()
        mlp_dims = mlp_dims or dims * 4
        self.self_attention = MultiHeadAttention(dims, num_heads)
        self.cross_attention = MultiHeadAttention(dims, num_heads)
        self.ln1 = LayerNorm(dims)
        self.ln2 = LayerNorm(dims)
        self.ln3 = LayerNorm(dims)
        self.linear1 = Linear(dims, mlp_dims)
        self.linear2 = Linear(mlp_dims, dims)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = activation
        self.norm_first = norm_first

    def _mlp(self, x: mx.array) -> mx.array:
        return self.linear2(self.dropout3(self.activation(self.linear1(x))))

    def __call__(
        self, x: mx.array, memory: mx.array, x_mask: mx.array | str | None, memory_mask: mx.array | str | None
    ) -> mx.array:
        """Decode.

        Args:
            x: what has been decoded so far, `(N, L, dims)`.
            memory: the encoder's output, `(N, S, dims)`.
            x_mask: the mask of the self-attention, or `None`.
            memory_mask: the mask of the attention to `memory`, or `None`.
        """
        if self.norm_first:
            y = self.ln1(x)
            x = x + self.dropout1(self.self_attention(y, y, y, x_mask))
            x = x + self.dropout2(self.cross_attention(self.ln2(x), memory, memory, memory_mask))
            return x + self._mlp(self.ln3(x))
        x = self.ln1(x + self.dropout1(self.self_attention(x, x, x, x_mask)))
        x = self.ln2(x + self.dropout2(self.cross_attention(x, memory, memory, memory_mask)))
        return self.ln3(x + self._mlp(x))


class TransformerDecoder(Module):
    """Decoder layers one after the other, and a normalization at the end.

    The arguments are those of `TransformerEncoder`.

    Shape:
        `(N, L, dims)` with a memory `(N, S, dims)`, to `(N, L, dims)`.

    Raises:
        As `TransformerDecoderLayer`.

    Example:
        >>> decoder = nn.TransformerDecoder(2, 64, 4)
        >>> decoder(mx.ones((2, 10, 64)), mx.ones((2, 7, 64)), None, None).shape
        (2, 10, 64)
    """

    def __init__(
        self,
        num_layers: int,
        dims: int,
        num_heads: int,
        mlp_dims: int | None = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        norm_first: bool = True,
        checkpoint: bool = False,
    ) -> None:
        super().__init__()
        self.layers = [
            TransformerDecoderLayer(dims, num_heads, mlp_dims, dropout, activation, norm_first)
            for _ in range(num_layers)
        ]
        self.ln = LayerNorm(dims)
        self.checkpoint = checkpoint

    def __call__(
        self, x: mx.array, memory: mx.array, x_mask: mx.array | str | None, memory_mask: mx.array | str | None
    ) -> mx.array:
        """Decode; the arguments are those of `TransformerDecoderLayer`."""
        for layer in self.layers:
            run = checkpointed(layer) if self.checkpoint else layer
            x = run(x, memory, x_mask, memory_mask)
        return self.ln(x)


class Transformer(Module):
    """An encoder and a decoder that looks at what the encoder made.

    Args:
        dims: the features of the inputs and the output.
        num_heads: the heads of each attention.
        num_encoder_layers: how many layers the encoder has.
        num_decoder_layers: how many layers the decoder has.
        mlp_dims: the width of the perceptrons; `4 * dims` by default.
        dropout: the probability of dropping.
        activation: the perceptrons' activation.
        custom_encoder: a module to use as the encoder, called as `encoder(src, src_mask)`.
        custom_decoder: a module to use as the decoder, called as `decoder(tgt, memory, tgt_mask, memory_mask)`.
        norm_first: normalize before attention and perceptron instead of after the sum.
        checkpoint: keep only the layers' inputs for the gradient, and compute their insides again.

    Shape:
        source `(N, S, dims)` and target `(N, L, dims)` to `(N, L, dims)`.

    Raises:
        As `TransformerDecoderLayer`.

    Example:
        >>> model = nn.Transformer(64, 4, 1, 1)
        >>> model(mx.ones((2, 7, 64)), mx.ones((2, 10, 64)), None, None, None).shape
        (2, 10, 64)
    """

    def __init__(
        self,
        dims: int = 512,
        num_heads: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        mlp_dims: int | None = None,
        dropout: float = 0.0,
        activation: Callable[[Any], Any] = relu,
        custom_encoder: Any | None = None,
        custom_decoder: Any | None = None,
        norm_first: bool = True,
        checkpoint: bool = False,
    ) -> None:
        super().__init__()
        shared = (dims, num_heads, mlp_dims, dropout, activation, norm_first, checkpoint)
        self.encoder = TransformerEncoder(num_encoder_layers, *shared) if custom_encoder is None else custom_encoder
        self.decoder = TransformerDecoder(num_decoder_layers, *shared) if custom_decoder is None else custom_decoder

    def __call__(
        self,
        src: mx.array,
        tgt: mx.array,
        src_mask: mx.array | str | None,
        tgt_mask: mx.array | str | None,
        memory_mask: mx.array | str | None,
    ) -> mx.array:
        """Encode `src`, then decode `tgt` beside it; each mask is that of one attention, or `None`."""
        memory = self.encoder(src, src_mask)
        return self.decoder(tgt, memory, tgt_mask, memory_mask)
