"""`mlaas train`: what it writes and prints, the same bytes twice, Ctrl-C, and what it says to bad input."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import uproot
import yaml

ROOT = Path(__file__).resolve().parents[2]
MLP = ROOT / "examples" / "tth" / "mlp.yaml"
TREES = ROOT / "examples" / "tth" / "trees.yaml"
SHORT = {MLP: ["--set", "training.epochs=2"], TREES: ["--set", "model.rounds=5"]}


def train(mlaas, workflow, output, *arguments):
    return mlaas("train", workflow, "--output", output, *arguments, cwd=ROOT)


def contents(folder: Path) -> dict[str, object]:
    """Returns the bytes of a bundle's files, bundle.json without its time stamp."""
    files: dict[str, object] = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    description = json.loads(files["bundle.json"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", description.pop("created"))
    return files | {"bundle.json": description}


@pytest.mark.parametrize("workflow", [MLP, TREES], ids=["mlp", "trees"])
def test_writes_the_same_bundle_twice_whatever_the_threads(mlaas, workflow, tmp_path):
    first = train(mlaas, workflow, tmp_path / "a", *SHORT[workflow], "--threads", "1")
    assert first.returncode == 0, first.stderr
    second = train(mlaas, workflow, tmp_path / "b", *SHORT[workflow], "--threads", "3")
    assert second.returncode == 0, second.stderr
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert a.keys() == b.keys()
    assert {name for name in a if a[name] != b[name]} == set()


@pytest.mark.parametrize("workflow", [MLP, TREES], ids=["mlp", "trees"])
def test_bundle_is_complete_and_readable(mlaas, workflow, tmp_path):
    done = train(mlaas, workflow, tmp_path / "bundle", *SHORT[workflow], "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    folder = tmp_path / "bundle"
    assert summary["bundle"] == str(folder)
    assert summary["events_read"] == 15000
    assert 0.7 < summary["auc"] < 1
    assert summary["read_events_per_second"] > 0
    description = json.loads((folder / "bundle.json").read_text())
    assert set(description["files"]) == {path.name for path in folder.iterdir()} - {"bundle.json"}
    assert json.loads((folder / "workflow.json").read_text()) == description["provenance"]["workflow"]
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["parts"]["test"]["auc"] == summary["auc"]
    assert len(metrics["learning_curve"]["train_loss"]) == (2 if workflow == MLP else 5)
    assert (folder / "labels.txt").read_text() == "ttbar+multijet\nttH\n"


def test_report_needs_no_network(mlaas, tmp_path):
    done = train(
        mlaas, MLP, tmp_path / "bundle", *SHORT[MLP], "--set", "dataset.define.odd='ht + 0 * (ht > 1 && ht < 2)'"
    )
    assert done.returncode == 0, done.stderr
    report = (tmp_path / "bundle" / "report.html").read_text(encoding="utf-8")
    assert report.startswith("<!DOCTYPE html>")
    for text in ("http://", "https://", "url(", "@import", "<link", " src="):
        assert text not in report, text
    assert "ht &gt; 1 &amp;&amp; ht &lt; 2" in report  # text of the workflow is escaped
    assert report.count("<svg") > 30
    # Scripts: data of plots, and the library with what unpacks it, where the build has it.
    assert set(re.findall(r"<script([^>]*)>", report)) <= {
        ' type="application/json"',
        ' type="text/plain" id="plots-library"',
        "",
    }
    for path in re.findall(r' d="([^"]*)"', report):
        assert re.fullmatch(r"[MLZ0-9., -]+", path), path


def test_prints_progress_and_a_summary(mlaas, tmp_path):
    done = train(mlaas, MLP, tmp_path / "bundle", *SHORT[MLP])
    assert len(re.findall(r"^info: epoch \d: binary cross entropy .* events/s", done.stderr, re.M)) == 2
    assert re.search(r"AUC +0\.\d+ ± 0\.\d+ \(test part, weighted\)", done.stdout)
    assert train(mlaas, MLP, tmp_path / "bundle", *SHORT[MLP], "--quiet").stderr == ""


def test_three_classes(mlaas, tmp_path):
    settings = ["--set", "dataset.samples.multijet.label=2"]
    for workflow in (MLP, TREES):
        done = train(mlaas, workflow, tmp_path / workflow.stem, *SHORT[workflow], *settings, "--json", "--quiet")
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)["auc"]) == 3
        description = json.loads((tmp_path / workflow.stem / "bundle.json").read_text())
        assert description["labels"] == ["ttbar", "ttH", "multijet"]


def start_endless(mlaas, output: Path) -> subprocess.Popen[str]:
    """Starts a training that never ends by itself and waits until it is in its second epoch."""
    endless = ["--set", "training.epochs=1000000", "--set", "training.early_stopping=false"]
    command = [mlaas.binary, "train", MLP, "--output", output, *endless]
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.startswith("info: epoch 1:"):
            return process
    pytest.fail(f"ended before its first epoch with {process.wait()}")


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_training_leaves_the_best_so_far(mlaas, tmp_path, stop, code):
    process = start_endless(mlaas, tmp_path / "bundle")
    start = time.monotonic()
    process.send_signal(stop)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == code
    assert time.monotonic() - start < 10
    assert f"stopped by {stop.name}" in stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "bundle.checkpoint"]
    provenance = json.loads((tmp_path / "bundle" / "bundle.json").read_text())["provenance"]
    assert provenance["interrupted"]["epochs"] >= 1


def test_stopped_training_leaves_the_earlier_bundle(mlaas, tmp_path):
    assert train(mlaas, MLP, tmp_path / "bundle", *SHORT[MLP]).returncode == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "bundle").iterdir()}
    process = start_endless(mlaas, tmp_path / "bundle")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert {path.name: path.read_bytes() for path in (tmp_path / "bundle").iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "bundle.checkpoint"]


def write_sample(path: Path, rows: int = 2000, **columns: np.ndarray) -> Path:
    """Writes a small tree whose `x` tells two classes apart (file names decide the label)."""
    random = np.random.default_rng(len(path.name))
    table = {
        "event": np.arange(rows, dtype=np.int64),
        "x": random.normal(1 if "signal" in path.name else 0, 1, rows).astype(np.float32),
        "w": np.ones(rows, dtype=np.float32),
    }
    with uproot.recreate(path) as file:
        file.mktree("Events", {name: column.dtype for name, column in (table | columns).items()})
        if rows > 0:
            file["Events"].extend(table | columns)
    return path


@pytest.fixture
def small(tmp_path):
    """A workflow on two small files; returns (workflow as a dictionary, write(workflow) -> path)."""
    samples = {
        name: {"label": label, "files": [str(write_sample(tmp_path / f"{name}.root"))], "weight": "w"}
        for label, name in enumerate(("background", "signal"))
    }
    workflow = {
        "name": "small",
        "dataset": {"tree": "Events", "samples": samples, "identity": ["event"], "features": {"scalars": ["x"]}},
        "model": {"kind": "mlp", "layers": [4]},
        "training": {"epochs": 1},
        "output": str(tmp_path / "bundle"),
    }

    def write(changed: dict) -> Path:
        path = tmp_path / "small.yaml"
        path.write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")
        return path

    return workflow, write


def fails(mlaas, workflow: Path, code: int, *texts: str) -> None:
    """Checks exit code, one line of message with all texts in it, and that nothing was left behind."""
    failed = mlaas("train", workflow)
    assert failed.returncode == code, failed.stderr
    errors = [line for line in failed.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, failed.stderr
    for text in texts:
        assert text in errors[0], errors[0]
    assert not [path for path in workflow.parent.iterdir() if path.name.startswith((".bundle", "bundle"))]


def test_small_workflow_works(mlaas, small):
    workflow, write = small
    assert mlaas("train", write(workflow)).returncode == 0


def test_says_which_file_is_missing(mlaas, small):
    workflow, write = small
    workflow["dataset"]["samples"]["signal"]["files"] = ["nowhere/absent.root"]
    fails(mlaas, write(workflow), 4, "nowhere/absent.root")


def test_says_what_is_no_root_file(mlaas, small, tmp_path):
    workflow, write = small
    (tmp_path / "text.root").write_text("this is no ROOT file, but long enough to hold a header of one " * 20)
    workflow["dataset"]["samples"]["signal"]["files"] = [str(tmp_path / "text.root")]
    fails(mlaas, write(workflow), 4, "text.root")


def test_says_which_file_is_truncated(mlaas, small, tmp_path):
    workflow, write = small
    whole = (tmp_path / "signal.root").read_bytes()
    (tmp_path / "signal.root").write_bytes(whole[: len(whole) // 2])
    fails(mlaas, write(workflow), 4, "signal.root")


def test_offers_the_nearest_tree(mlaas, small):
    workflow, write = small
    workflow["dataset"]["tree"] = "Event"
    fails(mlaas, write(workflow), 4, "Event", "Events")


def test_offers_the_nearest_column(mlaas, small, tmp_path):
    workflow, write = small
    for name in ("background", "signal"):
        write_sample(tmp_path / f"{name}.root", missing_et=np.ones(2000, dtype=np.float32))
    workflow["dataset"]["features"]["scalars"] = ["missing_ett"]
    fails(mlaas, write(workflow), 2, "missing_ett", "did you mean 'missing_et'?")


def test_says_that_a_label_is_missing(mlaas, small):
    workflow, write = small
    del workflow["dataset"]["samples"]["signal"]["label"]
    fails(mlaas, write(workflow), 2, "small.yaml", "signal", "label")


def test_says_that_there_is_one_label_only(mlaas, small):
    workflow, write = small
    workflow["dataset"]["samples"]["signal"]["label"] = 0
    fails(mlaas, write(workflow), 2, "label")


def test_says_where_a_feature_is_nan(mlaas, small, tmp_path):
    workflow, write = small
    x = np.zeros(2000, dtype=np.float32)
    x[1234] = np.nan
    write_sample(tmp_path / "signal.root", x=x)
    fails(mlaas, write(workflow), 2, "x", "NaN", "signal.root", "1234")


def test_says_that_no_event_is_selected(mlaas, small):
    workflow, write = small
    workflow["dataset"]["select"] = "x > 1000"
    fails(mlaas, write(workflow), 2, "x > 1000", "selected")


def test_says_that_a_sample_is_empty(mlaas, small, tmp_path):
    workflow, write = small
    write_sample(tmp_path / "signal.root", rows=0)
    fails(mlaas, write(workflow), 2, "signal")


def test_says_that_the_test_part_is_empty(mlaas, small):
    workflow, write = small
    workflow["dataset"]["split"] = {"train": 0.8, "validation": 0.2}
    fails(mlaas, write(workflow), 2, "dataset.split.test")


@pytest.mark.parametrize(
    ("section", "key", "value", "text"),
    [
        ("model", "kind", "mlpp", "did you mean 'mlp'?"),
        ("model", "layer", [3], "unknown option 'layer'; did you mean 'layers'?"),
        ("model", "dropout", 1.5, "model.dropout: expected a number of 0 to 0.99, found 1.5"),
        ("training", "epoch", 3, "unknown option 'epoch'; did you mean 'epochs'?"),
        ("training", "batch_size", "many", 'training.batch_size: expected an integer, found "many"'),
        ("training", "optimizer", {"kind": "adm"}, "did you mean 'adam'?"),
    ],
)
def test_refuses_wrong_options_with_their_place(mlaas, small, section, key, value, text):
    workflow, write = small
    workflow[section][key] = value
    fails(mlaas, write(workflow), 2, "small.yaml:", text)


def test_refuses_parameters_that_xgboost_does_not_know(mlaas, small):
    workflow, write = small
    workflow["model"] = {"kind": "trees", "max_dept": 3}
    workflow["training"] = {}
    fails(mlaas, write(workflow), 2, "small.yaml:", "unknown option 'max_dept'; did you mean 'max_depth'?")


def test_refuses_an_output_folder_that_is_no_bundle(mlaas, small, tmp_path):
    workflow, write = small
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "thesis.tex").write_text("years of work")
    workflow["output"] = str(tmp_path / "kept")
    fails(mlaas, write(workflow), 2, str(tmp_path / "kept"))
    assert (tmp_path / "kept" / "thesis.tex").read_text() == "years of work"


def test_help_is_that_of_the_trainer(mlaas):
    for arguments in (["train", "--help"], ["--quiet", "train", "--help"]):
        shown = mlaas(*arguments)
        assert shown.returncode == 0
        assert "mlaas train [OPTIONS] [workflow]" in shown.stdout
    assert mlaas("train").returncode == 2
    assert mlaas("train", "--sett", "a=b", "x.yaml").returncode == 2


def test_mlaas_itself_does_not_link_the_heavy_libraries(mlaas):
    linked = subprocess.run(["ldd", mlaas.binary], capture_output=True, text=True, check=True).stdout
    assert "libtorch" not in linked
    assert "libxgboost" not in linked
