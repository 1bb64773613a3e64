"""Real MLX, in a virtual environment of its own, `.venv-mlx`, which is made if it isn't there.

`LAZULITE_MLX_VENV` names another one; `LAZULITE_WITHOUT_MLX=1` skips the tests that need it.
"""

import os
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = "0.32.4"
needed = pytest.mark.skipif(os.environ.get("LAZULITE_WITHOUT_MLX") == "1", reason="LAZULITE_WITHOUT_MLX is set")


def python() -> str:
    """The interpreter of the environment with MLX in it."""
    home = Path(os.environ.get("LAZULITE_MLX_VENV", ROOT / ".venv-mlx"))
    interpreter, done = home / "bin/python", home / f".mlx-{VERSION}"
    if not done.exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([interpreter, "-m", "pip", "install", "-q", f"mlx[cpu]=={VERSION}", "numpy"], check=True)
        done.touch()
    return str(interpreter)
