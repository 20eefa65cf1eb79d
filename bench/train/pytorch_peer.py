#!/usr/bin/env python3
"""The peer of train_bench: the same network, batches and optimiser in PyTorch. Prints one line of JSON.

Usage: pytorch_peer.py [--batch-size N] [--inputs N] [--dropout P] [--steps N] [--repeat N] [--fused]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

import torch
from torch import nn


def make_batches(options: argparse.Namespace) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Events whose label shifts every column a little, as train_bench makes them."""
    batches = []
    for _ in range(32):
        label = (torch.rand(options.batch_size, 1) < 0.5).float()
        x = 3.4 * (torch.rand(options.batch_size, options.inputs) - 0.5) + 0.1 * label
        batches.append((x, label, 0.5 + torch.rand(options.batch_size, 1)))
    return batches


def make_network(options: argparse.Namespace) -> nn.Module:
    layers, width = [], options.inputs
    for hidden in options.layers:
        layers += [nn.Linear(width, hidden), nn.ReLU()]
        if options.dropout > 0:
            layers.append(nn.Dropout(options.dropout))
        width = hidden
    return nn.Sequential(*layers, nn.Linear(width, 1))


def train_steps(network: nn.Module, optimizer: torch.optim.Optimizer, batches: list, steps: int) -> float:
    """Returns the mean loss of `steps` steps."""
    loss_sum = events = 0
    for step in range(steps):
        x, label, weight = batches[step % len(batches)]
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(network(x), label, weight=weight)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(x)
        events += len(x)
    return loss_sum / events


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=1000)
    parser.add_argument("--inputs", type=int, default=29)
    parser.add_argument("--layers", type=int, nargs="+", default=[128, 64])
    parser.add_argument("--dropout", type=float, default=0)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--fused", action="store_true")
    options = parser.parse_args()

    torch.manual_seed(1)
    torch.set_num_threads(1)
    batches = make_batches(options)
    network = make_network(options)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, **({"fused": True} if options.fused else {}))
    first = train_steps(network, optimizer, batches, 50)
    best, cpu, loss = float("inf"), 0.0, first
    for _ in range(options.repeat):
        start, cpu_start = time.perf_counter(), time.process_time()
        loss = train_steps(network, optimizer, batches, options.steps)
        seconds = time.perf_counter() - start
        if seconds < best:
            best, cpu = seconds, time.process_time() - cpu_start
    if not loss < first:
        print(f"pytorch_peer: the loss rose from {first} to {loss}", file=sys.stderr)
        return 1
    events = options.steps * options.batch_size
    line = {
        "trainer": f"PyTorch {torch.__version__}" + (" fused" if options.fused else ""),
        "events_per_second": events / best,
        "events_per_cpu_second": events / cpu,
        "cpu_seconds": cpu,
        "batch_size": options.batch_size,
        "loss": loss,
        "peak_rss_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024e-3,
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
