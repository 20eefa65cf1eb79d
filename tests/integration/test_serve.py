"""`mlaas serve` as a process: scores against ONNX Runtime and numpy, every protocol, wrong requests, load, the end."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from integration.bundles import Group, Signature, network_scores, tree_scores, write_network, write_trees

WITH_JETS = Signature(["ht", "met", "sphericity"], [Group("jets", ["Jet_pt", "Jet_eta"], 4)])
SCALARS_ONLY = Signature(["ht", "met"])
TOLERANCE = 1e-5


class Server:
    """A running `mlaas serve`; the context stops it."""

    def __init__(self, binary: Path, models: Path | None, *options: str):
        given = [] if models is None else ["--models", models, "--http", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            [binary, "serve", *given, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        for line in self.process.stderr:
            self.log.append(line)
            if match := re.search(r"listening on (https?://\S+)", line):
                self.url = match.group(1)
                break
        else:
            raise RuntimeError("the server ended: " + "".join(self.log))
        self.port = urlsplit(self.url).port

    @classmethod
    def with_options(cls, binary: Path, *options: str) -> Server:
        """A server whose models and address are among the options."""
        return cls(binary, None, *options)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def ask(self, method: str, path: str, body: object = None, headers: dict | None = None) -> tuple[int, dict, str]:
        """Returns status, headers and text of one answer; a dict or list is sent as JSON."""
        status, received, content = self.ask_bytes(method, path, body, headers)
        return status, received, content.decode()

    def ask_bytes(
        self, method: str, path: str, body: object = None, headers: dict | None = None
    ) -> tuple[int, dict, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        data = json.dumps(body) if isinstance(body, (dict, list)) else body
        connection.request(method, path, data, headers or {})
        response = connection.getresponse()
        answer = response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        connection.close()
        return answer

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Returns exit code and the rest of the log."""
        self.process.send_signal(number)
        rest = self.process.stderr.read()
        return self.process.wait(30), rest


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_network(folder / "net", WITH_JETS)
    write_network(folder / "small", SCALARS_ONLY)
    write_trees(folder / "bdt", WITH_JETS)
    damaged = write_network(folder / "damaged", SCALARS_ONLY)
    (damaged / "model.onnx").write_bytes((damaged / "model.onnx").read_bytes()[:-10])
    (folder / "no_bundle").mkdir()
    return folder


@pytest.fixture(scope="module")
def server(mlaas, models):
    with Server(mlaas.binary, models, "--threads", "2", "--max-body", "4") as running:
        yield running


def oip_request(signature: Signature, inputs: dict[str, np.ndarray], nested: bool = False) -> dict:
    tensors = []
    for name, values in inputs.items():
        datatype = "INT32" if values.dtype == np.int32 else "FP32"
        data = values.tolist() if nested else values.reshape(-1).tolist()
        tensors.append({"name": name, "shape": list(values.shape), "datatype": datatype, "data": data})
    return {"id": "7", "inputs": tensors}


def expected_scores(models: Path, model: str, signature: Signature, inputs: dict) -> np.ndarray:
    if model == "bdt":
        return tree_scores(models / model, signature, inputs)
    return network_scores(models / model, inputs)


@pytest.mark.parametrize(("model", "signature"), [("net", WITH_JETS), ("bdt", WITH_JETS), ("small", SCALARS_ONLY)])
@pytest.mark.parametrize("rows", [1, 7, 300])
def test_scores_of_the_open_inference_protocol(server, models, model, signature, rows):
    inputs = signature.random_inputs(rows, seed=rows)
    expected = expected_scores(models, model, signature, inputs)
    for nested in (False, True):
        status, headers, text = server.ask("POST", f"/v2/models/{model}/infer", oip_request(signature, inputs, nested))
        assert status == 200, text
        assert headers["content-type"] == "application/json"
        answer = json.loads(text)
        assert (answer["model_name"], answer["model_version"], answer["id"]) == (model, "1", "7")
        (output,) = answer["outputs"]
        assert (output["name"], output["datatype"], output["shape"]) == ("scores", "FP32", [rows, 1])
        assert np.abs(np.array(output["data"]) - expected).max() <= TOLERANCE


@pytest.mark.parametrize(("model", "signature"), [("net", WITH_JETS), ("bdt", WITH_JETS)])
def test_scores_of_tfaas(server, models, model, signature):
    inputs = signature.random_inputs(20, seed=5)
    expected = expected_scores(models, model, signature, inputs)
    names = signature.flat_names()
    for row, flat in enumerate(signature.flat_rows(inputs)):
        values = [float(value) for value in flat]
        in_order = {"keys": [], "values": values, "model": model}
        shuffled = list(zip(names, values, strict=True))[::-1]
        count = int(values[-1])
        present = [
            (name, value)
            for name, value in shuffled
            if not name.endswith("_count") and (not (m := re.search(r"\[(\d+)]", name)) or int(m[1]) < count)
        ]
        by_key = {"keys": [n for n, _ in shuffled], "values": [v for _, v in shuffled], "model": model}
        sparse = {"keys": [n for n, _ in present], "values": [v for _, v in present], "model": model}
        answers = [server.ask("POST", path, body) for path in ("/json", "/predict/json") for body in (in_order, by_key)]
        answers.append(server.ask("POST", "/json", sparse))
        assert {status for status, _, _ in answers} == {200}
        assert len({text for _, _, text in answers}) == 1
        _, headers, text = answers[0]
        assert re.fullmatch(r"\[[-+.e\d]+\]\n", text)
        assert headers["content-type"] == "text/plain; charset=utf-8"
        assert abs(json.loads(text)[0] - expected[row]) <= TOLERANCE


def test_predict_gives_the_same_scores(server, mlaas, models, tmp_path):
    """The same events through `mlaas predict` on a ROOT file and through the server."""
    uproot = pytest.importorskip("uproot")
    inputs = WITH_JETS.random_inputs(200, seed=9)
    count = inputs["jets_count"]
    columns = {name: inputs["scalars"][:, i] for i, name in enumerate(WITH_JETS.scalars)}
    awkward = pytest.importorskip("awkward")
    for i, name in enumerate(WITH_JETS.groups[0].columns):
        kept = inputs["jets"][:, :, i][np.arange(4)[None, :] < count[:, None]]
        columns[name] = awkward.unflatten(kept, count)
    with uproot.recreate(tmp_path / "events.root") as file:
        file.mktree(
            "Events",
            {name: str(values.dtype) for name, values in columns.items() if name in WITH_JETS.scalars}
            | dict.fromkeys(WITH_JETS.groups[0].columns, "var * float32"),
        )
        file["Events"].extend(columns)
    for model in ("net", "bdt"):
        out = tmp_path / f"{model}.npy"
        result = mlaas("predict", models / model, tmp_path / "events.root", "--out", out)
        assert result.returncode == 0, result.stderr
        predicted = np.load(out).reshape(-1)
        status, _, text = server.ask("POST", f"/v2/models/{model}/infer", oip_request(WITH_JETS, inputs))
        assert status == 200
        assert np.abs(predicted - np.array(json.loads(text)["outputs"][0]["data"])).max() <= TOLERANCE
        assert np.abs(predicted - expected_scores(models, model, WITH_JETS, inputs)).max() <= TOLERANCE


def test_metadata_and_health(server, models):
    assert server.ask("GET", "/v2/health/live")[0] == 200
    assert server.ask("GET", "/v2/health/ready")[0] == 200
    assert json.loads(server.ask("GET", "/v2")[2])["name"] == "mlaas"
    for path in ("/v2/models/net", "/v2/models/net/versions/1"):
        status, _, text = server.ask("GET", path)
        assert status == 200
        assert server.ask("GET", path + "/ready")[0] == 200
        metadata = json.loads(text)
        assert metadata["inputs"] == [
            {"name": "scalars", "datatype": "FP32", "shape": [-1, 3]},
            {"name": "jets", "datatype": "FP32", "shape": [-1, 4, 2]},
            {"name": "jets_count", "datatype": "INT32", "shape": [-1]},
        ]
        assert metadata["outputs"] == [{"name": "scores", "datatype": "FP32", "shape": [-1, 1]}]
    index = {row["name"]: row for row in json.loads(server.ask("POST", "/v2/repository/index")[2])}
    assert {name: row["state"] for name, row in index.items()} == {
        "bdt": "READY",
        "net": "READY",
        "small": "READY",
        "damaged": "UNAVAILABLE",
    }
    assert "checksum" in index["damaged"]["reason"]
    assert str(models) not in index["damaged"]["reason"]


def test_tfaas_models_and_params(server, models):
    status, _, text = server.ask("GET", "/models")
    assert status == 200
    assert [params["name"] for params in json.loads(text)] == ["bdt", "net", "small"]
    status, _, text = server.ask("GET", "/params/net")
    assert (status, text) == (200, (models / "net" / "params.json").read_text(encoding="utf-8"))
    assert server.ask("GET", "/params/nett")[0] == 404


def test_default_model(mlaas, models):
    row = {"keys": [], "values": [50.0, 60.0]}
    with Server(mlaas.binary, models) as several:
        status, _, text = several.ask("POST", "/json", row)
        assert status == 400 and "names no model" in text
        assert several.ask("POST", "/params", {"name": "nothing"})[0] == 404
        assert several.ask("POST", "/params", {"model": "small"})[0] == 400
        assert several.ask("POST", "/params", {"name": "small", "model": "model.onnx"})[0] == 200
        assert several.ask("POST", "/json", row)[0] == 200
        assert json.loads(several.ask("GET", "/params")[2])["name"] == "small"
    with Server(mlaas.binary, models / "small") as one:
        assert one.ask("POST", "/json", row | {"model": ""})[0] == 200


WRONG_TFAAS = [
    ("", 400, "the body is empty"),
    ("{", 400, "not JSON"),
    ("[1]", 400, "expected a JSON object"),
    ("[" * 1000 + "]" * 1000, 400, "nested deeper"),
    ('{"values":[1,2],"model":"smal"}', 404, "did you mean 'small'"),
    ('{"values":[1,2],"model":"damaged"}', 404, "could not be loaded"),
    ('{"values":[1],"model":"small"}', 400, "the model takes 2"),
    ('{"values":[1,null],"model":"small"}', 400, "is null"),
    ('{"values":[1,NaN],"model":"small"}', 400, "not JSON"),
    ('{"values":[1,1e50],"model":"small"}', 400, "range of float32"),
    ('{"keys":["ht","mett"],"values":[1,2],"model":"small"}', 400, "did you mean 'met'"),
    ('{"keys":["ht"],"values":[1],"model":"small"}', 400, "lacks 'met'"),
    ('{"keys":["ht","ht"],"values":[1,2],"model":"small"}', 400, "stands twice"),
    ('{"model":"small"}', 400, 'no \\"values\\"'),
]


@pytest.mark.parametrize(("body", "code", "part"), WRONG_TFAAS)
def test_wrong_tfaas_requests(server, body, code, part):
    status, headers, text = server.ask("POST", "/json", body)
    assert status == code
    assert headers["content-type"] == "application/json"
    assert list(json.loads(text)) == ["error"]
    assert part in text


def test_wrong_counts_of_flat_rows(server):
    values = [float(v) for v in WITH_JETS.flat_rows(WITH_JETS.random_inputs(1, 1))[0]]
    for count in (-1, 4.5, 5, 1e9):
        status, _, text = server.ask("POST", "/json", {"values": [*values[:-1], count], "model": "net"})
        assert status == 400, text
        assert "jets" in text


def spoiled(change) -> dict:
    request = oip_request(WITH_JETS, WITH_JETS.random_inputs(2, 1))
    change(request)
    return request


WRONG_OIP = [
    (lambda r: r.pop("inputs"), "inputs"),
    (lambda r: r["inputs"].pop(2), "lacks input 'jets_count'"),
    (lambda r: r["inputs"][1].update(name="jet"), "did you mean 'jets'"),
    (lambda r: r["inputs"][0].update(datatype="INT8"), "expected FP32"),
    (lambda r: r["inputs"][0].update(shape=[2, 4]), "has shape [2, 4], expected [-1, 3]"),
    (lambda r: r["inputs"][0].update(shape=[3, 3]), "wants 9"),
    (lambda r: r["inputs"][0].update(data=[1, 2]), "has 2 elements"),
    (lambda r: r["inputs"][0].update(data=[1, 2, 3, 4, 5, None]), "element 5 is null"),
    (lambda r: r["inputs"][0].update(data=[1, 2, 3, 4, 5, "x"]), "element 5 is a string"),
    (lambda r: r["inputs"][0].pop("data"), 'no list \\"data\\"'),
    (lambda r: r["inputs"][2].update(data=[1, 9]), "element 1 is 9, expected 0 to 4"),
    (lambda r: r["inputs"][2].update(data=[1, -1]), "element 1 is -1, expected 0 to 4"),
    (lambda r: r.update(outputs=[{"name": "x"}]), "no output 'x'"),
]


@pytest.mark.parametrize(("change", "part"), WRONG_OIP)
def test_wrong_oip_requests(server, change, part):
    status, _, text = server.ask("POST", "/v2/models/net/infer", spoiled(change))
    assert status == 400
    assert part in json.loads(text)["error"].replace('"', '\\"')


def test_wrong_routes_and_headers(server):
    assert server.ask("POST", "/v2/models/nett/infer", {})[0] == 404
    assert server.ask("POST", "/v2/models/net/versions/2/infer", {})[0] == 404
    status, _, text = server.ask("GET", "/v2/model/net")
    assert status == 404 and "/v2/models/{model}" in text
    status, headers, _ = server.ask("DELETE", "/json")
    assert (status, headers["allow"]) == (405, "POST")
    assert server.ask("GET", "/v2/models/%zz")[0] == 400
    assert server.ask("POST", "/json", "{}", {"Content-Encoding": "gzip"})[0] == 415
    binary = {"Inference-Header-Content-Length": "10"}
    status, _, text = server.ask("POST", "/v2/models/net/infer", "{}", binary)
    assert status == 400 and "Inference-Header-Content-Length is 10, the body has 2 bytes" in text
    assert server.ask("POST", "/json", b"x" * (5 << 20))[0] == 413


def test_malformed_http(server):
    for wrong in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET / FTP/1.1\r\n\r\n",
        b"POST /json HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(wrong)
            assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")
    for cut in (b"", b"POST /json HTTP/1.1\r\n", b"POST /json HTTP/1.1\r\nContent-Length: 100\r\n\r\n{"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(cut)
    assert server.ask("GET", "/v2/health/live")[0] == 200


def test_curl_as_tfaas_documents_it(server):
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    row = json.dumps({"keys": ["ht", "met"], "values": [50, 60], "model": "small"})
    plain = subprocess.run(["curl", "-sS", "-d", row, server.url + "/json"], capture_output=True, text=True, check=True)
    # What TFaaS's C++ client sends: a form's content type, and an expectation of 100-continue.
    form = ["-H", "Content-Type: application/x-www-form-urlencoded", "-H", "Expect: 100-continue"]
    expecting = subprocess.run(
        ["curl", "-sS", *form, "-d", row, server.url + "/json"], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"\[0\.\d+\]\n", plain.stdout)
    assert expecting.stdout == plain.stdout


def test_tritons_own_client(server, models):
    """JSON tensors through `tritonclient`, unchanged."""
    client_library = pytest.importorskip("tritonclient.http")
    client = client_library.InferenceServerClient(f"127.0.0.1:{server.port}")
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("net")
    assert client.get_model_metadata("net")["outputs"][0]["name"] == "scores"
    assert {row["name"] for row in client.get_model_repository_index()} == {"bdt", "damaged", "net", "small"}
    values = WITH_JETS.random_inputs(5, seed=1)
    tensors = []
    for name, value in values.items():
        datatype = "INT32" if value.dtype == np.int32 else "FP32"
        tensors.append(client_library.InferInput(name, value.shape, datatype))
        tensors[-1].set_data_from_numpy(value, binary_data=False)
    answer = client.infer("net", tensors, request_id="a")
    assert answer.get_response()["id"] == "a"
    expected = network_scores(models / "net", values)
    assert np.abs(answer.as_numpy("scores")[:, 0] - expected).max() <= TOLERANCE
    client.close()


def test_many_clients_at_once(server, models):
    inputs = WITH_JETS.random_inputs(64, seed=3)
    expected = {m: expected_scores(models, m, WITH_JETS, inputs) for m in ("net", "bdt")}
    rows = WITH_JETS.flat_rows(inputs).tolist()

    def client(number: int) -> float:
        worst = 0.0
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for i in range(20):
            model = ("net", "bdt")[(number + i) % 2]
            row = (number + i) % 64
            connection.request("POST", "/json", json.dumps({"values": rows[row], "model": model}))
            response = connection.getresponse()
            text = response.read()
            assert response.status == 200, text
            worst = max(worst, abs(json.loads(text)[0] - expected[model][row]))
        connection.close()
        return worst

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        assert max(pool.map(client, range(64))) <= TOLERANCE


def test_metrics_and_front_page(server):
    server.ask("POST", "/json", {"values": [50, 60], "model": "small"})
    status, headers, text = server.ask("GET", "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    assert re.search(r'mlaas_http_requests_total\{[^}]*route="/json"[^}]*\} [1-9]', text)
    assert re.search(r'mlaas_inference_rows_total\{model="small",version="1"\} [1-9]', text)
    assert "mlaas_http_request_duration_seconds_bucket" in text
    status, headers, text = server.ask("GET", "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    status, headers, text = server.ask("HEAD", "/")
    assert (status, text) == (200, "") and int(headers["content-length"]) > 100


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly(mlaas, models, number):
    with Server(mlaas.binary, models / "small") as running:
        idle = socket.create_connection(("127.0.0.1", running.port), timeout=10)
        assert running.ask("GET", "/v2/health/live")[0] == 200
        start = time.monotonic()
        code, rest = running.stop(number)
        assert code == 0
        assert time.monotonic() - start < 5
        assert "stopped" in rest
        assert idle.recv(1) == b""
        idle.close()


def test_usage_errors(mlaas, models, tmp_path):
    absent = mlaas("serve", "--models", tmp_path / "absent")
    assert absent.returncode == 4
    assert "absent" in absent.stderr
    address = mlaas("serve", "--models", models, "--http", "somewhere")
    assert address.returncode == 2
    assert "127.0.0.1:8083" in address.stderr
    with Server(mlaas.binary, models / "small") as running:
        taken = mlaas("serve", "--models", models / "small", "--http", f"127.0.0.1:{running.port}")
        assert taken.returncode == 4
        assert "Address already in use" in taken.stderr


def test_an_empty_folder_is_served(mlaas, tmp_path):
    with Server(mlaas.binary, tmp_path) as running:
        assert running.ask("GET", "/models")[2] == "null\n"
        assert running.ask("POST", "/json", {"values": [1]})[0] == 400
