"""custom_function, checkpoint, stop_gradient, and gradients over keyword arguments."""

import mlx.core as mx


@mx.custom_function
def clipped(x):
    return mx.clip(x, -1.0, 1.0)


@clipped.vjp
def clipped_vjp(primals, cotangent, output):
    return cotangent  # straight through


x = mx.array([-2.0, 0.5, 3.0])
print("value", clipped(x), "gradient", mx.grad(lambda x: clipped(x).sum())(x))
assert mx.grad(lambda x: clipped(x).sum())(x).tolist() == [1.0, 1.0, 1.0]


@mx.custom_function
def doubled(x):
    return 2 * x


@doubled.jvp
def doubled_jvp(primals, tangents):
    return 3 * tangents


print("jvp", mx.jvp(doubled, [mx.array(1.0)], [mx.array(1.0)])[1][0].item())


def block(x):
    for _ in range(3):
        x = mx.sin(x) * mx.exp(-x)
    return x


z = mx.array([0.2, 0.5, 3.0])
plain = mx.grad(lambda x: block(x).sum())(z)
again = mx.grad(lambda x: mx.checkpoint(block)(x).sum())(z)
print("checkpoint", mx.allclose(plain, again).item(), plain)
print("stopped", mx.grad(lambda x: (mx.stop_gradient(x) * x).sum())(x))


def named(x, *, scale):
    return (x * scale).sum()


print("by name", mx.grad(named, argnums=[], argnames="scale")(x, scale=mx.array(2.0)))
value, (by_place, by_name) = mx.value_and_grad(named, argnums=0, argnames="scale")(x, scale=mx.array(2.0))
print("both", value.item(), by_place, by_name["scale"].item())
try:
    mx.grad(lambda x: 1 / 0)(x)
except ZeroDivisionError:
    print("after an exception", mx.grad(lambda x: (x * x).sum())(x))
