"""The differential suite: thousands of generated calls give what real MLX gives, in value, dtype and shape, and fail
where it fails.

MLX runs in a virtual environment of its own, `.venv-mlx`, which is made if it isn't there. `LAZULITE_WITHOUT_MLX=1`
skips the suite.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = Path(__file__).with_name("differential")
VERSION = "0.32.4"
LEAST = 4800  # calls that must be compared


def mlx_python() -> str:
    """The interpreter of the environment with MLX in it."""
    home = Path(os.environ.get("LAZULITE_MLX_VENV", ROOT / ".venv-mlx"))
    python, done = home / "bin/python", home / f".mlx-{VERSION}"
    if not done.exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", f"mlx[cpu]=={VERSION}", "numpy"], check=True)
        done.touch()
    return str(python)


@pytest.mark.skipif(os.environ.get("LAZULITE_WITHOUT_MLX") == "1", reason="LAZULITE_WITHOUT_MLX is set")
def test_agrees_with_mlx(tmp_path, capsys):
    sys.path.insert(0, str(SUITE))
    import compare

    theirs = mlx_python()
    calls = tmp_path / "calls.jsonl"
    subprocess.run([sys.executable, SUITE / "generate.py", calls], check=True, stdout=subprocess.DEVNULL)
    running = {
        package: subprocess.Popen([python, SUITE / "run.py", package, calls, tmp_path / f"{package}.jsonl"])
        for package, python in (("mlx", theirs), ("lazulite", sys.executable))
    }
    for package, process in running.items():
        assert process.wait() == 0, f"the runner of {package} failed"
    outcome = compare.compare(*(compare.read(tmp_path / f"{name}.jsonl") for name in ("calls", "lazulite", "mlx")))
    with capsys.disabled():
        print(f"\n{outcome.report()}")
    assert not outcome.differences
    assert not outcome.stale(), "deviations that no call shows any more"
    assert outcome.compared >= LEAST
