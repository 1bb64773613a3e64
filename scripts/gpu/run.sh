#!/usr/bin/env bash
# Runs what scripts/gpu.sh gathered, on a machine with a GPU.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export LAZULITE_CACHE=${LAZULITE_CACHE:-/tmp/lazulite}
# Tests are to meet every tape's own kernel, not the generic one that would stand in while it is compiled; the part beside is for that.
export LAZULITE_BACKGROUND=${LAZULITE_BACKGROUND:-off}
failed=()
part() {
    local name=$1
    shift
    echo "== $name"
    local start=$SECONDS
    "$@" || failed+=("$name")
    echo "== $name: $((SECONDS - start)) s"
}
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
[ $# -gt 0 ] || set -- device devices matrix properties beside sanitizer figures peers
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
for what in "$@"; do
    case $what in
    device) part device "$here/device" --test-threads 1 --nocapture ;;
    matrix) part matrix shards matrix ;;
    devices) part devices "$here/devices" --test-threads 1 ;;
    properties) part properties shards properties ;;
    # With no kernel on disk, so that generic ones stand in.
    beside) part beside env LAZULITE_BACKGROUND=on LAZULITE_CACHE=/tmp/lazulite-beside LAZULITE_CASES=0.1 bash "$here/run.sh" properties ;;
    sanitizer) part sanitizer compute-sanitizer --error-exitcode 9 "$here/device" --test-threads 1 rows unaligned ;;
    figures) part figures "$here/figures" ;;
    peers) part peers python3 "$here/cuda_peers.py" ;;
    *) echo "there is no part $what" && failed+=("$what") ;;
    esac
done
[ ${#failed[@]} -eq 0 ] && echo "all hold" || { echo "failed: ${failed[*]}"; exit 1; }
