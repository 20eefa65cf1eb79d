"""Compares files that ROOT made with what ROOT itself reads back from them.

python tests/conformance/made_run.py [--mlaas PATH] [--list STATUSES] [FOLDER]     FOLDER: made before, or made now
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from conformance.array_leaves import Leaf, difference
from conformance.column_run import CRASHED, MATCHED, UNSUPPORTED, WRONG, ColumnResult, FileResult
from conformance.exported_columns import ExportedTree, export, inspect
from conformance.made_files import TREES, make_files, plain_name, read_values
from conformance.run_columns import Summary, details, newest_build

# uproot scales a Float16_t with a range in single precision, ROOT in double; ours are uproot's bits.
SCALED = ("fLimited", "halfRange", "cHalfRange", "aHalf")
SCALED_TOLERANCE = 5e-7  # of the range's width
RANGE_WIDTH = 10000
# ROOT 6.40 reads counted branches whose offsets are left out wrongly where their elements are arrays or packed numbers.
# Every file is filled with the same values, so those of another file are taken.
MISREAD = {"offsets_left_out": "codec_none"}


def adapted(ours: Leaf, expected: Leaf, name: str) -> Leaf:
    """What is expected of this column where it may differ from what ROOT says."""
    values = expected.values
    if values is None:
        return expected
    if name.endswith("]") and values.size == ours.values.size:  # uproot joins the dimensions of split members
        values = values.reshape(ours.values.shape)
    is_scaled = name.split(".")[-1].split("/")[-1] in SCALED and values.shape == ours.values.shape
    if is_scaled and np.allclose(ours.values, values, rtol=0, atol=SCALED_TOLERANCE * RANGE_WIDTH):
        values = ours.values
    return Leaf(expected.path, expected.offsets, values, expected.is_string)


def compare_leaf(tree: ExportedTree, names: list[str], expected: Leaf) -> tuple[str, str]:
    """Compares the column that has the leaf's name once it is made plain."""
    if len(names) != 1:
        return UNSUPPORTED, f"{len(names)} columns of that name: {', '.join(names)}"
    name = names[0]
    for status, reasons in ((CRASHED, tree.crashed), (WRONG, tree.failed), (UNSUPPORTED, tree.refused)):
        if name in reasons:
            return status, reasons[name]
    if "unsupported" in tree.columns[name]:
        return UNSUPPORTED, tree.columns[name]["unsupported"]
    ours = tree.leaf(name)
    wrong = difference(ours, adapted(ours, expected, name))
    return (WRONG, f"{name}: {wrong}") if wrong else (MATCHED, "")


def compare_made(path: Path, mlaas: str) -> FileResult:
    """All leaves of the file's one table."""
    result = FileResult(str(path))
    listing, problem, crashed = inspect(mlaas, path)
    expected = read_values(path.with_name(MISREAD.get(path.stem, path.stem) + ".values"))
    with tempfile.TemporaryDirectory(prefix="made") as folder:
        tree, name = ExportedTree(Path(folder), {}), ""
        for table in listing["objects"][:1]:
            name = table["name"]
            tree = export(mlaas, path, name, table["columns"], Path(folder))
        ours = defaultdict(list)
        for column in tree.columns:
            ours[plain_name(column)].append(column)
        if path.stem in MISREAD:
            expected = {plain: leaf for plain, leaf in expected.items() if ours[plain_name(plain)]}
        for plain, leaf in expected.items():
            status, detail = compare_leaf(tree, ours[plain_name(plain)], leaf)
            if not listing["objects"]:
                status, detail = CRASHED if crashed else UNSUPPORTED, problem or "the table is not listed"
            result.columns.append(ColumnResult(name, plain, leaf.dtype_name(), status, detail))
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="files that were made before (default: makes them)")
    parser.add_argument("--mlaas", default=os.environ.get("MLAAS_BINARY"), help="the command to test (newest build)")
    parser.add_argument("--list", default="wrong,crashed", help="statuses of which every column is listed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="made") as temporary:
        folder = options.folder or Path(temporary)
        if not options.folder:
            make_files(folder, TREES)
        results = [compare_made(path, options.mlaas or newest_build()) for path in sorted(folder.glob("*.root"))]
    for line in details(results, tuple(options.list.split(","))):
        print(line)
    summary = Summary(results)
    print(summary.text())
    return 0 if summary.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main())
