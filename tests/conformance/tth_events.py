"""The events of examples/tth as the workflows there define them, read by uproot and computed by numpy.

Nothing here calls mlaas: columns, selection, split, padding and weights are written a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import awkward as ak
import numpy as np
import uproot
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEFINES = {
    "log_ht": lambda tree: np.log(ak.to_numpy(tree["ht"])),
    "log_mass_jets": lambda tree: np.log(ak.to_numpy(tree["mass_jets"])),
    "lead_btag": lambda tree: ak.to_numpy(ak.max(tree["Jet_btag"], axis=1)),
}
SCALES = {"ttH": 0.2023 * 200 / 5901 * 680, "ttbar": 509.2 * 200 / 116262, "multijet": 70.73 * 200 / 274970 * 15}


@dataclass
class Events:
    """Selected events in the order of samples, files and entries."""

    scalars: np.ndarray  # [rows, scalars] float32
    jets: np.ndarray  # [rows, length, columns] float32, padding 0
    count: np.ndarray  # [rows] int32
    label: np.ndarray
    weight: np.ndarray
    part: np.ndarray  # 0 train, 1 validation, 2 test

    def flat(self) -> np.ndarray:
        """Returns [rows, scalars + length * columns] with NaN for padding, as trees see it."""
        jets = self.jets.copy()
        jets[np.arange(jets.shape[1])[None, :] >= self.count[:, None]] = np.nan
        return np.concatenate([self.scalars, jets.reshape(len(jets), -1)], axis=1)


def mix64(value: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser, as docs/workflow.md gives it for the split."""
    with np.errstate(over="ignore"):
        value = value + np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return value ^ (value >> np.uint64(31))


def parts(identity: list[np.ndarray], split: dict) -> np.ndarray:
    """Returns the part of every event from its identity columns."""
    position = mix64(np.full(len(identity[0]), split["seed"], dtype=np.uint64))
    for column in identity:
        position = mix64(position ^ column.astype(np.int64).view(np.uint64))
    fraction = (position >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.digitize(fraction, [split["train"], split["train"] + split["validation"]])


def read_file(path: Path, name: str, label: int, dataset: dict) -> Events:
    group = dataset["features"]["jets"]
    with uproot.open(path) as file:
        tree = file[dataset["tree"]].arrays()
    tree = tree[(tree["nJet"] >= 6) & (tree["nBJet"] >= 2)]
    columns = [DEFINES[c](tree) if c in DEFINES else ak.to_numpy(tree[c]) for c in dataset["features"]["scalars"]]
    padded = [ak.to_numpy(ak.fill_none(ak.pad_none(tree[c], group["length"], clip=True), 0)) for c in group["columns"]]
    return Events(
        np.stack(columns, axis=1).astype(np.float32),
        np.stack(padded, axis=2).astype(np.float32),
        np.minimum(ak.to_numpy(ak.num(tree["Jet_pt"])), group["length"]).astype(np.int32),
        np.full(len(tree), label),
        ak.to_numpy(tree["weight"]).astype(np.float64) * SCALES[name],
        parts([ak.to_numpy(tree[c]) for c in dataset["identity"]], dataset["split"]),
    )


def sample_files(dataset: dict) -> list[tuple[str, int, Path]]:
    """Returns (sample, label, file) in the order of the workflow."""
    files = []
    for name, sample in dataset["samples"].items():
        for pattern in sample["files"]:
            files += [(name, sample["label"], path) for path in sorted(ROOT.glob(pattern))]
    return files


def read_events(workflow: str = "mlp.yaml") -> tuple[Events, list[Path]]:
    """Reads all events of a workflow of examples/tth, and the files that they came from."""
    dataset = yaml.safe_load((ROOT / "examples" / "tth" / workflow).read_text(encoding="utf-8"))["dataset"]
    files = sample_files(dataset)
    blocks = [read_file(path, name, label, dataset) for name, label, path in files]
    joined = {field: np.concatenate([getattr(b, field) for b in blocks]) for field in Events.__dataclass_fields__}
    return Events(**joined), [path for _, _, path in files]


def weighted_auc(score: np.ndarray, label: np.ndarray, weight: np.ndarray) -> float:
    """The area under the ROC curve as a sum over pairs, ties one half; weights may be negative."""
    values, position = np.unique(score, return_inverse=True)
    signal = np.bincount(position, weights=np.where(label == 1, weight, 0), minlength=len(values))
    background = np.bincount(position, weights=np.where(label == 0, weight, 0), minlength=len(values))
    below = np.concatenate([[0], np.cumsum(background)[:-1]])
    return float((signal * (below + 0.5 * background)).sum() / signal.sum() / background.sum())
