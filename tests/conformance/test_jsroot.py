"""JSROOT reads what our writers write: TTree and RNTuple, every type and codec."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
from conformance import written_table as table

READER = Path(__file__).parents[1] / "jsroot" / "read_table.mjs"
EXACT = 2**53  # JSROOT has integers beyond it as the nearest double, in most places


@pytest.fixture(scope="module")
def read():
    node = shutil.which("node")
    if not node or not (READER.parent / "node_modules" / "jsroot").is_dir():
        pytest.skip("JSROOT is not installed: tools/setup.sh test does that where npm is there")

    def run(path, name, columns):
        command = [node, READER, path, name, *columns]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


def as_jsroot_has_it(name, kind, rows):
    """A TTree's fixed arrays have one dimension."""
    if kind == "ttree" and name == "matrix":
        return [[value for row in matrix for value in row] for matrix in rows]
    if kind == "ttree" and name == "Mu_cells":
        return [[[value for row in cells for value in row] for cells in entry] for entry in rows]
    return rows


def check_all(content, kind, entries, skipped=()):
    assert content["complete"]
    for name, array in table.expected(entries).items():
        if name in skipped:
            continue
        found, wanted = content["rows"][name], as_jsroot_has_it(name, kind, ak.to_list(array))
        if name in ("i64", "u64"):
            exact = [abs(value) < EXACT for value in wanted]
            found = [value for value, good in zip(found, exact, strict=True) if good]
            wanted = [value for value, good in zip(wanted, exact, strict=True) if good]
        assert found == wanted, name
    for name, wanted in table.strings(entries).items():
        assert name in skipped or content["rows"][name] == wanted, name


@pytest.mark.parametrize("codec", ["zstd", "zlib", "lz4", "none"])
@pytest.mark.parametrize(("kind", "class_name"), [("ttree", "TTree"), ("rntuple", "ROOT::RNTuple")])
def test_jsroot_reads_every_column(write, read, kind, class_name, codec):
    entries = 2500
    names = [*table.expected(1), *table.strings(1)]
    content = read(write(entries, kind, codec), "tree", names)
    assert content["type"] == class_name
    # JSROOT 7.11.2 reads lists of lists wrongly from the second cluster of an RNTuple on, in ROOT's own files too.
    skipped = [*table.NESTED, "labels"] if kind == "rntuple" else []
    check_all(content, kind, entries, skipped)


def test_jsroot_reads_lists_of_lists_in_an_rntuple_of_one_cluster(write, read):
    content = read(write(1000, "rntuple"), "tree", [*table.expected(1), *table.strings(1)])
    check_all(content, "rntuple", 1000)


def test_jsroot_reads_counters(write, read):
    content = read(write(1000, "ttree"), "tree", list(table.COUNTERS))
    for name in table.COUNTERS:
        np.testing.assert_array_equal(content["rows"][name], table.counts(1000))
