"""A small classifier: a Module of layers, mini-batches, Adam, accuracy; saved and loaded."""

import os
import tempfile

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_flatten, tree_map


class MLP(nn.Module):
    def __init__(self, num_layers: int, input_dim: int, hidden_dim: int, output_dim: int):
        super().__init__()
        sizes = [input_dim] + [hidden_dim] * num_layers + [output_dim]
        self.layers = [nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = nn.relu(layer(x))
        return self.layers[-1](x)


def loss_fn(model, X, y):
    return nn.losses.cross_entropy(model(X), y, reduction="mean")


def batch_iterate(batch_size, X, y):
    order = mx.random.permutation(y.size)
    for s in range(0, y.size, batch_size):
        ids = order[s : s + batch_size]
        yield X[ids], y[ids]


mx.random.seed(1)
# Three rings of points.
angle = mx.random.uniform(0, 2 * mx.pi, (600,))
label = mx.random.randint(0, 3, (600,))
radius = 1 + label + 0.1 * mx.random.normal((600,))
points = mx.stack([radius * mx.cos(angle), radius * mx.sin(angle)], axis=1)

model = MLP(2, 2, 32, 3)
mx.eval(model.parameters())
print("parameters", sum(v.size for _, v in tree_flatten(model.parameters())))
print([name for name, _ in tree_flatten(model.parameters())])
optimizer = optim.Adam(learning_rate=1e-2)
loss_and_grad_fn = nn.value_and_grad(model, loss_fn)

for epoch in range(30):
    for X, y in batch_iterate(100, points, label):
        loss, grads = loss_and_grad_fn(model, X, y)
        optimizer.update(model, grads)
        mx.eval(model.parameters(), optimizer.state)
accuracy = mx.mean(mx.argmax(model(points), axis=1) == label).item()
print("learnt", accuracy > 0.97)
assert accuracy > 0.97

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "weights.safetensors")
    model.save_weights(path)
    other = MLP(2, 2, 32, 3)
    other.load_weights(path)
    print("same", mx.array_equal(other(points), model(points)).item())

model.freeze()
model.layers[-1].unfreeze()
print("trainable", [name for name, _ in tree_flatten(model.trainable_parameters())])
print("halved", tree_map(lambda p: (p / 2).shape, model.layers[0].parameters()))
print(model)
