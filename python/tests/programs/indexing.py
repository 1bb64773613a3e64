"""Indexing, updates, views and NumPy: what programs do with arrays all day."""

import mlx.core as mx
import numpy as np

arr = mx.arange(10)
print(arr[3].item(), arr[-2].item(), arr[2:8:2], arr[::-1])
cube = mx.arange(8).reshape(2, 2, 2)
print(cube[:, :, 0], cube[..., 0], cube[None].shape)
print(arr[mx.array([5, 7])], mx.take(arr, mx.array([0, -1])))

a = mx.array([1, 2, 3])
a[2] = 0
b = a
b[0] = 9
print(a, b)
a = mx.array([1, 2, 3])
a[[0, 2]] = mx.array([4, 5])
a = a.at[mx.array([0, 0, 1])].add(10)
print(a)

x = mx.array([[1.0, -2.0], [-3.0, 4.0]])
x[x < 0] = 0.0
print(x)


def fun(x, idx):
    x[idx] = 2.0
    return x.sum()


print("gradient", mx.grad(fun)(mx.array([1.0, 2.0, 3.0]), mx.array([1])))

n = np.array(mx.arange(3.0))
print("numpy", n.dtype, n.sum(), np.asarray(mx.ones((2, 2))).shape)
back = mx.array(np.eye(2))
print("back", back, back.dtype)
print("view", mx.array([1.0, 2.0]).view(mx.uint32))
print([v.item() for v in mx.arange(3)], len(mx.zeros((4, 2))), mx.array(3.5).item())
print(mx.concatenate([mx.ones(2), mx.zeros(2)]), mx.stack([mx.ones(2), mx.zeros(2)]).shape)
first, second = mx.split(mx.arange(6), 2)
print(first, second)
print(mx.where(mx.array([True, False]), 1.0, 2.0), mx.sort(mx.array([3, 1, 2])), mx.argmax(mx.array([3, 9, 2])))
print(mx.array([1.5, 2.5]).astype(mx.int32), (mx.array([1, 2]) / 2).dtype, (mx.array([1, 2], mx.float16) * 2.0).dtype)
