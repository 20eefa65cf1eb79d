"""Compares every column of one ROOT file with uproot's, and gathers what came out over many files."""

from __future__ import annotations

import resource
import tempfile
import warnings
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import uproot
from conformance.array_leaves import Leaf, difference
from conformance.exported_columns import ExportedTree, export, inspect
from conformance.stated_exceptions import exception_for
from conformance.uproot_columns import PeerColumn, columns_of, tables_of

MATCHED, WRONG, UNSUPPORTED, CRASHED = "matched", "wrong", "unsupported", "crashed"
UNREAD = "unread"  # uproot cannot read it, and nothing else says what is right
EMPTY = "empty"  # of a type that nobody knows, and without a value in the whole file
COUNTED = (MATCHED, UNSUPPORTED, WRONG, CRASHED)
STATUSES = (EMPTY, *COUNTED)  # from good to bad
PEER_MEMORY_BYTES = 8 << 30


@dataclass
class ColumnResult:
    tree: str
    name: str
    type_name: str
    status: str
    detail: str = ""


@dataclass
class FileResult:
    """What came out for one file; `problem` says why nothing could be compared."""

    path: str
    columns: list[ColumnResult] = field(default_factory=list)
    problem: str = ""

    def counts(self) -> Counter:
        return Counter(column.status for column in self.columns)

    def num_read(self) -> int:
        """Columns that uproot reads."""
        return sum(column.status in COUNTED for column in self.columns)

    def is_perfect(self) -> bool:
        return self.counts()[MATCHED] == self.num_read()

    def as_dict(self) -> dict:
        return asdict(self)


def leaf_name(column: str, path: tuple[str, ...]) -> str:
    """`branch.member.inner`; a branch whose name ends with a dot gets no second one."""
    return column if not path else column + ("" if column.endswith(".") else ".") + ".".join(path)


def reason_of(tree: ExportedTree, column: str, name: str) -> str:
    """Why the tree has no column `name`."""
    for candidate in (name, column):
        if candidate in tree.columns and "unsupported" in tree.columns[candidate]:
            return tree.columns[candidate]["unsupported"]
    return f"there is no column '{name}'"


def compare_leaf(tree: ExportedTree, column: str, expected: Leaf) -> tuple[str, str]:
    """Compares one leaf. One without values says nothing of what lies below it: all our columns there must be empty."""
    name = leaf_name(column, expected.path)
    names = tree.names_below(name) if expected.values is None else [name]
    outcomes = [compare_name(tree, column, one, expected) for one in names or [name]]
    return max(outcomes, key=lambda outcome: STATUSES.index(outcome[0]))


def compare_name(tree: ExportedTree, column: str, name: str, expected: Leaf) -> tuple[str, str]:
    if name in tree.crashed:
        return CRASHED, tree.crashed[name]
    if name in tree.failed:
        return WRONG, tree.failed[name]
    if name in tree.refused:
        return UNSUPPORTED, tree.refused[name]
    if name not in tree.columns or "unsupported" in tree.columns[name]:
        return UNSUPPORTED, reason_of(tree, column, name)
    try:
        ours = tree.leaf(name)
    except (OSError, ValueError) as error:
        return WRONG, f"export left no readable file: {error}"
    wrong = difference(ours, expected)
    return (WRONG, f"{name}: {wrong}") if wrong else (MATCHED, "")


def compare_column(path: Path, tree_name: str, tree: ExportedTree, column: PeerColumn) -> ColumnResult | None:
    """None where the column has no values at all, such as an empty struct."""
    result = ColumnResult(tree_name, column.name, column.type_name, UNREAD)
    stated = exception_for(path.name, tree_name, column.name)
    try:
        leaves = stated.leaves(path, tree_name, column) if stated else column.leaves()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        result.detail = f"{type(error).__name__}: {str(error).splitlines()[0][:160] if str(error) else ''}"
        return result
    if not leaves:
        return None
    result.status = EMPTY
    for leaf in leaves:
        status, detail = compare_leaf(tree, column.name, leaf)
        if status == UNSUPPORTED and leaf.values is None:
            status = EMPTY
        if STATUSES.index(status) > STATUSES.index(result.status):
            result.status, result.detail = status, detail
    return result


def compare_tree(path: Path, mlaas: str, listing: dict, problem: tuple[str, bool], table, name: str, kind: str):
    ours = next((one for one in listing["objects"] if one["name"] == name), None)
    with tempfile.TemporaryDirectory(prefix="columns") as folder:
        if ours:
            tree = export(mlaas, path, name, ours["columns"], Path(folder))
        else:
            unreadable = {one["name"]: one["reason"] for one in listing["unreadable"]}
            tree = ExportedTree(Path(folder), {})
            missing = problem[0] or unreadable.get(name, "the tree is not listed")
        seen = set()
        for column in columns_of(table, kind == "rntuple"):
            if column.name in seen:
                continue
            seen.add(column.name)
            result = compare_column(path, name, tree, column)
            if result and not ours and result.status in COUNTED:
                result.status, result.detail = CRASHED if problem[1] else UNSUPPORTED, missing
            if result:
                yield result


def compare_file(path: Path, mlaas: str) -> FileResult:
    """Compares all columns of all trees and ntuples of a file. Meant for a process of its own: it limits memory."""
    warnings.simplefilter("ignore")
    limit = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (PEER_MEMORY_BYTES, limit[1]))
    result = FileResult(str(path))
    listing, problem, crashed = inspect(mlaas, path)
    try:
        with uproot.open(path) as file:
            for name, kind in tables_of(file):
                try:
                    table = file[name]
                except Exception as error:
                    result.problem = f"{name}: uproot: {type(error).__name__}: {str(error).splitlines()[0][:160]}"
                    continue
                result.columns += compare_tree(path, mlaas, listing, (problem, crashed), table, name, kind)
    except Exception as error:
        result.problem = f"uproot: {type(error).__name__}: {str(error).splitlines()[0][:160]}"
    if crashed and not result.columns:
        result.columns.append(ColumnResult("", "", "", CRASHED, problem))
    return result
