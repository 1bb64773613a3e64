"""Runs generated calls in one package and writes what each gave.

    python run.py PACKAGE CALLS.jsonl RESULTS.jsonl

A call is {"id", "code", "inputs"}: the code's last line is an expression. A result is {"id", "leaves": [...], "tree":
text} or {"id", "error": type} or {"id", "absent": name} where the package has no such name. The calls run in a child
process, so that one that kills it is a result ("error": "crash") like any other.
"""

from __future__ import annotations

import ast
import base64
import importlib
import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import inputs
import numpy as np

SECONDS = 5  # one call may take this long; a machine may stall, so it has two tries

CPU_SECONDS = 2  # and compute for as long: MLX sometimes spins for ever over empty arrays


class Slow(Exception):
    """A call took too long."""


def encode(mx, value: object, leaves: list) -> str:
    """Appends the value's leaves and returns its structure as text."""
    if isinstance(value, mx.array):
        dtype = str(value.dtype).rsplit(".", 1)[-1]
        data = np.array(value.astype(mx.float32) if dtype == "bfloat16" else value)
        leaves.append([dtype, list(value.shape), base64.b64encode(data.tobytes()).decode(), str(data.dtype)])
        return "*"
    if isinstance(value, np.ndarray):
        leaves.append(
            [f"numpy {value.dtype}", list(value.shape), base64.b64encode(value.tobytes()).decode(), str(value.dtype)]
        )
        return "*"
    if isinstance(value, tuple | list):
        inner = ", ".join(encode(mx, v, leaves) for v in value)
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {encode(mx, v, leaves)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, bool | int | str | None):
        return repr(value)
    if isinstance(value, float | complex):
        dtype = "complex128" if isinstance(value, complex) else "float64"
        leaves.append(
            [f"python {type(value).__name__}", [], base64.b64encode(np.array(value, dtype).tobytes()).decode(), dtype]
        )
        return "*"
    if isinstance(value, mx.Dtype):
        return str(value).rsplit(".", 1)[-1]
    return type(value).__name__


def run(names: dict, code: str) -> object:
    """Executes the code and gives the value of its last line."""
    tree = ast.parse(code)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    if tree.body:
        exec(compile(tree, "call", "exec"), names)
    return eval(compile(ast.Expression(last.value), "call", "eval"), names)


def attempt(package: str, shared: dict, call: dict) -> dict:
    """Runs one call and gives its result."""
    mx = shared["mx"]
    if package == "mlx":  # it compiles kernels with a C++ compiler, a second each
        mx.disable_compile()
    signal.alarm(SECONDS)
    # A call that never comes back from foreign code ends the process, and counts as a crash.
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        mx.random.seed(1)
        names = {**shared, **{k: inputs.array(mx, s) for k, s in call["inputs"].items()}}
        leaves: list = []
        return {"tree": encode(mx, run(names, call["code"]), leaves), "leaves": leaves}
    except (AttributeError, NameError) as e:
        return {"absent": str(e)}
    except KeyboardInterrupt:
        raise
    except BaseException as e:  # a panic of the extension is a result like any other
        return {"error": type(e).__name__, "text": str(e)[:200]}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)


def worker(package: str, calls: list[dict], out: Path) -> None:
    """Runs the calls in this process, a line of `out` each."""
    warnings.simplefilter("ignore")
    mx = importlib.import_module(package + ".core")
    mx.set_default_device(mx.cpu)
    shared = {"mx": mx, "np": np}
    for short, name in (("nn", "nn"), ("optim", "optimizers"), ("utils", "utils")):
        try:
            shared[short] = importlib.import_module(f"{package}.{name}")
        except ImportError:
            pass

    def slow(*_: object) -> None:
        raise Slow

    signal.signal(signal.SIGALRM, slow)
    with out.open("a") as file:
        for call in calls:
            result = attempt(package, shared, call)
            if result.get("error") == "Slow":
                result = attempt(package, shared, call)
            file.write(json.dumps({"id": call["id"], **result}) + "\n")
            file.flush()


def main() -> None:
    package, calls_path, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    calls = [json.loads(line) for line in calls_path.read_text().splitlines()]
    if "--worker" in sys.argv:
        worker(package, calls[len(out.read_text().splitlines()) :], out)
        return
    out.write_text("")
    done = 0
    while done < len(calls):
        p = subprocess.run(
            [sys.executable, __file__, package, str(calls_path), str(out), "--worker"],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONFAULTHANDLER": ""},
        )
        lines = out.read_text().splitlines()
        if p.returncode and len(lines) == done and p.returncode > 0:
            sys.exit(f"{package}: {p.stderr[-2000:]}")
        done = len(lines)
        if done < len(calls):
            with out.open("a") as file:
                file.write(
                    json.dumps({"id": calls[done]["id"], "error": "crash", "text": f"status {p.returncode}"}) + "\n"
                )
            done += 1


if __name__ == "__main__":
    main()
