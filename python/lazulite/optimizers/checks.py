"""Checks of hyperparameters. Each raises a `ValueError` that names the optimizer and the value."""

from __future__ import annotations


def check_betas(optimizer: str, betas: list[float]) -> None:
    """Two numbers in `[0, 1)`, else a `ValueError`."""
    for i, beta in enumerate(betas, start=1):
        if not 0 <= beta < 1:
            raise ValueError(f"{optimizer}: beta {i} must be in [0, 1), got {beta}")
    if len(betas) != 2:
        raise ValueError(f"{optimizer}: two betas are needed, got {len(betas)}")


def check_not_negative(optimizer: str, **values: float) -> None:
    """Each value at least zero, else a `ValueError`."""
    for name, value in values.items():
        if value < 0:
            raise ValueError(f"{optimizer}: {name} must not be negative, got {value}")


def check_positive(optimizer: str, **values: float) -> None:
    """Each value above zero, else a `ValueError`."""
    for name, value in values.items():
        if value <= 0:
            raise ValueError(f"{optimizer}: {name} must be positive, got {value}")
