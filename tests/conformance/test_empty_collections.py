"""Lists of a class that no file describes: read where all are empty, refused with a reason where one is not."""

from __future__ import annotations

import json

import numpy as np
import uproot


def column_of(mlaas, path, tree, name):
    trees = json.loads(mlaas("inspect", path, "--json").stdout)["objects"]
    return next(one for one in next(two for two in trees if two["name"] == tree)["columns"] if one["name"] == name)


def test_lists_that_are_all_empty_have_no_values(mlaas, testdata, tmp_path):
    path, column = testdata("uproot-issue371.root"), "Histos./Histos.histograms2D"
    assert "unsupported" not in column_of(mlaas, path, "Event", column)
    done = mlaas("export", path, "--tree", "Event", "--columns", column, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    with uproot.open(path) as file:
        theirs = file["Event"][column].array(library="np")
    assert all(len(one) == 0 for one in theirs)
    offsets = np.load(tmp_path / "Histos..Histos.histograms2D.offsets0.npy")
    np.testing.assert_array_equal(offsets, np.zeros(len(theirs) + 1, np.int64))
    assert len(np.load(tmp_path / "Histos..Histos.histograms2D.npy")) == 0


def test_pointers_that_are_all_null_have_no_values(mlaas, testdata, tmp_path):
    path, column = testdata("uproot-issue465-flat.root"), "Evt/AAObject/any"
    done = mlaas("export", path, "--tree", "E", "--columns", column, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    with uproot.open(path) as file:
        theirs = file["E"][column].array(library="np")
    assert list(theirs) == [None] * len(theirs)
    np.testing.assert_array_equal(np.load(tmp_path / "Evt.AAObject.any.offsets.npy"), np.zeros(len(theirs) + 1))


def test_one_value_makes_the_column_unsupported(mlaas, testdata):
    path = testdata("uproot-issue124.root")
    column = "KM3NET_SUMMARYSLICE/vector<KM3NETDAQ::JDAQSummaryFrame>"
    listed = column_of(mlaas, path, "KM3NET_SUMMARYSLICE", column)
    assert listed["unsupported"] == "the file does not describe class KM3NETDAQ::JDAQSummaryFrame"
