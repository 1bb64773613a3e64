"""Layers that drop parts of their input at random while training."""

from __future__ import annotations

import lazulite.core as mx
from lazulite.nn.layers.base import Module


class _Dropout(Module):
    """What the dropouts share: the probability, and the mask over a given shape."""

    def __init__(self, p: float = 0.5) -> None:
        if p < 0 or p >= 1:
            raise ValueError(f"{type(self).__name__}: the probability {p} is not in [0, 1)")
        super().__init__()
        self._p_1 = 1 - p

    def _extra_repr(self) -> str:
        return f"p={1 - self._p_1}"

    def _drop(self, x: mx.array, mask_shape: tuple[int, ...]) -> mx.array:
        if self._p_1 == 1 or not self.training:
            return x
        mask = mx.random.bernoulli(self._p_1, mask_shape)
        return (mask * x) * (1 / self._p_1)

    def _drop_channels(self, x: mx.array, axes: int) -> mx.array:
        """Drop along the last axis, over `axes` axes before it, with or without a batch axis in front."""
        if x.ndim not in (axes + 1, axes + 2):
            raise ValueError(
                f"{type(self).__name__}: expected an input with {axes + 1} or {axes + 2} axes, got {x.ndim}"
            )
        batch = x.shape[:1] if x.ndim == axes + 2 else ()
        return self._drop(x, (*batch, *([1] * axes), x.shape[-1]))


class Dropout(_Dropout):
    """While training, sets each element to zero with probability `p` and multiplies the others by `1 / (1 - p)`.

    The expected value of an element stays the same (Srivastava et al. 2014). In evaluation mode it does nothing.

    Args:
        p: the probability, in `[0, 1)`.

    Shape:
        any, kept.

    Raises:
        `ValueError` for a probability outside `[0, 1)`.

    Example:
        >>> nn.Dropout(0.5).eval()(mx.ones((3,)))
        array([1, 1, 1], dtype=float32)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return self._drop(x, x.shape)


class Dropout2d(_Dropout):
    """While training, drops whole channels of images with probability `p`; the others are scaled by `1 / (1 - p)`.

    See Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015.

    Args:
        p: the probability, in `[0, 1)`.

    Shape:
        `(N, H, W, C)` or `(H, W, C)`, kept.

    Raises:
        `ValueError` for a probability outside `[0, 1)`, and for an input of other than 3 or 4 axes.

    Example:
        >>> nn.Dropout2d(0.5)(mx.ones((1, 4, 4, 3))).shape
        (1, 4, 4, 3)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return self._drop_channels(x, 2)


class Dropout3d(_Dropout):
    """`Dropout2d` for volumes.

    Args:
        p: the probability, in `[0, 1)`.

    Shape:
        `(N, D, H, W, C)` or `(D, H, W, C)`, kept.

    Raises:
        `ValueError` for a probability outside `[0, 1)`, and for an input of other than 4 or 5 axes.

    Example:
        >>> nn.Dropout3d(0.5)(mx.ones((1, 4, 4, 4, 3))).shape
        (1, 4, 4, 4, 3)
    """

    def __call__(self, x: mx.array) -> mx.array:
        return self._drop_channels(x, 3)
