"""Datasets over files whose trees differ in name, with friends: features, weights and selection against numpy."""

from __future__ import annotations

import json
import subprocess

import awkward as ak
import numpy as np
import pytest
import uproot

ROWS = 90
SHUFFLED = (np.arange(ROWS) * 37 + 11) % ROWS

WORKFLOW = """
name: friends
dataset:
  tree: Signal
  samples:
    signal:
      label: 1
      files: [s0.root, {file: s1.root, tree: Other}]
      weight: s.weight * 2
      friends: [{files: scores.root, tree: Scores, alias: s, index: [run, event]}, {files: "extra_*.root", alias: e}]
    background:
      {label: 0, tree: dir/B, files: b.root, weight: 2.0,
       friends: [{files: "some.root:Scores", alias: s, index: [run, event], missing: -1},
                 {files: "e.root:E", alias: e}]}
  identity: [run, event]
  select: s.score >= 0 || x > 100
  define: {ratio: gain / (2 + s.score)}
  features:
    scalars: [x, ratio, "s.s*", gain]
    jets: {columns: [pt, s.eta], length: 3}
  split: {train: 0.6, validation: 0.2, test: 0.2}
  memory: 8 MiB
model: {kind: trees}
"""


def write_tree(path, tree, columns):
    with uproot.recreate(path) as file:
        file.mktree(tree, {name: getattr(value, "dtype", None) or value.type for name, value in columns.items()})
        for first in range(0, len(next(iter(columns.values()))), 13):
            file[tree].extend({name: value[first : first + 13] for name, value in columns.items()})


def lists(numbers, factor):
    """Event n has n % 5 elements: n * factor, n * factor + 1, ..."""
    counts = numbers % 5
    positions = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    values = np.repeat(numbers, counts) * factor + positions
    return ak.values_astype(ak.unflatten(values, counts), np.float32)


def event_columns(numbers):
    keys = {"run": (numbers // 50).astype(np.uint32), "event": (2**53 + numbers).astype(np.uint64)}
    return keys | {"x": numbers.astype(np.float32), "pt": lists(numbers, 1.0)}


def score_columns(numbers):
    keys = {"run": (numbers // 50).astype(np.uint32), "event": (2**53 + numbers).astype(np.uint64)}
    values = {"score": (numbers * 0.5).astype(np.float32), "weight": (1 + numbers * 0.01).astype(np.float64)}
    return keys | values | {"eta": lists(numbers, 0.5)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    numbers = np.arange(ROWS)
    write_tree(folder / "s0.root", "Signal", event_columns(numbers[:40]))
    write_tree(folder / "s1.root", "Other", event_columns(numbers[40:]))
    write_tree(folder / "b.root", "dir/B", event_columns(numbers + 1000))
    write_tree(folder / "scores.root", "Scores", score_columns(SHUFFLED))
    write_tree(
        folder / "some.root", "Scores", score_columns(numbers[numbers % 5 > 0] + 1000)
    )  # where lists are not empty
    write_tree(folder / "extra_0.root", "X", {"gain": numbers[:70] * 3.0})
    write_tree(folder / "extra_1.root", "X", {"gain": numbers[70:] * 3.0})
    write_tree(folder / "e.root", "E", {"gain": numbers * 7.0})
    return folder


def stream(mlaas, folder, out, old="", new=""):
    """Streams the workflow with one part of its text replaced."""
    assert old in WORKFLOW
    (folder / "workflow.yaml").write_text(WORKFLOW.replace(old, new, 1))
    program = mlaas.binary.parents[2] / "tests" / "conformance" / "stream_batches"
    return subprocess.run(
        [program, "workflow.yaml", "2", "0", out], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def test_features_come_from_files_and_friends(mlaas, folder, tmp_path):
    result = stream(mlaas, folder, tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads((tmp_path / "features.json").read_text()) == ["x", "ratio", "s.score", "gain"]
    seen = []
    for part in ("train", "validation", "test"):
        read = {
            name: np.fromfile(tmp_path / f"{part}.{name}.bin", dtype)
            for name, dtype in [("row", "i8"), ("label", "i4"), ("weight", "f4"), ("scalars", "f4"), ("values0", "f4")]
        }
        rows = read["row"]
        seen.append(rows)
        signal = rows < ROWS
        numbers = np.where(signal, rows, rows - ROWS + 1000)
        np.testing.assert_array_equal(read["label"], signal)
        weights = np.where(signal, (1 + numbers * 0.01) * 2, 2.0)
        np.testing.assert_allclose(read["weight"], weights.astype(np.float32), rtol=1e-7)
        gain = np.where(signal, rows * 3.0, (rows - ROWS) * 7.0)
        score = np.where(signal | (numbers % 5 > 0), numbers * 0.5, -1.0)
        expected = np.stack([numbers, gain / (2 + score), score, gain], axis=1).astype(np.float32)
        np.testing.assert_allclose(read["scalars"].reshape(-1, 4), expected, rtol=1e-6)
        groups = read["values0"].reshape(len(rows), 3, 2)
        for number, group in zip(numbers, groups, strict=True):
            pt, eta = (number * factor + np.arange(min(number % 5, 3)) for factor in (1.0, 0.5))
            np.testing.assert_array_equal(group[: len(pt), 0], pt)
            np.testing.assert_array_equal(group[: len(eta), 1], eta)
    assert sorted(np.concatenate(seen)) == list(range(2 * ROWS))


def test_patterns_leave_keys_and_second_names_out(mlaas, folder, tmp_path):
    assert stream(mlaas, folder, tmp_path, '[x, ratio, "s.s*", gain]', '["*"]').returncode == 0
    assert json.loads((tmp_path / "features.json").read_text()) == ["x", "npt", "s.score", "s.neta", "e.gain", "ratio"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("extra_*", "extra_0", ["sample 'signal'", "90 or more entries", "'e'", "extra_0.root", "has 70"]),
        ("files: [s0.root, {file: s1.root, tree: Other}]", "files: s0.root", ["signal", "40 entries", "'e'", "90"]),
        (", missing: -1", "", ["b.root", "entry 0 (run 20, event 9007199254741992)", "no partner in friend 's'"]),
        ("files: scores.root, tree: Scores", "files: score.root, tree: Scores", ["workflow.yaml:", "score.root"]),
        ("index: [run, event]}", "index: [run, evnt]}", ["workflow.yaml:", "unknown column 'evnt'", "'event'"]),
        ("index: [run, event]}", "index: [run, score]}", ["scores.root", "one integer an entry, found float32"]),
        ("s.weight * 2", "t.weight * 2", ["unknown column 't.weight'", "'s.weight'"]),
        ("tree: Other", "tree: Others", ["s1.root", "did you mean 'Other'"]),
        ("alias: e}]", "alias: s}]", ["two friends are called 's'"]),
        ("memory: 8 MiB", "memory: 1 MiB", ["the indices of friends take", "raise it"]),
    ],
)
def test_mistakes(mlaas, folder, tmp_path, old, new, words):
    result = stream(mlaas, folder, tmp_path, old, new)
    assert result.returncode == 1
    for word in words:
        assert word in result.stderr, result.stderr
