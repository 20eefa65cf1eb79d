#!/usr/bin/env python3
"""Shuffled, standardised batches with weaver-core's data loader. Usage: weaver_peer.py EPOCHS FILE...

As weaver trains: its SimpleIterDataset behind torch's DataLoader with one worker, and standardisation by the median and
the quantiles of a tenth of the events (`preprocess: auto`). All events are fetched at once, which is the setting that
shuffles best and loads fastest.
"""

from __future__ import annotations

import importlib.metadata
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml
from batches import BATCH, FEATURES, run
from torch.utils.data import DataLoader
from weaver.utils.dataset import SimpleIterDataset

CONFIGURATION = {
    "treename": "Events",
    "new_variables": {"is_signal": "label == 1", "is_background": "label == 0"},
    "preprocess": {"method": "auto"},
    "inputs": {"features": {"length": None, "vars": [[name, "auto"] for name in FEATURES]}},
    "labels": {"type": "simple", "value": ["is_signal", "is_background"]},
}


def main() -> int:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "data.yaml"
        configuration.write_text(yaml.safe_dump(CONFIGURATION), encoding="utf-8")
        samples = {Path(file).stem: [file] for file in sys.argv[2:]}
        dataset = SimpleIterDataset(samples, str(configuration), for_training=True, fetch_step=1, name="train")
        loader = DataLoader(dataset, batch_size=BATCH, num_workers=1)

        def epoch(_: int) -> Iterator[np.ndarray]:
            for inputs, _, _ in loader:
                yield inputs["features"]

        version = importlib.metadata.version("weaver-core")
        run(f"weaver-core {version}", started, epoch, int(sys.argv[1]), with_worker=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
