"""Awkward arrays as the columns that mlaas makes of them: a Leaf for each innermost array of numbers or strings.

A Leaf has its levels of offsets, outermost first, and its values with the fixed dimensions inside the innermost level.
A fixed array around something jagged is a level of offsets, as are optional values (0 or 1 elements) and the
alternatives of a union (one Leaf each, 0 or 1 elements).
"""

from __future__ import annotations

from dataclasses import dataclass

import awkward as ak
import numpy as np
from awkward import contents

STRINGS = ("string", "bytestring")


@dataclass
class Leaf:
    """One column: `path` are the names of the records' members that lead to it."""

    path: tuple[str, ...]
    offsets: list[np.ndarray]
    values: np.ndarray | None  # None: no values, and nothing says their type
    is_string: bool = False
    from_objects: bool = False  # made of Python objects: numbers may have lost their type, pointers their level

    def dtype_name(self) -> str:
        return "?" if self.values is None else self.values.dtype.newbyteorder("=").name


def offsets_of(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)


@dataclass(frozen=True)
class Level:
    """Offsets of a jagged level, or a regular one of `count` lists of `size` elements."""

    offsets: np.ndarray | None
    size: int = 0
    count: int = 0


def finish(path, levels: tuple[Level, ...], values: np.ndarray | None, is_string: bool) -> Leaf:
    """Regular levels inside the innermost jagged one are a shape, others offsets with constant counts."""
    num_offsets = max((i + 1 for i, level in enumerate(levels) if level.offsets is not None), default=0)
    offsets = [
        np.arange(level.count + 1, dtype=np.int64) * level.size if level.offsets is None else level.offsets
        for level in levels[:num_offsets]
    ]
    fixed = levels[num_offsets:]
    if values is not None and fixed:
        values = values.reshape((fixed[0].count, *(level.size for level in fixed), *values.shape[1:]))
    return Leaf(tuple(path), offsets, values, is_string)


def walk(layout: contents.Content, path=(), levels: tuple[Level, ...] = ()) -> list[Leaf]:
    """The leaves below a layout, in the order of its fields."""
    if isinstance(layout, contents.EmptyArray):
        return [finish(path, levels, None, False)]
    if isinstance(layout, contents.NumpyArray):
        return [finish(path, levels, np.asarray(layout.data), False)]
    if isinstance(layout, contents.RecordArray):
        return [
            leaf
            for field in layout.fields
            for leaf in walk(layout.content(field)[: layout.length], (*path, field), levels)
        ]
    if isinstance(layout, contents.UnionArray):
        return walk_union(layout, path, levels)
    if isinstance(layout, contents.UnmaskedArray):
        ones = offsets_of(np.ones(layout.length, np.int64))
        return walk(layout.content, path, (*levels, Level(ones)))
    if layout.is_option:
        present = np.asarray(layout.mask_as_bool(valid_when=True))
        return walk(layout.project(), path, (*levels, Level(offsets_of(present))))
    if layout.is_indexed:
        return walk(layout.project(), path, levels)
    return walk_list(layout, path, levels)


def walk_list(layout, path, levels) -> list[Leaf]:
    is_string = layout.parameter("__array__") in STRINGS
    if layout.is_regular and not is_string:
        content = layout.content[: layout.length * layout.size]
        return walk(content, path, (*levels, Level(None, layout.size, layout.length)))
    layout = layout.to_ListOffsetArray64(True)
    offsets = np.asarray(layout.offsets.data)
    content = layout.content[: offsets[-1]]
    levels = (*levels, Level(offsets))
    if is_string:
        return [finish(path, levels, np.asarray(content.data), True)]
    return walk(content, path, levels)


def walk_union(layout, path, levels) -> list[Leaf]:
    """Alternatives are numbered from 0; what uproot puts before them for "none of them" is left out."""
    tags, index = np.asarray(layout.tags.data), np.asarray(layout.index.data)[: layout.length]
    leaves, number = [], 0
    for tag, content in enumerate(layout.contents):
        if isinstance(content.content if content.is_option else content, contents.EmptyArray):
            continue
        chosen = tags == tag
        here = content._carry(ak.index.Index64(index[chosen].astype(np.int64)), False)
        if here.is_option:
            chosen[chosen] = np.asarray(here.mask_as_bool(valid_when=True))
            here = here.project()
        leaves += walk(here, (*path, f"_{number}"), (*levels, Level(offsets_of(chosen))))
        number += 1
    return leaves


def leaves_of(array) -> list[Leaf]:
    """The leaves of an awkward array."""
    return walk(ak.to_layout(array))


def bits(values: np.ndarray) -> np.ndarray:
    """The values' bytes in this machine's order, as unsigned integers: NaNs keep their payload."""
    values = np.ascontiguousarray(values)
    if values.dtype == np.bool_:
        return values.view(np.uint8) != 0
    return values.astype(values.dtype.newbyteorder("="), copy=False).view(f"u{values.dtype.itemsize}")


def without_pointers(leaf: Leaf) -> Leaf:
    """The leaf without levels that have one element each: a pointer is one where it may be null."""
    offsets = [level for level in leaf.offsets if not np.array_equal(level, np.arange(len(level)))]
    return Leaf(leaf.path, offsets, leaf.values, leaf.is_string)


def as_objects(ours: Leaf, theirs: Leaf) -> tuple[Leaf, Leaf]:
    """Both leaves without what Python objects do not know: which levels are pointers, and the type of an int."""
    ours, theirs = without_pointers(ours), without_pointers(theirs)
    if theirs.values is not None and ours.values.shape == theirs.values.shape:
        cast = theirs.values.astype(ours.values.dtype)
        if np.array_equal(cast, theirs.values, equal_nan=cast.dtype.kind == "f"):
            theirs = Leaf(theirs.path, theirs.offsets, cast, theirs.is_string)
    return ours, theirs


def difference(ours: Leaf, theirs: Leaf) -> str:
    """What differs, in a few words; empty where both are the same bit for bit."""
    if theirs.from_objects:
        ours, theirs = as_objects(ours, theirs)
    if theirs.values is None and not len(ours.values) and len(ours.offsets) >= len(theirs.offsets):
        ours = Leaf((), ours.offsets[: len(theirs.offsets)], None)
    if len(ours.offsets) != len(theirs.offsets):
        return f"levels of offsets: {len(ours.offsets)}, expected {len(theirs.offsets)}"
    for level, (mine, expected) in enumerate(zip(ours.offsets, theirs.offsets, strict=True)):
        if mine.dtype != np.int64:
            return f"offsets{level} are {mine.dtype}, expected int64"
        if len(mine) != len(expected):
            return f"length of offsets{level}: {len(mine)}, expected {len(expected)}"
        if not np.array_equal(mine, expected):
            at = int(np.flatnonzero(mine != expected)[0])
            return f"offsets{level}[{at}]: {mine[at]}, expected {expected[at]}"
    if theirs.values is None:
        return "" if ours.values is None else f"{len(ours.values)} values, expected none"
    if ours.dtype_name() != theirs.dtype_name():
        return f"dtype {ours.dtype_name()}, expected {theirs.dtype_name()}"
    if ours.values.shape != theirs.values.shape:
        return f"shape {ours.values.shape}, expected {theirs.values.shape}"
    if ours.values.dtype.hasobject or ours.values.size == 0:
        return ""
    mine, expected = bits(ours.values).reshape(-1), bits(theirs.values).reshape(-1)
    if np.array_equal(mine, expected):
        return ""
    wrong = np.flatnonzero(mine != expected)
    at = int(wrong[0])
    found = (ours.values.reshape(-1)[at], theirs.values.reshape(-1)[at])
    return f"{len(wrong)} of {len(mine)} values, first value[{at}]: {found[0]!r}, expected {found[1]!r}"
