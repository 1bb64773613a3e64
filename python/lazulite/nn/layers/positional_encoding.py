"""Ways to tell attention where a token stands: `RoPE`, `SinusoidalPositionalEncoding`, `ALiBi`."""

from __future__ import annotations

import math

import lazulite.core as mx
from lazulite.nn.layers.base import Module


class RoPE(Module):
    """Rotary positional encoding (Su et al., RoFormer, 2021).

    Turns pairs of features by an angle that is the position times a rate; the rates fall from 1 to nearly `1 / base`
    from the first pair to the last.

    Args:
        dims: how many of the features to rotate, an even number; the rest stays as it is.
        traditional: pair neighbouring features as the paper does, rather than features `dims / 2` apart.
        base: sets the rates `base^(-2 i / dims)`.
        scale: multiplies positions.

    Shape:
        `(..., length, features)` with at least 3 axes, kept.

    Raises:
        `ValueError` for an odd `dims` or more than there are features, for an input of fewer than 3 axes, and for one
        that is not of floats.

    Example:
        >>> nn.RoPE(64)(mx.ones((1, 8, 128, 64)), offset=12).shape
        (1, 8, 128, 64)
    """

    def __init__(self, dims: int, traditional: bool = False, base: float = 10000, scale: float = 1.0) -> None:
        super().__init__()
        self.dims = dims
        self.traditional = traditional
        self.base = base
        self.scale = scale

    def _extra_repr(self) -> str:
        return f"{self.dims}, traditional={self.traditional}"

    def __call__(self, x: mx.array, offset: int | mx.array = 0) -> mx.array:
        """Rotate `x`, whose first position is `offset`: a number, or an array with one for each batch entry."""
        return mx.fast.rope(x, self.dims, traditional=self.traditional, base=self.base, scale=self.scale, offset=offset)


class SinusoidalPositionalEncoding(Module):
    """Sines and cosines of a position at falling frequencies (Vaswani et al. 2017).

    The frequencies fall geometrically from `max_freq` to `min_freq`.

    Args:
        dims: the size of the encoding, an even number.
        min_freq: the lowest frequency.
        max_freq: the highest frequency.
        scale: multiplies the encoding; `sqrt(2 / dims)` if `None`, which gives it length 1.
        cos_first: put the cosines before the sines.
        full_turns: count frequencies in turns rather than radians.

    Shape:
        `(...)` to `(..., dims)`.

    Raises:
        `ValueError` for a `dims` that is odd or not positive.

    Example:
        >>> nn.SinusoidalPositionalEncoding(8)(mx.arange(16)).shape
        (16, 8)
    """

    def __init__(
        self,
        dims: int,
        min_freq: float = 0.0001,
        max_freq: float = 1,
        scale: float | None = None,
        cos_first: bool = False,
        full_turns: bool = False,
    ) -> None:
        super().__init__()
        if dims <= 0 or dims % 2:
            raise ValueError(f"SinusoidalPositionalEncoding: dims must be positive and even, got {dims}")
        half = dims // 2
        fall = 1 - mx.arange(half) / max(half - 1, 1)
        freqs = mx.exp(fall * (math.log(max_freq) - math.log(min_freq)) + math.log(min_freq))
        # The underscore keeps the frequencies out of the parameters.
        self._sigmas = freqs * (2 * math.pi) if full_turns else freqs
        self.scale = math.sqrt(2 / dims) if scale is None else scale
        self.cos_first = cos_first

    def __call__(self, x: mx.array) -> mx.array:
        angles = x[..., None] * self._sigmas
        waves = [mx.cos(angles), mx.sin(angles)] if self.cos_first else [mx.sin(angles), mx.cos(angles)]
        y = mx.concatenate(waves, axis=-1)
        return y if self.scale == 1 else y * self.scale


class ALiBi(Module):
    """Attention with linear biases (Press et al. 2022): lowers a score by the distance of query and key.

    Each head has its own slope. Nothing is learned.

    Shape:
        scores `(batch, heads, queries, keys)`, kept.

    Raises:
        `ValueError` for scores of other than 4 axes, and for a mask that does not broadcast to them.

    Example:
        >>> nn.ALiBi()(mx.zeros((1, 1, 2, 2)))
        array([[[[0, -0.00390625],
                 [-0.00390625, 0]]]], dtype=float32)
    """

    @staticmethod
    def create_alibi_matrix(
        q_sequence_length: int,
        k_sequence_length: int,
        num_heads: int,
        offset: int = 0,
        dtype: mx.Dtype = mx.float32,
    ) -> mx.array:
        """The biases, of shape `(1, num_heads, q_sequence_length - offset, k_sequence_length)`.

        Row `i` is the query at position `i + offset`; its bias for the key at `j` is `-slope |i + offset - j|`.
        Raises `ValueError` if there is no head.

        Example:
            >>> nn.ALiBi.create_alibi_matrix(2, 3, num_heads=4).shape
            (1, 4, 2, 3)
        """
        queries = mx.arange(offset, q_sequence_length)
        distance = mx.abs(queries[:, None] - mx.arange(k_sequence_length)).astype(dtype)
        return -distance[None, None] * ALiBi.create_alibi_slope(num_heads, dtype)

    @staticmethod
    def create_alibi_slope(num_heads: int, dtype: mx.Dtype = mx.float32) -> mx.array:
        """The slopes of the heads, of shape `(num_heads, 1, 1)`. Raises `ValueError` if there is none.

        For a power of two `n` they are `2^(-8 k / n)` for `k = 1 ... n`. Other numbers of heads take those of the
        power below, then every second one of the power above, as the paper proposes.

        Example:
            >>> nn.ALiBi.create_alibi_slope(2).flatten()
            array([0.0625, 0.00390625], dtype=float32)
        """
        if num_heads < 1:
            raise ValueError(f"ALiBi: there must be at least one head, got {num_heads}")
        below = 2 ** (num_heads.bit_length() - 1)
        slopes = [2 ** (-8 * k / below) for k in range(1, below + 1)]
        slopes += [2 ** (-4 * k / below) for k in range(1, 2 * (num_heads - below), 2)]
        return mx.array(slopes, dtype=dtype)[:, None, None]

    def __call__(self, attention_scores: mx.array, offset: int = 0, mask: mx.array | None = None) -> mx.array:
        """The scores with the biases added, and `mask` where one is given.

        Args:
            attention_scores: `(batch, heads, queries, keys)`.
            offset: the position of the first query.
            mask: added as well.
        """
        if attention_scores.ndim != 4:
            raise ValueError(f"ALiBi: scores must have 4 axes, got {attention_scores.ndim}")
        _, heads, queries, keys = attention_scores.shape
        bias = self.create_alibi_matrix(queries + offset, keys, heads, offset, attention_scores.dtype)
        if mask is not None:
            bias = bias + mask
        return attention_scores + bias
