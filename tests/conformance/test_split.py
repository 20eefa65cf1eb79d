"""The batch stream against uproot and numpy: parts by the documented hash, weights, features, padding, statistics."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "tth" / "data"
PARTS = ["train", "validation", "test"]
SAMPLES = {"ttH": "tth", "ttbar": "ttbar", "multijet": "multijet"}
JET_COLUMNS = ["Jet_pt", "Jet_eta", "Jet_btag"]
LENGTH = 7

WORKFLOW = """
name: conformance
dataset:
  tree: Events
  samples:
    ttH: {label: 1, files: "%(data)s/tth_*.root", weight: weight * 3}
    ttbar: {label: 0, files: "%(data)s/ttbar_*.root", weight: weight}
    multijet: {label: 0, files: "%(data)s/multijet_*.root"}
  identity: [run, luminosityBlock, event]
  select: ht > 250 && sum(Jet_pt > 40) >= 4
  define: {log_ht: log(ht), lead: max(Jet_pt)}
  features:
    scalars: [log_ht, lead, met, nJet]
    jets: {columns: [Jet_pt, Jet_eta, Jet_btag], length: %(length)s}
  split: {train: 0.5, validation: 0.2, test: 0.3, seed: 42}
  memory: %(memory)s
model: {kind: trees}
"""


def mix64(value):
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def parts_of(events, seed, train, validation):
    """docs/workflow.md, "The split"."""
    hashes = mix64(np.full(len(events), seed, dtype=np.uint64))
    for name in ["run", "luminosityBlock", "event"]:
        values = ak.to_numpy(events[name])
        signed = np.issubdtype(values.dtype, np.signedinteger)
        hashes = mix64(hashes ^ values.astype(np.int64 if signed else np.uint64).view(np.uint64))
    position = (hashes >> np.uint64(11)).astype(np.float64) / 2.0**53
    return np.where(position < train, 0, np.where(position < train + validation, 1, 2))


def expected_events():
    """All selected events with their row, sample, part and features, computed without our code."""
    columns = ["run", "luminosityBlock", "event", "weight", "ht", "met", "nJet", *JET_COLUMNS]
    pieces = []
    row = 0
    for sample, prefix in enumerate(SAMPLES.values()):
        for path in sorted(DATA.glob(f"{prefix}_*.root")):
            events = uproot.open(path)["Events"].arrays(columns)
            events["row"] = np.arange(row, row + len(events))
            events["sample"] = np.full(len(events), sample)
            events["part"] = parts_of(events, 42, 0.5, 0.2)
            row += len(events)
            pieces.append(events)
    events = ak.concatenate(pieces)
    return events[(events.ht > 250) & (ak.sum(events.Jet_pt > 40, axis=1) >= 4)]


def padded(events, name):
    lists = ak.pad_none(events[name], LENGTH, clip=True)
    return ak.to_numpy(ak.fill_none(lists, 0)).astype(np.float32)


@pytest.fixture(scope="module")
def run(mlaas, tmp_path_factory):
    program = mlaas.binary.parents[2] / "tests" / "conformance" / "stream_batches"

    def stream(memory, threads, epoch, length=LENGTH):
        folder = tmp_path_factory.mktemp("stream")
        workflow = folder / "workflow.yaml"
        workflow.write_text(WORKFLOW % {"data": DATA, "memory": memory, "length": length})
        subprocess.run([program, workflow, str(threads), str(epoch), folder / "out"], check=True, timeout=120)
        return folder / "out"

    return stream


def read(folder, part, field, dtype):
    return np.fromfile(folder / f"{part}.{field}.bin", dtype=dtype)


@pytest.fixture(scope="module", params=["256 MiB", "1 MiB"])
def streamed(request, run):
    """The output with all rows in memory, and with files read again for every part."""
    return run(request.param, 2, 3)


@pytest.fixture(scope="module")
def expected():
    return expected_events()


@pytest.mark.parametrize("part", PARTS)
def test_events_and_features(streamed, expected, part):
    events = expected[expected.part == PARTS.index(part)]
    row = read(streamed, part, "row", np.int64)
    order = np.argsort(row)
    assert not np.array_equal(row, row[order])
    np.testing.assert_array_equal(row[order], ak.to_numpy(events.row))
    sample = read(streamed, part, "sample", np.int32)[order]
    np.testing.assert_array_equal(sample, ak.to_numpy(events.sample))
    np.testing.assert_array_equal(read(streamed, part, "label", np.int32)[order], sample == 0)

    factors = np.array([3.0, 1.0, 0.0])[sample]
    weights = (ak.to_numpy(events.weight).astype(np.float64) * factors + (sample == 2)).astype(np.float32)
    np.testing.assert_array_equal(read(streamed, part, "weight", np.float32)[order], weights)

    scalars = read(streamed, part, "scalars", np.float32).reshape(len(row), 4)[order]
    log_ht = np.log(ak.to_numpy(events.ht).astype(np.float64)).astype(np.float32)
    np.testing.assert_allclose(scalars[:, 0], log_ht, rtol=2e-7)
    np.testing.assert_array_equal(scalars[:, 1], ak.to_numpy(ak.max(events.Jet_pt, axis=1)))
    np.testing.assert_array_equal(scalars[:, 2], ak.to_numpy(events.met))
    np.testing.assert_array_equal(scalars[:, 3], ak.to_numpy(events.nJet))

    values = read(streamed, part, "values0", np.float32).reshape(len(row), LENGTH, len(JET_COLUMNS))[order]
    for column, name in enumerate(JET_COLUMNS):
        np.testing.assert_array_equal(values[:, :, column], padded(events, name))
    counts = np.minimum(ak.to_numpy(ak.num(events.Jet_pt)), LENGTH)
    np.testing.assert_array_equal(read(streamed, part, "count0", np.int32)[order], counts)


def test_statistics(streamed, expected):
    statistics = json.loads((streamed / "statistics.json").read_text())
    train = expected[expected.part == 0]
    met = ak.to_numpy(train.met).astype(np.float64)
    found = statistics["scalars"][2]
    assert found["name"] == "met"
    assert found["count"] == len(met)
    assert found["mean"] == pytest.approx(met.mean(), rel=1e-12)
    assert found["deviation"] == pytest.approx(met.std(), rel=1e-12)
    assert (found["minimum"], found["maximum"]) == (met.min(), met.max())

    kept = ak.to_numpy(ak.flatten(train.Jet_pt[:, :LENGTH])).astype(np.float64)
    found = statistics["groups"][0][0]
    assert found["count"] == len(kept)
    assert found["deviation"] == pytest.approx(kept.std(), rel=1e-12)

    for index, sample in enumerate(statistics["samples"]):
        chosen = expected[expected.sample == index]
        for number, part in enumerate(PARTS):
            inside = chosen[chosen.part == number]
            assert sample[part]["selected"] == len(inside)
            weights = ak.to_numpy(inside.weight).astype(np.float64) * [3, 1, 0][index] + (index == 2)
            assert sample[part]["sum_weights"] == pytest.approx(weights.sum(), rel=1e-9)


@pytest.mark.parametrize("memory", ["256 MiB", "1 MiB"])
def test_lists_of_any_length(run, expected, memory):
    """With `length: all` every element of every event comes, with its event, and nothing else."""
    streamed = run(memory, 2, 3, "all")
    for number, part in enumerate(PARTS):
        events = expected[expected.part == number]
        row = read(streamed, part, "row", np.int64)
        order = np.argsort(row)
        assert not np.array_equal(row, row[order])
        np.testing.assert_array_equal(row[order], ak.to_numpy(events.row))
        counts = read(streamed, part, "count0", np.int32)
        np.testing.assert_array_equal(counts[order], ak.to_numpy(ak.num(events.Jet_pt)))
        assert counts.max() > LENGTH
        values = read(streamed, part, "values0", np.float32).reshape(-1, len(JET_COLUMNS))
        assert len(values) == counts.sum()
        for column, name in enumerate(JET_COLUMNS):
            lists = ak.unflatten(values[:, column], counts)[order]
            np.testing.assert_array_equal(ak.to_numpy(ak.flatten(lists)), ak.to_numpy(ak.flatten(events[name])))
    jets = ak.to_numpy(ak.flatten(expected[expected.part == 0].Jet_pt)).astype(np.float64)
    found = json.loads((streamed / "statistics.json").read_text())["groups"][0][0]
    assert found["count"] == len(jets)
    assert found["mean"] == pytest.approx(jets.mean(), rel=1e-12)


def test_stream_is_the_same_for_any_number_of_threads(run):
    again = run("256 MiB", 8, 3), run("256 MiB", 1, 3)
    for path in sorted(again[0].iterdir()):
        assert path.read_bytes() == (again[1] / path.name).read_bytes(), path.name
