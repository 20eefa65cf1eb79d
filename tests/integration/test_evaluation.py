"""The workflow's `evaluation` and `compare`: what metrics.json has, and that predict applies a calibration."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import uproot
from scipy.stats import norm

MODELS = {
    "mlp": ("{kind: mlp, layers: [16]}", "{epochs: 3, batch_size: 100}"),
    "trees": ("{kind: trees, rounds: 20}", "{}"),
}
COLUMNS = ("x", "y")


def write_sample(path: Path, seed: int, shift: float, rows: int = 3000) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(shift, 1, rows)
    columns = {
        "x": x.astype(np.float32),
        "y": (0.5 * x + random.normal(0.3 * shift, 1, rows)).astype(np.float32),
        "event": np.arange(rows) + seed * rows,
        "w": np.where(random.random(rows) < 0.1, -0.5, 1).astype(np.float32),
    }
    with uproot.recreate(path) as file:
        file["Events"] = columns


@pytest.fixture
def small(tmp_path):
    def make(kind: str, evaluation: str, compare: str = "[]") -> Path:
        write_sample(tmp_path / "signal.root", 1, 1.0)
        write_sample(tmp_path / "background.root", 2, 0.0)
        model, training = MODELS[kind]
        path = tmp_path / "workflow.yaml"
        path.write_text(
            f"""name: small
dataset:
  samples:
    signal: {{label: 1, files: [{tmp_path}/signal.root], weight: w}}
    background: {{label: 0, files: [{tmp_path}/background.root], weight: w}}
  identity: [event]
  features: {{scalars: [x, y]}}
  split: {{train: 0.4, validation: 0.3, test: 0.3}}
model: {model}
training: {training}
evaluation: {evaluation}
compare: {compare}
output: {tmp_path}/bundle
"""
        )
        return path

    return make


def parts(mlaas, tmp_path: Path, name: str) -> dict[str, np.ndarray]:
    """Scores of both samples' events by the bundle, with labels and weights."""
    columns: dict[str, list[np.ndarray]] = {"score": [], "label": [], "w": [], "x": [], "y": []}
    for label, sample in enumerate(("background", "signal")):
        out = tmp_path / f"{sample}.csv"
        done = mlaas("predict", tmp_path / name, f"{tmp_path}/{sample}.root", "--out", out)
        assert done.returncode == 0, done.stderr
        scores = np.genfromtxt(out, delimiter=",", names=True)["score"]
        with uproot.open(tmp_path / f"{sample}.root") as file:
            columns["score"].append(scores)
            arrays = file["Events"].arrays(["x", "y", "w"], library="np")
            for key, values in arrays.items():
                columns[key].append(values)
            columns["label"].append(np.full(len(scores), label))
    return {key: np.concatenate(values) for key, values in columns.items()}


def assert_close(scores: np.ndarray, expected: np.ndarray) -> None:
    # On a steep step of an isotonic fit the last digit of the score decides about more.
    distance = np.abs(scores - expected)
    assert np.quantile(distance, 0.995) < 2e-5
    assert distance.max() < 0.02


def train(mlaas, workflow: Path) -> dict:
    done = mlaas("train", workflow, "--quiet")
    assert done.returncode == 0, done.stderr
    return json.loads((workflow.parent / "bundle" / "metrics.json").read_text())


@pytest.mark.parametrize("kind", ["mlp", "trees"])
@pytest.mark.parametrize("calibration", ["platt", "isotonic"])
def test_predict_applies_the_calibration(mlaas, small, tmp_path, kind, calibration):
    workflow = small(kind, "{calibration: none}")
    plain_metrics = train(mlaas, workflow)
    plain = parts(mlaas, tmp_path, "bundle")
    workflow = small(kind, f"{{calibration: {calibration}}}")
    metrics = train(mlaas, workflow)
    fitted = metrics["calibration"]["fitted"]
    assert fitted["kind"] == calibration
    scores = parts(mlaas, tmp_path, "bundle")["score"]
    if calibration == "platt":
        p = np.clip(plain["score"].astype(float), 1e-7, 1 - 1e-7)
        expected = 1 / (1 + np.exp(-(fitted["slope"] * np.log(p / (1 - p)) + fitted["offset"])))
    else:
        expected = np.interp(plain["score"], fitted["scores"], fitted["probabilities"])
    assert_close(scores, expected)
    assert "fitted" not in plain_metrics["calibration"]
    bundle = json.loads((tmp_path / "bundle" / "bundle.json").read_text())
    assert bundle["format"] == (2 if kind == "trees" else 1)
    assert bundle["provenance"]["check"]["events"] > 0
    if kind == "mlp":
        session = onnxruntime.InferenceSession(tmp_path / "bundle" / "model.onnx")
        (outputs,) = session.run(["scores"], {"scalars": np.stack([plain["x"], plain["y"]], axis=1)})
        assert_close(outputs[:, 0], expected)


def test_metrics_have_all_of_the_evaluation(mlaas, small):
    workflow = small("trees", "{background_uncertainty: 0.2, efficiency: {variables: [y], bins: 4, cut: 0.6}}")
    metrics = train(mlaas, workflow)
    assert metrics["significance"]["background_uncertainty"] == 0.2
    s, b = metrics["significance"]["best"]["signal"], metrics["significance"]["best"]["background"]
    e = 0.2 * b
    z2 = 2 * ((s + b) * np.log((s + b) * (b + e * e) / (b * b + (s + b) * e * e)))
    z2 -= 2 * b * b / (e * e) * np.log(1 + e * e * s / (b * (b + e * e)))
    assert metrics["significance"]["best"]["asimov"] == pytest.approx(np.sqrt(z2))
    assert 0.5 < metrics["precision_recall"]["average_precision"] < 1
    assert metrics["bootstrap"]["auc_error"] == pytest.approx(metrics["parts"]["test"]["auc_error"], rel=0.3)
    features = metrics["features"]
    assert [ranked["variable"] for ranked in features["ranking"]] == ["x", "y"]
    assert features["correlations"]["variables"] == ["x", "y", "score"]
    assert features["correlations"]["classes"]["signal"][1][0] == pytest.approx(0.447, abs=0.1)
    efficiency = features["efficiency"]["y"]["signal"]
    assert len(efficiency["efficiency"]) == 4
    assert sum(efficiency["events"]) == pytest.approx(900, rel=0.15)
    importance = {one["name"]: one["auc_drop"] for one in features["permutation_importance"]["features"]}
    assert importance["x"] > importance["y"]


def test_calibration_error_is_the_weighted_mean_of_its_bins(mlaas, small):
    metrics = train(mlaas, small("trees", "{}"))
    curve = metrics["calibration"]
    assert sum(curve["sum_weights"]) == pytest.approx(metrics["parts"]["test"]["sum_weights"])
    weights = np.array(curve["sum_weights"])
    distance = np.abs(np.array(curve["mean_score"]) - np.array(curve["signal_fraction"]))
    assert curve["expected_calibration_error"] == pytest.approx((weights * distance).sum() / weights.sum())


def test_traditional_methods_on_normal_distributions(mlaas, small):
    metrics = train(mlaas, small("mlp", "{}", "[cut, cuts, fisher, likelihood]"))
    compared = metrics["compare"]
    assert list(compared) == ["cut", "cuts", "fisher", "likelihood"]
    assert compared["cut"]["learned"]["variable"] == "x"
    # Between equal normal distributions the best is Fisher's: distance 1 in x, 0.3 in what y has beyond x.
    best, by_x = norm.cdf(np.sqrt(1.09 / 2)), norm.cdf(np.sqrt(1 / 2))
    error = compared["fisher"]["auc_error"]
    assert compared["fisher"]["auc"] == pytest.approx(best, abs=3 * error)
    assert compared["cut"]["auc"] == pytest.approx(by_x, abs=3 * error)
    assert metrics["features"]["ranking"][0]["auc"] == pytest.approx(compared["cut"]["auc"], abs=1e-3)
    assert compared["cuts"]["auc"] > compared["cut"]["auc"] - 3 * error
    assert compared["likelihood"]["auc"] > by_x - error
    coefficients = compared["fisher"]["learned"]["coefficients"]
    assert coefficients["y"] / coefficients["x"] == pytest.approx(0.3 / 0.85, abs=0.15)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        (
            "evaluation.calibration",
            "beta",
            "evaluation.calibration: expected one of none, platt, isotonic, found 'beta'",
        ),
        ("evaluation.bootsrap", "5", "unknown option 'bootsrap'; did you mean 'bootstrap'?"),
        ("evaluation.background_uncertainty", "-1", "evaluation.background_uncertainty: expected a number of 0 to 100"),
        ("evaluation.efficiency", "{variables: [z]}", "no feature has the name 'z'"),
        ("compare", "[cuts, fischer]", "compare: unknown method 'fischer'; did you mean 'fisher'?"),
        ("compare", "[cut, cut]", "compare: 'cut' stands twice"),
    ],
)
def test_refuses_wrong_options(mlaas, small, key, value, text):
    done = mlaas("train", small("trees", "{}"), "--quiet", "--set", f"{key}={value}")
    assert done.returncode == 2
    assert text in done.stderr
