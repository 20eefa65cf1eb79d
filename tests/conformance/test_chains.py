"""Files one after the other: exported columns are those of ROOT's TChain and of uproot.concatenate."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

DATA = Path(__file__).parents[2] / "examples" / "tth" / "data"


def write_events(path, tree, first, count, **changes):
    """`count` events from number `first` on: a flat float, an event number and lists."""
    numbers = np.arange(first, first + count)
    columns = {
        "event": (numbers + 2**60).astype(np.uint64),
        "met": (numbers * 0.5).astype(np.float32),
        "pt": ak.values_astype(ak.unflatten(np.arange(np.sum(numbers % 4)) + 0.25, numbers % 4), np.float32),
    } | changes
    with uproot.recreate(path) as file:
        file.mktree(tree, {name: getattr(value, "dtype", None) or value.type for name, value in columns.items()})
        half = count // 2
        for part in (slice(0, half), slice(half, count)):
            file[tree].extend({name: value[part] for name, value in columns.items()})
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Three files, each with its own name for the tree."""
    folder = tmp_path_factory.mktemp("chain")
    return [
        (write_events(folder / "a.root", "A", 0, 10), "A"),
        (write_events(folder / "b.root", "sub/B", 10, 7), "sub/B"),
        (write_events(folder / "c.root", "C", 17, 12), "C"),
    ]


def export(mlaas, files, out, *options, code=0):
    result = mlaas("export", *files, "--out", out, "--quiet", *options)
    assert result.returncode == code, result.stderr
    return result


def load_lists(folder, name):
    return ak.unflatten(np.load(folder / f"{name}.npy"), np.diff(np.load(folder / f"{name}.offsets.npy")))


def test_tree_names_may_differ(mlaas, files, tmp_path):
    export(mlaas, [f"{path}:{tree}" for path, tree in files], tmp_path)
    expected = uproot.concatenate([{path: tree} for path, tree in files])
    assert len(expected) == 29
    for name in ("event", "met"):
        values = np.load(tmp_path / f"{name}.npy")
        assert values.dtype == ak.to_numpy(expected[name]).dtype
        np.testing.assert_array_equal(values, expected[name])
    assert ak.array_equal(load_lists(tmp_path, "pt"), expected["pt"])

    root = pytest.importorskip("ROOT")
    chain = root.TChain("unused")
    for path, tree in files:
        chain.Add(f"{path}?#{tree}")
    columns = root.RDataFrame(chain).AsNumpy(["event", "met", "pt"])
    np.testing.assert_array_equal(np.load(tmp_path / "event.npy"), columns["event"])
    np.testing.assert_array_equal(np.load(tmp_path / "met.npy"), columns["met"])
    for ours, theirs in zip(load_lists(tmp_path, "pt"), columns["pt"], strict=True):
        np.testing.assert_array_equal(ours, np.asarray(theirs))


def test_roots_spelling_of_a_chain(mlaas, files, tmp_path):
    export(mlaas, [f"{path}?#{tree}" for path, tree in files], tmp_path, "--columns", "event")
    np.testing.assert_array_equal(np.load(tmp_path / "event.npy"), np.arange(29, dtype=np.uint64) + 2**60)


@pytest.mark.parametrize(("first", "last"), [(0, 29), (9, 11), (10, 17), (3, 25), (17, 17), (28, 29)])
def test_a_range_of_entries_crosses_files(mlaas, files, tmp_path, first, last):
    names = [f"{path}:{tree}" for path, tree in files]
    export(mlaas, names, tmp_path, "--entries", f"{first}:{last}", "--columns", "p*,met")
    expected = uproot.concatenate([{path: tree} for path, tree in files])[first:last]
    np.testing.assert_array_equal(np.load(tmp_path / "met.npy"), expected["met"])
    assert ak.to_list(load_lists(tmp_path, "pt")) == ak.to_list(expected["pt"])


def test_patterns_of_real_files(mlaas, tmp_path):
    export(mlaas, [f"{DATA}/tth_*.root", DATA / "ttbar_2.root"], tmp_path, "--tree", "Events")
    expected = uproot.concatenate(
        [*(f"{path}:Events" for path in sorted(DATA.glob("tth_*.root"))), f"{DATA / 'ttbar_2.root'}:Events"]
    )
    for name in expected.fields:
        if expected[name].ndim > 1:
            assert ak.array_equal(load_lists(tmp_path, name), expected[name])
        else:
            np.testing.assert_array_equal(np.load(tmp_path / f"{name}.npy"), expected[name])


def test_inspect_shows_the_chain(mlaas, files):
    names = [f"{path}:{tree}" for path, tree in files]
    listing = json.loads(mlaas("inspect", *names, "--json").stdout)
    assert [(file["tree"], file["entries"]) for file in listing["files"]] == [("A", 10), ("sub/B", 7), ("C", 12)]
    (chain,) = listing["objects"]
    assert (chain["kind"], chain["entries"]) == ("chain", 29)
    assert {column["name"]: column["type"] for column in chain["columns"]}["pt"] == "var * float32"
    assert "29 entries" in mlaas("inspect", *names).stdout


def test_what_disagrees_is_named_and_the_rest_written(mlaas, files, tmp_path):
    other = write_events(tmp_path / "other.root", "A", 0, 4, met=np.arange(4.0), new=np.arange(4))
    for columns in ("met", "new", "n*"):
        result = export(mlaas, [files[0][0], other], tmp_path / "out", "--columns", columns, code=3)
        assert result.stderr.count("error: ") == 1
        assert str(other) in result.stderr
        assert str(files[0][0]) in result.stderr
    assert "float32" in mlaas("export", files[0][0], other, "--columns", "met", "--out", tmp_path / "out").stderr
    export(mlaas, [files[0][0], other], tmp_path / "out", code=3)
    assert len(np.load(tmp_path / "out" / "event.npy")) == 14
    assert not (tmp_path / "out" / "met.npy").exists()


def test_wrong_names(mlaas, files, tmp_path):
    path = files[0][0]
    for name, code, words in [
        (f"{path}:", 2, "names no tree"),
        (f"{path}:B", 4, "did you mean 'A'"),
        (f"{path.parent}/x*.root:A", 4, "no file matches"),
        (f"{path}x:A", 4, "no such file"),
        ("", 2, "names no file"),
    ]:
        result = mlaas("export", path, name, "--out", tmp_path / "out")
        assert result.returncode == code, result.stderr
        assert words in result.stderr, result.stderr
        assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_more_files_than_may_be_open(mlaas, files, tmp_path):
    """With 100 descriptors the shell's limit would stop a reader that keeps 300 files open."""
    names = [str(files[0][0])] * 300
    command = f"ulimit -n 100; exec {mlaas.binary} export {' '.join(names)} --columns met --out {tmp_path} --quiet"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert len(np.load(tmp_path / "met.npy")) == 3000
