"""DDPM on a toy spiral, with time embedding, conv U-net, EMA by tree_map."""

import copy

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optim
from mlx.utils import tree_flatten, tree_map

mx.random.seed(3)
T = 50
beta = mx.linspace(1e-4, 0.2, T)
alpha = 1 - beta
abar = mx.cumprod(alpha)
print(abar[::10], abar[-1])


class Res(nn.Module):
    def __init__(self, i, o, t):
        super().__init__()
        self.norm1 = nn.GroupNorm(2, i, pytorch_compatible=True)
        self.conv1 = nn.Conv2d(i, o, 3, padding=1)
        self.time = nn.Linear(t, o)
        self.norm2 = nn.GroupNorm(2, o)
        self.conv2 = nn.Conv2d(o, o, 3, padding=1)
        if i != o:
            self.skip = nn.Conv2d(i, o, 1)

    def __call__(self, x, t):
        h = self.conv1(nn.silu(self.norm1(x)))
        h = h + self.time(nn.silu(t))[:, None, None, :]
        h = self.conv2(nn.silu(self.norm2(h)))
        return h + (self.skip(x) if "skip" in self else x)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.SinusoidalPositionalEncoding(16, min_freq=0.01, cos_first=True, full_turns=False)
        self.tm = nn.Sequential(nn.Linear(16, 32), nn.SiLU(), nn.Linear(32, 32))
        self.inp = nn.Conv2d(1, 4, 3, padding=1)
        self.d = [Res(4, 4, 32), Res(4, 8, 32)]
        self.down = nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.up = nn.Upsample(2, mode="linear", align_corners=False)
        self.u = [Res(12, 4, 32)]
        self.out = nn.Conv2d(4, 1, 3, padding=1)

    def __call__(self, x, t):
        t = self.tm(self.emb(t))
        x = self.inp(x)
        a = self.d[0](x, t)
        b = self.d[1](self.down(a), t)
        b = self.up(b)
        return self.out(self.u[0](mx.concatenate([a, b], axis=-1), t))


net = UNet()
mx.eval(net)
ema = copy.deepcopy(net)
print(mx.array_equal(ema.inp.weight, net.inp.weight), ema.inp is net.inp)
opt = optim.Adam(1e-3)
xs = mx.random.normal((6, 8, 8, 1))


def loss(net, x, t, e):
    a = abar[t][:, None, None, None]
    z = mx.sqrt(a) * x + mx.sqrt(1 - a) * e
    return mx.mean(mx.square(net(z, t) - e))


vg = nn.value_and_grad(net, loss)
for i in range(4):
    t = mx.random.randint(0, T, (6,))
    e = mx.random.normal(xs.shape)
    value, g = vg(net, xs, t, e)
    opt.update(net, g)
    ema.update(tree_map(lambda a, b: 0.9 * a + 0.1 * b, ema.parameters(), net.parameters()))
    mx.eval(net.parameters(), opt.state, ema.parameters())
    print(i, value)
x = mx.random.normal((1, 8, 8, 1))
for t in reversed(range(0, T, 10)):
    e = ema(x, mx.array([t]))
    x = (x - beta[t] / mx.sqrt(1 - abar[t]) * e) / mx.sqrt(alpha[t])
    if t:
        x = x + mx.sqrt(beta[t]) * mx.random.normal(x.shape)
print(x.squeeze()[:2, :3], x.mean().item())
print([(k, v.shape) for k, v in tree_flatten(net.parameters())][:8])
print(net.emb(mx.array([0, 3, 49]))[:, :5])
print(net.u[0])
