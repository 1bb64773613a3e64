"""A small convolutional network on synthetic images: squares, crosses and stripes, wherever they lie."""

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_flatten

SIDE = 12


def images(n):
    """Images `(n, SIDE, SIDE, 1)` of one of three shapes at a random place, with noise, and which."""
    label = mx.random.randint(0, 3, (n,))
    top, left = mx.random.randint(0, SIDE - 5, (n, 1, 1)), mx.random.randint(0, SIDE - 5, (n, 1, 1))
    y, x = mx.arange(SIDE)[None, :, None] - top, mx.arange(SIDE)[None, None] - left
    inside = (y >= 0) & (y < 5) & (x >= 0) & (x < 5)
    square = (y == 0) | (y == 4) | (x == 0) | (x == 4)
    cross = (y == 2) | (x == 2)
    stripes = (y - x) % 2 == 0
    kind = label[:, None, None]
    shape = mx.where(kind == 0, square, mx.where(kind == 1, cross, stripes)) & inside
    noise = 0.1 * mx.random.normal((n, SIDE, SIDE))
    return (shape.astype(mx.float32) + noise)[..., None], label


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=3, padding=1, bias=False)
        self.norm = nn.BatchNorm(8)
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, stride=2, padding=1)
        self.out = nn.Linear(16, 3)

    def __call__(self, x):
        x = self.pool(nn.relu(self.norm(self.conv1(x))))
        x = nn.relu(self.conv2(x))
        return self.out(x.mean(axis=(1, 2)))


def loss_fn(model, x, y):
    return nn.losses.cross_entropy(model(x), y, reduction="mean")


mx.random.seed(0)
net = Net()
mx.eval(net.parameters())
print(net)
for name, value in tree_flatten(net.parameters()):
    print(name, value.shape)
first, _ = images(4)
print("first pixels", first[0, 0, :3, 0])
print("logits at the start", net(first)[0])

optimizer = optim.Adam(learning_rate=4e-3)
step = nn.value_and_grad(net, loss_fn)
x, y = images(32)
loss, grads = step(net, x, y)
print("first loss", loss)
print("gradients", [round(float(g.square().sum().sqrt()), 4) for _, g in tree_flatten(grads["conv1"])])
for _ in range(150):
    x, y = images(64)
    loss, grads = step(net, x, y)
    optimizer.update(net, grads)
    mx.eval(net.parameters(), optimizer.state)

net.eval()
x, y = images(300)
accuracy = mx.mean(mx.argmax(net(x), axis=1) == y).item()
print("learnt", accuracy > 0.95)
assert accuracy > 0.95

decoder = nn.Sequential(nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1), nn.ReLU(), nn.Upsample(2))
print(decoder)
print("decoded", decoder(mx.ones((2, 3, 3, 16))).shape)
