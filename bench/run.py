#!/usr/bin/env python3
"""Runs the benchmarks next to their peers and prints one table. Fails on a wrong result, never on time.

Usage: bench/run.py [--build build/release] [--only read,root,batch,train,trees,serve] [--json FILE]

Peers that are not installed are left out, and said so. Readers and trainers are pinned to one core.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / "bench"
SAMPLE = ROOT / "examples" / "tth" / "data"
SUM_TOLERANCE = 1e-9
LOSS_TOLERANCE = 0.005


@dataclass
class Row:
    """One line of the table; `ratio` is to the peer of the same case."""

    case: str
    who: str
    rate: float
    unit: str
    cpu_seconds: float | None = None
    peak_rss_mb: float | None = None
    ratio: float | None = None
    note: str = ""


class WrongResultError(Exception):
    """A benchmark's result differs from its peer's."""


def json_lines(command: list[str | Path], pinned: bool = True) -> list[dict]:
    """The JSON lines that a command prints; pinned to the first core that this process may use."""
    environment = dict(os.environ, OMP_NUM_THREADS="1") if pinned else None
    core = str(min(os.sched_getaffinity(0)))
    prefix = ["taskset", "-c", core] if pinned and shutil.which("taskset") else []
    done = subprocess.run(
        [*prefix, *map(str, command)], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def read_cases() -> Iterator[tuple[str, Path]]:
    """Name and file of each reading case."""
    for number, codec in enumerate(("zlib", "lz4", "zstd", "lzma"), start=1):
        yield f"read sample, {codec}", SAMPLE / f"tth_{number}.root"


def read_rows(build: Path) -> Iterator[Row]:
    """Reading all columns of the example's files, next to uproot."""
    has_peer = importlib.util.find_spec("uproot") is not None
    if not has_peer:
        say("bench: uproot is not installed (tools/setup.sh bench): reading is measured alone")
    for case, path in read_cases():
        arguments = ["--repeat", "9", path, "Events", "*"]
        (ours,) = json_lines([build / "bench" / "root" / "read_bench", *arguments])
        peer = None
        if has_peer:
            (peer,) = json_lines([sys.executable, BENCH / "root" / "uproot_peer.py", *arguments])
            if not math.isclose(ours["sum"], peer["sum"], rel_tol=SUM_TOLERANCE):
                raise WrongResultError(f"{case}: the values add up to {ours['sum']}, with uproot to {peer['sum']}")
        for line in filter(None, (ours, peer)):
            ratio = line["events_per_second"] / peer["events_per_second"] if peer else None
            yield Row(
                case,
                line["reader"],
                line["events_per_second"],
                "events/s",
                line["cpu_seconds"],
                line["peak_rss_megabytes"],
                ratio,
                f"{line['columns']} columns, {line['megabytes'] / line['seconds']:.0f} MB/s",
            )


def batch_rows(build: Path) -> Iterator[Row]:
    """Shuffled batches of the example's features, with the rows kept in memory and with every epoch read anew."""
    program = build / "bench" / "dataset" / "batch_bench"
    for case, memory in (("batches, rows kept", "1 GiB"), ("batches, read each epoch", "16 MiB")):
        (line,) = json_lines([program, "--memory", memory], pinned=False)
        note = f"{line['floats_per_row']} floats an event, {line['batches_per_s']:.0f} batches/s"
        peak = line["peak_rss_mib"] * 1.048576
        yield Row(case, "mlaas4hep", line["events_per_s"], "events/s", None, peak, None, note)


def train_rows(build: Path) -> Iterator[Row]:
    """Training two networks on one thread, next to PyTorch."""
    interpreter = shutil.which("python3", path="/usr/bin") or sys.executable
    has_peer = subprocess.run([interpreter, "-c", "import torch"], capture_output=True, check=False).returncode == 0
    if not has_peer:
        say("bench: PyTorch is not installed (tools/setup.sh bench): training is measured alone")
    cases = (("train 29-128-64-1, batch 1000", []), ("train deep sets, batch 1000", ["--deepsets", "--steps", "60"]))
    for case, arguments in cases:
        (ours,) = json_lines([build / "bench" / "train" / "train_bench", *arguments])
        peer = None
        if has_peer:
            (peer,) = json_lines([interpreter, BENCH / "train" / "pytorch_peer.py", *arguments])
        for who, line in (("mlaas4hep", ours), (peer and peer["trainer"], peer)):
            if line is None:
                continue
            ratio = line["events_per_second"] / peer["events_per_second"] if peer else None
            rate, cpu = line["events_per_second"], line.get("cpu_seconds")
            yield Row(case, who, rate, "events/s", cpu, line["peak_rss_megabytes"], ratio)


def tree_rows(build: Path) -> Iterator[Row]:
    """Boosting and scoring of trees on one thread, next to XGBoost's C library alone."""
    lines = [
        line
        for matrix in ("memory", "library")
        for line in json_lines([build / "bench" / "train" / "trees_bench", "--matrix", matrix])
    ]
    if not math.isclose(lines[0]["loss"], lines[1]["loss"], rel_tol=LOSS_TOLERANCE):
        raise WrongResultError(f"trees: the loss is {lines[0]['loss']}, with XGBoost alone {lines[1]['loss']}")
    for line in lines:
        ratio = line["events_per_second"] / lines[1]["events_per_second"]
        note = f"{line['columns']} columns, loaded in {line['load_seconds']:.2f} s"
        peak, cpu = line["peak_rss_megabytes"], line["boost_cpu_seconds"]
        yield Row(
            "boost trees of depth 4", line["trainer"], line["events_per_second"], "events/s", cpu, peak, ratio, note
        )
    for line in json_lines([build / "bench" / "train" / "tree_kernel_bench", "--sizes", "1", "32", "1000"]):
        case = f"score 200 trees, {line['rows']} rows"
        yield Row(case, "mlaas4hep", line["rows_per_second"], "rows/s", ratio=line["ratio"])
        yield Row(case, lines[1]["trainer"], line["xgboost_rows_per_second"], "rows/s", ratio=1.0)


def serve_rows(build: Path) -> Iterator[Row]:
    """Requests to the server, loaded by wrk on the same machine."""
    command = [sys.executable, BENCH / "serve" / "serve_bench.py", "--binary", build / "apps" / "mlaas" / "mlaas"]
    command += ["--grpc-load", build / "bench" / "serve" / "grpc_load"]
    for line in json_lines(command, pinned=False):
        if line["errors"]:
            raise WrongResultError(f"{line['case']}: {line['errors']} requests failed")
        note = f"p50 {line['p50_ms']} ms, p99 {line['p99_ms']} ms, {line['server_cpu_us_per_request']} us CPU a request"
        peak = line["server_peak_mib"] * 1.048576
        yield Row(f"serve {line['case']}", "mlaas4hep", line["requests_per_s"], "requests/s", None, peak, None, note)


def compare_readers(build: Path) -> tuple[str, list]:
    """The tables of bench/root/compare.py, and their numbers."""
    with tempfile.NamedTemporaryFile(suffix=".json") as kept:
        command = [sys.executable, BENCH / "root" / "compare.py", "--build", build, "--json", kept.name]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise WrongResultError("bench/root/compare.py failed")
        return done.stdout, json.loads(Path(kept.name).read_text(encoding="utf-8"))


STAGES = {"read": read_rows, "batch": batch_rows, "train": train_rows, "trees": tree_rows, "serve": serve_rows}
ALL_STAGES = ["read", "root", "batch", "train", "trees", "serve"]


def formatted(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def print_table(rows: list[Row]) -> None:
    cells = [["case", "who", "rate", "unit", "CPU s", "peak RSS MB", "x peer", ""]]
    for row in rows:
        numbers = [formatted(row.rate, 0), row.unit, formatted(row.cpu_seconds, 4), formatted(row.peak_rss_mb, 0)]
        cells.append([row.case, row.who, *numbers, formatted(row.ratio, 2), row.note])
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    for line in cells:
        aligned = [
            cell.rjust(width) if i in (2, 4, 5, 6) else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(aligned).rstrip())


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--only", default=",".join(ALL_STAGES), help="stages with commas between")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    chosen = options.only.split(",")
    if unknown := set(chosen) - set(ALL_STAGES):
        parser.error(f"unknown stages {sorted(unknown)}; there are {', '.join(ALL_STAGES)}")
    build = options.build.resolve()
    rows: list[Row] = []
    comparison, readers = "", []
    try:
        for stage in chosen:
            say(f"bench: {stage}")
            if stage == "root":
                comparison, readers = compare_readers(build)
            else:
                rows += STAGES[stage](build)
    except WrongResultError as error:
        say(f"bench: wrong result: {error}")
        return 1
    print(f"\n{processor()}, {len(os.sched_getaffinity(0))} cores, {platform.platform()}\n")
    if rows:
        print_table(rows)
    if comparison:
        print(f"\n{comparison}")
    if options.json:
        kept = {"rows": [asdict(row) for row in rows], "readers": readers}
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
