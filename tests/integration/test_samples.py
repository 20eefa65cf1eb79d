"""Samples in `mlaas train` and `mlaas check`: negative weights, mixing, labels, duplicates, variations."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import uproot
import yaml

ROWS = 3000


def write_sample(path: Path, **columns: np.ndarray) -> Path:
    """Writes a tree of ROWS events with the columns event, x and those given."""
    random = np.random.default_rng(len(path.name))
    table = {
        "event": np.arange(ROWS, dtype=np.int64),
        "x": random.normal(1 if "signal" in path.name else 0, 1, ROWS).astype(np.float32),
    } | columns
    with uproot.recreate(path) as file:
        file.mktree("Events", {name: column.dtype for name, column in table.items()})
        file["Events"].extend(table)
    return path


@pytest.fixture
def workflow(tmp_path):
    """A workflow on two small files as a dictionary, without weights; samples are `background` and `signal`."""
    samples = {
        name: {"label": label, "files": str(write_sample(tmp_path / f"{name}.root"))}
        for label, name in enumerate(("background", "signal"))
    }
    return {
        "name": "small",
        "dataset": {"tree": "Events", "samples": samples, "identity": ["event"], "features": {"scalars": ["x"]}},
        "model": {"kind": "mlp", "layers": [4]},
        "training": {"epochs": 1},
    }


def run(mlaas, command: str, workflow: dict, folder: Path, *arguments: str):
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(workflow, sort_keys=False), encoding="utf-8")
    return mlaas(command, path, *arguments)


@pytest.mark.parametrize("kind", ["mlp", "trees"])
def test_negative_weights_annihilate(mlaas, workflow, tmp_path, kind):
    for index, sample in enumerate(workflow["dataset"]["samples"].values()):
        weights = np.where(np.random.default_rng(index).uniform(size=ROWS) < 0.2, -1, 1.5).astype(np.float32)
        write_sample(Path(sample["files"]), w=weights)
        sample["weight"] = "w"
    options = {"mlp": {"kind": "mlp", "layers": [4]}, "trees": {"kind": "trees", "rounds": 5}}
    workflow["model"] = options[kind]
    workflow["training"] = {"negative_weights": "pair-annihilate"} | ({"epochs": 1} if kind == "mlp" else {})
    bundles = [tmp_path / name for name in "ab"]
    for bundle, threads in zip(bundles, "13", strict=True):
        done = run(mlaas, "train", workflow, tmp_path, "--output", str(bundle), "--threads", threads)
        assert done.returncode == 0, done.stderr
        assert "warning" not in done.stderr
    found = re.search(r"(\d+) events of negative weight annihilate with (\d+) of positive weight", done.stderr)
    samples = json.loads((bundles[0] / "statistics.json").read_text())["samples"]
    negative = sum(sample[part]["negative_weights"] for sample in samples for part in ("train", "validation"))
    assert int(found[1]) == negative > 800
    # A weight of -1 takes one or two partners of 1.5.
    assert negative * 2 / 3 <= int(found[2]) <= 2 * negative
    model = {"mlp": "model.onnx", "trees": "model.json"}[kind]
    assert (bundles[0] / model).read_bytes() == (bundles[1] / model).read_bytes()


def test_weights_that_sum_to_nothing_cannot_annihilate(mlaas, workflow, tmp_path):
    sample = workflow["dataset"]["samples"]["signal"]
    sample["weight"] = "x > 100 ? 1 : -1"
    workflow["training"]["negative_weights"] = "pair-annihilate"
    done = run(mlaas, "train", workflow, tmp_path, "--output", str(tmp_path / "bundle"))
    assert done.returncode == 2
    assert "class 'signal' (label 1) with a sum of weights of -" in done.stderr


def test_mixing_sets_the_shares_of_an_epoch(mlaas, workflow, tmp_path):
    """Three times as many events of background: in equal shares a third of them comes in an epoch."""
    samples = workflow["dataset"]["samples"]
    samples["background"]["files"] = [
        str(write_sample(tmp_path / f"background{i}.root", event=np.arange(ROWS) + (i + 2) * ROWS)) for i in range(3)
    ]
    workflow["dataset"]["split"] = {"train": 0.5, "test": 0.5}
    workflow["training"]["epochs"] = 2
    trained = {}
    for sampling in ("undersample", "oversample"):
        workflow["dataset"]["mixing"] = {"samples": {"background": 0.5, "signal": 0.5}, "sampling": sampling}
        bundle = tmp_path / sampling
        done = run(mlaas, "train", workflow, tmp_path, "--output", str(bundle), "--json", "--quiet")
        assert done.returncode == 0, done.stderr
        trained[sampling] = json.loads(done.stdout)["events_trained"] / 2
        background, signal = json.loads((bundle / "statistics.json").read_text())["samples"]
        numbers = [one["train"]["selected"] for one in (background, signal)]
        ratio = numbers[1] / numbers[0]
        if sampling == "undersample":
            assert background["times_in_epoch"] == pytest.approx(ratio)
            assert "times_in_epoch" not in signal
            assert trained[sampling] == pytest.approx(2 * numbers[1], abs=3)
        else:
            assert signal["times_in_epoch"] == pytest.approx(1 / ratio)
            assert trained[sampling] == pytest.approx(2 * numbers[0], abs=3)
    workflow["model"] = {"kind": "trees", "rounds": 2}
    workflow["training"] = {}
    done = run(mlaas, "train", workflow, tmp_path, "--output", str(tmp_path / "trees"))
    assert done.returncode == 0
    assert "warning: dataset.mixing is about the batches of networks" in done.stderr


@pytest.mark.parametrize(
    ("mixing", "text"),
    [
        ({"sampling": "undersample"}, "dataset.mixing: give the shares of either samples or classes"),
        ({"samples": {"signal": 1}, "sampling": "undersample"}, "sample 'background' has no share"),
        ({"samples": {"background": 0.5, "signal": 0.6}, "sampling": "oversample"}, "must sum to 1, found 1.1"),
        ({"samples": {"background": 0.5, "sinal": 0.5}, "sampling": "oversample"}, "did you mean 'signal'?"),
        ({"classes": [0.5, 0.3, 0.2], "sampling": "oversample"}, "a share for each of the 2 labels, found 3"),
        ({"classes": [1.5, -0.5], "sampling": "oversample"}, "a share lies between 0 and 1"),
        ({"classes": [0.5, "half"], "sampling": "oversample"}, "numbers, found 'half'"),
        ({"classes": [0.5, 0.5]}, "dataset.mixing.sampling"),
        ({"classes": [0.5, 0.5], "sampling": "both"}, "expected undersample or oversample, found 'both'"),
    ],
)
def test_refuses_wrong_mixing_with_its_place(mlaas, workflow, tmp_path, mixing, text):
    workflow["dataset"]["mixing"] = mixing
    done = run(mlaas, "check", workflow, tmp_path)
    assert done.returncode == 2
    assert text in done.stderr
    assert re.search(r"small\.yaml:\d+:\d+: dataset\.mixing", done.stderr)


def test_labels_come_from_a_column(mlaas, workflow, tmp_path):
    random = np.random.default_rng(5)
    truth = random.integers(0, 3, ROWS).astype(np.int32)
    path = write_sample(tmp_path / "all.root", truth=truth, x=(truth + random.normal(size=ROWS)).astype(np.float32))
    dataset = workflow["dataset"]
    dataset["samples"] = {"all": {"label": "truth", "files": str(path)}}
    dataset["classes"] = ["light", "charm", "bottom"]
    dataset["features"]["scalars"] = "*"
    done = run(mlaas, "check", workflow, tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    checked = json.loads(done.stdout)["dataset"]
    assert [feature["name"] for feature in checked["features"]] == ["x"]
    for label, one in enumerate(checked["classes"]):
        assert one["name"] == dataset["classes"][label]
        parts = [one[part] for part in ("train", "validation", "test")]
        assert sum(part["selected"] for part in parts) == (truth == label).sum()
        assert sum(part["sum_weights"] for part in parts) == (truth == label).sum()
    text = run(mlaas, "check", workflow, tmp_path).stdout
    assert re.search(r"bottom +2 +", text)
    for kind in ({"kind": "mlp", "layers": [8]}, {"kind": "trees", "rounds": 10}):
        workflow["model"] = kind
        workflow["training"] = {"epochs": 5, "batch_size": 50} if kind["kind"] == "mlp" else {}
        bundle = tmp_path / kind["kind"]
        done = run(mlaas, "train", workflow, tmp_path, "--output", str(bundle), "--json", "--quiet")
        assert done.returncode == 0, done.stderr
        auc = json.loads(done.stdout)["auc"]
        # Neighbours are one deviation apart: AUC of 0 and 2 against the rest about 0.84.
        assert len(auc) == 3 and auc[0] > 0.75 and auc[2] > 0.75
        assert json.loads((bundle / "bundle.json").read_text())["labels"] == dataset["classes"]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("label", "truthh", r"small\.yaml:\d+:\d+: .*unknown column 'truthh'"),
        ("label", "truth + 1", r"small\.yaml:\d+:\d+: the label 'truth \+ 1' of sample 'all' is 2.* in .*all.root at"),
        ("label", 5, r"small\.yaml:\d+:\d+: dataset\.samples\.all\.label: expected an integer from 0 to 1, found"),
        (
            "classes",
            None,
            r"small\.yaml:\d+:\d+: .*\.label: .*dataset\.classes must name the classes",
        ),
        ("classes", ["one"], r"small\.yaml:\d+:\d+: dataset\.classes: expected the names of 2 to 1000"),
        ("scalars", ["x", "truth"], r"small\.yaml:\d+:\d+: dataset\.features: 'truth' gives the label of sample 'all'"),
        ("mixing", {"classes": [0.5, 0.5], "sampling": "oversample"}, r"dataset\.mixing\.classes: .*shares of samples"),
    ],
)
def test_refuses_wrong_labels_with_their_place(mlaas, workflow, tmp_path, key, value, text):
    path = write_sample(tmp_path / "all.root", truth=(np.arange(ROWS) % 2).astype(np.int32))
    dataset = workflow["dataset"]
    sample = dataset["samples"] = {"all": {"label": "truth", "files": str(path)}}
    dataset["classes"] = ["zero", "one"]
    if key == "label":
        sample["all"]["label"] = value
    elif key == "scalars":
        dataset["features"]["scalars"] = value
    elif value is None:
        del dataset[key]
    else:
        dataset[key] = value
    done = run(mlaas, "check", workflow, tmp_path)
    assert done.returncode == 2
    assert re.search(text, done.stderr), done.stderr


def test_warns_of_events_that_stand_twice(mlaas, workflow, tmp_path):
    signal = workflow["dataset"]["samples"]["signal"]
    signal["files"] = [signal["files"], str(write_sample(tmp_path / "again.root"))]
    done = run(mlaas, "train", workflow, tmp_path, "--output", str(tmp_path / "bundle"))
    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert f"sample 'signal': {ROWS} of its {2 * ROWS} selected events have the identity of an earlier" in warnings[0]
    assert "again.root at entry 0" in warnings[0]
    samples = json.loads((tmp_path / "bundle" / "statistics.json").read_text())["samples"]
    assert [sample["identity"]["duplicates"] for sample in samples] == [0, ROWS]
    provenance = json.loads((tmp_path / "bundle" / "bundle.json").read_text())["provenance"]["samples"]
    assert [sample.get("duplicates") for sample in provenance] == [None, ROWS]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"select": "xx > 0"}, "select: "),
        ({"define": {"y": "x + 1", "z": "xx + 1"}}, "z: "),
        ({"features": {"scalars": ["xx"]}}, "- xx"),
    ],
)
def test_a_wrong_name_is_reported_where_it_stands(mlaas, workflow, tmp_path, changes, line):
    workflow["dataset"].update(changes)
    done = run(mlaas, "check", workflow, tmp_path)
    assert done.returncode == 2
    found = re.search(r"small\.yaml:(\d+):\d+: sample 'background': .*unknown column 'xx'", done.stderr)
    assert found, done.stderr
    assert (tmp_path / "small.yaml").read_text().splitlines()[int(found[1]) - 1].strip().startswith(line)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("weight", "xx + 1", "sample 'signal': .*'xx \\+ 1': unknown column 'xx'"),
        ("weight", "x / 0", "the weight 'x / 0' of sample 'signal' is "),
        ("label", "xx > 0", "sample 'signal': .*'xx > 0': unknown column 'xx'"),
        ("label", "event", "the label 'event' of sample 'signal' is "),
        ("generator_weight", "xx", "sample 'signal': .*unknown column 'xx'"),
        ("identity", "xx", "sample 'background': .*'xx'"),
    ],
)
def test_a_wrong_expression_of_a_sample_is_reported_where_it_stands(mlaas, workflow, tmp_path, key, value, message):
    dataset = workflow["dataset"]
    if key == "identity":
        dataset["identity"] = [value]
    else:
        dataset["samples"]["signal"][key] = value
    if key == "label":
        dataset["classes"] = ["zero", "one"]
    if key == "generator_weight":
        for sample in dataset["samples"].values():
            sample["xsec"] = 1
    done = run(mlaas, "check", workflow, tmp_path)
    assert done.returncode == (4 if key == "identity" else 2)
    found = re.search(rf"small\.yaml:(\d+):(\d+): {message}", done.stderr)
    assert found, done.stderr
    line = (tmp_path / "small.yaml").read_text().splitlines()[int(found[1]) - 1]
    assert line[int(found[2]) - 1 :].startswith(value if key != "identity" else "- xx")


def test_data_has_no_variations(mlaas, workflow, tmp_path):
    samples = workflow["dataset"]["samples"]
    write_sample(Path(samples["signal"]["files"]), x_up=np.full(ROWS, 7, dtype=np.float32) + np.arange(ROWS) % 2)
    workflow["dataset"]["variations"] = {"up": {"x": "x_up"}}
    settings = ("--set", "dataset.variation=up")
    refused = run(mlaas, "check", workflow, tmp_path, *settings)
    assert refused.returncode == 2
    assert "variation 'up': " in refused.stderr and "x_up" in refused.stderr
    samples["background"]["variations"] = "none"
    done = run(mlaas, "train", workflow, tmp_path, *settings, "--output", str(tmp_path / "bundle"))
    assert done.returncode == 0, done.stderr
    feature = json.loads((tmp_path / "bundle" / "statistics.json").read_text())["scalars"][0]
    assert feature["maximum"] == 8 and feature["minimum"] < 0
    samples["signal"]["variations"] = ["upp"]
    refused = run(mlaas, "check", workflow, tmp_path)
    assert refused.returncode == 2
    assert re.search(r"small\.yaml:\d+:\d+: dataset\.samples\.signal\.variations: .*found 'upp'", refused.stderr)
