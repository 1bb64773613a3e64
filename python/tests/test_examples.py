"""The tour runs, and so does what the README shows; both hold their own assertions."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tour_runs():
    done = subprocess.run([sys.executable, ROOT / "examples/tour.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "100 steps of SGD" in done.stdout


def test_the_readme_runs():
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1e-3
