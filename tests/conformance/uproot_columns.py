"""The columns of a file as uproot reads them: one for each branch without sub-branches and each top-level field."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from conformance.array_leaves import Leaf, leaves_of
from conformance.object_leaves import leaves_of_objects

TREES = ("TTree", "TNtuple", "TNtupleD", "TChain")
NTUPLES = ("ROOT::RNTuple",)
COLUMN_LIMIT_S = 120


@dataclass
class PeerColumn:
    """A column of uproot's: `name` is its full path, `type_name` what uproot calls its type."""

    name: str
    type_name: str
    branch: Any
    is_ntuple: bool = False

    def leaves(self) -> list[Leaf]:
        """Reads all entries. Raises whatever uproot raises."""
        with time_limit(COLUMN_LIMIT_S):
            try:
                return leaves_of(self.branch.array())
            except (MemoryError, TimeoutError):
                raise
            except Exception:
                if self.is_ntuple:
                    raise
                return leaves_of_objects(self.branch.array(library="np"))


@contextmanager
def time_limit(seconds: int):
    def stop(*_):
        raise TimeoutError(f"no end within {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def branches_of(parent, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for branch in parent.branches:
        path = prefix + branch.name
        if branch.branches:
            yield from branches_of(branch, path + "/")
        else:
            yield path, branch


def columns_of(tree, is_ntuple: bool) -> Iterator[PeerColumn]:
    """The columns of a tree or ntuple, in the order of the file."""
    if is_ntuple:
        for name in tree.keys(recursive=False):
            field = tree[name]
            yield PeerColumn(name, field.typename, field, True)
        return
    for path, branch in branches_of(tree):
        try:
            type_name = branch.typename
        except Exception:
            type_name = "unknown"
        yield PeerColumn(path, type_name, branch)


def tables_of(file) -> Iterator[tuple[str, str]]:
    """Names without cycle of the trees and ntuples of a file, each with "ttree" or "rntuple"."""
    for name, class_name in sorted(file.iterclassnames(recursive=True, cycle=False)):
        if class_name in TREES:
            yield name, "ttree"
        elif class_name in NTUPLES:
            yield name, "rntuple"
