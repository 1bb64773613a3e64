"""Neural networks: layers, losses, initializers, and gradients with respect to a model's parameters."""

from lazulite.nn import init, layers, losses, utils
from lazulite.nn.layers import *  # noqa: F403
from lazulite.nn.utils import average_gradients, value_and_grad

__all__ = ["average_gradients", "init", "layers", "losses", "utils", "value_and_grad"]
__all__ += layers.__all__
