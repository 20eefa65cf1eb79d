"""What the tests of written tables share: files with every type that our writers know."""

from __future__ import annotations

import subprocess

import pytest


@pytest.fixture(scope="session")
def write(mlaas, tmp_path_factory):
    """Runs write_tree: write(entries, kind, ...) returns the file, which is made once."""
    program = mlaas.binary.parents[2] / "tests" / "conformance" / "write_tree"
    folder = tmp_path_factory.mktemp("written")

    def run(entries, kind, *more):
        path = folder / f"{kind}_{'_'.join(map(str, (entries, *more)))}.root".replace(":", "")
        if not path.exists():
            subprocess.run([program, path, str(entries), kind, *map(str, more)], check=True, timeout=300)
        return path

    return run
