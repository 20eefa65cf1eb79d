"""The values of write_tree's columns, by formula, as awkward arrays."""

from __future__ import annotations

import awkward as ak
import numpy as np

FLAT = {
    "i8": np.int8,
    "u8": np.uint8,
    "i16": np.int16,
    "u16": np.uint16,
    "i32": np.int32,
    "u32": np.uint32,
    "i64": np.int64,
    "u64": np.uint64,
    "f32": np.float32,
    "f64": np.float64,
}
JAGGED = {"Jet_pt": np.float32, "Jet_id": np.int64, "Mu_pt": np.float64}
NESTED = {"hits": np.float32, "bytes": np.int8, "longs": np.int64, "shorts": np.uint16}
COUNTERS = {"nJet": np.int32, "nMu": np.uint16}
SIZES = [0, 1, 1000, 25_432]


def flat_values(dtype, entries):
    """Minimum, maximum, then the entry number."""
    limits = np.finfo(dtype) if np.issubdtype(dtype, np.floating) else np.iinfo(dtype)
    numbers = np.arange(entries)
    values = numbers.astype(dtype)
    values[numbers % 7 == 0] = limits.min
    values[numbers % 7 == 1] = limits.max
    return values


def counts(entries):
    return np.arange(entries) % 5


def within(count):
    """The position of each element in its list."""
    return np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)


def jagged_values(dtype, entries, each=1):
    count = counts(entries) * each
    return (np.repeat(np.arange(entries) * 10, count) + within(count)).astype(dtype)


def nested_layout(entries):
    """Counts of both levels, and the sum of entry and both positions for each value."""
    outer = np.arange(entries) % 4
    lists = np.repeat(np.arange(entries), outer) + within(outer)
    inner = lists % 3
    return outer, inner, np.repeat(lists, inner) + within(inner)


def nested(content, outer, inner):
    return ak.unflatten(ak.unflatten(content, inner), outer)


def text_values(entries):
    return ["".join(chr(97 + (i + k) % 26) for k in range(i * 37 % 300)) for i in range(entries)]


def label_values(entries):
    return [
        ["".join(chr(97 + (i + k + m) % 26) for m in range((i + k) % 3)) for k in range(i % 4)] for i in range(entries)
    ]


def expected(entries):
    """Every column but the strings, by name."""
    columns = {name: ak.Array(flat_values(dtype, entries)) for name, dtype in FLAT.items()}
    columns["flag"] = ak.Array(np.arange(entries) % 3 == 0)
    columns["matrix"] = ak.Array((np.arange(entries)[:, None] + np.arange(6)).reshape(-1, 2, 3).astype(np.float32))
    for name, dtype in JAGGED.items():
        columns[name] = ak.unflatten(jagged_values(dtype, entries), counts(entries))
    cells = jagged_values(np.int16, entries, each=4).reshape(-1, 2, 2)
    columns["Mu_cells"] = ak.unflatten(cells, counts(entries))
    outer, inner, values = nested_layout(entries)
    for name, dtype in NESTED.items():
        columns[name] = nested(values.astype(dtype), outer, inner)
    return columns


def strings(entries):
    return {"text": text_values(entries), "labels": label_values(entries)}


def flattened(array):
    """The lengths of all levels, outermost first, and the values as one numpy array in this machine's byte order."""
    levels = []
    array = ak.to_packed(array)
    while array.ndim > 1:
        levels.append(ak.to_numpy(ak.num(array, axis=1)).astype(np.int64))
        array = ak.flatten(array, axis=1)
    values = ak.to_numpy(array)
    return levels, values.astype(values.dtype.newbyteorder("="))


def assert_same(name, found, wanted):
    """Asserts that two arrays have the same lists, the same type and the same bits."""
    found_levels, found_values = flattened(found)
    wanted_levels, wanted_values = flattened(wanted)
    assert len(found_levels) == len(wanted_levels), name
    for found_level, wanted_level in zip(found_levels, wanted_levels, strict=True):
        np.testing.assert_array_equal(found_level, wanted_level, err_msg=name)
    assert found_values.dtype == wanted_values.dtype, name
    assert found_values.tobytes() == wanted_values.tobytes(), name
