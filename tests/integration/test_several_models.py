"""Bundles of several models: ensembles and folds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import uproot

ROOT = Path(__file__).resolve().parents[2]
TREES = [ROOT / "examples" / "tth" / "trees.yaml", "--set", "model.rounds=12", "--set", "model.subsample=0.6"]
MLP = [ROOT / "examples" / "tth" / "mlp.yaml", "--set", "training.epochs=1"]


DATA = ROOT / "examples" / "tth" / "data" / "tth_1.root"


def train(mlaas, output: Path, *arguments) -> Path:
    done = mlaas("train", *arguments, "--output", output, "--quiet", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    check = json.loads((output / "bundle.json").read_text())["provenance"]["check"]
    assert check["events"] > 1000
    assert check["largest_difference"] < 1e-5
    return output


def scores(mlaas, bundle: Path) -> np.ndarray:
    out = bundle.with_suffix(".npy")
    done = mlaas("predict", bundle, DATA, "--out", out)
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


def mix64(value: np.ndarray) -> np.ndarray:
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def folds_of(columns: list[np.ndarray], folds: int, seed: int = 1) -> np.ndarray:
    """docs/workflow.md, "The split"."""
    hashes = mix64(np.array([seed], dtype=np.uint64))
    for column in columns:
        hashes = mix64(hashes ^ column.astype(np.int64).view(np.uint64))
    return ((hashes >> np.uint64(11)) / 2.0**53 * folds).astype(int)


@pytest.mark.parametrize(
    ("arguments", "name"), [(TREES, "model_{}.json"), (MLP, "model_{}.onnx")], ids=["trees", "mlp"]
)
def test_each_event_is_scored_by_the_model_that_has_not_seen_it(mlaas, tmp_path, arguments, name):
    together = train(
        mlaas, tmp_path / "folds", *arguments, "--set", "training.folds=3", "--set", "dataset.memory=192 MiB"
    )
    alone = []
    for fold in range(3):
        split = f"dataset.split={{folds: 3, fold: {fold}, validation: 0.2, seed: 1}}"
        bundle = train(mlaas, tmp_path / f"fold{fold}", *arguments, "--set", split, "--set", "dataset.memory=64 MiB")
        assert (together / name.format(fold)).read_bytes() == (bundle / name.replace("_{}", "")).read_bytes()
        alone.append(bundle)
    identity = json.loads((together / "bundle.json").read_text())["identity"]
    events = uproot.open(DATA)["Events"].arrays(identity, library="np")
    fold = folds_of([events[column] for column in identity], 3)
    assert set(fold) == {0, 1, 2}
    each = np.array([scores(mlaas, bundle).ravel() for bundle in alone])
    np.testing.assert_array_equal(scores(mlaas, together).ravel(), each[fold, np.arange(len(fold))])
    metrics = json.loads((together / "metrics.json").read_text())
    singles = [json.loads((bundle / "metrics.json").read_text()) for bundle in alone]
    assert [model["test"]["auc"] for model in metrics["models"]] == [one["parts"]["test"]["auc"] for one in singles]
    numbers = [one["parts"]["test"]["events"] for one in singles]
    assert [model["test"]["events"] for model in metrics["models"]] == numbers
    assert metrics["parts"]["test"]["events"] == sum(numbers)
    assert "AUC by fold" in (together / "report.html").read_text()
    areas = [one["parts"]["test"]["auc"] for one in singles]
    assert min(areas) - 0.02 < metrics["parts"]["test"]["auc"] < max(areas) + 0.02


def test_folds_need_the_identity_of_events(mlaas, tmp_path):
    bundle = train(mlaas, tmp_path / "folds", *TREES, "--set", "training.folds=2", "--set", "model.rounds=2")
    tree = uproot.open(DATA)["Events"]
    with uproot.recreate(tmp_path / "anonymous.root") as file:
        file["Events"] = {name: tree[name].array() for name in tree.keys() if name != "event"}  # noqa: SIM118
    done = mlaas("predict", bundle, tmp_path / "anonymous.root", "--out", tmp_path / "x.npy")
    assert done.returncode != 0
    assert "'event'" in done.stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["training.folds=1"], "training.folds: expected a number of 2 to 100"),
        (["training.folds=3", "training.ensemble=2"], "give either folds or ensemble"),
        (["training.folds=3", "dataset.split={folds: 3, fold: 0}"], "dataset.split.folds picks one fold of several"),
        (["training.folds=3", "dataset.fill=mean"], "each fold would have another mean or median"),
        (["training.folds=3", "compare=[fisher]"], "'compare' trains its methods on one split"),
    ],
)
def test_refuses_wrong_folds(mlaas, tmp_path, settings, message):
    arguments = [word for setting in settings for word in ("--set", setting)]
    done = mlaas("train", *TREES, *arguments, "--output", tmp_path / "bundle", cwd=ROOT)
    assert done.returncode == 2
    assert message in done.stderr


@pytest.mark.parametrize("value", ["0", "101", "many"])
def test_refuses_wrong_ensembles(mlaas, tmp_path, value):
    done = mlaas("train", *TREES, "--set", f"training.ensemble={value}", "--output", tmp_path / "bundle", cwd=ROOT)
    assert done.returncode == 2
    assert "training.ensemble: expected" in done.stderr
