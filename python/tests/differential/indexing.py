"""Random indices in NumPy's style: reading, assignment and `at`."""

from __future__ import annotations

from random import Random

SHAPES = [(7,), (4, 5), (3, 1, 4), (2, 3, 4), (2, 3, 2, 3), ()]


def _bound(rng: Random, n: int) -> str:
    return rng.choice(["", str(rng.randint(-n - 1, n + 1))])


def a_slice(rng: Random, n: int) -> str:
    step = rng.choice(["", "", ":1", ":2", ":-1", ":-2", ":3"])
    return f"{_bound(rng, n)}:{_bound(rng, n)}{step}"


def an_array(rng: Random, n: int, shape: tuple[int, ...]) -> str:
    """An array of indices into an axis of n, written out."""
    dtype = rng.choice(["", "", ", mx.uint32", ", mx.int64", ", mx.uint8"])
    low = 0 if "uint" in dtype else -n

    def nested(dims: tuple[int, ...]) -> str:
        if not dims:
            return str(rng.randint(low, n - 1))
        return "[" + ", ".join(nested(dims[1:]) for _ in range(dims[0])) + "]"

    return f"mx.array({nested(shape)}{dtype})"


def index(rng: Random, shape: tuple[int, ...], unique: bool = False) -> str:
    """An index of an array of this shape; `unique` refers to no element twice."""
    if unique:
        arrays = False
    else:
        arrays = rng.random() < 0.5
    common = rng.choice([(2,), (3,), (2, 2), (1,), (2, 1), ()])
    items: list[str] = []
    ellipsis = rng.random() < 0.25
    count = rng.randint(0 if shape else 0, len(shape))
    axes = list(range(count))
    cut = rng.randint(0, count) if ellipsis else count
    for i in axes:
        axis = i if i < cut else len(shape) - count + i
        n = shape[axis]
        kind = rng.random()
        if arrays and kind < 0.5:
            items.append(an_array(rng, n, rng.choice([common, common, ()])))
        elif not arrays and not unique and kind < 0.1:
            items.append("[" + ", ".join(str(rng.randint(0, n - 1)) for _ in range(2)) + "]")
        elif kind < 0.7:
            items.append(a_slice(rng, n))
        else:
            items.append(str(rng.randint(-n, n - 1)))
    if ellipsis:
        items.insert(cut, "...")
    while rng.random() < 0.2:
        items.insert(rng.randint(0, len(items)), "None")
    if not items:
        return rng.choice(["...", "()", ":" if shape else "...", "None"])
    return ", ".join(items)
