"""What all Python tests share: the command under test and the folders of sample files.

MLAAS_BINARY     the `mlaas` to test (default: the newest of build/*/apps/mlaas/mlaas)
MLAAS_TESTDATA   folders with further ROOT files, separated by colons (default: what skhep_testdata ships)
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def find_binary() -> Path:
    if named := os.environ.get("MLAAS_BINARY"):
        return Path(named).resolve()
    built = sorted((ROOT / "build").glob("*/apps/mlaas/mlaas"), key=lambda path: path.stat().st_mtime)
    if not built:
        pytest.exit("no build/*/apps/mlaas/mlaas: run `make build`, or name the command in MLAAS_BINARY", 2)
    return built[-1]


class Mlaas:
    """Runs the command; never raises for its exit code."""

    def __init__(self, binary: Path):
        self.binary = binary

    def __call__(self, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        settings = {"capture_output": True, "text": True, "timeout": 300} | options
        return subprocess.run([str(self.binary), *map(str, arguments)], check=False, **settings)


@pytest.fixture(scope="session")
def mlaas() -> Mlaas:
    return Mlaas(find_binary())


def find_data_folders() -> list[Path]:
    folders = [Path(name) for name in os.environ.get("MLAAS_TESTDATA", "").split(":") if name]
    if spec := importlib.util.find_spec("skhep_testdata"):
        folders.append(Path(spec.submodule_search_locations[0]) / "data")
    return [folder for folder in folders if folder.is_dir()]


def find_data(name: str) -> Path:
    """Returns a file of scikit-hep-testdata; skips the test where it is not installed."""
    for folder in find_data_folders():
        if (folder / name).exists():
            return folder / name
    pytest.skip(f"{name} is not in scikit-hep-testdata or MLAAS_TESTDATA")


@pytest.fixture(scope="session")
def testdata():
    return find_data


def sample_files() -> list[Path]:
    """Returns the ROOT files of examples/tth."""
    return sorted((ROOT / "examples" / "tth" / "data").glob("*.root"))
