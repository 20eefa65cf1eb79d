"""The conformance run: every column of every tree and ntuple of many ROOT files, bit for bit against uproot.

    python tests/conformance/run_columns.py [--mlaas PATH] [--json OUT] [--only PATTERN] [FOLDER_OR_FILE...]

Without folders it takes the files of the package skhep_testdata and of every folder in MLAAS_TESTDATA. A column is one
that uproot reads: a branch without sub-branches, or a top-level field of an RNTuple; it is matched where all its
numbers and strings have uproot's names, types, shapes, offsets and bits. docs/formats/conformance.md describes the run.
Exit 0: nothing is wrong or crashed (with --goals: and the goals are met); 1: else.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from conformance.column_run import (  # noqa: E402
    COUNTED,
    CRASHED,
    EMPTY,
    MATCHED,
    UNREAD,
    UNSUPPORTED,
    WRONG,
    FileResult,
    compare_file,
)

GOAL_COLUMNS = 0.995
GOAL_FILES = 0.95


def find_folders() -> list[Path]:
    """The package's folder first, then those of MLAAS_TESTDATA."""
    folders = []
    if spec := importlib.util.find_spec("skhep_testdata"):
        folders.append(Path(spec.submodule_search_locations[0]) / "data")
    folders += [Path(name) for name in os.environ.get("MLAAS_TESTDATA", "").split(":") if name]
    return [folder for folder in folders if folder.is_dir()]


def find_files(places: list[Path], pattern: str) -> list[Path]:
    """ROOT files of the places in a fixed order; a name that several folders have is taken once."""
    files = {}
    for place in places:
        for path in sorted(place.glob("*.root")) if place.is_dir() else [place]:
            if fnmatchcase(path.name, pattern):
                files.setdefault(path.name, path)
    return list(files.values())


def run(files: list[Path], mlaas: str, jobs: int = 2) -> list[FileResult]:
    """Compares the files in parallel, the biggest first; the results have the order of `files`."""
    results: dict[Path, FileResult] = {}
    context = multiprocessing.get_context("fork")
    waiting = sorted(files, key=lambda path: -path.stat().st_size)
    while waiting:
        with ProcessPoolExecutor(jobs, mp_context=context) as pool:
            futures = {path: pool.submit(compare_file, path, mlaas) for path in waiting}
            for path, future in futures.items():
                try:
                    results[path] = future.result()
                except BrokenProcessPool:
                    break
        waiting = [path for path in waiting if path not in results]
        if waiting:  # the peer died in one of the first; each of them gets a process of its own
            suspects = waiting[: jobs + 1]
            for path in suspects:
                results[path] = alone(path, mlaas, context)
            waiting = waiting[jobs + 1 :]
    return [results[path] for path in files]


def alone(path: Path, mlaas: str, context) -> FileResult:
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(compare_file, path, mlaas).result()
        except BrokenProcessPool:
            return FileResult(str(path), problem="uproot's process died")


class Summary:
    """Counts by file and by type, and whether the goals are met."""

    def __init__(self, results: list[FileResult]):
        self.results = results
        self.total: Counter = Counter()
        self.by_type: dict[str, Counter] = defaultdict(Counter)
        for result in results:
            for column in result.columns:
                self.total[column.status] += 1
                self.by_type[column.type_name][column.status] += 1
        self.num_read = sum(self.total[status] for status in COUNTED)
        self.with_columns = [result for result in results if result.num_read()]
        self.perfect = sum(result.is_perfect() for result in self.with_columns)

    def share_of_columns(self) -> float:
        return self.total[MATCHED] / self.num_read if self.num_read else 1.0

    def share_of_files(self) -> float:
        return self.perfect / len(self.with_columns) if self.with_columns else 1.0

    def is_clean(self) -> bool:
        return self.total[WRONG] == 0 and self.total[CRASHED] == 0

    def meets_goals(self) -> bool:
        return self.is_clean() and self.share_of_columns() >= GOAL_COLUMNS and self.share_of_files() >= GOAL_FILES

    def text(self) -> str:
        """The table: files and types where not every column matches, then the totals."""
        lines = []
        rows = [(Path(r.path).name, r.counts()) for r in self.with_columns if not r.is_perfect()]
        lines += table("file", rows)
        rows = [(name, counts) for name, counts in sorted(self.by_type.items()) if counts_bad(counts)]
        lines += ["", *table("type", rows)]
        rows = [("all columns", self.total)]
        lines += ["", *table("total", rows), ""]
        problems = [r for r in self.results if r.problem]
        lines += [f"not compared: {Path(r.path).name}: {r.problem}" for r in problems]
        unread = self.total[UNREAD]
        lines += [
            f"{unread} further columns cannot be read by uproot, {self.total[EMPTY]} have no value and no known type: "
            "not counted",
            f"{len(self.results)} files, {len(self.with_columns)} with columns; "
            f"every column matches in {self.perfect} ({self.share_of_files():.1%}, goal {GOAL_FILES:.0%})",
            f"{self.total[MATCHED]} of {self.num_read} columns match "
            f"({self.share_of_columns():.2%}, goal {GOAL_COLUMNS:.1%})",
        ]
        return "\n".join(lines)


def counts_bad(counts: Counter) -> bool:
    return any(counts[status] for status in (WRONG, UNSUPPORTED, CRASHED))


def table(title: str, rows: list[tuple[str, Counter]]) -> list[str]:
    width = min(max([len(title), *(len(name) for name, _ in rows)]), 70)
    lines = [f"{title:{width}}  {'read':>6} {'matched':>7} {'wrong':>6} {'unsupported':>11} {'crashed':>7}"]
    for name, counts in rows:
        read = sum(counts[status] for status in COUNTED)
        lines.append(
            f"{name[:width]:{width}}  {read:6} {counts[MATCHED]:7} {counts[WRONG]:6} {counts[UNSUPPORTED]:11} "
            f"{counts[CRASHED]:7}"
        )
    return lines


def details(results: list[FileResult], statuses: tuple[str, ...]) -> list[str]:
    """One line for each column that ended so."""
    return [
        f"{column.status}: {Path(result.path).name}: {column.tree}: {column.name} ({column.type_name}): {column.detail}"
        for result in results
        for column in result.columns
        if column.status in statuses
    ]


def newest_build() -> str:
    built = sorted((ROOT / "build").glob("*/apps/mlaas/mlaas"), key=lambda path: path.stat().st_mtime)
    if not built:
        sys.exit("no build/*/apps/mlaas/mlaas: run `make build`, or name the command with --mlaas")
    return str(built[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("places", nargs="*", type=Path, metavar="FOLDER_OR_FILE")
    parser.add_argument("--mlaas", default=os.environ.get("MLAAS_BINARY"), help="the command to test (newest build)")
    parser.add_argument("--json", type=Path, help="write every column's result there")
    parser.add_argument("--only", default="*", help="pattern of file names")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", default="wrong,crashed", help="statuses of which every column is listed")
    parser.add_argument("--goals", action="store_true", help="fail where the goals are not met")
    options = parser.parse_args()
    files = find_files(options.places or find_folders(), options.only)
    results = run(files, options.mlaas or newest_build(), options.jobs)
    summary = Summary(results)
    for line in details(results, tuple(options.list.split(","))):
        print(line)
    print(summary.text())
    if options.json:
        options.json.write_text(json.dumps([result.as_dict() for result in results], indent=1), encoding="utf-8")
    return 0 if (summary.meets_goals() if options.goals else summary.is_clean()) else 1


if __name__ == "__main__":
    sys.exit(main())
