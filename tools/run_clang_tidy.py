#!/usr/bin/env python3
"""Runs clang-tidy on the C++ sources, only on those whose result could have changed.

A source's result is remembered under a hash of what it depends on: the source, the headers of ours that it includes
directly or not, its compile command, .clang-tidy and the version of clang-tidy. Only clean results are remembered, in
$XDG_CACHE_HOME/mlaas4hep/clang-tidy (~/.cache where that is not set), so that all checkouts share them. After an update
of other people's headers, --all looks again. Sources are taken from a compilation database, which tools/build.sh makes.

Tests and benchmarks, whose headers make them slow to look at, are left to --tests (`make tidy`): `make check` must stay
short on a machine that remembers nothing.

Usage: run_clang_tidy.py [--jobs N] [--build DIR] [--tests] [--all] [FILE...]
  --jobs N     that many at a time (default: all cores)
  --build DIR  folder of compile_commands.json (default: build/release)
  --tests      tests and benchmarks too
  --all        forget what is remembered
  FILE...      only these sources (default: the sources of ours in the database)

Exit 0: clean; 1: findings; 2: no compilation database or no clang-tidy.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATABASE = ROOT / ".cache" / "clang-tidy"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlaas4hep" / "clang-tidy"
OUR_FOLDERS = ("mlaas", "apps", "python")
TEST_FOLDERS = ("tests", "bench")
DROPPED = re.compile(r"-Winvalid-pch|-DNDEBUG|-O\w|-g\d?")
# Headers that clang 14 cannot read as C++20, as libtorch 1.13's: what includes them is left out, and said so.
UNREADABLE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<(torch|ATen|c10)/", re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


def clean_arguments(entry: dict) -> list[str]:
    """Returns the compiler's arguments without launcher, precompiled headers and what only sets presets apart.

    So asserts are always looked at, and a result counts for every preset.
    """
    words = entry.get("arguments") or shlex.split(entry["command"])
    compiler = next(i for i, word in enumerate(words) if re.search(r"(\+\+|cc|clang)(-\d+)?$", Path(word).name))
    kept, skip = [], False
    for word, following in zip(words[compiler:], [*words[compiler + 1 :], ""], strict=True):
        if skip:
            skip = False
        elif word == "-include" and "cmake_pch" in following:
            skip = True
        elif not DROPPED.fullmatch(word):
            kept.append(word)
    # g++ has warnings that clang does not know; with -Werror naming one would be an error.
    return [*kept, "-Wno-unknown-warning-option"]


def read_database(build: Path, folders: tuple[str, ...]) -> dict[Path, dict]:
    """Returns the entries of the sources in these folders of ours by path."""
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        source = (Path(entry["directory"]) / entry["file"]).resolve()
        if source.is_relative_to(ROOT) and source.relative_to(ROOT).parts[0] in folders:
            entries[source] = {
                "directory": entry["directory"],
                "file": str(source),
                "arguments": clean_arguments(entry),
            }
    return entries


@functools.cache
def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@functools.cache
def direct_includes(path: Path) -> tuple[Path, ...]:
    """Returns the files of ours that a file includes."""
    text = path.read_text(encoding="utf-8", errors="replace")
    found = []
    for name in INCLUDE.findall(text):
        for candidate in (ROOT / name, path.parent / name):
            if candidate.is_file():
                found.append(candidate.resolve())
                break
    return tuple(found)


def all_includes(path: Path) -> set[Path]:
    reached, waiting = set(), [path]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting.extend(direct_includes(current))
    return reached


def readable(source: Path) -> bool:
    return not any(
        UNREADABLE.search(path.read_text(encoding="utf-8", errors="replace")) for path in all_includes(source)
    )


def fingerprint(entry: dict, tool_version: str) -> str:
    """Hashes all that the result depends on, with paths relative to the checkout: a moved one keeps its cache."""
    source = Path(entry["file"])
    arguments = [argument.replace(str(ROOT), ".") for argument in entry["arguments"]]
    settings = [digest(folder / ".clang-tidy") for folder in source.parents if (folder / ".clang-tidy").is_file()]
    parts = [tool_version, *settings, *arguments]
    parts += sorted(
        f"{path.relative_to(ROOT)} {digest(path)}" for path in all_includes(source) if path.is_relative_to(ROOT)
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def tidy(source: Path, database: Path) -> tuple[Path, bool, str, float]:
    started = time.monotonic()
    command = ["clang-tidy", "--quiet", "-p", str(database), str(source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    # The tool's own counting ("123 warnings generated") goes to stderr and tells nothing.
    noise = re.compile(r"^(\d+ warnings? .*generated|Suppressed |Use -header-filter|.*treated as error)")
    lines = [line for line in (result.stdout + result.stderr).splitlines() if not noise.match(line)]
    return source, result.returncode == 0, "\n".join(lines), time.monotonic() - started


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--tests", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("files", nargs="*", type=Path)
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    if not shutil.which("clang-tidy"):
        print("run_clang_tidy: no clang-tidy; tools/setup.sh lint installs it", file=sys.stderr)
        return 2
    if not (arguments.build / "compile_commands.json").is_file():
        print(
            f"run_clang_tidy: no compile_commands.json in {arguments.build}; run tools/build.sh first", file=sys.stderr
        )
        return 2
    with_tests = arguments.tests or arguments.files
    entries = read_database(arguments.build, OUR_FOLDERS + TEST_FOLDERS if with_tests else OUR_FOLDERS)
    if arguments.files:
        wanted = {path.resolve() for path in arguments.files}
        entries = {source: entry for source, entry in entries.items() if source in wanted}
    left_out = [source for source in entries if not readable(source)]
    for source in left_out:
        del entries[source]
    if arguments.all:
        shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    DATABASE.mkdir(parents=True, exist_ok=True)
    (DATABASE / "compile_commands.json").write_text(json.dumps(list(entries.values()), indent=1), encoding="utf-8")

    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    marks = {source: CACHE / fingerprint(entry, version) for source, entry in entries.items()}
    todo = sorted(source for source, mark in marks.items() if not mark.exists())
    started, failed, slowest = time.monotonic(), 0, (0.0, "")
    with concurrent.futures.ThreadPoolExecutor(max_workers=arguments.jobs) as pool:
        for source, clean, output, seconds in pool.map(lambda source: tidy(source, DATABASE), todo):
            slowest = max(slowest, (seconds, str(source.relative_to(ROOT))))
            if clean:
                marks[source].touch()
            else:
                failed += 1
                print(output)
    summary = f"clang-tidy: {len(entries)} sources, {len(entries) - len(todo)} unchanged, {failed} with findings"
    if left_out:
        summary += f", left out for libtorch's headers: {', '.join(source.name for source in sorted(left_out))}"
    if todo:
        summary += f", {time.monotonic() - started:.0f} s, slowest {slowest[1]} {slowest[0]:.0f} s"
    print(summary)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
