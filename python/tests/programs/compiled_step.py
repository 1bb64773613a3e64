"""A compiled training step with inputs=[model.state, optimizer.state, mx.random.state], dropout inside."""

from functools import partial

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim


def build():
    mx.random.seed(3)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.25), nn.Linear(16, 1))
    optimizer = optim.SGD(learning_rate=0.05, momentum=0.8)
    x = mx.random.normal((64, 8))
    y = x.sum(axis=1, keepdims=True)
    mx.eval(model.parameters(), x, y)
    return model, optimizer, x, y


def run(compiled):
    model, optimizer, x, y = build()

    def loss_fn(x, y):
        return nn.losses.mse_loss(model(x), y)

    state = [model.state, optimizer.state, mx.random.state]

    def step(x, y):
        loss, grads = nn.value_and_grad(model, loss_fn)(x, y)
        optimizer.update(model, grads)
        return loss

    if compiled:
        step = partial(mx.compile, inputs=state, outputs=state)(step)
    losses = []
    for _ in range(40):
        loss = step(x, y)
        mx.eval(state)
        losses.append(loss.item())
    return losses, model


plain, model = run(False)
compiled, other = run(True)
print("first", plain[0], compiled[0])
print("tenth", plain[9], compiled[9])
print("fell", plain[-1] < 0.25 * plain[0], compiled[-1] < 0.25 * compiled[0])
assert all(abs(a - b) < 1e-3 * max(1.0, abs(a)) for a, b in zip(plain, compiled))
assert plain[-1] < 0.25 * plain[0]
assert mx.allclose(model.layers[0].weight, other.layers[0].weight, atol=1e-3)
print("random state", mx.random.state[0].shape, mx.random.state[0].dtype)
