"""RNTuples that ROOT wrote with every kind of field and column, column by column against uproot.

uproot 5.7.7 is wrong where a variant lies in several clusters (it takes places as if they counted through all of them)
and where the representation of a field changes; tests/unit/table/rntuple_kinds_test.cpp has what is right there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import uproot
from conformance.column_run import MATCHED, compare_leaf
from conformance.exported_columns import export, inspect
from conformance.uproot_columns import columns_of

SEEDS = Path(__file__).parents[1] / "fuzz" / "corpus" / "fuzz_rntuple_file"
VARIANT = "w"


@pytest.mark.parametrize(
    ("file", "ntuple"),
    [("kinds", "kinds"), ("kinds_zstd", "kinds"), ("encodings", "encodings"), ("late", "late")],
)
def test_columns_equal_uproots_bit_for_bit(mlaas, tmp_path, file, ntuple):
    path = SEEDS / f"{file}.root"
    listing, problem, _ = inspect(str(mlaas.binary), path)
    assert not problem
    exported = export(str(mlaas.binary), path, ntuple, listing["objects"][0]["columns"], tmp_path)
    compared = 0
    with uproot.open(path) as opened:
        for column in columns_of(opened[ntuple], is_ntuple=True):
            if column.name == VARIANT:
                continue
            for leaf in column.leaves():
                if column.name.endswith("Real16"):
                    leaf.values = leaf.values.astype("float32")  # numpy has half precision, our columns do not
                assert compare_leaf(exported, column.name, leaf) == (MATCHED, ""), column.name
                compared += 1
    assert compared > 5
