"""tools/demo.sh, the whole chain: trains both examples, serves them, compares; the second call trains nothing."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from conftest import ROOT


def run_demo(binary, out) -> str:
    result = subprocess.run(
        [ROOT / "tools" / "demo.sh"],
        env=os.environ | {"MLAAS": str(binary), "OUT": str(out)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.slow
def test_demo(mlaas, tmp_path):
    first = run_demo(mlaas.binary, tmp_path)
    assert "training as examples/tth/mlp.yaml says" in first
    differences = re.search(r"largest difference to predict\s+(\S+)\s+(\S+)", first)
    assert max(float(text) for text in differences.groups()) <= 1e-5
    aucs = [float(text) for text in re.findall(r"(0\.\d+) \+- ", first)]
    assert len(aucs) == 2 and min(aucs) > 0.8
    for model in ("tth_mlp", "tth_trees"):
        assert (tmp_path / model / "report.html").stat().st_size > 1000
    second = run_demo(mlaas.binary, tmp_path)
    assert second.count("not trained again") == 2
    assert differences.group(0) in second


def test_demo_without_a_build(tmp_path):
    result = subprocess.run(
        [ROOT / "tools" / "demo.sh"],
        env=os.environ | {"MLAAS": str(tmp_path / "mlaas"), "OUT": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert "run make build" in result.stderr
