#!/usr/bin/env python3
"""Peak memory and time of trees whose matrix lies in memory, and in files (model.external_memory).

Writes events of 100 normal features with a fixed seed, trains on them each way with the same small dataset.memory, and
prints one line of JSON for each: peak resident memory of the trainer, seconds, AUC. The AUCs must agree, or it exits
with 1.

Usage: external_memory.py [--events 500000] [--rounds 20] [--memory '64 MiB'] [--binary build/release/apps/mlaas/mlaas]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import uproot

FEATURES = 100
CHUNK = 100_000


def write_events(path: Path, events: int) -> None:
    random = np.random.default_rng(1)
    with uproot.recreate(path) as file:
        columns = {f"x{i}": np.float32 for i in range(FEATURES)}
        file.mktree("Events", {"event": np.int64, "signal": np.int32, **columns})
        for first in range(0, events, CHUNK):
            rows = min(CHUNK, events - first)
            x = random.normal(size=(FEATURES, rows)).astype(np.float32)
            score = x[0] + x[1] * x[2] + 0.5 * x[3] ** 2 + random.normal(size=rows)
            data = {f"x{i}": x[i] for i in range(FEATURES)}
            data |= {"event": np.arange(first, first + rows), "signal": (score > 0.5).astype(np.int32)}
            file["Events"].extend(data)


def train(binary: str, folder: Path, mode: str, options: argparse.Namespace) -> dict[str, object]:
    workflow = {
        "name": mode,
        "dataset": {
            "tree": "Events",
            "samples": {"all": {"label": "signal", "files": str(folder / "events.root")}},
            "classes": ["background", "signal"],
            "identity": ["event"],
            "features": {"scalars": [f"x{i}" for i in range(FEATURES)]},
            "split": {"train": 0.8, "validation": 0.1, "test": 0.1},
            "memory": options.memory,
        },
        "model": {"kind": "trees", "rounds": options.rounds, "max_depth": 6, "external_memory": mode},
    }
    path = folder / f"{mode}.json"
    path.write_text(json.dumps(workflow))
    start = time.monotonic()
    arguments = [binary, "train", str(path), "--quiet", "--threads", "1", "--output", str(folder / mode)]
    child = subprocess.Popen(arguments)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"mlaas train ended with {status}")
    metrics = json.loads((folder / mode / "metrics.json").read_text())
    return {
        "external_memory": mode,
        "events": options.events,
        "memory": options.memory,
        "peak_mib": round(usage.ru_maxrss / 1024),
        "seconds": round(time.monotonic() - start, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "auc": metrics["parts"]["test"]["auc"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--memory", default="64 MiB")
    parser.add_argument("--binary", default="build/release/apps/mlaas/mlaas")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_events(folder / "events.root", options.events)
        found = [train(options.binary, folder, mode, options) for mode in ("never", "always")]
    for one in found:
        print(json.dumps(one))
    return 0 if abs(found[0]["auc"] - found[1]["auc"]) < 0.002 else 1


if __name__ == "__main__":
    sys.exit(main())
