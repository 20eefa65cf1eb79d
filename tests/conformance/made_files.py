"""ROOT files that ROOT makes for the tests, with every type in every codec, split level and basket size, and their
values as ROOT itself reads them back.

Usage: made_files.py FOLDER      makes all files there (the tests do that in a temporary folder)
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conformance.array_leaves import Leaf, Level, finish, offsets_of

MACROS = Path(__file__).with_name("root_files")
NUM_ENTRIES = 120
CODECS = {"none": 0, "zlib": 101, "lzma": 207, "old": 301, "lz4": 404, "zstd": 505}


@dataclass(frozen=True)
class MadeTree:
    """How a file is written; NAME.values has its values as ROOT reads them."""

    name: str
    codec: str = "zstd"
    split: int = 99
    basket_bytes: int = 32000
    flush: int = 0
    offsets_left_out: bool = False

    def write_arguments(self) -> tuple:
        """What the macro's writeTree takes."""
        codec = CODECS[self.codec]
        left_out = self.offsets_left_out
        return (f"{self.name}.root", codec, self.split, self.basket_bytes, NUM_ENTRIES, self.flush, left_out)


TREES = [
    *(
        MadeTree(f"split{split}_baskets{basket_bytes}", split=split, basket_bytes=basket_bytes)
        for split in (0, 1, 99)
        for basket_bytes in (1000, 32000)
    ),
    *(MadeTree(f"codec_{codec}", codec=codec, split=1, basket_bytes=4000) for codec in CODECS),
    MadeTree("clusters", flush=25),
    MadeTree("offsets_left_out", offsets_left_out=True, basket_bytes=2000, flush=50),
]


def make_files(folder: Path, trees: list[MadeTree]) -> None:
    """Compiles the macro and writes the files, in one process of its own: ROOT may crash."""
    folder.mkdir(parents=True, exist_ok=True)
    for tree in trees:
        (folder / f"{tree.name}.values").mkdir(exist_ok=True)
    macro = str(MACROS / "made_trees.C")
    lines = [
        "import ROOT",
        "ROOT.gErrorIgnoreLevel = ROOT.kError",
        f"assert ROOT.gSystem.CompileMacro({macro!r}, 'kOs', 'made_trees', {str(folder)!r}) == 1",
        *(
            f"ROOT.writeTree(*{tree.write_arguments()!r}); ROOT.dumpTree('{tree.name}.root', '{tree.name}.values')"
            for tree in trees
        ),
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(
            f"ROOT could not make the files (exit {done.returncode}):\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )


def read_values(folder: Path) -> dict[str, Leaf]:
    """The leaves that ROOT read back, by name: "branch.member"."""
    leaves = {}
    for line in (folder / "index").read_text(encoding="utf-8").splitlines():
        name, dtype, is_string, file, levels = line.split("|")
        values = np.fromfile(folder / file, dtype=dtype)
        built = []
        for level in levels.split():
            kind, *rest = level.split(":")
            if kind == "r":
                built.append(Level(None, int(rest[0]), int(rest[1])))
            else:
                built.append(Level(offsets_of(np.fromfile(folder / rest[0], dtype=np.int64))))
        leaves[name] = finish(name.split("."), tuple(built), values, is_string == "1")
    return leaves


# Branches of base classes group their members, and uproot names them; a member is the same with and without them.
BASES = ("Base", "Second", "TObject")


def plain_name(name: str) -> str:
    """A column's name without groups of base classes, dimensions and repetitions of its parent's name."""
    name = re.sub(r"\bfirst\b", "0", re.sub(r"\bsecond\b", "1", name))  # a map's, split or not
    words = [word for word in re.split(r"[/.]", re.sub(r"\[.*?\]", "", name)) if word and word not in BASES]
    kept: list[str] = []
    for word in words:
        if word not in kept[-2:] or word.isdigit():
            kept.append(word)
    return ".".join(kept)


if __name__ == "__main__":
    make_files(Path(sys.argv[1]).resolve(), TREES)
