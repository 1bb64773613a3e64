"""What the Python layer costs: building an eager op, a cached compiled call, importing the package; beside MLX where
it is installed.

    python benches/python/overhead.py [--check] [--mlx PYTHON]

`--check` fails above 1 us an op, 6 us a compiled call, 60 ms an import. Each figure is the best of many batches, for
the machine is noisy; the packages take turns, a process each.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {"op": 1.0, "binary": 1.0, "call": 6.0, "import": 60.0}
ROWS = {
    "op": "building mx.exp(x), us",
    "binary": "building x + 1.0, us",
    "call": "a cached compiled call, us",
    "evaluated": "a cached compiled call, evaluated, us",
    "import": "importing core, ms",
}
ROUNDS = 3


def best(f, n: int, batches: int = 40) -> float:
    """Microseconds a call: the best of `batches` batches of n calls."""
    times = []
    for _ in range(batches):
        start = time.perf_counter()
        f(n)
        times.append((time.perf_counter() - start) / n * 1e6)
    return min(times)


def measure(package: str) -> dict[str, float]:
    """The figures of one package, in this process."""
    import importlib

    mx = importlib.import_module(package + ".core")
    mx.set_default_device(mx.cpu)
    x = mx.ones((16,))
    inputs = [mx.ones((16,)) + i for i in range(4)]
    mx.eval(x, inputs)
    exp = mx.exp

    def op(n: int) -> None:
        for _ in range(n):
            exp(x)

    def binary(n: int) -> None:
        for _ in range(n):
            x + 1.0

    f = mx.compile(lambda a, b, c, d: a * b + c * d)
    mx.eval(f(*inputs))
    a, b, c, d = inputs

    def call(n: int) -> None:
        for _ in range(n):
            f(a, b, c, d)

    def evaluated(n: int) -> None:
        for _ in range(n):
            mx.eval(f(a, b, c, d))

    return {
        "op": best(op, 2000),
        "binary": best(binary, 2000),
        "call": best(call, 500),
        "evaluated": best(evaluated, 200),
    }


def import_time(python: str, package: str) -> float:
    """Milliseconds that importing core adds to the interpreter's start."""
    code = f"import time; t = time.perf_counter(); import {package}.core; print((time.perf_counter() - t) * 1e3)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def figures(python: str, package: str) -> dict[str, float]:
    """The figures of one package, each from a fresh process."""
    done = subprocess.run([python, __file__, "--measure", package], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{package}: {done.stderr}")
    return {**json.loads(done.stdout), "import": import_time(python, package)}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--mlx", help="an interpreter that has MLX")
    parser.add_argument("--measure", metavar="PACKAGE")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return 0
    found = (ROOT / ".venv-mlx/bin/python", ROOT / "benches/peers/.venvs/mlx/bin/python")
    mlx = options.mlx or next((str(p) for p in found if p.exists()), None)
    packages = {"lazulite": sys.executable, **({"mlx": mlx} if mlx else {})}
    taken: dict[str, list[dict[str, float]]] = {p: [] for p in packages}
    for _ in range(ROUNDS):
        for package, python in packages.items():
            taken[package].append(figures(python, package))
    least = {p: {row: min(f[row] for f in rounds) for row in ROWS} for p, rounds in taken.items()}
    print(f"{'':40}" + "".join(f"{p:>12}" for p in packages))
    for row, title in ROWS.items():
        print(f"{title:40}" + "".join(f"{least[p][row]:12.2f}" for p in packages))
    slow = [
        f"{ROWS[row]}: {least['lazulite'][row]:.2f} is over {limit}"
        for row, limit in LIMITS.items()
        if least["lazulite"][row] > limit
    ]
    if options.check and slow:
        print("\n".join(slow))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
