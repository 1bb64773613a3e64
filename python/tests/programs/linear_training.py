"""Training nn.Linear(10, 1) with SGD, evaluating model and optimizer each step."""

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim

mx.random.seed(7)
true_w = mx.arange(10).astype(mx.float32).reshape(10, 1) / 10
inputs = mx.random.normal((128, 10))
targets = inputs @ true_w + 0.5


def loss_fn(model, x, y):
    return nn.losses.mse_loss(model(x), y)


model = nn.Linear(10, 1)
optimizer = optim.SGD(learning_rate=0.01)
mx.eval(model.parameters())
loss_and_grad_fn = nn.value_and_grad(model, loss_fn)

losses = []
for step in range(300):
    loss, grads = loss_and_grad_fn(model, inputs, targets)
    optimizer.update(model, grads)
    mx.eval(model.parameters(), optimizer.state)
    losses.append(loss.item())
    if step % 60 == 0:
        print("step", step, "loss", losses[-1])

print("final", losses[-1])
print("weights", model.weight)
print("bias", model.bias)
assert losses[-1] < 1e-3 < 1e-1 < losses[0]
assert mx.allclose(model.weight, true_w.T, atol=0.05)
print("optimizer step", optimizer.state["step"].item(), optimizer.learning_rate.item())
