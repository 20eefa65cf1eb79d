"""Models with flipped bytes or cut short: `mlaas serve` takes them or says why not, and lives.

MLAAS_DAMAGED_MODELS says how many variants are tried; 24 without it, 500 by `make damage`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from integration.bundles import Signature, network_scores, write_network
from integration.test_serve import Server

MODELS = Path(__file__).parents[1] / "unit/infer/models"
VARIANTS = int(os.environ.get("MLAAS_DAMAGED_MODELS", "24"))
SIGNATURE = Signature(["ht", "met"])


def damage(path: Path, generator: np.random.Generator) -> None:
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    chosen = files[generator.integers(len(files))]
    data = bytearray(chosen.read_bytes())
    if generator.random() < 0.2:
        del data[generator.integers(len(data)) :]
    for _ in range(generator.integers(1, 9) if data else 0):
        data[generator.integers(len(data))] ^= 1 << generator.integers(8)
    chosen.write_bytes(data)


def vet(binary: Path, model: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run([binary, "vet-model", model, *options], capture_output=True, text=True, timeout=100)


def test_damaged_models_do_not_bring_the_server_down(mlaas, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    intact = write_network(folder / "intact", SIGNATURE)
    generator = np.random.default_rng(11)
    sources = [MODELS / name for name in ("keras_export", "two_inputs", "frozen.pb", "network.tflite", "kinds.onnx")]
    for i in range(VARIANTS):
        source = sources[i % len(sources)]
        copy = folder / (f"v{i}" if source.is_dir() else f"v{i}{source.suffix}")
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
        damage(copy, generator)
    values = {"values": [512.3, 80.1], "model": "intact"}
    expected = network_scores(intact, {"scalars": np.array([values["values"]], np.float32)})[0]
    with Server(mlaas.binary, folder, "--threads", "1", "--look-again", "0") as server:
        index = {row["name"]: row for row in json.loads(server.ask("POST", "/v2/repository/index")[2])}
        assert len(index) >= VARIANTS  # a SavedModel without its graph is no model
        assert index["intact"]["state"] == "READY"
        for row in index.values():
            assert row["state"] == "READY" or row["reason"], row
        assert any(row["state"] == "UNAVAILABLE" for row in index.values())
        status, _, text = server.ask("POST", "/json", values)
        assert (status, json.loads(text)) == (200, [pytest.approx(expected, abs=1e-5)])
        assert server.stop()[0] == 0


def test_a_trial_tells_what_became_of_it(mlaas, tmp_path):
    assert json.loads(vet(mlaas.binary, MODELS / "dense.onnx").stdout) == {}
    (tmp_path / "broken.onnx").write_bytes(b"not a model")
    report = json.loads(vet(mlaas.binary, tmp_path / "broken.onnx").stdout)
    assert report["error"] == "corrupt" and "OpenVINO" in report["message"]
    assert "vet-model" not in mlaas("--help").stdout


def test_a_trial_is_bounded_in_memory(mlaas):
    result = vet(mlaas.binary, MODELS / "dense.onnx", "--memory", str(64 << 20))
    assert result.returncode != 0 or "error" in json.loads(result.stdout)


def test_a_trial_ends_with_its_server(mlaas, tmp_path):
    """A trial that hangs at a pipe for a model is not left behind when the server is killed."""
    folder = tmp_path / "models"
    folder.mkdir()
    os.mkfifo(folder / "stuck.onnx")
    process = subprocess.Popen(
        [mlaas.binary, "serve", "--models", folder, "--http", "127.0.0.1:0"], stderr=subprocess.DEVNULL
    )
    try:
        children = []
        end = time.monotonic() + 20
        while not children and time.monotonic() < end:
            time.sleep(0.05)
            children = trials_of(process.pid)
        assert children
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    end = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() and state_of(child) != "Z" for child in children):
        assert time.monotonic() < end
        time.sleep(0.05)


def state_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1][0]
    except FileNotFoundError:
        return "Z"


def trials_of(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rsplit(") ", 1)[1].split()
            line = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and b"vet-model" in line:
            found.append(int(stat.parent.name))
    return found
