#!/usr/bin/env python3
"""The list expressions of feature_maker_bench in awkward and numpy, on columns of the same shape: ns an event.

Usage: awkward_peer.py feature_maker_bench     (needs numpy and awkward; runs both, one thread, CPU time)
Both compute in float64 from float32 columns of 50,000 events with 6 to 10 jets each; the best of five runs of each.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from types import SimpleNamespace

import awkward as ak
import numpy as np

EVENTS = 50_000


def columns() -> SimpleNamespace:
    random = np.random.default_rng(1)
    counts = random.integers(6, 11, EVENTS)
    names = ("pt", "eta", "phi", "mass", "btag")
    return SimpleNamespace(
        **{name: ak.unflatten((100 * random.random(counts.sum())).astype(np.float32), counts) for name in names}
    )


def double(array: ak.Array) -> ak.Array:
    return ak.values_astype(array, np.float64)


def pair_masses(c: SimpleNamespace) -> ak.Array:
    jets = ak.zip({"pt": double(c.pt), "eta": double(c.eta) / 50, "phi": double(c.phi) / 16, "mass": double(c.mass)})
    pairs = ak.combinations(jets, 2)
    total = [0, 0, 0, 0]
    for jet in ak.unzip(pairs):
        x, y, z = jet.pt * np.cos(jet.phi), jet.pt * np.sin(jet.phi), jet.pt * np.sinh(jet.eta)
        energy = np.sqrt(x * x + y * y + z * z + jet.mass * jet.mass)
        total = [part + new for part, new in zip(total, (energy, x, y, z), strict=True)]
    return np.sqrt(total[0] ** 2 - total[1] ** 2 - total[2] ** 2 - total[3] ** 2)


def nearest_distance(c: SimpleNamespace) -> ak.Array:
    eta, phi, chosen = double(c.eta), double(c.phi) / 16, c.btag > 50
    eta1, eta2 = ak.unzip(ak.cartesian([eta, eta[chosen]], nested=True))
    phi1, phi2 = ak.unzip(ak.cartesian([phi, phi[chosen]], nested=True))
    turn = (phi1 - phi2 + np.pi) % (2 * np.pi) - np.pi
    return ak.min(np.sqrt((eta1 - eta2) ** 2 + turn**2), axis=2)


PEERS = {
    "mask": lambda c: double(c.pt)[c.btag > 50],
    "leading": lambda c: ak.max(double(c.pt), axis=1),
    "list_arithmetic": lambda c: double(c.pt) * double(c.pt) + double(c.eta) * 2,
    "list_sum": lambda c: ak.sum(double(c.pt), axis=1),
    "list_sort": lambda c: ak.sort(double(c.pt)),
    "list_argsort": lambda c: double(c.eta)[ak.argsort(double(c.pt))],
    "list_slice": lambda c: double(c.pt)[:, :3],
    "pair_sums": lambda c: sum(ak.unzip(ak.combinations(double(c.pt), 2))),
    "pair_masses": pair_masses,
    "nearest_distance": nearest_distance,
}


def best(function, data: SimpleNamespace) -> float:
    function(data)
    times = []
    for _ in range(5):
        start = time.process_time()
        function(data)
        times.append(time.process_time() - start)
    return 1e9 * min(times) / EVENTS


def ours(program: str) -> dict[str, float]:
    done = subprocess.run(
        [program, "--benchmark_filter=expression", "--benchmark_format=json", "--benchmark_repetitions=5"],
        capture_output=True,
        text=True,
        check=True,
    )
    times: dict[str, list[float]] = {}
    for row in json.loads(done.stdout)["benchmarks"]:
        if row["run_type"] == "iteration":
            times.setdefault(row["name"].split("/")[1], []).append(row["cpu_time"] / EVENTS)
    return {name: min(found) for name, found in times.items()}


def main() -> None:
    measured = ours(sys.argv[1])
    data = columns()
    print(f"numpy {np.__version__}, awkward {ak.__version__}; ns an event, CPU time")
    for name, function in PEERS.items():
        peer = best(function, data)
        print(f"{name:18} {measured[name]:9.1f} {peer:9.1f}  {peer / measured[name]:6.1f} times")


if __name__ == "__main__":
    main()
