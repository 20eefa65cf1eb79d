#!/usr/bin/env python3
"""Reads files that ROOT wrote with mlaas4hep and its peers, and prints a table. Fails on a wrong sum, never on time.

Usage: bench/root/compare.py [--build build/release] [--cases flat_zstd,nano_zstd,...] [--rounds 2] [--json FILE]

The files are made once, in build/bench-data. Every reader runs in a process of its own, pinned to one core; the readers
of a case take turns, and the least CPU time of all rounds counts. Then mlaas4hep and RDataFrame run on all cores.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import peers

ROOT = Path(__file__).resolve().parents[2]
SUM_TOLERANCE = 1e-9
# What is expected on one core: CPU time at most so many times that of decompression alone, and so many times less than
# a peer's. A shortfall is marked, not an error.
MOST_OF_LIMIT = {"TTree": 1.4, "RNTuple": 1.8}
LEAST_OF_UPROOT = 2.0
LEAST_OF_DATAFRAME = 4.0
MOST_RSS_MB = 100.0


def nano_columns(counters: bool) -> str:
    """40 of the 120 columns of the NanoAOD-like file: 15 flat, 25 jagged."""
    names = [f"f{i}" for i in range(7)] + ["i0", "i1", "b0"]
    for collection in ("Electron", "Muon", "Jet", "Tau", "FatJet"):
        names += [f"n{collection}"] if counters else []
        names += [f"{collection}_f{k}" for k in range(4)] + [f"{collection}_i0"]
    return ",".join(names)


@dataclass(frozen=True)
class Case:
    """A file and the columns that are read of it."""

    name: str
    content: str
    codec: str
    columns: str
    format: str = "TTree"
    repeat: int = 3
    has_bulk: bool = False
    uproot_columns: str | None = None  # where its names are others

    @property
    def file(self) -> str:
        return f"{self.content}_{self.codec}.root"


FLAT = ",".join(f"x{i}" for i in range(30))
LEAVES = ",".join(f"b.x{i}" for i in range(30))
MANY = ",".join(f"c{i}" for i in range(1500))
CASES = [
    Case("flat_zstd", "flat", "zstd", FLAT, has_bulk=True),
    Case("flat_zlib", "flat", "zlib", FLAT, has_bulk=True),
    Case("flat_lz4", "flat", "lz4", FLAT, has_bulk=True),
    Case("flat_lzma", "flat", "lzma", FLAT, repeat=1, has_bulk=True),
    Case("leaves_zstd", "leaves", "zstd", LEAVES, uproot_columns="b"),
    Case("nano_zstd", "nano", "zstd", nano_columns(counters=True)),
    Case("physlite_zstd", "physlite", "zstd", MANY, repeat=2),
    Case("physlite_20", "physlite", "zstd", ",".join(f"c{i}" for i in range(0, 1500, 75))),
    Case("rntuple_flat_zstd", "flat_rntuple", "zstd", FLAT, "RNTuple"),
    Case("rntuple_nano_zstd", "nano_rntuple", "zstd", nano_columns(counters=True), "RNTuple"),
]


# A file of 2 GB, and one whose 240 MB of values are a single cluster, read with memory limits.
LARGE = Case("large_zstd", "large", "zstd", FLAT, repeat=1)
HUGE = Case("huge_lz4", "huge", "lz4", FLAT, repeat=1)
MEMORY_LIMITS = ("", "256 MiB", "64 MiB")
# Of the file of 1M entries: what they keep, and of how many of its ranges something.
SELECTIONS = (("no entry", "x0 < 0"), ("some entries of few clusters", "x0 > 600"), ("every entry", "x0 > 0"))


class WrongResultError(Exception):
    """A reader's sum differs from the others'."""


@dataclass
class Measured:
    """The best of one reader's runs of one case."""

    reader: str
    entries: int = 0
    cpu_seconds: float = math.inf
    seconds: float = math.inf
    peak_rss_megabytes: float = 0.0
    megabytes: float = 0.0
    sum: float | None = None

    def add(self, line: dict) -> None:
        self.entries = line.get("entries", 0)
        self.cpu_seconds = min(self.cpu_seconds, line["cpu_seconds"])
        self.seconds = min(self.seconds, line["seconds"])
        self.peak_rss_megabytes = max(self.peak_rss_megabytes, line.get("peak_rss_megabytes", 0.0))
        self.megabytes = line.get("megabytes", 0.0)
        self.sum = line.get("sum")


@dataclass
class Outcome:
    """One case: its readers on one core, and on all."""

    case: str
    format: str
    one: dict[str, Measured] = field(default_factory=dict)
    all_cores: dict[str, Measured] = field(default_factory=dict)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(command: list[str | Path], pinned: bool) -> dict | None:
    """The JSON line that a reader prints; None where it cannot read the file."""
    core = str(max(os.sched_getaffinity(0)))
    prefix = ["taskset", "-c", core] if pinned and shutil.which("taskset") else []
    done = subprocess.run([*prefix, *map(str, command)], cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        say(f"  {Path(command[0]).name} {' '.join(map(str, command[1:3]))[:60]}: {last[0][:160]}")
        return None
    return next(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))


class Readers:
    """The programs that read, as far as they are installed."""

    def __init__(self, build: Path) -> None:
        self.bench = build / "bench" / "root"
        self.data = build.parent / "bench-data"
        self.root_peer = peers.build("root_peer", self.data)
        self.make_files = peers.build("make_files", self.data)
        self.has_uproot = importlib.util.find_spec("uproot") is not None
        if self.root_peer is None:
            say("bench: ROOT is not installed (tools/setup.sh bench): its files and its readers are left out")
        if not self.has_uproot:
            say("bench: uproot is not installed (tools/setup.sh bench): it is left out")

    def file_of(self, case: Case) -> Path | None:
        """The case's file, made where it is not there yet."""
        path = self.data / case.file
        if not path.exists():
            if self.make_files is None:
                return None
            if case.content == "large":
                self.file_of(next(other for other in CASES if other.content == "flat" and other.codec == case.codec))
            say(f"bench: writing {path.name}")
            subprocess.run([self.make_files, case.content, case.codec, path.name], cwd=self.data, check=True)
        return path

    def commands(self, case: Case, path: Path) -> dict[str, list[str | Path]]:
        """What reads a case on one core."""
        place = [path, "Events", case.columns, "--repeat", str(case.repeat)]
        found: dict[str, list[str | Path]] = {
            "limit": [self.bench / "limit_bench", *place],
            "mlaas4hep": [self.bench / "read_bench", *place],
        }
        if self.has_uproot:
            names = case.uproot_columns or case.columns
            program = ROOT / "bench" / "root" / "uproot_peer.py"
            found["uproot"] = [sys.executable, program, path, "Events", names, "--repeat", str(case.repeat)]
        if self.root_peer:
            found["RDataFrame"] = [self.root_peer, "rdataframe", *place]
            if case.format == "TTree":
                found["TTreeReader"] = [self.root_peer, "treereader", *place]
            if case.has_bulk:
                found["bulk"] = [self.root_peer, "bulk", *place]
        return found


def check_sums(case: Case, results: dict[str, Measured]) -> None:
    """WrongResultError unless all readers' values add up to the same."""
    sums = {reader: result.sum for reader, result in results.items() if result.sum is not None}
    ours = sums.get("mlaas4hep")
    for reader, value in sums.items():
        if ours is not None and not math.isclose(value, ours, rel_tol=SUM_TOLERANCE):
            raise WrongResultError(f"{case.name}: the values add up to {ours}, with {reader} to {value}")


def measure(case: Case, readers: Readers, rounds: int) -> Outcome | None:
    """All readers of a case, in turns."""
    path = readers.file_of(case)
    if path is None:
        return None
    outcome = Outcome(case.name, case.format)
    commands = readers.commands(case, path)
    for _ in range(rounds):
        for reader, command in list(commands.items()):
            line = run(command, pinned=True)
            if line is None:
                del commands[reader]
                continue
            outcome.one.setdefault(reader, Measured(reader)).add(line)
    if "mlaas4hep" not in outcome.one:
        return None
    check_sums(case, outcome.one)
    cores = str(len(os.sched_getaffinity(0)))
    # Wall time of all cores suffers more from what else runs, so that the fastest is found later.
    for _ in range(2 * rounds):
        for reader in ("mlaas4hep", "RDataFrame"):
            if reader not in commands:
                continue
            line = run([*commands[reader], "--threads", cores], pinned=False)
            if line is not None:
                outcome.all_cores.setdefault(reader, Measured(reader)).add(line)
    check_sums(case, {**outcome.all_cores, "one core": outcome.one["mlaas4hep"]})
    return outcome


def measure_memory(readers: Readers) -> list[tuple[str, str, dict]]:
    """What reading large files takes: the file, the limit, and the run."""
    found = []
    for name, case in (("2 GB", LARGE), ("one cluster", HUGE)):
        path = readers.file_of(case)
        if path is None:
            continue
        for threads in ("1", str(len(os.sched_getaffinity(0)))):
            for limit in MEMORY_LIMITS:
                command = [readers.bench / "read_bench", path, "Events", case.columns, "--threads", threads]
                line = run([*command, *(("--memory", limit) if limit else ())], False)
                if line:
                    found.append((f"{name}, {threads} thread(s)", limit or "none", line))
    return found


def measure_selections(readers: Readers) -> list[tuple[str, dict]]:
    """Reading 30 columns of the entries that a selection on one of them keeps."""
    path = readers.file_of(CASES[0])
    if path is None:
        return []
    command = [readers.bench / "read_bench", path, "Events", FLAT, "--repeat", "3", "--select"]
    found = [(name, run([*command, select], True)) for name, select in SELECTIONS]
    return [(name, line) for name, line in found if line]


def table(header: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [cell.ljust(widths[i]) if i == 0 else cell.rjust(widths[i]) for i, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def marked(value: float | None, is_good: bool) -> str:
    """The number with two decimals, and `!` where it misses its goal."""
    return "" if value is None else f"{value:.2f}" + ("" if is_good else "!")


def our_row(outcome: Outcome) -> list[str]:
    ours = outcome.one["mlaas4hep"]
    cells = [outcome.case, f"{ours.entries / ours.cpu_seconds / 1e6:.2f}", f"{ours.megabytes / ours.cpu_seconds:,.0f}"]
    cells += [f"{ours.cpu_seconds:.4f}", f"{ours.peak_rss_megabytes:.0f}"]
    limit = outcome.one.get("limit")
    is_lzma = outcome.case.endswith("lzma")
    times = ours.cpu_seconds / limit.cpu_seconds if limit else None
    is_judged = outcome.case.endswith(("zstd", "zlib"))
    cells.append(marked(times, times is None or not is_judged or times <= MOST_OF_LIMIT[outcome.format]))
    for reader, least in (
        ("uproot", LEAST_OF_UPROOT),
        ("RDataFrame", LEAST_OF_DATAFRAME),
        ("TTreeReader", 1),
        ("bulk", 1),
    ):
        peer = outcome.one.get(reader)
        times = peer.cpu_seconds / ours.cpu_seconds if peer else None
        wanted = 1 if is_lzma else least
        cells.append(marked(times, times is None or times >= wanted))
    every = outcome.all_cores.get("mlaas4hep")
    cells.append(marked(ours.seconds / every.seconds, True) if every else "")
    cells.append(f"{every.peak_rss_megabytes:.0f}" if every else "")
    return cells


def peer_row(outcome: Outcome) -> list[str]:
    cells = [outcome.case]
    for reader in ("limit", "uproot", "RDataFrame", "TTreeReader", "bulk"):
        peer = outcome.one.get(reader)
        cells.append(f"{peer.cpu_seconds:.4f}" if peer else "")
    for reader in ("uproot", "RDataFrame", "TTreeReader", "bulk"):
        peer = outcome.one.get(reader)
        cells.append(f"{peer.peak_rss_megabytes:.0f}" if peer else "")
    every = outcome.all_cores.get("RDataFrame")
    one = outcome.one.get("RDataFrame")
    cells.append(f"{one.seconds / every.seconds:.2f}" if every and one else "")
    return cells


def print_tables(outcomes: list[Outcome]) -> None:
    cores = len(os.sched_getaffinity(0))
    print("mlaas4hep on one core; `x` is how many times faster than a peer it is, by CPU time; `!` misses its goal\n")
    header = ["case", "M events/s", "MB/s", "CPU s", "RSS MB", "/limit", "x uproot", "x RDataFrame", "x TTreeReader"]
    print(table([*header, "x bulk", f"{cores} cores", "RSS MB"], [our_row(outcome) for outcome in outcomes]))
    print("\nCPU seconds and peak RSS (MB) of decompression alone and of the peers on one core\n")
    header = ["case", "limit", "uproot", "RDataFrame", "TTreeReader", "bulk"]
    memory = ["RSS uproot", "RDataFrame", "TTreeReader", "bulk", f"RDataFrame {cores} cores"]
    print(table([*header, *memory], [peer_row(outcome) for outcome in outcomes]))


def print_memory(lines: list[tuple[str, str, dict]]) -> None:
    print("\nMemory that reading all columns takes: a file of 2 GB, and 240 MB of values in one cluster\n")
    rows = []
    for name, limit, line in lines:
        grown = line["peak_rss_megabytes"] - line["start_rss_megabytes"]
        numbers = (line["entries"] / line["seconds"] / 1e6, line["budget_peak_megabytes"], grown)
        rows.append([name, limit, f"{numbers[0]:.2f}", f"{numbers[1]:.0f}", f"{numbers[2]:.0f}"])
    print(table(["file", "limit", "M events/s", "charged MB", "peak RSS - start, MB"], rows))


def print_selections(lines: list[tuple[str, dict]]) -> None:
    print("\nReading 30 columns of 1M entries where a selection on the first keeps\n")
    print(table(["kept", "CPU s"], [[name, f"{line['cpu_seconds']:.4f}"] for name, line in lines]))


def compare(build: Path, names: list[str] | None = None, rounds: int = 2) -> list[Outcome]:
    """Measures the cases `names`, or all."""
    readers = Readers(build.resolve())
    outcomes = []
    for case in CASES:
        if names and case.name not in names:
            continue
        say(f"bench: reading {case.name}, load {os.getloadavg()[0]:.1f}")
        outcome = measure(case, readers, rounds)
        if outcome:
            outcomes.append(outcome)
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--cases", help=f"with commas between; known are {', '.join(case.name for case in CASES)}")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write all measurements to this file")
    options = parser.parse_args()
    names = options.cases.split(",") if options.cases else None
    if unknown := set(names or []) - {case.name for case in CASES}:
        parser.error(f"unknown cases {sorted(unknown)}")
    try:
        outcomes = compare(options.build, names, options.rounds)
    except WrongResultError as error:
        say(f"bench: wrong result: {error}")
        return 1
    print_tables(outcomes)
    if names is None:
        readers = Readers(options.build.resolve())
        print_selections(measure_selections(readers))
        print_memory(measure_memory(readers))
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
