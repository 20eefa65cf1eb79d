"""Kinematic reweighting and systematic variations against numpy, by the formulas of docs/workflow.md."""

from __future__ import annotations

import json
import subprocess

import awkward as ak
import numpy as np
import pytest
import uproot

ROWS = {"signal": 3000, "top": 4000, "jets": 2000}
EDGES = {"pt": [20, 40, 80, 200], "eta": [-2, 0, 2]}

WORKFLOW = """
name: reweighting
dataset:
  tree: Events
  samples:
    signal: {label: 1, files: signal.root, weight: w}
    top: {label: 0, files: top.root, weight: w * 2}
    jets: {label: 0, files: jets.root}
  identity: event
  select: pt > 15
  define: {eta: etas * 2, log_pt: log(pt)}
  features:
    scalars: [log_pt, "x*"]
    objects: {columns: [lists], length: 3}
  variations:
    up: {pt: pt_up, lists: lists_up}
    other: {w: w_up}
%(more)s
  split: {train: 0.6, validation: 0.2, test: 0.2}
  memory: %(memory)s
model: {kind: trees}
output: bundle
"""


def make_events(name, first):
    random = np.random.default_rng(first + 1)
    count = ROWS[name]
    pt = random.exponential({"signal": 60.0, "top": 40.0, "jets": 30.0}[name], count).astype(np.float32) + 10
    lists = ak.unflatten(random.normal(size=3 * count).astype(np.float32), np.full(count, 3))
    weight = random.normal(1, 0.6, count)
    return {
        "event": np.arange(first, first + count, dtype=np.uint64),
        "pt": pt,
        "pt_up": pt * np.float32(1.5),
        "etas": random.normal(0, 0.8, count).astype(np.float32),
        "w": weight,
        "w_up": weight + 0.5,
        "x1": random.normal(size=count).astype(np.float32),
        "x_up": random.normal(size=count).astype(np.float32),
        "lists": lists,
        "lists_up": lists * 2,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("reweighting")
    first = 0
    for name, count in ROWS.items():
        with uproot.recreate(path / f"{name}.root") as file:
            columns = make_events(name, first)
            file.mktree("Events", {key: getattr(value, "dtype", None) or value.type for key, value in columns.items()})
            file["Events"].extend(columns)
        first += count
    return path


@pytest.fixture(scope="module")
def stream(mlaas, folder):
    program = mlaas.binary.parents[2] / "tests" / "conformance" / "stream_batches"

    def run(more, memory="64 MiB"):
        text = WORKFLOW % {"more": more, "memory": memory}
        (folder / "workflow.yaml").write_text(text)
        out = folder / "out"
        if out.exists():
            for path in out.iterdir():
                path.unlink()
        subprocess.run([program, "workflow.yaml", "2", "0", "out"], check=True, timeout=120, cwd=folder)
        parts = {}
        for part in ("train", "validation", "test"):
            row = np.fromfile(out / f"{part}.row.bin", np.int64)
            order = np.argsort(row)
            fields = {"row": row[order], "weight": np.fromfile(out / f"{part}.weight.bin", np.float32)[order]}
            fields["sample"] = np.fromfile(out / f"{part}.sample.bin", np.int32)[order]
            fields["scalars"] = np.fromfile(out / f"{part}.scalars.bin", np.float32).reshape(len(row), -1)[order]
            fields["values"] = np.fromfile(out / f"{part}.values0.bin", np.float32).reshape(len(row), 3)[order]
            parts[part] = fields
        return parts, json.loads((out / "features.json").read_text())

    return run


def events_of(folder):
    return {
        name: np.concatenate(
            [ak.to_numpy(uproot.open(folder / f"{sample}.root")["Events"][name].array()) for sample in ROWS]
        )
        for name in ("pt", "pt_up", "etas", "w", "w_up")
    }


def bins_of(events, rows, names):
    index = np.zeros(len(rows), np.int64)
    values = {"pt": events["pt"].astype(np.float64), "eta": events["etas"].astype(np.float64) * 2}
    for name in names:
        edges = EDGES[name]
        one = np.clip(np.searchsorted(edges, values[name][rows], side="right") - 1, 0, len(edges) - 2)
        index = index * (len(edges) - 1) + one
    return index


def expected_weights(events, parts, names, reference):
    """The weights of each part, reweighted by histograms of the training part."""
    plain = {
        part: np.choose(one["sample"], [events["w"][one["row"]], 2 * events["w"][one["row"]], np.ones(len(one["row"]))])
        for part, one in parts.items()
    }
    train = parts["train"]
    bins = bins_of(events, train["row"], names)
    size = int(np.prod([len(EDGES[name]) - 1 for name in names]))
    signal = train["sample"] == 0
    if reference == "flat":
        wanted = np.ones(size)
    else:
        chosen = train["sample"] == list(ROWS).index(reference)
        wanted = np.bincount(bins[chosen], plain["train"][chosen], size)
    result = {}
    for part, one in parts.items():
        weights = plain[part].copy()
        if part != "test":
            index = bins_of(events, one["row"], names)
            for of_class, here in ((signal, one["sample"] == 0), (~signal, one["sample"] != 0)):
                sums = np.bincount(bins[of_class], plain["train"][of_class], size)
                factors = wanted / wanted.sum() * sums.sum() / sums
                weights[here] *= factors[index[here]]
        result[part] = weights
    return result


@pytest.mark.parametrize("memory", ["64 MiB", "1 MiB"])
@pytest.mark.parametrize(
    ("names", "reference"), [(["pt"], "flat"), (["pt", "eta"], "flat"), (["pt", "eta"], "top"), (["pt"], "signal")]
)
def test_training_weights_follow_the_reference(stream, folder, names, reference, memory):
    variables = ", ".join(f"{name}: {EDGES[name]}" for name in names)
    parts, _ = stream(f"  reweight: {{variables: {{{variables}}}, to: {reference}}}", memory)
    events = events_of(folder)
    expected = expected_weights(events, parts, names, reference)
    for part, one in parts.items():
        np.testing.assert_allclose(one["weight"], expected[part], rtol=1e-5)
    # What it is for: the classes have the same distribution, and the sum of weights that they had.
    train = parts["train"]
    bins = bins_of(events, train["row"], names)
    signal = train["sample"] == 0
    shapes = [np.bincount(bins[chosen], train["weight"][chosen]) for chosen in (signal, ~signal)]
    np.testing.assert_allclose(shapes[0] / shapes[0].sum(), shapes[1] / shapes[1].sum(), rtol=1e-4)
    assert shapes[0].sum() == pytest.approx(events["w"][train["row"][signal]].sum(), rel=1e-5)


def test_a_variation_reads_other_columns_everywhere(stream, folder):
    nominal, names = stream("")
    # A pattern takes no column that only a variation reads.
    assert names == ["log_pt", "x1", "x_up"]
    events = events_of(folder)
    kept = np.flatnonzero(events["pt"] > 15)
    assert sum(len(one["row"]) for one in nominal.values()) == len(kept)
    up, names = stream("  variation: up")
    assert names == ["log_pt", "x1", "x_up"]
    rows = np.sort(np.concatenate([one["row"] for one in up.values()]))
    np.testing.assert_array_equal(rows, np.flatnonzero(events["pt_up"] > 15))
    for part, one in up.items():
        np.testing.assert_allclose(one["scalars"][:, 0], np.log(events["pt_up"][one["row"]]), rtol=1e-6)
        both = np.isin(one["row"], nominal[part]["row"])
        np.testing.assert_array_equal(one["row"][both], nominal[part]["row"])
        np.testing.assert_array_equal(one["values"][both], 2 * nominal[part]["values"])
        np.testing.assert_array_equal(one["weight"][both], nominal[part]["weight"])
    other, _ = stream("  variation: other")
    signal = other["train"]["sample"] == 0
    np.testing.assert_allclose(
        other["train"]["weight"][signal], events["w_up"][other["train"]["row"][signal]], rtol=1e-6
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("  reweight: {variables: {pt: [20, 20]}, to: flat}", "the edges of bins ascend"),
        ("  reweight: {variables: {pt: [20]}, to: flat}", "expected 2 to 1001 edges of bins, found 1"),
        ("  reweight: {variables: {}, to: flat}", "expected one or two variables"),
        (
            "  reweight: {variables: {pt: [1, 2]}, to: tops}",
            "expected flat or the name of a sample, found 'tops'; did you mean 'top'",
        ),
        ("  reweight: {variables: {pt: [1, 2]}}", "dataset.reweight.to is missing"),
        ("  reweight: {variables: {lists: [0, 1]}, to: flat}", "one number for each entry"),
        ("  reweight: {variables: {ptt: [0, 1]}, to: flat}", "did you mean 'pt'"),
        ("  variation: upp", "no variation of dataset.variations is named 'upp'; did you mean 'up'"),
    ],
)
def test_errors(mlaas, folder, more, message):
    path = folder / "wrong.yaml"
    path.write_text(WORKFLOW % {"more": more, "memory": "64 MiB"})
    result = mlaas("stats", "wrong.yaml", cwd=folder)
    assert result.returncode == 2
    assert message in result.stderr


def test_a_variation_must_fit(mlaas, folder):
    for old, new, message in (
        ("pt: pt_up,", "pt: lists_up,", "'lists_up' of type var * float32 cannot stand for 'pt' of type float32"),
        ("pt: pt_up,", "pt: pt_upp,", "did you mean 'pt_up'"),
    ):
        path = folder / "wrong.yaml"
        path.write_text((WORKFLOW % {"more": "  variation: up", "memory": "64 MiB"}).replace(old, new))
        result = mlaas("stats", "wrong.yaml", cwd=folder)
        assert result.returncode == 2
        assert message in result.stderr
        assert "variation 'up'" in result.stderr
