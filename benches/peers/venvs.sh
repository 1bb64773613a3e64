#!/usr/bin/env bash
# Makes a virtual environment a peer under .venvs, once. PyTorch's wheel from PyPI is large (CUDA comes with it), and runs on a CPU as well.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p .venvs
make_venv() {
    local name=$1
    shift
    if [ ! -e ".venvs/$name/.ready" ]; then
        echo "making benches/peers/.venvs/$name ($*)"
        python3 -m venv --clear ".venvs/$name"
        ".venvs/$name/bin/pip" install -q --disable-pip-version-check "$@"
        touch ".venvs/$name/.ready"
    fi
}
make_venv mlx 'mlx[cpu]==0.32.4' numpy
make_venv jax jax numpy
make_venv torch torch numpy
