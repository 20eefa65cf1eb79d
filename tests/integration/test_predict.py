"""mlaas predict: right scores, row for row with the input, in every format; a friend for ROOT; clear errors."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
from hand_made_bundle import expected_scores, write_bundle

DATA = Path(__file__).parents[2] / "examples" / "tth" / "data"
SCALARS = ["ht", "met"]
LENGTH = 6
IDENTITY = {"run": np.uint32, "luminosityBlock": np.uint32, "event": np.uint64}
SELECTION = "nBJet >= 3 && max(Jet_pt) > 100"


@pytest.fixture(scope="module")
def files():
    return sorted(DATA.glob("tth_*.root"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return write_bundle(
        tmp_path_factory.mktemp("bundle") / "model",
        scalars=["ht", "met", "twice_mbb"],
        define={"twice_mbb": "mbb * 2"},
        jets=["Jet_pt", "Jet_eta"],
        length=LENGTH,
        identity=list(IDENTITY),
        tree="Events",
        select=SELECTION,
    )


@pytest.fixture(scope="module")
def expected(files):
    """Scores and columns of all files as numpy makes them, by column."""
    columns = []
    for file in files:
        with uproot.open(file)["Events"] as tree:
            arrays = tree.arrays([*SCALARS, "mbb", "Jet_pt", "nBJet", *IDENTITY])
        jet_sum = ak.to_numpy(ak.sum(arrays["Jet_pt"][:, :LENGTH], axis=1))
        scalar_sum = ak.to_numpy(arrays["ht"] + arrays["met"] + 2 * arrays["mbb"])
        columns.append(
            {name: ak.to_numpy(arrays[name]) for name in IDENTITY}
            | {"score": expected_scores(scalar_sum, jet_sum)}
            | {"selected": ak.to_numpy((arrays["nBJet"] >= 3) & (ak.max(arrays["Jet_pt"], axis=1) > 100))}
        )
    return {name: np.concatenate([file[name] for file in columns]) for name in columns[0]}


def predict(mlaas, bundle, files, out, *options):
    result = mlaas("predict", bundle, *files, "--out", out, *options)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    return result


def check_columns(columns, expected):
    np.testing.assert_allclose(columns["score"], expected["score"], rtol=0, atol=1e-5)
    for name, dtype in IDENTITY.items():
        assert columns[name].dtype.newbyteorder("=") == dtype
        np.testing.assert_array_equal(columns[name], expected[name])
    np.testing.assert_array_equal(columns["selected"], expected["selected"])


@pytest.fixture(scope="module")
def scores(mlaas, bundle, files, tmp_path_factory):
    """scores.root with the rows of all files."""
    out = tmp_path_factory.mktemp("scores") / "scores.root"
    predict(mlaas, bundle, files, out)
    return out


def test_uproot_reads_the_right_scores(scores, expected):
    with uproot.open(scores)["Scores"] as tree:
        assert tree.keys() == [*IDENTITY, "score", "selected"]
        check_columns(tree.arrays(library="np"), expected)
    assert 0 < expected["selected"].sum() < len(expected["selected"])
    assert expected["event"].max() > 2**53


def test_root_takes_it_as_a_friend(scores, files, expected):
    root = pytest.importorskip("ROOT")
    chain = root.TChain("Events")
    for file in files:
        chain.Add(str(file))
    chain.AddFriend("Scores", str(scores))
    frame = root.RDataFrame(chain)
    arrays = frame.AsNumpy(["event", "Scores.event", "Scores.score", "Scores.selected"])
    np.testing.assert_array_equal(arrays["event"], expected["event"])
    np.testing.assert_array_equal(arrays["Scores.event"], expected["event"])
    np.testing.assert_allclose(arrays["Scores.score"], expected["score"], rtol=0, atol=1e-5)
    assert chain.GetEntries("event == Scores.event && Scores.selected") == expected["selected"].sum()


def test_our_reader_reads_it(mlaas, scores, expected, tmp_path):
    (tree,) = json.loads(mlaas("inspect", scores, "--json").stdout)["objects"]
    assert (tree["name"], tree["entries"]) == ("Scores", len(expected["event"]))
    assert [column["type"] for column in tree["columns"]] == ["uint32", "uint32", "uint64", "float32", "bool"]
    assert mlaas("export", scores, "--out", tmp_path).returncode == 0
    check_columns({name: np.load(tmp_path / f"{name}.npy") for name in expected}, expected)


def test_npy(mlaas, bundle, files, expected, tmp_path):
    predict(mlaas, bundle, files, tmp_path / "scores.npy")
    columns = {name: np.load(tmp_path / f"scores.{name}.npy") for name in [*IDENTITY, "selected"]}
    check_columns(columns | {"score": np.load(tmp_path / "scores.npy")}, expected)
    assert len(list(tmp_path.iterdir())) == 5


def test_csv(mlaas, bundle, files, expected, tmp_path):
    predict(mlaas, bundle, files, tmp_path / "scores.csv")
    header, *lines = (tmp_path / "scores.csv").read_text().splitlines()
    assert header == "run,luminosityBlock,event,score,selected"
    rows = list(zip(*(line.split(",") for line in lines), strict=True))
    types = [*IDENTITY.values(), np.float32, np.uint8]
    columns = [
        np.array([int(x) if t != np.float32 else float(x) for x in row], dtype=t)
        for row, t in zip(rows, types, strict=True)
    ]
    check_columns(dict(zip(header.split(","), columns, strict=True)), expected)


def test_a_folder_gets_a_file_for_each_input(mlaas, bundle, files, expected, tmp_path):
    predict(mlaas, bundle, [DATA / "tth_*.root"], f"{tmp_path}/out/", "--tree-name", "Other")
    outputs = sorted((tmp_path / "out").iterdir())
    assert [output.name for output in outputs] == [f"{file.stem}.scores.root" for file in files]
    parts = [uproot.open(output)["Other"].arrays(library="np") for output in outputs]
    check_columns({name: np.concatenate([part[name] for part in parts]) for name in expected}, expected)


def test_the_bytes_do_not_depend_on_threads(mlaas, bundle, files, scores, tmp_path):
    for threads in (1, 4):
        out = tmp_path / str(threads) / "scores.root"
        out.parent.mkdir()
        predict(mlaas, bundle, files, out, "--threads", threads)
        assert out.read_bytes() == scores.read_bytes()


def write_events(path, rows=4, **changes):
    """A small input file with the first `rows` of four entries; `changes` replace columns, or leave them out."""
    columns = {
        "run": np.ones(4, np.uint32),
        "luminosityBlock": np.ones(4, np.uint32),
        "event": np.arange(4, dtype=np.uint64) + 2**60,
        "ht": np.array([100, 200, 300, 400], np.float32),
        "met": np.array([1, 2, 3, 4], np.float32),
        "mbb": np.array([5, 6, 7, 8], np.float32),
        "nBJet": np.array([3, 3, 2, 2], np.int32),
        "Jet_pt": ak.values_astype(ak.Array([[10.0], [], [500.0, 20.0], [1.0] * 9]), np.float32),
        "Jet_eta": ak.values_astype(ak.Array([[1.0], [], [2.0, 2.0], [1.0] * 9]), np.float32),
    } | changes
    columns = {name: column for name, column in columns.items() if column is not None}
    types = {name: column.dtype if isinstance(column, np.ndarray) else column.type for name, column in columns.items()}
    with uproot.recreate(path) as file:
        file.mktree("Events", types)
        if rows:
            file["Events"].extend({name: column[:rows] for name, column in columns.items()})
    return path


def test_entries_with_a_nan_have_no_score(mlaas, bundle, tmp_path):
    jets = ak.values_astype(ak.Array([[np.nan], [], [500.0, 20.0], [1.0] * 6 + [np.nan] * 3]), np.float32)
    met = np.array([1, 2, np.nan, 4], np.float32)
    path = write_events(tmp_path / "nan.root", met=met, Jet_pt=jets)
    result = predict(mlaas, bundle, [path], tmp_path / "scores.npy")
    assert re.search(r"warning: .*2 entries have a NaN among their features", result.stderr)
    np.testing.assert_array_equal(np.isnan(np.load(tmp_path / "scores.npy")), [True, False, True, False])
    np.testing.assert_array_equal(np.load(tmp_path / "scores.event.npy"), np.arange(4) + 2**60)


def test_no_entries_give_an_empty_tree(mlaas, bundle, tmp_path):
    path = write_events(tmp_path / "empty.root", rows=0)
    predict(mlaas, bundle, [path], tmp_path / "scores.root")
    with uproot.open(tmp_path / "scores.root")["Scores"] as tree:
        assert tree.num_entries == 0
        assert tree.keys() == [*IDENTITY, "score", "selected"]


def assert_one_error(result, code, *words):
    assert result.returncode == code, result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, result.stderr
    for word in words:
        assert word in errors[0]


def test_a_missing_column_is_named_with_the_nearest(mlaas, bundle, tmp_path):
    path = write_events(tmp_path / "renamed.root", met=None, mets=np.zeros(4, np.float32))
    assert_one_error(mlaas("predict", bundle, path, "--out", tmp_path / "s.root"), 2, "renamed.root", "'met'", "'mets'")
    assert not list(tmp_path.glob("s.root*"))


def test_bad_usage_and_bad_input(mlaas, bundle, files, tmp_path):
    out = tmp_path / "s.root"
    assert_one_error(mlaas("predict", tmp_path / "none", files[0], "--out", out), 4, "none")
    assert_one_error(mlaas("predict", bundle, tmp_path / "none.root", "--out", out), 4, "none.root")
    assert_one_error(mlaas("predict", bundle, files[0], "--out", out, "--tree", "Event"), 4, "'Event'", "'Events'")
    assert_one_error(mlaas("predict", bundle, files[0], "--out", tmp_path / "s.txt"), 2, "s.txt", ".npy")
    assert_one_error(mlaas("predict", bundle, files[0], "--out", files[0]), 2, "is an input file")
    assert_one_error(mlaas("predict", bundle, files[0], files[0], "--out", f"{tmp_path}/"), 2, "tth_1.scores.root")
    cut = tmp_path / "cut.root"
    cut.write_bytes(files[0].read_bytes()[:50_000])
    assert_one_error(mlaas("predict", bundle, cut, "--out", out), 4, "cut.root")
    assert not list(tmp_path.glob("s.*"))


def test_a_damaged_model_is_refused(mlaas, bundle, files, tmp_path):
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "bundle.json").write_bytes((bundle / "bundle.json").read_bytes())
    (damaged / "model.onnx").write_bytes((bundle / "model.onnx").read_bytes() + b"x")
    assert_one_error(mlaas("predict", damaged, files[0], "--out", tmp_path / "s.root"), 4, "model.onnx", "checksum")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing_behind(mlaas, bundle, files, tmp_path, number, code):
    """So many inputs that the signal comes in the middle."""
    out = tmp_path / "out" / "scores.root"
    out.parent.mkdir()
    command = [mlaas.binary, "predict", bundle, *(files * 500), "--out", out]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not list(out.parent.iterdir()):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        _, messages = process.communicate(timeout=30)
    assert process.returncode == code, messages
    assert messages == f"error: stopped by {number.name}\n"
    assert not list(out.parent.iterdir())


def export(mlaas, out, *arguments):
    result = mlaas("export", *arguments, "--out", out, "--quiet")
    assert result.returncode == 0, result.stderr


def check_friends(folder, expected):
    """Columns of the events and of the scores beside them."""
    np.testing.assert_array_equal(np.load(folder / "event.npy"), expected["event"])
    np.testing.assert_array_equal(np.load(folder / "Scores.event.npy"), expected["event"])
    np.testing.assert_allclose(np.load(folder / "Scores.score.npy"), expected["score"], rtol=0, atol=1e-5)
    np.testing.assert_array_equal(np.load(folder / "Scores.selected.npy"), expected["selected"])


def test_scores_come_back_as_our_friends(mlaas, bundle, files, scores, expected, tmp_path):
    columns = ["--columns", "event,Scores.event,score,Scores.sel*"]
    export(mlaas, tmp_path / "one", *files, "--friend", f"{scores}:Scores", *columns)
    check_friends(tmp_path / "one", expected)
    predict(mlaas, bundle, files, f"{tmp_path}/each/")
    export(mlaas, tmp_path / "all", *files, "--friend", f"{tmp_path}/each/*.root:Scores", *columns)
    check_friends(tmp_path / "all", expected)
    # Files in another order: only the index finds the partners.
    backwards = [f"--friend={scores}:Scores", "--friend-index", "run,event"]
    export(mlaas, tmp_path / "backwards", *reversed(files), *backwards, *columns)
    order = np.argsort(np.load(tmp_path / "backwards" / "event.npy"), kind="stable")
    sorted_events = np.argsort(expected["event"], kind="stable")
    ours = np.load(tmp_path / "backwards" / "Scores.score.npy")[order]
    np.testing.assert_allclose(ours, expected["score"][sorted_events], rtol=0, atol=1e-5)
    lone = export_error(mlaas, tmp_path, files[0], "--friend", f"{scores}:Scores")
    assert f"has {len(expected['event'])}" in lone


def export_error(mlaas, out, *arguments):
    result = mlaas("export", *arguments, "--out", out / "none", "--quiet")
    assert result.returncode == 2, result.stderr
    return result.stderr


def test_a_model_may_use_friends(mlaas, files, scores, expected, tmp_path):
    """A second model takes the first one's score, by entry through all files and by index for each."""
    second = write_bundle(
        tmp_path / "model",
        scalars=["ht", "s.score"],
        jets=["Jet_pt"],
        length=LENGTH,
        identity=list(IDENTITY),
        tree="Events",
    )
    with_friend = ["--friend", f"{scores}:Scores=s"]
    predict(mlaas, second, files, tmp_path / "second.npy", *with_friend)
    sums = []
    for file in files:
        with uproot.open(file)["Events"] as tree:
            arrays = tree.arrays(["ht", "Jet_pt"])
        sums.append((ak.to_numpy(arrays["ht"]), ak.to_numpy(ak.sum(arrays["Jet_pt"][:, :LENGTH], axis=1))))
    scalars = np.concatenate([part[0] for part in sums]) + expected["score"]
    ours = np.load(tmp_path / "second.npy")
    np.testing.assert_allclose(ours, expected_scores(scalars, np.concatenate([p[1] for p in sums])), rtol=0, atol=1e-5)
    predict(mlaas, second, files, f"{tmp_path}/each/", *with_friend, "--friend-index", "run,event", "--format", "npy")
    parts = [np.load(tmp_path / "each" / f"{file.stem}.scores.npy") for file in files]
    np.testing.assert_array_equal(np.concatenate(parts), ours)
    assert_one_error(mlaas("predict", second, *files, "--out", tmp_path / "x.npy"), 2, "'s.score'")
