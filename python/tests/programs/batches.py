"""vmap: a per-row function over (100, 10) uniform numbers, in_axes, out_axes, and with grad."""

import mlx.core as mx

mx.random.seed(0)
xs = mx.random.uniform(shape=(100, 10))


def per_row(x):
    return mx.exp(x) / mx.exp(x).sum() @ x


batched = mx.vmap(per_row)(xs)
looped = mx.stack([per_row(xs[i]) for i in range(100)])
print("first", batched[:4])
print("mean", batched.mean().item())
assert batched.shape == (100,)
assert mx.allclose(batched, looped, rtol=1e-5, atol=1e-6)

ys = mx.random.uniform(shape=(10, 100))


def naive_add(xs, ys):
    return [xs[i] + ys[:, i] for i in range(xs.shape[0])]


vmap_add = mx.vmap(lambda x, y: x + y, in_axes=(0, 1))
added = vmap_add(xs, ys)
print("added", added.shape, added.sum().item())
assert mx.array_equal(added, mx.stack(naive_add(xs, ys)))

moved = mx.vmap(lambda x, y: x + y, in_axes=(0, 1), out_axes=1)(xs, ys)
print("moved", moved.shape)
assert mx.array_equal(moved, added.T)

gradients = mx.vmap(mx.grad(lambda r: (mx.sin(r) * r).sum()))(xs)
print("gradients", gradients.shape, gradients[0, :3])
assert mx.allclose(gradients, mx.cos(xs) * xs + mx.sin(xs), atol=1e-6)

f = mx.compile(mx.vmap(mx.grad(lambda r: (r * mx.exp(-r)).sum())))
compiled = f(xs)
print("compiled", compiled[1, :3])
assert mx.allclose(compiled, mx.exp(-xs) * (1 - xs), atol=1e-6)

outer = mx.vmap(mx.vmap(lambda a, b: a * b, in_axes=(None, 0)), in_axes=(0, None))(xs[0], xs[1])
assert mx.allclose(outer, mx.outer(xs[0], xs[1]))
print("outer", outer.shape, outer[0, 0].item())
