"""`Upsample`, interpolation along the axes between the first and the last."""

from __future__ import annotations

import math
from typing import Literal

import lazulite.core as mx
from lazulite.nn.layers.base import Module

# A tap of an interpolation: for each place of the output the place of the input, and its weight (or `None` for 1).
_Tap = tuple[mx.array, mx.array | None]


def _positions(n: int, scale: float, align_corners: bool) -> mx.array:
    """Where the places of the output lie between those of `n` inputs, `1 / scale` apart and centred, or end to end."""
    m = int(scale * n)
    if align_corners:
        return mx.arange(m, dtype=mx.float32) * ((n - 1) / (m - 1) if m > 1 else 0.0)
    step = 1 / scale
    return mx.arange(m, dtype=mx.float32) * step - ((m - 1) * step - n + 1) / 2


def _nearest(n: int, scale: float) -> list[_Tap]:
    m = int(scale * n)
    places = mx.arange(m, dtype=mx.float32)
    # Larger outputs take the input nearest to their centre, smaller ones the input at their lower end.
    chosen = mx.round((places + 0.5) * (n / m) - 0.5) if m > n else mx.floor(places * (n / max(m, 1)))
    return [(mx.clip(chosen, 0, n - 1).astype(mx.int32), None)]


def _linear(n: int, scale: float, align_corners: bool) -> list[_Tap]:
    positions = mx.clip(_positions(n, scale, align_corners), 0, n - 1)
    low = mx.floor(positions)
    share = positions - low
    return [
        (low.astype(mx.int32), 1 - share),
        (mx.minimum(low + 1, n - 1).astype(mx.int32), share),
    ]


def _triangle(distance: mx.array) -> mx.array:
    return mx.maximum(1 - distance, 0)


def _cubic(distance: mx.array, a: float) -> mx.array:
    """Keys' cubic kernel with slope `a` at 1 (Keys 1981)."""
    near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
    far = ((distance - 5) * distance + 8) * distance * a - 4 * a
    return mx.where(distance <= 1, near, mx.where(distance < 2, far, 0))


def _windowed(n: int, scale: float, align_corners: bool, mode: str, antialias: bool) -> list[_Tap]:
    """The taps of a kernel, stretched over the inputs that fall on one output if `antialias` and the output is smaller.

    Without antialiasing inputs beyond the ends are those at the ends; with it they are left out and the weights made to
    add up to one.
    """
    positions = _positions(n, scale, align_corners)
    stretch = max(1.0, 1 / scale) if antialias else 1.0
    reach = (1 if mode == "linear" else 2) * stretch
    low = mx.floor(positions)
    taps: list[tuple[mx.array, mx.array]] = []
    for offset in range(-math.ceil(reach) + 1, math.ceil(reach) + 1):
        place = low + offset
        distance = mx.abs(positions - place) / stretch
        weight = _triangle(distance) if mode == "linear" else _cubic(distance, -0.5 if antialias else -0.75)
        if antialias:
            weight = mx.where((place >= 0) & (place <= n - 1), weight, 0)
        taps.append((mx.clip(place, 0, n - 1).astype(mx.int32), weight))
    if antialias:
        total = sum((weight for _, weight in taps), start=mx.array(0.0))
        taps = [(place, weight / total) for place, weight in taps]
    return [*taps]


class Upsample(Module):
    """Change the size of a signal, image or volume by interpolation.

    Axes between the first (the batch) and the last (the features) are multiplied by `scale_factor`, rounded down.

    Args:
        scale_factor: one factor for all axes, or one for each.
        mode: `"nearest"`, `"linear"` (over two axes bilinear, and so on) or `"cubic"` (Keys 1981).
        align_corners: let the first and last places of input and output coincide, rather than their outer edges. Not
            for `"nearest"`.
        antialias: when making smaller with `"linear"` or `"cubic"`, average over all inputs that fall on an output;
            the cubic kernel is then Keys' with -0.5 instead of -0.75. Not together with `align_corners`.

    Shape:
        `(N, ..., C)` with at least one axis between, to the same number of axes.

    Raises:
        `ValueError` for an unknown mode, for `antialias` where it does not apply, for an input of fewer than 3 axes,
        and for factors that are not positive or not one for each axis.

    Example:
        >>> x = mx.array([1.0, 2.0]).reshape(1, 2, 1)
        >>> nn.Upsample(scale_factor=2, mode="linear")(x).squeeze()
        array([1, 1.25, 1.75, 2], dtype=float32)
    """

    def __init__(
        self,
        scale_factor: float | tuple[float, ...],
        mode: Literal["nearest", "linear", "cubic"] = "nearest",
        align_corners: bool = False,
        antialias: bool = False,
    ) -> None:
        super().__init__()
        if mode not in ("nearest", "linear", "cubic"):
            raise ValueError(f"Upsample: mode must be 'nearest', 'linear' or 'cubic', not {mode!r}")
        if antialias and mode == "nearest":
            raise ValueError("Upsample: antialias is for the modes 'linear' and 'cubic'")
        if antialias and align_corners:
            raise ValueError("Upsample: antialias and align_corners cannot go together")
        if isinstance(scale_factor, (list, tuple)):
            self.scale_factor: float | tuple[float, ...] = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.antialias = antialias

    def _extra_repr(self) -> str:
        return f"scale_factor={self.scale_factor}, mode={self.mode!r}, align_corners={self.align_corners}"

    def _taps(self, n: int, scale: float) -> list[_Tap]:
        if self.mode == "nearest":
            return _nearest(n, scale)
        if self.mode == "linear" and not self.antialias:
            return _linear(n, scale, self.align_corners)
        return _windowed(n, scale, self.align_corners, self.mode, self.antialias)

    def __call__(self, x: mx.array) -> mx.array:
        axes = x.ndim - 2
        if axes < 1:
            raise ValueError(f"Upsample: the input must have at least 3 axes (N, ..., C), got {x.ndim}")
        scales = self.scale_factor if isinstance(self.scale_factor, tuple) else (self.scale_factor,) * axes
        if len(scales) != axes:
            raise ValueError(f"Upsample: {axes} scale factors are needed, got {len(scales)}")
        if min(scales) <= 0:
            raise ValueError(f"Upsample: scale factors must be positive, got {scales}")
        for axis, scale in enumerate(scales, start=1):
            if scale == 1:
                continue
            along = (-1, *([1] * (x.ndim - axis - 1)))
            parts = [
                mx.take(x, places, axis=axis) * (1 if weights is None else weights.reshape(along))
                for places, weights in self._taps(x.shape[axis], scale)
            ]
            x = sum(parts[1:], parts[0])
        return x
