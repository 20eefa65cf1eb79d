#!/usr/bin/env bash
# Damages every real ROOT file at hand and reads what is left, under address and undefined-behaviour sanitizers; then 500
# models, which the server must refuse or take without coming to harm.
#
#   tools/damage.sh [ARGUMENT...]      arguments of tests/conformance/run_damaged.py
#
# Environment: JOBS, MLAAS_TESTDATA (folders with further ROOT files). Exit 0: nothing found; 1: findings.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/build.sh --target damage_driver asan
.venv-test/bin/python tests/conformance/run_damaged.py --jobs "${JOBS:-$(nproc)}" "$@"
tools/build.sh --target mlaas release
MLAAS_DAMAGED_MODELS=500 .venv-test/bin/python -m pytest -c tests/pytest.ini tests/integration/test_damaged_models.py
