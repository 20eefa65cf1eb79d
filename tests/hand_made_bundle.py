"""A model bundle that no trainer made: its scores are a formula that numpy knows too.

score = sigmoid(sum of the scalars * SCALE + sum over real jets of pt * SCALE - 1), in float32.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import xxhash
from onnx import TensorProto, helper, numpy_helper

SCALE = 0.001


def make_graph(num_scalars: int, length: int, num_columns: int) -> onnx.ModelProto:
    """The formula as ONNX: inputs scalars, jets and jets_count, output scores."""
    constants = {
        "scale": np.float32(SCALE),
        "one": np.float32(1),
        "positions": np.arange(length, dtype=np.int32),
        "first": np.array([0], dtype=np.int64),
        "axis": np.array([1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Gather", ["jets", "first"], ["pt3"], axis=2),
        helper.make_node("Squeeze", ["pt3", "two"], ["pt"]),
        helper.make_node("Unsqueeze", ["jets_count", "axis"], ["count"]),
        helper.make_node("Less", ["positions", "count"], ["real"]),
        helper.make_node("Where", ["real", "pt", "zero"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "axis"], ["jet_sum"], keepdims=1),
        helper.make_node("ReduceSum", ["scalars", "axis"], ["scalar_sum"], keepdims=1),
        helper.make_node("Add", ["jet_sum", "scalar_sum"], ["sum"]),
        helper.make_node("Mul", ["sum", "scale"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "one"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["scores"]),
    ]
    constants |= {"two": np.array([2], dtype=np.int64), "zero": np.float32(0)}
    graph = helper.make_graph(
        nodes,
        "hand_made",
        [
            helper.make_tensor_value_info("scalars", TensorProto.FLOAT, ["N", num_scalars]),
            helper.make_tensor_value_info("jets", TensorProto.FLOAT, ["N", length, num_columns]),
            helper.make_tensor_value_info("jets_count", TensorProto.INT32, ["N"]),
        ],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 1])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def write_bundle(
    folder: Path,
    *,
    scalars: list[str],
    jets: list[str],
    length: int,
    identity: list[str],
    tree: str,
    select: str = "",
    define: dict[str, str] | None = None,
) -> Path:
    """Writes the bundle and returns its folder; the first of `jets` is the pt that the score sums."""
    folder.mkdir(parents=True)
    model = make_graph(len(scalars), length, len(jets)).SerializeToString()
    (folder / "model.onnx").write_bytes(model)
    bundle = {
        "format": 1,
        "name": "hand_made",
        "description": "a formula",
        "created": "2026-01-01T00:00:00Z",
        "engine": {"kind": "onnx", "file": "model.onnx"},
        "outputs": [{"name": "scores", "dtype": "float32", "shape": [-1, 1], "columns": ["score"]}],
        "features": {
            "define": define or {},
            "select": select,
            "scalars": scalars,
            "groups": {"jets": {"columns": jets, "length": length}},
        },
        "identity": identity,
        "labels": ["background", "signal"],
        "files": {"model.onnx": f"xxh3:{xxhash.xxh3_64_hexdigest(model)}"},
        "provenance": {"workflow": {"dataset": {"tree": tree}}},
    }
    (folder / "bundle.json").write_text(json.dumps(bundle))
    return folder


def expected_scores(scalar_sum: np.ndarray, jet_sum: np.ndarray) -> np.ndarray:
    logit = (scalar_sum + jet_sum).astype(np.float32) * np.float32(SCALE) - np.float32(1)
    return 1 / (1 + np.exp(-logit, dtype=np.float32))


TTH_IDENTITY = ["run", "luminosityBlock", "event"]


def write_tth_bundle(folder: Path) -> Path:
    """Writes a bundle that scores events of examples/tth, with a define, a selection and lists of jets."""
    write_bundle(
        folder,
        scalars=["ht", "met", "twice_mbb"],
        define={"twice_mbb": "mbb * 2"},
        jets=["Jet_pt", "Jet_eta"],
        length=6,
        identity=TTH_IDENTITY,
        tree="Events",
        select="nBJet >= 3 && max(Jet_pt) > 100",
    )
    (folder / "params.json").write_text('{"name": "hand_made"}', encoding="utf-8")
    return folder
