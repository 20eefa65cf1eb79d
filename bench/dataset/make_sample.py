#!/usr/bin/env python3
"""Writes signal.root and background.root with ROOT: 500,000 events each of 30 float32, a label and an event number.

Usage: make_sample.py FOLDER
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

EVENTS = 500_000
FEATURES = [f"x{i}" for i in range(30)]
# Values as NanoAOD truncates them, to 10 bits of mantissa; seeded.
SOURCE = """
#include <cstdint>
#include <cstring>
#include <random>
namespace make_{name} {{
std::mt19937_64 random({seed});
std::gamma_distribution<float> gamma(2.f, 40.f);
float next() {{
  float value = gamma(random) + {shift}f;
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  bits = (bits + (1u << 12)) & ~((1u << 13) - 1);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}}
}}
"""


def write(name: str, label: int) -> None:
    import ROOT

    ROOT.gInterpreter.Declare(SOURCE.format(name=name, seed=label + 1, shift=5.0 * label))
    frame = ROOT.RDataFrame(EVENTS).Define("event", f"static_cast<ULong64_t>(rdfentry_ + {label * EVENTS}ULL)")
    frame = frame.Define("label", f"{label}.f")
    for feature in FEATURES:
        frame = frame.Define(feature, f"make_{name}::next()")
    options = ROOT.RDF.RSnapshotOptions()
    options.fCompressionAlgorithm = ROOT.RCompressionSetting.EAlgorithm.kZSTD
    options.fCompressionLevel = 5
    frame.Snapshot("Events", f"{name}.root.part", ["event", "label", *FEATURES], options)
    Path(f"{name}.root.part").replace(f"{name}.root")


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    for label, name in enumerate(("background", "signal")):
        if not Path(f"{name}.root").exists():
            write(name, label)
    return 0


if __name__ == "__main__":
    sys.exit(main())
