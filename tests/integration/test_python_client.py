"""The Python client against a real server: tensors in JSON and binary, events, files, errors, connections."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import uproot
from integration.bundles import Group, Signature, network_scores, write_network
from integration.test_serve import Server
from mlaas_client import Client, ServerError

DATA = Path(__file__).parents[2] / "examples" / "tth" / "data"
SIGNATURE = Signature(["ht", "met"], [Group("jets", ["Jet_pt", "Jet_eta"], 4)])


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_network(folder / "net", SIGNATURE)
    return folder


@pytest.fixture(scope="module")
def server(mlaas, models):
    with Server(mlaas.binary, models, "--threads", "1", "--files-root", DATA, "--idle-time", "0.5") as running:
        yield running


@pytest.fixture
def client(server):
    with Client(server.url) as one:
        yield one


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("rows", [1, 500])
def test_scores_are_those_of_onnx_runtime(client, models, rows, binary):
    inputs = SIGNATURE.random_inputs(rows, seed=rows)
    client._binary = binary
    outputs = client.infer("net", inputs, outputs=["scores"])
    assert list(outputs) == ["scores"]
    assert outputs["scores"].dtype == np.float32
    np.testing.assert_allclose(outputs["scores"][:, 0], network_scores(models / "net", inputs), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(client.infer("net", inputs, version="1")["scores"], outputs["scores"])


def test_the_server_says_what_it_takes(client):
    assert "binary_tensor_data" in client.server()["extensions"]
    client.infer("net", SIGNATURE.random_inputs(1, seed=1))
    assert client._binary
    assert [one["name"] for one in client.metadata("net")["inputs"]] == ["scalars", "jets", "jets_count"]
    assert client.ready("net") and not client.ready("other")


def test_events_and_files_score_alike(client, models):
    arrays = uproot.open(DATA / "tth_1.root")["Events"].arrays(["ht", "met", "Jet_pt", "Jet_eta"])
    rows = list(client.files("net", ["tth_1.root"], tree="Events"))
    columns = {name: arrays[name].to_list() for name in ("Jet_pt", "Jet_eta")}
    columns |= {name: arrays[name].to_numpy() for name in ("ht", "met")}
    by_column = client.events("net", columns)
    assert by_column["score"] == [row["score"] for row in rows]
    first = {name: values[0] for name, values in columns.items()}
    assert client.events("net", [first, first | {"met": np.nan}]) == [
        {"score": rows[0]["score"], "selected": True},
        {"score": None, "selected": True},
    ]


def test_what_the_server_refuses(client):
    with pytest.raises(ServerError, match="404: there is no model 'nett'; did you mean 'net'") as refused:
        client.infer("nett", {"x": np.zeros((1, 1), np.float32)})
    assert refused.value.status == 404
    with pytest.raises(ServerError, match="column 'Jet_eta' is missing"):
        client.events("net", [{"met": 1.0}])
    with pytest.raises(ServerError, match="403"):
        list(client.files("net", ["/etc/passwd"]))
    with pytest.raises(TypeError, match="complex128"):
        client.infer("net", {"x": np.zeros(1, complex)})
    assert client.ready("net")  # by the same connection
    with pytest.raises(ValueError, match="http://"):
        Client("127.0.0.1:8083")


def test_connections_are_kept_and_renewed(server, client):
    client.server()
    socket = client._connection.sock
    client.server()
    assert client._connection.sock is socket
    socket.settimeout(5)
    assert socket.recv(1) == b""  # the server closes what is idle for half a second
    assert client.ready("net")
    stream = client.files("net", ["tth_1.root"])
    next(stream)
    stream.close()
    assert client.ready("net")
