"""docs/workflow.schema.json: accepts what the command accepts, refuses what it refuses, names every documented key."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "workflow.schema.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


class Yaml(yaml.SafeLoader):
    """YAML 1.2, where 1e-3 is a number, as the command and editors read it."""


Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9.]+[eE][-+]?[0-9]+$"), list("-+.0123456789")
)


def read_yaml(text: str) -> object:
    return yaml.load(text, Yaml)


EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))
MLP = read_yaml((ROOT / "examples" / "tth" / "mlp.yaml").read_text())
SETS = MLP | {"model": {"kind": "deepsets"}}
PARTICLES = {"kind": "particle_transformer", "pt": "Jet_pt", "eta": "Jet_eta", "phi": "Jet_phi"}
TREES = read_yaml((ROOT / "examples" / "tth" / "trees.yaml").read_text())
ABSENT = object()


def problems(workflow: object) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(workflow)]


def changed(workflow: dict, path: str, value: object) -> dict:
    """Returns a copy of a workflow with one value set, or removed where it is ABSENT."""
    result = copy.deepcopy(workflow)
    *folders, last = path.split("/")
    node = result
    for key in folders:
        node = node.setdefault(key, {})
    if value is ABSENT:
        del node[last]
    else:
        node[last] = value
    return result


def test_schema_is_valid():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_accepts_every_example(path):
    assert problems(read_yaml(path.read_text())) == []


def test_accepts_the_documented_workflow():
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "workflow.md").read_text(), re.S)
    whole = [workflow for workflow in map(read_yaml, blocks) if "name" in workflow]
    assert whole
    for workflow in whole:
        assert problems(workflow) == []


SAMPLE = "dataset/samples/ttH"
ACCEPTED = [
    (MLP, "name", "a-b.c_9"),
    (MLP, "output", ABSENT),
    (MLP, "training", ABSENT),
    (MLP, "model/layers", 16),
    (MLP, "model/activation", "gelu"),
    (MLP, "model/scaling", "minmax"),
    (MLP, "model/scaling", {"met": "log", "Jet_*": "quantile_normal"}),
    (MLP, "dataset/fill", -1.5),
    (MLP, "dataset/fill", "median"),
    (MLP, "dataset/fill", {"with": "mean", "infinite": True}),
    (TREES, "dataset/fill", {"met": {"with": 0, "infinite": True}, "Jet_*": "mean"}),
    (MLP, "training/chunks", {"events": 640, "passes": 5}),
    (MLP, "training/early_stopping", False),
    (MLP, "training/checkpoint", False),
    (MLP, "training/ensemble", 3),
    (TREES, "training/folds", 5),
    (TREES, "model/objective", "binary:logistic"),
    (TREES, "model/tree_method", "approx"),
    (TREES, "model/external_memory", "always"),
    (TREES, "model/monotone_constraints", {"met": 1, "Jet_pt": -1}),
    (TREES, "model/monotone_constraints", [1, 0, -1]),
    (TREES, "model/interaction_constraints", [["met", "nJet"], [3, 4]]),
    (TREES, "model/feature_weights", {"met": 2.5}),
    (TREES, "training/checkpoint", {"minutes": 0.5}),
    (MLP, "training/optimizer", {"kind": "adamw", "lr": 1, "betas": [0.9, 0.99], "epsilon": 1e-8, "weight_decay": 0}),
    (MLP, "training/optimizer", {"kind": "sgd", "momentum": 0.9, "nesterov": True}),
    (MLP, "training/schedule", {"kind": "cosine", "warmup": 0.5, "least": 1e-5}),
    (MLP, "training/schedule", {"kind": "plateau", "factor": 0.5, "patience": 1, "threshold": 0.01}),
    (MLP, "training/schedule", {"kind": "one_cycle", "rising": 0.25, "start_divisor": 10, "final_divisor": 100}),
    (MLP, "training/loss", {"kind": "focal", "gamma": 1.5}),
    (MLP, "training/label_smoothing", 0.1),
    (MLP, "training/gradient_clipping", 1),
    (MLP, "training/averaging", 0.999),
    (MLP, "training/precision", "bfloat16"),
    (MLP, "model", {"kind": "mlp", "normalisation": "batch", "residual": True, "activation": "mish"}),
    (SETS, "model", {"kind": "deepsets", "phi": [32, 16], "rho": 8, "pooling": "mean", "scaling": {"Jet_*": "log"}}),
    (SETS, "training/epochs", 3),
    (MLP, "model", {"kind": "autoencoder", "layers": [16], "latent": 4, "learns": 0, "dropout": 0.1}),
    (MLP, "model", PARTICLES | {"embed": [64, 32], "pair_embed": 16, "heads": 4, "blocks": 2, "head": [8]}),
    (MLP, "training/negative_weights", "keep"),
    (MLP, "training/negative_weights", "pair-annihilate"),
    (MLP, "training/class_balance", "equal"),
    (MLP, "evaluation", {"calibration": "platt", "importance": False, "efficiency": {"variables": "met", "bins": 4}}),
    (MLP, "evaluation", {"background_uncertainty": 0.1, "bootstrap": 0, "importance": {"events": 500, "repeats": 1}}),
    (TREES, "compare", ["cut", "cuts", "fisher", "likelihood"]),
    (TREES, "compare", "fisher"),
    (MLP, "dataset/select", ABSENT),
    (MLP, "dataset/memory", 1 << 24),
    (MLP, "dataset/memory", "0.5 GiB"),
    (MLP, "dataset/split", {"train": 0.5, "test": 0.5}),
    (MLP, "dataset/split", {"seed": 5}),
    (MLP, "dataset/identity", "event"),
    (MLP, "dataset/features/scalars", "met"),
    (MLP, "dataset/features/jets", ABSENT),
    (MLP, "dataset/mixing", {"classes": [0.5, 0.5], "sampling": "oversample"}),
    (MLP, "dataset/mixing", {"samples": {"ttH": 0.5, "ttbar": 0.3, "multijet": 0.2}, "sampling": "undersample"}),
    (MLP, "dataset/classes", ["background", "signal"]),
    (MLP, f"{SAMPLE}/variations", "none"),
    (MLP, f"{SAMPLE}/weight", 2.5),
    (MLP, f"{SAMPLE}/files", [{"file": "examples/tth/data/tth_1.root", "tree": "Events"}]),
    (MLP, f"{SAMPLE}/files", "examples/tth/data/tth_1.root:Events"),
    (TREES, "model/rounds", ABSENT),
    (TREES, "model/subsample", 0.5),
    (TREES, "model/booster", "dart"),
    (TREES, "training/early_stopping", {"patience": 3, "min_delta": 0.001}),
    (TREES, "training/negative_weights", "drop"),
    (TREES, "training/negative_weights", "pair-annihilate"),
]
REFUSED = [
    (MLP, "name", ABSENT),
    (MLP, "name", "a b"),
    (MLP, "name", "-a"),
    (MLP, "name", "x" * 101),
    (MLP, "dataset", ABSENT),
    (MLP, "dataset", []),
    (MLP, "model", ABSENT),
    (MLP, "model/kind", ABSENT),
    (MLP, "model/kind", "mpl"),
    (MLP, "model/layer", [3]),
    (MLP, "model/layers", [0]),
    (MLP, "model/dropout", 1),
    (MLP, "model/activation", "step"),
    (MLP, "model/scaling", "max"),
    (MLP, "model/scaling", {"met": "root"}),
    (MLP, "dataset/fill", "mode"),
    (MLP, "dataset/fill", {"with": "mean", "infinit": True}),
    (MLP, "dataset/fill", {"met": {"infinite": True}}),
    (MLP, "dataset/fill", {"met": [0]}),
    (MLP, "training/chunks", {"passes": 5}),
    (MLP, "training/chunks", {"events": 0}),
    (TREES, "training/chunks", {"events": 640}),
    (MLP, "training/epoch", 3),
    (MLP, "training/epochs", 0),
    (MLP, "training/epochs", "many"),
    (MLP, "training/optimizer/kind", "sdg"),
    (MLP, "training/optimizer", {"kind": "adam", "momentum": 0.9}),
    (MLP, "training/optimizer", {"kind": "sgd", "betas": [0.9, 0.99]}),
    (MLP, "training/schedule", {"kind": "cosin"}),
    (MLP, "training/schedule", {"kind": "one_cycle", "rising": 1}),
    (MLP, "training/loss", {"kind": "focal", "gamma": -1}),
    (MLP, "training/label_smoothing", 2),
    (MLP, "training/averaging", 1),
    (MLP, "training/precision", "float16"),
    (MLP, "training/gradient_clipping", -1),
    (MLP, "model/normalisation", "instance"),
    (MLP, "model/residual", 1),
    (SETS, "model/layers", [3]),
    (SETS, "model/pooling", "max"),
    (MLP, "model", {"kind": "particle_transformer"}),
    (MLP, "model", {"kind": "autoencoder", "learns": [2]}),
    (MLP | {"model": {"kind": "autoencoder"}}, "training/loss", {"kind": "focal"}),
    (MLP, "model", PARTICLES | {"blocks": -1}),
    (MLP, "training/optimizer/betas", [0.9]),
    (MLP, "training/early_stopping", True),
    (MLP, "training/checkpoint", True),
    (TREES, "training/ensemble", 0),
    (MLP, "training/folds", 1),
    (TREES, "training/checkpoint/minutes", -1),
    (MLP, "training/early_stopping/patienc", 3),
    (MLP, "training/class_balance", "even"),
    (MLP, "training/negative_weights", "flip"),
    (MLP, "evaluation/bootstap", 5),
    (MLP, "evaluation/calibration", "beta"),
    (MLP, "evaluation/importance", {"event": 5}),
    (MLP, "evaluation/efficiency", {"bins": 1}),
    (TREES, "compare", ["lda"]),
    (TREES, "compare", ["cut", "cut"]),
    (MLP, "dataset/selekt", "nJet > 3"),
    (MLP, "dataset/select", ["nJet > 3"]),
    (MLP, "dataset/samples", ABSENT),
    (MLP, "dataset/samples", {}),
    (MLP, f"{SAMPLE}/label", ABSENT),
    (MLP, f"{SAMPLE}/label", -1),
    (MLP, f"{SAMPLE}/label", 1.5),
    (MLP, "dataset/classes", ["one"]),
    (MLP, "dataset/classes", ["one", "one"]),
    (MLP, f"{SAMPLE}/variations", []),
    (MLP, f"{SAMPLE}/files", ABSENT),
    (MLP, f"{SAMPLE}/files", []),
    (MLP, f"{SAMPLE}/files", [{"file": "a.root"}]),
    (MLP, f"{SAMPLE}/wait", 1),
    (MLP, f"{SAMPLE}/friends", [{"tree": "x"}]),
    (MLP, f"{SAMPLE}/friends", [{"files": "a.root", "alias": "1x"}]),
    (MLP, "dataset/identity", ABSENT),
    (MLP, "dataset/identity", []),
    (MLP, "dataset/identity", ["run", "run"]),
    (MLP, "dataset/define/1x", "met"),
    (MLP, "dataset/define/x", {"of": "met"}),
    (MLP, "dataset/mixing", {"classes": [0.5, 0.5]}),
    (MLP, "dataset/mixing", {"sampling": "oversample"}),
    (MLP, "dataset/mixing", {"classes": [0, 1], "sampling": "oversample"}),
    (MLP, "dataset/mixing", {"classes": [0.5, 0.5], "sampling": "both"}),
    (MLP, "dataset/features", ABSENT),
    (MLP, "dataset/features", {}),
    (MLP, "dataset/features/jets/length", ABSENT),
    (MLP, "dataset/features/jets/length", 0),
    (MLP, "dataset/features/jets/columns", ABSENT),
    (MLP, "dataset/features/jets/depth", 3),
    (MLP, "dataset/split/train", 0),
    (MLP, "dataset/split/train", 1.5),
    (MLP, "dataset/split/tets", 0.2),
    (MLP, "dataset/memory", 5),
    (MLP, "dataset/memory", "lots"),
    (TREES, "model/n_estimators", 5),
    (TREES, "model/seed", 5),
    (TREES, "model/objective", "rank:ndcg"),
    (TREES, "model/tree_method", "exact"),
    (TREES, "model/monotone_constraints", {"met": 2}),
    (TREES, "model/booster", "gblinear"),
    (TREES, "training/epochs", 5),
    (TREES, "training/negative_weights", "keep"),
]


def case_name(case: object) -> str | None:
    return case if isinstance(case, str) else None


def verdict(mlaas, workflow, tmp_path):
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(workflow))
    return mlaas("check", path, "--read", "nothing", cwd=ROOT)


@pytest.mark.slow
@pytest.mark.parametrize(("base", "path", "value"), ACCEPTED, ids=case_name)
def test_schema_and_command_accept(mlaas, base, path, value, tmp_path):
    workflow = changed(base, path, value)
    assert problems(workflow) == []
    done = verdict(mlaas, workflow, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("base", "path", "value"), REFUSED, ids=case_name)
def test_schema_and_command_refuse(mlaas, base, path, value, tmp_path):
    workflow = changed(base, path, value)
    assert problems(workflow) != []
    assert verdict(mlaas, workflow, tmp_path).returncode == 2


def test_variables_may_stand_for_values():
    for path, text in (
        ("dataset/split/seed", "${env:SEED}"),
        ("dataset/memory", "${env:MEMORY:-1 GiB}"),
        ("training/epochs", "${env:EPOCHS:-3}"),
        ("name", "run_${env:NUMBER}"),
    ):
        assert problems(changed(MLP, path, text)) == []


def test_what_includes_others_may_be_incomplete():
    assert problems({"include": "base.yaml", "dataset": {"features": {"jets": {"length": 4}}}}) == []
    assert problems({"include": ["a.yaml", "b.yaml"], "model": {"layers": [3]}}) == []
    assert problems({"include": "base.yaml", "modell": {}}) != []


def keys_of(schema: dict, path: str = "") -> set[str]:
    """Returns the keys that a schema names, with those of the maps below: dataset.split.train."""
    if reference := schema.get("$ref"):
        schema = SCHEMA["definitions"][reference.rsplit("/", 1)[-1]]
    found = set()
    for key, value in schema.get("properties", {}).items():
        found |= {f"{path}{key}"} | keys_of(value, f"{path}{key}.")
    for part in [schema.get("additionalProperties"), *schema.get("anyOf", []), *schema.get("allOf", [])]:
        if isinstance(part, dict):
            found |= keys_of(part, f"{path}NAME." if part is schema.get("additionalProperties") else path)
    return found


def documented(section: str, prefix: str = "") -> set[str]:
    """Returns the names in the first cells of a document's table rows."""
    names = set()
    for line in section.splitlines():
        if line.startswith("| `"):
            names |= {prefix + name for name in re.findall(r"`([A-Za-z_.]+)`", line.split("|")[1])}
    return names


def test_every_documented_key_is_in_the_schema():
    text = (ROOT / "docs" / "workflow.md").read_text()
    keys = text[text.index("## Keys") : text.index("## Writing YAML")]
    top, rest = keys.split("### `dataset`")
    dataset, friends = rest.split("### Friends")
    known = keys_of(SCHEMA) | {"dataset." + key for key in keys_of(SCHEMA["definitions"]["dataset"])}
    known = {re.sub(r"features\.NAME", "features.GROUP", key) for key in known} | {"dataset.features.GROUP"}
    wanted = documented(top) | documented(dataset, "dataset.")
    wanted |= documented(
        friends.split("Each sample")[0].split("A friend's columns")[0], "dataset.samples.NAME.friends."
    )
    assert wanted - known == set()
    assert len(wanted) > 25


def test_every_documented_option_is_in_the_schema():
    text = (ROOT / "docs" / "training.md").read_text()
    trees = text[text.index("## Trees") : text.index("## Options of both")]
    both = text[text.index("## Options of both") : text.index("## Weights")]
    known = {name: keys_of(definition) for name, definition in SCHEMA["definitions"].items()}
    assert documented(trees) <= known["trees"] | {"model"}
    assert documented(both) <= known["network_training"] & known["trees_training"]


def test_every_documented_option_of_networks_is_in_the_schema():
    text = (ROOT / "docs" / "networks.md").read_text()
    kinds = SCHEMA["definitions"]["network_training"]["properties"]["schedule"]["properties"]["kind"]["enum"]
    names = {"mlp", "deepsets", "particle_transformer", "autoencoder"}
    known = {name: keys_of(definition) for name, definition in SCHEMA["definitions"].items()}
    of_models = documented(text[text.index("## Kinds") : text.index("## Training")]) - names - {"model.kind"}
    assert of_models <= set().union(*(known[name] for name in names))
    assert len(of_models) > 6
    of_training = documented(text[text.index("## Training") : text.index("## Scaling")])
    assert of_training - set(kinds) - {"training"} <= known["network_training"]
    assert set(kinds) <= of_training
