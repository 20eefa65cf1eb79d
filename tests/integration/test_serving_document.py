"""The curl calls of docs/serving.md, as they stand, against a server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from integration.bundles import Signature, network_scores, write_network
from integration.test_serve import Server

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8083"


def documented_calls() -> list[str]:
    """Returns the lines with curl that send no files."""
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    return [line for line in re.findall(r"^ {4}(curl .*)$", text, re.MULTILINE) if "@" not in line]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_documented_calls(mlaas, tmp_path):
    write_network(tmp_path / "models" / "tth", Signature(["ht", "met"]))
    events = np.array([[512.3, 80.1], [207.9, 12.4]], np.float32)
    expected = network_scores(tmp_path / "models" / "tth", {"scalars": events})
    answers = {}
    files = ROOT / "examples" / "tth" / "data"
    with Server(mlaas.binary, tmp_path / "models", "--threads", "1", "--files-root", files) as server:
        for call in documented_calls():
            command = call.replace(ADDRESS, server.url).replace("curl", "curl -sS --fail-with-body --max-time 30", 1)
            done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, f"{call}: {done.stdout}{done.stderr}"
            answers[call] = done.stdout

    def answer(word: str) -> dict:
        (found,) = [text for call, text in answers.items() if word in call]
        return json.loads(found)

    assert answer("8083/json") == pytest.approx([expected[0]], rel=1e-5)
    assert answer("/infer")["outputs"][0]["data"] == pytest.approx([expected[0]], rel=1e-5)
    assert [event["score"] for event in answer('"events"')["events"]] == pytest.approx(list(expected), rel=1e-5)
    assert answer('"columns"')["columns"]["score"] == pytest.approx(list(expected), rel=1e-5)
    lines = (tmp_path / "scores.csv").read_text().splitlines()
    assert lines[0] == "score,selected" and len(lines) > 100
