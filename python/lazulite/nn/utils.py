"""Transforms of functions that use a module: gradients, checkpointing; and averaging of gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import lazulite.core as mx
from lazulite.nn.layers.base import Module
from lazulite.utils import tree_flatten, tree_map, tree_unflatten


def _swap_in(into: Any, new: Any, swapped: list[tuple[Any, Any, Any, Any]]) -> None:
    """Put the arrays of a tree of parameters in their places, and list `(where, key, old array, new array)`."""
    for key, value in new.items() if isinstance(new, dict) else enumerate(new):
        if isinstance(value, (dict, list)):
            _swap_in(into[key], value, swapped)
        else:
            swapped.append((into, key, into[key], value))
            into[key] = value


def _call_with(
    model: Module, parameters: dict[str, Any], fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """`fn(*args, **kwargs)` while `model` holds `parameters`; then put back what they stood in for.

    A place that `fn` itself gave a new value keeps that. The model is restored if `fn` raises, too.
    """
    swapped: list[tuple[Any, Any, Any, Any]] = []
    try:
        _swap_in(model, parameters, swapped)
        return fn(*args, **kwargs)
    finally:
        for where, key, old, new in swapped:
            there = key in where if isinstance(where, dict) else key < len(where)
            if there and where[key] is new:
                where[key] = old


def value_and_grad(model: Module, fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function that gives the value of `fn` and its gradient with respect to the model's trainable parameters.

    Args:
        model: the module that `fn` uses, whether as an argument or from around it.
        fn: returns a scalar, or a tuple that starts with one.

    Returns:
        A function with the arguments of `fn`. It returns `fn`'s value and a tree of gradients shaped like
        `model.trainable_parameters()`.

    Example:
        >>> model = nn.Linear(10, 1)
        >>> def loss_fn(model, x, y):
        ...     return nn.losses.mse_loss(model(x), y)
        >>> loss, grads = nn.value_and_grad(model, loss_fn)(model, mx.ones((4, 10)), mx.ones((4, 1)))
        >>> grads["weight"].shape
        (1, 10)
    """

    def of_parameters(parameters: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        return _call_with(model, parameters, fn, args, kwargs)

    value_and_grad_fn = mx.value_and_grad(of_parameters)

    @wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return value_and_grad_fn(model.trainable_parameters(), *args, **kwargs)

    return wrapped


def checkpoint(module: Module, fn: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """A function like `fn` whose gradient keeps only its inputs and outputs, and computes the rest again.

    The inputs include the module's trainable parameters (Chen et al., Training Deep Nets with Sublinear Memory Cost,
    2016).

    Args:
        module: the module whose parameters `fn` uses.
        fn: the function; the module itself by default.

    Example:
        >>> layer = nn.Linear(4, 4)
        >>> nn.utils.checkpoint(layer)(mx.ones((2, 4))).shape
        (2, 4)
    """
    fn = module if fn is None else fn

    def of_parameters(parameters: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        return _call_with(module, parameters, fn, args, kwargs)

    checkpointed = mx.checkpoint(of_parameters)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return checkpointed(module.trainable_parameters(), *args, **kwargs)

    return wrapped


def average_gradients(
    gradients: Any,
    group: mx.distributed.Group | None = None,
    all_reduce_size: int = 32 * 1024**2,
    communication_stream: mx.Stream | None = None,
) -> Any:
    """The mean of the gradients that the processes of a group hold.

    Small arrays are joined, so that each message to the other processes is worth sending.

    Args:
        gradients: a tree of arrays, of the same structure in every process.
        group: the processes; all of them by default.
        all_reduce_size: join arrays of one dtype up to this many bytes; send each by itself if not positive.
        communication_stream: where to communicate; the backend's default if `None`.

    Returns:
        The tree of means. In a group of one it is `gradients`.

    Example:
        >>> nn.average_gradients({"weight": mx.ones((2,))})
        {'weight': array([1, 1], dtype=float32)}
    """
    group = group if group is not None else mx.distributed.init()
    size = group.size()
    if size == 1:
        return gradients

    def average(x: mx.array) -> mx.array:
        return mx.distributed.all_sum(x, group=group, stream=communication_stream) / size

    flat = tree_flatten(gradients)
    if all_reduce_size <= 0 or any(array.dtype != flat[0][1].dtype for _, array in flat):
        return tree_map(average, gradients)
    averaged: list[tuple[str, mx.array]] = []
    for joined in _groups(flat, all_reduce_size):
        ends, total = [], 0
        for _, array in joined[:-1]:
            total += array.size
            ends.append(total)
        parts = mx.split(average(mx.concatenate([array.reshape(-1) for _, array in joined])), ends)
        averaged.extend((path, part.reshape(array.shape)) for (path, array), part in zip(joined, parts, strict=True))
    return tree_unflatten(averaged)


def _groups(flat: list[tuple[str, mx.array]], limit: int) -> list[list[tuple[str, mx.array]]]:
    """The pairs in their order, cut into runs that end as soon as they hold `limit` bytes."""
    runs: list[list[tuple[str, mx.array]]] = [[]]
    held = 0
    for path, array in flat:
        if held >= limit:
            runs.append([])
            held = 0
        runs[-1].append((path, array))
        held += array.nbytes
    return runs
