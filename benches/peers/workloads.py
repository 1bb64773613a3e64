"""What the frameworks share: sizes, inputs from NumPy with a fixed seed, and the digest of a result.

The digest is a product of up to 4096 sampled results with fixed random weights, so it tells results that are
permuted, unsorted or scaled; random draws are digested by mean and deviation.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence

import numpy as np

GPU = os.environ.get("BENCH_DEVICE", "cpu") == "gpu"
THREADS = int(os.environ.get("BENCH_THREADS", "2"))

# A part of a result: given indices, its values there; given None, how many values it has.
Part = Callable[[np.ndarray | None], object]
# A framework: its workloads by name, and the digest of a result.
Framework = tuple[dict[str, Callable[[], object]], Callable[[str, object], list[float]]]


def on(cpu, gpu):
    """The size for the device."""
    return gpu if GPU else cpu


ELEMENTS = on(1 << 22, 1 << 27)
ROWS, COLS = on((2048, 2048), (16384, 8192))
SIDE = on(1024, 8192)  # of the matrices that are multiplied
BATCH, TOKENS, DIMS, HEADS, LAYERS, VOCABULARY = on((4, 128, 256, 4, 4, 512), (8, 1024, 768, 12, 12, 50304))
HALVES = ("a", "b", "q", "k", "v")  # inputs that are bfloat16 on a GPU

_generator = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    return _generator.standard_normal(shape, dtype=np.float32)


def inputs() -> dict[str, np.ndarray]:
    """The inputs, in an order that fixes their values: called first, before the parameters below."""
    heads = (on(1, 4), on(8, 32), on(512, 4096), on(64, 128))
    return {
        "el": normal(ELEMENTS),
        "el2": normal(ELEMENTS),
        "mat": normal(ROWS, COLS),
        "row": normal(COLS),
        "a": normal(SIDE, SIDE),
        "b": normal(SIDE, SIDE),
        "small": normal(16),
        "q": normal(*heads),
        "k": normal(*heads),
        "v": normal(*heads),
        "img": normal(on(8, 64), on(56, 112), on(56, 112), on(64, 128)),
        "ker": normal(on(64, 128), 3, 3, on(64, 128)),
        "idx": _generator.integers(0, ROWS, size=on(4096, 1 << 20)).astype(np.int32),
        "mx_": normal(on(256, 8192), 784),
        "my": _generator.integers(0, 10, size=on(256, 8192)).astype(np.int32),
        "tok": _generator.integers(0, VOCABULARY, size=(BATCH, TOKENS)).astype(np.int32),
        "vb": normal(on(256, 4096), 64, 64),
        "vx": normal(on(256, 4096), 64),
        "fft": normal(on(256, 4096), 4096),
    }


def mlp_parameters() -> list[np.ndarray]:
    """Weights and biases of three layers."""
    sizes = [(784, 512), (512, 512), (512, 10)]
    return [p for i, o in sizes for p in (normal(i, o) * 0.05, np.zeros(o, np.float32))]


def gpt_parameters() -> dict[str, np.ndarray]:
    """Weights of a small transformer."""
    p = {"emb": normal(VOCABULARY, DIMS) * 0.02, "pos": normal(TOKENS, DIMS) * 0.02}
    for i in range(LAYERS):
        p[f"{i}.qkv"] = normal(DIMS, 3 * DIMS) * 0.02
        p[f"{i}.o"] = normal(DIMS, DIMS) * 0.02
        p[f"{i}.u"] = normal(DIMS, 4 * DIMS) * 0.02
        p[f"{i}.d"] = normal(4 * DIMS, DIMS) * 0.02
        p[f"{i}.n1"] = np.ones(DIMS, np.float32)
        p[f"{i}.n2"] = np.ones(DIMS, np.float32)
    return p


def digest(name: str, parts: Sequence[Part]) -> list[float]:
    """[sum of weight times value over fixed samples of the results, norm of those samples]."""
    generator, total, squares = np.random.default_rng(7), 0.0, 0.0
    for part in parts:
        n = part(None)
        assert isinstance(n, int)
        index = generator.integers(0, n, size=min(n, 4096))
        weight = generator.standard_normal(len(index))
        value = np.asarray(part(index), dtype=np.float64)
        if name.startswith("random"):
            return [round(float(value.mean()), 1), round(float(value.std()), 1)]
        total += float(value @ weight)
        squares += float(value @ value)
    return [round(total, 6), round(math.sqrt(squares), 6)]


def parts_of(result: object) -> list:
    return result if isinstance(result, list) else [result]
