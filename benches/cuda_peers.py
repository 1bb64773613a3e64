"""What PyTorch takes for the work of `benches/src/bin/cuda.rs`, on the same machine."""

import statistics
import time

import torch
import torch.nn.functional as F

ELEMENTS = 1 << 27


def report(name, f, nbytes=0.0, flops=0.0):
    """Prints the median of seven rounds of calls that are started together."""

    def seconds(n):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(n):
            f()
        torch.cuda.synchronize()
        return (time.perf_counter() - start) / n

    seconds(3)
    n = max(3, min(300, int(0.05 / seconds(5))))
    t = statistics.median(seconds(n) for _ in range(7))
    rate = f"{nbytes / t / 1e12:.2f} TB/s" if nbytes else f"{flops / t / 1e12:.0f} TFLOP/s" if flops else ""
    print(f"{name:<44} {t * 1e3:>9.4f} ms  {rate}")


def memory_bound():
    x = torch.randn(ELEMENTS, device="cuda")
    out = torch.empty_like(x)
    once, both = 4.0 * ELEMENTS, 8.0 * ELEMENTS
    report("copy of 2^27 f32", lambda: out.copy_(x), both)
    report("gelu of 2^27 f32", lambda: F.gelu(x), both)
    report("sum of 2^27 f32", lambda: x.sum(), once)
    for rows, columns in ((16384, 8192), (131072, 1024)):
        m, weight, shape = x.view(rows, columns), torch.ones(columns, device="cuda"), f"{rows} x {columns} f32"
        report(f"sum over axis 0 of {shape}", lambda m=m: m.sum(0), once)
        report(f"sum over axis 1 of {shape}", lambda m=m: m.sum(1), once)
        report(f"softmax of {shape}", lambda m=m: F.softmax(m, -1), both)
        report(f"layer norm of {shape}", lambda m=m, w=weight: F.layer_norm(m, w.shape, w), both)
        report(f"argmax over axis 1 of {shape}", lambda m=m: m.argmax(-1), once)


def products():
    for dtype, n in ((torch.bfloat16, 8192), (torch.float16, 8192), (torch.float32, 4096), (torch.float64, 4096)):
        a, b = (torch.randn(n, n, device="cuda").to(dtype) for _ in range(2))
        report(f"product of {n} x {n} {dtype}", lambda a=a, b=b: a @ b, flops=2.0 * n**3)
        report(f"product of {n} x {n} {dtype}, second transposed", lambda a=a, b=b: a @ b.T, flops=2.0 * n**3)


memory_bound()
products()
