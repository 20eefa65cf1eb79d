# Thin: each target is one script in tools/. Every target does its own set-up, and a second call takes seconds.
#   JOBS=N           parallel compilations (default: all cores)
#   CMAKE_ARGS=...   further arguments for cmake, such as -DTorch_DIR=/opt/libtorch/share/cmake/Torch
#   PREFIX=DIR       where `make install` installs (default: /usr/local)
#   PYTHON=PATH      interpreter for the virtual environments (3.11 or newer)

PREFIX ?= /usr/local
SETUP := tools/setup.sh
BUILD := tools/build.sh
TEST_PYTHON := .venv-test/bin/python3
export JOBS CMAKE_ARGS PYTHON

.DEFAULT_GOAL := help
.PHONY: help setup build demo test check tidy format bench fuzz damage asan tsan lock install clean distclean

help: ## list the targets
	@echo 'mlaas4hep: make TARGET'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install what building and running need
	@$(SETUP) run

build: ## build the commands into build/release
	@$(SETUP) run
	@$(BUILD) release

demo: build ## ROOT files in, served predictions out: the whole chain on examples/tth
	@tools/demo.sh

test: ## everything that can fail: checks, unit, conformance and integration tests, sanitizers
	@$(SETUP) test
	@$(TEST_PYTHON) tools/run_tests.py

check: ## formatting, linters, naming, layer order; no tests
	@$(SETUP) run lint
	@$(TEST_PYTHON) tools/check.py

tidy: ## clang-tidy on all sources, tests and benchmarks too (minutes)
	@$(SETUP) test bench
	@$(BUILD) --tests --bench release
	@$(TEST_PYTHON) tools/run_clang_tidy.py --tests

format: ## rewrite C++ and Python files in the project's format
	@$(SETUP) lint
	@$(TEST_PYTHON) tools/check.py --fix

bench: ## measure against the peers, print the table
	@$(SETUP) bench
	@$(BUILD) --bench release
	@$(TEST_PYTHON) bench/run.py

fuzz: ## run every fuzz target for FUZZ_SECONDS (60)
	@$(SETUP) fuzz
	@tools/fuzz.sh

damage: ## every real file truncated and with flipped bytes, under sanitizers (an hour)
	@$(SETUP) test
	@tools/damage.sh

asan: ## build and run the unit tests under address and undefined-behaviour sanitizers
	@$(SETUP) test
	@$(BUILD) asan
	@ctest --test-dir build/asan --output-on-failure

tsan: ## build and run the unit tests under the thread sanitizer
	@$(SETUP) test
	@$(BUILD) tsan
	@ctest --test-dir build/tsan --output-on-failure

lock: ## renew the hash-pinned Python locks (needs uv)
	@tools/python/lock.sh

install: build ## install the commands below PREFIX
	@cmake --install build/release --prefix $(PREFIX)

clean: ## remove what was built and trained, keep the virtual environments
	rm -rf build models dist compile_commands.json

distclean: clean ## remove everything that is not in the repository
	rm -rf .venv .venv-test .venv-bench .cache .pytest_cache .ruff_cache
