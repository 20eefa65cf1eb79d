"""`mlaas serve` in operation: TLS, Unix sockets, limits, configuration files, access log, its end, systemd."""

from __future__ import annotations

import contextlib
import datetime
import http.client
import json
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from integration.bundles import Signature, write_network
from integration.test_serve import Server

ROOT = Path(__file__).resolve().parents[2]
SMALL = Signature(["ht", "met"])
ROW = {"values": [50, 60], "model": "small"}


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_network(folder / "small", SMALL)
    return folder


def write_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1, signed by itself, and its key, made by the openssl command."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    key_kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    names = ("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", key, "-out", certificate)
    subprocess.run(
        ["openssl", "req", "-x509", "-days", "2", *key_kind, *names, *files], check=True, capture_output=True
    )
    return certificate, key


def ask_over_tls(port: int, certificate: Path, body: dict, version: ssl.TLSVersion | None = None) -> tuple[int, str]:
    context = ssl.create_default_context(cafile=certificate)
    if version:
        context.minimum_version = context.maximum_version = version
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
    connection.request("POST", "/json", json.dumps(body))
    response = connection.getresponse()
    answer = response.status, response.read().decode()
    name = dict(x[0] for x in connection.sock.getpeercert()["subject"])["commonName"]
    connection.close()
    return answer[0], f"{name} {answer[1]}"


def test_tls(mlaas, models, tmp_path):
    certificate, key = write_certificate(tmp_path, "first")
    options = ("--tls-cert", str(certificate), "--tls-key", str(key))
    with Server(mlaas.binary, models / "small") as plain:
        expected = plain.ask("POST", "/json", ROW)[2]
    with Server(mlaas.binary, models, *options) as server:
        assert server.url.startswith("https://")
        for version in (None, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            assert ask_over_tls(server.port, certificate, ROW, version) == (200, f"first {expected}")
        # A body of several records.
        big = {"values": [50, 60], "model": "small", "ignored": "x" * 1_000_000}
        assert ask_over_tls(server.port, certificate, big)[0] == 200
        old = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            input=b"",
            capture_output=True,
        )
        assert old.returncode != 0
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert not connection.recv(100).startswith(b"HTTP/1.1 200")
        # A new certificate, then a broken one: the last good one stays.
        write_certificate(tmp_path, "second")
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "certificate was read again" in server.process.stderr.readline())
        assert ask_over_tls(server.port, certificate, ROW) == (200, f"second {expected}")
        good = certificate.read_text()
        certificate.write_text("nothing")
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "old certificate stays" in server.process.stderr.readline())
        certificate.write_text(good)
        assert ask_over_tls(server.port, certificate, ROW) == (200, f"second {expected}")
        code, _ = server.stop()
        assert code == 0


def wait_for(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_wrong_tls_files(mlaas, models, tmp_path):
    (tmp_path / "a").mkdir()
    certificate, key = write_certificate(tmp_path, "first")
    _, other_key = write_certificate(tmp_path / "a", "other")
    for cert, its_key, code, part in (
        (certificate, tmp_path / "absent", 4, "cannot be read"),
        (key, key, 2, "expected a certificate chain"),
        (certificate, certificate, 2, "private key"),
        (certificate, other_key, 2, "private key"),
        (certificate, "", 2, "go together"),
    ):
        result = mlaas("serve", "--models", models, "--http", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", its_key)
        assert result.returncode == code, result.stderr
        assert part in result.stderr


def test_unix_socket_beside_tcp(mlaas, models, tmp_path):
    path = tmp_path / "mlaas.sock"
    with Server(mlaas.binary, models, "--http", f"unix:{path}") as server:
        for _ in range(2):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(20)
                connection.connect(str(path))
                connection.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")
        assert server.ask("GET", "/v2/health/live")[0] == 200
        assert server.stop()[0] == 0
    assert not path.exists()


def test_limits_are_options(mlaas, models):
    options = ("--max-connections", "2", "--header-time", "0.2", "--max-in-flight", "1", "--transfer-time", "5")
    with Server(mlaas.binary, models, *options) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as slow:
            slow.sendall(b"GET / HT")
            assert slow.recv(1000).startswith(b"HTTP/1.1 408 Request Timeout")
        status, headers, text = server.ask("POST", "/json", b"x" * (2 << 20))
        assert (status, headers["retry-after"]) == (503, "1") and "bytes" in text
        # Two are served and the third is not; connections of above may still count for a moment.
        served: list[socket.socket] = []
        refusal = b""
        while not refusal and len(served) < 3:
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=0.5)
            with contextlib.suppress(TimeoutError):
                refusal = connection.recv(1000)
            served.append(connection)
        assert refusal.startswith(b"HTTP/1.1 503 ")
        for connection in served:
            connection.close()


TFAAS_CONFIG = {
    "port": 0,
    "modelDir": "models",
    "staticDir": "static",
    "configProto": "",
    "base": "",
    "logFile": "",
    "verbose": 0,
    "serverKey": "",
    "serverCrt": "",
    "cacheLimit": 10,
    "rate": "",
    "monitRecord": {"name": "x"},
}


def test_configuration_files(mlaas, models, tmp_path):
    for text in (
        f"models: {models}\nhttp: ['127.0.0.1:0']\nmax_body: 1\n",
        json.dumps({"models": str(models), "http": "127.0.0.1:0", "max-body": 1}),
    ):
        (tmp_path / "serve.yaml").write_text(text)
        result = Server.with_options(mlaas.binary, "--config", str(tmp_path / "serve.yaml"))
        with result as server:
            assert server.ask("POST", "/json", ROW)[0] == 200
            assert server.ask("POST", "/json", b"x" * (2 << 20))[0] == 413
        # The command line wins.
        with Server.with_options(mlaas.binary, "--max-body=4", "--config", str(tmp_path / "serve.yaml")) as server:
            assert server.ask("POST", "/json", b"x" * (2 << 20))[0] == 400


def test_tfaas_configuration_is_accepted(mlaas, models, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps(TFAAS_CONFIG | {"modelDir": str(models)}))
    with Server.with_options(mlaas.binary, "--config", str(config)) as server:
        assert "0.0.0.0" in server.url
        assert server.ask("POST", "/json", ROW)[0] == 200


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("max_bodi: 3\n", 2, ":1: there is no option 'max_bodi'; did you mean 'max-body'"),
        ("\nserverCt: 3\n", 2, ":2: there is no option 'serverCt'; did you mean 'serverCrt'"),
        ("max-body: 9999\n", 2, "max-body"),
        ("max-body: {a: 1}\n", 2, "expected a value"),
        ("- a\n", 2, "expected a map"),
        ("{", 2, "not YAML"),
    ],
)
def test_wrong_configuration_files(mlaas, tmp_path, text, code, part):
    (tmp_path / "serve.yaml").write_text(text)
    result = mlaas("serve", "--config", tmp_path / "serve.yaml")
    assert result.returncode == code
    assert part in result.stderr, result.stderr


def read_lines(path: Path, number: int) -> list[dict]:
    """The log's lines, when there are as many: an answer is read before its line is written."""
    wait_for(lambda: path.exists() and path.read_text().count("\n") >= number)
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_access_log(mlaas, models, tmp_path):
    log = tmp_path / "access.log"
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    parent = f"00-{trace}-00f067aa0ba902b7-01"
    with Server(mlaas.binary, models, "--access-log", str(log), "--threads", "1") as server:
        body = json.dumps(ROW)
        before = time.time()
        _, headers, text = server.ask("POST", "/json", body, {"traceparent": parent, "tracestate": "a=b"})
        assert (headers["traceparent"], headers["tracestate"]) == (parent, "a=b")
        server.ask("GET", "/absent?secret=1")
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(b"nonsense\r\n\r\n")
            connection.recv(1000)
        tensors = [{"name": name, "shape": [3, 2], "datatype": "FP32", "data": [1] * 6} for name in ("scalars",)]
        assert server.ask("POST", "/v2/models/small/infer", {"inputs": tensors})[0] == 200
        first, absent, wrong, infer = read_lines(log, 4)
        assert first["trace"] == trace and abs(first["duration"]) < 5
        assert {k: first[k] for k in ("client", "method", "path", "status", "received", "model", "rows")} == {
            "client": "127.0.0.1",
            "method": "POST",
            "path": "/json",
            "status": 200,
            "received": len(body),
            "model": "small",
            "rows": 1,
        }
        moment = datetime.datetime.fromisoformat(first["time"].replace("Z", "+00:00")).timestamp()
        assert before - 1 < moment < time.time() + 1
        assert first["sent"] > len(text)
        assert (absent["path"], absent["status"]) == ("/absent", 404)
        assert wrong["status"] == 400 and "path" not in wrong
        assert (infer["model"], infer["rows"]) == ("small", 3)
        # Turned away by logrotate.
        log.rename(tmp_path / "access.log.1")
        server.process.send_signal(signal.SIGHUP)
        wait_for(log.exists)
        server.ask("GET", "/v2/health/live")
        assert [line["path"] for line in read_lines(log, 1)] == ["/v2/health/live"]
        text = server.ask("GET", "/metrics")[2]
        for stage in ("read", "parse", "write"):
            assert f'mlaas_http_stage_duration_seconds_count{{stage="{stage}"}} 5' in text
        assert 'mlaas_queue_duration_seconds_count{model="small",version="1"} 2' in text


def test_access_log_that_cannot_be_opened(mlaas, models, tmp_path):
    options = ("--http", "127.0.0.1:0", "--access-log", tmp_path / "absent" / "log")
    result = mlaas("serve", "--models", models, *options)
    assert result.returncode == 4 and "access log" in result.stderr


def test_requests_in_flight_are_answered_when_it_stops(mlaas, models):
    body = json.dumps(ROW).encode()
    with Server(mlaas.binary, models) as server:
        begun = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(5)]
        for connection in begun:
            connection.sendall(b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:5])
        idle = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        assert idle.recv(1) == b""
        for connection in begun:
            connection.sendall(body[5:])
        for connection in begun:
            answer = b"".join(iter(lambda source=connection: source.recv(4096), b""))
            assert answer.startswith(b"HTTP/1.1 200 OK") and b"Connection: close" in answer
            connection.close()
        idle.close()
        assert server.process.wait(20) == 0


def test_says_that_it_is_not_ready_before_it_stops(mlaas, models):
    with Server(mlaas.binary, models, "--farewell-time", "1.5") as server:
        assert server.ask("GET", "/v2/health/ready")[0] == 200
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: server.ask("GET", "/v2/health/ready")[0] == 503)
        assert server.ask("GET", "/v2/models/small/ready")[0] == 503
        assert server.ask("GET", "/v2/health/live")[0] == 200
        assert server.ask("POST", "/json", ROW)[0] == 200
        assert server.process.wait(20) == 0


def test_systemd_accepts_the_unit(mlaas, tmp_path):
    unit = ROOT / "deploy" / "mlaas-serve.service"
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/usr/local/bin/mlaas", str(mlaas.binary)))
    result = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True)
    complaints = [line for line in result.stderr.splitlines() if unit.name in line]
    assert complaints == []


def test_the_units_options_are_the_commands(mlaas, tmp_path):
    unit = (ROOT / "deploy" / "mlaas-serve.service").read_text()
    command = re.search(r"^ExecStart=\S+/mlaas (.*)$", unit, re.M).group(1).split()
    config = tmp_path / "serve.yaml"
    config.write_text((ROOT / "deploy" / "serve.yaml").read_text())
    words = [word.replace("/etc/mlaas/serve.yaml", str(config)) for word in command]
    absent = str(tmp_path / "absent")
    result = mlaas(*words, "--models", absent, "--http", "127.0.0.1:0", "--access-log", "-")
    # All options are known: what is missed is the folder.
    assert result.returncode == 4 and absent in result.stderr
