"""Model bundles made without mlaas: the format of docs/formats/bundle.md written by onnx, numpy and xxhash.

Their scores are computed here too, in numpy, so that servers and `mlaas predict` are compared with arithmetic that is
not theirs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import xxhash
from onnx import TensorProto, helper, numpy_helper


@dataclass
class Group:
    name: str
    columns: list[str]
    length: int


@dataclass
class Signature:
    scalars: list[str] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def flat_names(self) -> list[str]:
        names = list(self.scalars)
        for group in self.groups:
            names += [f"{column}[{i}]" for i in range(group.length) for column in group.columns]
            names.append(f"{group.name}_count")
        return names

    def random_inputs(self, rows: int, seed: int) -> dict[str, np.ndarray]:
        """Returns raw physics values by tensor name, padding zero."""
        random = np.random.default_rng(seed)
        inputs = {}
        if self.scalars:
            inputs["scalars"] = random.normal(50, 20, (rows, len(self.scalars))).astype(np.float32)
        for group in self.groups:
            values = random.normal(30, 10, (rows, group.length, len(group.columns))).astype(np.float32)
            count = random.integers(0, group.length + 1, rows).astype(np.int32)
            values[np.arange(group.length)[None, :] >= count[:, None]] = 0
            inputs |= {group.name: values, f"{group.name}_count": count}
        return inputs

    def flat_rows(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        parts = [inputs["scalars"]] if self.scalars else []
        for group in self.groups:
            count = inputs[f"{group.name}_count"]
            parts += [inputs[group.name].reshape(len(count), -1), count[:, None].astype(np.float32)]
        return np.concatenate(parts, axis=1)


def write_bundle(folder: Path, signature: Signature, kind: str, model: bytes, outputs: list[str]) -> Path:
    """Writes bundle.json, params.json and the model file; the bundle's name is the folder's."""
    folder.mkdir(parents=True)
    file = "model.onnx" if kind == "onnx" else "model.json"
    params = {"name": folder.name, "model": file, "labels": "labels.txt", "features": signature.flat_names()}
    contents = {file: model, "params.json": json.dumps(params).encode(), "labels.txt": b"background\nsignal\n"}
    groups = {group.name: {"columns": group.columns, "length": group.length} for group in signature.groups}
    scores = {"name": "scores", "dtype": "float32", "shape": [-1, len(outputs)], "columns": outputs}
    bundle = {
        "format": 1,
        "name": folder.name,
        "description": "made by a test",
        "created": "2020-01-01T00:00:00Z",
        "engine": {"kind": kind, "file": file},
        "inputs": [],
        "outputs": [scores],
        "features": {"define": {}, "select": "", "scalars": signature.scalars, "groups": groups},
        "identity": [],
        "labels": ["background", "signal"],
        "files": {name: "xxh3:" + xxhash.xxh3_64_hexdigest(data) for name, data in contents.items()},
        "provenance": {},
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    (folder / "bundle.json").write_text(json.dumps(bundle), encoding="utf-8")
    return folder


def write_network(folder: Path, signature: Signature, seed: int = 1, hidden: tuple[int, ...] = (16,)) -> Path:
    """Writes a bundle with a network of the hidden widths given, preprocessing and padding mask inside."""
    random = np.random.default_rng(seed)
    nodes, inputs, constants, parts = [], [], [], []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(value, name))
        return name

    def scaled(tensor: str, columns: int) -> str:
        mean = constant(f"{tensor}_mean", random.normal(40, 5, columns).astype(np.float32))
        scale = constant(f"{tensor}_scale", np.full(columns, 0.05, np.float32))
        nodes.append(helper.make_node("Sub", [tensor, mean], [f"{tensor}_centred"]))
        nodes.append(helper.make_node("Mul", [f"{tensor}_centred", scale], [f"{tensor}_scaled"]))
        return f"{tensor}_scaled"

    width = 0
    if signature.scalars:
        width = len(signature.scalars)
        inputs.append(helper.make_tensor_value_info("scalars", TensorProto.FLOAT, ["N", width]))
        parts.append(scaled("scalars", width))
    for group in signature.groups:
        name, columns = group.name, len(group.columns)
        inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", group.length, columns]))
        inputs.append(helper.make_tensor_value_info(f"{name}_count", TensorProto.INT32, ["N"]))
        places = constant(f"{name}_places", np.arange(group.length, dtype=np.int32).reshape(1, -1))
        axis = constant(f"{name}_axis", np.array([1], np.int64))
        last = constant(f"{name}_last", np.array([2], np.int64))
        flat = constant(f"{name}_flat", np.array([-1, group.length * columns], np.int64))
        zero = constant(f"{name}_zero", np.zeros(1, np.float32))
        nodes.append(helper.make_node("Unsqueeze", [f"{name}_count", axis], [f"{name}_counts"]))
        nodes.append(helper.make_node("Less", [places, f"{name}_counts"], [f"{name}_mask2"]))
        nodes.append(helper.make_node("Unsqueeze", [f"{name}_mask2", last], [f"{name}_mask"]))
        nodes.append(helper.make_node("Where", [f"{name}_mask", scaled(name, columns), zero], [f"{name}_masked"]))
        nodes.append(helper.make_node("Reshape", [f"{name}_masked", flat], [f"{name}_row"]))
        parts.append(f"{name}_row")
        width += group.length * columns
    nodes.append(helper.make_node("Concat", parts, ["active0"], axis=1))
    for layer, (fan_in, fan_out) in enumerate(pairwise((width, *hidden, 1))):
        weight = random.normal(0, 1.2 / np.sqrt(fan_in), (fan_in, fan_out)).astype(np.float32)
        bias = random.normal(0, 0.1, fan_out).astype(np.float32)
        names = [f"active{layer}", constant(f"weight{layer}", weight), constant(f"bias{layer}", bias)]
        nodes.append(helper.make_node("Gemm", names, [f"sum{layer}"]))
        if layer < len(hidden):
            nodes.append(helper.make_node("Tanh", [f"sum{layer}"], [f"active{layer + 1}"]))
    nodes.append(helper.make_node("Sigmoid", [f"sum{len(hidden)}"], ["scores"]))
    output = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", 1])
    graph = helper.make_graph(nodes, "network", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return write_bundle(folder, signature, "onnx", model.SerializeToString(), ["score"])


def make_tree(random: np.random.Generator, features: int, depth: int) -> dict:
    """Returns a full random tree in the layout of XGBoost's JSON."""
    inner, nodes = 2**depth - 1, 2 ** (depth + 1) - 1
    is_inner = np.arange(nodes) < inner
    children = 2 * np.arange(nodes)
    condition = np.where(is_inner, random.normal(40, 15, nodes), random.normal(0, 0.2, nodes)).astype(np.float32)
    return {
        "left_children": np.where(is_inner, children + 1, -1).tolist(),
        "right_children": np.where(is_inner, children + 2, -1).tolist(),
        "split_indices": np.where(is_inner, random.integers(0, features, nodes), 0).tolist(),
        "split_conditions": [float(value) for value in condition],
        "default_left": random.integers(0, 2, nodes).tolist(),
        "split_type": [0] * nodes,
        "tree_param": {"num_nodes": str(nodes), "num_feature": str(features)},
    }


def write_trees(folder: Path, signature: Signature, seed: int = 2, trees: int = 30, depth: int = 4) -> Path:
    """Writes a bundle with random boosted trees."""
    random = np.random.default_rng(seed)
    features = len(signature.flat_names()) - len(signature.groups)
    forest = [make_tree(random, features, depth) for _ in range(trees)]
    booster = {
        "name": "gbtree",
        "model": {"gbtree_model_param": {"num_trees": str(trees)}, "tree_info": [0] * trees, "trees": forest},
    }
    parameters = {"base_score": "5E-1", "num_class": "0", "num_feature": str(features), "num_target": "1"}
    learner = {
        "gradient_booster": booster,
        "learner_model_param": parameters,
        "objective": {"name": "binary:logistic"},
        "feature_names": [],
    }
    document = {"learner": learner, "version": [1, 7, 4]}
    return write_bundle(folder, signature, "trees", json.dumps(document).encode(), ["score"])


def tree_scores(folder: Path, signature: Signature, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Walks the trees of a bundle, row by row; elements behind the count are missing values."""
    parts = [inputs["scalars"]] if signature.scalars else []
    for group in signature.groups:
        count = inputs[f"{group.name}_count"]
        values = inputs[group.name].copy()
        values[np.arange(group.length)[None, :] >= count[:, None]] = np.nan
        parts.append(values.reshape(len(count), -1))
    matrix = np.concatenate(parts, axis=1)
    document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    margins = np.zeros(len(matrix))
    for tree in document["learner"]["gradient_booster"]["model"]["trees"]:
        for row, values in enumerate(matrix):
            node = 0
            while tree["left_children"][node] >= 0:
                value = values[tree["split_indices"][node]]
                left = tree["default_left"][node] if np.isnan(value) else value < tree["split_conditions"][node]
                node = tree["left_children" if left else "right_children"][node]
            margins[row] += tree["split_conditions"][node]
    return 1 / (1 + np.exp(-margins))


def network_scores(folder: Path, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Returns what ONNX Runtime makes of a bundle's graph."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    return session.run(["scores"], inputs)[0][:, 0]
