"""Trained models against what we did not write: ONNX Runtime on the bundle, scikit-learn on the same events.

The events come from tth_events.py (uproot and numpy), which calls nothing of mlaas.
"""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from conformance.tth_events import ROOT, read_events, weighted_auc
from sklearn.metrics import average_precision_score

# Spinning OpenMP threads of scikit-learn are many times slower than one thread on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def events():
    return read_events()


@pytest.fixture(scope="module")
def bundles(mlaas, tmp_path_factory):
    """Both models of examples/tth, trained as their workflows say."""
    folder = tmp_path_factory.mktemp("models")
    for kind in ("mlp", "trees"):
        compare = ["--set", "compare=[cut, cuts, fisher, likelihood]"] if kind == "trees" else []
        trained = mlaas("train", f"examples/tth/{kind}.yaml", "--quiet", "--output", folder / kind, *compare, cwd=ROOT)
        assert trained.returncode == 0, trained.stderr
    return folder


@pytest.fixture(scope="module")
def scores(mlaas, bundles, events):
    """Scores of `mlaas predict`, kept for the selected events in the order of `events`."""
    result = {}
    for kind in ("mlp", "trees"):
        out = bundles / f"{kind}.npy"
        predicted = mlaas("predict", bundles / kind, *events[1], "--out", out, cwd=ROOT)
        assert predicted.returncode == 0, predicted.stderr
        result[kind] = np.load(out)
    return result


def score_column(table: np.ndarray) -> np.ndarray:
    """The scores in what `mlaas predict` wrote as .npy: a structured array, or the bare scores."""
    return (table["score"] if table.dtype.names else table.reshape(len(table), -1)[:, 0]).astype(np.float64)


def selected(column: np.ndarray) -> np.ndarray:
    return column[~np.isnan(column)]


def read_json(path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_parts_are_those_of_the_documented_split(bundles, events):
    part, label = events[0].part, events[0].label
    for kind in ("mlp", "trees"):
        samples = read_json(bundles / kind / "statistics.json")["samples"]
        for number, name in enumerate(("train", "validation", "test")):
            for value in (0, 1):
                ours = sum(s[name]["selected"] for s in samples if s["label"] == value)
                assert ours == np.count_nonzero((part == number) & (label == value)), (kind, name, value)


def test_statistics_are_numpys(bundles, events):
    statistics = read_json(bundles / "mlp" / "statistics.json")
    data = events[0]
    train = data.part == 0
    for number, feature in enumerate(statistics["scalars"]):
        column = data.scalars[train, number].astype(np.float64)
        assert feature["mean"] == pytest.approx(column.mean(), rel=1e-6, abs=1e-9), feature["name"]
        assert feature["deviation"] == pytest.approx(column.std(), rel=1e-5), feature["name"]


def test_onnx_runtime_gives_the_scores_of_predict(bundles, events, scores):
    import onnxruntime

    data = events[0]
    session = onnxruntime.InferenceSession(bundles / "mlp" / "model.onnx", providers=["CPUExecutionProvider"])
    inputs = {"scalars": data.scalars, "jets": data.jets, "jets_count": data.count}
    theirs = session.run(None, {i.name: inputs[i.name] for i in session.get_inputs()})[0][:, 0]
    ours = selected(score_column(scores["mlp"]))
    assert len(ours) == len(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["mlp", "trees"])
def test_metrics_are_those_of_the_predicted_scores(kind, bundles, events, scores):
    data = events[0]
    test = data.part == 2
    column = selected(score_column(scores[kind]))
    metrics = read_json(bundles / kind / "metrics.json")
    auc = weighted_auc(column[test], data.label[test], data.weight[test])
    assert metrics["parts"]["test"]["events"] == test.sum()
    assert metrics["parts"]["test"]["sum_weights"] == pytest.approx(data.weight[test].sum(), rel=1e-5)
    assert metrics["parts"]["test"]["auc"] == pytest.approx(auc, abs=1e-5)
    assert 0.003 < metrics["parts"]["test"]["auc_error"] < 0.03
    precision = average_precision_score(data.label[test], column[test], sample_weight=data.weight[test])
    assert metrics["precision_recall"]["average_precision"] == pytest.approx(precision, abs=1e-5)
    cut = metrics["significance"]["best"]["cut"]
    for name, value in (("signal", 1), ("background", 0)):
        mine = (data.label == value) & test
        expected = data.weight[mine & (column >= cut)].sum() / data.weight[mine].sum()
        expected *= data.weight[data.label == value].sum()
        assert metrics["significance"]["best"][name] == pytest.approx(expected, rel=1e-3)


def weighted_fit(model, x: np.ndarray, data, chosen: np.ndarray) -> float:
    """Trains on the chosen events with |weight|, as our trees do, and returns the AUC on the test part."""
    weight = np.abs(data.weight[chosen])
    model.fit(x[chosen], data.label[chosen], sample_weight=weight / weight.mean())
    test = data.part == 2
    return weighted_auc(model.predict_proba(x[test])[:, 1], data.label[test], data.weight[test])


def test_trees_are_as_good_as_scikit_learns(bundles, events):
    from sklearn.ensemble import HistGradientBoostingClassifier

    data = events[0]
    theirs = weighted_fit(
        HistGradientBoostingClassifier(max_iter=100, max_depth=4, early_stopping=False, random_state=1),
        data.flat(),
        data,
        data.part == 0,
    )
    ours = read_json(bundles / "trees" / "metrics.json")["parts"]["test"]["auc"]
    assert ours == pytest.approx(theirs, abs=0.01)


def test_the_network_is_as_good_as_scikit_learns(bundles, events):
    from sklearn.neural_network import MLPClassifier

    data = events[0]
    x = data.flat()
    train = data.part == 0
    x = np.nan_to_num((x - np.nanmean(x[train], axis=0)) / np.nanstd(x[train], axis=0))
    # The mean over seeds: one training scatters by 0.002.
    theirs = np.mean(
        [
            weighted_fit(MLPClassifier((128, 64), batch_size=500, max_iter=8, random_state=seed), x, data, train)
            for seed in range(3)
        ]
    )
    ours = read_json(bundles / "mlp" / "metrics.json")["parts"]["test"]["auc"]
    assert ours == pytest.approx(theirs, abs=0.01)


def test_fisher_is_the_one_of_the_formula(bundles, events):
    """Means and covariances with signed weights; scikit-learn's LDA, which has no weights, checks the unit test."""
    data = events[0]
    train, test = data.part == 0, data.part == 2
    x = np.concatenate([data.flat(), data.count[:, None]], axis=1).astype(np.float64)
    weight, label = data.weight[train].astype(np.float64), data.label[train]
    size = np.where(np.isnan(x[train]), 0, np.abs(weight)[:, None])
    x = np.where(np.isnan(x), (np.nan_to_num(x[train]) * size).sum(axis=0) / size.sum(axis=0), x)
    x = (x - x[train].mean(axis=0)) / np.maximum(x[train].std(axis=0), 1e-9)
    means = [np.average(x[train][label == k], axis=0, weights=weight[label == k]) for k in (0, 1)]
    distance = x[train] - np.stack(means)[label]
    within = (distance * weight[:, None]).T @ distance / weight.sum()
    coefficients = np.linalg.pinv(within, rcond=1e-8, hermitian=True) @ (means[1] - means[0])
    expected = weighted_auc(x[test] @ coefficients, data.label[test], data.weight[test])
    compared = read_json(bundles / "trees" / "metrics.json")["compare"]
    assert compared["fisher"]["training_events"] == train.sum()
    assert compared["fisher"]["auc"] == pytest.approx(expected, abs=1e-4)
    assert compared["fisher"]["auc"] > compared["cut"]["auc"]
    assert compared["cuts"]["auc"] > compared["cut"]["auc"] - compared["cut"]["auc_error"]
