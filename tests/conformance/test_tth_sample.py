"""What examples/tth/README.md promises about the files of the ttH sample, checked with uproot and ROOT."""

from __future__ import annotations

import json
import re
import struct
from functools import cache
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
import yaml

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "tth"
DATA = EXAMPLE / "data"
CLASSES = {"tth": 0, "ttbar": 1, "multijet": 2}
CODEC_OF_FILE = {1: "zlib", 2: "lz4", 3: "zstd", 4: "lzma"}
BLOCK_TAGS = {"zlib": b"ZL", "lz4": b"L4", "zstd": b"ZS", "lzma": b"XZ"}
FILES_WITH_EMBEDDED_BASKETS = (1, 3)
TREES = [f"{name}_{number}.root" for name in CLASSES for number in CODEC_OF_FILE]
RNTUPLE = "rntuple_tth_1.root"
IDENTITY = ["run", "luminosityBlock", "event"]
JAGGED = ["Jet_pt", "Jet_eta", "Jet_phi", "Jet_mass", "Jet_btag", "truth_jet_flavour"]
MAX_BYTES = 3_000_000
KEY_HEADER = ">ihiIh"  # fNbytes, fVersion, fObjlen, fDatime, fKeylen


def tree_of(name: str) -> uproot.TTree:
    return uproot.open(DATA / name)["Events"]


@cache
def arrays_of(name: str) -> ak.Array:
    return tree_of(name).arrays()


@cache
def class_arrays(name: str) -> ak.Array:
    return ak.concatenate([arrays_of(f"{name}_{number}.root") for number in CODEC_OF_FILE])


def identities(name: str) -> set[tuple[int, ...]]:
    columns = [class_arrays(name)[column].to_list() for column in IDENTITY]
    return set(zip(*columns, strict=True))


def weighted_auc(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> float:
    order = np.argsort(score, kind="stable")
    signal = (weight * label)[order]
    background = (weight * (1 - label))[order]
    return float((signal * np.cumsum(background)).sum() / (signal.sum() * background.sum()))


def test_all_files_together_are_small():
    total = sum(path.stat().st_size for path in DATA.iterdir())
    assert total <= MAX_BYTES


def test_patterns_of_the_classes_do_not_catch_the_rntuple():
    found = sorted(path.name for name in CLASSES for path in DATA.glob(f"{name}_*.root"))
    assert found == sorted(TREES)
    assert (DATA / RNTUPLE).is_file()


def test_summary_agrees_with_the_files():
    summary = json.loads((DATA / "sample.json").read_text())
    listed = {entry["file"]: entry["events"] for entry in summary["files"]}
    assert listed.pop(RNTUPLE) == len(arrays_of("tth_1.root"))
    assert listed == {name: len(arrays_of(name)) for name in TREES}
    for name, numbers in summary["classes"].items():
        weights = class_arrays(name).weight.to_numpy().astype(np.float64)
        assert numbers["selected"] == len(weights)
        assert numbers["sum_weights_selected"] == pytest.approx(weights.sum(), abs=1e-2)
        assert numbers["generated"] > numbers["selected"]


def test_signal_is_about_forty_percent():
    sizes = {name: len(class_arrays(name)) for name in CLASSES}
    assert sum(sizes.values()) >= 14_000
    assert 0.35 < sizes["tth"] / sum(sizes.values()) < 0.45


@pytest.mark.parametrize("name", TREES)
def test_every_file_has_the_same_columns(name: str):
    first = tree_of(TREES[0])
    assert tree_of(name).typenames() == first.typenames()


@pytest.mark.parametrize("name", TREES)
def test_baskets_use_the_codec_of_the_file(name: str):
    content = (DATA / name).read_bytes()
    codec = CODEC_OF_FILE[int(re.search(r"_(\d)\.root$", name).group(1))]
    tags = set()
    for branch in tree_of(name).branches:
        seeks = branch.member("fBasketSeek")[: branch.member("fWriteBasket")]
        for seek in seeks[seeks > 0]:
            num_bytes, _, object_length, _, key_length = struct.unpack_from(KEY_HEADER, content, seek)
            if object_length > num_bytes - key_length:
                start = seek + key_length
                tags.add(content[start : start + 2])
    assert tags == {BLOCK_TAGS[codec]}


@pytest.mark.parametrize("name", TREES)
def test_last_baskets_are_embedded_in_the_files_that_say_so(name: str):
    number = int(re.search(r"_(\d)\.root$", name).group(1))
    embedded = [len(branch.embedded_baskets) for branch in tree_of(name).branches]
    if number in FILES_WITH_EMBEDDED_BASKETS:
        assert min(embedded) == 1
    else:
        assert max(embedded) == 0


@pytest.mark.parametrize("name", [f"{name}_{number}.root" for name in ("tth", "ttbar") for number in (3, 4)])
def test_large_files_have_several_clusters_and_baskets(name: str):
    tree = tree_of(name)
    assert len(tree.common_entry_offsets()) > 3
    assert tree["ht"].num_baskets > 2
    assert tree["Jet_pt"].num_baskets > tree["ht"].num_baskets


@pytest.mark.parametrize("name", TREES)
def test_no_value_is_nan_or_infinite(name: str):
    arrays = arrays_of(name)
    for column in arrays.fields:
        assert np.isfinite(ak.to_numpy(ak.flatten(arrays[column], axis=None))).all(), column


@pytest.mark.parametrize("name", TREES)
def test_floats_have_ten_bits_of_mantissa(name: str):
    arrays = arrays_of(name)
    for column in arrays.fields:
        values = ak.to_numpy(ak.flatten(arrays[column], axis=None))
        if values.dtype == np.float32:
            assert not (values.view(np.uint32) & 0x1FFF).any(), column


@pytest.mark.parametrize("name", TREES)
def test_counter_counts_every_jagged_column(name: str):
    arrays = arrays_of(name)
    for column in JAGGED:
        assert ak.all(ak.num(arrays[column]) == arrays.nJet), column


@pytest.mark.parametrize("name", TREES)
def test_events_pass_the_selection(name: str):
    arrays = arrays_of(name)
    assert ak.min(arrays.nJet) >= 6
    assert ak.min(arrays.nBJet) >= 2
    assert ak.min(arrays.Jet_pt) > 30
    assert ak.max(abs(arrays.Jet_eta)) < 2.4
    assert ak.all(arrays.Jet_pt[:, 1:] <= arrays.Jet_pt[:, :-1])
    assert ak.all((arrays.Jet_btag > 0) & (arrays.Jet_btag < 1))


@pytest.mark.parametrize("name", TREES)
def test_scalars_follow_from_the_jets(name: str):
    arrays = arrays_of(name)
    rounding = 2.0**-11
    jet_pt = ak.values_astype(arrays.Jet_pt, np.float64)
    is_tagged = arrays.Jet_btag > 0.5
    assert ak.all(ak.sum(is_tagged, axis=1) == arrays.nBJet)
    np.testing.assert_allclose(arrays.ht, ak.sum(jet_pt, axis=1), rtol=rounding)
    np.testing.assert_allclose(arrays.ht_b, ak.sum(jet_pt[is_tagged], axis=1), rtol=rounding)
    np.testing.assert_array_equal(arrays.jet1_pt, arrays.Jet_pt[:, 0])
    np.testing.assert_array_equal(arrays.jet6_pt, arrays.Jet_pt[:, 5])
    scores = ak.sort(arrays.Jet_btag, ascending=False)
    np.testing.assert_array_equal(arrays.btag_3, scores[:, 2])
    np.testing.assert_array_equal(arrays.btag_4, scores[:, 3])


@pytest.mark.parametrize("name", CLASSES)
def test_weights_are_partly_negative_and_vary(name: str):
    weight = class_arrays(name).weight.to_numpy()
    assert 0.13 < (weight < 0).mean() < 0.17
    size = np.abs(weight)
    assert size.std() / size.mean() > 0.2


def test_size_of_the_weights_differs_by_class():
    means = sorted(np.abs(class_arrays(name).weight.to_numpy()).mean() for name in CLASSES)
    assert means[1] > 2 * means[0]
    assert means[2] > 1.5 * means[1]


def test_weighted_and_unweighted_auc_differ():
    events = ak.concatenate([class_arrays(name) for name in CLASSES])
    label = (events.truth_process == 0).to_numpy().astype(np.float64)
    score = events.ht.to_numpy()
    weighted = weighted_auc(label, score, events.weight.to_numpy().astype(np.float64))
    assert abs(weighted - weighted_auc(label, score, np.ones(len(label)))) > 0.03


@pytest.mark.parametrize("name", CLASSES)
def test_identity_is_unique_within_a_class_and_needs_64_bits(name: str):
    event = class_arrays(name).event.to_numpy()
    assert event.dtype == np.uint64
    large = event[event > 2**53]
    assert len(large) > 500
    assert len(np.unique(large.astype(np.float64))) < len(large)
    assert len(identities(name)) == len(event)


@pytest.mark.parametrize(("one", "other"), [("tth", "ttbar"), ("tth", "multijet"), ("ttbar", "multijet")])
def test_classes_share_event_numbers(one: str, other: str):
    assert len(identities(one) & identities(other)) >= 300


@pytest.mark.parametrize("name", CLASSES)
def test_truth_belongs_to_the_class(name: str):
    arrays = class_arrays(name)
    assert ak.all(arrays.truth_process == CLASSES[name])
    assert ak.all((arrays.truth_higgs_pt >= 0) == (name == "tth"))
    assert set(np.unique(ak.to_numpy(ak.flatten(arrays.truth_jet_flavour)))) == {0, 4, 5}


@pytest.mark.parametrize("name", CLASSES)
def test_tag_rates_are_those_of_the_readme(name: str):
    arrays = class_arrays(name)
    flavour = ak.to_numpy(ak.flatten(arrays.truth_jet_flavour))
    tagged = ak.to_numpy(ak.flatten(arrays.Jet_btag)) > 0.5
    # The selection asks for two tags, which raises the rates of all flavours above those of single jets.
    assert 0.7 < tagged[flavour == 5].mean() < 0.95
    assert tagged[flavour == 0].mean() < 0.06


def test_rntuple_holds_the_same_values():
    tree, ntuple = arrays_of("tth_1.root"), uproot.open(DATA / RNTUPLE)["Events"]
    assert sorted(ntuple.keys()) == sorted(tree.fields)
    copy = ntuple.arrays()
    for column in tree.fields:
        assert copy[column].type.content == tree[column].type.content, column
        assert ak.to_list(copy[column]) == ak.to_list(tree[column]), column


def test_readme_describes_every_column_as_the_files_do():
    readme = (EXAMPLE / "README.md").read_text()
    for branch in tree_of(TREES[0]).branches:
        row = re.search(rf"^\| `{branch.name}` \| `?(\S+?)`? \| (.*) \|$", readme, re.MULTILINE)
        assert row, branch.name
        assert row.group(2).replace("\\|", "|") == branch.title


@pytest.mark.parametrize("workflow", ["mlp.yaml", "trees.yaml"])
def test_workflow_features_exist_and_hold_no_truth_identity_or_weight(workflow: str):
    dataset = yaml.safe_load((EXAMPLE / workflow).read_text())["dataset"]
    scalars, jagged = dataset["features"]["scalars"], dataset["features"]["jets"]["columns"]
    columns = set(tree_of(TREES[0]).keys()) | set(dataset["define"])
    assert 25 <= len(scalars) <= 30
    assert set(scalars) | set(jagged) <= columns
    assert not [name for name in scalars + jagged if name.startswith("truth_") or name in {*IDENTITY, "weight"}]
    patterns = [pattern for sample in dataset["samples"].values() for pattern in sample["files"]]
    root = EXAMPLE.parents[1]
    assert sorted(path.name for pattern in patterns for path in root.glob(pattern)) == sorted(TREES)


@pytest.mark.parametrize("name", TREES)
def test_root_reads_the_same_sums(name: str):
    root = pytest.importorskip("ROOT")
    file = root.TFile.Open(str(DATA / name))
    tree = file.Get("Events")
    arrays = arrays_of(name)
    assert tree.GetEntries() == len(arrays)
    frame = root.RDataFrame(tree)
    largest_event, sum_weights = frame.Max["ULong64_t"]("event"), frame.Sum["float"]("weight")
    jet_momenta = frame.Take["ROOT::RVec<float>"]("Jet_pt")
    assert int(largest_event.GetValue()) == int(ak.max(arrays.event))
    assert sum_weights.GetValue() == pytest.approx(float(ak.sum(arrays.weight)), rel=1e-3)
    assert sum(len(jets) for jets in jet_momenta.GetValue()) == ak.count(arrays.Jet_pt)
    file.Close()


def test_root_reads_the_rntuple():
    root = pytest.importorskip("ROOT")
    reader = root.RNTupleReader.Open("Events", str(DATA / RNTUPLE))
    assert reader.GetNEntries() == len(arrays_of("tth_1.root"))
