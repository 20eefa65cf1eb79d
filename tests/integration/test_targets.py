"""Models that predict numbers of each event: from files to metrics, report and predictions, against numpy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import uproot
import yaml

EVENTS = 6000
COLUMNS = ("event", "x", "z")


def make_events() -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    x, z = random.normal(2, 1, (2, EVENTS))
    noise = random.normal(0, 0.5, EVENTS)
    return {
        "event": np.arange(EVENTS, dtype=np.int64),
        "x": x.astype(np.float32),
        "z": z.astype(np.float32),
        "gen_sum": (40 + 3 * x - z + noise).astype(np.float32),
        "gen_high": (x + 0.2 * noise > 2).astype(np.int32),
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the events, and with the same without their truth."""
    folder = tmp_path_factory.mktemp("targets")
    events = make_events()
    for name, columns in (("all.root", events), ("bare.root", {name: events[name] for name in COLUMNS})):
        with uproot.recreate(folder / name) as file:
            file["Events"] = columns
    return folder, events


def workflow_of(folder, model: dict, training: dict, **dataset) -> dict:
    return {
        "name": "numbers",
        "dataset": {
            "tree": "Events",
            "samples": {"all": {"files": [str(folder / "all.root")]}},
            "identity": "event",
            "define": {"scaled": "gen_sum / 10"},
            "targets": ["gen_sum", "scaled"],
            "features": {"scalars": ["x", "z"]},
            "split": {"train": 0.6, "validation": 0.2, "test": 0.2},
            **dataset,
        },
        "model": model,
        "training": training,
    }


def train(mlaas, folder, tmp_path, model: dict, training: dict, **dataset):
    path = tmp_path / "workflow.yaml"
    path.write_text(yaml.safe_dump(workflow_of(folder, model, training, **dataset)))
    return mlaas("train", path, "--output", tmp_path / "model", "--json", "--quiet")


def predict(mlaas, tmp_path, file) -> np.ndarray:
    done = mlaas("predict", tmp_path / "model", file, "--out", tmp_path / "scores.npy")
    assert done.returncode == 0, done.stderr
    return np.load(tmp_path / "scores.npy")


NETWORK = ({"kind": "mlp", "layers": [16]}, {"epochs": 30, "batch_size": 100, "optimizer": {"lr": 0.01}})


def test_networks_predict_several(mlaas, made, tmp_path):
    folder, events = made
    summary = json.loads(train(mlaas, folder, tmp_path, *NETWORK).stdout)
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    # What no model can know is the noise.
    assert summary["targets"]["gen_sum"]["rmse"] == pytest.approx(0.5, rel=0.1)
    assert summary["targets"]["gen_sum"]["resolution"] == pytest.approx(0.5, rel=0.15)
    assert metrics["targets"]["scaled"]["test"]["rmse"] == pytest.approx(0.05, rel=0.15)
    assert metrics["targets"]["gen_sum"]["test"]["r2"] == pytest.approx(1 - 0.25 / 10.25, abs=0.01)
    parts = metrics["targets"]["gen_sum"]
    assert sum(parts[part]["events"] for part in ("train", "validation", "test")) == EVENTS
    assert sum(one["events"] for one in parts["test"]["bins"]) == parts["test"]["events"]
    # Predictions need no truth, and are what the metrics speak of.
    scores = predict(mlaas, tmp_path, folder / "bare.root")
    assert scores.shape == (EVENTS, 2)
    residual = scores[:, 0].astype(float) - events["gen_sum"]
    together = sum(parts[part]["rmse"] ** 2 * parts[part]["events"] for part in ("train", "validation", "test"))
    assert np.mean(residual**2) == pytest.approx(together / EVENTS, rel=1e-4)
    bundle = json.loads((tmp_path / "model" / "bundle.json").read_text())
    assert bundle["outputs"][0]["columns"] == ["predicted_gen_sum", "predicted_scaled"]
    assert bundle["provenance"]["check"]["largest_difference"] < 1e-5
    report = (tmp_path / "model" / "report.html").read_text()
    assert "resolution of gen_sum" in report and "log loss on" not in report


def test_trees_predict_one(mlaas, made, tmp_path):
    folder, events = made
    model = {"kind": "trees", "rounds": 200, "max_depth": 3, "learning_rate": 0.2}
    done = train(mlaas, folder, tmp_path, model, {}, targets=["gen_sum"])
    summary = json.loads(done.stdout)
    assert summary["targets"]["gen_sum"]["rmse"] == pytest.approx(0.53, abs=0.06)
    scores = predict(mlaas, tmp_path, folder / "bare.root")
    assert np.std(scores.ravel() - events["gen_sum"]) == pytest.approx(0.5, rel=0.15)


def test_models_of_targets_are_compared(mlaas, made, tmp_path):
    folder, _ = made
    for name, training in (("short", {"epochs": 2}), ("long", {"epochs": 20})):
        (tmp_path / name).mkdir()
        train(mlaas, folder, tmp_path / name, NETWORK[0], NETWORK[1] | training)
    bundles = [tmp_path / name / "model" for name in ("short", "long")]
    done = mlaas("report", *bundles, "--out", tmp_path / "both.html")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "both.html").read_text()
    assert "Resolution of gen_sum" in page and "judged on test parts of the same size" in page
    for bundle in bundles:
        rmse = json.loads((bundle / "metrics.json").read_text())["targets"]["gen_sum"]["test"]["rmse"]
        assert f"{rmse:.4g}" in page
    (tmp_path / "other").mkdir()
    train(mlaas, folder, tmp_path / "other", *NETWORK, targets=["gen_sum"])
    done = mlaas("report", bundles[0], tmp_path / "other" / "model", "--out", tmp_path / "wrong.html")
    assert done.returncode == 2 and "compare models of the same classes or targets" in done.stderr
    assert not (tmp_path / "wrong.html").exists()


def test_several_flags(mlaas, made, tmp_path):
    folder, _ = made
    training = NETWORK[1] | {"loss": {"kind": "flags"}}
    define = {"low": "x < 1"}
    done = train(mlaas, folder, tmp_path, NETWORK[0], training, targets=["gen_high", "low"], define=define)
    assert json.loads(done.stdout)["targets"]["low"]["r2"] > 0.9
    test = json.loads((tmp_path / "model" / "metrics.json").read_text())["targets"]["gen_high"]["test"]
    assert test["auc"] > 0.97
    scores = predict(mlaas, tmp_path, folder / "bare.root")
    assert 0 <= scores.min() and scores.max() <= 1


def test_folds_judge_targets_out_of_fold(mlaas, made, tmp_path):
    folder, events = made
    done = train(mlaas, folder, tmp_path, NETWORK[0], NETWORK[1] | {"folds": 2, "epochs": 15}, split={"seed": 3})
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert sum(model["test"]["events"] for model in metrics["models"]) == EVENTS
    for model in metrics["models"]:
        assert model["test"]["targets"]["gen_sum"]["rmse"] == pytest.approx(0.5, rel=0.1)
    residual = predict(mlaas, tmp_path, folder / "all.root")[:, 0].astype(float) - events["gen_sum"]
    assert np.sqrt(np.mean(residual**2)) == pytest.approx(metrics["targets"]["gen_sum"]["test"]["rmse"], rel=1e-4)
    assert "<h3>Models</h3>" in (tmp_path / "model" / "report.html").read_text()


@pytest.mark.parametrize(
    ("model", "training", "dataset", "words"),
    [
        (
            {"kind": "trees", "objective": "count:poisson"},
            {},
            {},
            ["workflow.yaml:", "model.objective", "is for one target, but dataset.targets has 2"],
        ),
        ({"kind": "mlp"}, {"loss": {"kind": "focal"}}, {}, ["workflow.yaml:", "training.loss.kind", "huber"]),
        ({"kind": "mlp"}, {}, {"targets": ["gen_sun"]}, ["workflow.yaml:", "gen_sun", "gen_sum"]),
        ({"kind": "mlp"}, {}, {"targets": ["x"]}, ["workflow.yaml:", "'x' is a target and cannot be a feature"]),
        ({"kind": "mlp"}, {"loss": {"kind": "flags"}}, {}, ["every target is 0 or 1, but 'gen_sum'"]),
        ({"kind": "autoencoder"}, {}, {}, ["predicts no targets"]),
    ],
)
def test_what_does_not_fit_is_said(mlaas, made, tmp_path, model, training, dataset, words):
    done = train(mlaas, made[0], tmp_path, model, training, **dataset)
    assert done.returncode != 0
    for word in words:
        assert word in done.stderr
    assert not (tmp_path / "model").exists()


def test_evaluation_of_classes_is_refused(mlaas, made, tmp_path):
    path = tmp_path / "workflow.yaml"
    path.write_text(yaml.safe_dump(workflow_of(made[0], *NETWORK) | {"compare": ["fisher"]}))
    done = mlaas("train", path, "--output", tmp_path / "model")
    assert done.returncode != 0 and "compare" in done.stderr and "dataset.targets" in done.stderr


@pytest.mark.parametrize("kind", ["mlp", "trees"])
def test_muon_example(mlaas, tmp_path, kind):
    """A shorter training of the example: better than half of what is known without hits, and the charge is found."""
    folder = Path(__file__).resolve().parents[2] / "examples" / "muon_trigger"
    shorter = "training.epochs=15" if kind == "mlp" else "model.rounds=200"
    done = mlaas(
        *("train", folder / f"{kind}.yaml", "--output", tmp_path / "model", "--set", shorter),
        *("--set", f"dataset.samples.muons.files={folder}/data/train.root", "--quiet"),
    )
    assert done.returncode == 0, done.stderr
    predicted = predict(mlaas, tmp_path, folder / "data" / "test.root").ravel()
    truth = uproot.open(folder / "data" / "test.root")["Muons"].arrays(["gen_pt", "gen_q"], library="np")
    assert np.mean(np.sign(predicted) == truth["gen_q"]) > 0.92
    slow = (truth["gen_pt"] > 5) & (truth["gen_pt"] < 10)
    ratio = 1 / np.abs(predicted[slow]) / truth["gen_pt"][slow]
    lower, upper = np.quantile(ratio, [0.1587, 0.8413])
    assert (upper - lower) / 2 < 0.2
