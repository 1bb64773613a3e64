"""Devices, streams, random keys and memory figures."""

import mlx.core as mx

print(mx.default_device() == mx.Device(mx.cpu) or mx.default_device() == mx.Device(mx.gpu))
mx.set_default_device(mx.cpu)
a = mx.random.uniform(shape=(64, 64), key=mx.random.key(0))
b = mx.random.uniform(shape=(64, 64), key=mx.random.key(1))
c = mx.add(a, b, stream=mx.cpu)
s1, s2 = mx.new_stream(mx.cpu), mx.new_stream(mx.cpu)
d = mx.matmul(a, b, stream=s1)
e = mx.matmul(b, a, stream=s2)
with mx.stream(s2):
    f = d @ e + c
mx.eval(f)
print("f", f[0, 0].item(), f.mean().item())
print(s1 == s2, mx.default_stream(mx.cpu).device == mx.default_device())

key = mx.random.key(42)
for _ in range(2):
    key, sub = mx.random.split(key)
    print("draw", mx.random.uniform(key=sub).item(), mx.random.randint(0, 100, (3,), key=sub))
mx.random.seed(5)
first = mx.random.normal((3,))
mx.random.seed(5)
print("repeats", mx.array_equal(first, mx.random.normal((3,))).item())

held = mx.random.uniform(shape=(1024, 256))
mx.eval(held)
print("memory", mx.get_active_memory() >= held.nbytes, mx.get_peak_memory() >= mx.get_active_memory())
mx.async_eval(held * 2)
mx.synchronize()
mx.clear_cache()
mx.reset_peak_memory()
