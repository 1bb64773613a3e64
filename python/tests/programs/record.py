"""Stores what real MLX prints for each program: `python record.py [PROGRAM ...]` in an environment with MLX."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

for program in sorted(HERE.glob("*.py")):
    if program == Path(__file__) or (sys.argv[1:] and program.stem not in sys.argv[1:]):
        continue
    out = subprocess.run([sys.executable, program], capture_output=True, text=True)
    if out.returncode:
        sys.exit(f"{program.name}: {out.stderr}")
    (HERE / "expected" / f"{program.stem}.txt").write_text(out.stdout)
    print(program.name)
