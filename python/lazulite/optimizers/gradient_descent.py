"""`SGD`, `Lion` and `Muon`: steps along a running mean of gradients: as it is, by its sign, or made orthogonal."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import lazulite.core as mx
from lazulite.optimizers.base import Optimizer
from lazulite.optimizers.checks import check_betas


class SGD(Optimizer):
    """Stochastic gradient descent with momentum (Polyak 1964; Sutskever et al. 2013).

    With `g` the gradient plus `weight_decay w`:

        v ← momentum v + (1 - dampening) g
        w ← w - learning_rate v

    With Nesterov's momentum the step is `g + momentum v` instead of `v`; without momentum it is `g`.

    Args:
        learning_rate: a number, or a function from the step to one.
        momentum: how much of the last step is kept.
        weight_decay: the factor of an L2 penalty.
        dampening: how much of the gradient is left out of the momentum.
        nesterov: use Nesterov's momentum; needs `momentum` and no `dampening`.

    Raises:
        `ValueError` for `nesterov` without what it needs.

    Example:
        >>> optim.SGD(learning_rate=0.5).apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(1.0)})
        {'w': array(0, dtype=float32)}
    """

    def __init__(
        self,
        learning_rate: float | Callable[[mx.array], mx.array],
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                f"SGD: Nesterov's momentum needs momentum > 0 and dampening 0, got {momentum} and {dampening}"
            )
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.dampening = dampening
        self.nesterov = nesterov

    def init_single(self, parameter: mx.array, state: dict[str, Any]) -> None:
        """Start with no momentum."""
        state["v"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One parameter after the step."""
        if self.weight_decay != 0:
            gradient = gradient + self.weight_decay * parameter
        step = gradient
        if self.momentum > 0:
            fresh = (1 - self.dampening) * gradient if self.dampening > 0 else gradient
            v = self.momentum * state["v"] + fresh
            state["v"] = v
            step = gradient + self.momentum * v if self.nesterov else v
        return parameter - self.learning_rate.astype(gradient.dtype) * step


class Lion(Optimizer):
    """Lion (Chen et al., Symbolic Discovery of Optimization Algorithms, 2023).

        c = b1 m + (1 - b1) g
        m ← b2 m + (1 - b2) g
        w ← w - learning_rate (sign(c) + weight_decay w)

    Its steps are longer than Adam's: the authors take a learning rate 3 to 10 times smaller and a weight decay as many
    times larger.

    Args:
        learning_rate: a number, or a function from the step to one.
        betas: `b1` and `b2`.
        weight_decay: the decoupled weight decay.

    Example:
        >>> optim.Lion(learning_rate=0.5).apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(1.0)})
        {'w': array(0.5, dtype=float32)}
    """

    def __init__(
        self,
        learning_rate: float | Callable[[mx.array], mx.array],
        betas: list[float] = [0.9, 0.99],  # noqa: B006
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__()
        check_betas("Lion", betas)
        self._maybe_schedule("learning_rate", learning_rate)
        self.betas = betas
        self.weight_decay = weight_decay

    def init_single(self, parameter: mx.array, state: dict[str, Any]) -> None:
        """Start with no momentum."""
        state["m"] = mx.zeros_like(parameter)

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One parameter after the step."""
        lr = self.learning_rate.astype(gradient.dtype)
        b1, b2 = self.betas
        m = state["m"]
        c = b1 * m + (1 - b1) * gradient
        state["m"] = b2 * m + (1 - b2) * gradient
        if self.weight_decay > 0:
            parameter = (1 - lr * self.weight_decay) * parameter
        return parameter - lr * mx.sign(c)


class Muon(Optimizer):
    """Muon: momentum, made orthogonal by a Newton-Schulz iteration (Jordan et al. 2024).

    With `g` the gradient plus `weight_decay w`:

        v ← momentum v + (1 - momentum) g
        u = (1 - momentum) g + momentum v  with Nesterov's momentum, else v
        w ← w - learning_rate sqrt(max(1, rows / columns)) orthogonal(u)

    Arrays of more than two axes are matrices of their first axis by the others; those of fewer take `u` as it is and
    are better left to another optimizer, as are embeddings and output layers (see `MultiOptimizer`).

    Args:
        learning_rate: a number, or a function from the step to one.
        momentum: how much of the running mean is kept.
        weight_decay: the factor of an L2 penalty.
        nesterov: use Nesterov's momentum.
        ns_steps: how many Newton-Schulz iterations.

    Example:
        >>> optimizer = optim.Muon(learning_rate=0.02)
        >>> optimizer.apply_gradients({"w": mx.ones((2, 3))}, {"w": mx.ones((2, 3))})["w"].shape
        (2, 3)
    """

    def __init__(
        self,
        learning_rate: float | Callable[[mx.array], mx.array],
        momentum: float = 0.95,
        weight_decay: float = 0.01,
        nesterov: bool = True,
        ns_steps: int = 5,
    ) -> None:
        super().__init__()
        self._maybe_schedule("learning_rate", learning_rate)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.nesterov = nesterov
        self.ns_steps = ns_steps

    def init_single(self, parameter: mx.array, state: dict[str, Any]) -> None:
        """Start with no momentum."""
        state["v"] = mx.zeros_like(parameter)

    def _orthogonal(self, x: mx.array) -> mx.array:
        """A matrix with the singular vectors of `x` and singular values near 1."""
        tall = x.shape[0] > x.shape[1]
        x = x.T if tall else x
        x = x / (mx.sqrt(mx.sum(mx.square(x))) + 1e-7)
        for _ in range(self.ns_steps):
            gram = x @ x.T
            x = 3.4445 * x + (-4.775 * gram + 2.0315 * (gram @ gram)) @ x
        return x.T if tall else x

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One parameter after the step."""
        if self.weight_decay != 0:
            gradient = gradient + self.weight_decay * parameter
        v: mx.array = self.momentum * state["v"] + (1 - self.momentum) * gradient
        state["v"] = v
        update = gradient * (1 - self.momentum) + v * self.momentum if self.nesterov else v

        lr = self.learning_rate.astype(gradient.dtype)
        if update.ndim >= 2:
            matrix = self._orthogonal(update.reshape(update.shape[0], -1))
            lr = lr * math.sqrt(max(1, matrix.shape[0] / matrix.shape[1]))
            update = matrix.reshape(update.shape)
        return parameter - lr * update
