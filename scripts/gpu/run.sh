#!/usr/bin/env bash
# Runs what scripts/gpu.sh gathered, on a machine with a GPU.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export LAZULITE_CACHE=${LAZULITE_CACHE:-/tmp/lazulite}
failed=()
part() {
    local name=$1
    shift
    echo "== $name"
    local start=$SECONDS
    "$@" || failed+=("$name")
    echo "== $name: $((SECONDS - start)) s"
}
[ $# -gt 0 ] || set -- device matrix properties sanitizer figures peers
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
for what in "$@"; do
    case $what in
    device) part device "$here/device" --test-threads 1 --nocapture ;;
    matrix) part matrix "$here/matrix" --test-threads 1 ;;
    properties) part properties "$here/properties" --test-threads 1 ;;
    sanitizer) part sanitizer compute-sanitizer --error-exitcode 9 "$here/device" --test-threads 1 rows unaligned ;;
    figures) part figures "$here/figures" ;;
    peers) part peers python3 "$here/peers.py" ;;
    *) echo "there is no part $what" && failed+=("$what") ;;
    esac
done
[ ${#failed[@]} -eq 0 ] && echo "all hold" || { echo "failed: ${failed[*]}"; exit 1; }
