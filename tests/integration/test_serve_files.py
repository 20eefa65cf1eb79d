"""Whole files scored by `mlaas serve`: the rows of `mlaas predict`, streamed and as a friend tree; allowed files."""

from __future__ import annotations

import http.client
import io
import json
import shutil
import socket
import time
from pathlib import Path

import numpy as np
import pytest
import uproot
from hand_made_bundle import TTH_IDENTITY, write_tth_bundle
from integration.test_serve import Server

DATA = Path(__file__).parents[2] / "examples" / "tth" / "data"
ROUTE = "/v2/models/hand_made/files"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return write_tth_bundle(tmp_path_factory.mktemp("models") / "tth")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder of files that may be read, with links in and out, one that may be written, and one that is neither."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("in", "in/deeper", "out", "other"):
        (folder / name).mkdir()
    for file in sorted(DATA.glob("tth_*.root")):
        shutil.copy(file, folder / "in")
    shutil.copy(DATA / "tth_1.root", folder / "other")
    shutil.copy(DATA / "tth_1.root", folder / "in" / "deeper")
    (folder / "in" / "inside.root").symlink_to(folder / "in" / "tth_1.root")
    (folder / "in" / "outside.root").symlink_to(folder / "other" / "tth_1.root")
    (folder / "in" / "door").symlink_to(folder / "other")
    (folder / "out" / "door").symlink_to(folder / "other")
    (folder / "in" / "cut.root").write_bytes((DATA / "tth_1.root").read_bytes()[:50_000])
    with uproot.recreate(folder / "in" / "empty.root") as file:
        arrays = uproot.open(DATA / "tth_1.root")["Events"].arrays(entry_stop=1)
        file.mktree("Events", {name: arrays[name].type.content for name in arrays.fields})
    return folder


@pytest.fixture(scope="module")
def server(mlaas, bundle, folders):
    options = ["--files-root", folders / "in", "--files-out", folders / "out", "--files-at-once", "1"]
    with Server(mlaas.binary, bundle, "--threads", "2", *options) as running:
        yield running


@pytest.fixture(scope="module")
def predicted(mlaas, bundle, folders):
    """What `mlaas predict` writes."""
    out = folders / "other" / "scores.root"
    result = mlaas("predict", bundle, *sorted(folders.glob("in/tth_*.root")), "--out", out)
    assert result.returncode == 0, result.stderr
    return uproot.open(out)["Scores"].arrays(library="np")


FILES = {"files": ["tth_1.root", "tth_2.root", "tth_3.root", "tth_4.root"]}


def ask(server, body, path=ROUTE):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", path, json.dumps(body))
    response = connection.getresponse()
    data = response.read()
    # The connection is good for another request.
    connection.request("GET", "/v2/health/live")
    assert connection.getresponse().status == 200
    connection.close()
    return response.status, response.headers, data


def check(columns, predicted):
    assert list(columns) == [*TTH_IDENTITY, "score", "selected"]
    for name, values in predicted.items():
        np.testing.assert_array_equal(np.asarray(columns[name]).astype(values.dtype), values)


def test_lines_of_json(server, predicted):
    status, headers, data = ask(server, FILES)
    assert (status, headers["Content-Type"]) == (200, "application/x-ndjson"), data
    assert headers["Transfer-Encoding"] == "chunked"
    rows = [json.loads(line) for line in data.splitlines()]
    check({name: [row[name] for row in rows] for name in rows[0]}, predicted)


def test_csv(server, predicted):
    status, headers, data = ask(server, FILES | {"format": "csv"}, "/v2/models/hand_made/versions/1/files")
    assert (status, headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    lines = data.decode().splitlines()
    names = lines[0].split(",")
    rows = [line.split(",") for line in lines[1:]]
    kinds = [int, int, int, np.float32, int]
    check(
        {name: [kind(row[i]) for row in rows] for i, (name, kind) in enumerate(zip(names, kinds, strict=True))},
        predicted,
    )


def test_npy(server, predicted):
    status, headers, data = ask(server, FILES | {"format": "npy", "tree": "Events"})
    assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
    records = np.load(io.BytesIO(data))
    assert [records.dtype[name] for name in records.dtype.names] == [np.uint32, np.uint32, np.uint64, np.float32, bool]
    check({name: records[name] for name in records.dtype.names}, predicted)


def test_a_friend_tree(server, folders, predicted):
    status, _, data = ask(server, FILES | {"out": "scores.root", "out_tree": "tth"})
    assert status == 200, data
    selected = int(predicted["selected"].sum())
    rows = len(predicted["score"])
    expected = {"out": "scores.root", "tree": "tth", "entries": rows, "selected": selected, "without_score": 0}
    assert json.loads(data) == expected
    check(uproot.open(folders / "out" / "scores.root")["tth"].arrays(library="np"), predicted)
    status, _, data = ask(server, FILES | {"out": "scores.root"})
    assert status == 400 and b"is there already" in data


def test_spellings_of_allowed_files(server, folders):
    one = ask(server, {"files": ["tth_1.root"]})
    for spelling in (
        "inside.root",
        "deeper/tth_1.root",
        "deeper/../tth_1.root:Events",
        str(folders / "in" / "tth_1.root"),
    ):
        assert ask(server, {"files": [spelling]})[2] == one[2], spelling


def test_an_empty_tree(server):
    assert ask(server, {"files": ["empty.root"]})[2] == b""
    assert ask(server, {"files": ["empty.root"], "format": "csv"})[2] == b"run,luminosityBlock,event,score,selected\n"
    assert len(np.load(io.BytesIO(ask(server, {"files": ["empty.root"], "format": "npy"})[2]))) == 0


OUTSIDE = ["../other/tth_1.root", "outside.root", "door/tth_1.root", "/etc/passwd", "deeper/../../other/tth_1.root",
           "root://host//store/x.root", "../other/none.root", "/nowhere/x.root"]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
def test_files_outside_are_refused(server, folders, path):
    status, _, data = ask(server, {"files": ["tth_1.root", path]})
    assert status == 403, data
    assert path in json.loads(data)["error"]
    assert str(folders) not in data.decode()


@pytest.mark.parametrize("path", ["../x.root", "door/x.root", "/tmp/x.root", "../in/x.root", "../out2/x.root"])
def test_files_are_written_nowhere_else(server, folders, path):
    before = sorted(folders.rglob("*"))
    status, _, data = ask(server, {"files": ["tth_1.root"], "out": path})
    assert status == 403, data
    assert sorted(folders.rglob("*")) == before


WRONG = [
    ({"files": ["tth_9.root"]}, 404, ["no file 'tth_9.root'"]),
    ({"files": ["tth_1.root"], "tree": "Event"}, 404, ["'Event'", "'Events'"]),
    ({"files": ["cut.root"]}, 400, ["cut.root"]),
    ({"files": ["tth_1.root"], "out": "scores.csv"}, 400, ["ends in .root"]),
    ({"files": ["tth_1.root"], "out": "none/scores.root"}, 404, ["folder of 'none/scores.root'"]),
    ({"files": ["tth_1.root"], "format": "xml"}, 400, ["'xml'", "ndjson, csv or npy"]),
    ({"files": []}, 400, ["\"files\" is empty"]),
    ({"files": ["a\u0000b"]}, 400, ["control characters"]),
    ({"files": [3]}, 400, ["\"files\"[0] is a number"]),
    ({"file": ["tth_1.root"]}, 400, ["unknown key 'file'", "'files'"]),
    ({}, 400, ["no \"files\""]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "words"), WRONG)
def test_wrong_requests(server, folders, body, status, words):
    found, _, data = ask(server, body)
    assert found == status, data
    for word in words:
        assert word in json.loads(data)["error"]
    assert str(folders) not in data.decode()


def begin(port, body):
    """A request whose answer is read as slowly as one likes."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    data = json.dumps(body).encode()
    client.sendall(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (ROUTE.encode(), len(data), data))
    return client


def test_a_slow_client_holds_its_place_and_a_lost_one_frees_it(server):
    many = {"files": FILES["files"] * 60}
    client = begin(server.port, many)
    assert client.recv(100).startswith(b"HTTP/1.1 200 OK")
    status, headers, data = ask(server, FILES)
    assert (status, headers["Retry-After"]) == (503, "1"), data
    client.close()
    for _ in range(100):
        status, _, _ = ask(server, FILES)
        if status == 200:
            break
        time.sleep(0.1)
    assert status == 200


def test_a_server_that_ends_does_not_wait_for_a_slow_client(mlaas, bundle, folders):
    options = ["--files-root", folders / "in", "--drain-time", "0.3"]
    with Server(mlaas.binary, bundle, "--threads", "1", *options) as server:
        client = begin(server.port, {"files": FILES["files"] * 60})
        assert client.recv(100).startswith(b"HTTP/1.1 200 OK")
        start = time.monotonic()
        code, _ = server.stop()
        assert code == 0 and time.monotonic() - start < 10
        client.close()


def test_off_by_default(mlaas, bundle, folders):
    with Server(mlaas.binary, bundle, "--threads", "1") as server:
        status, _, data = ask(server, {"files": [str(folders / "in" / "tth_1.root")]})
        assert status == 403 and b"--files-root" in data
    result = mlaas("serve", "--models", bundle, "--files-root", folders / "none")
    assert result.returncode != 0 and "none" in result.stderr
