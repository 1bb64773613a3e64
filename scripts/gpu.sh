#!/usr/bin/env bash
# The CUDA backend on a machine with a GPU, in two halves:
#   scripts/gpu.sh gather [FOLDER]   builds here and gathers what must travel into FOLDER (.gpu); needs no GPU
#   FOLDER/run.sh PART...            runs parts there: device, devices, sanitizer, properties, beside, python, figures, peers, yardstick, matrix (all of
#                                    them by default); its Python has PyTorch and JAX
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${1:-}" = gather ] || { sed -n 2,4p "$0"; exit 2; }
out=${2:-.gpu}
mkdir -p "$out"
# Thin link-time optimisation takes minutes and changes nothing here.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16

# The path of the executable that cargo made: by test or binary, with the options to build it.
made() {
    local name=$1
    shift
    cargo "$@" --message-format=json | python3 -c '
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if m.get("executable") and m["target"]["name"] == sys.argv[1]: print(m["executable"])' "$name" | tail -1
}
# Stripped and compressed: what travels may be limited.
keep() { strip -o "$out/$1" "$2" && xz -1 -f "$out/$1"; }

keep device "$(made device test --release -p lazulite-cuda --test device --no-run)"
keep matrix "$(made matrix test --release -p lazulite-testkit --features cuda --test matrix --no-run)"
keep properties "$(made properties test --release -p lazulite-testkit --features cuda --test properties --no-run)"
keep devices "$(made devices test --release -p lazulite-testkit --features cuda --test devices --no-run)"
keep figures "$(made cuda build --release -p benches --features cuda --bin cuda)"
keep core.abi3.so "$(made lazulite_py build --release -p lazulite-py | sed 's/\.rlib$/.so/')"
# The package without its extension, its tests, what they need beside Python's own library, and the yardstick.
rm -rf "$out"/{python,examples,benches,site}
git ls-files -z python examples benches/peers pyproject.toml | xargs -0 cp --parents -t "$out"
.venv/bin/pip install -q --disable-pip-version-check --target "$out/site" pytest pytest-xdist pytest-timeout
cp benches/cuda_peers.py scripts/gpu/run.sh "$out/"
chmod +x "$out/run.sh"
du -sh "$out"
