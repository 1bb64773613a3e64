"""Clipping of gradients."""

from __future__ import annotations

from typing import Any

import lazulite.core as mx
from lazulite.utils import tree_map, tree_reduce


def clip_grad_norm(grads: Any, max_norm: float) -> tuple[Any, mx.array]:
    """Scale gradients down so that their joint norm is at most `max_norm` (Pascanu et al. 2013).

    The norm is that of all arrays as one vector. Smaller gradients are left as they are.

    Args:
        grads: a tree of arrays.
        max_norm: the largest norm.

    Returns:
        The tree, scaled, and the norm that it had before, a `float32` scalar.

    Example:
        >>> optim.clip_grad_norm({"a": mx.array([3.0, 4.0])}, max_norm=1.0)
        ({'a': array([0.6, 0.8], dtype=float32)}, array(5, dtype=float32))
    """
    squares = tree_reduce(lambda total, g: total + mx.sum(mx.square(g.astype(mx.float32))), grads, mx.array(0.0))
    norm = mx.sqrt(squares)
    scale = mx.minimum(max_norm / (norm + 1e-6), 1.0)

    def scaled(g: mx.array) -> mx.array:
        return g * (scale.astype(g.dtype) if mx.issubdtype(g.dtype, mx.floating) else scale)

    return tree_map(scaled, grads), norm
