#!/usr/bin/env python3
"""Makes the models of tests/unit/infer/pipelines and what scikit-learn and ONNX Runtime say to them.

Usage: make_pipeline_models.py     with scikit-learn 1.9, skl2onnx 1.20, onnxmltools 1.16, lightgbm 4.7 and
                                   onnxruntime 1.32 installed; not needed to run tests

`expected.json` has, for each model, rows (null is a missing value), ONNX Runtime's classes and scores, and
scikit-learn's scores.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import lightgbm
import numpy as np
import onnxruntime
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

FOLDER = Path(__file__).parent / "pipelines"
ROWS = 30


def pipelines(x: np.ndarray) -> dict:
    two = (x[:, 0] + x[:, 1] > 0.3).astype(int)
    three = two + (x[:, 2] > 0.5)
    number = x[:, 0] * x[:, 1] + x[:, 3]
    names = np.array(["background", "signal", "other"])[three]
    return {
        "boosted_two": (GradientBoostingClassifier(n_estimators=5, random_state=1), two),
        "boosted_three": (GradientBoostingClassifier(n_estimators=4, random_state=1), three),
        "forest_two": (RandomForestClassifier(n_estimators=5, max_depth=4, random_state=1), two),
        "forest_names": (RandomForestClassifier(n_estimators=4, max_depth=4, random_state=1), names),
        "logistic_two": (LogisticRegression(), two),
        "logistic_three": (LogisticRegression(), three),
        "boosted_number": (GradientBoostingRegressor(n_estimators=5, random_state=1), number),
        "forest_numbers": (
            RandomForestRegressor(n_estimators=4, max_depth=4, random_state=1),
            np.stack([number, -2 * number], axis=1),
        ),
        "linear": (LinearRegression(), number),
    }


def ask_onnx(path: Path, x: np.ndarray) -> dict:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    answers = session.run(None, {session.get_inputs()[0].name: x})
    case = {"rows": [None if np.isnan(value) else float(value) for value in x.reshape(-1)]}
    if len(answers) == 2:
        case["classes"] = np.asarray(answers[0]).tolist()
    scores = answers[-1]
    if isinstance(scores, list):  # ZipMap's
        scores = [list(row.values()) for row in scores]
    return case | {"scores": np.asarray(scores, np.float64).reshape(-1).tolist()}


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    generator = np.random.default_rng(5)
    x = generator.normal(size=(400, 4)).astype(np.float32) * np.array([1, 2, 3, 4], np.float32) + 1
    table = {}
    for name, (estimator, target) in pipelines(x).items():
        steps = [StandardScaler()]
        given = x.copy()
        if name.startswith("forest"):
            steps.insert(0, SimpleImputer())
            given[generator.random(x.shape) < 0.1] = np.nan
        if name == "linear":
            steps.append(Normalizer("l2"))
        pipeline = make_pipeline(*steps, estimator).fit(given, target)
        keep_zipmap = name == "forest_names"
        options = {id(estimator): {"zipmap": keep_zipmap}} if hasattr(estimator, "classes_") else None
        (FOLDER / f"{name}.onnx").write_bytes(to_onnx(pipeline, given[:1], options=options).SerializeToString())
        asked = given[:ROWS]
        table[name] = ask_onnx(FOLDER / f"{name}.onnx", asked)
        own = pipeline.predict_proba(asked) if hasattr(estimator, "classes_") else pipeline.predict(asked)
        table[name]["scikit_learn"] = np.asarray(own, np.float64).reshape(-1).tolist()
    two = (x[:, 0] + x[:, 1] > 0.3).astype(int)
    given = x.copy()
    given[generator.random(x.shape) < 0.1] = np.nan
    settings = {"objective": "binary", "verbose": -1, "num_leaves": 6, "num_threads": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(given, two), 5)
    model = convert_lightgbm(booster, initial_types=[("input", FloatTensorType([None, 4]))], target_opset=15)
    (FOLDER / "lightgbm.onnx").write_bytes(model.SerializeToString())
    table["lightgbm"] = ask_onnx(FOLDER / "lightgbm.onnx", given[:ROWS])
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in table.items())
    (FOLDER / "expected.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
