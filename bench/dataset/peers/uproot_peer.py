#!/usr/bin/env python3
"""Shuffled, standardised batches with uproot and numpy. Usage: uproot_peer.py EPOCHS FILE...

After a pass for mean and deviation, pieces of the files come in a random order and are shuffled in a buffer of 64 MiB,
as large as that of mlaas4hep.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np
import uproot
from batches import BATCH, FEATURES, run

PIECE = 50_000
BUFFER_ROWS = (64 << 20) // (4 * len(FEATURES))


class Sample:
    """The pieces of all files, with what standardises them."""

    def __init__(self, files: list[str]) -> None:
        self.trees = [uproot.open(file)["Events"] for file in files]
        self.pieces = [
            (tree, first, min(first + PIECE, tree.num_entries))
            for tree in self.trees
            for first in range(0, tree.num_entries, PIECE)
        ]
        count, total, squares = 0, np.zeros(len(FEATURES)), np.zeros(len(FEATURES))
        for piece in self.pieces:
            rows = self.read(piece).astype(np.float64)
            count += len(rows)
            total += rows.sum(axis=0)
            squares += (rows * rows).sum(axis=0)
        self.mean = (total / count).astype(np.float32)
        self.deviation = np.sqrt(squares / count - (total / count) ** 2).astype(np.float32)

    @staticmethod
    def read(piece: tuple) -> np.ndarray:
        tree, first, last = piece
        columns = tree.arrays(FEATURES, entry_start=first, entry_stop=last, library="np")
        return np.stack([columns[name] for name in FEATURES], axis=1)

    def epoch(self, number: int) -> Iterator[np.ndarray]:
        random = np.random.default_rng(number)
        held: list[np.ndarray] = []
        rows = 0
        for k, index in enumerate(random.permutation(len(self.pieces))):
            held.append((self.read(self.pieces[index]) - self.mean) / self.deviation)
            rows += len(held[-1])
            if rows < BUFFER_ROWS and k + 1 < len(self.pieces):
                continue
            buffer = np.concatenate(held)[random.permutation(rows)]
            held, rows = [], 0
            for first in range(0, len(buffer), BATCH):
                yield buffer[first : first + BATCH]


def main() -> int:
    started = time.perf_counter()
    sample = Sample(sys.argv[2:])
    run(f"uproot {uproot.__version__}", started, sample.epoch, int(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
