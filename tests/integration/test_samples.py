"""Samples in `mlaas train` and `mlaas check`: negative weights."""

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
