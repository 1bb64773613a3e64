"""The tour in Python: each idea in turn, what it shows, and what it costs. Written in MLX's interface.

python examples/tour.py
"""

import time

import lazulite.core as mx
import lazulite.nn as nn
import lazulite.optimizers as optim


def heading(name: str, says: str) -> None:
    print(f"\n{name}: {says}")


def row(what: str, seconds: float, shows: str) -> None:
    print(f"  {what:48}{seconds * 1e3:10.3f} ms   {shows}")


def timed(f, *args, times: int = 1):
    """What f gives, evaluated, and the shortest time that it took."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        result = f(*args)
        mx.eval(result)
        best = min(best, time.perf_counter() - start)
    return result, best


def laziness() -> None:
    heading("lazy", "nothing runs until something reads it")
    x = mx.ones((1 << 24,)) + 0.5
    mx.eval(x)

    def ten(x):
        return mx.sqrt(mx.abs(mx.square(mx.sin(x * 2.0 + 1.0)) + mx.cos(x))) * 0.5 - x

    timed(ten, x)  # the allocator has seen the size
    start = time.perf_counter()
    y = ten(x)
    row("build 10 operations over 2^24 elements", time.perf_counter() - start, f"{y.shape}, not computed")
    start = time.perf_counter()
    mx.tanh(mx.log1p(mx.exp(x)))
    row("build a branch that nobody reads", time.perf_counter() - start, "never runs")
    before = mx.get_active_memory()
    _, seconds = timed(lambda: y)
    grown = mx.get_active_memory() - before
    row("evaluate the first", seconds, f"one pass; {grown >> 20} MiB more, which is the result")
    assert grown <= x.nbytes


def gradients() -> None:
    heading("grad", "derivatives are functions, and differentiate again")
    (y, d), seconds = timed(lambda: (mx.square(mx.array(3.0)), mx.grad(mx.square)(mx.array(3.0))))
    assert (y.item(), d.item()) == (9.0, 6.0)
    row("x² and its derivative at 3", seconds, f"{y.item():g} and {d.item():g}")
    zero = mx.array(0.0)
    (d1, d2), seconds = timed(lambda: (mx.grad(mx.sin)(zero), mx.grad(mx.grad(mx.sin))(zero)))
    assert d1.item() == 1.0 and d2.item() == 0.0
    row("the first two derivatives of sin at 0", seconds, f"{d1.item():g} and {abs(d2.item()):g}")

    def loss_fn(w, x, y):
        return mx.mean(mx.square(w * x - y))

    at = mx.array(1.0), mx.array([1.0, 2.0, 3.0]), mx.array([2.0, 4.0, 6.0])
    (loss, g), seconds = timed(mx.value_and_grad(loss_fn), *at)
    assert abs(loss.item() - 4.6667) < 1e-4 and abs(g.item() + 9.3333) < 1e-4
    row("value_and_grad of mean((wx - y)²) at w = 1", seconds, f"{loss.item():.4f} and {g.item():.4f}")


def batches() -> None:
    heading("vmap", "a function of one example becomes one of a batch")
    rows = mx.random.normal((100, 256), key=mx.random.key(1))

    def of_row(x):
        return (mx.sin(x) * x).sum()

    looped, slow = timed(lambda: mx.array([of_row(r).item() for r in rows]), times=3)
    batched, fast = timed(mx.vmap(of_row), rows, times=3)
    assert mx.allclose(looped, batched, rtol=1e-4, atol=1e-4)
    row("100 rows one by one", slow, "100 evaluations")
    row("vmap over the 100 rows", fast, f"1 evaluation, {slow / fast:.0f}× as fast")
    a, b = mx.random.normal((8, 3), key=mx.random.key(2)), mx.random.normal((3, 8), key=mx.random.key(3))
    c, seconds = timed(mx.vmap(lambda a, b: a + b, in_axes=(0, 1)), a, b)
    assert mx.array_equal(c, a + b.T)
    row("vmap over axes (0, 1) of (8, 3) and (3, 8)", seconds, str(c.shape))
    traces = []

    def traced(x):
        traces.append(x.shape)
        return of_row(x)

    g, seconds = timed(mx.compile(mx.vmap(mx.grad(traced))), rows, times=20)
    assert mx.allclose(g, mx.cos(rows) * rows + mx.sin(rows), atol=1e-5)
    row("compile(vmap(grad(f)))", seconds, f"{g.shape}, {len(traces)} trace for 20 calls")


def fusion() -> None:
    heading("fusion", "gelu over 2^24 elements, the same bits each time")
    x = mx.random.normal((1 << 24,), key=mx.random.key(4))
    mx.eval(x)

    def gelu(x):
        return x * (1 + mx.erf(x / 2**0.5)) / 2

    a, seconds = timed(gelu, x, times=3)
    row("plain", seconds, "fused when it is evaluated")
    b, seconds = timed(mx.compile(gelu), x, times=3)
    row("compiled", seconds, "no tracing, no planning")
    assert mx.array_equal(a, b)


def training() -> None:
    heading("train", "a model, its gradient and its optimizer")
    mx.random.seed(5)
    x = mx.random.normal((256, 10))
    y = x @ mx.arange(10).astype(mx.float32)[:, None] + 3.0
    model, optimizer = nn.Linear(10, 1), optim.SGD(learning_rate=0.1)
    loss_and_grad = nn.value_and_grad(model, lambda model, x, y: nn.losses.mse_loss(model(x), y))
    first = loss_and_grad(model, x, y)[0].item()

    def train(step):
        for _ in range(100):
            loss = step(x, y)
            mx.eval(model.parameters(), optimizer.state, loss)
        return loss

    def step(x, y):
        loss, grads = loss_and_grad(model, x, y)
        optimizer.update(model, grads)
        return loss

    last, seconds = timed(train, step)
    assert last.item() < 1e-3 * first
    row("Linear(10, 1), 100 steps of SGD", seconds, f"loss {first:.1f} → {last.item():.1e}")
    state = [model.state, optimizer.state]
    last, seconds = timed(train, mx.compile(step, inputs=state, outputs=state))
    row("100 more, compiled", seconds, f"loss {last.item():.1e}")


if __name__ == "__main__":
    print("lazulite in Python: import lazulite.core as mx")
    for part in (laziness, gradients, batches, fusion, training):
        part()
