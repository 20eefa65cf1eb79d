#!/usr/bin/env python3
"""Makes the models of tests/unit/infer/models and what TensorFlow and ONNX Runtime say to them.

Usage: make_models.py     with tensorflow-cpu 2.21, onnx 1.23 and onnxruntime 1.31 installed; not needed to run tests

`expected.json` has, for each model, its inputs and outputs: name, type as the Open Inference Protocol spells it, shape
and flat data.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from onnx import TensorProto, helper, numpy_helper
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

FOLDER = Path(__file__).parent / "models"
TYPES = {"float32": "FP32", "float64": "FP64", "float16": "FP16", "int64": "INT64", "int32": "INT32", "int16": "INT16"}
TYPES |= {"int8": "INT8", "uint8": "UINT8", "uint16": "UINT16", "uint32": "UINT32", "uint64": "UINT64", "bool": "BOOL"}


def described(tensors: dict) -> list[dict]:
    return [
        {
            "name": name,
            "datatype": TYPES[str(values.dtype)],
            "shape": list(values.shape),
            "data": values.reshape(-1).tolist(),
        }
        for name, values in ((name, np.asarray(values)) for name, values in tensors.items())
    ]


class TwoInputs(tf.Module):
    """Two inputs and two outputs of different types."""

    def __init__(self, generator: np.random.Generator):
        super().__init__()
        self.weights = tf.Variable(generator.normal(size=(3, 4)).astype(np.float32))

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, "ht"), tf.TensorSpec([None], tf.int64, "shift")])
    def __call__(self, ht, shift):
        scores = tf.nn.softmax(tf.linalg.matmul(ht, self.weights))
        return {"scores": scores, "best": tf.argmax(scores, axis=1) + shift}


def tensorflow_models(generator: np.random.Generator) -> dict:
    tf.keras.utils.set_random_seed(1)
    layers = [tf.keras.layers.Dense(8, "relu"), tf.keras.layers.Dense(1, "sigmoid")]
    network = tf.keras.Sequential([tf.keras.Input((4,), name="x"), *layers])
    expected = {}
    x = generator.normal(size=(7, 4)).astype(np.float32)
    scores = network(x).numpy()
    network.export(FOLDER / "keras_export", verbose=False)
    expected["keras_export"] = ({"x": x}, {"output_0": scores})

    concrete = tf.function(lambda x: network(x)).get_concrete_function(tf.TensorSpec([None, 4], tf.float32, name="x"))
    frozen = convert_variables_to_constants_v2(concrete)
    (FOLDER / "frozen.pb").write_bytes(frozen.graph.as_graph_def().SerializeToString(deterministic=True))
    expected["frozen.pb"] = ({"x": x}, {frozen.outputs[0].name.removesuffix(":0"): scores})

    lite = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    (FOLDER / "network.tflite").write_bytes(lite)
    interpreter = tf.lite.Interpreter(model_content=lite)
    given, taken = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(given["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], x)
    interpreter.invoke()
    expected["network.tflite"] = (
        {given["name"].removesuffix(":0"): x},
        {taken["name"].removesuffix(":0"): interpreter.get_tensor(taken["index"])},
    )

    two = TwoInputs(generator)
    tf.saved_model.save(two, str(FOLDER / "two_inputs"), signatures=two.__call__)
    inputs = {"ht": generator.normal(size=(5, 3)).astype(np.float32), "shift": np.arange(5, dtype=np.int64) * 10}
    outputs = {name: values.numpy() for name, values in two(**inputs).items()}
    expected["two_inputs"] = (inputs, outputs)
    for folder in ("keras_export", "two_inputs"):
        (FOLDER / folder / "fingerprint.pb").unlink(missing_ok=True)
    return expected


def write_onnx(name: str, nodes: list, inputs: list, outputs: list, weights: dict | None = None) -> None:
    constants = [numpy_helper.from_array(values, key) for key, values in (weights or {}).items()]
    graph = helper.make_graph(nodes, "test", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    (FOLDER / name).write_bytes(model.SerializeToString(deterministic=True))


def dense(batch: object, generator: np.random.Generator, name: str) -> None:
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["hidden"]),
        helper.make_node("Tanh", ["hidden"], ["scores"]),
    ]
    weights = {"w": generator.normal(size=(4, 2)).astype(np.float32), "b": np.array([0.5, -1], np.float32)}
    make = helper.make_tensor_value_info
    write_onnx(
        name,
        nodes,
        [make("x", TensorProto.FLOAT, [batch, 4])],
        [make("scores", TensorProto.FLOAT, [batch, 2])],
        weights,
    )


def onnx_models(generator: np.random.Generator) -> dict:
    make = helper.make_tensor_value_info
    dense("N", generator, "dense.onnx")
    dense(1, generator, "one_row.onnx")
    dense(3, generator, "three_rows.onnx")
    inputs = {
        "dense.onnx": {"x": generator.normal(size=(9, 4)).astype(np.float32)},
        "one_row.onnx": {"x": generator.normal(size=(3, 4)).astype(np.float32)},
        "three_rows.onnx": {"x": generator.normal(size=(3, 4)).astype(np.float32)},
    }
    # A matrix and a vector whose first dimensions have nothing to do with each other.
    write_onnx(
        "product.onnx",
        [helper.make_node("MatMul", ["matrix", "vector"], ["product"])],
        [make("matrix", TensorProto.FLOAT, ["rows", "columns"]), make("vector", TensorProto.FLOAT, ["columns"])],
        [make("product", TensorProto.FLOAT, ["rows"])],
    )
    matrix = generator.normal(size=(2, 5)).astype(np.float32)
    inputs["product.onnx"] = {"matrix": matrix, "vector": generator.normal(size=5).astype(np.float32)}
    kinds = ["float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64"]
    kinds.append("bool")
    nodes, given, taken, values = [], [], [], {}
    for kind in kinds:
        proto = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
        given.append(make(kind, proto, ["N", 3]))
        taken.append(make(kind + "_out", proto, ["N", 3]))
        nodes.append(helper.make_node("Reshape" if kind == "bool" else "Concat", [kind, "shape"], [kind + "_out"]))
        if kind != "bool":
            nodes[-1] = helper.make_node("Transpose", [kind], [kind + "_turned"], perm=[1, 0])
            nodes.append(helper.make_node("Transpose", [kind + "_turned"], [kind + "_out"], perm=[1, 0]))
        values[kind] = generator.integers(0, 2 if kind == "bool" else 100, size=(6, 3)).astype(kind)
    write_onnx("kinds.onnx", nodes, given, taken, {"shape": np.array([-1, 3])})
    inputs["kinds.onnx"] = values
    expected = {}
    for name, tensors in inputs.items():
        session = onnxruntime.InferenceSession(FOLDER / name, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        if name == "one_row.onnx":
            rows = [session.run(names, {"x": tensors["x"][i : i + 1]}) for i in range(len(tensors["x"]))]
            answers = [np.concatenate(parts) for parts in zip(*rows, strict=True)]
        else:
            answers = session.run(names, tensors)
        expected[name] = (tensors, dict(zip(names, answers, strict=True)))
    return expected


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    generator = np.random.default_rng(7)
    expected = tensorflow_models(generator) | onnx_models(generator)
    table = {
        name: {"inputs": described(given), "outputs": described(taken)} for name, (given, taken) in expected.items()
    }
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(rows)}" for name, rows in table.items())
    (FOLDER / "expected.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
