"""What the peers share: counting batches, and the line that they print."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterable

import numpy as np

BATCH = 1000
FEATURES = [f"x{i}" for i in range(30)]


def peak_rss(with_worker: bool) -> int:
    """KiB of this process, and if wanted of the largest child that has ended."""
    processes = [resource.RUSAGE_SELF, *([resource.RUSAGE_CHILDREN] if with_worker else [])]
    return sum(resource.getrusage(process).ru_maxrss for process in processes)


def run(
    who: str, started: float, epoch: Callable[[int], Iterable[np.ndarray]], epochs: int, with_worker: bool = False
) -> None:
    """Reads `epochs` epochs of batches (matrices of float32) and prints the times as one line of JSON."""
    start_rss = peak_rss(with_worker)
    first = 0.0
    fastest = float("inf")
    rows = 0
    for number in range(epochs):
        begin = time.perf_counter()
        rows = sum(len(batch) for batch in epoch(number))
        end = time.perf_counter()
        if number == 0:
            first = end - started
        else:
            fastest = min(fastest, end - begin)
    line = {
        "who": who,
        "rows": rows,
        "first_epoch_s": first,
        "events_per_s": rows / fastest,
        "start_rss_mib": start_rss / 1024,
        "peak_rss_mib": peak_rss(with_worker) / 1024,
    }
    print(json.dumps(line), flush=True)
