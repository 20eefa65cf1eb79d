"""Boosted trees from files to scores: the bundle's ONNX graph against ONNX Runtime, DART, several models."""

from __future__ import annotations

import json
from pathlib import Path

import awkward as ak
import numpy as np
import onnxruntime
import pytest
import uproot
import xxhash
import yaml

EVENTS = 4000
LENGTH = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A file of events with missing values, infinities and empty lists, and the tensors that a model gets of them."""
    folder = tmp_path_factory.mktemp("trees")
    random = np.random.default_rng(7)
    x, y = random.normal(0, 1, (2, EVENTS)).astype(np.float32)
    counts = random.integers(0, 6, EVENTS)
    pt = random.exponential(30, counts.sum()).astype(np.float32)
    eta = random.normal(0, 1, counts.sum()).astype(np.float32)
    flat = np.add.reduceat(np.append(pt, 0), np.append(0, np.cumsum(counts))[:-1]) * (counts > 0)
    signal = x + 0.5 * y**2 + flat / 60 + random.normal(0, 1, EVENTS)
    x[random.random(EVENTS) < 0.1] = np.nan
    x[random.random(EVENTS) < 0.02] = np.inf
    eta[random.random(len(eta)) < 0.1] = np.nan
    with uproot.recreate(folder / "events.root") as file:
        file["Events"] = {
            "event": np.arange(EVENTS, dtype=np.int64),
            "x": x,
            "y": y,
            "kind": np.digitize(signal, [0.7, 2.2]).astype(np.int32),
            "truth": signal.astype(np.float32),
            "Jet_pt": ak.unflatten(pt, counts),
            "Jet_eta": ak.unflatten(eta, counts),
        }
    jets = np.zeros((EVENTS, LENGTH, 2), dtype=np.float32)
    first = np.append(0, np.cumsum(counts))[:-1]
    for i in range(LENGTH):
        there = counts > i
        jets[there, i, 0] = pt[first[there] + i]
        jets[there, i, 1] = eta[first[there] + i]
    return folder, {
        "scalars": np.stack([x, y], axis=1),
        "jets": jets,
        "jets_count": np.minimum(counts, LENGTH).astype(np.int32),
    }


def train(mlaas, folder: Path, output: Path, target: str, model: dict, *settings: str, **dataset):
    """Trains with `target` binary, multi, or what is predicted; returns the finished process."""
    file = str(folder / "events.root")
    samples = {"all": {"files": [file]}}
    if target == "two":
        dataset |= {"targets": ["truth", "square"], "define": {"square": "truth * truth"}}
    elif target in ("truth", "kind"):
        dataset["targets"] = [target]
    else:
        samples["all"]["label"] = "kind" if target == "multi" else "kind > 0"
        dataset["classes"] = ["low", "middle", "high"] if target == "multi" else ["low", "high"]
    workflow = {
        "name": "trees",
        "dataset": {
            "tree": "Events",
            "samples": samples,
            "identity": "event",
            "features": {"scalars": ["x", "y"], "jets": {"columns": ["Jet_pt", "Jet_eta"], "length": LENGTH}},
            "split": {"train": 0.6, "validation": 0.2, "test": 0.2},
            "fill": {"x": {"with": 0.5, "infinite": True}, "Jet_eta": -3},
            **dataset,
        },
        "model": {"kind": "trees", "rounds": 40, **model},
    }
    path = output.with_suffix(".yaml")
    path.write_text(yaml.safe_dump(workflow))
    arguments = [word for setting in settings for word in ("--set", setting)]
    return mlaas("train", path, "--output", output, "--quiet", *arguments)


def trained(mlaas, folder: Path, output: Path, target: str, model: dict, *settings: str, **dataset) -> Path:
    done = train(mlaas, folder, output, target, model, *settings, **dataset)
    assert done.returncode == 0, done.stderr
    return output


def predict(mlaas, bundle: Path, folder: Path) -> np.ndarray:
    out = bundle.with_suffix(".npy")
    done = mlaas("predict", bundle, folder / "events.root", "--out", out)
    assert done.returncode == 0, done.stderr
    return np.load(out).reshape(EVENTS, -1)


def run_graph(file: Path, inputs: dict[str, np.ndarray]) -> np.ndarray:
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_inputs()] == list(inputs)
    return session.run(["scores"], inputs)[0]


DART = {"booster": "dart", "rate_drop": 0.2, "skip_drop": 0.3}
CASES = {
    "binary": ("binary", {}),
    "multi": ("multi", {"max_depth": 3}),
    "target": ("truth", {"max_depth": 6}),
    "two targets": ("two", {}),
    "two targets from files": ("two", {"external_memory": "always"}),
    "counts": ("kind", {"objective": "count:poisson"}),
    "dart": ("binary", DART),
    "dart of three classes": ("multi", DART),
    "stumps": ("binary", {"max_depth": 1, "rounds": 3}),
    "one leaf": ("truth", {"rounds": 2, "min_child_weight": 1e6}),
    "platt": ("binary", {}),
    "isotonic": ("binary", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_graph_of_trees_gives_the_scores_of_predict(mlaas, made, tmp_path, case):
    folder, inputs = made
    target, model = CASES[case]
    settings = [f"evaluation.calibration={case}"] if case in ("platt", "isotonic") else []
    bundle = trained(mlaas, folder, tmp_path / "model", target, model, *settings)
    ours = predict(mlaas, bundle, folder)
    theirs = run_graph(bundle / "model.onnx", inputs)
    assert ours.shape == theirs.shape
    assert np.isfinite(ours).all()
    if case != "one leaf":
        assert np.ptp(ours) > 0.05
    # Between two near points an isotonic curve is steep: it magnifies the last bit of a score.
    tolerance = 1e-4 if case == "isotonic" else 1e-6 if target in ("binary", "multi") else 1e-5
    np.testing.assert_allclose(theirs, ours, rtol=1e-6, atol=tolerance)
    description = json.loads((bundle / "bundle.json").read_text())
    assert description["engine"] == {"kind": "trees", "file": "model.json"}
    found = xxhash.xxh3_64_hexdigest((bundle / "model.onnx").read_bytes())
    assert description["files"]["model.onnx"] == f"xxh3:{found}"


def test_each_of_several_models_has_its_graph(mlaas, made, tmp_path):
    folder, inputs = made
    model = {"subsample": 0.5, "rounds": 15}
    bundle = trained(mlaas, folder, tmp_path / "model", "binary", model, "training.ensemble=3")
    graphs = [run_graph(bundle / f"model_{i}.onnx", inputs) for i in range(3)]
    assert np.ptp(graphs, axis=0).max() > 1e-3
    np.testing.assert_allclose(np.mean(graphs, axis=0), predict(mlaas, bundle, folder), rtol=0, atol=1e-6)


@pytest.mark.parametrize("several", ["ensemble", "folds"])
def test_several_models_have_shapley_values(mlaas, made, tmp_path, several):
    """Of the mean: y and the jets decide, whichever model is asked."""
    folder, _ = made
    alone = trained(mlaas, folder, tmp_path / "alone", "binary", {"rounds": 15})
    together = trained(mlaas, folder, tmp_path / "together", "binary", {"rounds": 15}, f"training.{several}=2")
    found = [json.loads((bundle / "metrics.json").read_text())["features"] for bundle in (alone, together)]
    values = [features["mean_contribution"] for features in found]
    assert set(values[0]) == set(values[1]) == {"x", "y", *(f"Jet_{c}[{i}]" for c in ("pt", "eta") for i in range(3))}
    assert max(values[0], key=values[0].get) == max(values[1], key=values[1].get)
    for name, value in values[0].items():
        assert values[1][name] == pytest.approx(value, rel=0.5, abs=0.1), name


def test_constraints_by_name(mlaas, made, tmp_path):
    folder, inputs = made
    model = {"monotone_constraints": {"x": -1, "Jet_pt": 1}, "interaction_constraints": [["x", "y"], ["Jet_pt"]]}
    bundle = trained(mlaas, folder, tmp_path / "model", "binary", model)
    steps = {name: value[:1].repeat(50, axis=0) for name, value in inputs.items()}
    steps["scalars"][:, 0] = np.linspace(-3, 3, 50)
    steps["jets_count"][:] = LENGTH
    scores = run_graph(bundle / "model.onnx", steps)[:, 0]
    assert (np.diff(scores) <= 1e-7).all()
    done = train(mlaas, folder, tmp_path / "wrong", "binary", {"monotone_constraints": {"Jet_pz": 1}})
    assert done.returncode == 2
    assert "wrong.yaml:" in done.stderr
    assert "there is no feature 'Jet_pz'; did you mean 'Jet_pt'" in done.stderr
