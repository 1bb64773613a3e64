"""Optimizers, schedules for their hyperparameters, and clipping of gradients."""

from lazulite.nn.layers.base import Module
from lazulite.optimizers.adam import Adam, Adamax, AdamW
from lazulite.optimizers.adaptive import AdaDelta, Adafactor, Adagrad, RMSprop
from lazulite.optimizers.base import MultiOptimizer, Optimizer
from lazulite.optimizers.clipping import clip_grad_norm
from lazulite.optimizers.gradient_descent import SGD, Lion, Muon
from lazulite.optimizers.schedulers import (
    cosine_decay,
    exponential_decay,
    join_schedules,
    linear_schedule,
    step_decay,
)
from lazulite.utils import tree_flatten, tree_map, tree_merge, tree_reduce, tree_unflatten

__all__ = [
    "AdaDelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Module",
    "MultiOptimizer",
    "Muon",
    "Optimizer",
    "RMSprop",
    "SGD",
    "clip_grad_norm",
    "cosine_decay",
    "exponential_decay",
    "join_schedules",
    "linear_schedule",
    "step_decay",
    "tree_flatten",
    "tree_map",
    "tree_merge",
    "tree_reduce",
    "tree_unflatten",
]
