"""The conformance run's own parts: how arrays are taken apart, and that it sees every kind of difference."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest
from conformance.array_leaves import Leaf, difference, leaves_of
from conformance.object_leaves import leaves_of_objects


def as_lists(array):
    return {leaf.path: ([o.tolist() for o in leaf.offsets], leaf.values.tolist()) for leaf in leaves_of(array)}


def test_records_in_lists_share_their_offsets():
    array = ak.Array([[{"a": 1, "b": {"c": 2.5}}], [], [{"a": 3, "b": {"c": 4.5}}]])
    assert as_lists(array) == {("a",): ([[0, 1, 1, 2]], [1, 3]), ("b", "c"): ([[0, 1, 1, 2]], [2.5, 4.5])}


def test_regular_dimensions_are_a_shape_inside_and_offsets_around_lists():
    inside = ak.to_regular(ak.Array([[[1, 2], [3, 4]], [[5, 6]]]), axis=2)
    (leaf,) = leaves_of(inside)
    assert ([o.tolist() for o in leaf.offsets], leaf.values.shape) == ([[0, 2, 3]], (3, 2))
    around = ak.to_regular(ak.Array([[[1], [2, 3]], [[], [4]]]), axis=1)
    assert as_lists(around) == {(): ([[0, 2, 4], [0, 1, 3, 3, 4]], [1, 2, 3, 4])}
    twice = ak.to_regular(ak.to_regular(ak.Array([[[[1], [2]]], [[[3], []]]]), axis=1), axis=2)
    assert as_lists(twice) == {(): ([[0, 1, 2], [0, 2, 4], [0, 1, 2, 3, 3]], [1, 2, 3])}


def test_options_and_unions_have_levels_of_at_most_one():
    assert as_lists(ak.Array([1, None, 3])) == {(): ([[0, 1, 1, 2]], [1, 3])}
    union = ak.Array([1, [2.5, 3.5], 4])
    assert as_lists(union) == {("_0",): ([[0, 1, 1, 2]], [1, 4]), ("_1",): ([[0, 0, 1, 1], [0, 2]], [2.5, 3.5])}


def test_strings_and_slices():
    array = ak.Array([["ab", ""], ["c"], []])
    assert as_lists(array) == {(): ([[0, 2, 3, 3], [0, 2, 2, 3]], [97, 98, 99])}
    assert as_lists(array[1:]) == {(): ([[0, 1, 1], [0, 1]], [99])}


def test_python_objects():
    objects = np.array([[1.5, 2.5], None, []], dtype=object)
    (leaf,) = leaves_of_objects(objects)
    assert [o.tolist() for o in leaf.offsets] == [[0, 1, 1, 2], [0, 2, 2]]


def jagged(values, offsets=(0, 1, 3)):
    return Leaf((), [np.array(offsets, np.int64)], np.array(values))


@pytest.mark.parametrize(
    "other",
    [
        jagged([1, 2, 4]),
        jagged([1.0, 2.0, 3.0]),
        jagged(np.array([1, 2, 3], np.uint64)),
        jagged([1, 2]),
        jagged([[1], [2], [3]]),
        jagged([1, 2, 3], (0, 2, 3)),
        jagged([1, 2, 3], (0, 1, 2, 3)),
        Leaf((), [], np.array([1, 2, 3])),
    ],
)
def test_a_difference_is_seen(other):
    assert difference(jagged([1, 2, 3]), jagged([1, 2, 3])) == ""
    assert difference(jagged([1, 2, 3]), other)
    assert difference(other, jagged([1, 2, 3]))


def test_bits_decide():
    quiet, other = np.array([0x7FC00000, 0x7FC00001], np.uint32).view(np.float32)
    assert difference(Leaf((), [], np.array([quiet])), Leaf((), [], np.array([quiet]))) == ""
    assert difference(Leaf((), [], np.array([quiet])), Leaf((), [], np.array([other])))
    assert difference(Leaf((), [], np.array([0.0])), Leaf((), [], np.array([-0.0])))
