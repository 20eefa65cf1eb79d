"""Columns where uproot 5.7.7 is wrong or raises, and what ROOT says there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import awkward as ak
import numpy as np
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


def fixed_arrays(path: Path, tree: str, column) -> list[Leaf]:
    """Members that are fixed arrays of objects, without the level of one element that uproot puts around them."""
    array = column.branch.array()
    assert ak.all(ak.num(array) == 1)
    return leaves_of(array[:, 0])


def drawn(*types: str) -> Callable[..., list[Leaf]]:
    """Members of an object, as TTree::Draw gives them; `types` are "member:dtype"."""

    def read(path: Path, tree: str, column) -> list[Leaf]:
        import ROOT

        with ROOT.TFile(str(path)) as file:
            root_tree = file.Get(tree)
            # Draw knows a branch by its own name below its top-level parent.
            words = column.name.split("/")
            name = words[0] + "." + words[-1] if len(words) > 1 else words[0]
            leaves = []
            for member, dtype in (text.split(":") for text in types):
                count = root_tree.Draw(f"{name}.{member}", "", "goff", 1 << 40)
                assert count == column.branch.num_entries, f"ROOT reads {count} values of {name}.{member}"
                values = np.frombuffer(root_tree.GetV1(), np.float64, count)
                leaves.append(Leaf(tuple(member.split(".")), [], values.astype(dtype)))
        return leaves

    return read


def times_behind_headers(path: Path, tree: str, column) -> list[Leaf]:
    """Two numbers behind a header of six bytes, byte count and version. (ROOT 6.40 crashes there.)"""
    stored = uproot.AsDtype([("header", ">u2", 3), ("UTC_seconds", ">u4"), ("UTC_16nanosecondcycles", ">u4")])
    array = column.branch.array(interpretation=stored)
    return leaves_of(array[["UTC_seconds", "UTC_16nanosecondcycles"]])


VECTOR_OF_FLOATS = drawn("fCoordinates.fX:float32", "fCoordinates.fY:float32", "fCoordinates.fZ:float32")

EXCEPTIONS = [
    *(
        StatedException(
            "uproot-issue-880.root",
            "Z",
            column,
            "a fixed array of objects, to which uproot gives a level of one element",
            fixed_arrays,
        )
        for column in (
            "Event/pg[[]6]",
            "Event/Cluster[[]6]",
            "Event/Vertex/Vertex.pRec[[]2]",
            "Event/Vertex/Vertex.pRecPre[[]2]",
        )
    ),
    *(
        StatedException(
            "uproot-issue-513.root",
            "TrkAna*/trkana",
            pattern,
            "uproot takes six bytes of header for the first and a half value",
            VECTOR_OF_FLOATS,
        )
        for pattern in ("demc/_opos", "demc???/_mom", "demc???/_pos")
    ),
    StatedException(
        "uproot-issue433-splitlevel2.root",
        "KM3NET_TIMESLICE_L0",
        "*/timeslice_start",
        "uproot takes the header of the object for its first member",
        times_behind_headers,
    ),
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
