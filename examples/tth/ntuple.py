"""Writes columns as ROOT files with ROOT itself: a TTree, or an RNTuple, named Events."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from descriptions import DESCRIPTIONS

TREE_NAME = "Events"
COUNTER = "nJet"
# One cluster holds this many events. Small, so that even these small files have several.
CLUSTER_EVENTS = 500
# Small enough that a jagged column needs several baskets within a cluster.
BASKET_BYTES = 8000

# ROOT's numbers for algorithm and level: 100 * algorithm + level.
COMPRESSION = {"zlib": 109, "lzma": 209, "lz4": 409, "zstd": 509}

# dtype -> letter of ROOT's leaf list, C++ type of an RNTuple field
LEAF_LETTERS = {"float32": "F", "int32": "I", "uint32": "i", "uint64": "l", "uint8": "b"}
FIELD_TYPES = {
    "float32": "float",
    "int32": "std::int32_t",
    "uint32": "std::uint32_t",
    "uint64": "std::uint64_t",
    "uint8": "std::uint8_t",
}


@dataclass
class Columns:
    """Columns of one file: scalars of equal length, and jagged ones that `nJet` counts."""

    scalars: dict[str, np.ndarray]
    jagged: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.scalars[COUNTER])

    def part(self, first: int, last: int) -> Columns:
        """Return the events from `first` up to, not including, `last`."""
        offsets = self.offsets()
        low, high = offsets[first], offsets[last]
        return Columns(
            scalars={name: values[first:last] for name, values in self.scalars.items()},
            jagged={name: values[low:high] for name, values in self.jagged.items()},
        )

    def offsets(self) -> np.ndarray:
        """Return where each event's values start in the jagged columns, and their end."""
        return np.concatenate([[0], np.cumsum(self.scalars[COUNTER])])


def load_root() -> ModuleType:
    """Import ROOT late: only the process that writes needs its half gigabyte."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ROOT
    ROOT.gROOT.SetBatch(True)
    return ROOT


def open_for_writing(path: Path, codec: str) -> object:
    """Open a ROOT file whose identifier and times depend on its name alone."""
    root = load_root()
    file = root.TFile.Open(f"{path}?reproducible={path.name}", "RECREATE")
    if not file or file.IsZombie():
        raise OSError(f"ROOT cannot create {path}")
    file.SetCompressionSettings(COMPRESSION[codec])
    return file


def write_tree(path: Path, columns: Columns, codec: str, embed_last_baskets: bool) -> None:
    """Write a TTree; jagged columns are arrays counted by the branch nJet.

    With `embed_last_baskets` the tree is saved without flushing it, as programs do that
    save their tree while they fill it: its last baskets then lie inside the tree's record.
    """
    root = load_root()
    file = open_for_writing(path, codec)
    tree = root.TTree(TREE_NAME, "Selected events")
    tree.SetAutoFlush(CLUSTER_EVENTS)

    buffers = {name: np.zeros(1, values.dtype) for name, values in columns.scalars.items()}
    for name, buffer in buffers.items():
        letter = LEAF_LETTERS[buffer.dtype.name]
        branch = tree.Branch(name, buffer, f"{name}/{letter}", BASKET_BYTES)
        branch.SetTitle(DESCRIPTIONS[name])
    longest = int(columns.scalars[COUNTER].max())
    jagged_buffers = {name: np.zeros(longest, values.dtype) for name, values in columns.jagged.items()}
    for name, buffer in jagged_buffers.items():
        letter = LEAF_LETTERS[buffer.dtype.name]
        branch = tree.Branch(name, buffer, f"{name}[{COUNTER}]/{letter}", BASKET_BYTES)
        branch.SetTitle(DESCRIPTIONS[name])

    offsets = columns.offsets()
    for event in range(len(columns)):
        for name, buffer in buffers.items():
            buffer[0] = columns.scalars[name][event]
        low, high = offsets[event], offsets[event + 1]
        for name, buffer in jagged_buffers.items():
            buffer[: high - low] = columns.jagged[name][low:high]
        tree.Fill()
    if not embed_last_baskets:
        tree.FlushBaskets()
    tree.AutoSave("Overwrite")
    file.Close()


def write_rntuple(path: Path, columns: Columns, codec: str) -> None:
    """Write an RNTuple; jagged columns are fields of type std::vector."""
    root = load_root()
    model = root.RNTupleModel.Create()
    for name, values in columns.scalars.items():
        model.MakeField[FIELD_TYPES[values.dtype.name]](name, DESCRIPTIONS[name])
    for name, values in columns.jagged.items():
        field_type = f"std::vector<{FIELD_TYPES[values.dtype.name]}>"
        model.MakeField[field_type](name, DESCRIPTIONS[name])
    options = root.RNTupleWriteOptions()
    options.SetCompression(COMPRESSION[codec])

    file = open_for_writing(path, codec)
    writer = root.RNTupleWriter.Append(model, TREE_NAME, file, options)
    entry = writer.CreateEntry()
    offsets = columns.offsets()
    for event in range(len(columns)):
        if event > 0 and event % CLUSTER_EVENTS == 0:
            writer.CommitCluster()
        for name, values in columns.scalars.items():
            entry[name] = values[event].item()
        low, high = offsets[event], offsets[event + 1]
        for name, values in columns.jagged.items():
            entry[name] = values[low:high].tolist()
        writer.Fill(entry)
    del entry, writer
    file.Close()
