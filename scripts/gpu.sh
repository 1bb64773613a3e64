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

# One call for all: what they share is built once. The paths of what cargo made, by target.
made=$(cargo build --release -p lazulite-cuda -p lazulite-testkit -p benches -p lazulite-py --features lazulite-testkit/cuda,benches/cuda \
    --lib --bin cuda --test device --test matrix --test properties --test devices --message-format=json | python3 -c '
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if m["reason"] == "compiler-artifact":
        for file in m["filenames"]:
            if m.get("executable") or file.endswith("liblazulite_py.so"): print(m["target"]["name"], file)')
# Stripped and compressed: what travels may be limited.
keep() { strip -o "$out/$2" "$(awk -v name="$1" '$1 == name { print $2 }' <<<"$made")" && xz -1 -f "$out/$2"; }
for test in device devices matrix properties; do keep $test $test; done
keep cuda figures
keep lazulite_py core.abi3.so
# The package without its extension, its tests, what they need beside Python's own library, and the yardstick.
rm -rf "$out"/{python,examples,benches,site}
git ls-files -z python examples benches/peers pyproject.toml README.md | xargs -0 cp --parents -t "$out"
.venv/bin/pip install -q --disable-pip-version-check --target "$out/site" pytest pytest-xdist pytest-timeout
cp benches/cuda_peers.py scripts/gpu/run.sh "$out/"
chmod +x "$out/run.sh"
du -sh "$out"
