"""Friend trees: by entry, by index, as the user names them and as files declare them; values are those of ROOT."""

from __future__ import annotations

import contextlib
import json

import awkward as ak
import numpy as np
import pytest
import uproot

ROWS = 60
# Neither in the order of the events nor in that of their keys.
SHUFFLED = (np.arange(ROWS) * 37) % ROWS


def branch_type(values):
    return np.dtype((values.dtype, values.shape[1:])) if isinstance(values, np.ndarray) else values.type


def write_tree(path, tree, columns):
    with uproot.recreate(path) as file:
        file.mktree(tree, {name: branch_type(values) for name, values in columns.items()})
        for first in range(0, len(next(iter(columns.values()))), 16):
            file[tree].extend({name: value[first : first + 16] for name, value in columns.items()})
    return path


def keys(numbers):
    """Run and event of numbered events; the event alone repeats in the runs."""
    return {"run": (1 + numbers % 3).astype(np.int32), "event": (2**40 + numbers // 3).astype(np.int64)}


def score_columns(numbers):
    lists = ak.unflatten(np.arange(np.sum(numbers % 4)) + 0.5, numbers % 4)
    return keys(numbers) | {
        "score": (numbers * 0.25).astype(np.float32),
        "flag": numbers % 5 == 0,
        "count": numbers.astype(np.uint16),
        "pt": ak.values_astype(lists, np.float32),
        "pair": np.stack([numbers, -numbers], axis=1).astype(np.float64),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("friends")
    numbers = np.arange(ROWS)
    write_tree(folder / "events.root", "Events", keys(numbers) | {"x": numbers.astype(np.float32)})
    write_tree(folder / "scores.root", "Scores", score_columns(numbers))
    write_tree(folder / "shuffled.root", "Scores", score_columns(SHUFFLED))
    return folder


def export(mlaas, out, *arguments, code=0):
    result = mlaas("export", *arguments, "--out", out, "--quiet")
    assert result.returncode == code, result.stderr
    return result


def load(folder, name):
    values = np.load(folder / f"{name}.npy")
    if (folder / f"{name}.offsets.npy").exists():
        return ak.unflatten(values, np.diff(np.load(folder / f"{name}.offsets.npy")))
    return values


def check_scores(out, alias="Scores", numbers=None):
    numbers = np.arange(ROWS) if numbers is None else numbers
    for name, expected in score_columns(numbers).items():
        ours = load(out, f"{alias}.{name}")
        if isinstance(ours, np.ndarray):
            assert ours.dtype == ak.to_numpy(expected).dtype
        assert ak.to_list(ours) == ak.to_list(expected), name


def test_by_entry(mlaas, folder, tmp_path):
    export(mlaas, tmp_path, folder / "events.root", "--friend", f"{folder}/scores.root:Scores")
    check_scores(tmp_path)
    np.testing.assert_array_equal(load(tmp_path, "x"), np.arange(ROWS, dtype=np.float32))


def test_by_index(mlaas, folder, tmp_path):
    shuffled = f"{folder}/shuffled.root:Scores=s"
    export(mlaas, tmp_path, folder / "events.root", "--friend", shuffled, "--friend-index", "run,event")
    numbers = np.arange(ROWS)
    by_number = np.argsort(SHUFFLED)
    for name, values in score_columns(SHUFFLED).items():
        assert ak.to_list(load(tmp_path, f"s.{name}")) == ak.to_list(values[by_number]), name
    np.testing.assert_array_equal(load(tmp_path, "s.score"), (numbers * 0.25).astype(np.float32))


@pytest.mark.parametrize("shuffled", [False, True])
def test_as_root_reads_them(mlaas, folder, tmp_path, shuffled):
    root = pytest.importorskip("ROOT")
    events = root.TFile(str(folder / "events.root"))
    scores = root.TFile(str(folder / ("shuffled.root" if shuffled else "scores.root")))
    tree, friend = events["Events"], scores["Scores"]
    arguments = [folder / "events.root", "--friend", f"{scores.GetName()}:Scores"]
    if shuffled:
        assert friend.BuildIndex("run", "event") == ROWS
        arguments += ["--friend-index", "run,event"]
    tree.AddFriend(friend)
    theirs = root.RDataFrame(tree).AsNumpy(["x", "Scores.event", "Scores.score", "Scores.count", "Scores.pt"])
    export(mlaas, tmp_path, *arguments)
    for name in ("x", "Scores.event", "Scores.score", "Scores.count"):
        np.testing.assert_array_equal(load(tmp_path, name), theirs[name])
    for ours, expected in zip(load(tmp_path, "Scores.pt"), theirs["Scores.pt"], strict=True):
        np.testing.assert_array_equal(ours, np.asarray(expected))


@pytest.mark.parametrize("parts", [(60,), (10, 50), (7, 20, 33)])
def test_chains_of_different_files(mlaas, folder, tmp_path, parts):
    """Friends whose files end elsewhere than the files of the events, by entry and by index."""
    for name, columns in (("e", keys(np.arange(ROWS)) | {"x": np.arange(ROWS)}), ("s", score_columns(np.arange(ROWS)))):
        ends = np.cumsum(parts if name == "s" else (25, 35))
        for part, (first, last) in enumerate(zip([0, *ends], ends, strict=False)):
            rows = {key: value[first:last] for key, value in columns.items()}
            write_tree(tmp_path / f"{name}{part}.root", f"T{part}" if name == "e" else "Scores", rows)
    files = [f"{tmp_path}/e0.root:T0", f"{tmp_path}/e1.root:T1", "--friend", f"{tmp_path}/s*.root:Scores"]
    for index in ("none", "run,event"):
        export(mlaas, tmp_path / index, *files, "--friend-index", index)
        check_scores(tmp_path / index)
        export(mlaas, tmp_path / "some", *files, "--friend-index", index, "--entries", "20:30")
        np.testing.assert_array_equal(load(tmp_path / "some", "Scores.count"), np.arange(20, 30))


def test_plain_names(mlaas, folder, tmp_path):
    friends = ["--friend", f"{folder}/scores.root:Scores=a", "--friend", f"{folder}/shuffled.root:Scores=b"]
    export(mlaas, tmp_path / "one", folder / "events.root", *friends[:2], "--columns", "score,event,a.p*")
    assert sorted(file.name for file in (tmp_path / "one").glob("*.npy")) == [
        "a.pair.npy",
        "a.pt.npy",
        "a.pt.offsets.npy",
        "a.score.npy",
        "event.npy",
    ]
    for name in ("score", "c.score"):
        result = export(mlaas, tmp_path, folder / "events.root", *friends, "--columns", name, code=4)
        assert f"unknown column '{name}'" in result.stderr
        assert "'a.score'" in result.stderr
        assert "'b.score'" in result.stderr


def test_entries_without_partner(mlaas, folder, tmp_path):
    some = write_tree(tmp_path / "some.root", "Scores", score_columns(np.array([8, 3, 40])))
    files = [folder / "events.root", "--friend", f"{some}:Scores", "--friend-index", "run,event"]
    result = export(mlaas, tmp_path / "out", *files, code=2)
    for words in ("events.root", "entry 0 (run 1, event 1099511627776)", "no partner", "'Scores'", "some.root"):
        assert words in result.stderr
    result = export(mlaas, tmp_path / "filled", *files, "--friend-missing=-999", code=3)
    assert result.stderr.count("-999") == 2  # uint16 and bool cannot hold it
    expected = np.full(ROWS, -999, np.float32)
    expected[[3, 8, 40]] = np.array([3, 8, 40]) * 0.25
    np.testing.assert_array_equal(load(tmp_path / "filled", "Scores.score"), expected)
    lists = ak.to_list(load(tmp_path / "filled", "Scores.pt"))
    assert [i for i, values in enumerate(lists) if values] == [3]
    pairs = load(tmp_path / "filled", "Scores.pair")
    np.testing.assert_array_equal(pairs[[0, 8]], [[-999, -999], [8, -8]])
    export(mlaas, tmp_path / "nan", *files, "--friend-missing", "nan", "--columns", "score")
    assert np.isnan(load(tmp_path / "nan", "Scores.score")).sum() == ROWS - 3


def test_unsigned_and_signed_keys_meet_by_value(mlaas, tmp_path):
    write_tree(tmp_path / "a.root", "A", {"id": np.array([-1, 5, 2**62], np.int64)})
    write_tree(tmp_path / "b.root", "B", {"id": np.array([2**64 - 1, 2**62, 5], np.uint64), "y": np.arange(3.0)})
    files = [tmp_path / "a.root", "--friend", f"{tmp_path}/b.root:B", "--friend-index", "id"]
    export(mlaas, tmp_path, *files, "--friend-missing=-7", "--columns", "y")
    np.testing.assert_array_equal(load(tmp_path, "B.y"), [-7, 2, 1])


def test_wrong_friends(mlaas, folder, tmp_path):
    numbers = np.array([1, 2, 2, 3, 1, 2])
    twice = write_tree(tmp_path / "twice.root", "Scores", score_columns(numbers))
    scores = f"{folder}/scores.root:Scores"
    for arguments, code, words in [
        (["--friend", f"{twice}:Scores"], 2, ["events.root: tree Events has 60 entries", "twice.root", "has 6"]),
        (
            ["--friend", f"{twice}:Scores", "--friend-index", "run,event"],
            2,
            ["twice.root", "3 of its 6 entries repeat a key", "run 2, event 1099511627776 in entries 0 and 4"],
        ),
        (["--friend", scores, "--friend-index", "run,events"], 4, ["unknown column 'events'", "'event'"]),
        (["--friend", scores, "--friend-index", "score"], 2, ["one integer an entry, found float32"]),
        (["--friend", scores, "--friend-index", "count"], 4, ["unknown column 'count'", "events.root"]),
        (["--friend", scores, "--friend-index", "run,event,flag"], 2, ["one or two columns", "found 3"]),
        (["--friend", scores, "--friend", scores], 2, ["two friends are called 'Scores'"]),
        (["--friend", f"{folder}/scores.root:Score"], 4, ["did you mean 'Scores'"]),
        (["--friend", f"{folder}/score.root:Scores"], 4, ["no such file"]),
        (["--friend", f"{folder}/scores.root:Scores="], 4, ["'Scores='"]),
        (["--friend", ""], 2, ["names no file"]),
        (["--friend", scores, "--friend-index", ""], 2, ["--friend-index ''", "none"]),
        (["--friend", scores, "--friend-index", "run,,event"], 2, ["'run,,event'"]),
        (["--friend-index", "run"], 2, ["--friend FILE:TREE"]),
        (["--friend", scores, "--friend-index", "run", "--friend-index", "event"], 2, ["2 times"]),
        (["--friend", scores, "--friend-missing", "0"], 2, ["none can be missing"]),
        (["--friend", scores, "--friend-index", "run,event", "--friend-missing", "x"], 2, ["'x'", "-999"]),
        (["--friend", scores, "--friend-index", "run,event", "--memory", "1000"], 2, ["1.4 KiB", "is free"]),
    ]:
        result = export(mlaas, tmp_path / "out", folder / "events.root", *arguments, code=code)
        for word in words:
            assert word in result.stderr, result.stderr
        assert len(result.stderr.splitlines()) == 1, result.stderr
    assert not (tmp_path / "out").exists()


def write_declaring(root):
    write_tree("plain.root", "Scores", {k: v for k, v in score_columns(SHUFFLED).items() if k != "pair"})
    plain = root.TFile("plain.root")
    scores = root.TFile("scores.root", "RECREATE")
    copy = plain["Scores"].CloneTree()
    copy.BuildIndex("run", "event")
    copy.Write()
    scores.Close()
    numbers = np.arange(ROWS)
    columns = root.RDF.FromNumpy(keys(numbers) | {"x": numbers.astype(np.float32)})
    columns.Snapshot("Events", "snapshot.root")
    root.RDF.FromNumpy({"gain": numbers * 3.0}).Snapshot("Gains", "gains.root")
    inputs = [root.TFile(name) for name in ("snapshot.root", "gains.root")]
    output = root.TFile("events.root", "RECREATE")
    events, gains = inputs[0]["Events"].CloneTree(), inputs[1]["Gains"].CloneTree()
    events.AddFriend("sc=Scores", "scores.root")
    events.AddFriend(gains)
    events.Write()
    gains.Write()
    output.Close()


@pytest.fixture(scope="module")
def declaring(tmp_path_factory):
    """events.root declares `sc` (another file, with an index) and Gains (its own file)."""
    root = pytest.importorskip("ROOT")
    folder = tmp_path_factory.mktemp("declared")
    with contextlib.chdir(folder):  # AddFriend drops a file that it does not find
        write_declaring(root)
    return folder


def test_an_index_over_formulas_is_refused(mlaas, folder, tmp_path):
    """ROOT pairs by the formulas' values; by entry or by the columns in them, others would be paired."""
    root = pytest.importorskip("ROOT")
    with contextlib.chdir(tmp_path):
        plain = root.TFile(str(folder / "shuffled.root"))
        scores = root.TFile("indexed.root", "RECREATE")
        copy = plain["Scores"].CloneTree()
        copy.BuildIndex("run*2", "event")
        copy.Write()
        scores.Close()
    friend = ["--friend", f"{tmp_path}/indexed.root:Scores=s"]
    result = export(mlaas, tmp_path / "out", folder / "events.root", *friend, code=3)
    assert "run*2" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    export(mlaas, tmp_path / "out", folder / "events.root", *friend, "--friend-index", "run,event")


def test_inspect_names_declared_friends(mlaas, declaring):
    result = json.loads(mlaas("inspect", declaring / "events.root", "--json", "--tree", "Events").stdout)
    assert result["objects"][0]["friends"] == [
        {"alias": "sc", "tree": "Scores", "file": "scores.root"},
        {"alias": "Gains", "tree": "Gains", "file": ""},
    ]
    result = json.loads(mlaas("inspect", declaring / "scores.root", "--json").stdout)
    assert result["objects"][0]["index"] == ["run", "event"]
    assert "friend 'sc': tree Scores of scores.root" in mlaas("inspect", declaring / "events.root").stdout


def test_declared_friends_are_opened_where_asked_for(mlaas, declaring, tmp_path, monkeypatch):
    root = pytest.importorskip("ROOT")
    monkeypatch.chdir(declaring)  # ROOT looks for a friend's file in the working directory
    file = root.TFile("events.root")
    theirs = root.RDataFrame(file["Events"]).AsNumpy(["x", "sc.event", "sc.score", "gain", "sc.pt"])
    monkeypatch.chdir(tmp_path)
    export(mlaas, tmp_path, f"{declaring}/events.root:Events", "--columns", "x,sc.*,gain")
    for name in ("x", "sc.event", "sc.score"):
        np.testing.assert_array_equal(load(tmp_path, name), theirs[name])
    np.testing.assert_array_equal(load(tmp_path, "Gains.gain"), theirs["gain"])
    for ours, expected in zip(load(tmp_path, "sc.pt"), theirs["sc.pt"], strict=True):
        np.testing.assert_array_equal(ours, np.asarray(expected))


def test_a_friend_of_the_user_replaces_a_declared_one(mlaas, declaring, folder, tmp_path):
    """The file's own `sc` has an index, this one goes by entry."""
    files = [f"{declaring}/events.root:Events", "--friend", f"{folder}/shuffled.root:Scores=sc"]
    export(mlaas, tmp_path, *files, "--friend-index", "none", "--columns", "sc.count,gain")
    np.testing.assert_array_equal(load(tmp_path, "sc.count"), SHUFFLED)
    np.testing.assert_array_equal(load(tmp_path, "Gains.gain"), np.arange(ROWS) * 3.0)


def test_a_chain_whose_files_declare_friends(mlaas, declaring, tmp_path):
    """Each file's friends stand beside its own entries, as they do for a TChain."""
    name = f"{declaring}/events.root:Events"
    export(mlaas, tmp_path, name, name, "--columns", "sc.score,gain", "--entries", "50:70")
    numbers = np.arange(50, 70) % ROWS
    np.testing.assert_array_equal(load(tmp_path, "sc.score"), (numbers * 0.25).astype(np.float32))
    np.testing.assert_array_equal(load(tmp_path, "Gains.gain"), numbers * 3.0)


def test_a_declared_friend_that_is_gone(mlaas, declaring, tmp_path):
    lone = tmp_path / "events.root"
    lone.write_bytes((declaring / "events.root").read_bytes())
    export(mlaas, tmp_path / "own", f"{lone}:Events")
    export(mlaas, tmp_path / "own", f"{lone}:Events", "--columns", "x,Gains.gain")
    result = export(mlaas, tmp_path / "own", f"{lone}:Events", "--columns", "sc.score", code=4)
    for words in ("'sc.score'", "friend 'sc'", "declares", "scores.root", "no such file"):
        assert words in result.stderr
