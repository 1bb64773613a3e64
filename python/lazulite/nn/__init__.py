"""Neural networks: layers, losses, initializers, and gradients with respect to a model's parameters."""

from lazulite.nn import init, losses
from lazulite.nn.layers import *  # noqa: F403
from lazulite.nn.utils import average_gradients, value_and_grad
