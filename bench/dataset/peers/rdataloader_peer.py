#!/usr/bin/env python3
"""Shuffled batches with ROOT's RDataLoader, not standardised. Usage: rdataloader_peer.py BATCHES EPOCHS FILE...

BATCHES is how many batches RDataLoader shuffles together (`batches_in_memory`, 10 by default).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np
import ROOT
from batches import BATCH, FEATURES, run


def main() -> int:
    batches = int(sys.argv[1])
    started = time.perf_counter()
    frame = ROOT.RDataFrame("Events", sys.argv[3:])
    loader = ROOT.Experimental.ML.RDataLoader(
        frame,
        batch_size=BATCH,
        batches_in_memory=batches,
        columns=[*FEATURES, "label"],
        target="label",
        shuffle=True,
        drop_remainder=False,
        set_seed=1,
    )

    def epoch(_: int) -> Iterator[np.ndarray]:
        for x, _ in loader.as_numpy():
            yield x

    run(f"RDataLoader, ROOT {ROOT.gROOT.GetVersion()}, {batches} batches", started, epoch, int(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
