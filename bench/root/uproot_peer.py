#!/usr/bin/env python3
"""Reads columns of a tree with uproot's `arrays` and prints one JSON line, as read_bench does.

Usage: uproot_peer.py [--repeat N] FILE TREE COLUMNS       COLUMNS: names with commas between, or *
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import awkward as ak
import numpy as np
import uproot


def read(path: str, tree: str, columns: list[str] | None) -> tuple[ak.Array, float, float]:
    """The columns, and the seconds and CPU seconds of opening the file and reading them."""
    wall, cpu = time.perf_counter(), time.process_time()
    with uproot.open(path) as file:
        arrays = file[tree].arrays(columns)
    return arrays, time.perf_counter() - wall, time.process_time() - cpu


def total(arrays: ak.Array) -> tuple[float, int]:
    """The sum of all values in float64, and their bytes with int64 offsets for jagged columns."""
    result, size = 0.0, 0
    for name in arrays.fields:
        column = arrays[name]
        if column.fields:
            members, bytes_of_members = total(column)
            result, size = result + members, size + bytes_of_members
            continue
        values = ak.to_numpy(ak.flatten(column, axis=None))
        result += float(values.astype(np.float64).sum())
        size += values.nbytes + (8 * (len(column) + 1) if column.ndim > 1 else 0)
    return result, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("file")
    parser.add_argument("tree")
    parser.add_argument("columns")
    options = parser.parse_args()
    columns = None if options.columns == "*" else options.columns.split(",")
    seconds = cpu = float("inf")
    for _ in range(options.repeat):
        arrays, wall_now, cpu_now = read(options.file, options.tree, columns)
        seconds, cpu = min(seconds, wall_now), min(cpu, cpu_now)
    value_sum, size = total(arrays)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    line = {
        "reader": f"uproot {uproot.__version__}",
        "file": options.file,
        "columns": len(arrays.fields),
        "entries": len(arrays),
        "seconds": seconds,
        "cpu_seconds": cpu,
        "events_per_second": len(arrays) / seconds,
        "megabytes": size / 1e6,
        "peak_rss_megabytes": peak,
        "sum": value_sum,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
