"""Lazy evaluation: nothing runs until a value is needed, and what is needed is right."""

import mlx.core as mx


def never(x):
    return mx.exp(x) / 0.0


a = mx.array([1.0, 2.0, 3.0])
b = never(a)  # never read
c = a + mx.ones((3,))
d = c * 2
mx.eval(c, d)
print("c", c.tolist())
print("d", d)
print("sum", d.sum().item())

# Control flow reads, and so evaluates.
x = mx.array(1.0)
steps = 0
while x < 100:
    x = x * 3
    steps += 1
print("steps", steps, x.item())

# A graph may be built in pieces and evaluated once.
total = mx.array(0.0)
for i in range(10):
    total = total + i * i
    if i % 5 == 4:
        mx.eval(total)
print("total", total.item())
assert total.item() == sum(i * i for i in range(10))

# Values are written and read in place.
w = mx.zeros((2, 3))
w[0, 1:] = mx.array([5.0, 6.0])
w[:, 0] += 1
print(w)
print("shape", w.shape, w.dtype, w.size, w.nbytes)
