"""Exported columns are uproot's, bit for bit: flat and counted numeric branches of real files."""

from __future__ import annotations

import json
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

SAMPLES = sorted((Path(__file__).parents[2] / "examples" / "tth" / "data").glob("[!r]*.root"))  # not rntuple_*
HZZ = [f"uproot-HZZ{variant}.root" for variant in ("", "-lz4", "-lzma", "-uncompressed", "-zlib", "-zstd")]
NANOAOD = "nanoAOD_2015_CMS_Open_Data_ttbar.root"


@pytest.fixture(params=[*SAMPLES, *HZZ, NANOAOD], ids=lambda file: Path(file).stem)
def root_file(request, testdata):
    return request.param if isinstance(request.param, Path) else testdata(request.param)


def bits(values):
    """The values' bytes in little-endian order, as unsigned integers; NaNs keep their payload."""
    values = np.ascontiguousarray(values)
    order = ">" if values.dtype.byteorder == ">" else "<"
    return values.view(f"{order}u{values.dtype.itemsize}").astype(f"<u{values.dtype.itemsize}")


def is_numeric(interpretation):
    """Whether uproot reads the branch as numbers, flat or one level of jagged."""
    if isinstance(interpretation, uproot.AsJagged):
        interpretation = interpretation.content
        if interpretation is None:
            return False
    return isinstance(interpretation, uproot.AsDtype) and interpretation.from_dtype.fields is None


def compare(branch, folder, column):
    """Compares one exported column with what uproot reads; returns the number of values."""
    name = column["name"].replace("/", ".")
    ours = np.load(folder / f"{name}.npy")
    theirs = branch.array()
    if theirs.ndim > 1 and column["type"].startswith("var"):
        offsets = np.load(folder / f"{name}.offsets.npy")
        assert offsets.dtype == np.int64
        expected = np.concatenate([[0], np.cumsum(ak.to_numpy(ak.num(theirs)), dtype=np.int64)])
        np.testing.assert_array_equal(offsets, expected)
        theirs = ak.flatten(theirs)
    theirs = ak.to_numpy(theirs)
    assert ours.dtype.newbyteorder("=") == theirs.dtype.newbyteorder("=")
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(bits(ours), bits(theirs))
    return ours.size


def test_columns_equal_uproots_bit_for_bit(mlaas, root_file, tmp_path):
    content = json.loads(mlaas("inspect", "--json", root_file).stdout)
    trees = [tree for tree in content["objects"] if tree["kind"] == "ttree"]
    assert trees
    num_columns = num_values = 0
    with uproot.open(root_file) as file:
        for tree in trees:
            folder = tmp_path / tree["name"].replace("/", "_")
            exported = mlaas("export", root_file, "--tree", tree["name"], "--out", folder)
            theirs = file[tree["name"]]
            assert tree["entries"] == theirs.num_entries
            columns = {column["name"]: column for column in tree["columns"]}
            unsupported = {name for name, column in columns.items() if "unsupported" in column}
            assert exported.returncode == (3 if unsupported else 0), exported.stderr
            assert len(exported.stderr.splitlines()) == len(unsupported)
            for branch in theirs.branches:
                if not is_numeric(branch.interpretation):
                    continue
                assert branch.name in columns.keys() - unsupported
                num_values += compare(branch, folder, columns[branch.name])
                num_columns += 1
    assert num_columns > 10
    assert num_values > 0


def test_a_range_of_entries(mlaas, testdata, tmp_path):
    path = testdata("uproot-HZZ.root")
    result = mlaas(
        "export", path, "--tree", "events", "--columns", "NJet,Jet_P?", "--entries", "100:250", "--out", tmp_path
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "Jet_Px.npy",
        "Jet_Px.offsets.npy",
        "Jet_Py.npy",
        "Jet_Py.offsets.npy",
        "Jet_Pz.npy",
        "Jet_Pz.offsets.npy",
        "NJet.npy",
    ]
    with uproot.open(path)["events"] as tree:
        jets = tree["Jet_Px"].array(entry_start=100, entry_stop=250)
        np.testing.assert_array_equal(np.load(tmp_path / "Jet_Px.npy"), ak.flatten(jets))
        np.testing.assert_array_equal(np.diff(np.load(tmp_path / "Jet_Px.offsets.npy")), ak.num(jets))
        counts = tree["NJet"].array(library="np", entry_start=100, entry_stop=250)
        np.testing.assert_array_equal(np.load(tmp_path / "NJet.npy"), counts)
