#!/usr/bin/env python3
"""Prints what `make demo` found: speed, quality and agreement, one column a model.

Usage: demo_summary.py FOLDER MODEL...
  FOLDER   has MODEL.json (the summary of `mlaas train`) and answers.json (what demo_client.py printed)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def row(name: str, values: list[str]) -> str:
    return f"  {name:<34}" + "".join(f"{value:>22}" for value in values)


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder, models = Path(arguments[0]), arguments[1:]
    trained = [json.loads((folder / f"{model}.json").read_text(encoding="utf-8")) for model in models]
    lines = (folder / "answers.json").read_text(encoding="utf-8").splitlines()
    by_model = {answer["model"]: answer for answer in map(json.loads, lines)}
    asked = [by_model[model] for model in models]

    print()
    print(row("", models))
    print(row("read [events/s]", [f"{t['read_events_per_second']:,.0f}" for t in trained]))
    print(row("trained [events/s]", [f"{t['train_events_per_second']:,.0f}" for t in trained]))
    print(row("AUC (test part, weighted)", [f"{t['auc']:.4f} +- {t['auc_error']:.4f}" for t in trained]))
    print(row("events scored over HTTP", [f"{a['events']:,}" for a in asked]))
    print(row("largest difference to predict", [f"{a['largest_difference']:.1e}" for a in asked]))
    print(row("all in one request [ms]", [f"{a['batch_ms']:.1f}" for a in asked]))
    print(row("one event a request, p50 [ms]", [f"{a['p50_ms']:.2f}" for a in asked]))
    print(row("one event a request, p99 [ms]", [f"{a['p99_ms']:.2f}" for a in asked]))
    print()
    for training in trained:
        print(f"  report: {training['report']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
