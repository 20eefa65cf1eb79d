"""`mlaas stats` against uproot, awkward and numpy: numbers, lists, weights, quantiles, histograms, correlations."""

from __future__ import annotations

import json
import os
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "tth" / "data"
NANOAOD = "nanoAOD_2015_CMS_Open_Data_ttbar.root"
SAMPLES = {"ttH": "tth", "ttbar": "ttbar", "multijet": "multijet"}

WORKFLOW = """
name: statistics
dataset:
  tree: Events
  samples:
    ttH: {label: 1, files: "%(data)s/tth_*.root", weight: weight * 3}
    ttbar: {label: 0, files: "%(data)s/ttbar_*.root", weight: weight}
    multijet: {label: 0, files: "%(data)s/multijet_*.root"}
  identity: [run, luminosityBlock, event]
  select: ht > 250 && sum(Jet_pt > 40) >= 4
  define: {log_ht: log(ht), odd: log(met - 20), hard: "Jet_pt[Jet_pt > 60]"}
  features:
    scalars: [log_ht, odd, met, nJet]
    jets: {columns: [Jet_pt, Jet_eta], length: 7}
    hard: {columns: [hard], length: 2}
model: {kind: trees}
output: %(folder)s/bundle
"""


@pytest.fixture(scope="module")
def stats(mlaas):
    def run(*arguments):
        result = mlaas("--quiet", "stats", "--json", *arguments)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


def events_of(prefix, columns):
    return ak.concatenate([uproot.open(path)["Events"].arrays(columns) for path in sorted(DATA.glob(f"{prefix}.root"))])


def check_quantiles(found, finite):
    values = np.sort(finite)
    error = found["quantile_rank_error"]
    assert error < 0.01
    for fraction, value in found["quantiles"].items():
        wanted = np.ceil(float(fraction) * len(values))
        low, high = np.searchsorted(values, [value, np.nextafter(value, np.inf)])
        assert high > low, f"{value} is none of the values"
        slack = error * len(values)
        assert low + 1 - slack <= max(wanted, 1) <= high + slack, (fraction, value)


def check_histogram(found, finite, weights):
    low, width = found["low"], found["width"]
    bins = np.floor(finite / width).astype(np.int64) - round(low / width)
    size = len(found["entries"])
    assert size <= 128
    np.testing.assert_array_equal(found["entries"], np.bincount(bins, minlength=size))
    np.testing.assert_allclose(found["sum_weights"], np.bincount(bins, weights, size), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found["sum_squared_weights"], np.bincount(bins, weights**2, size), rtol=1e-9, atol=1e-9)


def check_numbers(found, values, weights):
    values = np.asarray(values)
    assert found["count"] == len(values)
    floats = values.astype(np.float64)
    assert found["nan"] == np.isnan(floats).sum()
    assert found["infinite"] == np.isinf(floats).sum()
    kept = np.isfinite(floats)
    finite, weights = floats[kept], weights[kept]
    if len(finite) == 0:
        assert "mean" not in found
        return
    exact = values[kept]
    assert found["min"] == exact.min().item()
    assert found["max"] == exact.max().item()
    largest = np.abs(finite).max()
    assert found["mean"] == pytest.approx(finite.mean(), rel=1e-11, abs=1e-11 * largest)
    assert found["deviation"] == pytest.approx(finite.std(), rel=1e-9, abs=1e-9 * largest)
    assert found["sum_weights"] == pytest.approx(weights.sum(), rel=1e-9, abs=1e-9)
    if abs(weights.sum()) > 1e-3 * len(weights):
        mean = (weights * finite).sum() / weights.sum()
        assert found["weighted_mean"] == pytest.approx(mean, rel=1e-7, abs=1e-9 * largest)
    check_quantiles(found, finite)
    check_histogram(found["histogram"], finite, weights)


def check_column(found, values, weights):
    """Checks a column with its lists, if it has some; values is an awkward array with a row for each weight."""
    lengths = found.get("lengths", [])
    for level in lengths:
        counts = ak.num(values)
        check_numbers(level, ak.to_numpy(counts), np.ones(len(counts)) if level is not lengths[0] else weights)
        weights = np.repeat(weights, ak.to_numpy(counts))
        values = ak.flatten(values)
    check_numbers(found, ak.to_numpy(values), weights)


def test_every_column_of_nanoaod(stats, testdata):
    path = testdata(NANOAOD)
    tree = uproot.open(path)["Events"]
    found = stats(path)
    checked = 0
    for column in found["columns"]:
        values = tree[column["name"]].array()
        if "bool" in str(values.type):
            values = ak.values_astype(values, np.uint8)
        check_column(column, values, np.ones(len(values)))
        checked += 1
    assert checked == len(tree.keys()) > 900
    # There are too many columns to correlate all of them.
    assert found["correlations"]["columns"] == []


def test_selection_weight_and_correlations(stats):
    names = ["ht", "met", "mbb", "nJet", "event", "Jet_pt", "truth_jet_flavour"]
    events = events_of("tt*_*", [*names, "weight"])
    events = events[(events.ht > 300) & (events.nJet < 9)]
    weights = ak.to_numpy(events.weight).astype(np.float64) * 2
    columns = ",".join(names)
    found = stats(DATA / "tt*_*.root", "-c", columns, "-s", "ht > 300 && nJet < 9", "-w", "weight * 2")
    assert [column["name"] for column in found["columns"]] == names
    sample = found["samples"][0]
    assert (sample["entries"], sample["selected"]) == (len(events_of("tt*_*", ["ht"])), len(events))
    assert sample["sum_weights"] == pytest.approx(weights.sum(), rel=1e-12)
    assert sample["sum_squared_weights"] == pytest.approx((weights**2).sum(), rel=1e-12)
    assert sample["negative_weights"] == (weights < 0).sum() > 0
    for column in found["columns"]:
        check_column(column, events[column["name"]], weights)
    flat = found["correlations"]["columns"]
    assert flat == names[:5]
    expected = np.corrcoef([ak.to_numpy(events[name]).astype(np.float64) for name in flat])
    np.testing.assert_allclose(found["correlations"]["coefficients"], expected, atol=1e-9)


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workflow")
    path = folder / "statistics.yaml"
    path.write_text(WORKFLOW % {"data": DATA, "folder": folder})
    return path


def test_workflow_by_sample_and_together(stats, workflow):
    found = stats(workflow)
    names = ["log_ht", "odd", "met", "nJet", "Jet_pt", "Jet_eta", "hard"]
    together, all_weights = [], []
    for sample, (name, prefix) in zip(found["samples"], SAMPLES.items(), strict=True):
        everything = events_of(f"{prefix}_*", ["ht", "met", "nJet", "Jet_pt", "Jet_eta", "weight"])
        events = everything[(everything.ht > 250) & (ak.sum(everything.Jet_pt > 40, axis=1) >= 4)]
        weights = ak.to_numpy(events.weight).astype(np.float64) * (3 if name == "ttH" else 1)
        if name == "multijet":
            weights = np.ones(len(events))
        with np.errstate(divide="ignore", invalid="ignore"):
            events["log_ht"] = np.log(ak.to_numpy(events.ht).astype(np.float64))
            events["odd"] = np.log(ak.to_numpy(events.met).astype(np.float64) - 20)
        events["hard"] = events.Jet_pt[events.Jet_pt > 60]
        assert (sample["name"], sample["entries"], sample["selected"]) == (name, len(everything), len(events))
        assert sample["sum_weights"] == pytest.approx(weights.sum(), rel=1e-12)
        assert [column["name"] for column in sample["columns"]] == names
        for column in sample["columns"]:
            if column["name"] not in ("log_ht", "odd"):
                check_column(column, events[column["name"]], weights)
            else:
                values = ak.to_numpy(events[column["name"]])
                assert column["nan"] == np.isnan(values).sum()
                assert column["mean"] == pytest.approx(np.nanmean(values[~np.isinf(values)]), rel=1e-12)
        together.append(events)
        all_weights.append(weights)
    events = ak.concatenate(together)
    for column in found["columns"]:
        if column["name"] not in ("log_ht", "odd"):
            check_column(column, events[column["name"]], np.concatenate(all_weights))
    # Logarithms of 0 and of negative numbers are counted for the selected events.
    for sample, selected in zip(found["samples"], together, strict=True):
        met = ak.to_numpy(selected.met).astype(np.float64)
        counts = sample["arithmetic"]["define odd"]
        assert counts == {"division_by_zero": (met == 20).sum(), "invalid": (met < 20).sum(), "overflow": 0}
        assert list(sample["arithmetic"]) == ["define odd"]
    # Pairs of which one is NaN do not count for the correlation of the two.
    both = np.isfinite(ak.to_numpy(events.odd))
    expected = np.corrcoef(ak.to_numpy(events.odd[both]), ak.to_numpy(events.log_ht[both]))[0, 1]
    assert found["correlations"]["coefficients"][1][0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("memory", ["1 GiB", "4 MiB"])
def test_threads_do_not_show(mlaas, workflow, memory):
    def run(threads):
        by_workflow = ["--fresh", "--threads", threads, "--set", f"dataset.memory={memory}", workflow]
        by_files = ["--threads", threads, "--memory", memory, DATA / "*.root", "-c", "ht,event,Jet_pt"]
        return [mlaas("stats", "--json", *arguments).stdout for arguments in (by_workflow, by_files)]

    reference = run(1)
    assert all(reference)
    for threads in (2, 7):
        assert run(threads) == reference


class Kept:
    """Runs the command with one place to keep statistics, and says whether it used what was kept."""

    def __init__(self, mlaas, folder):
        self.mlaas = mlaas
        self.out = folder / "kept" / "statistics.json"

    def __call__(self, *arguments):
        result = self.mlaas("stats", "--json", "--out", self.out, *arguments)
        assert result.returncode == 0, result.stderr
        reused = "nothing is read again" in result.stderr
        assert reused != (f"kept in {self.out}" in result.stderr)
        return reused, result.stdout


def test_kept_statistics_are_used_for_the_same_data_only(mlaas, tmp_path):
    kept = Kept(mlaas, tmp_path)
    data = tmp_path / "data.root"
    data.write_bytes((DATA / "tth_1.root").read_bytes())
    arguments = [data, "-c", "met,Jet_pt", "-s", "ht > 300"]
    reused, first = kept(*arguments)
    assert not reused
    assert kept(*arguments) == (True, first)
    assert kept("--threads", 1, *arguments) == (True, first)
    assert kept("--fresh", *arguments) == (False, first)
    for changed in (["-w", "weight"], ["--memory", "64 MiB"], ["--correlate", 1]):
        assert not kept(*arguments, *changed)[0]
        assert kept(*arguments, *changed)[0]
    assert not kept(data, "-c", "met", "-s", "ht > 300")[0]
    assert not kept(*arguments)[0]

    # The same name, size and time, other contents.
    before = data.stat()
    content = bytearray(data.read_bytes())
    content[-1] ^= 1
    data.write_bytes(content)
    os.utime(data, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not kept(*arguments)[0]
    assert kept(*arguments)[0]

    # What is kept must be whole, too.
    text = kept.out.read_text()
    for damaged in (text.replace('"met"', '"mat"'), text[: len(text) // 2], "", "[]"):
        kept.out.write_text(damaged)
        assert not kept(*arguments)[0]
        assert kept.out.read_text() == text


def test_a_workflow_keeps_statistics_beside_its_bundle(mlaas, workflow):
    kept = workflow.parent / "bundle.statistics.json"
    first = mlaas("stats", workflow)
    assert kept.exists()
    again = mlaas("stats", workflow)
    assert "nothing is read again" in again.stderr
    assert first.stdout == again.stdout
    for changed in (
        "dataset.select=ht > 260",
        "dataset.define.log_ht=log(ht + 1)",
        "dataset.samples.ttH.weight=weight",
    ):
        assert "nothing is read again" not in mlaas("stats", "--set", changed, workflow).stderr


def test_table_for_people(mlaas, workflow):
    result = mlaas("stats", workflow)
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[2].split()[:2] == ["ttH", "6250"]
    met = next(line for line in lines if line.startswith("met"))
    assert len(met.split()) == 12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{data}/tth_1.root", "-c", "mett"], "did you mean 'met'"),
        (["{data}/tth_1.root", "-s", "met"], "expected one bool for each entry"),
        (["{data}/tth_1.root", "-w", "Jet_pt"], "expected one number for each entry"),
        (["{data}/tth_1.root", "-w", "1 / (nJet - 6)"], "weights must be finite"),
        (["{data}/tth_1.root", "--set", "a=b"], "--set changes a workflow"),
        (["{workflow}", "-c", "met"], "change it by --set"),
        (["{workflow}", "{data}/tth_1.root"], "expected one workflow, or ROOT files only"),
        (["{data}/tth_1.root", "--memory", "20 KiB"], "do not fit into 20.0 KiB"),
    ],
)
def test_errors(mlaas, workflow, arguments, message):
    result = mlaas("stats", *[text.format(data=DATA, workflow=workflow) for text in arguments])
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_columns_that_turn_out_unreadable_are_left_out(mlaas, testdata):
    path = testdata("uproot-issue-607.root")
    result = mlaas("stats", path, "--json")
    assert result.returncode == 0, result.stderr
    assert "cannot be read and are left out" in result.stderr
    assert json.loads(result.stdout)["columns"]
