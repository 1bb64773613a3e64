#!/usr/bin/env bash
# Builds the extension with cargo and links it into python/lazulite, so that `PYTHONPATH=python python -c 'import lazulite.core'` works.
# Arguments go to cargo: `scripts/python-dev.sh --release`.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build -p lazulite-py "$@"
profile=debug
for a in "$@"; do [ "$a" = --release ] && profile=release; done
ln -sf "$(realpath "${CARGO_TARGET_DIR:-target}")/$profile/liblazulite_py.so" python/lazulite/core.abi3.so
