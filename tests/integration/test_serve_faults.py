"""`mlaas serve` under clients that are slow, wrong, gone or many: each gets its own answer, the others are served."""

from __future__ import annotations

import json
import random
import re
import resource
import socket
import time
from pathlib import Path

import pytest
from integration.bundles import Signature, write_network
from integration.test_serve import Server

ROW = {"keys": [], "values": [50, 60], "model": "small"}
BODY = json.dumps(ROW).encode()
REQUEST = b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(BODY), BODY)


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_network(folder / "small", Signature(["ht", "met"]))
    return folder


@pytest.fixture(scope="module")
def server(mlaas, models):
    limits = ("--header-time", "1", "--transfer-time", "1", "--max-body", "1", "--max-connections", "12000")
    with Server(mlaas.binary, models, "--threads", "2", *limits) as running:
        yield running
        assert running.ask("POST", "/json", ROW)[0] == 200
        assert running.stop()[0] == 0


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def received(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def tell(server: Server, request: bytes) -> tuple[int, bytes]:
    """Status (0: none) and answer to bytes that need not be a request, after which the client says no more."""
    with connect(server) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = received(connection)
    return (int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0), answer


def post(body: bytes, *headers: bytes, path: bytes = b"/json") -> bytes:
    lines = [b"POST %s HTTP/1.1" % path, b"Host: x", b"Connection: close", *headers]
    if not any(header.lower().startswith((b"content-length", b"transfer-encoding")) for header in headers):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def resident_kib(server: Server) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


def assert_serves(server: Server) -> None:
    begin = time.monotonic()
    assert server.ask("POST", "/json", ROW)[0] == 200
    assert time.monotonic() - begin < 5


def test_ten_thousand_idle_connections(server):
    number = 10000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < number + 500:
        pytest.skip(f"the limit of open files is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, number + 500), hard))
    before = resident_kib(server)
    idle = []
    try:
        for _ in range(number):
            idle.append(connect(server))
        for connection in idle[::500]:
            connection.sendall(REQUEST)
            assert received(connection).startswith(b"HTTP/1.1 200 OK")
        assert_serves(server)
        assert resident_kib(server) - before < number * 24
    finally:
        for connection in idle:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert_serves(server)


@pytest.mark.parametrize("part", [len(REQUEST) - len(BODY) - 3, len(REQUEST) - 5], ids=["header", "body"])
def test_slow_clients_hold_up_nobody(server, part):
    slow = [connect(server) for _ in range(300)]
    for connection in slow:
        connection.sendall(REQUEST[:part])
    for _ in range(20):
        assert_serves(server)
    for connection in slow:
        assert received(connection).startswith(b"HTTP/1.1 408 Request Timeout")
        connection.close()


def test_connections_cut_at_every_byte(server):
    for length in range(len(REQUEST)):
        with connect(server) as connection:
            connection.sendall(REQUEST[:length])
    for length in range(0, len(REQUEST), 7):
        # Cut hard: the peer's reset instead of its end.
        connection = connect(server)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(REQUEST[:length])
        connection.close()
    for _ in range(50):
        # Gone before the answer comes.
        with connect(server) as connection:
            connection.sendall(REQUEST)
    assert_serves(server)


WRONG = {
    "shorter than said": (post(BODY, b"Content-Length: %d" % (len(BODY) + 1)), {400}),
    "longer than said": (post(BODY, b"Content-Length: 10"), {400}),
    "negative length": (post(BODY, b"Content-Length: -1"), {400}),
    "no number": (post(BODY, b"Content-Length: 1x"), {400}),
    "length of 70 bits": (post(BODY, b"Content-Length: 1180591620717411303424"), {400}),
    "length of 64 bits": (post(BODY, b"Content-Length: 18446744073709551615"), {400, 413}),
    "two lengths": (post(BODY, b"Content-Length: 10", b"Content-Length: %d" % len(BODY)), {400}),
    "length and chunks": (post(b"0\r\n\r\n", b"Content-Length: 5", b"Transfer-Encoding: chunked"), {400}),
    "chunk of no number": (post(b"x\r\n", b"Transfer-Encoding: chunked"), {400}),
    "huge chunk": (post(b"ffffffffffffffff\r\n", b"Transfer-Encoding: chunked"), {400, 413}),
    "chunk of 68 bits": (post(b"fffffffffffffffff\r\n", b"Transfer-Encoding: chunked"), {400, 413}),
    "chunk without end": (post(b"3\r\nabcd\r\n", b"Transfer-Encoding: chunked"), {400}),
    "too large": (post(b" " * ((1 << 20) + 1)), {413}),
    "large header": (post(BODY, b"X: " + b"x" * 100_000), {431}),
    "many headers": (post(BODY, *[b"X%d: y" % i for i in range(20_000)]), {431}),
    "header folded": (post(BODY, b"X: a\r\n b"), {200, 400}),
    "null in the path": (b"GET /\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {400, 404}),
    "no method": (b" / HTTP/1.1\r\n\r\n", {400}),
    "TLS on a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), {400}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    "nested lists": (post(b"[" * 500_000), {400}),
    "nested objects": (post(b'{"values":' * 50_000), {400}),
    "nested values": (post(b'{"model":"small","values":' + b"[" * 10_000 + b"]" * 10_000 + b"}"), {400}),
    "many values": (post(b'{"model":"small","values":[' + b"1," * 400_000 + b"1]}"), {400}),
    "long name": (post(b'{"values":[1,2],"model":"' + b"x" * 900_000 + b'"}'), {404}),
    "NaN": (post(b'{"model":"small","values":[NaN,1]}'), {400}),
    "infinity": (post(b'{"model":"small","values":[Infinity,1]}'), {400}),
    "overflow": (post(b'{"model":"small","values":[1e400,1]}'), {400}),
    "negative overflow": (post(b'{"model":"small","values":[-1e39,1]}'), {400}),
    "not UTF-8": (post(b'{"model":"\xff\xfe","values":[1,2]}'), {400}),
    "two documents": (post(BODY + BODY), {400}),
    "null bytes": (post(bytes(1000)), {400}),
    "huge shape": (
        post(
            b'{"inputs":[{"name":"scalars","shape":[9223372036854775807,2],"datatype":"FP32","data":[1,2]}]}',
            path=b"/v2/models/small/infer",
        ),
        {400},
    ),
    "negative shape": (
        post(
            b'{"inputs":[{"name":"scalars","shape":[-1,2],"datatype":"FP32","data":[1,2]}]}',
            path=b"/v2/models/small/infer",
        ),
        {400},
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_requests_get_a_reason(server, name):
    request, expected = WRONG[name]
    status, answer = tell(server, request)
    assert status in expected, answer[:300]
    if status >= 400:
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1].split(b"HTTP/1.1 ")[0])["error"]


def test_changed_requests(server):
    """2000 requests with bytes changed, left out, doubled: an answer that is no fault of the server's, or none."""
    order = random.Random(7)
    inputs = [{"name": "scalars", "shape": [1, 2], "datatype": "FP32", "data": [1.5, 2]}]
    sound = [
        REQUEST,
        post(json.dumps({"inputs": inputs}).encode(), path=b"/v2/models/small/infer"),
        post(b'{"events":[{"ht":1,"met":2}]}', path=b"/v2/models/small/events"),
        b"GET /v2/models/small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        post(b"", path=b"/v2/repository/index"),
    ]
    seen = set()
    for _ in range(2000):
        request = bytearray(order.choice(sound))
        for _ in range(order.randint(1, 4)):
            at = order.randrange(len(request))
            match order.randrange(4):
                case 0:
                    request[at] = order.randrange(256)
                case 1:
                    del request[at : at + order.randint(1, 8)]
                case 2:
                    request[at:at] = request[at : at + order.randint(1, 30)]
                case 3:
                    request[at:at] = bytes(order.randrange(256) for _ in range(order.randint(1, 4)))
            if not request:
                break
        status, answer = tell(server, bytes(request))
        seen.add(status)
        assert status < 500, (bytes(request), answer)
    assert {200, 400, 404} <= seen
    assert_serves(server)
