"""grad, grad of grad, value_and_grad over loss(w, x, y)."""

import math

import mlx.core as mx

dfdx = mx.grad(mx.sin)
print("cos(pi)", dfdx(mx.array(mx.pi)).item())
assert abs(dfdx(mx.array(mx.pi)).item() + 1) < 1e-6

d2fdx2 = mx.grad(mx.grad(mx.sin))
print("-sin(pi/2)", d2fdx2(mx.array(mx.pi / 2)).item())
assert abs(d2fdx2(mx.array(mx.pi / 2)).item() + 1) < 1e-6


def f(x):
    return x * x * x + mx.exp(2 * x)


for order, g in enumerate((f, mx.grad(f), mx.grad(mx.grad(f)), mx.grad(mx.grad(mx.grad(f))))):
    at = 0.5
    exact = 2**order * math.exp(2 * at) + [at**3, 3 * at**2, 6 * at, 6][order]
    print("order", order, g(mx.array(at)).item())
    assert abs(g(mx.array(at)).item() - exact) < 1e-4


def loss_fn(w, x, y):
    return mx.mean(mx.square(w * x - y))


w = mx.array(1.0)
x = mx.array([0.5, -0.5])
y = mx.array([1.5, -1.5])

loss, dloss_dw = mx.value_and_grad(loss_fn)(w, x, y)
print("loss", loss.item(), "dloss/dw", dloss_dw.item())
assert loss.item() == 1.0 and dloss_dw.item() == -1.0

dloss_dx = mx.grad(loss_fn, argnums=1)(w, x, y)
print("dloss/dx", dloss_dx)
assert dloss_dx.tolist() == [-1.0, 1.0]


def tree_loss(params, x, y):
    w, b = params["weight"], params["bias"]
    h = w * x + b
    return mx.mean(mx.square(h - y))


params = {"weight": mx.array(1.0), "bias": mx.array(0.0)}
grads = mx.grad(tree_loss)(params, x, y)
print("grads", grads["weight"].item(), grads["bias"].item())
assert abs(grads["weight"].item() + 1) < 1e-6 and abs(grads["bias"].item()) < 1e-6


def with_auxiliary(w, x, y):
    error = w * x - y
    return mx.mean(error * error), error


(loss, error), g = mx.value_and_grad(with_auxiliary)(w, x, y)
print("auxiliary", loss.item(), error, g.item())
print("vjp", mx.vjp(lambda x, w: x * w, [x, y], [mx.ones(2)]))
print("jvp", mx.jvp(lambda x: mx.sin(x), [mx.array([0.0, 1.0])], [mx.array([1.0, 2.0])]))
