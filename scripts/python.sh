#!/usr/bin/env bash
# Builds the wheel into dist/ and installs it with what its tests need into .venv. PYTHON names the interpreter (3.11 or later).
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "lazulite needs Python 3.11 or later; $("$python" --version) is here. Name another with PYTHON=..." >&2
    exit 1
fi
[ -x .venv/bin/python ] || "$python" -m venv .venv
# The requirements are read from pyproject.toml, so that they stand in one place.
stamp=.venv/.requirements
if ! cmp -s pyproject.toml "$stamp"; then
    .venv/bin/python - <<'PY' | xargs -d '\n' .venv/bin/pip install -q --disable-pip-version-check
import tomllib

with open("pyproject.toml", "rb") as f:
    project = tomllib.load(f)
print("\n".join(project["build-system"]["requires"] + project["project"]["optional-dependencies"]["test"]))
PY
    cp pyproject.toml "$stamp"
fi
rm -rf dist
.venv/bin/maturin build -q --profile dev --out dist
.venv/bin/pip install -q --disable-pip-version-check --force-reinstall --no-deps dist/*.whl
