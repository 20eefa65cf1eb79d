#!/usr/bin/env python3
"""The peer of `mlaas train` with trees: XGBoost's Python package on the same events. Prints one line of JSON.

Takes the events as bench/train/trees_compare.py writes them (.npz: values, label, weight, part) and trains with the
same parameters, the same validation events for early stopping and the same weights as examples/tth/trees.yaml.

Usage: xgboost_peer.py EVENTS.npz SCORES.npy [--threads N]
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
import xgboost

PARAMETERS = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 4,
    "learning_rate": 0.1,
    "max_bin": 256,
    "eval_metric": "logloss",
    "base_score": 0.5,
    "seed": 1,
}
ROUNDS, PATIENCE = 200, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events")
    parser.add_argument("scores")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    events = np.load(options.events)
    weight = np.abs(events["weight"])
    weight /= weight[events["part"] == 0].mean()
    parts = []
    for number in (0, 1):
        mine = events["part"] == number
        arguments = {"label": events["label"][mine], "weight": weight[mine], "nthread": options.threads}
        reference = {"ref": parts[0]} if parts else {}
        parts.append(xgboost.QuantileDMatrix(events["values"][mine], max_bin=256, **arguments, **reference))
    start, cpu = time.monotonic(), time.process_time()
    booster = xgboost.train(
        PARAMETERS | {"nthread": options.threads},
        parts[0],
        ROUNDS,
        evals=[(parts[1], "validation")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
    )
    seconds = time.monotonic() - start
    best = (0, booster.best_iteration + 1)
    np.save(options.scores, booster.inplace_predict(events["values"], iteration_range=best))
    line = {"trainer": f"XGBoost {xgboost.__version__}", "rounds_kept": best[1], "seconds": round(seconds, 3)}
    print(json.dumps(line | {"cpu_seconds": round(time.process_time() - cpu, 3)}))


if __name__ == "__main__":
    main()
