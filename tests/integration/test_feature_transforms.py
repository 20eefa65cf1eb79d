"""Fills of missing values and scalings of features: the same in training, `mlaas predict`, `serve` and the ONNX graph.

What they should give is computed by numpy and scikit-learn from the columns that the test itself has made.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import awkward as ak
import numpy as np
import onnx
import pytest
import uproot
import yaml
from conformance.tth_events import parts, weighted_auc

ROWS = 6000
LENGTH = 3
SCALARS = ["c", "met", "z", "d", "plain"]
FILL = {"met": {"with": "median", "infinite": True}, "Jet_*": "mean", "plain": -3}
SCALING = {
    "met": "log",
    "c": "quantile",
    "z": "quantile_normal",
    "d": "none",
    "Jet_pt": "quantile_normal",
    "Jet_eta": "quantile",
}


def make_events(label: int) -> dict[str, object]:
    random = np.random.default_rng(label + 5)
    met = (random.lognormal(3, 1, ROWS) * random.choice([-1, 1], ROWS, p=[0.1, 0.9])).astype(np.float32)
    met[random.random(ROWS) < 0.05] = np.nan
    met[random.random(ROWS) < 0.01] = np.inf
    met[random.random(ROWS) < 0.01] = -np.inf
    z = random.exponential(1 + label, ROWS).astype(np.float32)
    z[random.random(ROWS) < 0.4] = 0
    plain = random.normal(label, 1, ROWS).astype(np.float32)
    plain[random.random(ROWS) < 0.1] = np.nan
    counts = random.integers(0, 6, ROWS)
    pt = random.exponential(40, counts.sum()).astype(np.float32)
    pt[random.random(len(pt)) < 0.03] = np.nan
    return {
        "event": np.arange(ROWS, dtype=np.int64) * 2 + label,
        "c": random.normal(label, 2, ROWS).astype(np.float32),
        "met": met,
        "z": z,
        "d": random.random(ROWS).astype(np.float32),
        "plain": plain,
        "Jet_pt": ak.unflatten(pt, counts),
        "Jet_eta": ak.unflatten(random.normal(0, 2, len(pt)).astype(np.float32), counts),
    }


def write_events(path: Path, columns: dict[str, object]) -> Path:
    types = {name: "var * float32" if name.startswith("Jet") else str(column.dtype) for name, column in columns.items()}
    with uproot.recreate(path) as file:
        file.mktree("Events", types)
        file["Events"].extend(columns)
    return path


def padded(column: ak.Array) -> np.ndarray:
    return ak.to_numpy(ak.fill_none(ak.pad_none(column, LENGTH, clip=True), 0)).astype(np.float32)


class Data:
    """All events as the tensors of the model, missing values still in them."""

    def __init__(self, samples: list[dict[str, object]]):
        self.scalars = np.concatenate([np.stack([s[name] for name in SCALARS], axis=1) for s in samples])
        self.jets = np.concatenate([np.stack([padded(s["Jet_pt"]), padded(s["Jet_eta"])], axis=2) for s in samples])
        self.count = np.concatenate([np.minimum(ak.to_numpy(ak.num(s["Jet_pt"])), LENGTH) for s in samples])
        self.count = self.count.astype(np.int32)
        self.label = np.repeat([0, 1], ROWS)
        split = {"seed": 1, "train": 0.64, "validation": 0.16}
        self.part = np.concatenate([parts([s["event"]], split) for s in samples])
        self.real = np.arange(LENGTH)[None, :] < self.count[:, None]

    def inputs(self) -> dict[str, np.ndarray]:
        return {"scalars": self.scalars, "jets": self.jets, "jets_count": self.count}

    def column(self, name: str) -> np.ndarray:
        return self.scalars[:, SCALARS.index(name)].astype(np.float64)

    def filled(self) -> dict[str, np.ndarray]:
        """The tensors with numpy's fills, from the training part."""
        train = self.part == 0
        scalars, jets = self.scalars.copy(), self.jets.copy()
        met, plain = SCALARS.index("met"), SCALARS.index("plain")
        known = self.scalars[train, met]
        scalars[~np.isfinite(scalars[:, met]), met] = np.median(known[np.isfinite(known)].astype(np.float64))
        scalars[np.isnan(scalars[:, plain]), plain] = -3
        present = self.jets[..., 0][train][self.real[train]]
        jets[..., 0][np.isnan(jets[..., 0])] = np.nanmean(present.astype(np.float64))
        return {"scalars": scalars, "jets": jets, "jets_count": self.count}


@pytest.fixture(scope="module")
def made(mlaas, tmp_path_factory):
    """Files, workflows and bundles of both kinds; returns (folder, data)."""
    folder = tmp_path_factory.mktemp("transforms")
    samples = [make_events(label) for label in (0, 1)]
    for label, sample in enumerate(samples):
        write_events(folder / f"{label}.root", sample)
    workflow = {
        "name": "net",
        "dataset": {
            "tree": "Events",
            "samples": {f"s{label}": {"label": label, "files": [str(folder / f"{label}.root")]} for label in (0, 1)},
            "identity": "event",
            "features": {"scalars": SCALARS, "jets": {"columns": ["Jet_pt", "Jet_eta"], "length": LENGTH}},
            "fill": FILL,
        },
        "model": {"kind": "mlp", "layers": [8], "scaling": SCALING},
        "training": {"epochs": 2},
        "output": str(folder / "models" / "net"),
    }
    trees = workflow | {"name": "bdt", "model": {"kind": "trees", "rounds": 20}, "training": {}}
    trees["output"] = str(folder / "models" / "bdt")
    for one in (workflow, trees):
        path = folder / f"{one['name']}.yaml"
        path.write_text(yaml.safe_dump(one, sort_keys=False), encoding="utf-8")
        trained = mlaas("train", path, "--quiet")
        assert trained.returncode == 0, trained.stderr
    return folder, Data(samples)


def predict(mlaas, folder: Path, model: str) -> np.ndarray:
    out = folder / f"{model}.npy"
    done = mlaas("predict", folder / "models" / model, folder / "0.root", folder / "1.root", "--out", out)
    assert done.returncode == 0, done.stderr
    table = np.load(out)
    return (table["score"] if table.dtype.names else table.reshape(len(table), -1)[:, 0]).astype(np.float64)


def run_graph(path: Path, inputs: dict[str, np.ndarray], tensor: str | None = None) -> np.ndarray:
    import onnxruntime

    model = onnx.load(path)
    if tensor:
        model.graph.output.append(onnx.ValueInfoProto(name=tensor))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run([tensor or "scores"], inputs)[0]


def test_the_graph_fills_and_transforms_as_numpy_and_scikit_learn(made):
    from scipy.stats import norm
    from sklearn.preprocessing import QuantileTransformer

    folder, data = made
    features = run_graph(folder / "models" / "net" / "model.onnx", data.inputs(), "features")
    assert np.isfinite(features).all()
    train = data.part == 0
    filled = data.filled()
    ours = {name: features[:, i] for i, name in enumerate(SCALARS)}

    # The logarithm: mean and deviation of the values that were there.
    logarithm = np.sign(filled["scalars"][:, 1]) * np.log1p(np.abs(filled["scalars"][:, 1].astype(np.float64)))
    there = train & np.isfinite(data.scalars[:, 1])
    expected = (logarithm - logarithm[there].mean()) / logarithm[there].std()
    np.testing.assert_allclose(ours["met"], expected, atol=2e-6)
    # A number as fill, and no part in mean and deviation either.
    there = train & ~np.isnan(data.column("plain"))
    expected = (filled["scalars"][:, 4] - data.column("plain")[there].mean()) / data.column("plain")[there].std()
    np.testing.assert_allclose(ours["plain"], expected, atol=2e-6)
    np.testing.assert_array_equal(ours["d"], data.scalars[:, 3])
    # Ranks: the sketch's error is 0.0054 at most, a piece of the curve 1/128.
    theirs = QuantileTransformer(n_quantiles=1000, subsample=None).fit(data.column("c")[train, None])
    np.testing.assert_allclose(ours["c"], theirs.transform(data.column("c")[:, None])[:, 0], atol=0.01)
    order = np.argsort(data.column("c"), kind="stable")
    assert (np.diff(ours["c"][order]) >= -1e-6).all()
    assert ours["c"].min() == 0 and abs(ours["c"].max() - 1) < 1e-6
    # Many zeros go to the middle of their ranks, what is above them to its own rank.
    z = data.column("z")
    zeros = (z[train] == 0).mean()
    assert ours["z"][z == 0] == pytest.approx(norm.ppf(zeros / 2), abs=0.05)
    above = (z > np.quantile(z, 0.6)) & (z < np.quantile(z, 0.95))
    ranks = np.searchsorted(np.sort(z[train]), z[above]) / train.sum()
    np.testing.assert_allclose(ours["z"][above], norm.ppf(ranks), atol=0.06)
    assert abs(ours["z"]).max() <= norm.ppf(1 - 0.5 / train.sum()) + 1e-4
    # Elements of lists.
    jets = features[:, len(SCALARS) :].reshape(len(features), LENGTH, 2)
    assert (jets[~data.real] == 0).all()
    present = data.jets[..., 0][data.real & train[:, None]]
    present = np.sort(present[~np.isnan(present)])
    wanted = np.searchsorted(present, filled["jets"][..., 0][data.real], side="right") / len(present)
    np.testing.assert_allclose(norm.cdf(jets[..., 0][data.real]), wanted, atol=0.012)
    present = data.jets[..., 1][data.real & train[:, None]]
    theirs = QuantileTransformer(n_quantiles=1000, subsample=None).fit(present[:, None])
    wanted = theirs.transform(data.jets[..., 1][data.real][:, None])[:, 0]
    np.testing.assert_allclose(jets[..., 1][data.real], wanted, atol=0.012)


def test_scores_are_the_same_wherever_they_are_made(mlaas, made):
    folder, data = made
    scores = predict(mlaas, folder, "net")
    assert np.isfinite(scores).all()
    graph = run_graph(folder / "models" / "net" / "model.onnx", data.inputs())[:, 0]
    np.testing.assert_allclose(scores, graph, atol=2e-6)
    filled = run_graph(folder / "models" / "net" / "model.onnx", data.filled())[:, 0]
    np.testing.assert_allclose(scores, filled, atol=2e-6)


@pytest.mark.parametrize("model", ["net", "bdt"])
def test_the_trainers_metrics_are_those_of_the_predicted_scores(mlaas, made, model):
    folder, data = made
    scores = predict(mlaas, folder, model)
    test = data.part == 2
    metrics = json.loads((folder / "models" / model / "metrics.json").read_text(encoding="utf-8"))
    auc = weighted_auc(scores[test], data.label[test], np.ones(test.sum()))
    assert metrics["parts"]["test"]["auc"] == pytest.approx(auc, abs=2e-5)


def test_trees_see_the_filled_values(mlaas, made):
    """The same events with numpy's fills in the file get the same scores from a bundle without fills."""
    folder, data = made
    filled = data.filled()
    columns = {name: filled["scalars"][:, i] for i, name in enumerate(SCALARS)}
    columns |= {
        name: ak.unflatten(filled["jets"][..., i][data.real], data.count)
        for i, name in enumerate(("Jet_pt", "Jet_eta"))
    }
    file = write_events(folder / "filled.root", columns)
    bare = folder / "bare" / "bdt"
    shutil.copytree(folder / "models" / "bdt", bare)
    description = json.loads((bare / "bundle.json").read_text(encoding="utf-8"))
    del description["features"]["fill"]
    description["identity"] = []
    (bare / "bundle.json").write_text(json.dumps(description), encoding="utf-8")
    out = folder / "filled.npy"
    done = mlaas("predict", bare, file, "--out", out)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(predict(mlaas, folder, "bdt"), np.load(out).reshape(-1), atol=2e-6)


def test_statistics_do_not_count_what_was_filled(made):
    folder, data = made
    statistics = json.loads((folder / "models" / "net" / "statistics.json").read_text(encoding="utf-8"))
    met = statistics["scalars"][1]
    known = data.column("met")[data.part == 0]
    finite = known[np.isfinite(known)]
    assert met["count"] == len(finite)
    assert met["filled"] == len(known) - len(finite)
    assert met["mean"] == pytest.approx(finite.mean(), rel=1e-6)
    assert met["median"] == pytest.approx(np.median(finite), rel=1e-6)
    bundle = json.loads((folder / "models" / "net" / "bundle.json").read_text(encoding="utf-8"))
    assert bundle["features"]["fill"]["met"]["value"] == pytest.approx(np.median(finite), rel=1e-6)
    assert bundle["features"]["fill"]["plain"] == {"value": -3, "infinite": False}


@pytest.mark.parametrize("model", ["net", "bdt"])
def test_null_stands_for_a_missing_value_over_http(mlaas, made, model):
    from integration.test_serve import Server

    folder, _ = made
    row = [1.5, None, 0.5, 0.25, None, 40.0, 0.1, None, -1.0, 0.0, 0.0, 2]
    scalars = np.array([[np.nan if v is None else v for v in row[:5]]], dtype=np.float32)
    with Server(mlaas.binary, folder / "models") as server:
        tensors = [
            {"name": "scalars", "shape": [1, 5], "datatype": "FP32", "data": row[:5]},
            {"name": "jets", "shape": [1, 3, 2], "datatype": "FP32", "data": row[5:11]},
            {"name": "jets_count", "shape": [1], "datatype": "INT32", "data": [2]},
        ]
        status, _, text = server.ask("POST", f"/v2/models/{model}/infer", {"inputs": tensors})
        assert status == 200, text
        score = json.loads(text)["outputs"][0]["data"][0]
        status, _, text = server.ask("POST", "/json", {"keys": [], "values": row, "model": model})
        assert status == 200, text
        assert json.loads(text) == pytest.approx([score], abs=1e-6) or score == pytest.approx(
            np.ravel(json.loads(text)).tolist()[-1], abs=1e-6
        )
        tensors[0]["data"] = [None, *row[1:5]]
        status, _, text = server.ask("POST", f"/v2/models/{model}/infer", {"inputs": tensors})
        assert status == 400 and "element 0 is null" in text
        status, _, text = server.ask("POST", "/json", {"keys": [], "values": [None, *row[1:]], "model": model})
        assert status == 400 and "is null" in text and "no fill for missing values of 'c'" in text
    if model == "net":
        jets = np.array([[[40.0, 0.1], [np.nan, -1.0], [0, 0]]], dtype=np.float32)
        inputs = {"scalars": scalars, "jets": jets, "jets_count": np.array([2], dtype=np.int32)}
        assert score == pytest.approx(
            float(run_graph(folder / "models" / "net" / "model.onnx", inputs)[0, 0]), abs=2e-6
        )


@pytest.mark.parametrize(
    ("place", "value", "code", "texts"),
    [
        ("dataset.fill", {"mett": 0}, 4, ["there is no feature 'mett'", "did you mean 'met'", ".yaml:"]),
        ("dataset.fill", {"Muon_*": 0}, 4, ["no feature matches 'Muon_*'", ".yaml:"]),
        ("dataset.fill", {"met": "middle"}, 2, ["dataset.fill.met", "number, mean or median", ".yaml:"]),
        ("dataset.fill", {"met": {"with": 0, "infinity": True}}, 2, ["infinity", "infinite", ".yaml:"]),
        ("dataset.fill", {"met": {"with": 0, "infinite": "maybe"}}, 2, ["true or false", "maybe", ".yaml:"]),
        ("dataset.fill", {"plain": 0, "met": 1}, 2, ["'met'", "inf", "dataset.fill"]),
        ("dataset.fill", {"met": 1e300}, 2, ["finite in float32", ".yaml:"]),
        ("model.scaling", {"mett": "log"}, 4, ["there is no feature 'mett'", "did you mean 'met'", ".yaml:"]),
        ("model.scaling", {"met": "logg"}, 2, ["model.scaling.met", "'logg'", "did you mean 'log'", ".yaml:"]),
        ("model.scaling", "max", 2, ["model.scaling", "'max'", "minmax", ".yaml:"]),
        ("model.scaling", 3, 2, ["model.scaling", "'3'", ".yaml:"]),
    ],
)
def test_says_what_is_wrong(mlaas, made, tmp_path, place, value, code, texts):
    folder, _ = made
    workflow = yaml.safe_load((folder / "net.yaml").read_text(encoding="utf-8"))
    section, key = place.split(".")
    workflow[section][key] = value
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(workflow, sort_keys=False), encoding="utf-8")
    failed = mlaas("train", path, "--output", tmp_path / "bundle")
    assert failed.returncode == code, failed.stderr
    for text in texts:
        assert text in failed.stderr, failed.stderr
