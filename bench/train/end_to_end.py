#!/usr/bin/env python3
"""From ROOT files to a trained network: `mlaas train` and the command `weaver` of weaver-core on the example's events.

Usage: end_to_end.py [--binary MLAAS] [--weaver PYTHON] [--epochs N] [--copies N]

Both read examples/tth (--copies of it, to make a larger sample), select, define columns, pad jets, standardise, and
train a perceptron 69-128-64 with Adam and batches of 500 for --epochs epochs, validating after each; one thread
computes. weaver-core reads all events at once (--fetch-step 1), its fastest way. Prints one line of JSON for each:
events trained on a second of wall-clock time of the whole command, accuracy on the validation part, peak memory, and
for ours the share of the training's time that it waited for data. Fails where the accuracies differ by more than 0.05.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BATCH = 500
TOLERANCE = 0.05

NETWORK = """
from torch import nn

JETS = 8


class Perceptron(nn.Module):
    def __init__(self, width):
        super().__init__()
        layers = [nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 2)]
        self.layers = nn.Sequential(*layers)

    def forward(self, scalars, jets):
        import torch

        return self.layers(torch.cat([scalars.flatten(1), jets.flatten(1)], 1))


def get_model(data_config, **kwargs):
    shapes = {k: (1, *(n for n in shape[1:] if n)) for k, shape in data_config.input_shapes.items()}
    columns = data_config.input_dicts
    width = len(columns["scalars"]) + len(columns["jets"]) * JETS
    info = {
        "input_names": list(data_config.input_names),
        "input_shapes": shapes,
        "output_names": ["softmax"],
        "dynamic_axes": {name: {0: "N"} for name in [*data_config.input_names, "softmax"]},
    }
    return Perceptron(width), info


def get_loss(data_config, **kwargs):
    return nn.CrossEntropyLoss()
"""


def run(command: list, folder: Path) -> tuple[float, str]:
    """Returns the seconds of wall-clock time and what was printed."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    started = time.perf_counter()
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds, done.stdout + done.stderr


def report(who: str, seconds: float, events: int, accuracy: float, **more: object) -> dict:
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    line = {"who": who, "seconds": round(seconds, 2), "events": events, "events_per_s": round(events / seconds)}
    line |= {"accuracy": round(accuracy, 3), "peak_mib": round(peak)}
    print(json.dumps(line | more), flush=True)
    return line


def make_workflow(copies: int) -> dict:
    workflow = yaml.safe_load((ROOT / "examples" / "tth" / "mlp.yaml").read_text(encoding="utf-8"))
    for sample in workflow["dataset"]["samples"].values():
        sample["files"] = [str(path) for pattern in sample["files"] for path in sorted(ROOT.glob(pattern))] * copies
        sample["weight"] = "1"  # weaver-core has none
    workflow["dataset"]["split"] = {"train": 0.8, "validation": 0.15, "test": 0.05, "seed": 1}
    workflow["model"] = {"kind": "mlp", "layers": [128, 64]}
    return workflow


def ours(binary: Path, workflow: dict, epochs: int, folder: Path) -> dict:
    optimizer = {"kind": "adam", "lr": 0.001}
    workflow["training"] = {"epochs": epochs, "batch_size": BATCH, "optimizer": optimizer, "early_stopping": False}
    workflow["output"] = str(folder / "model")
    (folder / "workflow.yaml").write_text(yaml.safe_dump(workflow), encoding="utf-8")
    log = folder / "progress.jsonl"
    seconds, _ = run([binary, "train", "workflow.yaml", "--log", log, "--quiet"], folder)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    metrics = json.loads((folder / "model" / "metrics.json").read_text(encoding="utf-8"))["parts"]
    share = {"waiting_share": round(lines[-1]["waiting_seconds"] / lines[-1]["training_seconds"], 4)}
    events = metrics["train"]["events"] * epochs
    return report("mlaas4hep", seconds, events, metrics["validation"]["accuracy"], **share)


def weaver(python: Path, workflow: dict, epochs: int, folder: Path) -> dict:
    dataset = workflow["dataset"]
    features = dataset["features"]
    jets = features["jets"]
    signal = dataset["samples"]["ttH"]["files"]
    configuration = {
        "treename": dataset["tree"],
        "selection": "(nJet >= 6) & (nBJet >= 2)",
        "new_variables": {
            "log_ht": "np.log(ht)",
            "log_mass_jets": "np.log(mass_jets)",
            "lead_btag": "ak.max(Jet_btag, axis=1)",
            "is_signal": "truth_process == 0",
            "is_background": "truth_process != 0",
        },
        "preprocess": {"method": "auto"},
        "inputs": {
            "scalars": {"length": None, "vars": [[name, "auto"] for name in features["scalars"]]},
            "jets": {"length": jets["length"], "pad_mode": "constant", "vars": [[n, "auto"] for n in jets["columns"]]},
        },
        "labels": {"type": "simple", "value": ["is_signal", "is_background"]},
    }
    (folder / "data.yaml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    (folder / "network.py").write_text(NETWORK, encoding="utf-8")
    background = [file for name in ("ttbar", "multijet") for file in dataset["samples"][name]["files"]]
    files = [f"{kind}{i}:{file}" for kind, group in (("s", signal), ("b", background)) for i, file in enumerate(group)]
    command = [
        *(python.parent / "weaver", "--data-config", "data.yaml", "--network-config", "network.py"),
        *("--data-train", *files, "--train-val-split", 0.8, "--fetch-step", 1, "--num-workers", 1, "--gpus", ""),
        *("--batch-size", BATCH, "--optimizer", "adam", "--start-lr", 0.001, "--lr-scheduler", "none"),
        *("--num-epochs", epochs, "--model-prefix", "out/net", "--log", "out.log"),
    ]
    seconds, text = run(command, folder)
    counts = [int(count) for count in re.findall(r"Processed ([0-9]+) entries", text)]
    accuracy = re.findall(r"validation metric: ([01]\.[0-9]+)", text)
    if not counts or not accuracy:
        raise SystemExit("weaver's log is not as expected:\n" + text[-3000:])
    return report("weaver-core", seconds, sum(counts[0::2]), float(accuracy[-1]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "release" / "apps" / "mlaas" / "mlaas")
    parser.add_argument("--weaver", type=Path, default=ROOT / ".venv-bench" / "bin" / "python")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--copies", type=int, default=1)
    options = parser.parse_args()
    workflow = make_workflow(options.copies)
    with tempfile.TemporaryDirectory() as name:
        own = ours(options.binary.resolve(), workflow, options.epochs, Path(name))
        if not (options.weaver.parent / "weaver").exists():
            print("end_to_end: weaver-core is not installed (tools/setup.sh bench)", file=sys.stderr)
            return 0
        peer = weaver(options.weaver.absolute(), workflow, options.epochs, Path(name))
    print(f"{own['events_per_s'] / peer['events_per_s']:.0f} times weaver-core", file=sys.stderr)
    return 0 if abs(own["accuracy"] - peer["accuracy"]) < TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
