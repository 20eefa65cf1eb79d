#!/usr/bin/env bash
# Builds the fuzz targets with libFuzzer and runs each one.
#
#   tools/fuzz.sh [TARGET...]      default: every tests/fuzz/fuzz_*.cpp
#
# Starts from the seeds in tests/fuzz/corpus/TARGET and keeps what it learns in .cache/fuzz/TARGET. A finding is left in
# build/fuzz/findings/TARGET-*: make it small with TARGET -minimize_crash=1, put it into the corpus, write its test.
# Environment: FUZZ_SECONDS for each target (default 60), JOBS.
# Exit 0: nothing found; 1: findings; 2: unknown target.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
  for source in tests/fuzz/fuzz_*.cpp; do targets+=("$(basename "${source}" .cpp)"); done
fi
for target in "${targets[@]}"; do
  [ -f "tests/fuzz/${target}.cpp" ] || {
    echo "fuzz: no tests/fuzz/${target}.cpp" >&2
    exit 2
  }
done

tools/build.sh --target tests/fuzz/all fuzz
mkdir -p build/fuzz/findings
failed=0
for target in "${targets[@]}"; do
  mkdir -p ".cache/fuzz/${target}"
  log=build/fuzz/findings/${target}.log
  # One input may take 10 s and 1 GiB; more is a finding.
  if "build/fuzz/tests/fuzz/${target}" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=1024 \
    -artifact_prefix="build/fuzz/findings/${target}-" -print_final_stats=1 \
    ".cache/fuzz/${target}" "tests/fuzz/corpus/${target}" >"${log}" 2>&1; then
    echo "fuzz ${target}: $(sed -n 's/^stat::number_of_executed_units: *//p' "${log}") inputs, nothing found"
  else
    failed=1
    echo "fuzz ${target}: FOUND, see ${log}"
    tail -n 30 "${log}"
  fi
done
exit "${failed}"
