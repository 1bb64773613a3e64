#!/usr/bin/env bash
# Runs what scripts/gpu.sh gathered, on a machine with a GPU.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export LAZULITE_CACHE=${LAZULITE_CACHE:-/tmp/lazulite}
# The run-time compiler and the products' library lie in Python's packages.
LD_LIBRARY_PATH=$(python3 -c 'import glob, site; print(":".join(f for s in site.getsitepackages() for f in glob.glob(s + "/nvidia/*/lib")))')
export LD_LIBRARY_PATH PYTHONPATH="$here/python:$here/site"
python3 - "$here" <<'PY'
import lzma, pathlib, sys
here = pathlib.Path(sys.argv[1])
for packed in here.glob("*.xz"):
    file = here / "python/lazulite" / packed.stem if packed.stem.startswith("core") else here / packed.stem
    file.write_bytes(lzma.decompress(packed.read_bytes()))
    file.chmod(0o755)
PY
failed=()
part() {
    local name=$1
    shift
    echo "== $name"
    local start=$SECONDS
    "$@" || failed+=("$name")
    echo "== $name: $((SECONDS - start)) s"
}
# The Python tests, with the GPU as the default device. What forks or waits for a signal needs a process that has not touched CUDA; the
# stubs, mlx-lm and what compares with real MLX need what is not installed here.
python_tests() (
    cd "$here" && python3 -m pytest -q -n 12 --timeout 300 -p no:cacheprovider "$here/python/tests" \
        --ignore "$here/python/tests/test_interrupt.py" --ignore "$here/python/tests/test_lm.py" --ignore "$here/python/tests/test_stubs.py" \
        --ignore "$here/python/tests/test_differential.py" --deselect "$here/python/tests/test_files.py::test_exchange_with_mlx"
)
# Programs that end while kernels are compiled.
python_exits() (
    cd "$here" && python3 -m pytest -q -n 4 -p no:cacheprovider "$here/python/tests/test_programs.py"
)
# The same work in lazulite, PyTorch and JAX; TF32 as JAX has it by default.
yardstick() (
    cd "$here/benches/peers" && BENCH_DEVICE=gpu LAZULITE_TF32=on python3 compare.py --rounds 1 {mx:lazulite,torch,jax}@"$(command -v python3)"
)
# A suite cut into shards that compile side by side.
shards() {
    local name=$1 n jobs=() bad=0
    n=$(nproc)
    for i in $(seq 0 $((n - 1))); do
        LAZULITE_SHARD=$i/$n "$here/$name" --test-threads 1 >"/tmp/$name.$i" 2>&1 &
        jobs+=($!)
    done
    for i in $(seq 0 $((n - 1))); do
        wait "${jobs[$i]}" || { bad=1; grep -vE "^test .* ok$|^$" "/tmp/$name.$i"; }
    done
    return $bad
}
[ $# -gt 0 ] || set -- device devices sanitizer properties beside python figures peers yardstick matrix
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
for what in "$@"; do
    case $what in
    device) part device "$here/device" --test-threads 1 --nocapture ;;
    matrix) LAZULITE_BACKGROUND=off part matrix shards matrix ;;
    devices) part devices "$here/devices" --test-threads 1 ;;
    properties) LAZULITE_BACKGROUND=off part properties shards properties ;;
    # With no kernel on disk, so that generic ones stand in.
    beside) LAZULITE_CACHE=off LAZULITE_CASES=0.1 part beside shards properties ;;
    sanitizer) part sanitizer compute-sanitizer --error-exitcode 9 "$here/device" --test-threads 1 rows unaligned scans sorts ;;
    python) part python python_tests && LAZULITE_CACHE=off part exits python_exits ;;
    yardstick) part yardstick yardstick ;;
    figures) LAZULITE_BACKGROUND=off part figures "$here/figures" ;;
    peers) part peers python3 "$here/cuda_peers.py" ;;
    *) echo "there is no part $what" && failed+=("$what") ;;
    esac
done
[ ${#failed[@]} -eq 0 ] && echo "all hold" || { echo "failed: ${failed[*]}"; exit 1; }
