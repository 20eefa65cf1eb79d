#!/usr/bin/env python3
"""Writes the benchmark's larger file with ROOT: a tree `Events` of float columns, truncated as NanoAOD truncates.

Usage: make_files.py FILE [--entries N] [--columns N] [--codec zstd|zlib|lz4|lzma]

Seeded: the same values each time.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import ROOT

CODECS = {"zlib": 101, "lzma": 207, "lz4": 404, "zstd": 505}
CHUNK = 10_000
SEED = 20240229
MANTISSA_BITS = 10


def truncated(values: np.ndarray) -> np.ndarray:
    """Float32 values rounded to a mantissa of MANTISSA_BITS bits."""
    bits = values.astype(np.float32).view(np.uint32)
    drop = 23 - MANTISSA_BITS
    return ((bits + (1 << (drop - 1))) & ~np.uint32((1 << drop) - 1)).view(np.float32)


def write(path: str, entries: int, columns: int, codec: str) -> None:
    """Writes the file under a temporary name and renames it."""
    random = np.random.default_rng(SEED)
    partial = f"{path}.part"
    file = ROOT.TFile(partial, "RECREATE", "", CODECS[codec])
    tree = ROOT.TTree("Events", "flat floats")
    buffers = [np.zeros(1, np.float32) for _ in range(columns)]
    for index, buffer in enumerate(buffers):
        tree.Branch(f"x{index}", buffer, f"x{index}/F")
    for first in range(0, entries, CHUNK):
        rows = min(CHUNK, entries - first)
        values = truncated(random.gamma(2.0, 40.0, size=(rows, columns)))
        for row in values:
            for buffer, value in zip(buffers, row, strict=True):
                buffer[0] = value
            tree.Fill()
    tree.Write()
    file.Close()
    Path(partial).replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--entries", type=int, default=300_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--codec", choices=sorted(CODECS), default="zstd")
    options = parser.parse_args()
    write(options.file, options.entries, options.columns, options.codec)


if __name__ == "__main__":
    main()
