#!/usr/bin/env bash
# Installs what a part of the work needs, and nothing that is there already. Idempotent; a second call takes well under a second.
#
#   tools/setup.sh [--dry-run] [PROFILE...]
#
# Profiles (default: run):
#   run    building and running: compiler, libraries, .venv with OpenVINO, Arrow and liblzma, and JSROOT for reports if
#          npm is there
#   lint   make check: formatters and linters, and .venv-test
#   test   run + lint + test libraries, .venv-test with the peers that results are compared with, and JSROOT if npm is there
#   bench  run + benchmark libraries, load generator and peers, .venv-test, and .venv-bench with a peer of its own
#   fuzz   run + clang with libFuzzer
#   all    everything above
#
# Options:
#   --dry-run   say what would be installed, install nothing
#
# Environment:
#   PYTHON                   interpreter for the virtual environments, 3.11 or newer (default: /usr/bin/python3, else python3)
#   MLAAS_SYSTEM_PACKAGES    "skip" leaves the system's packages to you and makes only the virtual environments
#
# System packages are installed on Debian 12, as root or through sudo. Any other system gets the list of libraries and
# how to point CMake at them.
#
# Exit codes: 0 all there; 2 bad usage; 3 system without automatic installation; 4 packages missing and no right to
# install them; 5 installing packages failed; 6 a virtual environment could not be made.
set -euo pipefail

readonly kExitUsage=2 kExitOtherSystem=3 kExitNoRight=4 kExitPackages=5 kExitPython=6

# What the build itself uses, then one library a line with the reason it is there.
readonly kRunPackages="
  ca-certificates ccache cmake g++ git make ninja-build pkg-config python3 python3-venv
  libarchive-dev
  libboost-dev
  libcli11-dev
  libcurl4-openssl-dev
  libdeflate-dev
  libgrpc++-dev protobuf-compiler-grpc
  liblz4-dev
  liblzma-dev
  libonnx-dev libprotobuf-dev protobuf-compiler
  libopenblas0-openmp
  libpng-dev
  libsimdjson-dev
  libspdlog-dev
  libssl-dev
  libtorch-dev
  libturbojpeg0-dev
  libxgboost-dev
  libxxhash-dev
  libyaml-cpp-dev
  libzstd-dev
  nlohmann-json3-dev
  prometheus-cpp-dev
  zlib1g-dev
"
readonly kLintPackages="clang-format clang-tidy shellcheck python3 python3-venv ca-certificates"
readonly kTestPackages="libgtest-dev"
readonly kBenchPackages="libbenchmark-dev python3-torch wrk"
readonly kFuzzPackages="clang libclang-rt-14-dev"

dry_run=false

say() { printf 'setup: %s\n' "$*"; }
fail() {
  local code=$1
  shift
  printf 'setup: %s\n' "$@" >&2
  exit "${code}"
}

usage() { sed -n '2,/^set -euo/p' "$0" | sed -e '/^set -euo/d' -e 's/^# \{0,1\}//'; }

isDebian12() {
  [ -r /etc/os-release ] || return 1
  (
    # shellcheck source=/dev/null
    . /etc/os-release
    [ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ]
  ) && command -v apt-get dpkg-query >/dev/null
}

# Prints those of the named packages that are not installed, one a line.
missingPackages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed \([^:]*\).*$/\1/p' || true)
  printf '%s\n' "$@" | sort -u | grep -vxF -f <(printf '%s\n' "${installed}" | grep . || echo '-') || true
}

listLibraries() {
  cat >&2 <<'TEXT'
setup: this system is not Debian 12, so its packages are not installed from here. mlaas4hep needs:

  tools       a C++20 compiler (g++ 12 or clang 14, or newer), CMake 3.25, Ninja, git, Python 3.11 with venv; ccache helps
  learning    libtorch 1.13 or newer (with OpenBLAS, MKL or CUDA), XGBoost 1.7, OpenVINO (from .venv, see below)
  models      ONNX 1.12 and Protocol Buffers, headers and libraries
  codecs      libdeflate, zlib, Zstandard, LZ4, liblzma, xxHash
  tables      Arrow C++ with Parquet, optional (from .venv, see below)
  service     Boost 1.74 headers (Asio, Beast), OpenSSL 3, prometheus-cpp, protoc, gRPC 1.51, libarchive, libpng, libjpeg-turbo,
              libcurl
  formats     simdjson, nlohmann-json, yaml-cpp, CLI11, spdlog with fmt
  make test   also GoogleTest, clang-format and clang-tidy 14, shellcheck
  make bench  also Google Benchmark, wrk; PyTorch for Python as a peer

Libraries outside the standard places are named to CMake when it configures, for example
  make build CMAKE_ARGS="-DCMAKE_PREFIX_PATH=/opt/hep;/opt/onnx -DTorch_DIR=/opt/libtorch/share/cmake/Torch"
  -DTorch_DIR=DIR      folder with TorchConfig.cmake     (python3 -c "import torch; print(torch.utils.cmake_prefix_path)")
  -DOpenVINO_DIR=DIR   folder with OpenVINOConfig.cmake  (default: the one in .venv)
  -DMLAAS_XGBOOST=FILE -DMLAAS_XGBOOST_INCLUDE=DIR       libxgboost and the folder of xgboost/c_api.h
  -DMLAAS_ARROW=OFF    without Parquet, CSV and NDJSON files; else Arrow is that in .venv, or the system's
  -DMLAAS_LZMA=FILE    a liblzma.so other than the system's (default: that in .venv where the system's is older than 5.6)
  -DMLAAS_ONNX_PROTO=FILE -DMLAAS_ONNX_INCLUDE=DIR       libonnx_proto and the folder of onnx/onnx_pb.h

Once they are there, set MLAAS_SYSTEM_PACKAGES=skip: this script then makes only the virtual environments.
TEXT
}

# Installs the named Debian packages that are missing; asks apt for nothing when none is.
installPackages() {
  [ "${MLAAS_SYSTEM_PACKAGES:-}" != skip ] || return 0
  if ! isDebian12; then
    listLibraries
    exit "${kExitOtherSystem}"
  fi
  local missing
  mapfile -t missing < <(missingPackages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "Debian packages to install (${#missing[@]}): ${missing[*]}"
  if "${dry_run}"; then return 0; fi

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      fail "${kExitNoRight}" "not root, and sudo would need a password or is not there; run as root:" \
        "  apt-get install --no-install-recommends ${missing[*]}"
    fi
    as_root=(sudo -n)
  fi
  local started=${SECONDS}
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
    fail "${kExitPackages}" "apt-get update failed, see above; check the network and /etc/apt"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
    -o Dpkg::Use-Pty=0 "${missing[@]}" >"${log}" 2>&1 </dev/null ||
    { tail -n 25 "${log}" >&2; fail "${kExitPackages}" "apt-get install failed; the whole output is in ${log}"; }
  say "installed ${#missing[@]} packages in $((SECONDS - started)) s"
}

findPython() {
  local python=${PYTHON:-}
  if [ -z "${python}" ]; then
    python=/usr/bin/python3
    [ -x "${python}" ] || python=$(command -v python3 || true)
  fi
  [ -n "${python}" ] || fail "${kExitPython}" "no python3 found; install Python 3.11 or newer, or set PYTHON"
  "${python}" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "${kExitPython}" "${python} is not Python 3.11 or newer with venv and ensurepip; set PYTHON to one that is"
  printf '%s\n' "${python}"
}

# Makes the virtual environment $1 hold exactly the packages of the lock file $2; further arguments go to venv.
# The stamp is written last and names all that the environment depends on: without it, or with another one, the folder
# is made anew.
makeVenv() {
  local folder=$1 lock=$2 python stamp want
  shift 2
  if "${dry_run}" && ! [ -x "${PYTHON:-/usr/bin/python3}" ]; then
    say "virtual environment to make: ${folder} from ${lock}"
    return 0
  fi
  python=$(findPython)
  stamp=${folder}/mlaas-stamp
  want="${PWD}/${folder} $("${python}" -c 'import sys; print(sys.executable, sys.version.split()[0])') $(sha256sum "${lock}")"
  if [ -f "${stamp}" ] && [ "$(cat "${stamp}")" = "${want}" ] && [ -x "${folder}/bin/python3" ]; then return 0; fi
  if "${dry_run}"; then
    say "virtual environment to make: ${folder} from ${lock}"
    return 0
  fi
  say "making ${folder} from ${lock}: $(grep -c '==' "${lock}") pinned packages"
  local started=${SECONDS}
  rm -rf "${folder}"
  "${python}" -m venv "$@" "${folder}" || fail "${kExitPython}" "${python} -m venv ${folder} failed, see above"
  # pip itself, but no user settings other than where its packages come from.
  "${folder}/bin/python3" -m pip install --quiet --require-hashes --no-deps --no-input --disable-pip-version-check \
    --requirement "${lock}" </dev/null ||
    fail "${kExitPython}" "installing ${lock} into ${folder} failed, see above; the next call starts over"
  printf '%s\n' "${want}" >"${stamp}"
  say "made ${folder} in $((SECONDS - started)) s ($(du -sh "${folder}" | cut -f1))"
}

# Installs what the package-lock.json of a folder pins, where npm is there; the second argument says what goes without.
makeNodeModules() {
  local folder=$1 otherwise=$2 stamp want
  stamp=${folder}/node_modules/mlaas-stamp
  if ! command -v npm >/dev/null; then
    [ -f "${stamp}" ] || say "no npm, so no JSROOT in ${folder}: ${otherwise}"
    return 0
  fi
  want="$(node --version) $(sha256sum "${folder}/package-lock.json")"
  if [ -f "${stamp}" ] && [ "$(cat "${stamp}")" = "${want}" ]; then return 0; fi
  if "${dry_run}"; then
    say "JSROOT to install: ${folder}/node_modules from ${folder}/package-lock.json"
    return 0
  fi
  say "installing JSROOT from ${folder}/package-lock.json"
  # No package runs code while it is installed.
  if (cd "${folder}" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"${log}" 2>&1 </dev/null; then
    printf '%s\n' "${want}" >"${stamp}"
  else
    tail -n 25 "${log}" >&2
    say "installing JSROOT failed, see above: ${otherwise}"
  fi
}

main() {
  local packages="" venvs="" node=false profiles=()
  local argument
  for argument in "$@"; do
    case ${argument} in
      --dry-run) dry_run=true ;;
      -h | --help) usage && exit 0 ;;
      run | lint | test | bench | fuzz | all) profiles+=("${argument}") ;;
      *) fail "${kExitUsage}" "unknown profile or option '${argument}'; known: run lint test bench fuzz all --dry-run --help" ;;
    esac
  done
  [ "${#profiles[@]}" -gt 0 ] || profiles=(run)
  for argument in "${profiles[@]}"; do
    case ${argument} in
      run) packages+=" ${kRunPackages}" venvs+=" run" ;;
      lint) packages+=" ${kLintPackages}" venvs+=" test" ;;
      test) packages+=" ${kRunPackages} ${kLintPackages} ${kTestPackages}" venvs+=" run test" node=true ;;
      bench) packages+=" ${kRunPackages} ${kBenchPackages}" venvs+=" run test bench" ;;
      fuzz) packages+=" ${kRunPackages} ${kFuzzPackages}" venvs+=" run" ;;
      all)
        packages+=" ${kRunPackages} ${kLintPackages} ${kTestPackages} ${kBenchPackages} ${kFuzzPackages}"
        venvs+=" run test bench"
        node=true
        ;;
    esac
  done

  cd "$(dirname "$0")/.."
  mkdir -p .cache
  log=${PWD}/.cache/setup.log
  # One at a time: two calls side by side would remake the same folders.
  if command -v flock >/dev/null; then
    exec 9>.cache/setup.lock
    flock 9
  fi

  # shellcheck disable=SC2086  # a list of words
  installPackages ${packages}
  case ${venvs} in *run*) makeVenv .venv tools/python/run.lock ;; esac
  case ${venvs} in *test*) makeVenv .venv-test tools/python/test.lock ;; esac
  # PyTorch is the system's.
  case ${venvs} in *bench*) makeVenv .venv-bench tools/python/bench.lock --system-site-packages ;; esac
  case ${venvs} in *run*) makeNodeModules tools/report_plots "reports have pictures for plots" ;; esac
  if "${node}"; then makeNodeModules tests/jsroot "the tests that read with it will be skipped"; fi
}

main "$@"
