#!/usr/bin/env python3
"""Generates the ttH(bb) example sample: signal, ttbar and multijet events as ROOT files.

    python examples/tth/generate.py --processes 2

writes the files that lie in `data/`. The content depends on `--seed`, `--events` and
`--full-precision` only. For a larger sample give larger numbers:

    python examples/tth/generate.py --events tth=100000 ttbar=100000 multijet=20000 \
        --processes 16 --out /somewhere/tth

See README.md for the versions to install and for what the columns mean.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path

import numpy as np
from ntuple import Columns, write_rntuple, write_tree
from processes import PROCESSES
from production import Batch, Job, join, plan, produce

DEFAULT_EVENTS = {"tth": 6250, "ttbar": 6250, "multijet": 2500}
DEFAULT_OUT = Path(__file__).resolve().parent / "data"
# The order in which jobs start: those that take longest first.
SLOWEST_FIRST = ("multijet", "ttbar", "tth")

# Codec, share of the class's events and whether the last baskets stay embedded, file by file.
FILES = (("zlib", 0.14, True), ("lz4", 0.10, False), ("zstd", 0.41, True), ("lzma", 0.35, False))
RNTUPLE_OF = ("tth", 1)
EVENTS_PER_BLOCK = 250
# The event numbers of a class's last file start above this, where float64 has gaps.
LARGE_EVENT_NUMBER = 2**53

PACKAGES = ("pythia8mc", "fastjet", "root", "numpy", "awkward", "vector")


def parse_events(texts: list[str]) -> dict[str, int]:
    """Read `N` for all classes or `class=N` for one."""
    events = dict(DEFAULT_EVENTS)
    for text in texts:
        name, separator, number = text.rpartition("=")
        if not number.isdecimal() or int(number) < 1:
            raise ValueError(f"'{text}': expected N or CLASS=N with N a positive number")
        if separator and name not in PROCESSES:
            raise ValueError(f"'{text}': unknown class; there are {', '.join(PROCESSES)}")
        events.update({name: int(number)} if separator else dict.fromkeys(PROCESSES, int(number)))
    too_few = [name for name, number in events.items() if number < 100]
    if too_few:
        raise ValueError(f"fewer than 100 events of {', '.join(too_few)}: no file may stay empty")
    return events


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--events",
        nargs="+",
        default=[],
        metavar="[CLASS=]N",
        help=f"selected events of each class (default {DEFAULT_EVENTS})",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of everything (default 1)")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder to write to")
    parser.add_argument("--processes", type=int, default=1, help="jobs that run at a time")
    parser.add_argument(
        "--full-precision",
        action="store_true",
        help="keep all 23 bits of the mantissa instead of 10",
    )
    options = parser.parse_args(arguments)
    try:
        options.events = parse_events(options.events)
    except ValueError as error:
        parser.error(str(error))
    if options.seed < 0 or options.processes < 1:
        parser.error("--seed must not be negative and --processes must be at least 1")
    return options


def produce_all(jobs: list[Job], processes: int) -> dict[str, Batch]:
    """Run the jobs and join their results by class, in the order of their events."""
    context = multiprocessing.get_context("spawn")
    results: dict[Job, Batch] = {}
    start = time.monotonic()
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        running = {pool.submit(produce, job): job for job in jobs}
        for future in as_completed(running):
            job = running[future]
            results[job] = future.result()
            seconds = time.monotonic() - start
            print(f"{seconds:6.0f} s  {len(results)}/{len(jobs)} jobs  {job.process}", file=sys.stderr)
    return {name: join([results[job] for job in jobs if job.process == name]) for name in PROCESSES}


def identity(first: int, count: int, file_number: int) -> dict[str, np.ndarray]:
    """Number the events of a file; the classes use the same numbers, a class uses none twice."""
    index = np.arange(first, first + count, dtype=np.uint64)
    is_last_file = file_number == len(FILES)
    start = np.uint64(LARGE_EVENT_NUMBER + 1 if is_last_file else 1)
    return {
        "run": np.full(count, file_number, dtype=np.uint32),
        "luminosityBlock": (1 + index // EVENTS_PER_BLOCK).astype(np.uint32),
        "event": index + start,
    }


def write_class(name: str, batch: Batch, out: Path) -> list[dict[str, object]]:
    """Write the files of one class and return what the summary says about them."""
    everything = Columns(batch.scalars, batch.jagged)
    shares = np.cumsum([share for _, share, _ in FILES])
    ends = np.rint(shares * len(everything)).astype(int)
    written = []
    first = 0
    for number, (codec, _, embed) in enumerate(FILES, start=1):
        last = int(ends[number - 1])
        part = everything.part(first, last)
        part.scalars = {**identity(first, last - first, number), **part.scalars}
        path = out / f"{name}_{number}.root"
        write_tree(path, part, codec, embed_last_baskets=embed)
        written.append({"file": path.name, "codec": codec, "events": last - first})
        if (name, number) == RNTUPLE_OF:
            copy = out / f"rntuple_{path.name}"
            write_rntuple(copy, part, "zstd")
            written.append({"file": copy.name, "codec": "zstd", "events": last - first})
        first = last
    return written


def summary(options: argparse.Namespace, batches: dict[str, Batch]) -> dict[str, object]:
    """Return the numbers that are needed to normalise the sample, and its origin."""
    classes = {
        name: {
            "cross_section_pb": round(batch.cross_section_pb, 6),
            "generated": batch.generated,
            "sum_weights_generated": round(batch.sum_weights, 3),
            "selected": len(batch.scalars["nJet"]),
            "sum_weights_selected": round(float(batch.scalars["weight"].sum(dtype=np.float64)), 3),
            "settings": list(PROCESSES[name].settings),
        }
        for name, batch in batches.items()
    }
    return {
        "seed": options.seed,
        "mantissa_bits": 23 if options.full_precision else 10,
        "versions": {package: version(package) for package in PACKAGES},
        "classes": classes,
    }


def main(arguments: list[str]) -> int:
    """Generate the sample."""
    options = parse_arguments(arguments)
    jobs = [
        job for name in SLOWEST_FIRST for job in plan(name, options.events[name], options.seed, options.full_precision)
    ]
    batches = produce_all(jobs, options.processes)

    options.out.mkdir(parents=True, exist_ok=True)
    record = summary(options, batches)
    record["files"] = [entry for name, batch in batches.items() for entry in write_class(name, batch, options.out)]
    (options.out / "sample.json").write_text(json.dumps(record, indent=2) + "\n")
    total = sum(path.stat().st_size for path in options.out.glob("*.root"))
    print(f"{options.out}: {total} bytes", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
