#!/usr/bin/env bash
# Renews the hash-pinned lock files beside this script from the .in files, for Python 3.11 on Linux (x86_64, aarch64).
# Needs uv. Versions that a lock already pins stay as they are; pass --upgrade to renew them all.
set -euo pipefail
cd "$(dirname "$0")/../.."

for name in run test bench; do
  uv pip compile "tools/python/${name}.in" \
    --generate-hashes --universal --python-version 3.11 --no-annotate \
    --no-emit-index-url --no-emit-find-links \
    --custom-compile-command "tools/python/lock.sh" \
    --output-file "tools/python/${name}.lock" --quiet "$@"
  echo "tools/python/${name}.lock: $(grep -c == "tools/python/${name}.lock") packages"
done
