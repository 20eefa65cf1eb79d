"""`mlaas train --resume`: a training that was killed ends with the same bytes as one that was not."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TREES = ROOT / "examples" / "tth" / "trees.yaml"
MLP = ROOT / "examples" / "tth" / "mlp.yaml"
ENVIRONMENT = os.environ | {"SOURCE_DATE_EPOCH": "1700000000"}
# States after every round or step, so that a kill at any moment finds one.
OFTEN = ["--set", "training.checkpoint.minutes=0"]
KINDS = {
    "network": [MLP, "--set", "training.epochs=3", "--set", "training.batch_size=500", *OFTEN],
    "network with chunks": [
        *[MLP, "--set", "training.epochs=2", "--set", "training.batch_size=500"],
        *["--set", "training.chunks={events: 2000, passes: 2}", "--set", "training.precision=bfloat16", *OFTEN],
    ],
    "network with all that has a state": [
        *[MLP, "--set", "training.epochs=3", "--set", "training.batch_size=500", "--set", "training.averaging=0.99"],
        *["--set", "model.normalisation=batch", "--set", "training.schedule={kind: plateau, patience: 0}"],
        *["--set", "training.optimizer.kind=adamw", "--set", "training.early_stopping.patience=1", *OFTEN],
    ],
    "ensemble": [TREES, "--set", "model.rounds=30", "--set", "training.ensemble=2", *OFTEN],
    "folds": [TREES, "--set", "model.rounds=20", "--set", "training.folds=2", *OFTEN],
    "trees": [TREES, "--set", "model.rounds=60", *OFTEN],
    "trees that draw rows and columns": [
        *[TREES, "--set", "model.rounds=60", "--set", "model.subsample=0.7", "--set", "model.colsample_bynode=0.5"],
        *OFTEN,
    ],
    "trees from files": [TREES, "--set", "model.rounds=20", "--set", "model.external_memory=always", *OFTEN],
    "trees that drop trees": [
        *[TREES, "--set", "model.rounds=6", "--set", "model.booster=dart", "--set", "model.rate_drop=0.2"],
        *OFTEN,
    ],
}  # fmt: skip


class Training:
    """One training in a folder of its own."""

    def __init__(self, mlaas, folder: Path, arguments: list):
        self.output = folder / "bundle"
        self.checkpoint = folder / "bundle.checkpoint"
        self.command = [str(word) for word in [mlaas.binary, "train", *arguments, "--output", self.output]]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=120
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.command, *arguments], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def lines(self) -> list[dict]:
        try:
            text = (self.checkpoint / "progress.jsonl").read_text()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def reached(self, epoch: int) -> bool:
        if epoch == 0:
            return any(self.checkpoint.rglob("state"))
        return any(line.get("round", line.get("epoch")) >= epoch for line in self.lines())

    def stop_at(self, epoch: int, number: signal.Signals, *arguments: str, seconds: float = 0) -> tuple[int, str]:
        """Sends a signal so long after the end of `epoch`; gives the exit code and standard error."""
        process = self.start(*arguments)
        while process.poll() is None and not self.reached(epoch):
            time.sleep(0.001)
        time.sleep(seconds)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        return process.returncode, errors

    def bundle(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.output.iterdir()}


@pytest.fixture(scope="module")
def uninterrupted(mlaas, tmp_path_factory):
    """The bundles of trainings that nobody stopped, each made once."""
    made: dict[str, dict[str, bytes]] = {}

    def get(kind: str) -> dict[str, bytes]:
        if kind not in made:
            training = Training(mlaas, tmp_path_factory.mktemp("whole"), KINDS[kind])
            done = training.run()
            assert done.returncode == 0, done.stderr
            assert not training.checkpoint.exists()
            made[kind] = training.bundle()
        return made[kind]

    return get


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_training_ends_with_the_same_bytes(mlaas, uninterrupted, tmp_path, kind):
    training = Training(mlaas, tmp_path, KINDS[kind])
    epochs = len(json.loads(uninterrupted(kind)["metrics.json"])["learning_curve"]["train_loss"])
    draw = random.Random(kind)
    for attempt in range(2):
        epoch = draw.randint(attempt, max(attempt, (attempt + 1) * epochs // 3 - 1))
        if kind in ("ensemble", "folds"):  # one in the first model, one in either
            epoch = epoch + 1 if attempt == 0 else epochs
        if "columns" in kind:  # a state every 25 rounds
            epoch = max(epoch, 26 + attempt)
        arguments = ["--resume"] if attempt else []
        code, errors = training.stop_at(epoch, signal.SIGKILL, *arguments, seconds=draw.uniform(0, 0.02))
        assert code == -signal.SIGKILL, errors
        assert not training.output.exists()
    done = training.run("--resume")
    assert done.returncode == 0, done.stderr
    assert "going on from" in done.stderr
    assert training.bundle() == uninterrupted(kind)
    assert not training.checkpoint.exists()


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        *[(kind, signal.SIGINT, 130) for kind in ("network", "trees", "trees from files")],
        *[(kind, signal.SIGTERM, 143) for kind in ("network", "trees")],
    ],
)
def test_a_stopped_training_keeps_the_best_so_far(mlaas, uninterrupted, tmp_path, kind, number, code):
    training = Training(mlaas, tmp_path, KINDS[kind])
    stopped, errors = training.stop_at(1, number)
    assert stopped == code, errors
    assert {path.name for path in tmp_path.iterdir()} == {"bundle", "bundle.checkpoint"}
    assert f"stopped by {number.name}" in errors
    assert "--resume" in errors
    provenance = json.loads((training.output / "bundle.json").read_text())["provenance"]
    kept = next(iter(provenance["kept"].values()))
    done = next(iter(provenance["interrupted"].values()))
    assert 1 <= kept <= done
    assert json.loads((training.output / "metrics.json").read_text())["parts"]["test"]["auc"] > 0.7
    # What is there already is replaced by what comes next, until a training has come to its end.
    again = training.run("--resume")
    assert again.returncode == 0, again.stderr
    assert training.bundle() == uninterrupted(kind)


def test_a_checkpoint_of_another_training_is_refused(mlaas, tmp_path):
    training = Training(mlaas, tmp_path, KINDS["trees"])
    training.stop_at(3, signal.SIGKILL)
    done = training.run("--resume", "--set", "model.max_depth=2", "--set", "dataset.split.seed=7")
    assert done.returncode == 2
    assert "the checkpoint belongs to another training; it differs in" in done.stderr
    assert "workflow/model/max_depth (" in done.stderr and " then, 2 now)" in done.stderr
    assert (training.checkpoint / "state").exists()
    state = training.checkpoint / "state"
    whole = state.read_bytes()
    for broken, message in (
        (whole[:-1], "its checksum is another"),
        (whole[:100] + bytes([whole[100] ^ 1]) + whole[101:], "its checksum is another"),
        (b"", "does not begin as one"),
        (whole[:8] + b"\x02" + whole[9:], "has version 2"),
    ):
        state.write_bytes(broken)
        done = training.run("--resume")
        assert done.returncode != 0 and message in done.stderr
    # Without --resume it is begun anew.
    done = training.run()
    assert done.returncode == 0
    assert "did not come to its end; it is begun anew" in done.stderr
    assert not training.checkpoint.exists()


def test_progress_is_appended_while_it_runs(mlaas, uninterrupted, tmp_path):
    log = tmp_path / "logs" / "progress.jsonl"
    training = Training(mlaas, tmp_path, [TREES, "--set", "model.rounds=10", "--set", "training.checkpoint=false"])
    done = training.run("--log", str(log), "--resume")
    assert done.returncode == 0, done.stderr
    assert "training begins anew" in done.stderr
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    curve = json.loads((training.output / "metrics.json").read_text())["learning_curve"]
    assert [line["round"] for line in lines] == list(range(1, 11))
    assert [line["validation_loss"] for line in lines] == curve["validation_loss"]
    assert [line["train_loss"] for line in lines] == curve["train_loss"]
    assert not training.checkpoint.exists()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{minutes: -1}", r"training\.checkpoint\.minutes: expected a number of 0 to"),
        ("{hours: 1}", r"unknown option 'hours'"),
        ("true", r"training\.checkpoint: expected"),
    ],
)
def test_refuses_wrong_checkpoint_options(mlaas, tmp_path, value, message):
    done = Training(mlaas, tmp_path, [TREES, "--set", f"training.checkpoint={value}"]).run()
    assert done.returncode == 2
    assert re.search(message, done.stderr), done.stderr
