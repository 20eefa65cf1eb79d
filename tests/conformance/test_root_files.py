"""Files that ROOT makes for the tests: every type in codecs, split levels and basket sizes, as ROOT reads them."""

from __future__ import annotations

import importlib.util

import pytest
from conformance.made_files import TREES, make_files
from conformance.made_run import compare_made
from conformance.run_columns import Summary, details


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory):
    if importlib.util.find_spec("ROOT") is None:
        pytest.skip("the Python package root is not installed")
    folder = tmp_path_factory.mktemp("made")
    make_files(folder, TREES)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_type_as_root_reads_it(mlaas, made_folder, capsys):
    results = [compare_made(path, str(mlaas.binary)) for path in sorted(made_folder.glob("*.root"))]
    summary = Summary(results)
    with capsys.disabled():
        print("\nfiles that ROOT made:\n" + summary.text())
    bad = details(results, ("wrong", "crashed"))
    assert not bad, "\n".join(bad[:50])
    assert len(results) == len(TREES)
    assert summary.meets_goals(), "\n".join(details(results, ("unsupported",))[:50])
