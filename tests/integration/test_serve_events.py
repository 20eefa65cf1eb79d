"""Events scored by `mlaas serve` as they are: the scores of `mlaas predict` on the same events, in every form."""

from __future__ import annotations

import http.client
import io
import json
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
import yaml
from hand_made_bundle import TTH_IDENTITY, expected_scores, write_tth_bundle
from integration.test_serve import Server

DATA = Path(__file__).parents[2] / "examples" / "tth" / "data"
COLUMNS = ["ht", "met", "mbb", "nBJet", "Jet_pt", "Jet_eta"]
ARROW = "application/vnd.apache.arrow.stream"
EVENT = {"ht": 100.0, "met": 1.5, "mbb": 5.0, "nBJet": 3, "Jet_pt": [60.0, 40.5], "Jet_eta": [0.5, -1.0]}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return write_tth_bundle(tmp_path_factory.mktemp("models") / "tth")


@pytest.fixture(scope="module")
def server(mlaas, bundle):
    with Server(mlaas.binary, bundle, "--threads", "2") as running:
        yield running


@pytest.fixture(scope="module")
def events():
    """Columns of real events, of which one has no jets."""
    arrays = uproot.open(DATA / "tth_1.root")["Events"].arrays([*TTH_IDENTITY, *COLUMNS], entry_stop=400)
    none = ak.Array([[]] + [[0.0]] * 399)
    for name in ("Jet_pt", "Jet_eta"):
        values = ak.where(ak.num(none) == 0, arrays[name][:, :0], arrays[name])
        arrays = ak.with_field(arrays, ak.values_astype(values, np.float32), name)
    return arrays


@pytest.fixture(scope="module")
def predicted(mlaas, bundle, events, tmp_path_factory):
    """What `mlaas predict` makes of a file with these events."""
    folder = tmp_path_factory.mktemp("predicted")
    with uproot.recreate(folder / "events.root") as file:
        file.mktree("Events", {name: events[name].type.content for name in events.fields})
        file["Events"].extend({name: events[name] for name in events.fields})
    result = mlaas("predict", bundle, folder / "events.root", "--out", folder / "scores.root")
    assert result.returncode == 0, result.stderr
    return uproot.open(folder / "scores.root")["Scores"].arrays(library="np")


def ask(server, body, path="/v2/models/hand_made/events"):
    status, _, text = server.ask("POST", path, body)
    assert status == 200, text
    return json.loads(text)


def check(columns, predicted):
    np.testing.assert_array_equal(np.float32(columns["score"]), predicted["score"])
    np.testing.assert_array_equal(columns["selected"], predicted["selected"])
    for name in TTH_IDENTITY:
        assert list(columns[name]) == predicted[name].tolist()


def test_events_score_as_files_do(server, events, predicted):
    rows = events.to_list()
    assert rows[0]["Jet_pt"] == []
    answer = ask(server, {"events": rows})
    assert (answer["model_name"], answer["model_version"]) == ("hand_made", "1")
    assert list(answer["events"][0]) == [*TTH_IDENTITY, "score", "selected"]
    check({name: [event[name] for event in answer["events"]] for name in answer["events"][0]}, predicted)
    assert 0 < sum(predicted["selected"]) < len(rows)


def test_columns_score_as_files_do(server, events, predicted):
    columns = {name: events[name].to_list() for name in events.fields}
    answer = ask(server, {"columns": columns}, "/v2/models/hand_made/versions/1/events")
    check(answer["columns"], predicted)


def test_an_arrow_stream_scores_as_files_do(server, events, predicted):
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({name: ak.to_arrow(events[name], extensionarray=False) for name in events.fields})
    body = io.BytesIO()
    with pyarrow.ipc.new_stream(body, table.schema) as writer:
        writer.write_table(table, max_chunksize=150)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/v2/models/hand_made/events", body.getvalue(), {"Content-Type": ARROW})
    response = connection.getresponse()
    data = response.read()
    if response.status == 501 and b"built without" in data:
        pytest.skip("built without Arrow")
    assert (response.status, response.getheader("Content-Type")) == (200, ARROW), data
    scores = pyarrow.ipc.open_stream(data).read_all()
    assert scores.schema.types == [
        pyarrow.uint32(),
        pyarrow.uint32(),
        pyarrow.uint64(),
        pyarrow.float32(),
        pyarrow.bool_(),
    ]
    check(scores.to_pydict(), predicted)
    headers = {"Content-Type": ARROW, "Accept": "application/json"}
    connection.request("POST", "/v2/models/hand_made/events", body.getvalue(), headers)
    check(json.loads(connection.getresponse().read())["columns"], predicted)
    connection.request("POST", "/v2/models/hand_made/events", body.getvalue()[:-300], {"Content-Type": ARROW})
    response = connection.getresponse()
    assert response.status == 400 and b"Arrow IPC stream" in response.read()
    connection.close()


def test_an_event_without_identity_or_jets(server):
    answer = ask(server, {"events": [EVENT, EVENT | {"Jet_pt": [], "Jet_eta": []}]})
    assert [list(event) for event in answer["events"]] == [["score", "selected"]] * 2
    expected = expected_scores(np.float32([111.5, 111.5]), np.float32([100.5, 0]))
    np.testing.assert_allclose([event["score"] for event in answer["events"]], expected, rtol=1e-6)
    assert ask(server, {"events": []})["events"] == []
    assert ask(server, {"columns": {name: [] for name in EVENT}})["columns"] == {"score": [], "selected": []}


def test_a_missing_number_has_no_score(server):
    events = [EVENT | {"met": None}, EVENT, EVENT | {"Jet_pt": [None, 40.5]}, EVENT | {"mbb": None}]
    scores = [event["score"] for event in ask(server, {"events": events})["events"]]
    assert [score is None for score in scores] == [True, False, True, True]


def test_numbers_of_any_spelling(server):
    whole = ask(server, {"events": [EVENT | {"ht": 100, "nBJet": 3.0}]})
    assert whole["events"] == ask(server, {"events": [EVENT]})["events"]


WRONG = [
    ({"events": [EVENT, {k: v for k, v in EVENT.items() if k != "Jet_pt"} | {"Jet_Pt": []}]},
     ["event 1", "'Jet_pt' is missing", "'Jet_Pt'"]),
    ({"columns": {name: [value] for name, value in EVENT.items() if name != "met"} | {"mets": [1]}},
     ["'met' is missing", "'mets'"]),
    ({"columns": {name: [value] for name, value in EVENT.items()} | {"met": [1, 2]}}, ["'met' has 2 values"]),
    ({"columns": {"ht": 3}}, ["'ht' is a number", "expected a list"]),
    ({"events": [EVENT, EVENT | {"ht": "high"}]}, ["event 1", "'ht'", "a string"]),
    ({"events": [EVENT, EVENT | {"ht": [1.0]}]}, ["event 1", "'ht'", "a list"]),
    ({"events": [EVENT, EVENT | {"Jet_pt": 3.5}]}, ["event 1", "'Jet_pt'", "a number"]),
    ({"events": [EVENT | {"ht": [1.0]}]}, ["'ht' is of type var * float64", "one number"]),
    ({"events": [EVENT | {"Jet_pt": [[1.0], [2.0]]}]}, ["Jet_pt"]),
    ({"events": [EVENT | {"Jet_pt": [[[[[1.0]]]]]}]}, ["event 0", "Jet_pt", "levels"]),
    ({"events": [EVENT | {"met": {}}]}, ["event 0", "'met'", "an object"]),
    ({"events": [EVENT, EVENT | {"Jet_eta": [0.5]}]}, ["entry 1", "'Jet_pt' has 2 elements", "'Jet_eta' has 1"]),
    ({"events": [EVENT, EVENT | {"run": 1}]}, ["'run' is in 1 of 2 events"]),
    ({"events": [3]}, ["event 0 is a number"]),
    ({"events": {}}, ["\"events\" is an object"]),
    ({"columns": []}, ["\"columns\" is a list"]),
    ({}, ["neither \"events\" nor \"columns\""]),
    ({"events": [], "columns": {}}, ["both"]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "words"), WRONG)
def test_wrong_events_are_refused_and_named(server, body, words):
    status, _, text = server.ask("POST", "/v2/models/hand_made/events", body)
    assert status == 400, text
    for word in words:
        assert word in json.loads(text)["error"]


def test_unknown_models_and_versions(server):
    assert server.ask("POST", "/v2/models/hand_mad/events", {"events": []})[0] == 404
    assert server.ask("POST", "/v2/models/hand_made/versions/9/events", {"events": []})[0] == 404
    assert server.ask("GET", "/v2/models/hand_made/events")[0] == 405


@pytest.fixture(scope="module")
def trained(mlaas, tmp_path_factory):
    """A model of trees on a small file with fills, defines and a list of integers: its bundle, events and scores."""
    folder = tmp_path_factory.mktemp("trained")
    random = np.random.default_rng(3)
    rows = 1500
    counts = random.integers(0, 4, rows)
    x, y = random.normal(0, 1, (2, rows)).astype(np.float32)
    x[random.random(rows) < 0.1] = np.nan
    columns = {
        "event": np.arange(rows, dtype=np.uint64) + 2**60,
        "x": x,
        "y": y,
        "kind": (y + random.normal(0, 1, rows) > 0).astype(np.int32),
        "Jet_pt": ak.unflatten(random.exponential(30, counts.sum()).astype(np.float32), counts),
        "Jet_id": ak.unflatten(random.integers(0, 8, counts.sum()).astype(np.int16), counts),
    }
    with uproot.recreate(folder / "events.root") as file:
        file["Events"] = columns
    workflow = {
        "name": "small",
        "dataset": {
            "tree": "Events",
            "samples": {"all": {"files": [str(folder / "events.root")], "label": "kind"}},
            "classes": ["low", "high"],
            "identity": "event",
            "select": "y > -1.5",
            "define": {"good": "sum((Jet_id & 4) != 0)", "lead": "max(Jet_pt)", "r": "y / 3"},
            "features": {"scalars": ["x", "r", "good", "lead"], "jets": {"columns": ["Jet_pt"], "length": 2}},
            "fill": {"x": "median", "lead": -1},
            "split": {"train": 0.6, "validation": 0.2, "test": 0.2},
        },
        "model": {"kind": "trees", "rounds": 10},
    }
    (folder / "small.yaml").write_text(yaml.safe_dump(workflow), encoding="utf-8")
    done = mlaas("train", folder / "small.yaml", "--output", folder / "small", "--quiet")
    assert done.returncode == 0, done.stderr
    done = mlaas("predict", folder / "small", folder / "events.root", "--out", folder / "scores.root")
    assert done.returncode == 0, done.stderr
    return folder / "small", columns, uproot.open(folder / "scores.root")["Scores"].arrays(library="np")


def test_columns_become_what_training_read(mlaas, trained):
    bundle, columns, predicted = trained
    types = json.loads((bundle / "bundle.json").read_text())["provenance"]["columns"]
    assert types == {
        "event": "uint64",
        "x": "float32",
        "y": "float32",
        "Jet_pt": "var * float32",
        "Jet_id": "var * int16",
    }
    # The fewest digits of float32: as numbers they differ from the file's in float64.
    rows = [
        {
            "event": int(columns["event"][i]),
            "x": None if np.isnan(columns["x"][i]) else float(str(columns["x"][i])),
            "y": float(str(columns["y"][i])),
            "Jet_pt": [float(str(pt)) for pt in columns["Jet_pt"][i].to_numpy()],
            "Jet_id": columns["Jet_id"][i].to_list(),
        }
        for i in range(200)
    ]
    with Server(mlaas.binary, bundle, "--threads", "1") as server:
        answer = ask(server, {"events": rows}, "/v2/models/small/events")["events"]
        one_by_one = [ask(server, {"events": [row]}, "/v2/models/small/events")["events"][0] for row in rows[:20]]
        status, _, text = server.ask("POST", "/v2/models/small/events", {"events": [rows[0] | {"Jet_id": [1.5]}]})
    assert one_by_one == answer[:20]
    assert [event["event"] for event in answer] == predicted["event"][:200].tolist()
    np.testing.assert_array_equal(np.float32([event["score"] for event in answer]), predicted["score"][:200])
    assert [event["selected"] for event in answer] == predicted["selected"][:200].tolist()
    assert status == 400
    assert "event 0, column 'Jet_id': a number with a fraction, expected a list of integers (var * int16)" in text
