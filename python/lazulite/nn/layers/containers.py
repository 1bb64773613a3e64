"""`Sequential`, modules in a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lazulite.nn.layers.base import Module


class Sequential(Module):
    """Calls the given modules or functions one after the other, each on the result of the one before.

    Args:
        modules: modules or functions of one argument. They are kept in the list `layers`.

    Shape:
        From what the first takes to what the last gives.

    Raises:
        What the modules raise; `TypeError` when one that cannot be called is reached.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 8), nn.relu, nn.Linear(8, 1))
        >>> model(mx.ones((4, 2))).shape
        (4, 1)
    """

    def __init__(self, *modules: Module | Callable[..., Any]) -> None:
        super().__init__()
        self.layers = list(modules)

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x
