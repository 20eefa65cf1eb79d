"""The numbers that the unit tests of networks expect are those of PyTorch, where PyTorch is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INTERPRETERS = [ROOT / ".venv-bench" / "bin" / "python", Path("/usr/bin/python3"), Path(sys.executable)]


def has_torch(interpreter: Path) -> bool:
    if not interpreter.exists():
        return False
    return subprocess.run([interpreter, "-c", "import torch"], capture_output=True, check=False).returncode == 0


def test_expected_values_are_pytorchs():
    interpreter = next(filter(has_torch, INTERPRETERS), None)
    if interpreter is None:
        pytest.skip("PyTorch is not installed (tools/setup.sh bench)")
    script = ROOT / "tests" / "unit" / "train" / "torch_values.py"
    done = subprocess.run([interpreter, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
