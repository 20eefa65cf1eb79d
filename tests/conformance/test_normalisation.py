"""Cross-sections, folds, subsamples and duplicates against uproot and numpy, by the formulas of docs/workflow.md."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
from conformance.test_split import mix64

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "tth" / "data"
IDENTITY = ["run", "luminosityBlock", "event"]

WORKFLOW = """
name: normalisation
dataset:
  tree: Events
  lumi: 0.5 /fb
  samples:
    ttH:
      label: 1
      files: "%(data)s/tth_*.root"
      xsec: 507 fb
      generator_weight: weight
      weight: 'weight * (met > 50 ? 2 : 1)'
    ttbar: {label: 0, files: "%(data)s/ttbar_*.root", xsec: 831.76, generator_weight: weight, subsample: 0.6}
    multijet: {label: 0, files: "%(data)s/multijet_*.root", xsec: 1.3 nb, generator_sum: 1e6}
  identity: [run, luminosityBlock, event]
  select: ht > 400
  define: {log_ht: log(ht)}
  features:
    scalars: [met, log_ht]
    jets: {columns: [Jet_pt], length: 2}
  split: %(split)s
  subsample: 0.8
  memory: %(memory)s
model: {kind: trees}
output: %(folder)s/bundle
"""
PICOBARNS = {"ttH": 0.507, "ttbar": 831.76, "multijet": 1300.0}
SUBSAMPLES = {"ttH": 0.8, "ttbar": 0.6, "multijet": 0.8}


def hashes_of(events, seed):
    hashes = mix64(np.full(len(events), seed, dtype=np.uint64))
    for name in IDENTITY:
        hashes = mix64(hashes ^ ak.to_numpy(events[name]).astype(np.uint64))
    return hashes


def position(hashes):
    return (hashes >> np.uint64(11)).astype(np.float64) / 2.0**53


def part_of(hashes, folds, fold, validation):
    in_validation = position(mix64(hashes ^ np.uint64(0x76616C6964617465))) < validation
    return np.where(np.floor(position(hashes) * folds) == fold, "test", np.where(in_validation, "validation", "train"))


def expected(seed):
    """Rows of all selected events of the subsamples, with their weights."""
    first, rows, hashes, weights, samples = 0, [], [], [], []
    for index, (name, prefix) in enumerate({"ttH": "tth", "ttbar": "ttbar", "multijet": "multijet"}.items()):
        for_sample = [uproot.open(path)["Events"] for path in sorted(DATA.glob(f"{prefix}_*.root"))]
        events = ak.concatenate([tree.arrays([*IDENTITY, "ht", "met", "weight"]) for tree in for_sample])
        weight = ak.to_numpy(events.weight).astype(np.float64)
        own = {
            "ttH": weight * np.where(ak.to_numpy(events.met) > 50, 2, 1),
            "ttbar": weight,
            "multijet": np.ones(len(events)),
        }
        generated = 1e6 if name == "multijet" else weight.sum()
        found = hashes_of(events, seed)
        kept = (ak.to_numpy(events.ht) > 400) & (
            position(mix64(found ^ np.uint64(0x73756273616D706C))) < SUBSAMPLES[name]
        )
        rows.append(first + np.flatnonzero(kept))
        hashes.append(found[kept])
        weights.append(own[name][kept] * PICOBARNS[name] * 500 / generated / SUBSAMPLES[name])
        samples.append(np.full(kept.sum(), index))
        first += len(events)
    return (np.concatenate(pieces) for pieces in (rows, hashes, weights, samples))


@pytest.fixture(scope="module")
def stream(mlaas, tmp_path_factory):
    program = mlaas.binary.parents[2] / "tests" / "conformance" / "stream_batches"

    def run(split, memory="64 MiB"):
        folder = tmp_path_factory.mktemp("stream")
        workflow = folder / "workflow.yaml"
        workflow.write_text(WORKFLOW % {"data": DATA, "split": split, "memory": memory, "folder": folder})
        subprocess.run([program, workflow, "2", "0", folder / "out"], check=True, timeout=120)
        return workflow, folder / "out"

    return run


def read(folder, part, field, dtype):
    path = folder / f"{part}.{field}.bin"
    return np.fromfile(path, dtype=dtype) if path.exists() else np.array([], dtype)


@pytest.mark.parametrize(("fold", "memory"), [(0, "64 MiB"), (3, "1 MiB"), (4, "64 MiB")])
def test_weights_folds_and_subsamples(stream, fold, memory):
    _, out = stream(f"{{folds: 5, fold: {fold}, validation: 0.3, seed: 9}}", memory)
    rows, hashes, weights, samples = expected(9)
    parts = part_of(hashes, 5, fold, 0.3)
    for part in ("train", "validation", "test"):
        chosen = parts == part
        assert chosen.sum() > 500
        order = np.argsort(read(out, part, "row", np.int64))
        np.testing.assert_array_equal(read(out, part, "row", np.int64)[order], rows[chosen])
        np.testing.assert_array_equal(read(out, part, "sample", np.int32)[order], samples[chosen])
        np.testing.assert_allclose(read(out, part, "weight", np.float32)[order], weights[chosen], rtol=1e-6)
    statistics = json.loads((out / "statistics.json").read_text())
    for index, sample in enumerate(statistics["samples"]):
        for part in ("train", "validation", "test"):
            total = weights[(samples == index) & (parts == part)].sum()
            assert sample[part]["sum_weights"] == pytest.approx(total, rel=1e-9)


def test_every_event_is_in_one_fold(stream):
    tested = [read(stream(f"{{folds: 3, fold: {fold}}}")[1], "test", "row", np.int64) for fold in range(3)]
    rows = np.sort(np.concatenate(tested))
    np.testing.assert_array_equal(rows, next(expected(1)))


def test_stats_and_check_say_the_same(mlaas, stream):
    workflow, _ = stream("{train: 0.5, test: 0.5, seed: 4}")
    _, _, weights, samples = expected(4)
    totals = [weights[samples == index].sum() for index in range(3)]
    for command in (["stats", "--json"], ["check", "--json"]):
        result = mlaas(*command, workflow)
        assert result.returncode == 0, result.stderr
        found = json.loads(result.stdout)
        for sample, total in zip(found.get("dataset", found)["samples"], totals, strict=True):
            assert sample["sum_weights"] == pytest.approx(total, rel=1e-9)


def test_duplicates_are_reported(mlaas, tmp_path):
    path = tmp_path / "twice.root"
    events = np.arange(50_000, dtype=np.int64)
    events[40_000:40_100] = events[100:200]
    events[49_999] = events[100]
    with uproot.recreate(path) as file:
        file["Events"] = {"run": events // 1000, "event": events % 1000}
    for memory, looked_at in (("64 MiB", 1), ("2 MiB", None)):
        result = mlaas("stats", "--json", path, "--identity", "run,event", "--memory", memory)
        assert result.returncode == 0, result.stderr
        found = json.loads(result.stdout)["samples"][0]["identity"]
        assert found["events"] == 50_000
        fraction = found["fraction_looked_at"]
        assert fraction == looked_at if looked_at else fraction < 1
        # With a fraction p looked at, the number of pairs found is binomial.
        deviation = np.sqrt(101 * fraction * (1 - fraction))
        assert abs(found["duplicates"] - 101 * fraction) <= 5 * deviation
        if looked_at:
            assert found["examples"][0] == f"{path} at entry 40000"
            assert "101 event(s) stand more than once" in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("xsec: 507 fb", "xsec: 507 barn", "with a unit of its own (pb, fb, nb, ub, mb), found '507 barn'"),
        ("xsec: 507 fb", "xsec: -1", "expected a number above 0 in pb"),
        ("      xsec: 507 fb\n", "", "it belongs to a cross-section"),
        ("xsec: 1.3 nb, generator_sum: 1e6", "weight: 1", "sample 'multijet' has no xsec"),
        ("lumi: 0.5 /fb", "lumi: 0.5 fb", "(/pb, /fb, /nb, /ab)"),
        ("subsample: 0.8", "subsample: 0", "lies between 0, excluded, and 1"),
        ("split: {}", "split: {folds: 1, fold: 0}", "split.folds"),
        ("split: {}", "split: {folds: 5, fold: 5}", "split.fold"),
        ("split: {}", "split: {fold: 1}", "folds"),
        ("split: {}", "split: {folds: 5, fold: 1, train: 0.5}", "with folds the test part is the fold"),
        ("generator_weight: weight,", "generator_weight: wight,", "did you mean 'weight'"),
        ("generator_weight: weight,", "generator_weight: -abs(weight),", "sum to -"),
    ],
)
def test_errors(mlaas, tmp_path, old, new, message):
    text = WORKFLOW % {"data": DATA, "split": "{}", "memory": "64 MiB", "folder": tmp_path}
    assert old in text
    path = tmp_path / "workflow.yaml"
    path.write_text(text.replace(old, new))
    result = mlaas("stats", path)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
