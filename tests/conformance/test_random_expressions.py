"""Every expression of make_expected.py on many random entries, over several blocks, against numpy and awkward."""

from __future__ import annotations

import sys
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

sys.path.insert(0, str(Path(__file__).with_name("expressions")))


def write(path, columns):
    """As an RNTuple, which has nested lists, fixed-size arrays and strings."""
    with uproot.recreate(path) as file:
        file.mkrntuple("Events", {name: ak.Array(column) for name, column in vars(columns).items()})


@pytest.mark.parametrize(("seed", "entries", "longest"), [(1, 5000, 0), (2, 2500, 30), (3, 1, 0), (4, 3000, 0)])
def test_random_columns(mlaas, tmp_path, seed, entries, longest):
    import list_expressions
    import make_expected
    from events import ours

    columns = make_expected.random_columns(max(entries, 8), seed, longest)
    write(tmp_path / "random.root", columns)
    with np.errstate(all="ignore"):
        expected = make_expected.expressions(columns) | list_expressions.list_expressions(columns)
    found = ours(mlaas, tmp_path / "random.root", [(f"e{k}", text) for k, text in enumerate(expected)])
    for k, (text, values) in enumerate(expected.items()):
        compare(found[f"e{k}"], ak.to_list(values), text, list_expressions.TOLERANCES.get(text, 4e-15))


def flattened(values):
    """The innermost values of nested lists, and the lengths of all lists."""
    lengths, leaves = [], []
    for value in values:
        if isinstance(value, list):
            inner_lengths, inner_leaves = flattened(value)
            lengths += [len(value), *inner_lengths]
            leaves += inner_leaves
        else:
            leaves.append(value)
    return lengths, leaves


def compare(found, expected, text, tolerance):
    assert len(found) == len(expected), text
    (left_lengths, left), (right_lengths, right) = flattened(found), flattened(expected)
    assert left_lengths == right_lengths, f"{text}: lists of other lengths"
    integers = [k for k, value in enumerate(right) if isinstance(value, int)]
    # 64-bit integers are compared as they are.
    assert [left[k] for k in integers] == [right[k] for k in integers], text
    np.testing.assert_allclose(
        np.array(left, float), np.array(right, float), rtol=max(tolerance, 4e-14), atol=1e-300, err_msg=text
    )
