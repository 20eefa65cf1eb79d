"""`mlaas convert`: MLaaS4HEP's files as a workflow, against uproot and awkward by MLaaS4HEP's documented rules."""

from __future__ import annotations

import json
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
import yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "tth" / "data"
FILES = {DATA / "tth_1.root": 1, DATA / "ttbar_1.root": 0, DATA / "ttbar_2.root": 0}
IDENTITY = ["run", "event", "luminosityBlock"]
PARAMS = {
    "nevts": -1,
    "shuffle": True,
    "chunk_size": 500,
    "epochs": 3,
    "batch_size": 100,
    "identifier": "",
    "branch": "Events",
    "selected_branches": "",
    "exclude_branches": ["weight"],
    "redirector": "",
    "verbose": 1,
}
# The example of MLaaS4HEP's documentation with branches of the sample.
PREPROC = {
    "new_branch": {
        "log_Jet_pt": {"def": "log(Jet_pt)", "type": "jagged", "cut_1": ["log_Jet_pt<4.1", "any"],
                       "cut_2": ["log_Jet_pt>3.45", "all"], "remove": "False", "keys_to_remove": ["Jet_pt"]},
        "nJet_square": {"def": "nJet**2", "type": "flat", "cut": "16<=nJet_square<=64", "remove": "False",
                        "keys_to_remove": ["nJet"]},
    },
    "flat_cut": {"nLepton": {"cut": "nLepton<=2", "remove": "True"}},
    "jagged_cut": {"Jet_mass": {"cut": ["Jet_mass>4", "all"], "remove": "False"}},
}  # fmt: skip


class Setup:
    """MLaaS4HEP's files in a folder, and the command on them."""

    def __init__(self, mlaas, folder: Path):
        self.mlaas = mlaas
        self.folder = folder
        self.write("files.txt", "# the sample\n" + "\n".join(map(str, FILES)) + "\n")
        self.write("labels.txt", "\n".join(map(str, FILES.values())) + "\n")
        self.params(PARAMS)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def params(self, params: dict):
        self.write("params.json", json.dumps(params))

    def run(self, *arguments, files="files.txt", labels="labels.txt"):
        return self.mlaas(
            "convert", "--files", files, "--labels", labels, "--params", "params.json", *arguments, cwd=self.folder
        )

    def convert(self, *arguments, **options) -> dict:
        done = self.run(*arguments, **options)
        assert done.returncode == 0, done.stderr
        self.write("workflow.yaml", done.stdout)
        return yaml.safe_load(done.stdout)


@pytest.fixture
def setup(mlaas, tmp_path):
    return Setup(mlaas, tmp_path)


def events_of(file: Path) -> ak.Array:
    return uproot.open(file)["Events"].arrays()


def with_cuts(events: ak.Array) -> ak.Array:
    events = ak.with_field(events, np.log(ak.values_astype(events.Jet_pt, np.float64)), "log_Jet_pt")
    events = ak.with_field(events, ak.values_astype(events.nJet, np.int64) ** 2, "nJet_square")
    keep = ak.any(events.log_Jet_pt < 4.1, axis=1) & ak.all(events.log_Jet_pt > 3.45, axis=1)
    keep = keep & (events.nJet_square >= 16) & (events.nJet_square <= 64) & (events.nLepton <= 2)
    return events[keep & ak.all(events.Jet_mass > 4, axis=1)]


def features_of(workflow: dict) -> tuple[list[str], dict[str, int]]:
    features = dict(workflow["dataset"]["features"])
    scalars = features.pop("scalars")
    return scalars, {group["columns"]: group["length"] for group in features.values()}


def keys_by_kind(events: ak.Array, left_out: list[str]) -> tuple[list[str], list[str]]:
    names = [name for name in events.fields if name not in left_out]
    jagged = sorted(name for name in names if events[name].ndim > 1)
    return sorted(set(names) - set(jagged)), jagged


def test_features_are_sorted_and_as_long_as_the_longest_list(setup):
    workflow = setup.convert()
    all_events = ak.concatenate([events_of(file) for file in FILES])
    flat, jagged = keys_by_kind(all_events, [*IDENTITY, "weight"])
    scalars, groups = features_of(workflow)
    assert scalars == flat
    assert list(groups) == jagged
    assert groups == {key: ak.max(ak.num(all_events[key])) for key in jagged}
    assert workflow["dataset"]["identity"] == IDENTITY
    assert [sample["label"] for sample in workflow["dataset"]["samples"].values()] == list(FILES.values())
    assert workflow["dataset"]["split"] == {"train": 0.64, "validation": 0.16, "test": 0.2, "seed": 1}
    assert workflow["model"] == {"kind": "mlp", "layers": [128, 64], "dropout": 0.5, "scaling": "minmax"}
    chunks = {"events": 320, "passes": 3}
    assert workflow["training"] == {"epochs": 1, "batch_size": 100, "chunks": chunks, "early_stopping": False}


def test_cuts_and_new_branches(setup):
    setup.write("preproc.json", json.dumps(PREPROC))
    workflow = setup.convert("--preproc", "preproc.json", "--write-specs", "specs")
    kept = [with_cuts(events_of(file)) for file in FILES]
    assert all(0 < len(one) < len(events_of(file)) for one, file in zip(kept, FILES, strict=True))
    flat, jagged = keys_by_kind(kept[0], [*IDENTITY, "weight", "Jet_pt", "nJet", "nLepton"])
    scalars, groups = features_of(workflow)
    assert scalars == flat
    assert groups == {key: max(ak.max(ak.num(one[key])) for one in kept) for key in jagged}
    done = setup.mlaas("check", "workflow.yaml", "--json", cwd=setup.folder)
    assert done.returncode == 0, done.stderr
    assert [sample["selected"] for sample in json.loads(done.stdout)["dataset"]["samples"]] == list(map(len, kept))


@pytest.mark.parametrize("preproc", [None, PREPROC], ids=["all", "cuts"])
def test_specs_files(setup, preproc):
    arguments = ["--write-specs", "specs"]
    if preproc:
        setup.write("preproc.json", json.dumps(preproc))
        arguments += ["--preproc", "preproc.json"]
    setup.convert(*arguments)
    kept = {file: with_cuts(events_of(file)) if preproc else events_of(file) for file in FILES}
    left_out = [*IDENTITY, "weight"] + (["Jet_pt", "nJet", "nLepton"] if preproc else [])
    everything = json.loads((setup.folder / "specs" / "global-specs.json").read_text())
    assert everything["events"] == {"total": sum(map(len, kept.values()))} | {
        file.stem: len(events) for file, events in kept.items()
    }
    single = {file: setup.folder / "specs" / f"specs-{file.stem}.json" for file in FILES}
    cases = [(json.loads(path.read_text()), kept[file]) for file, path in single.items()]
    cases.append((everything, ak.concatenate(list(kept.values()))))
    for specs, events in cases:
        flat, jagged = keys_by_kind(events, left_out)
        assert (specs["fkeys"], specs["jkeys"]) == (flat, jagged)
        assert specs["jdim"] == {key: ak.max(ak.num(events[key])) for key in jagged}
        for key in flat + jagged:
            low, high = float(ak.min(events[key])), float(ak.max(events[key]))
            assert specs["minv"][key] == pytest.approx(low, rel=1e-15)
            assert specs["maxv"][key] == pytest.approx(high, rel=1e-15)
            assert specs["nans"][key] == pytest.approx(0 if low == high else (0 - low) / (high - low), rel=1e-12)


def test_specs_file_instead_of_reading(setup):
    first = setup.convert("--write-specs", "specs")
    specs = json.loads((setup.folder / "specs" / "global-specs.json").read_text())
    assert setup.convert("--specs", "specs/global-specs.json") == first
    specs["jdim"]["Jet_pt"] = 3
    specs["fkeys"].remove("met")
    setup.write("changed.json", json.dumps(specs))
    scalars, groups = features_of(setup.convert("--specs", "changed.json"))
    assert groups["Jet_pt"] == 3
    assert "met" not in scalars
    specs["fkeys"].append("mett")
    setup.write("wrong.json", json.dumps(specs))
    assert "did you mean 'met'" in setup.run("--specs", "wrong.json").stderr


def test_stale_specs_are_not_reused(setup):
    first = setup.convert()
    setup.write("global-specs.json", "{}")
    assert setup.convert() == first


def test_converted_workflow_trains(setup):
    setup.params(PARAMS | {"exclude_branches": "weight,truth_process,truth_higgs_pt,truth_met,truth_jet_flavour"})
    setup.convert("--fout", "bundle")
    done = setup.mlaas("train", "workflow.yaml", "--json", cwd=setup.folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["bundle"] == "bundle"
    bundle = json.loads((setup.folder / "bundle" / "bundle.json").read_text())
    assert bundle["provenance"]["model"]["options"]["chunks"] == {"events": 320, "passes": 3}


def test_command_line_trains_what_is_converted(setup):
    setup.params(PARAMS | {"exclude_branches": "weight,truth_process,truth_higgs_pt,truth_met,truth_jet_flavour"})
    setup.convert("--fout", "converted")
    done = setup.mlaas("train", "workflow.yaml", cwd=setup.folder)
    assert done.returncode == 0, done.stderr
    lists = ["--files", "files.txt", "--labels", "labels.txt"]
    for name, arguments in (("named", ["--params", "params.json"]), ("found", [])):
        done = setup.mlaas("train", *lists, *arguments, "--fout", name, "--write-specs", "specs", cwd=setup.folder)
        assert done.returncode == 0, done.stderr
        expected = (setup.folder / "converted" / "model.onnx").read_bytes()
        assert (setup.folder / name / "model.onnx").read_bytes() == expected
    assert (setup.folder / "specs" / "global-specs.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected a workflow file, or --files and --labels"),
        (["workflow.yaml", "--files", "files.txt", "--labels", "labels.txt"], "names its files itself"),
        (["--files", "files.txt"], "--labels"),
        (["workflow.yaml", "--preproc", "preproc.json"], "--files"),
    ],
)
def test_workflow_or_command_line(setup, arguments, message):
    setup.write("workflow.yaml", "name: x")
    done = setup.mlaas("train", *arguments, cwd=setup.folder)
    assert done.returncode == 2
    assert message in done.stderr


def test_lists_with_commas_and_selected_branches(setup):
    setup.params(PARAMS | {"selected_branches": "met,Jet_pt", "exclude_branches": ["met"]})
    files = ",".join(map(str, FILES))
    scalars, groups = features_of(setup.convert(files=files, labels="1,0,0"))
    assert (scalars, list(groups)) == (["met"], ["Jet_pt"])


def test_new_branches_in_any_order(setup):
    branch = {"type": "flat", "remove": "False"}
    setup.write(
        "preproc.json", json.dumps({"new_branch": {"b": branch | {"def": "a*2"}, "a": branch | {"def": "met+1"}}})
    )
    workflow = setup.convert("--preproc", "preproc.json")
    assert list(workflow["dataset"]["define"]) == ["a", "b"]


def test_missing_files_get_the_redirector(setup):
    setup.params(PARAMS | {"redirector": "root://example.org/"})
    done = setup.run(files="store/x.root", labels="1")
    assert done.returncode != 0
    assert "root://example.org/store/x.root" in done.stderr


def test_model_of_a_file(setup):
    setup.write("model.yaml", "{kind: trees, max_depth: 3}")
    workflow = setup.convert("--model", "model.yaml")
    assert workflow["model"] == {"kind": "trees", "max_depth": 3}
    assert "epochs" not in workflow["training"]


def test_what_has_no_equivalent_is_said(setup):
    setup.params(PARAMS | {"nevts": 100, "shuffle": False, "chunksize": 3})
    done = setup.run()
    assert done.returncode == 0
    for text in ("nevts 100 is left out", "shuffle false", "did you mean 'chunk_size'?", "simulation truth"):
        assert text in done.stderr
        assert text in done.stdout


FLAT = {"type": "flat", "remove": "False"}


@pytest.mark.parametrize(
    ("preproc", "message"),
    [
        ({"new_branches": {}}, "did you mean 'new_branch'?"),
        ({"flat_cut": {"mett": {"cut": "met>3"}}}, "did you mean 'met'"),
        ({"flat_cut": {"met": {"cut": "mett>3"}}}, "flat_cut.met.cut: unknown column 'mett'"),
        ({"flat_cut": {"met": {"cutt": "met>3"}}}, "unknown key 'cutt'"),
        ({"flat_cut": {"met": {"cut": "met>"}}}, "preproc.json:1:"),
        ({"flat_cut": {"met": {"cut": "__import__('os')"}}}, "preproc.json:1:"),
        ({"flat_cut": {"met": {"cut": "met>3", "remove": "Maybe"}}}, 'expected "True" or "False"'),
        ({"jagged_cut": {"Jet_pt": {"cut": "Jet_pt>3"}}}, 'expected [EXPRESSION, "all" or "any"]'),
        ({"jagged_cut": {"Jet_pt": {"cut": ["Jet_pt>3", "some"]}}}, 'expected "all" or "any"'),
        ({"new_branch": {"a": FLAT | {"def": "Jet_pt*2"}}}, 'its type is "flat"'),
        ({"new_branch": {"a": FLAT | {"def": "b"}, "b": FLAT | {"def": "a"}}}, "is defined by branches"),
        ({"new_branch": {"a": {"type": "flat"}}}, "new_branch.a.def is missing"),
    ],
)  # fmt: skip
def test_mistakes_in_preproc_are_named(setup, preproc, message):
    setup.write("preproc.json", json.dumps(preproc))
    done = setup.run("--preproc", "preproc.json")
    assert done.returncode != 0
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": "1,0"}, "2 labels for 3 files"),
        ({"labels": "1,0,signal"}, "expected an integer for each file, found 'signal'"),
        ({"labels": "nLeptons"}, "--labels: 'nLeptons' is no integer, and "),
        ({"labels": "nLeptons"}, "did you mean 'nLepton'"),
        ({"labels": "Jet_pt"}, "expected one number an event"),
        ({"labels": "ht"}, "must count classes, 0, 1, ... with at least two and at most 1000 of them; found "),
        ({"labels": "1,1,1"}, "at least two labels"),
        ({"files": "none.txt", "labels": "1"}, "none.txt"),
    ],
)
def test_mistakes_in_lists_are_named(setup, options, message):
    done = setup.run(**options)
    assert done.returncode != 0
    assert message in done.stderr


@pytest.mark.parametrize("specs", [False, True])
def test_one_name_is_the_branch_of_labels(setup, specs):
    counts = ak.concatenate([events_of(file) for file in FILES]).nLepton
    if specs:
        assert setup.run("--write-specs", "specs").returncode == 0
        stored = json.loads((setup.folder / "specs" / "global-specs.json").read_text())
        stored["fkeys"].remove("nLepton")
        setup.write("specs.json", json.dumps(stored))
    workflow = setup.convert(*(["--specs", "specs.json"] if specs else []), labels="nLepton")
    dataset = workflow["dataset"]
    assert {sample["label"] for sample in dataset["samples"].values()} == {"nLepton"}
    assert dataset["classes"] == [f"nLepton_{i}" for i in range(ak.max(counts) + 1)]
    assert "nLepton" not in features_of(workflow)[0]
    done = setup.mlaas("check", "workflow.yaml", "--json", cwd=setup.folder)
    assert done.returncode == 0, done.stderr
    classes = json.loads(done.stdout)["dataset"]["classes"]
    found = [sum(one[part]["selected"] for part in ("train", "validation", "test")) for one in classes]
    assert found == [ak.sum(counts == label) for label in range(len(found))]


def test_the_label_may_be_a_new_branch(setup):
    setup.write(
        "preproc.json", json.dumps({"new_branch": {"target": {"def": "nJet > 8", "type": "flat", "cut": "nJet > 0"}}})
    )
    workflow = setup.convert("--preproc", "preproc.json", labels="target")
    assert workflow["dataset"]["classes"] == ["target_0", "target_1"]
    assert "target" not in features_of(workflow)[0]
    setup.write("workflow.yaml", yaml.safe_dump(workflow))
    assert setup.mlaas("check", "workflow.yaml", cwd=setup.folder).returncode == 0


def test_python_models_are_refused(setup):
    setup.write("model.py", "def model(idim): raise SystemExit")
    done = setup.run("--model", "model.py")
    assert done.returncode != 0
    assert "Python models are not run" in done.stderr


def test_values_that_are_not_finite_become_zero(setup):
    """As numpy's log makes NaN and infinity of what is at most 50; the range is that of the others."""
    setup.params(PARAMS | {"exclude_branches": "weight,truth_process,truth_higgs_pt,truth_met,truth_jet_flavour"})
    setup.write("preproc.json", json.dumps({"new_branch": {"odd": {"def": "log(met-50)", **FLAT}}}))
    done = setup.run("--preproc", "preproc.json", "--fout", "bundle")
    assert done.returncode == 0, done.stderr
    with np.errstate(all="ignore"):
        odd = np.log(np.concatenate([ak.to_numpy(events_of(file).met) for file in FILES]).astype(np.float64) - 50)
    number = int((~np.isfinite(odd)).sum())
    assert number > 0
    assert f"'odd' has {number} values that are NaN or infinite: they are taken as 0" in done.stderr
    setup.write("workflow.yaml", done.stdout)
    assert yaml.safe_load(done.stdout)["dataset"]["fill"] == {"*": {"with": 0, "infinite": True}}
    done = setup.mlaas("train", "workflow.yaml", cwd=setup.folder)
    assert done.returncode == 0, done.stderr
    statistics = json.loads((setup.folder / "bundle" / "statistics.json").read_text())
    found = next(one for one in statistics["scalars"] if one["name"] == "odd")
    assert 0 < found["filled"] <= number
    assert np.isfinite(odd).sum() * 0.5 < found["count"] < np.isfinite(odd).sum() * 0.8
    assert found["maximum"] <= odd[np.isfinite(odd)].max() * (1 + 1e-6)
