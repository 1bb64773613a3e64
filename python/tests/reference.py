"""Helpers of the tests of `nn` and `optimizers`: NumPy in double precision as the reference."""

from __future__ import annotations

import lazulite.core as mx
import numpy as np

TOLERANCE = {"float32": 2e-5, "float16": 4e-3, "bfloat16": 3e-2}


def random(*shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Double-precision uniform numbers that are the same in every run, and exact in `float32`."""
    values = np.random.default_rng([seed, *shape]).uniform(low, high, shape)
    return values.astype(np.float32).astype(np.float64)


def array(values: np.ndarray, dtype: mx.Dtype = mx.float32) -> mx.array:
    """A lazulite array of a NumPy one."""
    return mx.array(np.asarray(values, dtype=np.float32)).astype(dtype)


def assert_close(actual: mx.array, expected: np.ndarray, tolerance: float | None = None) -> None:
    """Equal shapes, and values within the tolerance of the dtype, relative and absolute."""
    expected = np.asarray(expected)
    assert actual.shape == expected.shape
    tolerance = tolerance or TOLERANCE[str(actual.dtype).rsplit(".", 1)[-1]]
    np.testing.assert_allclose(np.array(actual.astype(mx.float32)), expected, rtol=tolerance, atol=tolerance)
