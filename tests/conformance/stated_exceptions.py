"""Columns where uproot 5.7.7 is wrong or raises, and what ROOT says there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import uproot
from conformance.array_leaves import Leaf, leaves_of


@dataclass(frozen=True)
class StatedException:
    """Patterns of file, tree and column; `read` gives the right leaves."""

    file: str
    tree: str
    column: str
    reason: str
    read: Callable[..., list[Leaf]]

    def leaves(self, path: Path, tree: str, column) -> list[Leaf]:
        return self.read(path, tree, column)


def referenced_bits(path: Path, tree: str, column) -> list[Leaf]:
    """fBits of objects that are all referenced: six bytes each, the last two being the number of a TProcessID."""
    stored = uproot.AsJagged(uproot.AsDtype([("bits", ">u4"), ("process", ">u2")]))
    return leaves_of(column.branch.array(interpretation=stored)["bits"])


EXCEPTIONS = [
    *(
        StatedException(
            "uproot-issue513.root",
            "Delphes",
            f"{name}/{name}.fBits",
            "uproot takes the six bytes of a referenced object for one and a half numbers",
            referenced_bits,
        )
        for name in ("Track", "EFlowTrack", "EFlowPhoton", "EFlowNeutralHadron")
    ),
]


def exception_for(file: str, tree: str, column: str) -> StatedException | None:
    """The first stated exception that fits; None for the rest, which is nearly everything."""
    for one in EXCEPTIONS:
        if fnmatchcase(file, one.file) and fnmatchcase(tree, one.tree) and fnmatchcase(column, one.column):
            return one
    return None
