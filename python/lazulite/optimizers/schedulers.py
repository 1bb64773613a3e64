"""Schedules: functions from the step to the value of a hyperparameter, to be given as an optimizer's learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import lazulite.core as mx


def exponential_decay(init: float, decay_rate: float) -> Callable[..., Any]:
    """`init decay_rate^step`.

    Example:
        >>> optim.exponential_decay(1.0, 0.5)(mx.array(3))
        array(0.125, dtype=float32)
    """

    def schedule(step: mx.array | float) -> Any:
        return init * decay_rate**step

    return schedule


def step_decay(init: float, decay_rate: float, step_size: int) -> Callable[..., Any]:
    """`init decay_rate^⌊step / step_size⌋`; `ValueError` for a `step_size` that is not positive.

    Example:
        >>> optim.step_decay(1.0, 0.5, 10)(mx.array(25))
        array(0.25, dtype=float32)
    """
    if step_size <= 0:
        raise ValueError(f"step_decay: step_size must be positive, got {step_size}")

    def schedule(step: mx.array | float) -> Any:
        return init * (decay_rate ** (step // step_size))

    return schedule


def cosine_decay(init: float, decay_steps: int, end: float = 0.0) -> Callable[..., Any]:
    """From `init` to `end` along half a cosine, then constant (Loshchilov & Hutter, SGDR, 2017).

    Args:
        init: the first value.
        decay_steps: how many steps the decay takes.
        end: the last value.

    Raises:
        `ValueError` for `decay_steps` below 1.

    Example:
        >>> optim.cosine_decay(1.0, 10)(mx.array(5))
        array(0.5, dtype=float32)
    """
    if decay_steps < 1:
        raise ValueError(f"cosine_decay: decay_steps must be at least 1, got {decay_steps}")

    def schedule(step: mx.array | float) -> Any:
        reached = mx.minimum(step, decay_steps)
        share = 0.5 * (1.0 + mx.cos((math.pi / decay_steps) * reached))
        return end + share * (init - end)

    return schedule


def join_schedules(schedules: list[Callable[..., Any]], boundaries: list[int]) -> Callable[..., Any]:
    """One schedule after the other.

    Args:
        schedules: the schedules. Each is given the number of steps since it began.
        boundaries: the steps at which each but the first begins.

    Raises:
        `ValueError` without schedules, and for other than one boundary fewer than schedules.

    Example:
        >>> warm_up = optim.linear_schedule(0.0, 1.0, steps=10)
        >>> schedule = optim.join_schedules([warm_up, optim.cosine_decay(1.0, 100)], [10])
        >>> schedule(mx.array(5)), schedule(mx.array(60))
        (array(0.5, dtype=float32), array(0.5, dtype=float32))
    """
    if not schedules:
        raise ValueError("join_schedules: at least one schedule is needed")
    if len(boundaries) != len(schedules) - 1:
        raise ValueError(
            f"join_schedules: {len(schedules)} schedules need {len(schedules) - 1} boundaries, got {len(boundaries)}"
        )

    def schedule(step: mx.array | float) -> Any:
        value = schedules[0](step)
        for begin, later in zip(boundaries, schedules[1:], strict=True):
            value = mx.where(step < begin, value, later(step - begin))
        return value

    return schedule


def linear_schedule(init: float, end: float, steps: int) -> Callable[..., Any]:
    """From `init` to `end` in a line, then constant.

    Args:
        init: the first value.
        end: the last value.
        steps: how many steps the line takes.

    Raises:
        `ValueError` for `steps` below 1.

    Example:
        >>> optim.linear_schedule(0.0, 1.0, 10)(mx.array(3))
        array(0.3, dtype=float32)
    """
    if steps < 1:
        raise ValueError(f"linear_schedule: steps must be at least 1, got {steps}")

    def schedule(step: mx.array | float) -> Any:
        return mx.minimum(step, steps) * ((end - init) / steps) + init

    return schedule
