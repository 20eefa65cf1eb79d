#!/usr/bin/env python3
"""Sends the same requests to NVIDIA's Triton and to `mlaas serve` and compares the answers field by field.

Triton comes from the Python package nvidia-pytriton and computes the same network by ONNX Runtime. Needs an environment
of its own, made with the system's Python 3.11: pip install -r tests/conformance/triton_requirements.txt. Not part of
`make test`: the package is large.

Usage: compare_with_triton.py [--binary PATH]
Exit 0: every difference is one of KNOWN, which docs/serving.md lists with reasons; 1: there are others.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig, TritonSecurityConfig
from tritonclient.grpc import service_pb2, service_pb2_grpc

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from integration.bundles import Signature, network_scores, write_network  # noqa: E402

TOKEN = "token"  # for what pytriton restricts
SIGNATURE = Signature(["ht", "met"])
ROWS = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
PLAIN = {"name": "scalars", "shape": [3, 2], "datatype": "FP32", "data": ROWS.reshape(-1).tolist()}


@dataclass
class Case:
    """A request over HTTP."""

    name: str
    method: str
    path: str
    body: object = None
    tail: bytes = b""
    headers: dict = field(default_factory=dict)


def inference(name: str, tail: bytes = b"", headers: dict | None = None, **body: object) -> Case:
    return Case(name, "POST", "/v2/models/small/infer", {"inputs": [PLAIN]} | body, tail, headers or {})


def tensor(**change: object) -> dict:
    return {"inputs": [{k: v for k, v in (PLAIN | change).items() if v is not None}]}


def http_cases() -> Iterator[Case]:
    for path in ("/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/small", "/v2/models/small/versions/1"):
        yield Case(path, "GET", path)
    for path in ("/v2/models/small/ready", "/v2/models/none", "/v2/models/small/versions/7", "/v2/models/none/ready"):
        yield Case(path, "GET", path)
    for path in ("/v2/models/small/config", "/v2/models/small/stats", "/v2/models/stats", "/v2/trace/setting"):
        yield Case(path, "GET", path)
    for path in ("/v2/logging", "/v2/systemsharedmemory/status", "/v2/cudasharedmemory/status", "/v2/nothing"):
        yield Case(path, "GET", path)
    yield Case("index", "POST", "/v2/repository/index")
    yield inference("json")
    yield inference("json with id", id="a")
    yield inference("json with output", outputs=[{"name": "scores"}])
    yield inference("nested data", **tensor(data=ROWS.tolist()))
    binary = tensor(data=None, parameters={"binary_data_size": ROWS.nbytes})
    yield inference("bytes in", ROWS.tobytes(), **binary)
    both = binary | {"parameters": {"binary_data_output": True}}
    yield inference("bytes in and out", ROWS.tobytes(), **both)
    wanted = [{"name": "scores", "parameters": {"binary_data": True}}]
    yield inference("bytes out", outputs=wanted)
    yield inference("classification", outputs=[{"name": "scores", "parameters": {"classification": 1}}])
    yield inference("gzip", headers={"Content-Encoding": "gzip"})
    yield inference("priority and timeout", parameters={"priority": 0, "timeout": 10_000_000})
    yield inference("no such input", **tensor(name="x"))
    yield inference("no such output", outputs=[{"name": "x"}])
    yield inference("wrong shape", **tensor(shape=[2, 3]))
    yield inference("wrong datatype", **tensor(datatype="INT32", data=[1] * 6))
    yield inference("too few data", **tensor(data=[1, 2]))
    yield inference("no data", **tensor(data=None))
    yield inference("no inputs", inputs=[])
    yield inference("bytes too short", b"abc", **binary)
    yield inference("bytes left over", ROWS.tobytes() + b"abc", **binary)
    yield inference("sequence", parameters={"sequence_id": 5})
    yield Case("not json", "POST", "/v2/models/small/infer", "{")
    yield Case("no such model", "POST", "/v2/models/none/infer", {"inputs": [PLAIN]})


def ask(port: int, case: Case) -> tuple[int, str, object]:
    """Status, content type, and the body: JSON, with its bytes as another member."""
    text = case.body if isinstance(case.body, str) else json.dumps(case.body) if case.body is not None else ""
    body = text.encode() + case.tail
    headers = {"triton-access-token": TOKEN} | case.headers
    if case.tail:
        headers["Inference-Header-Content-Length"] = str(len(text.encode()))
    if headers.get("Content-Encoding") == "gzip":
        body = gzip.compress(body)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(case.method, case.path, body or None, headers)
    response = connection.getresponse()
    content = response.read()
    length = int(response.headers.get("Inference-Header-Content-Length", len(content)))
    try:
        document = json.loads(content[:length]) if content else None
    except ValueError:
        document = content[:length].decode(errors="replace")
    if length < len(content):
        document["bytes"] = np.frombuffer(content[length:], np.float32).tolist()
    return response.status, response.headers.get("Content-Type", ""), document


def flatten(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flatten(inner, f"{path}.{key}")
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for position, inner in enumerate(value):
            yield from flatten(inner, f"{path}[{position}]")
    else:
        yield path, value


def same(a: object, b: object) -> bool:
    numbers = isinstance(a, list) and isinstance(b, list) and all(isinstance(v, (int, float)) for v in [*a, *b])
    return len(a) == len(b) and np.allclose(a, b, atol=1e-5) if numbers else a == b


def compare(name: str, theirs: dict, ours: dict) -> Iterator[str]:
    """Lines "case field: Triton's | ours" for what differs."""
    for key in [*theirs, *(key for key in ours if key not in theirs)]:
        absent = "(absent)"
        if not same(theirs.get(key, absent), ours.get(key, absent)):
            yield f"{name} {key}: {theirs.get(key, absent)!r} | {ours.get(key, absent)!r}"


def http_fields(port: int, case: Case) -> dict:
    status, kind, document = ask(port, case)
    fields = {"status": status, "type": kind if status == 200 else ""} | dict(flatten(document, "body"))
    # Of errors and measured numbers, only that they are there and of what kind.
    return {key: type(value).__name__ if "error" in key or "_stats" in key else value for key, value in fields.items()}


def grpc_calls() -> Iterator[tuple[str, str, object]]:
    """Name of the case, call, request."""
    pb = service_pb2

    def infer(**change: object) -> pb.ModelInferRequest:
        request = pb.ModelInferRequest(model_name=change.get("model", "small"), id=change.get("id", ""))
        request.inputs.add(name=change.get("name", "scalars"), datatype="FP32", shape=change.get("shape", [3, 2]))
        if change.get("typed"):
            request.inputs[0].contents.fp32_contents.extend(ROWS.reshape(-1).tolist())
        else:
            request.raw_input_contents.append(change.get("raw", ROWS.tobytes()))
        for output in change.get("outputs", []):
            request.outputs.add(name=output)
        return request

    yield "ServerLive", "ServerLive", pb.ServerLiveRequest()
    yield "ServerReady", "ServerReady", pb.ServerReadyRequest()
    yield "ModelReady", "ModelReady", pb.ModelReadyRequest(name="small")
    yield "ModelReady none", "ModelReady", pb.ModelReadyRequest(name="none")
    yield "ModelMetadata", "ModelMetadata", pb.ModelMetadataRequest(name="small")
    yield "ModelMetadata none", "ModelMetadata", pb.ModelMetadataRequest(name="none")
    yield "RepositoryIndex", "RepositoryIndex", pb.RepositoryIndexRequest()
    yield "ModelConfig none", "ModelConfig", pb.ModelConfigRequest(name="none")
    yield "ModelStatistics none", "ModelStatistics", pb.ModelStatisticsRequest(name="none")
    yield "ModelInfer", "ModelInfer", infer(id="7")
    yield "ModelInfer typed", "ModelInfer", infer(typed=True)
    yield "ModelInfer no such model", "ModelInfer", infer(model="none")
    yield "ModelInfer no such input", "ModelInfer", infer(name="x")
    yield "ModelInfer no such output", "ModelInfer", infer(outputs=["x"])
    yield "ModelInfer wrong shape", "ModelInfer", infer(shape=[2, 3])
    yield "ModelInfer short", "ModelInfer", infer(raw=b"abc")


def grpc_fields(address: str, call: str, request: object) -> dict:
    with grpc.insecure_channel(address) as channel:
        try:
            metadata = (("triton-grpc-protocol-triton-access-token", TOKEN), ("triton-access-token", TOKEN))
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            message = getattr(stub, call)(request, metadata=metadata)
        except grpc.RpcError as error:
            return {"status": error.code().name}
    fields = {"status": "OK"}
    for descriptor, value in message.ListFields():
        if descriptor.name == "raw_output_contents":
            fields[descriptor.name] = np.frombuffer(value[0], np.float32).tolist()
        else:
            fields[descriptor.name] = str(value)
    return fields


# Differences that are meant, as regular expressions on a line; docs/serving.md gives the reasons.
KNOWN = [
    r"^http /v2 body\.(name|version|extensions): ",
    r"^http /v2/(health/live|health/ready|models/small/ready) (type|body)",
    r"^http /v2/models/none/ready status: 400 \| 404$",
    r" (body\.)?(platform|backend): .* 'openvino_onnx'$",
    r"^http /v2/models/small/config body\..*\| '\(absent\)'$",
    r"^http /v2/models/small/config body\.dynamic_batching\.preferred_batch_size: ",
    r"^http /v2/models/small/config body\.instance_group\[0\]\.(name|count): ",
    r"^http /v2/models/small/config body\.(default_model_filename|parameters): ",
    r"^(http index|grpc RepositoryIndex) ",
    r"^(http|grpc ModelInfer) no such input ",
    r"^http sequence ",
    r"^http (too few data|not json) status: 500 \| 400$",
    r"^grpc ModelStatistics none status: 'INVALID_ARGUMENT' \| 'NOT_FOUND'$",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "release" / "apps" / "mlaas" / "mlaas")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        write_network(Path(name) / "small", SIGNATURE)

        @batch
        def run(scalars: np.ndarray) -> dict[str, np.ndarray]:
            scores = network_scores(Path(name) / "small", {"scalars": scalars})
            return {"scores": np.asarray(scores, np.float32).reshape(-1, 1)}

        http_port, grpc_port = free_port(), free_port()
        config = TritonConfig(http_port=http_port, grpc_port=grpc_port, metrics_port=free_port())
        with Triton(config=config, security_config=TritonSecurityConfig(access_token=TOKEN)) as triton:
            shapes = {"dtype": np.float32, "shape": (2,)}, {"dtype": np.float32, "shape": (1,)}
            triton.bind(
                model_name="small",
                infer_func=run,
                inputs=[Tensor(name="scalars", **shapes[0])],
                outputs=[Tensor(name="scores", **shapes[1])],
                config=ModelConfig(max_batch_size=1024),
            )
            triton.run()
            command = [options.binary, "serve", "--models", name, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]
            with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
                found = listening(server)
                try:
                    lines = []
                    for case in http_cases():
                        theirs = http_fields(http_port, case)
                        lines += compare("http " + case.name, theirs, http_fields(found["http"], case))
                    for call_name, *call in grpc_calls():
                        theirs = grpc_fields(f"127.0.0.1:{grpc_port}", *call)
                        ours = grpc_fields(f"127.0.0.1:{found['grpc']}", *call)
                        lines += compare("grpc " + call_name, theirs, ours)
                finally:
                    server.terminate()
    unknown = [line for line in lines if not any(re.search(pattern, line) for pattern in KNOWN)]
    print("\n".join(unknown))
    print(f"{len(lines)} differences, {len(unknown)} of them not known", file=sys.stderr)
    return 1 if unknown else 0


def listening(server: subprocess.Popen) -> dict[str, int]:
    found: dict[str, int] = {}
    while len(found) < 2:
        line = server.stderr.readline()
        if not line:
            raise SystemExit("mlaas serve did not start")
        if match := re.search(r"listening on (http|grpc)://\S+:(\d+)", line):
            found[match.group(1)] = int(match.group(2))
    return found


if __name__ == "__main__":
    sys.exit(main())
