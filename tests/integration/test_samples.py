"""Samples in `mlaas train` and `mlaas check`: negative weights, mixing."""

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
