"""The differential suite: thousands of generated calls give what real MLX gives, in value, dtype and shape, and fail
where it fails."""

import subprocess
import sys
from pathlib import Path

import real_mlx

SUITE = Path(__file__).with_name("differential")
LEAST = 4800  # calls that must be compared


@real_mlx.needed
def test_agrees_with_mlx(tmp_path, capsys):
    sys.path.insert(0, str(SUITE))
    import compare

    theirs = real_mlx.python()
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
