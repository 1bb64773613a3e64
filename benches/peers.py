"""What PyTorch takes for the work of `benches/src/bin/cuda.rs`, on the same machine."""

import statistics
import time

import torch
import torch.nn.functional as F


def report(name, f, nbytes=0.0, flops=0.0):
    def round_(n):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(n):
            f()
        torch.cuda.synchronize()
        return (time.perf_counter() - start) / n

    round_(3)
    n = max(3, min(300, int(0.05 / round_(5))))
    t = statistics.median(round_(n) for _ in range(7))
    rate = f"{nbytes / t / 1e12:.2f} TB/s" if nbytes else f"{flops / t / 1e12:.0f} TFLOP/s" if flops else ""
    print(f"{name:<44} {t * 1e3:>9.4f} ms  {rate}")


n = 1 << 27
x, y = torch.randn(n, device="cuda"), torch.randn(n, device="cuda")
b = 4.0 * n
out = torch.empty_like(x)
report("copy of 2^27 f32", lambda: out.copy_(x), 2 * b)
report("gelu of 2^27 f32", lambda: F.gelu(x), 2 * b)
report("sum of 2^27 f32", lambda: x.sum(), b)
m = x.view(16384, 8192)
w = torch.ones(8192, device="cuda")
report("sum over axis 0 of 16384 x 8192 f32", lambda: m.sum(0), b)
report("sum over axis 1 of 16384 x 8192 f32", lambda: m.sum(1), b)
report("softmax of 16384 x 8192 f32", lambda: F.softmax(m, -1), 2 * b)
report("layer norm of 16384 x 8192 f32", lambda: F.layer_norm(m, (8192,), w), 2 * b)
s = x.view(131072, 1024)
short = torch.ones(1024, device="cuda")
report("softmax of 131072 x 1024 f32", lambda: F.softmax(s, -1), 2 * b)
report("layer norm of 131072 x 1024 f32", lambda: F.layer_norm(s, (1024,), short), 2 * b)
report("argmax over axis 1 of 16384 x 8192 f32", lambda: m.argmax(-1), b)
del x, y, out, m, s
for d, n in [(torch.bfloat16, 8192), (torch.float16, 8192), (torch.float32, 4096), (torch.float64, 4096)]:
    p, q = (torch.randn(n, n, device="cuda").to(d) for _ in range(2))
    report(f"product of {n} x {n} {d}", lambda: p @ q, flops=2.0 * n**3)
    report(f"product of {n} x {n} {d}, second transposed", lambda: p @ q.T, flops=2.0 * n**3)
