"""Optimizers that divide by a measure of past gradients: `Adagrad`, `RMSprop`, `AdaDelta`, `Adafactor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lazulite.core as mx
from lazulite.optimizers.base import Optimizer
from lazulite.optimizers.checks import check_not_negative, check_positive


class Adagrad(Optimizer):
    """Adagrad (Duchi et al. 2011).

        v ← v + g²
        w ← w - learning_rate g / (sqrt(v) + eps)

    Args:
        learning_rate: a number, or a function from the step to one.
        eps: keeps the division finite.

    Example:
        >>> optim.Adagrad(learning_rate=0.5).apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(1.0)})
        {'w': array(0.5, dtype=float32)}
    """

    def __init__(self, learning_rate: float | Callable[[mx.array], mx.array], eps: float = 1e-8) -> None:
        super().__init__()
        check_positive("Adagrad", eps=eps)
        self._maybe_schedule("learning_rate", learning_rate)
        self.eps = eps

    def init_single(self, parameter: mx.array, state: dict[str, Any]) -> None:
        """Start the sum of squares at zero."""
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One parameter after the step."""
        v = state["v"] + mx.square(gradient)
        state["v"] = v
        lr = self.learning_rate.astype(gradient.dtype)
        return parameter - lr * gradient / (mx.sqrt(v) + self.eps)


class RMSprop(Optimizer):
    """RMSprop (Tieleman & Hinton 2012, lecture 6.5 of Neural Networks for Machine Learning).

        v ← alpha v + (1 - alpha) g²
        w ← w - learning_rate g / (sqrt(v) + eps)

    Args:
        learning_rate: a number, or a function from the step to one.
        alpha: how much of the running mean is kept.
        eps: keeps the division finite.

    Example:
        >>> optim.RMSprop(learning_rate=0.5, alpha=0).apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(1.0)})
        {'w': array(0.5, dtype=float32)}
    """

    def __init__(
        self,
        learning_rate: float | Callable[[mx.array], mx.array],
        alpha: float = 0.99,
        eps: float = 1e-8,
    ) -> None:
        super().__init__()
        check_not_negative("RMSprop", alpha=alpha)
        check_positive("RMSprop", eps=eps)
        self._maybe_schedule("learning_rate", learning_rate)
        self.alpha = alpha
        self.eps = eps

    def init_single(self, parameter: mx.array, state: dict[str, Any]) -> None:
        """Start the mean of squares at zero."""
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One parameter after the step."""
        lr = self.learning_rate.astype(gradient.dtype)
        v = self.alpha * state["v"] + (1 - self.alpha) * mx.square(gradient)
        state["v"] = v
        return parameter - lr * gradient / (mx.sqrt(v) + self.eps)


class AdaDelta(Optimizer):
    """AdaDelta (Zeiler 2012), with a learning rate.

        v ← rho v + (1 - rho) g²
        d = g sqrt(u + eps) / sqrt(v + eps)
        u ← rho u + (1 - rho) d²
        w ← w - learning_rate d

    Args:
        learning_rate: a number, or a function from the step to one; the paper has 1.
        rho: how much of the running means is kept.
        eps: keeps the division finite and starts the movement.

    Example:
        >>> optimizer = optim.AdaDelta(learning_rate=1.0)
        >>> optimizer.apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(1.0)})
        {'w': array(0.996838, dtype=float32)}
    """

    def __init__(
        self,
        learning_rate: float | Callable[[mx.array], mx.array],
        rho: float = 0.9,
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        check_not_negative("AdaDelta", rho=rho)
        check_positive("AdaDelta", eps=eps)
        self._maybe_schedule("learning_rate", learning_rate)
        self.rho = rho
        self.eps = eps

    def init_single(self, parameter: mx.array, state: dict[str, Any]) -> None:
        """Start both means at zero."""
        state["v"] = mx.zeros_like(parameter)
        state["u"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One parameter after the step."""
        lr = self.learning_rate.astype(gradient.dtype)
        rho, eps, u = self.rho, self.eps, state["u"]
        v = rho * state["v"] + (1 - rho) * mx.square(gradient)
        d = mx.sqrt(u + eps) / mx.sqrt(v + eps) * gradient
        state["v"] = v
        state["u"] = rho * u + (1 - rho) * mx.square(d)
        return parameter - lr * d


def _rms(x: mx.array) -> mx.array:
    return mx.sqrt(mx.mean(mx.square(x)))


class Adafactor(Optimizer):
    """Adafactor (Shazeer & Stern 2018): Adam's second moment of a matrix from the means over its rows and columns.

    At step `t`, with `q = g² + eps[0]` and `b = 1 - t^decay_rate`:

        r ← b r + (1 - b) mean of q over columns,   c ← b c + (1 - b) mean of q over rows
        v = r cᵀ / mean(r)                        (v ← b v + (1 - b) q for arrays of fewer than two axes)
        u = g / sqrt(v),   divided by max(1, rms(u) / clip_threshold)
        w ← w - a (weight_decay w) - a u

    where `a` is the learning rate, times `max(eps[1], rms(w))` if `scale_parameter`. With `relative_step` the learning
    rate is `min(1e-2, 1 / sqrt(t))` whatever was given, with `warmup_init` `min(1e-6 t, 1 / sqrt(t))`.

    Args:
        learning_rate: a number, or a function from the step to one; may be `None` with `relative_step`.
        eps: added to squared gradients, and the least scale of a parameter.
        clip_threshold: the largest root mean square of an update before scaling.
        decay_rate: the exponent that sets how fast the past is forgotten, negative.
        beta_1: keep this much of a running mean of updates and step by that; none if `None`.
        weight_decay: the decoupled weight decay.
        scale_parameter: scale steps with the parameter's size.
        relative_step: take the learning rate from the step.
        warmup_init: start the relative step small.

    Example:
        >>> optimizer = optim.Adafactor()
        >>> optimizer.apply_gradients({"w": mx.ones((2, 2))}, {"w": mx.ones((2, 2))})
        {'w': array([[0.99, 0.99],
               [0.99, 0.99]], dtype=float32)}
    """

    def __init__(
        self,
        learning_rate: float | Callable[[mx.array], mx.array] | None = None,
        eps: tuple[float, float] = (1e-30, 1e-3),
        clip_threshold: float = 1.0,
        decay_rate: float = -0.8,
        beta_1: float | None = None,
        weight_decay: float = 0.0,
        scale_parameter: bool = True,
        relative_step: bool = True,
        warmup_init: bool = False,
    ) -> None:
        super().__init__()
        if learning_rate is not None:
            self._maybe_schedule("learning_rate", learning_rate)
        self.eps = eps
        self.clip_threshold = clip_threshold
        self.decay_rate = decay_rate
        self.beta_1 = beta_1
        self.weight_decay = weight_decay
        self.scale_parameter = scale_parameter
        self.relative_step = relative_step
        self.warmup_init = warmup_init

    def init_single(self, parameter: mx.array, state: dict[str, Any]) -> None:
        """Start all means at zero."""
        shape, dtype = parameter.shape, parameter.dtype
        if parameter.ndim >= 2:
            state["exp_avg_sq_row"] = mx.zeros(shape[:-1], dtype=dtype)
            state["exp_avg_sq_col"] = mx.zeros(shape[:-2] + shape[-1:], dtype=dtype)
        else:
            state["exp_avg_sq"] = mx.zeros_like(parameter)
        if self.beta_1 is not None:
            state["exp_avg"] = mx.zeros_like(parameter)

    def _step_size(self, parameter_rms: mx.array) -> mx.array:
        step = self.step
        if self.relative_step:
            first = 1e-6 * step if self.warmup_init else 1e-2
            size = mx.minimum(first, mx.rsqrt(step)).astype(parameter_rms.dtype)
        else:
            size = self.learning_rate.astype(parameter_rms.dtype)
        return mx.maximum(self.eps[1], parameter_rms) * size if self.scale_parameter else size

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One parameter after the step."""
        size = self._step_size(_rms(parameter))
        keep = 1.0 - self.step**self.decay_rate
        keep = keep.astype(gradient.dtype)
        squares = mx.square(gradient) + self.eps[0]
        if gradient.ndim >= 2:
            row = keep * state["exp_avg_sq_row"] + (1 - keep) * mx.mean(squares, axis=-1)
            column = keep * state["exp_avg_sq_col"] + (1 - keep) * mx.mean(squares, axis=-2)
            state["exp_avg_sq_row"] = row
            state["exp_avg_sq_col"] = column
            row_factor = mx.rsqrt(row / mx.mean(row, axis=-1, keepdims=True))
            update = row_factor[..., None] * mx.rsqrt(column)[..., None, :] * gradient
        else:
            second = keep * state["exp_avg_sq"] + (1 - keep) * squares
            state["exp_avg_sq"] = second
            update = mx.rsqrt(second) * gradient
        update = update / mx.maximum(1.0, _rms(update) / self.clip_threshold)
        update = size * update
        if self.beta_1 is not None:
            update = self.beta_1 * state["exp_avg"] + (1 - self.beta_1) * update
            state["exp_avg"] = update
        if self.weight_decay != 0:
            parameter = parameter + parameter * (-self.weight_decay * size)
        return parameter - update
