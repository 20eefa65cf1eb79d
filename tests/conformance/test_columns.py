"""Exported columns are uproot's, bit for bit: every column of every real file at hand."""

from __future__ import annotations

import os

import awkward as ak
import numpy as np
import pytest
import uproot
from conformance.run_columns import Summary, details, find_files, find_folders, run

FEWEST_FILES = 50  # shares of fewer files say little


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_column_of_every_file(mlaas, capsys):
    files = find_files(find_folders(), "*")
    if not files:
        pytest.skip("skhep_testdata is not installed and MLAAS_TESTDATA names no folder")
    results = run(files, str(mlaas.binary), jobs=os.cpu_count() or 1)
    summary = Summary(results)
    with capsys.disabled():
        print("\n" + summary.text())
        if not os.environ.get("MLAAS_TESTDATA"):
            print("MLAAS_TESTDATA names no folder: only the files of skhep_testdata were compared")
    bad = details(results, ("wrong", "crashed"))
    assert not bad, "\n".join(bad[:50])
    assert summary.num_read > 0
    if len(files) >= FEWEST_FILES:
        assert summary.meets_goals(), "\n".join(details(results, ("unsupported",))[:50])


def test_a_range_of_entries(mlaas, testdata, tmp_path):
    path = testdata("uproot-HZZ.root")
    result = mlaas(
        "export", path, "--tree", "events", "--columns", "NJet,Jet_P?", "--entries", "100:250", "--out", tmp_path
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "Jet_Px.npy",
        "Jet_Px.offsets.npy",
        "Jet_Py.npy",
        "Jet_Py.offsets.npy",
        "Jet_Pz.npy",
        "Jet_Pz.offsets.npy",
        "NJet.npy",
    ]
    with uproot.open(path)["events"] as tree:
        jets = tree["Jet_Px"].array(entry_start=100, entry_stop=250)
        np.testing.assert_array_equal(np.load(tmp_path / "Jet_Px.npy"), ak.flatten(jets))
        np.testing.assert_array_equal(np.diff(np.load(tmp_path / "Jet_Px.offsets.npy")), ak.num(jets))
        counts = tree["NJet"].array(library="np", entry_start=100, entry_stop=250)
        np.testing.assert_array_equal(np.load(tmp_path / "NJet.npy"), counts)
