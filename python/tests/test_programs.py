"""Programs written for MLX run under `python -m lazulite.as_mlx` unchanged, hold their own assertions, and print what
real MLX printed.

`programs/expected/` is what MLX 0.32.4 printed; `programs/record.py` writes it.
"""

import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).with_name("programs")
PROGRAMS = sorted(p.stem for p in HERE.glob("*.py") if p.stem != "record")
NUMBER = re.compile(r"-?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)(?![A-Za-z_\d])")


def differences(ours: str, theirs: str) -> list[str]:
    """Lines that differ in their text, or in a number by more than one part in a thousand."""
    a, b = ours.splitlines(), theirs.splitlines()
    wrong = [f"{len(a)} lines, not {len(b)}"] if len(a) != len(b) else []
    for x, y in zip(a, b, strict=False):
        numbers = zip(NUMBER.findall(x), NUMBER.findall(y), strict=False)
        close = all(p == q or math.isclose(float(p), float(q), rel_tol=1e-3, abs_tol=1e-4) for p, q in numbers)
        if NUMBER.sub("#", x) != NUMBER.sub("#", y) or not close:
            wrong.append(f"{x!r}, not {y!r}")
    return wrong


@pytest.mark.parametrize("program", PROGRAMS)
def test_runs_verbatim(program):
    done = subprocess.run(
        [sys.executable, "-m", "lazulite.as_mlx", HERE / f"{program}.py"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    wrong = differences(done.stdout, (HERE / "expected" / f"{program}.txt").read_text())
    assert not wrong, "\n".join(wrong)


def test_the_comparison_sees_a_difference():
    assert differences("a 1.0 [2, 3]", "a 1.00001 [2, 3]") == []
    assert differences("a 1.0 [2, 3]", "a 1.1 [2, 3]")
    assert differences("a 1.0", "b 1.0") and differences("a", "a\nb")


def test_a_module_runs_under_its_name(tmp_path):
    """`-m lazulite.as_mlx -m package.module args` runs a module, with its arguments."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "main.py").write_text(
        "import sys\nimport mlx.core as mx\nfrom mlx.nn.layers.base import Module\nimport mlx.nn as nn\n"
        "assert __name__ == '__main__' and Module is nn.Module\nprint(sys.argv[1:], mx.ones(2).sum().item())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "lazulite.as_mlx", "-m", "package.main", "x", "--y"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout == "['x', '--y'] 2.0\n", done.stderr
