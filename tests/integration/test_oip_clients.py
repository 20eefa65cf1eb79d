"""Triton's own Python client, unchanged, against `mlaas serve`; scores against ONNX Runtime."""

from __future__ import annotations

import base64
import gzip
import json
import queue
import re
import subprocess
import zlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from integration.bundles import Group, Signature, network_scores, write_network
from integration.test_serve import Server
from onnx import TensorProto, helper

http = pytest.importorskip("tritonclient.http")
grpclib = pytest.importorskip("grpc")
grpc = pytest.importorskip("tritonclient.grpc")
service_pb2 = pytest.importorskip("tritonclient.grpc.service_pb2")
service_pb2_grpc = pytest.importorskip("tritonclient.grpc.service_pb2_grpc")

WITH_JETS = Signature(["ht", "met", "sphericity"], [Group("jets", ["Jet_pt", "Jet_eta"], 4)])
SCALARS_ONLY = Signature(["ht", "met"])
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_network(folder / "net", WITH_JETS)
    write_network(folder / "small", SCALARS_ONLY)
    return folder


@pytest.fixture(scope="module")
def server(mlaas, models):
    with Server(mlaas.binary, models, "--threads", "2", "--max-body", "4", "--shared-memory") as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with http.InferenceServerClient(f"127.0.0.1:{server.port}") as opened:
        yield opened


def http_inputs(values: dict[str, np.ndarray], binary: bool, wide: bool = False) -> list:
    inputs = []
    for name, value in values.items():
        if wide:
            value = value.astype(np.int64 if value.dtype == np.int32 else np.float64)
        datatype = {"float32": "FP32", "float64": "FP64", "int32": "INT32", "int64": "INT64"}[str(value.dtype)]
        inputs.append(http.InferInput(name, value.shape, datatype))
        inputs[-1].set_data_from_numpy(value, binary_data=binary)
    return inputs


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_http_tensors(client, models, binary, wide):
    values = WITH_JETS.random_inputs(50, seed=4)
    expected = network_scores(models / "net", values)
    wanted = [http.InferRequestedOutput("scores", binary_data=binary)]
    answer = client.infer("net", http_inputs(values, binary, wide), outputs=wanted, request_id="id-7")
    assert answer.get_response()["id"] == "id-7"
    assert answer.as_numpy("scores").dtype == np.float32
    assert np.abs(answer.as_numpy("scores").reshape(50, -1) - expected.reshape(50, -1)).max() <= TOLERANCE
    # All outputs, in the client's own default: bytes.
    answer = client.infer("net", http_inputs(values, binary, wide), model_version="1")
    assert answer.as_numpy("scores").shape == (50, 1)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_http_compression(client, server, models, coding):
    values = WITH_JETS.random_inputs(200, seed=5)
    expected = network_scores(models / "net", values)
    answer = client.infer(
        "net", http_inputs(values, True), request_compression_algorithm=coding, response_compression_algorithm=coding
    )
    assert np.abs(answer.as_numpy("scores").reshape(200, -1) - expected.reshape(200, -1)).max() <= TOLERANCE
    encode = gzip.compress if coding == "gzip" else zlib.compress
    bomb = {"Content-Encoding": coding}
    status, _, text = server.ask("POST", "/v2/models/net/infer", encode(b" " * (5 << 20)), bomb)
    assert status == 400 and "larger than 4194304 bytes" in text
    status, _, text = server.ask("POST", "/v2/models/net/infer", encode(b"{}")[:-3], bomb)
    assert status == 400 and "damaged or cut off" in text
    assert server.ask("POST", "/v2/models/net/infer", b"{}", {"Content-Encoding": "br"})[0] == 415


def test_http_classification(client, models):
    values = SCALARS_ONLY.random_inputs(3, seed=6)
    expected = network_scores(models / "small", values).reshape(-1)
    for binary in (False, True):
        wanted = [http.InferRequestedOutput("scores", binary_data=binary, class_count=1)]
        labels = client.infer("small", http_inputs(values, True), outputs=wanted).as_numpy("scores")
        assert labels.shape == (3, 1)
        for text, score in zip(labels.reshape(-1), expected, strict=True):
            value, index = (text.decode() if isinstance(text, bytes) else text).split(":")[:2]
            assert index == "0" and abs(float(value) - score) <= 1e-5


def test_http_metadata_of_server_and_models(client):
    assert client.get_server_metadata()["name"] == "mlaas"
    assert "system_shared_memory" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("net", "1")
    assert metadata["versions"] == ["1"]
    assert metadata["inputs"] == [
        {"name": "scalars", "datatype": "FP32", "shape": [-1, 3]},
        {"name": "jets", "datatype": "FP32", "shape": [-1, 4, 2]},
        {"name": "jets_count", "datatype": "INT32", "shape": [-1]},
    ]
    config = client.get_model_config("net")
    assert config["max_batch_size"] > 0
    assert [i["data_type"] for i in config["input"]] == ["TYPE_FP32", "TYPE_FP32", "TYPE_INT32"]
    assert [i["dims"] for i in config["input"]] == [[3], [4, 2], [1]]
    assert client.get_model_repository_index() == [
        {"name": name, "version": "1", "state": "READY", "reason": ""} for name in ("net", "small")
    ]
    assert client.get_trace_settings()["trace_level"] == ["OFF"]
    assert client.get_log_settings()["log_info"] is True
    with pytest.raises(Exception, match="trace setting 'trace_level' cannot be changed"):
        client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]})
    with pytest.raises(Exception, match="log setting 'log_verbose_level' cannot be changed"):
        client.update_log_settings({"log_verbose_level": 1})


def test_http_loads_and_unloads_models(mlaas, tmp_path):
    write_network(tmp_path / "one", SCALARS_ONLY)
    with Server(mlaas.binary, tmp_path) as running, http.InferenceServerClient(f"127.0.0.1:{running.port}") as client:
        client.unload_model("one")
        assert not client.is_model_ready("one")
        assert [entry.get("state") for entry in client.get_model_repository_index()] != ["READY"]
        client.load_model("one")
        assert client.is_model_ready("one")
        with pytest.raises(Exception, match="no model 'two'"):
            client.load_model("two")


def test_http_statistics_count_requests(client):
    def counts() -> tuple[int, int, int]:
        (stats,) = client.get_inference_statistics("small")["model_stats"]
        success = stats["inference_stats"]["success"]
        assert success["ns"] >= stats["inference_stats"]["compute_infer"]["ns"] > 0 or success["count"] == 0
        return success["count"], stats["inference_stats"]["fail"]["count"], stats["inference_count"]

    before = counts()
    client.infer("small", http_inputs(SCALARS_ONLY.random_inputs(5, seed=1), True))
    assert tuple(a - b for a, b in zip(counts(), before, strict=True)) == (1, 0, 5)
    assert len(client.get_inference_statistics()["model_stats"]) == 2


def test_http_parameters(client, server):
    inputs = http_inputs(SCALARS_ONLY.random_inputs(1, seed=1), True)
    assert client.infer("small", inputs, priority=1, timeout=10_000_000).as_numpy("scores").shape == (1, 1)
    with pytest.raises(Exception, match="'sequence_id': models here keep no state"):
        client.infer("small", inputs, sequence_id=5, sequence_start=True)
    with pytest.raises(Exception, match="no version '9'"):
        client.infer("small", inputs, model_version="9")
    # The whole body as the model's one input.
    row = np.array([[1, 2], [3, 4]], np.float32)
    header = {"Inference-Header-Content-Length": "0", "Content-Type": "application/octet-stream"}
    connection_answer = server.ask_bytes("POST", "/v2/models/small/infer", row.tobytes(), header)
    length = int(connection_answer[1]["inference-header-content-length"])
    document = json.loads(connection_answer[2][:length])
    assert document["outputs"][0]["parameters"] == {"binary_data_size": 8}
    assert len(connection_answer[2]) == length + 8


def test_http_shared_memory(client, models):
    memory = pytest.importorskip("tritonclient.utils.shared_memory")
    values = SCALARS_ONLY.random_inputs(4, seed=8)
    rows = values["scalars"]
    source = memory.create_shared_memory_region("source", "/mlaas_test_source", rows.nbytes)
    sink = memory.create_shared_memory_region("sink", "/mlaas_test_sink", 64)
    try:
        memory.set_shared_memory_region(source, [rows])
        client.register_system_shared_memory("source", "/mlaas_test_source", rows.nbytes)
        client.register_system_shared_memory("sink", "/mlaas_test_sink", 64)
        assert {region["name"] for region in client.get_system_shared_memory_status()} == {"source", "sink"}
        tensor = http.InferInput("scalars", rows.shape, "FP32")
        tensor.set_shared_memory("source", rows.nbytes)
        wanted = http.InferRequestedOutput("scores")
        wanted.set_shared_memory("sink", 32, offset=16)
        client.infer("small", [tensor], outputs=[wanted])
        scores = memory.get_contents_as_numpy(sink, np.float32, [16])[4:8]
        assert np.abs(scores - network_scores(models / "small", values).reshape(-1)).max() <= TOLERANCE
        wanted.set_shared_memory("sink", 8, offset=0)
        with pytest.raises(Exception, match="the output has 16 bytes"):
            client.infer("small", [tensor], outputs=[wanted])
        tensor.set_shared_memory("source", rows.nbytes, offset=8)
        with pytest.raises(Exception, match="not within the shared-memory region"):
            client.infer("small", [tensor])
        with pytest.raises(Exception, match="is not within the object"):
            client.register_system_shared_memory("big", "/mlaas_test_sink", 1 << 40)
        client.unregister_system_shared_memory()
        assert client.get_system_shared_memory_status() == []
    finally:
        memory.destroy_shared_memory_region(source)
        memory.destroy_shared_memory_region(sink)
    with pytest.raises(Exception, match="CUDA shared memory is not supported"):
        client.register_cuda_shared_memory("gpu", b"handle", 0, 8)


def test_shared_memory_is_off_unless_asked_for(mlaas, models):
    with Server(mlaas.binary, models) as running:
        status, _, text = running.ask(
            "POST", "/v2/systemsharedmemory/region/a/register", {"key": "/a", "offset": 0, "byte_size": 1}
        )
        assert status == 403 and "--shared-memory" in text


class GrpcServer(Server):
    """A server that speaks gRPC, too."""

    def __init__(self, binary: Path, models: Path, *options: str):
        super().__init__(binary, models, "--grpc", "127.0.0.1:0", *options)
        found = re.search(r"listening on grpc://(\S+)", "".join(self.log))
        self.grpc_address = found.group(1)


@pytest.fixture(scope="module")
def grpc_server(mlaas, models):
    with GrpcServer(mlaas.binary, models, "--threads", "2", "--max-body", "4", "--shared-memory") as running:
        yield running


@pytest.fixture(scope="module")
def grpc_client(grpc_server):
    with grpc.InferenceServerClient(grpc_server.grpc_address) as opened:
        yield opened


def grpc_inputs(values: dict[str, np.ndarray]) -> list:
    inputs = []
    for name, value in values.items():
        inputs.append(grpc.InferInput(name, value.shape, "INT32" if value.dtype == np.int32 else "FP32"))
        inputs[-1].set_data_from_numpy(value)
    return inputs


@pytest.mark.parametrize("coding", [None, "gzip", "deflate"])
def test_grpc_tensors(grpc_client, models, coding):
    values = WITH_JETS.random_inputs(50, seed=4)
    expected = network_scores(models / "net", values)
    answer = grpc_client.infer("net", grpc_inputs(values), request_id="id-7", compression_algorithm=coding)
    assert answer.get_response().id == "id-7" and answer.get_response().model_version == "1"
    assert np.abs(answer.as_numpy("scores").reshape(50, -1) - expected.reshape(50, -1)).max() <= TOLERANCE


def test_grpc_typed_contents(grpc_client, grpc_server, models):
    """What KServe's clients send: lists of numbers instead of bytes."""
    values = WITH_JETS.random_inputs(3, seed=9)
    request = service_pb2.ModelInferRequest(model_name="net")
    for name, value in values.items():
        datatype = "INT32" if value.dtype == np.int32 else "FP32"
        tensor = request.inputs.add(name=name, datatype=datatype, shape=value.shape)
        field = tensor.contents.int_contents if datatype == "INT32" else tensor.contents.fp32_contents
        field.extend(value.reshape(-1).tolist())
    stub = service_pb2_grpc.GRPCInferenceServiceStub(grpclib.insecure_channel(grpc_server.grpc_address))
    scores = np.frombuffer(stub.ModelInfer(request).raw_output_contents[0], np.float32)
    assert np.abs(scores - network_scores(models / "net", values).reshape(-1)).max() <= TOLERANCE
    request.inputs[0].contents.fp32_contents.append(1)
    with pytest.raises(grpclib.RpcError) as wrong:
        stub.ModelInfer(request)
    assert wrong.value.code() == grpclib.StatusCode.INVALID_ARGUMENT
    assert "'scalars' has 40 bytes" in wrong.value.details()


def test_grpc_calls_of_cms_sonic(grpc_client):
    """All that CMSSW's client asks before and while it sends events."""
    assert grpc_client.is_server_live() and grpc_client.is_server_ready() and grpc_client.is_model_ready("net")
    assert not grpc_client.is_model_ready("nett")
    assert grpc_client.get_server_metadata().name == "mlaas"
    metadata = grpc_client.get_model_metadata("net")
    assert [(t.name, t.datatype, list(t.shape)) for t in metadata.inputs] == [
        ("scalars", "FP32", [-1, 3]),
        ("jets", "FP32", [-1, 4, 2]),
        ("jets_count", "INT32", [-1]),
    ]
    config = grpc_client.get_model_config("net").config
    assert config.max_batch_size > 0 and config.input[1].data_type == 11 and list(config.input[1].dims) == [4, 2]
    index = grpc_client.get_model_repository_index()
    assert [(m.name, m.version, m.state) for m in index.models] == [("net", "1", "READY"), ("small", "1", "READY")]
    before = grpc_client.get_inference_statistics("small").model_stats[0]
    grpc_client.infer("small", grpc_inputs(SCALARS_ONLY.random_inputs(6, seed=1)))
    after = grpc_client.get_inference_statistics("small").model_stats[0]
    assert after.inference_count - before.inference_count == 6
    assert after.inference_stats.success.count - before.inference_stats.success.count == 1
    assert grpc_client.get_trace_settings().settings["trace_level"].value == ["OFF"]
    assert grpc_client.get_log_settings().settings["log_info"].bool_param is True
    with pytest.raises(Exception, match="trace settings cannot be changed"):
        grpc_client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]})


def test_grpc_shared_memory(grpc_client, models):
    memory = pytest.importorskip("tritonclient.utils.shared_memory")
    values = SCALARS_ONLY.random_inputs(4, seed=8)
    rows = values["scalars"]
    region = memory.create_shared_memory_region("both", "/mlaas_test_both", 64)
    try:
        memory.set_shared_memory_region(region, [rows])
        grpc_client.register_system_shared_memory("both", "/mlaas_test_both", 64)
        assert list(grpc_client.get_system_shared_memory_status().regions) == ["both"]
        tensor = grpc.InferInput("scalars", rows.shape, "FP32")
        tensor.set_shared_memory("both", rows.nbytes)
        wanted = grpc.InferRequestedOutput("scores")
        wanted.set_shared_memory("both", 32, offset=32)
        grpc_client.infer("small", [tensor], outputs=[wanted])
        scores = memory.get_contents_as_numpy(region, np.float32, [16])[8:12]
        assert np.abs(scores - network_scores(models / "small", values).reshape(-1)).max() <= TOLERANCE
        grpc_client.unregister_system_shared_memory("both")
    finally:
        memory.destroy_shared_memory_region(region)
    with pytest.raises(Exception, match="CUDA shared memory is not supported"):
        grpc_client.register_cuda_shared_memory("gpu", base64.b64encode(b"handle"), 0, 8)


def test_grpc_stream_answers_in_order(grpc_client, models):
    answers: queue.Queue = queue.Queue()
    grpc_client.start_stream(callback=lambda result, error: answers.put((result, error)))
    values = [SCALARS_ONLY.random_inputs(rows, seed=rows) for rows in range(1, 101)]
    for number, inputs in enumerate(values):
        grpc_client.async_stream_infer("small", grpc_inputs(inputs), request_id=str(number))
    grpc_client.async_stream_infer("nothing", grpc_inputs(values[0]), request_id="wrong")
    for number, inputs in enumerate(values):
        result, error = answers.get(timeout=20)
        assert error is None and result.get_response().id == str(number)
        expected = network_scores(models / "small", inputs)
        assert np.abs(result.as_numpy("scores").reshape(-1) - expected.reshape(-1)).max() <= TOLERANCE
    _, error = answers.get(timeout=20)
    assert "no model 'nothing'" in str(error)
    grpc_client.stop_stream()


def test_grpc_errors(grpc_client):
    def refuse(code: str, part: str, *arguments, **named) -> None:
        with pytest.raises(Exception, match=part) as wrong:
            grpc_client.infer(*arguments, **named)
        assert code in str(wrong.value)

    inputs = grpc_inputs(SCALARS_ONLY.random_inputs(1, seed=1))
    refuse("NOT_FOUND", "did you mean 'net'", "nett", inputs)
    refuse("NOT_FOUND", "no version '9'", "small", inputs, model_version="9")
    refuse("INVALID_ARGUMENT", "lacks input 'jets'", "net", grpc_inputs({"scalars": np.ones((1, 3), np.float32)}))
    refuse("INVALID_ARGUMENT", "keep no state", "small", inputs, sequence_id=3)
    refuse("INVALID_ARGUMENT", "no output 'x'", "small", inputs, outputs=[grpc.InferRequestedOutput("x")])
    large = grpc_inputs({"scalars": np.ones((1 << 20, 2), np.float32)})
    refuse("RESOURCE_EXHAUSTED", "larger than max", "small", large)
    classes = grpc_client.infer("small", inputs, outputs=[grpc.InferRequestedOutput("scores", class_count=1)])
    assert re.fullmatch(rb"0\.\d{6}:0.*", classes.as_numpy("scores")[0, 0])


def test_grpc_over_a_unix_socket_with_tokens_and_an_orderly_end(mlaas, models, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("read look-1234567890abcdef\nupload change-1234567890abcdef\n")
    tokens.chmod(0o600)
    path = tmp_path / "s"
    with Server(mlaas.binary, models, "--grpc", f"unix:{path}", "--token-file", str(tokens)) as running:
        assert path.is_socket()
        inputs = grpc_inputs(SCALARS_ONLY.random_inputs(1, seed=1))
        with grpc.InferenceServerClient(f"unix:{path}") as client:
            assert client.is_server_live()
            with pytest.raises(Exception, match=r"UNAUTHENTICATED.*bearer token"):
                client.infer("small", inputs)
            look = {"authorization": "Bearer look-1234567890abcdef"}
            assert client.infer("small", inputs, headers=look).as_numpy("scores").shape == (1, 1)
            with pytest.raises(Exception, match="PERMISSION_DENIED"):
                client.load_model("small", headers=look)
            client.load_model("small", headers={"authorization": "Bearer change-1234567890abcdef"})
        code, _ = running.stop()
        assert code == 0


def test_grpc_address_that_is_taken(mlaas, models, grpc_server):
    command = [mlaas.binary, "serve", "--models", models, "--http", "127.0.0.1:0", "--grpc", grpc_server.grpc_address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 4 and f"cannot listen on {grpc_server.grpc_address} for gRPC" in done.stderr


# Each type that tensors of ONNX models have here, with numbers at the ends of its range; of 64 bits at the ends of what
# OpenVINO computes them with, 32 bits.
TYPES = {
    "FP32": (TensorProto.FLOAT, np.array([[1.5, -3.25e38]], np.float32)),
    "FP64": (TensorProto.DOUBLE, np.array([[0.125, -(2.0**127)]], np.float64)),
    "FP16": (TensorProto.FLOAT16, np.array([[0.5, -65504]], np.float16)),
    "INT8": (TensorProto.INT8, np.array([[-128, 127]], np.int8)),
    "INT16": (TensorProto.INT16, np.array([[-32768, 32767]], np.int16)),
    "INT32": (TensorProto.INT32, np.array([[-(2**31), 2**31 - 1]], np.int32)),
    "INT64": (TensorProto.INT64, np.array([[-(2**31), 2**31 - 1]], np.int64)),
    "UINT8": (TensorProto.UINT8, np.array([[0, 255]], np.uint8)),
    "UINT16": (TensorProto.UINT16, np.array([[0, 65535]], np.uint16)),
    "UINT32": (TensorProto.UINT32, np.array([[0, 2**32 - 1]], np.uint32)),
    "UINT64": (TensorProto.UINT64, np.array([[0, 2**31 - 1]], np.uint64)),
    "BOOL": (TensorProto.BOOL, np.array([[True, False]])),
}


@pytest.fixture(scope="module")
def typed_server(mlaas, tmp_path_factory):
    """A model for each type, which gives back the columns in the other order."""
    folder = tmp_path_factory.mktemp("typed")
    for name, (kind, _) in TYPES.items():
        x = helper.make_tensor_value_info("x", kind, ["N", 2])
        y = helper.make_tensor_value_info("y", kind, ["N", 2])
        order = helper.make_tensor("order", TensorProto.INT64, [2], [1, 0])
        graph = helper.make_graph([helper.make_node("Gather", ["x", "order"], ["y"], axis=1)], "g", [x], [y], [order])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        (folder / name.lower()).mkdir()
        onnx.save(model, folder / name.lower() / "model.onnx")
    with GrpcServer(mlaas.binary, folder, "--threads", "2") as running:
        yield running


@pytest.mark.parametrize("name", TYPES)
def test_every_type_over_http_and_grpc(typed_server, name):
    rows = TYPES[name][1]
    model = name.lower()
    with http.InferenceServerClient(f"127.0.0.1:{typed_server.port}") as client:
        metadata = client.get_model_metadata(model)
        assert metadata["inputs"] == [{"name": "x", "datatype": name, "shape": [-1, 2]}]
        for binary in (True, False):
            if name == "FP16" and not binary:
                continue
            tensor = http.InferInput("x", rows.shape, name)
            tensor.set_data_from_numpy(rows, binary_data=binary)
            wanted = [http.InferRequestedOutput("y", binary_data=binary)]
            answer = client.infer(model, [tensor], outputs=wanted).as_numpy("y")
            assert answer.dtype == rows.dtype and np.array_equal(answer, rows[:, ::-1])
    with grpc.InferenceServerClient(typed_server.grpc_address) as client:
        tensor = grpc.InferInput("x", rows.shape, name)
        tensor.set_data_from_numpy(rows)
        answer = client.infer(model, [tensor]).as_numpy("y")
        assert answer.dtype == rows.dtype and np.array_equal(answer, rows[:, ::-1])


def test_half_precision_has_no_json(typed_server):
    row = {"name": "x", "shape": [1, 2], "datatype": "FP16", "data": [1, 2]}
    status, _, text = typed_server.ask("POST", "/v2/models/fp16/infer", {"inputs": [row]})
    assert status == 400 and "send it as bytes (binary_data_size)" in text
