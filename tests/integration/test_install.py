"""The installed commands run from their new place and find each other and their libraries."""

from __future__ import annotations

import subprocess

import pytest
from conftest import ROOT, Mlaas


@pytest.fixture(scope="module")
def installed(mlaas, tmp_path_factory) -> Mlaas:
    build = mlaas.binary.parents[2]
    if not (build / "cmake_install.cmake").exists():
        pytest.skip(f"{build} is no build folder: MLAAS_BINARY names a command from elsewhere")
    prefix = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True, capture_output=True, timeout=120)
    return Mlaas(prefix / "bin" / "mlaas")


def test_the_installed_command_starts(installed, mlaas):
    answer = installed("--version")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == mlaas("--version").stdout


def test_the_installed_command_finds_its_trainer(installed, tmp_path):
    settings = ["--output", tmp_path / "trees", "--set", "model.rounds=2"]
    answer = installed("train", "examples/tth/trees.yaml", *settings, cwd=ROOT)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "trees" / "bundle.json").exists()
