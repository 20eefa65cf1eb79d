"""Bundles of several models: ensembles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
TREES = [ROOT / "examples" / "tth" / "trees.yaml", "--set", "model.rounds=12", "--set", "model.subsample=0.6"]
MLP = [ROOT / "examples" / "tth" / "mlp.yaml", "--set", "training.epochs=1"]


def train(mlaas, output: Path, *arguments) -> Path:
    done = mlaas("train", *arguments, "--output", output, "--quiet", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return output


def scores(mlaas, bundle: Path) -> np.ndarray:
    out = bundle.with_suffix(".npy")
    done = mlaas("predict", bundle, next((ROOT / "examples" / "tth" / "data").glob("tth_1.root")), "--out", out)
    assert done.returncode == 0, done.stderr
    return np.load(out)


@pytest.mark.parametrize(
    ("arguments", "name"), [(TREES, "model_{}.json"), (MLP, "model_{}.onnx")], ids=["trees", "mlp"]
)
def test_an_ensemble_averages_models_of_other_seeds(mlaas, tmp_path, arguments, name):
    together = train(mlaas, tmp_path / "ensemble", *arguments, "--set", "training.ensemble=3")
    alone = [train(mlaas, tmp_path / f"alone{i}", *arguments, "--set", f"training.seed={1 + i}") for i in range(3)]
    files = [name.format(i) for i in range(3)]
    for file, bundle in zip(files, alone, strict=True):
        assert (together / file).read_bytes() == (bundle / name.replace("_{}", "")).read_bytes()
    description = json.loads((together / "bundle.json").read_text())
    assert description["engine"]["files"] == files
    assert "file" not in description["engine"]
    found = scores(mlaas, together)
    each = [scores(mlaas, bundle) for bundle in alone]
    assert np.ptp(each, axis=0).max() > 1e-3
    np.testing.assert_allclose(found, np.mean(each, axis=0, dtype=np.float64), rtol=0, atol=1e-6)
    metrics = json.loads((together / "metrics.json").read_text())
    curves = [json.loads((bundle / "metrics.json").read_text())["learning_curve"] for bundle in alone]
    losses = [curve["validation_loss"][curve["best"] - 1] for curve in curves]
    assert [model["validation_loss"] for model in metrics["models"]] == losses
    assert metrics["learning_curve"] == curves[0]
    assert metrics["parts"]["test"]["auc"] > 0.7


def test_the_mean_is_calibrated(mlaas, tmp_path):
    """Platt's fix is a line in the logits, the same for networks and trees as long as it is behind the mean."""
    arguments = [*MLP, "--set", "training.ensemble=2"]
    plain = scores(mlaas, train(mlaas, tmp_path / "plain", *arguments)).astype(np.float64).ravel()
    fixed = scores(mlaas, train(mlaas, tmp_path / "fixed", *arguments, "--set", "evaluation.calibration=platt"))
    fixed = fixed.astype(np.float64).ravel()
    logits = [np.log(values / (1 - values)) for values in (plain, fixed)]
    slope, shift = np.polyfit(*logits, 1)
    np.testing.assert_allclose(slope * logits[0] + shift, logits[1], rtol=0, atol=1e-3)
    assert abs(slope - 1) + abs(shift) > 0.01


@pytest.mark.parametrize("value", ["0", "101", "many"])
def test_refuses_wrong_ensembles(mlaas, tmp_path, value):
    done = mlaas("train", *TREES, "--set", f"training.ensemble={value}", "--output", tmp_path / "bundle", cwd=ROOT)
    assert done.returncode == 2
    assert "training.ensemble: expected" in done.stderr
