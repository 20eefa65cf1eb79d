"""`mlaas serve` in operation: TLS, Unix sockets, limits, configuration files."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from integration.bundles import Signature, write_network
from integration.test_serve import Server

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
        first, second = (socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(2))
        time.sleep(0.1)
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as third:
            assert third.recv(1000).startswith(b"HTTP/1.1 503 ")
        first.close()
        second.close()


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
