#!/usr/bin/env python3
"""Makes the models of tests/unit/infer/trees and what XGBoost and LightGBM say to them.

Usage: make_tree_models.py     with xgboost 3.2, lightgbm 4.7 and numpy installed; not needed to run tests

`expected.json` has, for each model, rows (null is a missing value) and predictions.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import lightgbm
import numpy as np
import xgboost

FOLDER = Path(__file__).parent / "trees"
ROWS = 40


def sample(generator: np.random.Generator, rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Returns five features, of which the third is a category, with missing values, and a number to learn."""
    x = generator.normal(size=(rows, 5)).astype(np.float32)
    x[:, 2] = generator.integers(0, 40, rows)
    x[:, 4] = generator.integers(-1, 2, rows)
    target = x[:, 0] + np.isin(x[:, 2] % 7, (1, 4)) * 2 - x[:, 1] * (x[:, 4] == 0)
    x[generator.random(x.shape) < 0.1] = np.nan
    return x, target


def asked(x: np.ndarray) -> np.ndarray:
    """Returns some rows, with categories that no tree has seen, and numbers between categories."""
    rows = x[:ROWS].copy()
    rows[0, 2], rows[1, 2], rows[2, 2], rows[3, 2], rows[4, 2] = 1000, -1, 3.7, 5e9, -0.5
    return rows


def xgboost_models(x: np.ndarray, target: np.ndarray) -> dict:
    kinds = ["q", "q", "c", "q", "q"]
    settings = {"max_depth": 4, "max_cat_to_onehot": 1, "seed": 3, "nthread": 1}
    cases = {
        "categories.json": ({"objective": "binary:logistic"}, target > 0.5, kinds),
        "classes.ubj": ({"objective": "multi:softprob", "num_class": 3}, np.digitize(target, (0, 1)), None),
        "categories_dart.ubj": (
            {"objective": "reg:squarederror", "booster": "dart", "rate_drop": 0.3},
            target,
            kinds,
        ),
    }
    expected = {}
    for name, (own, label, types) in cases.items():
        rows = asked(x) if types else x[:ROWS]
        data = xgboost.DMatrix(x, label, feature_types=types, enable_categorical=types is not None)
        booster = xgboost.train(settings | own, data, 8)
        booster.save_model(FOLDER / name)
        # A DMatrix refuses numbers that are no category; the prediction of an array does not.
        expected[name] = (rows, booster.inplace_predict(rows, validate_features=False))
    return expected


def lightgbm_models(x: np.ndarray, target: np.ndarray) -> dict:
    base = {"verbose": -1, "seed": 5, "num_leaves": 8, "num_threads": 1, "deterministic": True, "min_data_per_group": 5}
    positive = np.abs(target) + 0.1
    cases = {
        "binary.txt": ({"objective": "binary", "sigmoid": 1.5, "max_cat_to_onehot": 1}, target > 0.5, [2]),
        "classes.txt": ({"objective": "multiclass", "num_class": 3}, np.digitize(target, (0, 1)), [2]),
        "ova.txt": ({"objective": "multiclassova", "num_class": 3}, np.digitize(target, (0, 1)), []),
        "zero_as_missing.txt": ({"objective": "regression", "zero_as_missing": True}, target, []),
        "no_missing.txt": ({"objective": "regression_l1", "use_missing": False}, target, []),
        "sqrt.txt": ({"objective": "regression", "reg_sqrt": True}, target, []),
        "poisson.txt": ({"objective": "poisson"}, positive, []),
        "lambda.txt": ({"objective": "cross_entropy_lambda"}, (target > 0.5) * 0.8 + 0.1, []),
        "forest.txt": (
            {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
            target > 0.5,
            [2],
        ),
    }
    expected = {}
    for name, (own, label, categories) in cases.items():
        rows = asked(x) if categories else x[:ROWS]
        data = lightgbm.Dataset(x, label.astype(np.float64), categorical_feature=categories)
        booster = lightgbm.train(base | own, data, 6)
        booster.save_model(FOLDER / name)
        expected[name] = (rows, booster.predict(rows))
    return expected


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    x, target = sample(np.random.default_rng(11))
    expected = xgboost_models(x, target) | lightgbm_models(x, target)
    table = {}
    for name, (rows, predictions) in expected.items():
        values = [None if np.isnan(value) else float(value) for value in rows.reshape(-1)]
        table[name] = {"rows": values, "predictions": np.asarray(predictions, np.float64).reshape(-1).tolist()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case)}" for name, case in table.items())
    (FOLDER / "expected.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
