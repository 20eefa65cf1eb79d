"""`mlaas serve` on trees and pipelines of other programs, against what those said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from integration.test_serve import Server

MODELS = Path(__file__).parents[1] / "unit/infer"
TREES = json.loads((MODELS / "trees/expected.json").read_text(encoding="utf-8"))
PIPELINES = json.loads((MODELS / "pipelines/expected.json").read_text(encoding="utf-8"))
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def server(mlaas, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trees") / "models"
    for name in ("classes.ubj", "binary.txt", "categories.json"):
        (folder / name.replace(".", "_")).mkdir(parents=True)
        shutil.copy(MODELS / "trees" / name, folder / name.replace(".", "_") / f"model{Path(name).suffix}")
    shutil.copy(MODELS / "pipelines/forest_names.onnx", folder)
    shutil.copy(MODELS / "pipelines/logistic_two.onnx", folder)
    with Server(mlaas.binary, folder, "--threads", "2") as running:
        yield running


def rows_without_missing(case: dict, features: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the rows that JSON can hold, and where they are."""
    rows = np.array([np.nan if value is None else value for value in case["rows"]]).reshape(-1, features)
    whole = np.isfinite(rows).all(axis=1)
    return rows[whole], whole


def ask(server: Server, model: str, tensor: str, rows: np.ndarray) -> dict:
    inputs = [{"name": tensor, "shape": list(rows.shape), "datatype": "FP32", "data": rows.reshape(-1).tolist()}]
    status, _, text = server.ask("POST", f"/v2/models/{model}/infer", {"inputs": inputs})
    assert status == 200, text
    return {output["name"]: output for output in json.loads(text)["outputs"]}


@pytest.mark.parametrize("name", ["classes.ubj", "binary.txt", "categories.json"])
def test_trees(server, name):
    rows, whole = rows_without_missing(TREES[name], 5)
    found = ask(server, name.replace(".", "_"), "input__0", rows)["output__0"]["data"]
    expected = np.array(TREES[name]["predictions"]).reshape(len(whole), -1)[whole]
    assert np.allclose(found, expected.reshape(-1), rtol=TOLERANCE, atol=0)
    # The same by TFaaS's route.
    status, _, text = server.ask(
        "POST", "/json", {"keys": [], "values": rows[0].tolist(), "model": name.replace(".", "_")}
    )
    assert status == 200, text
    assert json.loads(text) == pytest.approx(expected[0].tolist(), rel=TOLERANCE)


@pytest.mark.parametrize("name", ["forest_names", "logistic_two"])
def test_pipelines(server, name):
    metadata = json.loads(server.ask("GET", f"/v2/models/{name}")[2])
    assert metadata["platform"] == "mlaas_onnx_ml"
    rows, whole = rows_without_missing(PIPELINES[name], 4)
    outputs = ask(server, name, metadata["inputs"][0]["name"], rows)
    classes, scores = (outputs[output["name"]] for output in metadata["outputs"])
    assert classes["datatype"] == ("BYTES" if name == "forest_names" else "INT64")
    assert classes["data"] == [value for value, isIn in zip(PIPELINES[name]["classes"], whole, strict=True) if isIn]
    expected = np.array(PIPELINES[name]["scores"]).reshape(len(whole), -1)[whole]
    assert np.allclose(scores["data"], expected.reshape(-1), rtol=TOLERANCE, atol=TOLERANCE)
