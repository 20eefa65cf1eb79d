#!/usr/bin/env bash
# Configures a preset where needed and builds it in build/PRESET.
#
#   tools/build.sh [--tests] [--bench] [--configure-only] [--target NAME]... PRESET
#
# --tests, --bench  also build the unit tests, the benchmarks. Stays chosen for that build folder, so that `make demo`
#                   after `make test` does not configure anew.
# Environment: JOBS (default: all cores), CMAKE_ARGS (further arguments of cmake, as in -DTorch_DIR=/opt/libtorch/...).
set -euo pipefail
cd "$(dirname "$0")/.."

preset="" targets=() options="" configure_only=false
while [ $# -gt 0 ]; do
  case $1 in
    --tests) options+=" -DMLAAS_BUILD_TESTS=ON" ;;
    --bench) options+=" -DMLAAS_BUILD_BENCH=ON" ;;
    --configure-only) configure_only=true ;;
    --target)
      shift
      targets+=(--target "${1:?--target needs a name}")
      ;;
    -*)
      echo "build: unknown option '$1'; known: --tests --bench --configure-only --target NAME" >&2
      exit 2
      ;;
    *) preset=$1 ;;
  esac
  shift
done
: "${preset:?build: which preset? cmake --list-presets names them}"

folder=build/${preset}
chosen=${folder}/mlaas-options
for option in $(cat "${chosen}" 2>/dev/null || true); do
  case ${option}:${options} in
    -DMLAAS_BUILD_*=ON:*"${option}"*) ;;
    -DMLAAS_BUILD_*=ON:*) options+=" ${option}" ;;
  esac
done
for openvino in "${PWD}"/.venv/lib/python3*/site-packages/openvino/cmake; do
  [ -d "${openvino}" ] && options+=" -DOpenVINO_DIR=${openvino}"
done
options+=" ${CMAKE_ARGS:-}"

# ninja configures anew by itself when a CMake file changed; here it is only for other options or a first time.
if ! [ -f "${folder}/build.ninja" ] || [ "$(cat "${chosen}" 2>/dev/null)" != "${options}" ]; then
  mkdir -p "${folder}"
  rm -f "${chosen}"
  # shellcheck disable=SC2086  # a list of words
  if ! cmake --preset "${preset}" ${options} >"${folder}/configure.log" 2>&1; then
    cat "${folder}/configure.log" >&2
    echo "build: configuring ${preset} failed, see above" >&2
    exit 1
  fi
  sed -n '/mlaas4hep/,$p' "${folder}/configure.log"
  printf '%s' "${options}" >"${chosen}"
fi
if "${configure_only}"; then
  exec cmake --build "${folder}" --target build.ninja
fi
cmake --build "${folder}" --parallel "${JOBS:-$(nproc)}" "${targets[@]}"
