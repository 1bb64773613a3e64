"""Input arrays of the generated calls: a specification is data, so both sides make the same bits from it."""

from __future__ import annotations

import numpy as np

INTS = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
FLOATS = ("float16", "bfloat16", "float32")
INEXACT = (*FLOATS, "float64", "complex64")
ALL = ("bool", *INTS, *INEXACT)

SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-3, -1e3, 6e4, float("inf"), float("-inf"), float("nan"))


def spec(dtype: str, shape: tuple[int, ...] = (), domain: str = "real", seed: int = 0) -> list:
    """An input: its values follow from these four."""
    return [dtype, list(shape), domain, seed]


def _floats(rng: np.random.Generator, shape: tuple[int, ...], domain: str) -> np.ndarray:
    match domain:
        case "real":
            return rng.standard_normal(shape) * 2
        case "positive":
            return rng.uniform(0.1, 4.0, shape)
        case "unit":
            return rng.uniform(-0.95, 0.95, shape)
        case "above1":
            return rng.uniform(1.05, 4.0, shape)
        case "nonzero":
            return rng.uniform(0.5, 4.0, shape) * rng.choice([-1.0, 1.0], shape)
        case "whole":
            return rng.integers(-6, 7, shape).astype(np.float64)
        case "distinct":
            return (rng.permutation(int(np.prod(shape, dtype=int))).reshape(shape) - 5) * 0.75
        case "special":
            return rng.choice(SPECIAL, shape)
    raise ValueError(domain)


def _integers(rng: np.random.Generator, shape: tuple[int, ...], domain: str, signed: bool) -> np.ndarray:
    if domain.startswith("index"):
        n = int(domain.removeprefix("index"))
        return rng.integers(-n if signed else 0, n, shape)
    if domain == "distinct":
        return rng.permutation(int(np.prod(shape, dtype=int))).reshape(shape) % 100 - (5 if signed else 0)
    low = 1 if domain in ("positive", "nonzero", "above1") or not signed else -9
    return rng.integers(low, 10, shape)


def values(dtype: str, shape: list[int], domain: str, seed: int) -> np.ndarray:
    """The values, exactly representable in the dtype (bfloat16 as float32)."""
    rng, size = np.random.default_rng(seed), tuple(shape)
    if dtype == "bool":
        return np.ones(size, bool) if domain in ("positive", "nonzero") else rng.integers(0, 2, size).astype(bool)
    if dtype in INTS:
        return np.asarray(_integers(rng, size, domain, dtype.startswith("i"))).astype(dtype)
    if domain.startswith("index"):
        raise ValueError("indices are integers")
    with np.errstate(over="ignore"):
        if dtype == "complex64":
            real, imaginary = _floats(rng, size, domain), _floats(rng, size, domain)
            return np.asarray(real + 1j * imaginary if domain != "special" else real).astype(np.complex64)
        x = np.asarray(_floats(rng, size, domain))
        if dtype == "bfloat16":
            bits = x.astype(np.float32).view(np.uint32)
            return np.where(np.isnan(x), np.float32(np.nan), (bits & 0xFFFF0000).view(np.float32)).astype(np.float32)
        return x.astype(dtype)


def array(mx, spec: list):
    """The input as an array of the package."""
    x = values(*spec)
    return mx.array(x, dtype=getattr(mx, "bool_" if spec[0] == "bool" else spec[0]))
