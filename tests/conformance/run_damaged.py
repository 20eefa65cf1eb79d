"""Hostile input: every real ROOT file truncated and with flipped bytes; an error or values must come of it.

    python tests/conformance/run_damaged.py [--driver PATH] [--truncations 50] [--flips 200] [--only PATTERN] [PLACE...]

damage_driver (tests/fuzz) damages a file in memory and reads what is left; this script gives each file a process, goes
on after a case that crashed, and lists what was found. `make damage` runs it with the address and undefined-behaviour
sanitizers. Exit 0: no finding; 1: findings.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from conformance.run_columns import find_files, find_folders  # noqa: E402

# A single allocation beyond the first, or more memory in use than the second, ends the process.
SANITIZER_OPTIONS = "max_allocation_size_mb=1024:hard_rss_limit_mb=4096:detect_leaks=0"
FILE_LIMIT_S = 3600
MOST_CRASHES = 10  # of one file


def damage(driver: Path, path: Path, truncations: int, flips: int) -> list[str]:
    """Runs all cases of a file; returns the findings."""
    findings, first = [], 0
    environment = {**os.environ, "ASAN_OPTIONS": SANITIZER_OPTIONS}
    for _ in range(MOST_CRASHES):
        numbers = [f"--truncations={truncations}", f"--flips={flips}", f"--first={first}"]
        command = [str(driver), *(word for number in numbers for word in number.split("=")), str(path)]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=FILE_LIMIT_S,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return [*findings, f"finding: {path.name}: no end within {FILE_LIMIT_S} s"]
        findings += [line for line in done.stdout.splitlines() if line.startswith("finding")]
        if done.returncode in (0, 1):
            return findings
        lines = done.stderr.splitlines()
        cases = [line for line in lines if line.startswith("case ")]
        case = int(cases[-1].split()[1]) if cases else -1
        findings.append(f"finding: {path.name}: case {case}: ended with {done.returncode}: {summary(lines)}")
        if case < 0:
            return findings
        first = case + 1
    return [*findings, f"finding: {path.name}: more than {MOST_CRASHES} cases crashed; the rest was left out"]


def summary(lines: list[str]) -> str:
    """What a sanitizer says in one line, and the first frames of ours."""
    text = [line for line in lines if "ERROR:" in line or "runtime error" in line or line.startswith("finding")]
    frames = [line.split(" in ", 1)[-1].strip() for line in lines if line.lstrip().startswith("#") and "mlaas/" in line]
    return " | ".join([*text[:1], *frames[:3]]) or " | ".join(lines[-3:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("places", nargs="*", type=Path, metavar="PLACE")
    parser.add_argument("--driver", type=Path, default=ROOT / "build" / "asan" / "tests" / "fuzz" / "damage_driver")
    parser.add_argument("--truncations", type=int, default=50)
    parser.add_argument("--flips", type=int, default=200)
    parser.add_argument("--only", default="*", help="pattern of file names")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    files = find_files(options.places or find_folders(), options.only)
    begin, num_findings = time.monotonic(), 0
    with ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(damage, options.driver, path, options.truncations, options.flips) for path in files]
        for path, run in zip(files, runs, strict=True):
            for finding in run.result():
                print(finding.replace(str(path), path.name), flush=True)
                num_findings += 1
    cases = len(files) * (options.truncations + options.flips)
    print(f"{len(files)} files, {cases} cases, {num_findings} findings in {time.monotonic() - begin:.0f} s")
    return 1 if num_findings else 0


if __name__ == "__main__":
    sys.exit(main())
