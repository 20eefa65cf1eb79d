"""Python objects that uproot makes of what awkward cannot hold (pointers, objects of several classes), as leaves.

All objects at one place of an entry form one list each step; their class decides how it is taken apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import uproot
from conformance.array_leaves import Leaf, Level, finish, offsets_of
from uproot.models.TArray import Model_TArray as TArray

MAX_DEPTH = 32


def leaves_of_objects(array: np.ndarray) -> list[Leaf]:
    """The leaves of an array of objects, one an entry. Raises TypeError where an object is of no known kind."""
    if array.dtype != object:
        return [Leaf((), [], array)]
    leaves = take_apart(list(array), (), ())
    for leaf in leaves:
        leaf.from_objects = True
    return leaves


def take_apart(items: list, path: tuple[str, ...], levels: tuple[Level, ...]) -> list[Leaf]:
    if len(path) + len(levels) > MAX_DEPTH:
        raise TypeError("objects are nested too deeply")
    present = [item for item in items if item is not None]
    if not present:
        return [finish(path, levels, None, False)]
    if len(present) < len(items):
        exists = np.array([item is not None for item in items])
        return take_apart(present, path, (*levels, Level(offsets_of(exists))))
    first = present[0]
    if isinstance(first, (str, bytes)):
        encoded = [item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item for item in present]
        values = np.frombuffer(b"".join(encoded), np.uint8)
        return [finish(path, (*levels, Level(offsets_of([len(item) for item in encoded]))), values, True)]
    if isinstance(first, uproot.containers.STLMap):
        counts = [len(item) for item in present]
        inside = (*levels, Level(offsets_of(counts)))
        keys = [key for item in present for key in item]
        values = [value for item in present for value in item.values()]
        return take_apart(keys, (*path, "0"), inside) + take_apart(values, (*path, "1"), inside)
    if isinstance(first, TArray):
        return [take_arrays(present, path, levels)]
    if isinstance(first, uproot.model.Model) and isinstance(first, Sequence):  # TList, TObjArray
        elements = [one for item in present for one in item]
        inside = (*levels, Level(offsets_of([len(item) for item in present])))
        own = take_models_apart(present, path, levels)
        return own + (take_apart(elements, path, inside) if elements else [])
    if isinstance(first, uproot.model.Model):
        return take_models_apart(present, path, levels)
    if isinstance(first, np.ndarray) and first.dtype != object:
        inside = (*levels, Level(offsets_of([len(item) for item in present])))
        return [finish(path, inside, np.concatenate(present), False)]
    if isinstance(first, (uproot.containers.Container, list, tuple, set, np.ndarray)):
        inside = (*levels, Level(offsets_of([len(item) for item in present])))
        return take_apart([one for item in present for one in item], path, inside)
    if isinstance(first, (np.generic, bool, int, float)):
        return [finish(path, levels, np.array(present), False)]
    raise TypeError(f"objects of class {type(first).__name__}")


def take_arrays(arrays: list, path, levels) -> Leaf:
    values = [np.asarray(array) for array in arrays]
    return finish(path, (*levels, Level(offsets_of([len(one) for one in values]))), np.concatenate(values), False)


def take_models_apart(models: list, path, levels) -> list[Leaf]:
    """Members by name, those of the base classes among them; all objects must be of one class."""
    classes = {type(model).__name__ for model in models}
    if len(classes) > 1:
        raise TypeError("objects of several classes at one place")
    leaves = []
    arrays = [[base for base in model.bases if isinstance(base, TArray)] for model in models]
    if arrays[0]:
        leaves.append(take_arrays([bases[0] for bases in arrays], path, levels))
    for name in models[0].all_members:
        if not name.startswith("@") and not (name == "fN" and arrays[0]):
            leaves += take_apart([model.all_members[name] for model in models], (*path, name), levels)
    return leaves
