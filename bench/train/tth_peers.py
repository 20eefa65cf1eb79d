#!/usr/bin/env python3
"""The example's perceptron and PyTorch's, and Fisher's discriminant and scikit-learn's, on the same events.

Usage: tth_peers.py [--binary MLAAS] [--seeds N]

Run by the Python of .venv-bench from the root of the repository. The events are read by uproot and their features made
by awkward (tests/conformance/tth_events.py); PyTorch trains as examples/tth/mlp.yaml says: the same features, weights,
parts, layers, dropout, optimiser, batches and early stopping. Prints the AUC on the test part for each seed, a line of
JSON for each model, and fails where the mean of ours is below the peer's by more than the error of the difference.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from conformance.tth_events import Events, read_events, weighted_auc  # noqa: E402

EPOCHS = 20
BATCH = 500
PATIENCE = 4


def inputs_of(events: Events) -> np.ndarray:
    """Features with mean 0 and deviation 1 over the training part; absent jets are 0 behind that."""
    train = events.part == 0

    def scaled(values: np.ndarray, known: np.ndarray) -> np.ndarray:
        kept = values[known]
        return (values - kept.mean(0)) / kept.std(0)

    present = np.arange(events.jets.shape[1])[None, :] < events.count[:, None]
    scalars = scaled(events.scalars.astype(np.float64), train)
    jets = scaled(events.jets.astype(np.float64), train[:, None] & present) * present[..., None]
    return np.concatenate([scalars, jets.reshape(len(jets), -1)], axis=1).astype(np.float32)


def train_torch(events: Events, inputs: np.ndarray, seed: int) -> float:
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    width = inputs.shape[1]
    for own in (128, 64):
        layers += [nn.Linear(width, own), nn.ReLU(), nn.Dropout(0.1)]
        width = own
    network = nn.Sequential(*layers, nn.Linear(width, 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    x, y = torch.from_numpy(inputs), torch.from_numpy(events.label.astype(np.float32))
    w = torch.from_numpy((events.weight / np.abs(events.weight[events.part == 0]).mean()).astype(np.float32))
    train, validation, test = (torch.from_numpy(np.flatnonzero(events.part == part)) for part in range(3))

    def loss_of(rows: torch.Tensor) -> torch.Tensor:
        return nn.functional.binary_cross_entropy_with_logits(network(x[rows])[:, 0], y[rows], weight=w[rows])

    best, best_state, waited = math.inf, {}, 0
    for _ in range(EPOCHS):
        network.train()
        for rows in train[torch.randperm(len(train))].split(BATCH):
            optimizer.zero_grad()
            loss_of(rows).backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            loss = float(loss_of(validation))
        waited += 1
        if loss < best:
            best, waited = loss, 0
            best_state = {key: value.clone() for key, value in network.state_dict().items()}
        if waited >= PATIENCE:
            break
    network.load_state_dict(best_state)
    network.eval()
    with torch.no_grad():
        score = network(x[test])[:, 0].numpy()
    rows = test.numpy()
    return weighted_auc(score, events.label[rows], events.weight[rows])


def train_ours(binary: Path, seed: int, folder: Path) -> dict:
    output = folder / f"model_{seed}"
    command = [binary, "train", "examples/tth/mlp.yaml", "--output", output, "--quiet"]
    command += ["--set", f"training.seed={seed}", *(["--set", "compare=[fisher]"] if seed == 1 else [])]
    subprocess.run(list(map(str, command)), cwd=ROOT, check=True, capture_output=True)
    return json.loads((output / "metrics.json").read_text(encoding="utf-8"))


def show(model: str, who: str, values: list[float], error: float) -> None:
    mean = sum(values) / len(values)
    line = {"model": model, "who": who, "auc": round(mean, 4), "error": round(error, 4)}
    print(json.dumps(line | {"seeds": [round(value, 4) for value in values]}), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "build" / "release" / "apps" / "mlaas" / "mlaas")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    events, _ = read_events()
    inputs = inputs_of(events)
    seeds = range(1, options.seeds + 1)
    with tempfile.TemporaryDirectory() as name:
        trained = [train_ours(options.binary.resolve(), seed, Path(name)) for seed in seeds]
    own = [metrics["parts"]["test"]["auc"] for metrics in trained]
    error = trained[0]["parts"]["test"]["auc_error"]
    peer = [train_torch(events, inputs, seed) for seed in seeds]
    show("perceptron", "mlaas4hep", own, error)
    show("perceptron", f"PyTorch {torch.__version__}", peer, error)

    train, test = events.part == 0, events.part == 2
    fisher = LinearDiscriminantAnalysis().fit(inputs[train], events.label[train])
    score = fisher.decision_function(inputs[test])
    ours = trained[0]["compare"]["fisher"]
    show("Fisher", "mlaas4hep, weighted", [ours["auc"]], error)
    peer_fisher = weighted_auc(score, events.label[test], events.weight[test])
    show("Fisher", "scikit-learn, without weights", [peer_fisher], error)

    spread = [np.std(values, ddof=1) / math.sqrt(len(values)) for values in (own, peer)]
    worse = np.mean(peer) - np.mean(own) > math.hypot(error, *spread)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
