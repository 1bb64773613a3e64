"""Writes `expected.json`: what mlx-lm computes over real MLX.

    python python/tests/lm/record.py PYTHON

`PYTHON` is an interpreter with `mlx` and `mlx-lm` installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(python: str) -> None:
    """Runs the report over MLX and keeps it, rounded to what a comparison needs."""
    done = subprocess.run([python, HERE / "report.py"], stdout=subprocess.PIPE, text=True, check=True)
    made = json.loads(done.stdout)
    failed = {name: entry["error"] for name, entry in made.items() if "error" in entry}
    if failed:
        sys.exit("\n".join(f"{name}: {error}" for name, error in failed.items()))
    for entry in made.values():
        for key, value in entry.items():
            entry[key] = [round(v, 7) for v in value] if isinstance(value, list) else round(value, 7)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in made.items())
    (HERE / "expected.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main(sys.argv[1])
