"""The models of `mlaas serve`: versions, aliases, changed folders, loading and unloading, limits."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from integration.bundles import Signature, network_scores, write_network
from integration.test_serve import Server

SIGNATURE = Signature(["ht", "met"])
VALUES = [512.3, 80.1]
TOLERANCE = 1e-5


@pytest.fixture
def made(tmp_path) -> dict[str, Path]:
    """Three bundles whose scores differ."""
    return {name: write_network(tmp_path / "made" / name, SIGNATURE, seed=i) for i, name in enumerate("abc", 1)}


@pytest.fixture
def models(tmp_path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def expected(bundle: Path) -> float:
    return network_scores(bundle, {"scalars": np.array([VALUES], np.float32)})[0]


def score(server: Server, model: str) -> float:
    status, _, text = server.ask("POST", "/json", {"values": VALUES, "model": model})
    assert status == 200, text
    return json.loads(text)[0]


def error(server: Server, model: str) -> str:
    status, _, text = server.ask("POST", "/json", {"values": VALUES, "model": model})
    assert status == 404, text
    return json.loads(text)["error"]


def eventually(condition, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_versions_and_aliases(mlaas, models, made):
    for version, name in (("1", "a"), ("2", "b"), ("10", "c")):
        shutil.copytree(made[name], models / "higgs" / version)
    (models / "higgs" / "serving.json").write_text(json.dumps({"aliases": {"champion": "2"}}), encoding="utf-8")
    (models / "higgs" / "notes").mkdir()
    with Server(mlaas.binary, models) as server:
        for model, name in (
            ("higgs", "c"),
            ("higgs@1", "a"),
            ("higgs@2", "b"),
            ("higgs@10", "c"),
            ("higgs@champion", "b"),
        ):
            assert score(server, model) == pytest.approx(expected(made[name]), abs=TOLERANCE), model
        assert error(server, "higgs@3") == "model 'higgs' has no version '3'; there are: 1, 2, 10, champion"
        assert "did you mean 'higgs'" in error(server, "higs")


def test_a_changed_folder_is_loaded_without_a_failed_request(mlaas, models, made):
    shutil.copytree(made["a"], models / "higgs")
    with Server(mlaas.binary, models, "--look-again", "0.1") as server:
        assert score(server, "higgs") == pytest.approx(expected(made["a"]), abs=TOLERANCE)
        # A new model, and one in the place of the old one.
        shutil.copytree(made["b"], models / "second")
        shutil.rmtree(models / "higgs")
        shutil.copytree(made["c"], models / "higgs")
        eventually(lambda: server.ask("POST", "/json", {"values": VALUES, "model": "second"})[0] == 200)
        eventually(lambda: abs(score(server, "higgs") - expected(made["c"])) < TOLERANCE)
        # What cannot be loaded replaces nothing, and the reason is shown.
        model = models / "higgs" / "model.onnx"
        model.write_bytes(model.read_bytes()[:-10])
        time.sleep(0.5)
        assert score(server, "higgs") == pytest.approx(expected(made["c"]), abs=TOLERANCE)
        # A model that is gone is served no longer.
        shutil.rmtree(models / "second")
        eventually(lambda: server.ask("POST", "/json", {"values": VALUES, "model": "second"})[0] == 404)


def test_models_are_loaded_when_asked_for_where_there_is_a_limit(mlaas, models, made):
    for name, bundle in made.items():
        shutil.copytree(bundle, models / name)
    with Server(mlaas.binary, models, "--max-models", "2") as server:
        assert "serving model" not in "".join(server.log)
        for name in ("a", "b", "c", "a", "b"):
            assert score(server, name) == pytest.approx(expected(made[name]), abs=TOLERANCE)
        code, log = server.stop()
        assert code == 0
        given_up = [line.split("model ")[1].split()[0] for line in log.splitlines() if "is given up" in line]
        assert given_up == ["a", "b", "c"]


def test_wrong_settings_are_reported(mlaas, models, made):
    shutil.copytree(made["a"], models / "higgs")
    settings = models / "higgs" / "serving.json"
    for text, message in (
        ('{"max_batch_row": 3}', "unknown key \"max_batch_row\"; did you mean 'max_batch_rows'"),
        ('{"max_batch_rows": 0}', "expected a whole number from 1"),
        ('{"aliases": {"champion": "7"}}', "which is not there"),
        ("[1]", "is not a JSON object"),
    ):
        settings.write_text(text, encoding="utf-8")
        with Server(mlaas.binary, models) as server:
            assert score(server, "higgs") == pytest.approx(expected(made["a"]), abs=TOLERANCE)
            assert message in "".join(server.log)


def test_one_bundle_has_the_name_that_it_says(mlaas, tmp_path, made):
    shutil.copytree(made["a"], tmp_path / "elsewhere")
    with Server(mlaas.binary, tmp_path / "elsewhere") as server:
        assert score(server, "a") == pytest.approx(expected(made["a"]), abs=TOLERANCE)
        status, _, text = server.ask("POST", "/upload", b"x")
        assert (status, "a folder of them" in text) == (501, True)
