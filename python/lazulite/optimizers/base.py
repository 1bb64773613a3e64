"""`Optimizer`, what all optimizers share, and `MultiOptimizer`, which gives parameters to several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lazulite.core as mx
from lazulite.nn.layers.base import Module
from lazulite.utils import tree_flatten, tree_map, tree_merge, tree_unflatten


class Optimizer:
    """Updates the arrays of a tree, each by itself, and keeps what it remembers of each in a state tree.

    Subclasses write `init_single` and `apply_single`. The state is a dict with the number of the `step`, every
    hyperparameter that may follow a schedule (such as `learning_rate`) as an array, and beside them the parameters'
    tree with a dict of arrays in the place of each. It can be captured by `lazulite.core.compile`.

    Args:
        schedulers: functions from the step, by the name of the hyperparameter they set.

    Example:
        >>> class Descent(Optimizer):
        ...     def __init__(self, learning_rate) -> None:
        ...         super().__init__()
        ...         self._maybe_schedule("learning_rate", learning_rate)
        ...
        ...     def init_single(self, parameter, state):
        ...         pass
        ...
        ...     def apply_single(self, gradient, parameter, state):
        ...         return parameter - self.learning_rate * gradient
        >>> Descent(0.5).apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(1.0)})
        {'w': array(0, dtype=float32)}
    """

    def __init__(self, schedulers: dict[str, Callable[[mx.array], mx.array]] | None = None) -> None:
        self._initialized = False
        self._state: dict[str, Any] = {"step": mx.array(0, mx.uint64)}
        self._schedulers = dict(schedulers or {})

    def update(self, model: Module, gradients: dict[str, Any]) -> None:
        """Replace the model's parameters by updated ones.

        Args:
            model: the module to change.
            gradients: a tree of gradients, as `lazulite.nn.value_and_grad` gives it.

        Example:
            >>> model = nn.Linear(2, 1)
            >>> optim.SGD(0.1).update(model, {"weight": mx.ones((1, 2))})
        """
        model.update(self.apply_gradients(gradients, model))

    def init(self, parameters: dict[str, Any]) -> None:
        """Make the state of each parameter that has none yet. The first update does this by itself.

        Args:
            parameters: a tree of arrays.

        Example:
            >>> optimizer = optim.SGD(learning_rate=0.1, momentum=0.9)
            >>> optimizer.init(nn.Linear(2, 1).trainable_parameters())
            >>> list(optimizer.state)
            ['step', 'learning_rate', 'weight', 'bias']
        """
        self._state = self._with_places(parameters, self._state)

        def init_missing(parameter: mx.array, state: dict[str, Any]) -> None:
            if not state:
                self.init_single(parameter, state)

        tree_map(init_missing, parameters, self._state)
        self._initialized = True

    @staticmethod
    def _with_places(parameters: Any, state: Any) -> Any:
        """`state` with an empty dict for each array of `parameters` that it does not know; lists keep their length."""
        if isinstance(parameters, dict):
            state = {} if state is None else state
            for key, below in parameters.items():
                state[key] = Optimizer._with_places(below, state.get(key))
            return state
        if isinstance(parameters, (list, tuple)):
            known = list(state or [])
            known += [None] * (len(parameters) - len(known))
            return [Optimizer._with_places(below, old) for below, old in zip(parameters, known, strict=False)]
        return {} if state is None else state

    def init_single(self, parameter: mx.array, state: dict[str, Any]) -> None:
        """Put what the optimizer remembers of one parameter into `state`. For subclasses to write.

        Args:
            parameter: the array.
            state: an empty dict.

        Example:
            >>> state = {}
            >>> optim.Adam(learning_rate=0.1).init_single(mx.zeros((2,)), state)
            >>> list(state)
            ['m', 'v']
        """
        raise NotImplementedError(f"{type(self).__name__} has no init_single")

    def apply_gradients(self, gradients: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
        """The updated parameters; the state moves on by one step.

        Args:
            gradients: a tree of gradients.
            parameters: a tree of arrays that holds at least the places of `gradients`.

        Returns:
            A tree shaped like `gradients`.

        Example:
            >>> optim.SGD(0.5).apply_gradients({"w": mx.array(2.0)}, {"w": mx.array(1.0)})
            {'w': array(0, dtype=float32)}
        """
        if not self._initialized:
            self.init(gradients)
        for name, schedule in self._schedulers.items():
            self._state[name] = _as_array(schedule(self.step))
        self._state["step"] = self.step + 1
        updated: dict[str, Any] = tree_map(self.apply_single, gradients, parameters, self._state)
        return updated

    def apply_single(self, gradient: mx.array, parameter: mx.array, state: dict[str, Any]) -> mx.array:
        """One updated parameter. For subclasses to write.

        Args:
            gradient: its gradient.
            parameter: its value.
            state: what the optimizer remembers of it, to be changed in place.

        Returns:
            An array of the parameter's shape and dtype.

        Example:
            >>> optim.SGD(learning_rate=0.5).apply_single(mx.array(2.0), mx.array(1.0), {})
            array(0, dtype=float32)
        """
        raise NotImplementedError(f"{type(self).__name__} has no apply_single")

    @property
    def state(self) -> dict[str, Any]:
        """The state tree. Assigning one, such as a saved one, makes the next update fill in what it lacks.

        Example:
            >>> list(optim.SGD(learning_rate=0.1).state)
            ['step', 'learning_rate']
        """
        return self._state

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self._initialized = False
        self._state = state

    @property
    def step(self) -> mx.array:
        """How many updates there were, a `uint64` scalar.

        Example:
            >>> optim.SGD(learning_rate=0.1).step
            array(0, dtype=uint64)
        """
        step: mx.array = self._state["step"]
        return step

    @property
    def learning_rate(self) -> mx.array:
        """The learning rate, a scalar array. A schedule overwrites what is assigned at the next update."""
        rate: mx.array = self._state["learning_rate"]
        return rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: float | mx.array) -> None:
        self._state["learning_rate"] = _as_array(learning_rate)

    def _maybe_schedule(self, name: str, value: float | Callable[[mx.array], mx.array]) -> None:
        """Make `name` a part of the state: `value`, or if it is a function what it gives for each step."""
        if callable(value):
            self._schedulers[name] = value
            self._state[name] = _as_array(value(self.step))
        else:
            self._state[name] = _as_array(value)


def _as_array(value: float | mx.array) -> mx.array:
    return value if isinstance(value, mx.array) else mx.array(value)


class MultiOptimizer(Optimizer):
    """Several optimizers, each for some of the parameters.

    Args:
        optimizers: the optimizers.
        filters: for each optimizer but the last, a function of a parameter's path and its gradient that says whether
            the optimizer takes it. The first that says so does; the last optimizer takes the rest.

    Raises:
        `ValueError` for other than one filter fewer than optimizers, and for a `state` of another number of them.

    Example:
        >>> optimizer = optim.MultiOptimizer(
        ...     [optim.Muon(learning_rate=0.02), optim.AdamW(learning_rate=1e-3)],
        ...     [lambda path, gradient: gradient.ndim == 2],
        ... )
        >>> optimizer.update(nn.Linear(2, 1), {"weight": mx.ones((1, 2)), "bias": mx.ones((1,))})
    """

    def __init__(self, optimizers: list[Optimizer], filters: list[Callable[[str, mx.array], bool]] = []) -> None:  # noqa: B006
        super().__init__()
        if len(filters) != len(optimizers) - 1:
            raise ValueError(
                f"MultiOptimizer: {len(optimizers)} optimizers need {len(optimizers) - 1} filters, got {len(filters)}"
            )
        self._state = {}
        self.optimizers = optimizers
        self.filters: list[Callable[[str, mx.array], bool]] = [*filters, lambda path, gradient: True]

    def _split(self, tree: dict[str, Any]) -> list[dict[str, Any]]:
        """The part of a tree that each optimizer takes."""
        parts: list[list[tuple[str, mx.array]]] = [[] for _ in self.optimizers]
        for path, array in tree_flatten(tree):
            chosen = next(i for i, takes in enumerate(self.filters) if takes(path, array))
            parts[chosen].append((path, array))
        return [tree_unflatten(part) if part else {} for part in parts]

    def init(self, parameters: dict[str, Any]) -> None:
        """Make the state of each parameter, in the optimizer that takes it."""
        for optimizer, part in zip(self.optimizers, self._split(parameters), strict=True):
            optimizer.init(part)

    def apply_gradients(self, gradients: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
        """The updated parameters, each from the optimizer that takes it; every optimizer moves on by one step."""
        updated: dict[str, Any] = {}
        for optimizer, part in zip(self.optimizers, self._split(gradients), strict=True):
            updated = tree_merge(updated, optimizer.apply_gradients(part, parameters))
        return updated

    @property
    def state(self) -> dict[str, Any]:
        """The optimizers' states: `{"states": [...]}`."""
        return {"states": [optimizer.state for optimizer in self.optimizers]}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        states = state.get("states", [])
        if len(states) != len(self.optimizers):
            raise ValueError(f"MultiOptimizer: {len(self.optimizers)} states are needed, got {len(states)}")
        for optimizer, one in zip(self.optimizers, states, strict=True):
            optimizer.state = one

    @property
    def learning_rate(self) -> mx.array:
        """The first optimizer's learning rate. Assigning one sets it in all of them."""
        return self.optimizers[0].learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: float | mx.array) -> None:
        for optimizer in self.optimizers:
            optimizer.learning_rate = learning_rate
