"""`mlaas serve` on models of other programs, against what TensorFlow and ONNX Runtime said to them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from integration.test_serve import Server

MODELS = Path(__file__).parents[1] / "unit/infer/models"
EXPECTED = json.loads((MODELS / "expected.json").read_text(encoding="utf-8"))
TOLERANCE = 1e-6


def name_of(model: str) -> str:
    return Path(model).stem


@pytest.fixture(scope="module")
def server(mlaas, tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats") / "models"
    shutil.copytree(MODELS, folder, ignore=shutil.ignore_patterns("expected.json"))
    # As Triton's repositories have them.
    shutil.move(folder / "dense.onnx", folder / "model.onnx")
    (folder / "dense" / "3").mkdir(parents=True)
    shutil.move(folder / "model.onnx", folder / "dense" / "3" / "model.onnx")
    (folder / "two").mkdir()
    shutil.move(folder / "two_inputs", folder / "two" / "model.savedmodel")
    (folder / "two_inputs").mkdir()
    shutil.move(folder / "two", folder / "two_inputs" / "1")
    (folder / "keras").mkdir()
    (folder / "keras" / "network.keras").write_bytes(b"PK")
    (folder / "keras" / "params.json").write_text('{"name": "keras", "model": "network.keras"}', encoding="utf-8")
    with Server(mlaas.binary, folder, "--threads", "2") as running:
        yield running


# JSON has no FP16: kinds.onnx is left to the unit test.
@pytest.mark.parametrize("model", [model for model in EXPECTED if model != "kinds.onnx"])
def test_numbers_of_the_models_own_library(server, model):
    expected = EXPECTED[model]
    status, _, text = server.ask("POST", f"/v2/models/{name_of(model)}/infer", {"inputs": expected["inputs"]})
    assert status == 200, text
    outputs = {row["name"]: row for row in json.loads(text)["outputs"]}
    assert set(outputs) == {row["name"] for row in expected["outputs"]}
    for row in expected["outputs"]:
        found = outputs[row["name"]]
        assert (found["datatype"], found["shape"]) == (row["datatype"], row["shape"])
        assert np.allclose(found["data"], row["data"], rtol=TOLERANCE, atol=TOLERANCE)


def test_flat_rows(server):
    """TFaaS's clients send one row without names."""
    expected = EXPECTED["frozen.pb"]
    row = expected["inputs"][0]["data"][:4]
    status, _, text = server.ask("POST", "/json", {"keys": [], "values": row, "model": "frozen"})
    assert status == 200, text
    assert json.loads(text) == pytest.approx(expected["outputs"][0]["data"][:1], abs=TOLERANCE)


def test_metadata(server):
    metadata = json.loads(server.ask("GET", "/v2/models/two_inputs")[2])
    assert metadata["platform"] == "openvino_savedmodel"
    assert sorted(metadata["inputs"], key=lambda row: row["name"]) == [
        {"name": "ht", "datatype": "FP32", "shape": [-1, 3]},
        {"name": "shift", "datatype": "INT64", "shape": [-1]},
    ]
    assert json.loads(server.ask("GET", "/v2/models/dense")[2])["versions"] == ["3"]
    assert json.loads(server.ask("GET", "/v2/models/three_rows")[2])["inputs"][0]["shape"] == [3, 4]


def test_wrong_shapes(server):
    tensor = {"name": "x", "shape": [2, 4], "datatype": "FP32", "data": [0.0] * 8}
    status, _, text = server.ask("POST", "/v2/models/three_rows/infer", {"inputs": [tensor]})
    assert status == 400 and "[3, 4]" in text, text
    tensors = [
        {"name": "matrix", "shape": [2, 3], "datatype": "FP32", "data": [0.0] * 6},
        {"name": "vector", "shape": [2], "datatype": "FP32", "data": [0.0] * 2},
    ]
    status, _, text = server.ask("POST", "/v2/models/product/infer", {"inputs": tensors})
    assert status == 400 and "the model fails with these inputs" in text, text


def test_a_format_that_is_not_run_says_what_to_do(server):
    index = {row["name"]: row for row in json.loads(server.ask("POST", "/v2/repository/index")[2])}
    assert index["keras"]["state"] == "UNAVAILABLE"
    assert "model.export('folder')" in index["keras"]["reason"]
    assert index["dense"]["state"] == "READY"
