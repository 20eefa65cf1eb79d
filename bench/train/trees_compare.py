#!/usr/bin/env python3
"""Trees next to XGBoost: how good they are, how fast they train, and how much memory they take.

1. `mlaas train examples/tth/trees.yaml` and XGBoost's Python package on the same events, which uproot and numpy read:
   AUC on the test part, with the error of the difference from bootstrap. Ours may not be worse by more than one.
2. trees_bench: our matrices in memory and in files, and XGBoost's C library alone on one array. The losses must agree.
Prints one line of JSON each; exits with 1 where a result is wrong.

Usage: trees_compare.py [--build build/release] [--peer .venv-bench/bin/python] [--rows N] [--columns N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from conformance.tth_events import read_events, weighted_auc  # noqa: E402

BOOTSTRAPS = 200
LOSS_TOLERANCE = 0.002


def run(command: list[str | Path]) -> str:
    """What a command prints, on one core."""
    prefix = ["taskset", "-c", str(min(os.sched_getaffinity(0)))] if shutil.which("taskset") else []
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    done = subprocess.run([*prefix, *map(str, command)], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


def compare_quality(options: argparse.Namespace) -> bool:
    """Whether ours is at least as good as the Python package, within one standard error."""
    events, files = read_events("trees.yaml")
    mlaas = options.build / "apps" / "mlaas" / "mlaas"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained = json.loads(
            run([mlaas, "train", "examples/tth/trees.yaml", "--output", folder / "model", "--json", "--quiet"])
        )
        run([mlaas, "predict", folder / "model", *files, "--out", folder / "ours.npy"])
        ours = np.load(folder / "ours.npy").reshape(-1)
        ours = ours[~np.isnan(ours)].astype(np.float64)
        values = events.flat()
        np.savez(folder / "events.npz", values=values, label=events.label, weight=events.weight, part=events.part)
        program = ROOT / "bench" / "train" / "xgboost_peer.py"
        peer = json.loads(run([options.peer, program, folder / "events.npz", folder / "their.npy"]))
        theirs = np.load(folder / "their.npy").astype(np.float64)
    test = np.flatnonzero(events.part == 2)
    random = np.random.default_rng(1)

    def aucs(rows: np.ndarray) -> tuple[float, float]:
        label, weight = events.label[rows], events.weight[rows]
        return weighted_auc(ours[rows], label, weight), weighted_auc(theirs[rows], label, weight)

    found = aucs(test)
    drawn = np.array([aucs(random.choice(test, len(test))) for _ in range(BOOTSTRAPS)])
    error = float(np.std(drawn[:, 0] - drawn[:, 1]))
    line = {"trainer": "mlaas4hep", "auc": round(found[0], 5), "rounds_kept": trained["best_round"]}
    rate = round(trained["train_events_per_second"])
    line |= {"error": round(float(np.std(drawn[:, 0])), 5), "events_per_second": rate}
    print(json.dumps(line))
    print(json.dumps(peer | {"auc": round(found[1], 5), "error": round(float(np.std(drawn[:, 1])), 5)}))
    print(json.dumps({"difference": round(found[0] - found[1], 5), "error": round(error, 5)}))
    return found[0] - found[1] > -max(error, 1e-4)


def compare_speed(options: argparse.Namespace) -> bool:
    """Whether all ways of loading come to the same loss; prints their times and peaks of memory."""
    program = options.build / "bench" / "train" / "trees_bench"
    sizes = ["--rows", options.rows, "--columns", options.columns, "--rounds", options.rounds]
    lines = {}
    for matrix in ("library", "memory", "files"):
        best = None
        for _ in range(options.repeat):
            line = json.loads(run([program, "--matrix", matrix, "--page-rows", "8192", *sizes]))
            if best is None or line["boost_seconds"] < best["boost_seconds"]:
                best = line
        lines[matrix] = best
        print(json.dumps(best))
    ratio = lines["memory"]["events_per_second"] / lines["library"]["events_per_second"]
    print(json.dumps({"boosting in memory, x the library alone": round(ratio, 3)}))
    losses = [line["loss"] for line in lines.values()]
    return max(losses) - min(losses) < LOSS_TOLERANCE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--peer", type=Path, default=ROOT / ".venv-bench" / "bin" / "python")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--columns", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    options.build = options.build.resolve()
    good = True
    if options.peer.exists():
        good = compare_quality(options)
    else:
        print(f"{options.peer} is not there (tools/setup.sh bench): the quality is not compared", file=sys.stderr)
    return 0 if compare_speed(options) and good else 1


if __name__ == "__main__":
    sys.exit(main())
