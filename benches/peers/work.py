"""The same work in one framework: `python work.py FRAMEWORK [WORKLOAD ...]` prints one JSON line a workload.

{"w": name, "ms": median, "min": best, "n": runs, "first": first call, "check": [digest, norm]} or {"w": name,
"error": text}.

FRAMEWORK is `mx:PACKAGE` (anything with MLX's interface: mx:mlx, mx:lazulite), torch, torchc (torch.compile), jax,
numpy. Environment: BENCH_DEVICE=cpu|gpu, BENCH_SECONDS (time for one workload, default 2), BENCH_THREADS (default 2).
"""

import json
import os
import statistics
import sys
import time

SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))


def framework(name: str):
    """The workloads and the digest of one framework; only that framework is imported."""
    if name.startswith("mx:"):
        import with_mx

        return with_mx.framework(name.removeprefix("mx:"))
    if name in ("torch", "torchc"):
        import with_torch

        return with_torch.framework(compiled=name == "torchc")
    if name == "jax":
        import with_jax

        return with_jax.framework()
    if name == "numpy":
        import with_numpy

        return with_numpy.framework()
    raise SystemExit(f"no framework {name!r}")


def measure(name: str, f, digest) -> dict:
    """Times one workload: the first call, two to warm up, then calls for SECONDS."""
    start = time.perf_counter()
    result = f()
    first = (time.perf_counter() - start) * 1e3
    for _ in range(2):
        f()
    times: list[float] = []
    end = time.perf_counter() + SECONDS
    while (time.perf_counter() < end and len(times) < 1000) or len(times) < 3:
        start = time.perf_counter()
        f()
        times.append((time.perf_counter() - start) * 1e3)
    return {
        "w": name,
        "ms": round(statistics.median(times), 4),
        "min": round(min(times), 4),
        "n": len(times),
        "first": round(first, 2),
        "check": digest(name, result),
    }


def main() -> None:
    work, digest = framework(sys.argv[1])
    for name, f in work.items():
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        try:
            line = measure(name, f, digest)
        except Exception as e:  # one workload that a framework lacks doesn't stop the rest
            line = {"w": name, "error": f"{type(e).__name__}: {str(e)[:200]}"}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
