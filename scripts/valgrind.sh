#!/usr/bin/env bash
# Runs the buffer tests under valgrind: no invalid access, no use of undefined memory, no definite leak.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v valgrind >/dev/null; then
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    $as_root apt-get update -qq && $as_root apt-get install -y -qq valgrind
fi
# Named by the workspace, so that it is built as for the other tests.
binary=$(cargo test -q --workspace --test buffers --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*buffers-[^"]*\)".*/\1/p' | tail -n 1)
valgrind --quiet --error-exitcode=9 --show-leak-kinds=definite --leak-check=full --errors-for-leak-kinds=definite --num-callers=30 "$binary" --test-threads=1
echo "valgrind: clean"
