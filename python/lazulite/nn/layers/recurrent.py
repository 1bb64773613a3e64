"""Recurrent layers: `RNN`, `GRU`, `LSTM`.

All go along the second to last axis of their input, which is `(..., length, features)`, and give the hidden state after
each step. All parameters start uniform in `[-k, k]` with `k = 1 / sqrt(hidden_size)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import lazulite.core as mx
from lazulite.nn.layers.activations import tanh
from lazulite.nn.layers.base import Module


def _drawn(hidden_size: int, *shape: int) -> mx.array:
    k = 1 / math.sqrt(hidden_size)
    return mx.random.uniform(low=-k, high=k, shape=shape)


def _project(x: mx.array, weight: mx.array, bias: mx.array | None) -> mx.array:
    """`x Wᵀ + b`, for all steps at once."""
    if x.ndim < 2:
        raise ValueError(f"the input must have at least 2 axes (..., length, features), got {x.ndim}")
    if x.shape[-2] == 0:
        raise ValueError("the sequence must have at least one step")
    return x @ weight.T if bias is None else mx.addmm(bias, x, weight.T)


class RNN(Module):
    """The recurrent layer of Elman (1990): `h ← tanh(Wxh x + Whh h + b)`.

    Args:
        input_size: the features of the input.
        hidden_size: the size of the hidden state.
        bias: whether to add `b`.
        nonlinearity: what to use instead of `tanh`.

    Parameters:
        Wxh: `(hidden_size, input_size)`; Whh: `(hidden_size, hidden_size)`; bias: `(hidden_size,)`.

    Shape:
        `(..., length, input_size)` to `(..., length, hidden_size)`.

    Raises:
        `ValueError` for a `nonlinearity` that cannot be called, for an input of fewer than 2 axes, without steps, or
        whose last axis is not of `input_size`, and for a state that does not fit.

    Example:
        >>> nn.RNN(3, 5)(mx.ones((2, 7, 3))).shape
        (2, 7, 5)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__()
        nonlinearity = tanh if nonlinearity is None else nonlinearity
        if not callable(nonlinearity):
            raise ValueError(f"RNN: nonlinearity must be a function, got {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        self.hidden_size = hidden_size
        self.Wxh = _drawn(hidden_size, hidden_size, input_size)
        self.Whh = _drawn(hidden_size, hidden_size, hidden_size)
        if bias:
            self.bias = _drawn(hidden_size, hidden_size)

    def _extra_repr(self) -> str:
        return (
            f"input_dims={self.Wxh.shape[1]}, hidden_size={self.hidden_size}, "
            f"nonlinearity={self.nonlinearity}, bias={'bias' in self}"
        )

    def __call__(self, x: mx.array, hidden: mx.array | None = None) -> mx.array:
        """The hidden states after each step.

        Args:
            x: `(..., length, input_size)`.
            hidden: the state to begin with, `(..., hidden_size)`; zeros if `None`.
        """
        steps = _project(x, self.Wxh, self.get("bias"))
        states = []
        for i in range(x.shape[-2]):
            step = steps[..., i, :]
            hidden = self.nonlinearity(step if hidden is None else mx.addmm(step, hidden, self.Whh.T))
            states.append(hidden)
        return mx.stack(states, axis=-2)


class GRU(Module):
    """The gated recurrent unit (Cho et al. 2014).

        r = σ(Wxr x + Whr h + br)
        z = σ(Wxz x + Whz h + bz)
        n = tanh(Wxn x + bn + r (Whn h + bhn))
        h ← (1 - z) n + z h

    Args:
        input_size: the features of the input.
        hidden_size: the size of the hidden state.
        bias: whether to have the biases.

    Parameters:
        Wx: `(3 hidden_size, input_size)` and Wh: `(3 hidden_size, hidden_size)`, for r, z and n one below the other;
        b: `(3 hidden_size,)`; bhn: `(hidden_size,)`.

    Shape:
        `(..., length, input_size)` to `(..., length, hidden_size)`.

    Raises:
        `ValueError` for an input of fewer than 2 axes, without steps, or whose last axis is not of `input_size`, and
        for a state that does not fit.

    Example:
        >>> nn.GRU(3, 5)(mx.ones((2, 7, 3))).shape
        (2, 7, 5)
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.Wx = _drawn(hidden_size, 3 * hidden_size, input_size)
        self.Wh = _drawn(hidden_size, 3 * hidden_size, hidden_size)
        if bias:
            self.b = _drawn(hidden_size, 3 * hidden_size)
            self.bhn = _drawn(hidden_size, hidden_size)

    def _extra_repr(self) -> str:
        return f"input_dims={self.Wx.shape[1]}, hidden_size={self.hidden_size}, bias={'b' in self}"

    def __call__(self, x: mx.array, hidden: mx.array | None = None) -> mx.array:
        """The hidden states after each step.

        Args:
            x: `(..., length, input_size)`.
            hidden: the state to begin with, `(..., hidden_size)`; zeros if `None`.
        """
        steps = _project(x, self.Wx, self.get("b"))
        gates, fresh = steps[..., : 2 * self.hidden_size], steps[..., 2 * self.hidden_size :]
        states = []
        for i in range(x.shape[-2]):
            gate, n = gates[..., i, :], fresh[..., i, :]
            recalled = self.get("bhn")
            if hidden is not None:
                old = hidden @ self.Wh.T
                gate = gate + old[..., : 2 * self.hidden_size]
                old = old[..., 2 * self.hidden_size :]
                recalled = old if recalled is None else old + recalled
            r, z = mx.split(mx.sigmoid(gate), 2, axis=-1)
            n = mx.tanh(n if recalled is None else n + r * recalled)
            hidden = (1 - z) * n if hidden is None else (1 - z) * n + z * hidden
            states.append(hidden)
        return mx.stack(states, axis=-2)


class LSTM(Module):
    """Long short-term memory (Hochreiter & Schmidhuber 1997, with forget gates of Gers et al. 2000).

        i = σ(Wxi x + Whi h + bi)
        f = σ(Wxf x + Whf h + bf)
        g = tanh(Wxg x + Whg h + bg)
        o = σ(Wxo x + Who h + bo)
        c ← f c + i g
        h ← o tanh(c)

    Args:
        input_size: the features of the input.
        hidden_size: the size of the hidden state and the cell.
        bias: whether to have the biases.

    Parameters:
        Wx: `(4 hidden_size, input_size)` and Wh: `(4 hidden_size, hidden_size)`, for i, f, g and o one below the other;
        bias: `(4 hidden_size,)`.

    Shape:
        `(..., length, input_size)` to two of `(..., length, hidden_size)`.

    Raises:
        `ValueError` for an input of fewer than 2 axes, without steps, or whose last axis is not of `input_size`, and
        for a state or cell that does not fit.

    Example:
        >>> hidden, cell = nn.LSTM(3, 5)(mx.ones((2, 7, 3)))
        >>> hidden.shape, cell.shape
        ((2, 7, 5), (2, 7, 5))
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.Wx = _drawn(hidden_size, 4 * hidden_size, input_size)
        self.Wh = _drawn(hidden_size, 4 * hidden_size, hidden_size)
        if bias:
            self.bias = _drawn(hidden_size, 4 * hidden_size)

    def _extra_repr(self) -> str:
        return f"input_dims={self.Wx.shape[1]}, hidden_size={self.hidden_size}, bias={'bias' in self}"

    def __call__(
        self, x: mx.array, hidden: mx.array | None = None, cell: mx.array | None = None
    ) -> tuple[mx.array, mx.array]:
        """The hidden states and the cells after each step.

        Args:
            x: `(..., length, input_size)`.
            hidden: the state to begin with, `(..., hidden_size)`; zeros if `None`.
            cell: the cell to begin with, likewise.
        """
        steps = _project(x, self.Wx, self.get("bias"))
        states, cells = [], []
        for index in range(x.shape[-2]):
            step = steps[..., index, :]
            if hidden is not None:
                step = mx.addmm(step, hidden, self.Wh.T)
            i, f, g, o = mx.split(step, 4, axis=-1)
            fresh = mx.sigmoid(i) * mx.tanh(g)
            cell = fresh if cell is None else mx.sigmoid(f) * cell + fresh
            hidden = mx.sigmoid(o) * mx.tanh(cell)
            states.append(hidden)
            cells.append(cell)
        return mx.stack(states, axis=-2), mx.stack(cells, axis=-2)
