"""A training loop of many small steps leaves resident memory flat.

`LAZULITE_LEAK_STEPS` is how many steps: 100,000 by default.
"""

import gc
import os

import lazulite.core as mx
import lazulite.nn as nn
import lazulite.optimizers as optim

STEPS = int(os.environ.get("LAZULITE_LEAK_STEPS", "100000"))
ALLOWED = 12 << 20  # bytes that may come on top: allocator noise, not growth with the steps


def resident() -> int:
    """Bytes of memory that the process has in RAM."""
    gc.collect()
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_training_keeps_memory_flat(capsys):
    mx.random.seed(0)
    model, optimizer = nn.Linear(4, 1), optim.Adam(learning_rate=1e-3)
    x, y = mx.random.normal((8, 4)), mx.random.normal((8, 1))
    loss_and_grad = nn.value_and_grad(model, lambda m, x, y: nn.losses.mse_loss(m(x), y))

    def eager() -> None:
        loss, grads = loss_and_grad(model, x, y)
        optimizer.update(model, grads)
        mx.eval(model.parameters(), optimizer.state, loss)

    state = [model.state, optimizer.state, mx.random.state]

    def traced() -> mx.array:
        loss, grads = loss_and_grad(model, x + 0.01 * mx.random.normal(x.shape), y)
        optimizer.update(model, grads)
        return loss

    compiled = mx.compile(traced, inputs=state, outputs=state)

    def run(steps: int) -> None:
        for i in range(steps):
            eager() if i % 2 else mx.eval(compiled(), state)

    run(STEPS // 10)
    before, active = resident(), mx.get_active_memory()
    run(STEPS)
    grown = resident() - before
    with capsys.disabled():
        more = mx.get_active_memory() - active
        print(f"\n{STEPS} steps: resident memory {grown / 2**20:+.1f} MiB, active {more:+d} bytes")
    assert grown < ALLOWED
    assert mx.get_active_memory() <= active + 4096


def test_traces_and_exceptions_keep_memory_flat():
    x = mx.ones((16, 16))

    def failing(x):
        y = x * 2
        raise ValueError(str(y.shape))

    def run(steps: int) -> None:
        for i in range(steps):
            f = mx.compile(lambda x, i=i: mx.vmap(lambda r: (r * i).sum())(x))
            mx.eval(f(x), mx.grad(lambda x: mx.tanh(x).sum())(x))
            try:
                mx.grad(failing)(x)
            except ValueError:
                pass
            repr(x), x.tolist(), x[i % 16], list(x)

    run(500)
    before = resident()
    run(1000)
    assert resident() - before < ALLOWED
