"""A program whose types mypy checks against the stubs; `test_stubs.py` also runs it."""

from collections.abc import Callable

import lazulite.core as mx


def loss(w: mx.array, x: mx.array, y: mx.array) -> mx.array:
    return mx.mean(mx.square(x @ w - y))


def train(steps: int, rate: float = 0.1) -> float:
    key = mx.random.key(0)
    x = mx.random.normal((64, 4), key=key)
    y = x @ mx.array([1.0, -2.0, 0.5, 3.0])
    w: mx.array = mx.zeros((4,), dtype=mx.float32)
    step: Callable[[mx.array, mx.array, mx.array], mx.array] = mx.compile(mx.grad(loss))
    for _ in range(steps):
        w = w - rate * step(w, x, y)
        mx.eval(w)
    value: float = loss(w, x, y).item()
    return value


def shapes(a: mx.array) -> tuple[int, ...]:
    rows = mx.vmap(lambda r: r.sum())(a)
    first, *rest = mx.split(a, 2, axis=0)
    picked = a[0, ..., None].at[mx.array([0, 0])].add(1.0)
    mask: mx.array = a > 0.5
    counts: list[object] = [a.tolist(), len(a), a.dtype.size, a.T.ndim, picked.reshape(-1).nbytes, mask.any().item()]
    assert counts and rows.size and rest
    with mx.stream(mx.cpu):
        b = mx.arange(0, 6).reshape(2, 3).astype(mx.float16) * 2 + first.sum() * 0
    return (mx.concatenate([b, b], axis=1)).shape


if __name__ == "__main__":
    assert train(200) < 1e-3
    assert shapes(mx.ones((4, 3))) == (2, 6)
    print("typed")
