#!/usr/bin/env python3
"""The peer of train_bench: the same network, batches and optimiser in PyTorch. Prints one line of JSON.

Usage: pytorch_peer.py [--batch-size N] [--inputs N] [--dropout P] [--steps N] [--repeat N] [--fused]
       [--deepsets [--columns N] [--length N]]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

import torch
from torch import nn


def make_batches(options: argparse.Namespace) -> list[tuple[tuple[torch.Tensor, ...], torch.Tensor, torch.Tensor]]:
    """Events whose label shifts every column a little, as train_bench makes them; lists are padded and masked."""
    batches = []
    for _ in range(32):
        label = (torch.rand(options.batch_size, 1) < 0.5).float()
        x = 3.4 * (torch.rand(options.batch_size, options.inputs) - 0.5) + 0.1 * label
        inputs = (x,)
        if options.deepsets:
            count = torch.randint(3, options.length + 1, (options.batch_size, 1))
            mask = (torch.arange(options.length)[None, :] < count).float()[..., None]
            elements = 3.4 * (torch.rand(options.batch_size, options.length, options.columns) - 0.5)
            inputs = (x, (elements + 0.1 * label[..., None]) * mask, mask)
        batches.append((inputs, label, 0.5 + torch.rand(options.batch_size, 1)))
    return batches


def make_layers(width: int, hidden: list[int], dropout: float = 0) -> list[nn.Module]:
    layers = []
    for own in hidden:
        layers += [nn.Linear(width, own), nn.ReLU()]
        if dropout > 0:
            layers.append(nn.Dropout(dropout))
        width = own
    return layers


class DeepSets(nn.Module):
    """A particle flow network as one writes it: padded elements, a mask before the sum."""

    def __init__(self, options: argparse.Namespace):
        super().__init__()
        self.phi = nn.Sequential(*make_layers(options.columns, [128, 128, 128]))
        rho = make_layers(options.inputs + 128, [128, 128, 128], options.dropout)
        self.rho = nn.Sequential(*rho, nn.Linear(128, 1))

    def forward(self, x: torch.Tensor, elements: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.rho(torch.cat([x, (self.phi(elements) * mask).sum(1)], 1))


def make_network(options: argparse.Namespace) -> nn.Module:
    if options.deepsets:
        return DeepSets(options)
    layers = make_layers(options.inputs, options.layers, options.dropout)
    return nn.Sequential(*layers, nn.Linear(options.layers[-1], 1))


def train_steps(network: nn.Module, optimizer: torch.optim.Optimizer, batches: list, steps: int) -> float:
    """Returns the mean loss of `steps` steps."""
    loss_sum = events = 0
    for step in range(steps):
        inputs, label, weight = batches[step % len(batches)]
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(network(*inputs), label, weight=weight)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(label)
        events += len(label)
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
    parser.add_argument("--deepsets", action="store_true")
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--length", type=int, default=10)
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
        "model": "deepsets" if options.deepsets else "mlp",
        "events_per_second": events / best,
        "events_per_cpu_second": events / cpu,
        "cpu_seconds": cpu,
        "batch_size": options.batch_size,
        "parameters": sum(p.numel() for p in network.parameters()),
        "loss": loss,
        "peak_rss_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024e-3,
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
