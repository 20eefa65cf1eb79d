#!/usr/bin/env python3
"""`make test`: builds, checks and runs every test, and closes with a line "N passed, N failed, N skipped".

Usage: run_tests.py [STAGE...]     stages, in this order (default: all)
  build    the release preset with its tests
  check    tools/check.py; counts as one test
  ctest    C++ tests and the replay of the fuzz corpora
  pytest   tests of tools/, conformance with references we did not write, integration with real servers
  asan     the C++ tests of what reads foreign bytes and makes rows of them, under address and undefined-behaviour
           sanitizers
  tsan     the C++ tests of what shares memory between threads, under the thread sanitizer

Environment: JOBS (default: all cores), MLAAS_TESTDATA (folders with further real ROOT files).
Exit 0: no failure; 1: a failure. What each stage said lies in build/test-results.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "test-results"
RELEASE = ROOT / "build" / "release"
# Folders whose tests run under each sanitizer's preset.
SANITIZED = {
    "asan": [
        *(f"tests/unit/{layer}" for layer in ("base", "io", "root", "table", "feature", "dataset", "serve")),
        "tests/fuzz",
    ],
    "tsan": [f"tests/unit/{layer}" for layer in ("base", "io", "table", "dataset")],
}
JOBS = os.environ.get("JOBS") or str(os.cpu_count())
STAGE_LIMIT_S = {"build": 2400, "check": 1800, "ctest": 900, "pytest": 1500, "asan": 1800, "tsan": 1800}


@dataclass
class Count:
    """How the tests of a stage, or of all stages, ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def one_failure(name: str) -> Count:
    return Count(failed=1, failures=[name])


def read_junit(path: Path) -> Count:
    """Counts the test cases of a JUnit file, as CTest and pytest write them."""
    count = Count()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        kinds = {element.tag for element in case}
        if kinds & {"failure", "error"} or case.get("status") == "fail":
            count.failed += 1
            name = case.get("name", "?")
            group = case.get("classname", "")
            count.failures.append(name if group in ("", name) else f"{group}::{name}")
        elif "skipped" in kinds or case.get("status") in ("notrun", "disabled"):
            count.skipped += 1
        else:
            count.passed += 1
    return count


def run(stage: str, command: list[str | Path], log: str, **environment: str) -> int:
    """Runs a command of a stage into build/test-results/LOG; past the stage's limit it and its children are ended."""
    with (RESULTS / log).open("ab") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait(timeout=STAGE_LIMIT_S[stage])
        except subprocess.TimeoutExpired:
            output.write(f"\nended after {STAGE_LIMIT_S[stage]} s, the limit of this stage\n".encode())
            return 124
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def show(log: str, lines: int = 120) -> None:
    text = (RESULTS / log).read_text(encoding="utf-8", errors="replace").splitlines()
    print("\n".join(f"  | {line}" for line in text[-lines:]), flush=True)


def count_results(stage: str, code: int, junit: Path, log: str, good_codes: tuple[int, ...] = (0,)) -> Count:
    """Reads a runner's JUnit file; a runner that ended badly without naming a failed test counts as one."""
    try:
        count = read_junit(junit)
    except (OSError, ElementTree.ParseError):
        count = Count() if code in good_codes else one_failure(f"{stage}: ended with {code} and no results")
    if code not in good_codes and not count.failed:
        count.add(one_failure(f"{stage}: ended with {code}"))
    if count.failed:
        show(log)
    return count


def stage_build() -> Count:
    if run("build", ["tools/build.sh", "--tests", "release"], "build.log") == 0:
        return Count()
    show("build.log", 60)
    return one_failure("build")


def stage_check() -> Count:
    code = run("check", [sys.executable, "tools/check.py"], "check.log")
    show("check.log", 20 if code == 0 else 200)
    return Count(passed=1) if code == 0 else one_failure("check")


def ctest(stage: str, folder: Path, name: str, prefix: list[str] | None = None) -> Count:
    junit, log = RESULTS / f"{name}.xml", f"{name}.log"
    command = [
        *(prefix or []),
        "ctest",
        "--test-dir",
        folder,
        "--parallel",
        JOBS,
        "--output-on-failure",
        "--output-junit",
        junit,
    ]
    return count_results(stage, run(stage, command, log, CTEST_NO_TESTS_ACTION="ignore"), junit, log)


def stage_ctest() -> Count:
    return ctest("ctest", RELEASE, "ctest")


def stage_pytest() -> Count:
    junit = RESULTS / "pytest.xml"
    command = [sys.executable, "-m", "pytest", "-c", "tests/pytest.ini", "-p", "no:cacheprovider", "--color=no"]
    command += ["--durations=10", f"--junitxml={junit}"]
    code = run("pytest", command, "pytest.log", MLAAS_BINARY=str(RELEASE / "apps" / "mlaas" / "mlaas"))
    return count_results("pytest", code, junit, "pytest.log", good_codes=(0, 5))


def fixed_addresses() -> list[str]:
    """Starts a program without address randomisation, where that is allowed.

    g++ 12's thread sanitizer does not know the wider randomisation of newer kernels.
    """
    prefix = ["setarch", "--addr-no-randomize"]
    allowed = shutil.which("setarch") and subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if allowed and allowed.returncode == 0 else []


def sanitized(preset: str, prefix: list[str] | None = None) -> Count:
    folders = [folder for folder in SANITIZED[preset] if (ROOT / folder / "CMakeLists.txt").is_file()]
    targets = [word for folder in folders for word in ("--target", f"{folder}/all")]
    if run(preset, ["tools/build.sh", *targets, preset], f"{preset}-build.log") != 0:
        show(f"{preset}-build.log", 60)
        return one_failure(f"{preset}: build")
    count = Count()
    for folder in folders:
        count.add(ctest(preset, ROOT / "build" / preset / folder, f"{preset}-{Path(folder).name}", prefix))
    return count


def stage_asan() -> Count:
    return sanitized("asan")


def stage_tsan() -> Count:
    return sanitized("tsan", fixed_addresses())


STAGES = {
    "build": stage_build,
    "check": stage_check,
    "ctest": stage_ctest,
    "pytest": stage_pytest,
    "asan": stage_asan,
    "tsan": stage_tsan,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stages", nargs="*", choices=[[], *STAGES], metavar="STAGE")
    chosen = parser.parse_args().stages or list(STAGES)
    RESULTS.mkdir(parents=True, exist_ok=True)
    for old in RESULTS.glob("*"):
        old.unlink()

    total, begin = Count(), time.monotonic()
    for name in STAGES:
        if name not in chosen:
            continue
        print(f"{name}: running", flush=True)
        started = time.monotonic()
        count = STAGES[name]()
        total.add(count)
        summary = "done" if str(count) == str(Count()) else str(count)
        print(f"{name}: {summary} in {time.monotonic() - started:.0f} s", flush=True)
        if name == "build" and count.failed:
            break
    for failure in total.failures:
        print(f"FAILED {failure}")
    print(f"all stages in {time.monotonic() - begin:.0f} s; what they said lies in {RESULTS.relative_to(ROOT)}")
    print(total, flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
