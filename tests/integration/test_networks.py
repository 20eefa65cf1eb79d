"""Every kind of network from files to scores: `mlaas predict` (OpenVINO) and ONNX Runtime against the trainer's own.

The events have empty lists, lists of one element, lists longer than the length, and missing values that are filled.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import yaml
from conformance.tth_events import weighted_auc
from integration.test_feature_transforms import (
    FILL,
    LENGTH,
    SCALARS,
    Data,
    make_events,
    predict,
    run_graph,
    write_events,
)

MODELS = {
    "mlp": {"kind": "mlp", "layers": [16, 16], "normalisation": "batch", "residual": True, "activation": "mish"},
    "deepsets": {"kind": "deepsets", "phi": [16, 8], "rho": [16], "normalisation": "layer"},
    "autoencoder": {"kind": "autoencoder", "layers": [16], "latent": 3, "activation": "silu"},
    # The events have no azimuth.
    "transformer": {
        "kind": "particle_transformer",
        **{"pt": "Jet_pt", "eta": "Jet_eta", "phi": "Jet_eta"},
        **{"embed": [16], "pair_embed": [8], "heads": 2, "blocks": 1, "class_blocks": 1},
    },
}
TRAINING = {
    "epochs": 2,
    "optimizer": {"kind": "adamw", "lr": 0.01},
    "schedule": {"kind": "one_cycle"},
    "averaging": 0.9,
    "gradient_clipping": 1,
}
# What differs: an autoencoder has no labels to smooth, attention takes longer to learn.
FURTHER = {name: {"label_smoothing": 0.05} for name in MODELS if name != "autoencoder"}
FURTHER["transformer"] = {"epochs": 8}


@pytest.fixture(scope="module")
def made(mlaas, tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    samples = [make_events(label) for label in (0, 1)]
    for label, sample in enumerate(samples):
        write_events(folder / f"{label}.root", sample)
    for name, model in MODELS.items():
        workflow = {
            "name": name,
            "dataset": {
                "tree": "Events",
                "samples": {f"s{i}": {"label": i, "files": [str(folder / f"{i}.root")]} for i in (0, 1)},
                "identity": "event",
                "features": {"scalars": SCALARS, "jets": {"columns": ["Jet_pt", "Jet_eta"], "length": LENGTH}},
                "fill": FILL,
            },
            "model": model,
            "training": TRAINING | FURTHER.get(name, {}),
            "output": str(folder / "models" / name),
        }
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(workflow, sort_keys=False), encoding="utf-8")
        trained = mlaas("train", path, "--quiet")
        assert trained.returncode == 0, trained.stderr
    return folder, Data(samples)


@pytest.mark.parametrize("name", MODELS)
def test_scores_are_the_same_wherever_they_are_made(mlaas, made, name):
    folder, data = made
    assert {0, 1, LENGTH} <= set(data.count) and np.isnan(data.scalars).any() and np.isnan(data.jets).any()
    scores = predict(mlaas, folder, name)
    assert np.isfinite(scores).all()
    graph = run_graph(folder / "models" / name / "model.onnx", data.inputs())[:, 0]
    np.testing.assert_allclose(scores, graph, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_the_trainers_metrics_are_those_of_the_predicted_scores(mlaas, made, name):
    folder, data = made
    test = data.part == 2
    auc = weighted_auc(predict(mlaas, folder, name)[test], data.label[test], np.ones(test.sum()))
    metrics = json.loads((folder / "models" / name / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["parts"]["test"]["auc"] == pytest.approx(auc, abs=2e-5)
    # Events that an autoencoder has not learned are those of wider distributions.
    assert auc > (0.55 if name == "autoencoder" else 0.7)


def test_the_bundle_says_how_it_was_trained(made):
    folder, _ = made
    bundle = json.loads((folder / "models" / "deepsets" / "bundle.json").read_text(encoding="utf-8"))
    model = bundle["provenance"]["model"]
    # phi 2-16-8 and rho (8 + 5)-16-1, each hidden layer with a scale and a shift.
    assert model["parameters"] == (3 * 16 + 17 * 8 + 14 * 16 + 17) + 2 * (16 + 8 + 16)
    assert model["options"]["phi"] == [16, 8]
    assert model["options"]["pooling"] == "sum"
    assert model["options"]["schedule"] == {
        "kind": "one_cycle",
        "rising": 0.3,
        "start_divisor": 25,
        "final_divisor": 10000,
    }


SCRIPT = """
import sys
import numpy, torch
inputs = numpy.load(sys.argv[2])
network = torch.jit.load(sys.argv[1])
with torch.no_grad():
    scores = network(*[torch.from_numpy(inputs[name]) for name in ("scalars", "jets", "jets_count")])
numpy.save(sys.argv[3], scores.numpy())
"""


def python_with_torch() -> str | None:
    """Returns the first of the interpreters at hand that has PyTorch."""
    for python in (os.environ.get("MLAAS_TORCH_PYTHON"), sys.executable, "/usr/bin/python3"):
        if (
            python
            and subprocess.run([python, "-c", "import numpy, torch"], capture_output=True, check=False).returncode == 0
        ):
            return python
    return None


def test_pytorch_gives_the_same_scores(mlaas, made, tmp_path):
    python = python_with_torch()
    if python is None:
        pytest.skip("no Python with PyTorch; MLAAS_TORCH_PYTHON names one")
    folder, data = made
    np.savez(tmp_path / "inputs.npz", **data.inputs())
    for name in MODELS:
        model = folder / "models" / name / "model.pt"
        done = subprocess.run(
            [python, "-c", SCRIPT, model, tmp_path / "inputs.npz", tmp_path / "scores.npy"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = np.load(tmp_path / "scores.npy")[:, 0]
        np.testing.assert_allclose(found, predict(mlaas, folder, name), rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("name", MODELS)
def test_the_written_model_was_checked(made, name):
    folder, data = made
    bundle = json.loads((folder / "models" / name / "bundle.json").read_text(encoding="utf-8"))
    check = bundle["provenance"]["check"]
    assert check["part"] == "test"
    assert check["events"] == (data.part == 2).sum()
    assert 0 < check["largest_difference"] < 1e-5


def test_a_column_that_is_not_there_is_named(mlaas, made):
    folder, _ = made
    done = mlaas("train", folder / "transformer.yaml", "--quiet", "--set", "model.mass=Jet_mas")
    assert done.returncode == 4
    assert f"{folder / 'transformer.yaml'}:" in done.stderr
    assert "model.mass: 'Jet_mas' is no column of dataset.features.jets; there are: Jet_pt, Jet_eta" in done.stderr


def test_sets_without_a_collection_are_refused(mlaas, made):
    folder, _ = made
    workflow = yaml.safe_load((folder / "deepsets.yaml").read_text(encoding="utf-8"))
    del workflow["dataset"]["features"]["jets"], workflow["dataset"]["fill"]["Jet_*"]
    path = folder / "flat.yaml"
    path.write_text(yaml.safe_dump(workflow), encoding="utf-8")
    done = mlaas("train", path, "--quiet")
    assert done.returncode == 2
    assert "deepsets needs a group of jagged columns" in done.stderr
