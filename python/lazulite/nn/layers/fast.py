"""Normalization, rotation and attention composed from core operations, with the signatures of MLX's `mx.fast`.

The engine plans each of the norms as one pass over its rows, so they need no primitive of their own. Statistics are
taken in `float32` for shorter floats; the result has the dtype of the input and its parameters together.
"""

from __future__ import annotations

import lazulite.core as mx


def _widened(x: mx.array) -> mx.array:
    return x.astype(mx.float32) if x.dtype in (mx.float16, mx.bfloat16) else x


def _scale_and_shift(y: mx.array, dtype: mx.Dtype, weight: mx.array | None, bias: mx.array | None) -> mx.array:
    """`y * weight + bias`, computed in `y`'s dtype, as an array of `dtype` and the parameters' dtypes together."""
    for parameter in (weight, bias):
        if parameter is not None:
            dtype = mx.result_type(mx.array(0, dtype=dtype), parameter)
    if weight is not None:
        y = y * weight
    if bias is not None:
        y = y + bias
    return y.astype(dtype)


def _check_norm(op: str, x: mx.array, **parameters: mx.array | None) -> None:
    if x.ndim == 0:
        raise ValueError(f"{op}: the input must have at least 1 axis, got 0")
    for name, parameter in parameters.items():
        if parameter is not None and parameter.shape != x.shape[-1:]:
            raise ValueError(f"{op}: {name} of shape {parameter.shape} does not fit an input of shape {x.shape}")


def layer_norm(x: mx.array, weight: mx.array | None, bias: mx.array | None, eps: float) -> mx.array:
    """`(x - mean) / sqrt(var + eps) * weight + bias` over the last axis (Ba et al. 2016)."""
    _check_norm("LayerNorm", x, weight=weight, bias=bias)
    wide = _widened(x)
    centred = wide - mx.mean(wide, axis=-1, keepdims=True)
    variance = mx.mean(mx.square(centred), axis=-1, keepdims=True)
    return _scale_and_shift(centred * mx.rsqrt(variance + eps), x.dtype, weight, bias)


def rms_norm(x: mx.array, weight: mx.array | None, eps: float) -> mx.array:
    """`x / sqrt(mean(x²) + eps) * weight` over the last axis (Zhang & Sennrich 2019)."""
    _check_norm("RMSNorm", x, weight=weight)
    wide = _widened(x)
    mean_square = mx.mean(mx.square(wide), axis=-1, keepdims=True)
    return _scale_and_shift(wide * mx.rsqrt(mean_square + eps), x.dtype, weight, None)


def rope(
    x: mx.array, dims: int, *, traditional: bool, base: float, scale: float, offset: int | mx.array
) -> mx.array:
    """Rotate pairs of the first `dims` features by angles that grow with the position (Su et al. 2021).

    Position `t` on the second to last axis turns pair `i` by `(t + offset) scale base^(-2 i / dims)`. Pairs are
    neighbours if `traditional`, else features half of `dims` apart. `offset` is one number, or one for each entry of
    the first axis.
    """
    if x.ndim < 3:
        raise ValueError(f"RoPE: the input must have at least 3 axes, got {x.ndim}")
    if not mx.issubdtype(x.dtype, mx.floating):
        raise ValueError(f"RoPE: the input must be floating, got {x.dtype}")
    if dims <= 0 or dims % 2 or dims > x.shape[-1]:
        raise ValueError(f"RoPE: dims must be even and within the {x.shape[-1]} features, got {dims}")
    half = dims // 2
    rates = mx.exp(mx.arange(half, dtype=mx.float32) * (-mx.log(mx.array(base, dtype=mx.float32)) / half))
    positions = mx.arange(x.shape[-2], dtype=mx.float32)
    if isinstance(offset, mx.array) and offset.ndim > 0:
        positions = positions + offset.reshape(-1, *([1] * (x.ndim - 2)))
    else:
        positions = positions + offset
    angles = (positions * scale)[..., None] * rates
    cos, sin = mx.cos(angles), mx.sin(angles)

    rotated, rest = _widened(x[..., :dims]), x[..., dims:]
    if traditional:
        a, b = rotated[..., ::2], rotated[..., 1::2]
        turned = mx.stack([a * cos - b * sin, a * sin + b * cos], axis=-1).reshape(rotated.shape)
    else:
        a, b = rotated[..., :half], rotated[..., half:]
        turned = mx.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)
    turned = turned.astype(x.dtype)
    return mx.concatenate([turned, rest], axis=-1) if dims < x.shape[-1] else turned


def scaled_dot_product_attention(
    q: mx.array, k: mx.array, v: mx.array, *, scale: float, mask: mx.array | str | None = None
) -> mx.array:
    """`softmax(scale q kᵀ + mask) v` (Vaswani et al. 2017).

    Args:
        q: `(batch, heads, queries, dims)`.
        k: `(batch, heads, keys, dims)`.
        v: `(batch, heads, keys, value_dims)`.
        scale: the factor, usually `1 / sqrt(dims)`.
        mask: broadcasts against `(batch, heads, queries, keys)`: added to the scores, or if boolean, true where a key
            may be seen. `"causal"` lets the last query see all keys, and each one before a key less.
    """
    scores = (q * scale) @ k.swapaxes(-1, -2)
    if isinstance(mask, str):
        if mask != "causal":
            raise ValueError(f"scaled_dot_product_attention: the only mask with a name is 'causal', not {mask!r}")
        queries, keys = scores.shape[-2:]
        mask = mx.arange(keys - queries, keys)[:, None] >= mx.arange(keys)
    if mask is not None and mask.dtype == mx.bool_:
        scores = mx.where(mask, scores, mx.array(mx.finfo(scores.dtype).min, dtype=scores.dtype))
    elif mask is not None:
        scores = scores + mask
    return mx.softmax(scores, axis=-1, precise=True) @ v
