"""TFaaS's clients against `mlaas serve`: its documented curl calls, its Python client's and its C++ client's requests.

The requests have the bytes that these clients send; scores are compared with ONNX Runtime and numpy.
"""

from __future__ import annotations

import http.client
import io
import json
import shutil
import struct
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pytest
from integration.bundles import Signature, network_scores, write_network
from integration.test_serve import Server

SIGNATURE = Signature(["ht", "met", "nJet"])
VALUES = [512.3, 80.1, 7.0]
TOLERANCE = 1e-5


@pytest.fixture
def folder(tmp_path) -> Path:
    write_network(tmp_path / "made" / "higgs", SIGNATURE)
    (tmp_path / "models").mkdir()
    return tmp_path


@pytest.fixture
def server(mlaas, folder):
    with Server(mlaas.binary, folder / "models", "--threads", "2") as running:
        yield running


def expected(folder: Path) -> float:
    return network_scores(folder / "made" / "higgs", {"scalars": np.array([VALUES], np.float32)})[0]


def tar_of(path: Path, name: str, gzip: bool = True) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz" if gzip else "w") as archive:
        archive.add(path, name)
    return file.getvalue()


def curl(*arguments: str | Path) -> str:
    command = ["curl", "-sS", "--max-time", "30", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@needs_curl
def test_documented_curl_calls(server, folder):
    bundle = folder / "model.tar.gz"
    bundle.write_bytes(tar_of(folder / "made" / "higgs", "higgs"))
    answer = curl(
        *("-X", "POST", "-H", "Content-Encoding: gzip", "-H", "content-type: application/octet-stream"),
        *("-w", "%{http_code}", "--data-binary", f"@{bundle}", f"{server.url}/upload"),
    )
    assert answer == "200"
    request = folder / "input.json"
    request.write_text(json.dumps({"keys": ["a", "b", "c"], "values": VALUES, "model": "higgs"}), encoding="utf-8")
    (score,) = json.loads(
        curl("-s", "-X", "POST", "-H", "Content-type: application/json", f"-d@{request}", f"{server.url}/json")
    )
    assert score == pytest.approx(expected(folder), abs=TOLERANCE)
    (params,) = json.loads(curl(f"{server.url}/models"))
    assert params["name"] == "higgs"
    assert curl("-X", "DELETE", "-F", "model=higgs", f"{server.url}/delete", "-w", "%{http_code}") == "200"
    assert curl(f"{server.url}/models") == "null\n"
    assert not (folder / "models" / "higgs").exists()


def multipart(fields: dict[str, bytes], files: dict[str, tuple[str, str, bytes]]) -> tuple[str, bytes]:
    """Returns content type and body as TFaaS's Python client puts them together."""
    boundary = "127.0.0.1.0.4711.1577836800.123.1"
    lines: list[bytes] = []
    for name, value in fields.items():
        lines += [f"--{boundary}".encode(), f'Content-Disposition: form-data; name="{name}"'.encode(), b"", value]
    for name, (filename, kind, body) in files.items():
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
        lines += [f"--{boundary}".encode(), disposition.encode(), f"Content-Type: {kind}".encode(), b"", body]
    lines += [f"--{boundary}--".encode(), b""]
    return f"multipart/form-data; boundary={boundary}", b"\r\n".join(lines)


def test_requests_of_the_python_client(server, folder):
    made = folder / "made" / "higgs"
    headers = {"User-Agent": "tfaas-client/1.1::python/3.11 (somebody)"}
    status, _, text = server.ask(
        "POST",
        "/upload",
        tar_of(made, "higgs"),
        headers | {"Content-Encoding": "gzip", "Content-Type": "application/octet-stream"},
    )
    assert (status, text) == (200, "")
    body = json.dumps({"keys": [], "values": VALUES, "model": "higgs"})
    status, answer, text = server.ask("POST", "/json", body, headers | {"Accept": "application/json"})
    assert status == 200
    assert answer["content-type"] == "text/plain; charset=utf-8"
    assert json.loads(text)[0] == pytest.approx(expected(folder), abs=TOLERANCE)
    kind, form = multipart({"model": b"higgs"}, {})
    status, _, text = server.ask("DELETE", "/delete", form, headers | {"Content-Type": kind})
    assert (status, text) == (200, "")
    status, _, text = server.ask("GET", "/models", headers=headers)
    assert text == "null\n"


def proto_row(model: str, keys: list[str], values: list[float]) -> bytes:
    """Returns a message Row, written by hand."""

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    packed = field(2, b"".join(struct.pack("<f", value) for value in values)) if values else b""
    return b"".join(field(1, key.encode()) for key in keys) + packed + (field(3, model.encode()) if model else b"")


def test_requests_of_the_cpp_client(server, folder):
    """It sends protobuf with curl's content type for forms, and looks at the body alone."""
    server.ask("POST", "/upload", tar_of(folder / "made" / "higgs", "higgs", gzip=False))
    connection_headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "TFClient-libcurl-agent"}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for path in ("/proto", "/predict/proto"):
        # Keys that are features are honoured in any order; unknown ones mean the model's order.
        for keys, values in ((["a", "b", "c"], VALUES), (["nJet", "ht", "met"], [VALUES[2], VALUES[0], VALUES[1]])):
            connection.request("POST", path, proto_row("higgs", keys, values), connection_headers)
            response = connection.getresponse()
            data = response.read()
            assert response.status == 200
            assert data[:3] == b"\x0a\x05\x15"  # one Class with a probability only
            assert len(data) == 7
            assert struct.unpack("<f", data[3:])[0] == pytest.approx(expected(folder), abs=TOLERANCE)
    connection.request("POST", "/proto", b"{}", connection_headers)
    response = connection.getresponse()
    assert response.status == 400
    assert "protobuf" in json.loads(response.read())["error"]
    connection.close()


def upload_form(server: Server, name: str, params: dict, model: bytes, encoding: str | None = None) -> tuple[int, str]:
    kind, form = multipart(
        {"name": name.encode()},
        {
            "params": ("/home/somebody/params.json", "application/json", json.dumps(params).encode()),
            "model": ("/home/somebody/" + params.get("model", "model.onnx"), "application/octet-stream", model),
            "labels": ("labels.txt", "text/plain", b"background\nsignal\n"),
        },
    )
    headers = {"Content-Type": kind} | ({"Content-Encoding": encoding} if encoding else {})
    status, _, text = server.ask("POST", "/upload", form, headers)
    return status, text


def test_wrong_uploads_change_nothing(server, folder):
    made = folder / "made" / "higgs"
    server.ask("POST", "/upload", tar_of(made, "higgs"))
    before = sorted(path.name for path in (folder / "models").iterdir())
    model = (made / "model.onnx").read_bytes()
    good = json.loads((made / "params.json").read_text(encoding="utf-8"))
    cases = [
        (upload_form(server, "other", good, model), "must be the same"),
        (upload_form(server, "../up", good | {"name": "../up"}, model), "is no name for a model"),
        (upload_form(server, "", good, model), "no field 'name'"),
        (upload_form(server, "higgs", good, b"!!!", "base64"), "not base64"),
    ]
    damaged = folder / "damaged" / "higgs"
    shutil.copytree(made, damaged)
    (damaged / "model.onnx").write_bytes(model[:-10])
    for body, part in (
        (tar_of(damaged, "higgs"), "checksum"),
        (tar_of(made / "model.onnx", "model.onnx"), "beside folders"),
        (tar_of(made, "../higgs"), "leaves its folder"),
        (b"nothing", "tar"),
        (b"", "archive"),
    ):
        status, _, text = server.ask("POST", "/upload", body)
        cases.append(((status, text), part))
    for (status, text), part in cases:
        assert 400 <= status < 500, text
        assert part in json.loads(text)["error"], text
        assert str(folder) not in text
    assert sorted(path.name for path in (folder / "models").iterdir()) == before
    status, _, text = server.ask("POST", "/json", {"values": VALUES, "model": "higgs"})
    assert json.loads(text)[0] == pytest.approx(expected(folder), abs=TOLERANCE)


def test_upload_under_load_fails_no_request(server, folder):
    """100 uploads of two models in turn: each answer is that of one of them."""
    write_network(folder / "made" / "second", SIGNATURE, hidden=(7, 5))
    scores = {}
    archives = []
    for name in ("higgs", "second"):
        archives.append(tar_of(folder / "made" / name, "higgs"))
        scores[name] = network_scores(folder / "made" / name, {"scalars": np.array([VALUES], np.float32)})[0]
    assert abs(scores["higgs"] - scores["second"]) > 100 * TOLERANCE
    server.ask("POST", "/upload", archives[0])
    asker = subprocess.Popen(
        ["python3", "-c", ASK_FOREVER, str(server.port), json.dumps({"values": VALUES, "model": "higgs"})],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for number in range(100):
        status, _, text = server.ask("POST", "/upload", archives[number % 2])
        assert status == 200, text
    answers, _ = asker.communicate("stop\n", timeout=60)
    found = json.loads(answers)
    assert found["failed"] == 0
    assert found["requests"] > 100
    for score in found["scores"]:
        assert min(abs(score - expected) for expected in scores.values()) < TOLERANCE


ASK_FOREVER = """
import http.client, json, select, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=30)
scores, failed, requests = set(), 0, 0
while not select.select([sys.stdin], [], [], 0)[0]:
    connection.request("POST", "/json", sys.argv[2])
    response = connection.getresponse()
    text = response.read()
    requests += 1
    if response.status == 200:
        scores.add(json.loads(text)[0])
    else:
        failed += 1
print(json.dumps({"scores": sorted(scores), "failed": failed, "requests": requests}))
"""


def test_status(server):
    server.ask("POST", "/json", {"values": [1]})
    status, _, text = server.ask("GET", "/status")
    assert status == 200
    found = json.loads(text)
    assert set(found) == {"CPU", "Load", "Memory", "NGo", "Uptime", "getRequests", "postRequests"}
    assert found["postRequests"] == 1
    assert found["getRequests"] == 1
    assert found["Uptime"] > 0
    assert len(found["CPU"]) >= 1
    assert set(found["Load"]) == {"load1", "load5", "load15"}
    memory = found["Memory"]["Virtual"]
    assert memory["total"] > memory["used"] > 0
    assert 0 < memory["usedPercent"] < 100


def test_deleting(server, folder):
    server.ask("POST", "/upload", tar_of(folder / "made" / "higgs", "higgs"))
    assert server.ask("DELETE", "/delete/higgs")[::2] == (200, "")
    assert server.ask("DELETE", "/delete/higgs")[::2] == (200, "")
    status, _, text = server.ask("DELETE", "/delete")
    assert status == 400
    assert "no model name is provided" in text
    status, _, text = server.ask("DELETE", "/delete/..%2F..%2Fmade")
    assert status == 400
    assert (folder / "made" / "higgs").exists()
