"""Who may ask `mlaas serve`: rate limit, prefix, static tokens, and JSON Web Tokens of an issuer made here."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from integration.bundles import Signature, write_network
from integration.test_serve import Server

ROW = {"values": [50, 60], "model": "small"}
ISSUER = "https://iam.example.org/"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_network(folder / "small", Signature(["ht", "met"]))
    return folder


def openssl(*words: object, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=True).stdout


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TestIssuer:
    """Keys and signatures by the openssl command: no code is shared with the server."""

    __test__ = False

    def __init__(self, folder: Path):
        self.keys = {"RS256": folder / "rsa.pem", "ES256": folder / "ec.pem"}
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.keys["RS256"])
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.keys["ES256"])
        self.file = folder / "keys.json"
        self.write_keys("k")

    def write_keys(self, prefix: str) -> None:
        modulus = openssl("rsa", "-in", self.keys["RS256"], "-noout", "-modulus").decode().strip().split("=")[1]
        point = openssl("pkey", "-in", self.keys["ES256"], "-pubout", "-outform", "DER")[-64:]
        rsa = {"kty": "RSA", "kid": f"{prefix}-RS256", "n": b64(bytes.fromhex(modulus)), "e": "AQAB", "use": "sig"}
        curve = {"kty": "EC", "crv": "P-256", "kid": f"{prefix}-ES256", "x": b64(point[:32]), "y": b64(point[32:])}
        self.file.write_text(json.dumps({"keys": [rsa, curve]}))

    def token(self, algorithm: str = "RS256", kid: str = "k", **claims: object) -> str:
        header = {"alg": algorithm, "typ": "JWT", "kid": f"{kid}-{algorithm}"}
        body = {"iss": ISSUER, "aud": "mlaas", "exp": time.time() + 600, "scope": "openid mlaas.read"} | claims
        body = {name: value for name, value in body.items() if value is not None}
        text = b64(json.dumps(header).encode()) + "." + b64(json.dumps(body).encode())
        signature = openssl("dgst", "-sha256", "-sign", self.keys[algorithm], data=text.encode())
        if algorithm == "ES256":
            signature = raw_signature(signature)
        return text + "." + b64(signature)


def raw_signature(der: bytes) -> bytes:
    """r and s of an ECDSA signature: a DER sequence of two short integers."""
    r_end = 4 + der[3]
    r, s = der[4:r_end], der[r_end + 2 :]
    return b"".join(int.from_bytes(number, "big").to_bytes(32, "big") for number in (r, s))


def ask(server: Server, method: str, path: str, token: str | None, body: object = None) -> int:
    return server.ask(method, path, body, {"Authorization": f"Bearer {token}"} if token else {})[0]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory) -> TestIssuer:
    return TestIssuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def server(mlaas, models, issuer):
    options = ("--token-issuer", f"{ISSUER}={issuer.file}", "--token-audience", "mlaas")
    with Server(mlaas.binary, models, *options) as running:
        yield running


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_tokens_of_an_issuer(server, issuer, algorithm):
    reader = issuer.token(algorithm)
    for _ in range(3):
        assert ask(server, "POST", "/json", reader, ROW) == 200
    assert ask(server, "GET", "/models", reader) == 200
    assert ask(server, "DELETE", "/delete/absent", reader) == 403
    both = issuer.token(algorithm, scope="mlaas.upload mlaas.read", aud=["other", "mlaas"])
    assert ask(server, "POST", "/json", both, ROW) == 200
    assert ask(server, "DELETE", "/delete/absent", both) not in (401, 403)
    anywhere = issuer.token(algorithm, aud="https://wlcg.cern.ch/jwt/v1/any")
    assert ask(server, "GET", "/models", anywhere) == 200


def test_wrong_tokens(server, issuer):
    good = issuer.token()
    header, claims, signature = good.split(".")
    none = b64(b'{"alg":"none"}') + "." + claims + "."
    changed = header + "." + b64(json.dumps({"iss": ISSUER, "aud": "mlaas", "exp": 9e9}).encode()) + "." + signature
    hmac = b64(b'{"alg":"HS256","kid":"k-RS256"}') + "." + claims + "." + signature
    wrong = {
        "no token": None,
        "expired": issuer.token(exp=time.time() - 1),
        "no time": issuer.token(exp=None),
        "not yet": issuer.token(nbf=time.time() + 600),
        "other audience": issuer.token(aud="mlaas2"),
        "case of the audience": issuer.token(aud="MLAAS"),
        "no audience": issuer.token(aud=None),
        "other issuer": issuer.token(iss="https://iam.example.org"),
        "no issuer": issuer.token(iss=None),
        "other key": issuer.token(kid="other"),
        "none": none,
        "changed": changed,
        "hmac": hmac,
        "cut": good[:-10],
        "text": "a.b.c",
        "endless time": issuer.token(exp=1e300),
        "deep": b64(b'{"a":' * 1000) + "." + claims + "." + signature,
    }
    for name, token in wrong.items():
        status, headers, text = server.ask("POST", "/json", ROW, {"Authorization": f"Bearer {token}"} if token else {})
        assert status == 401, name
        assert headers["www-authenticate"].startswith('Bearer realm="mlaas"'), name
        assert token is None or token not in text
    # Scopes are whole words.
    for scope in ("", "mlaas.readx", "mlaas", "mlaas.read/a", None):
        assert ask(server, "POST", "/json", issuer.token(scope=scope), ROW) == 403, scope
    assert ask(server, "GET", "/v2/health/ready", None) == 200


def test_verdicts_end_with_the_token(server, issuer):
    token = issuer.token(exp=time.time() + 1.5)
    assert ask(server, "GET", "/models", token) == 200
    time.sleep(1.6)
    assert ask(server, "GET", "/models", token) == 401


def test_keys_are_read_again(mlaas, models, issuer):
    options = ("--token-issuer", f"{ISSUER}={issuer.file}", "--token-audience", "mlaas")
    old, new = issuer.token(), issuer.token(kid="new")
    with Server(mlaas.binary, models, *options) as server:
        assert (ask(server, "GET", "/models", old), ask(server, "GET", "/models", new)) == (200, 401)
        issuer.write_keys("new")
        server.process.send_signal(signal.SIGHUP)
        while "read again" not in server.process.stderr.readline():
            pass
        assert (ask(server, "GET", "/models", old), ask(server, "GET", "/models", new)) == (401, 200)
        issuer.write_keys("k")


def test_static_tokens(mlaas, models, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("read reading-token-0123456789\nupload upload-token-0123456789\n")
    tokens.chmod(0o600)
    with Server(mlaas.binary, models, "--token-file", str(tokens)) as server:
        assert ask(server, "POST", "/json", "reading-token-0123456789", ROW) == 200
        assert ask(server, "DELETE", "/delete/absent", "reading-token-0123456789") == 403
        assert ask(server, "POST", "/json", "upload-token-0123456789", ROW) == 403
        assert ask(server, "POST", "/json", "reading-token-0123456780", ROW) == 401
        assert ask(server, "GET", "/metrics", None) == 401
        assert ask(server, "GET", "/", None) == 200
        code, log = server.stop()
        assert code == 0 and "token-0123456789" not in log


def test_wrong_token_options(mlaas, models, tmp_path, issuer):
    (tmp_path / "keys.json").write_text("{}")
    for options, code, part in (
        (("--token-file", tmp_path / "absent"), 4, "cannot be read"),
        (("--token-issuer", "https://x"), 2, "URL=FILE"),
        (("--token-issuer", f"https://x={issuer.file}"), 2, "--token-audience"),
        (("--token-issuer", f"https://x={tmp_path / 'keys.json'}", "--token-audience", "a"), 2, "Key Set"),
        (("--rate", "100"), 2, "100-S"),
        (("--base", "a b"), 2, "/tfaas"),
    ):
        result = mlaas("serve", "--models", models, "--http", "127.0.0.1:0", *options)
        assert result.returncode == code, result.stderr
        assert part in result.stderr


def test_rate_and_base_as_tfaas(mlaas, models):
    with Server(mlaas.binary, models, "--rate", "3-D", "--base", "/tfaas") as server:
        assert server.ask("POST", "/tfaas/json", ROW)[0] == 200
        status, headers, _ = server.ask("GET", "/tfaas/v2/models/small", headers={"traceparent": "00-" + "a" * 32})
        assert (status, headers["x-ratelimit-remaining"], headers["traceparent"]) == (200, "1", "00-" + "a" * 32)
        assert server.ask("POST", "/json", ROW)[0] == 404
        status, headers, text = server.ask("POST", "/tfaas/json", ROW)
        assert (status, text) == (429, "Limit exceeded\n")
        assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("3", "0")
        assert int(headers["x-ratelimit-reset"]) > time.time()
