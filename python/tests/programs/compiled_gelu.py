"""Compiled gelu: the same values as the plain function, traced once."""

import math

import mlx.core as mx

traces = 0


def gelu(x):
    global traces
    traces += 1
    return x * (1 + mx.erf(x / math.sqrt(2))) / 2


x = mx.linspace(-3, 3, 13)
compiled = mx.compile(gelu)
plain = gelu(x)
traces = 0
out = compiled(x)
out = compiled(x)
out = compiled(x * 1)
print("traces", traces)
assert traces == 1
print(out)
exact = [v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in x.tolist()]
assert all(abs(a - b) < 1e-5 for a, b in zip(out.tolist(), exact))
assert mx.allclose(out, plain, atol=1e-6)

# Another shape traces again; other values don't.
compiled(mx.zeros((2, 2)))
print("traces", traces)
compiled(mx.ones((2, 2)))
print("traces", traces)

# The gradient of a compiled function.
g = mx.grad(lambda x: compiled(x).sum())(x)
print("gradient", g[:3])

# A compiled function in a closure over constants, with a Python number and several results.
scale = mx.array([1.0, 2.0, 3.0])
f = mx.compile(lambda x, n: (x * scale * n, {"sum": (x + n).sum()}))
a, b = f(mx.ones(3), 2)
print(a, b["sum"].item())
a, b = f(mx.ones(3), 3)
print(a, b["sum"].item())

# Shapeless.
h = mx.compile(lambda x: mx.abs(x).sum(axis=0), shapeless=True)
print(h(mx.ones((2, 3))), h(mx.ones((5, 3)) * -2))
