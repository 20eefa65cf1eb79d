"""Columns where uproot 5.7.7 is wrong or raises, and what ROOT says there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from conformance.array_leaves import Leaf


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


EXCEPTIONS: list[StatedException] = []


def exception_for(file: str, tree: str, column: str) -> StatedException | None:
    """The first stated exception that fits; None for the rest, which is nearly everything."""
    for one in EXCEPTIONS:
        if fnmatchcase(file, one.file) and fnmatchcase(tree, one.tree) and fnmatchcase(column, one.column):
            return one
    return None
