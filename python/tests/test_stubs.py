"""The stubs are current, mypy accepts them and a typed program, and refuses a wrong one."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = Path(__file__).with_name("typed_sample.py")


def mypy(*arguments) -> subprocess.CompletedProcess:
    options = ["--strict", "--no-error-summary", "--follow-imports=silent", "--cache-dir", str(ROOT / ".mypy_cache")]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *options, *map(str, arguments)], capture_output=True, text=True
    )


def test_the_stubs_are_current():
    done = subprocess.run([sys.executable, ROOT / "scripts/stubs.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_accepts_the_package():
    done = mypy("-p", "lazulite")
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_accepts_a_typed_program():
    done = mypy(SAMPLE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_typed_program_runs():
    done = subprocess.run([sys.executable, SAMPLE], capture_output=True, text=True)
    assert done.stdout == "typed\n", done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "x: str = mx.ones(3)",
        "mx.sum(mx.ones(3), axis='x')",
        "mx.zeros((2,), dtype='float32')",
        "mx.ones(3).nothing",
        "mx.exp(mx.ones(3), strem=None)",
        "mx.random.normal('x')",
    ],
)
def test_mypy_refuses_a_wrong_one(line, tmp_path):
    file = tmp_path / "wrong.py"
    file.write_text(f"import lazulite.core as mx\n{line}\n")
    assert mypy(file).returncode == 1
