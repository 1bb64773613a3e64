"""`Adam` and its kin: `AdamW` and `Adamax`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lazulite.core as mx
from lazulite.optimizers.base import Optimizer
from lazulite.optimizers.checks import check_betas, check_not_negative


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015).

        m ← b1 m + (1 - b1) g
        v ← b2 v + (1 - b2) g²
        w ← w - learning_rate m / (sqrt(v) + eps)

    With bias correction, at step `t`, `m` and `v` are divided by `1 - b1^t` and `1 - b2^t` in the last line.

    Args:
        learning_rate: a number, or a function from the step to one.
        betas: `b1` and `b2`.
        eps: keeps the division finite.
        bias_correction: correct `m` and `v` for starting at zero.

    Example:
        >>> optimizer = optim.Adam(learning_rate=0.5, bias_correction=True)
        >>> optimizer.apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(1.0)})["w"].round(4)
        array(0.5, dtype=float32)
    """

    def __init__(
        self,
        learning_rate: float | Callable[[mx.array], mx.array],
        betas: list[float] = [0.9, 0.999],  # noqa: B006
        eps: float = 1e-8,
        bias_correction: bool = False,
    ) -> None:
        super().__init__()
        check_betas(type(self).__name__, betas)
        check_not_negative(type(self).__name__, eps=eps)
        self._maybe_schedule("learning_rate", learning_rate)
        self.betas = betas
        self.eps = eps
        self.bias_correction = bias_correction

    def init_single(self, parameter: mx.array, state: dict[str, Any]) -> None:
        """Start both moments at zero."""
        state["m"] = mx.zeros_like(parameter)
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One parameter after the step."""
        lr = self.learning_rate.astype(gradient.dtype)
        b1, b2 = self.betas
        m: mx.array = b1 * state["m"] + (1 - b1) * gradient
        v: mx.array = b2 * state["v"] + (1 - b2) * mx.square(gradient)
        state["m"] = m
        state["v"] = v
        if not self.bias_correction:
            return parameter - lr * m / (mx.sqrt(v) + self.eps)
        step_size = (lr / (1 - b1**self.step)).astype(gradient.dtype)
        root = mx.rsqrt(1 - b2**self.step).astype(gradient.dtype)
        return parameter - step_size * m / (mx.sqrt(v) * root + self.eps)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019): the parameter is first multiplied by
    `1 - learning_rate weight_decay`, then updated as `Adam` does.

    Args:
        learning_rate, betas, eps, bias_correction: as for `Adam`.
        weight_decay: the decoupled weight decay.

    Example:
        >>> optimizer = optim.AdamW(learning_rate=0.5, weight_decay=0.1)
        >>> optimizer.apply_gradients({"w": mx.array(0.0)}, {"w": mx.array(1.0)})
        {'w': array(0.95, dtype=float32)}
    """

    def __init__(
        self,
        learning_rate: float | Callable[[mx.array], mx.array],
        betas: list[float] = [0.9, 0.999],  # noqa: B006
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        bias_correction: bool = False,
    ) -> None:
        super().__init__(learning_rate=learning_rate, betas=betas, eps=eps, bias_correction=bias_correction)
        self.weight_decay = weight_decay

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One parameter after the step."""
        lr = self.learning_rate.astype(gradient.dtype)
        return super().apply_single(gradient, parameter * (1 - lr * self.weight_decay), state)


class Adamax(Adam):
    """Adam with the largest gradient in the place of the second moment (Kingma & Ba 2015, section 7.1).

        m ← b1 m + (1 - b1) g
        v ← max(b2 v, |g|)
        w ← w - learning_rate m / (v + eps)

    Args:
        learning_rate: a number, or a function from the step to one.
        betas: `b1` and `b2`.
        eps: keeps the division finite.

    Example:
        >>> optim.Adamax(learning_rate=0.5).apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(1.0)})
        {'w': array(0.95, dtype=float32)}
    """

    def __init__(
        self,
        learning_rate: float | Callable[[mx.array], mx.array],
        betas: list[float] = [0.9, 0.999],  # noqa: B006
        eps: float = 1e-8,
    ) -> None:
        super().__init__(learning_rate, betas, eps)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One parameter after the step."""
        lr = self.learning_rate.astype(gradient.dtype)
        b1, b2 = self.betas
        m: mx.array = b1 * state["m"] + (1 - b1) * gradient
        v = mx.maximum(b2 * state["v"], mx.abs(gradient))
        state["m"] = m
        state["v"] = v
        return parameter - lr * m / (v + self.eps)
