#!/usr/bin/env python3
"""Writes seeds with ROOT: uncompressed trees of objects and collections for fuzz_ttree_file, the same and a file of
folders for fuzz_container, and their streamer info for fuzz_streamer_info.

Usage: .venv-test/bin/python3 tests/fuzz/make_object_seeds.py [CORPUS]
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import ROOT

FILL = r"""
#include <TClonesArray.h>
#include <TFile.h>
#include <TLorentzVector.h>
#include <TNamed.h>
#include <TTree.h>
#include <map>
#include <string>
#include <vector>
void fillObjects(const char* path, int split) {
  TFile file(path, "RECREATE", "", 0);
  TTree tree("t", "a seed");
  std::vector<std::vector<float>> nested;
  std::vector<std::string> words;
  std::map<int, float> pairs;
  std::vector<TLorentzVector> vectors;
  std::string text;
  TLorentzVector one;
  TNamed named;
  auto* clones = new TClonesArray("TVector3");
  int n; Double32_t packed[4];
  tree.Branch("nested", &nested, 4000, split);
  tree.Branch("words", &words, 4000, split);
  tree.Branch("pairs", &pairs, 4000, split);
  tree.Branch("vectors", &vectors, 4000, split);
  tree.Branch("text", &text, 4000, split);
  tree.Branch("one", &one, 4000, split);
  tree.Branch("named", &named, 4000, split);
  tree.Branch("clones", &clones, 4000, split);
  tree.Branch("n", &n, "n/I");
  tree.Branch("packed", packed, "packed[n]/d[-10,10,12]");
  for (int i = 0; i < 12; ++i) {
    nested.assign(i % 3, std::vector<float>(i % 4, i + 0.5F));
    words.assign(i % 3, std::string(i, 'x'));
    pairs.clear();
    for (int j = 0; j < i % 3; ++j) pairs[j] = i;
    vectors.assign(i % 2, TLorentzVector(i, 2, 3, 4));
    text = std::to_string(i * i);
    one.SetPxPyPzE(i, 1, 2, 3);
    named.SetNameTitle(text.c_str(), "title");
    clones->Clear();
    for (int j = 0; j < i % 3; ++j) static_cast<TVector3*>(clones->ConstructedAt(j))->SetXYZ(i, j, 1);
    n = i % 4;
    for (int j = 0; j < n; ++j) packed[j] = i - 6 + 0.25 * j;
    tree.Fill();
    if (i == 7) tree.FlushBaskets();
  }
  tree.Write();
}
void fillFolders(const char* path, int compression) {
  TFile file(path, "RECREATE", "", compression);
  for (const char* name : {"a", "b"}) {
    file.mkdir(name)->mkdir("inside")->cd();
    TNamed("named", std::string(300, 'n').c_str()).Write();
    TNamed("named", "a second cycle").Write();
    file.cd();
  }
}
"""


def streamer_info(path: Path) -> bytes:
    """The object of an uncompressed file's streamer info (docs/formats/tfile.md)."""
    data = path.read_bytes()
    place, length = (int.from_bytes(data[at : at + 4], "big") for at in (37, 41))
    key_bytes = int.from_bytes(data[place + 14 : place + 16], "big")
    return data[place + key_bytes : place + length]


def main(arguments: list[str]) -> None:
    corpus = Path(arguments[0] if arguments else Path(__file__).parent / "corpus").resolve()
    folders = {name: corpus / name for name in ("fuzz_ttree_file", "fuzz_container", "fuzz_streamer_info")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    ROOT.gErrorIgnoreLevel = ROOT.kError
    with tempfile.TemporaryDirectory() as temporary:  # for the dictionaries' sources
        os.chdir(temporary)
        ROOT.gInterpreter.GenerateDictionary("map<int,float>;vector<TLorentzVector>", "map;vector;TLorentzVector.h")
        os.chdir(corpus)
    ROOT.gInterpreter.Declare(FILL)
    os.chdir(folders["fuzz_ttree_file"])  # a file records the path that it is written to
    for split in (0, 99):
        ROOT.fillObjects(f"objects_{split}.root", split)
    os.chdir(folders["fuzz_container"])
    for compression in (0, 101, 505):
        ROOT.fillFolders(f"folders_{compression}.root", compression)
    shutil.copy(folders["fuzz_ttree_file"] / "zlib.root", ".")
    for source in (folders["fuzz_ttree_file"] / "objects_0.root", folders["fuzz_container"] / "folders_0.root"):
        (folders["fuzz_streamer_info"] / f"{source.stem}.bin").write_bytes(streamer_info(source))


if __name__ == "__main__":
    main(sys.argv[1:])
