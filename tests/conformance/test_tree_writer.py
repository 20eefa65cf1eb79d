"""ROOT and uproot read what our TTree writer writes: every type, counted columns, several clusters, none at all."""

from __future__ import annotations

import subprocess

import awkward as ak
import numpy as np
import pytest
import uproot

FLAT = {
    "i8": np.int8,
    "u8": np.uint8,
    "i16": np.int16,
    "u16": np.uint16,
    "i32": np.int32,
    "u32": np.uint32,
    "i64": np.int64,
    "u64": np.uint64,
    "f32": np.float32,
    "f64": np.float64,
}
JAGGED = {"Jet_pt": np.float32, "Jet_id": np.int64, "Mu_pt": np.float64}
SIZES = [0, 1, 1000, 25_432]


@pytest.fixture(scope="module")
def root():
    return pytest.importorskip("ROOT")


@pytest.fixture(scope="module", params=SIZES)
def written(request, mlaas, tmp_path_factory):
    """A file of write_tree and its number of entries."""
    program = mlaas.binary.parents[2] / "tests" / "conformance" / "write_tree"
    path = tmp_path_factory.mktemp("tree") / f"written_{request.param}.root"
    subprocess.run([program, path, str(request.param)], check=True, timeout=60)
    return path, request.param


def flat_values(dtype, entries):
    """Minimum, maximum, then the entry number, as write_tree.cpp says."""
    limits = np.finfo(dtype) if np.issubdtype(dtype, np.floating) else np.iinfo(dtype)
    numbers = np.arange(entries)
    values = numbers.astype(dtype)
    values[numbers % 7 == 0] = limits.min
    values[numbers % 7 == 1] = limits.max
    return values


def counts(entries):
    return np.arange(entries) % 5


def jagged_values(dtype, entries):
    count = counts(entries)
    index = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return (np.repeat(np.arange(entries) * 10, count) + index).astype(dtype)


def test_uproot_reads_every_column(written):
    path, entries = written
    with uproot.open(path) as file:
        tree = file["tree"]
        assert tree.num_entries == entries
        assert tree.title == "every type"
        for name, dtype in FLAT.items():
            values = tree[name].array(library="np")
            assert values.dtype.newbyteorder("=") == dtype
            np.testing.assert_array_equal(values, flat_values(dtype, entries))
        np.testing.assert_array_equal(tree["flag"].array(library="np"), np.arange(entries) % 3 == 0)
        for name, dtype in JAGGED.items():
            values = tree[name].array()
            np.testing.assert_array_equal(ak.num(values), counts(entries))
            np.testing.assert_array_equal(ak.flatten(values), jagged_values(dtype, entries))
        np.testing.assert_array_equal(tree["nJet"].array(library="np"), counts(entries))


def test_uproot_needs_no_knowledge_of_its_own(written):
    """The file describes its own classes as ROOT 6.40 does: same versions and checksums."""
    path, _ = written
    with uproot.open(path) as file:
        classes = {name: list(versions) for name, versions in file.file.streamers.items()}
        assert classes["TTree"] == [20]
        assert classes["TBranch"] == [13]
        assert classes["TLeaf"] == [2]
        assert {f"TLeaf{letter}" for letter in "BSILFDO"} < set(classes)


def test_root_reads_every_column(root, written):
    path, entries = written
    file = root.TFile.Open(str(path))
    assert not file.IsZombie()
    assert not file.TestBit(root.TFile.kRecovered)
    assert file.GetNkeys() == 1
    tree = file.Get("tree")
    assert tree.GetEntries() == entries
    frame = root.RDataFrame(tree)
    for name in ("i8", "u8"):  # AsNumpy takes no characters
        frame = frame.Redefine(name, f"static_cast<int>({name})")
    if entries:
        arrays = frame.AsNumpy([*FLAT, "flag", "nJet", *JAGGED])
        for name, dtype in FLAT.items():
            np.testing.assert_array_equal(arrays[name].astype(dtype), flat_values(dtype, entries))
        np.testing.assert_array_equal(arrays["flag"], np.arange(entries) % 3 == 0)
        np.testing.assert_array_equal(arrays["nJet"], counts(entries))
        for name, dtype in JAGGED.items():
            rows = arrays[name]
            np.testing.assert_array_equal([len(row) for row in rows], counts(entries))
            np.testing.assert_array_equal(
                np.concatenate([np.asarray(row) for row in rows]), jagged_values(dtype, entries)
            )
    file.Close()


def test_root_finds_the_clusters(root, written):
    path, entries = written
    file = root.TFile.Open(str(path))
    iterator = file.Get("tree").GetClusterIterator(0)
    starts = []
    while (start := iterator.Next()) < entries:
        starts.append(start)
    assert starts == list(range(0, entries, 1000))
    file.Close()


def test_root_adds_to_the_file(root, written):
    """The free list is right: ROOT reopens the file for update, and nothing is overwritten."""
    path, entries = written
    file = root.TFile.Open(str(path), "UPDATE")
    root.TNamed("note", "added").Write()
    file.Close()
    file = root.TFile.Open(str(path))
    assert file.Get("note").GetTitle() == "added"
    assert file.Get("tree").GetEntries() == entries
    file.Close()
    with uproot.open(path) as again:
        np.testing.assert_array_equal(again["tree/i64"].array(library="np"), flat_values(np.int64, entries))
