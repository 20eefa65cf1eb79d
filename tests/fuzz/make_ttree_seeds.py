#!/usr/bin/env python3
"""Writes the seeds of fuzz_ttree_file with ROOT: one small tree in each codec.

tests/unit/table/column_types_test.cpp reads the same files and expects the values that are filled here.

Usage: .venv-test/bin/python3 tests/fuzz/make_ttree_seeds.py [FOLDER]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import ROOT

FILL = r"""
#include <TFile.h>
#include <TNamed.h>
#include <TTree.h>
#include <vector>
void fillSeed(const char* path, int compression, bool leaveOutOffsets) {
  TFile file(path, "RECREATE");
  file.SetCompressionSettings(compression);
  TTree tree("t", "a seed");
  if (leaveOutOffsets) {
    ROOT::TIOFeatures features;
    features.Set("kGenerateOffsetMap");
    tree.SetIOFeatures(features);
  }
  int n; float x[8]; double m[2][3]; struct { float a; int b; } pair; bool o; unsigned long long e; short s;
  unsigned char c; char str[8]; std::vector<float> v; std::vector<short> w;
  tree.Branch("n", &n, "n/I");
  tree.Branch("x", x, "x[n]/F");
  tree.Branch("m", m, "m[2][3]/D");
  tree.Branch("p", &pair, "a/F:b/I");
  tree.Branch("o", &o, "o/O");
  tree.Branch("e", &e, "e/l");
  tree.Branch("s", &s, "s/S");
  tree.Branch("c", &c, "c/b");
  tree.Branch("str", str, "str/C");
  tree.Branch("v", &v);
  tree.Branch("w", &w);
  for (int i = 0; i < 60; ++i) {
    n = i % 5;
    for (int j = 0; j < n; ++j) x[j] = i + 0.5F * j;
    for (int j = 0; j < 6; ++j) m[j / 3][j % 3] = i + 10 * j;
    pair = {float(i), -i};
    o = i % 2;
    e = (1ull << 60) + i;
    s = -i;
    c = 200 + i % 50;
    snprintf(str, sizeof(str), "%d", i * i);
    v.assign(i % 3, i + 0.25F);
    w.assign(i % 4, i);
    tree.Fill();
    // A basket in the file, and one in the tree's record.
    if (i == 25) tree.FlushBaskets();
  }
  file.mkdir("folder")->cd();
  TNamed("named", "not a tree").Write();
  file.cd();
  tree.Write();
}
"""

SEEDS = {"zlib": 101, "lzma": 201, "lz4": 404, "zstd": 505, "offsets_left_out": 505}


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0] if arguments else Path(__file__).parent / "corpus" / "fuzz_ttree_file")
    folder.mkdir(parents=True, exist_ok=True)
    ROOT.gInterpreter.Declare(FILL)
    os.chdir(folder)  # a file records the path that it is written to
    for name, compression in SEEDS.items():
        ROOT.fillSeed(f"{name}.root", compression, name == "offsets_left_out")


if __name__ == "__main__":
    main(sys.argv[1:])
