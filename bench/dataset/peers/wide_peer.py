#!/usr/bin/env python3
"""Chunks of padded columns scaled to [0, 1], with uproot, awkward and numpy: whole columns, never event by event.

Usage: wide_peer.py LENGTHS CHUNK EPOCHS FILE... LENGTHS is JSON: column to its length after padding, 0 for a flat one.

As MLaaS4HEP does, a chunk has the events of all files in their proportion; here they are shuffled. A pass over all
files finds the ranges.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

import awkward as ak
import numpy as np
import uproot
from batches import run


class Chunks:
    """The trees, with the range of every column."""

    def __init__(self, lengths: dict[str, int], size: int, files: list[str]) -> None:
        self.lengths = lengths
        self.trees = [uproot.open(file)["Events"] for file in files]
        self.entries = sum(tree.num_entries for tree in self.trees)
        self.numbers = -(-self.entries // size)
        self.low: dict[str, float] = {}
        self.high: dict[str, float] = {}
        for number in range(self.numbers):
            for part in self.parts(number):
                for name, values in part.items():
                    values = ak.to_numpy(ak.flatten(values, axis=None))
                    self.low[name] = min(self.low.get(name, np.inf), values.min())
                    self.high[name] = max(self.high.get(name, -np.inf), values.max())

    def parts(self, number: int) -> Iterator[dict[str, ak.Array]]:
        for tree in self.trees:
            first, last = (tree.num_entries * k // self.numbers for k in (number, number + 1))
            columns = tree.arrays(list(self.lengths), entry_start=first, entry_stop=last, library="ak")
            yield {name: columns[name] for name in self.lengths}

    def fill(self, part: dict[str, ak.Array], out: np.ndarray) -> None:
        """Columns of one file into the rows of a chunk."""
        place = 0
        for name, length in self.lengths.items():
            scale = np.float32(1 / (self.high[name] - self.low[name]))
            scaled = (ak.values_astype(part[name], np.float32) - np.float32(self.low[name])) * scale
            if length == 0:
                out[:, place] = ak.to_numpy(scaled)
                place += 1
                continue
            padded = ak.fill_none(ak.pad_none(scaled, length, clip=True), np.float32(0))
            out[:, place : place + length] = ak.to_numpy(padded)
            place += length

    def epoch(self, epoch: int) -> Iterator[np.ndarray]:
        random = np.random.default_rng(epoch)
        width = sum(max(1, length) for length in self.lengths.values())
        for number in random.permutation(self.numbers):
            parts = list(self.parts(number))
            rows = [len(next(iter(part.values()))) for part in parts]
            chunk = np.empty((sum(rows), width), dtype=np.float32)
            for part, last, count in zip(parts, np.cumsum(rows), rows, strict=True):
                self.fill(part, chunk[last - count : last])
            yield chunk[random.permutation(len(chunk))]


def main() -> int:
    started = time.perf_counter()
    chunks = Chunks(json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[4:])
    run(f"uproot {uproot.__version__} and awkward", started, chunks.epoch, int(sys.argv[3]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
