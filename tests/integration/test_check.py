"""`mlaas check`: what a workflow comes to in its files, against uproot and numpy, and what it says to mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import uproot
import yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "tth" / "data"
MLP = ROOT / "examples" / "tth" / "mlp.yaml"
TREES = ROOT / "examples" / "tth" / "trees.yaml"
FACTORS = {"ttH": 0.2023 * 200 / 5901 * 680, "ttbar": 509.2 * 200 / 116262, "multijet": 70.73 * 200 / 274970 * 15}
# 29 scalars, a count and a weight as numbers of 4 bytes, a row number in its multiple of 8, where the row begins; 5
# numbers a jet.
FIXED_ROW_BYTES = (4 * (29 + 1 + 1) + 7) // 8 * 8 + 8 + 4
JET_BYTES = 5 * 4
PATTERNS = {"ttH": "tth_*.root", "ttbar": "ttbar_*.root", "multijet": "multijet_*.root"}


def check(mlaas, workflow, *arguments):
    return mlaas("check", workflow, *arguments, cwd=ROOT)


def found(mlaas, workflow, *arguments) -> dict:
    done = check(mlaas, workflow, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("workflow", [MLP, TREES], ids=["mlp", "trees"])
@pytest.mark.parametrize("read", ["weights", "features"])
def test_events_and_weights_are_those_of_uproot(mlaas, workflow, read):
    select = "nJet >= 8 && nBJet >= 2"
    checked = found(mlaas, workflow, "--set", f"dataset.select='{select}'", "--read", read)["dataset"]
    assert [sample["name"] for sample in checked["samples"]] == list(PATTERNS)
    rows = 0
    for sample in checked["samples"]:
        files = sorted(DATA.glob(PATTERNS[sample["name"]]))
        assert [ROOT / file["file"] for file in sample["files"]] == files
        events = [uproot.open(file)["Events"].arrays(["nJet", "nBJet", "weight"], library="np") for file in files]
        assert [file["entries"] for file in sample["files"]] == [len(one["nJet"]) for one in events]
        assert sample["entries"] == sum(len(one["nJet"]) for one in events)
        kept = [one["weight"][(one["nJet"] >= 8) & (one["nBJet"] >= 2)] for one in events]
        weights = np.concatenate(kept).astype(np.float64) * FACTORS[sample["name"]]
        assert sample["selected"] == len(weights)
        assert sample["sum_weights"] == pytest.approx(weights.sum(), rel=1e-9)
        parts = [sample[part] for part in ("train", "validation", "test")]
        assert sum(part["selected"] for part in parts) == len(weights)
        assert sum(part["negative_weights"] for part in parts) == (weights < 0).sum()
        rows += len(weights)
    assert checked["memory"]["rows"] == rows
    assert not checked["memory"]["rows_are_upper_bound"]


def test_types_of_features_and_defines(mlaas):
    checked = found(mlaas, MLP, "--read", "nothing")["dataset"]
    features = {feature["name"]: feature for feature in checked["features"]}
    assert features["log_ht"] == {"name": "log_ht", "type": "float64", "expression": "log(ht)"}
    assert features["nJet"]["type"] == "int32"
    assert features["Jet_pt"] == {"name": "Jet_pt", "type": "var * float32", "group": "jets"}
    assert checked["groups"] == [
        {"name": "jets", "columns": ["Jet_pt", "Jet_eta", "Jet_phi", "Jet_mass", "Jet_btag"], "length": 8}
    ]
    assert "sum_weights" not in checked["samples"][0]
    memory = checked["memory"]
    assert memory["rows_are_upper_bound"] and memory["stays_in_memory"]
    # Of the lists, what is in the files is an estimate: more than nothing, less than all that their length allows.
    assert FIXED_ROW_BYTES < memory["row_bytes"] < FIXED_ROW_BYTES + 8 * JET_BYTES
    assert memory["rows"] == sum(sample["entries"] for sample in checked["samples"]) == 15000


def test_rows_take_what_their_lists_have(mlaas):
    memory = found(mlaas, MLP, "--set", "dataset.select='nJet >= 7'", "--read", "features")["dataset"]["memory"]
    jets = [uproot.open(file)["Events"]["nJet"].array(library="np") for file in sorted(DATA.glob("[mt]*.root"))]
    jets = np.concatenate(jets)
    jets = np.minimum(jets[jets >= 7], 8)
    assert memory["rows"] == len(jets)
    assert memory["row_bytes"] == np.ceil(FIXED_ROW_BYTES + JET_BYTES * jets.mean())


def test_resolved_workflow_gives_the_same_check(mlaas, tmp_path):
    first = found(mlaas, MLP, "--set", "training.epochs=3")
    resolved = tmp_path / "resolved.json"
    resolved.write_text(json.dumps(first["workflow"]))
    assert found(mlaas, resolved) == first


def test_little_memory_means_reading_again(mlaas):
    memory = found(mlaas, MLP, "--set", "dataset.memory=1 MiB")["dataset"]["memory"]
    assert memory["limit_bytes"] == 1 << 20
    assert not memory["stays_in_memory"]


def test_text_names_samples_files_features_and_memory(mlaas):
    done = check(mlaas, MLP)
    assert done.returncode == 0, done.stderr
    for text in ("is right: tth_mlp (mlp)", "examples/tth/data/multijet_4.root", "log(mass_jets)", "limit 1.0 GiB"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.epoch=3", "did you mean 'epochs'?"),
        ("model.layer=[3]", "did you mean 'layers'?"),
        ("model.kind=tree", "did you mean 'trees'?"),
        ("dataset.selekt=nJet > 3", "did you mean 'select'?"),
        ("dataset.select=nJett > 3", "did you mean 'nJet'?"),
        ("dataset.features.scalars=[Jet_pt]", "Jet_pt"),
        ("dataset.features.jets.columns=[Jet_pt, met]", "met"),
        ("dataset.samples.ttH.weight=weigth", "did you mean 'weight'?"),
        ("dataset.define.x=log(htt)", "did you mean 'ht'?"),
    ],
)
def test_mistakes_are_one_line_with_the_nearest_name(mlaas, setting, message):
    done = check(mlaas, MLP, "--read", "nothing", "--set", setting)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("dataset.tree=Event", "did you mean 'Events'?"),
        ("dataset.identity=[run, evnt]", "did you mean 'event'?"),
        ("dataset.samples.ttH.files=[none.root]", "none.root"),
    ],
)
def test_what_is_not_there_is_named(mlaas, setting, message):
    done = check(mlaas, MLP, "--set", setting)
    assert done.returncode == 4
    assert message in done.stderr


@pytest.mark.parametrize(("read", "code"), [("nothing", 0), ("weights", 0), ("features", 2)])
def test_not_finite_features_need_reading(mlaas, read, code):
    done = check(mlaas, MLP, "--read", read, "--set", "dataset.define.log_ht=log(ht - 700)")
    assert done.returncode == code, done.stderr
    assert (code == 0) or "log_ht" in done.stderr


def test_selection_without_events_is_found(mlaas):
    done = check(mlaas, MLP, "--set", "dataset.select=nJet > 1000")
    assert done.returncode == 2
    assert "is selected" in done.stderr


def test_yaml_and_json_say_the_same(mlaas, tmp_path):
    as_json = tmp_path / "workflow.json"
    as_json.write_text(json.dumps(yaml.safe_load(MLP.read_text())))
    assert found(mlaas, as_json) == found(mlaas, MLP)


@pytest.mark.parametrize("workflow", [MLP, TREES], ids=["mlp", "trees"])
@pytest.mark.parametrize("command", ["check", "train"])
def test_models_of_one_size_refuse_lists_of_any_length(mlaas, tmp_path, workflow, command):
    text = workflow.read_text().replace("length: 8", "length: all")
    assert "length: all" in text
    path = tmp_path / "all.yaml"
    path.write_text(text)
    arguments = ["--output", tmp_path / "model"] if command == "train" else []
    done = mlaas(command, path, *arguments, cwd=ROOT)
    assert done.returncode == 2
    line = next(i for i, one in enumerate(text.splitlines(), 1) if one.startswith("model:"))
    assert f"all.yaml:{line}:" in done.stderr
    assert "dataset.features.jets has 'length: all'; give the number of elements to keep" in done.stderr
    assert not (tmp_path / "model").exists()


def test_a_length_is_a_number_or_all(mlaas):
    done = check(mlaas, MLP, "--set", "dataset.features.jets.length=every")
    assert done.returncode == 2
    assert "dataset.features.jets.length: expected an integer" in done.stderr
