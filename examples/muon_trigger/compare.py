#!/usr/bin/env python3
"""Compares models of the muon's momentum with a look-up table, as a trigger has one, on the muons of test.root.

mlaas predict models/muon_momentum examples/muon_trigger/data/test.root --out network.npy
mlaas predict models/muon_momentum_trees examples/muon_trigger/data/test.root --out trees.npy
python examples/muon_trigger/compare.py network.npy trees.npy
"""

from __future__ import annotations

import argparse
from pathlib import Path

import awkward as ak
import numpy as np
import uproot

DATA = Path(__file__).resolve().parent / "data"
BINS = [(2, 5), (5, 10), (10, 20), (20, 50), (50, 300)]
THRESHOLD = 20.0  # GeV
KEPT = 0.9  # of the muons just above the threshold
# The address: 6 bits of the bending to the next station, 2 of that to the one behind it, 3 of theta; more starve it.
ADDRESS = (64, 4, 8)


def bending(events: ak.Array, station: int) -> np.ndarray:
    """The azimuth of a station's hit behind that of the first; NaN where there is none."""
    phi = ak.fill_none(ak.firsts(events.Hit_phi[events.Hit_station == station]), np.nan)
    return (ak.to_numpy(phi) - ak.to_numpy(events.Hit_phi[:, 0]) + np.pi) % (2 * np.pi) - np.pi


def addresses(events: ak.Array) -> np.ndarray:
    """One number for each muon: what a look-up table sees of it."""
    first, second = bending(events, 2), bending(events, 3)
    first, second = np.where(np.isnan(first), second, first), np.where(np.isnan(second), bending(events, 4), second)
    theta = ak.to_numpy(ak.mean(events.Hit_theta, axis=1))
    theta = np.minimum(theta, np.pi - theta)
    # Finer where muons are straight.
    steps = [np.tanh(first / 0.02), np.tanh((second - first) / 0.004), 2 * (theta - 0.18) / (0.58 - 0.18) - 1]
    address = np.zeros(len(events), dtype=np.int64)
    for step, size in zip(steps, ADDRESS, strict=True):
        place = np.clip(((np.nan_to_num(step) + 1) / 2 * size).astype(np.int64), 0, size - 1)
        address = address * size + place
    return address


def look_up(train: ak.Array, test: ak.Array) -> np.ndarray:
    """The mean curvature of the training muons of the address; where they are few, of all theta."""
    curvature = ak.to_numpy(train.gen_q / train.gen_pt)
    size = int(np.prod(ADDRESS))
    where, wanted = addresses(train), addresses(test)
    number = np.bincount(where, minlength=size)
    total = np.bincount(where, curvature, minlength=size)
    coarse, coarse_total = (np.repeat(x.reshape(-1, ADDRESS[2]).sum(axis=1), ADDRESS[2]) for x in (number, total))
    use = number[wanted] >= 3
    number, total = np.where(use, number[wanted], coarse[wanted]), np.where(use, total[wanted], coarse_total[wanted])
    return np.divide(total, number, out=np.zeros(len(test)), where=number > 0)


def resolutions(pt: np.ndarray, truth: np.ndarray) -> list[float]:
    """Half the central 68 % of pt / truth - 1 in each bin of the truth."""
    result = []
    for low, high in BINS:
        chosen = (truth >= low) & (truth < high)
        lower, upper = np.quantile(pt[chosen] / truth[chosen] - 1, [0.1587, 0.8413])
        result.append((upper - lower) / 2)
    return result


def rate(pt: np.ndarray, truth: np.ndarray) -> float:
    """The share of muons with the spectrum pt^-3 that pass a cut which keeps KEPT of those just above THRESHOLD."""
    cut = np.quantile(pt[(truth >= THRESHOLD) & (truth < 1.5 * THRESHOLD)], 1 - KEPT)
    weight = truth**-2  # events are flat in log pt
    return float(weight[pt >= cut].sum() / weight.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scores", nargs="+", type=Path, help="predictions of mlaas predict for test.root")
    options = parser.parse_args()
    train, test = (uproot.open(DATA / name)["Muons"].arrays() for name in ("train.root", "test.root"))
    curvatures = {"look-up table": look_up(train, test)}
    for file in options.scores:
        curvatures[file.stem] = np.load(file).ravel().astype(float)
    truth = ak.to_numpy(test.gen_pt).astype(float)
    charge = ak.to_numpy(test.gen_q)
    heads = [f"{low} to {high} GeV" for low, high in BINS]
    print("".join(text.rjust(15) for text in ["", *heads, "rate", "wrong charge"]))
    for name, curvature in curvatures.items():
        pt = 1 / np.maximum(np.abs(curvature), 1e-4)
        cells = [f"{100 * value:.1f} %" for value in resolutions(pt, truth)]
        cells += [f"{100 * rate(pt, truth):.2f} %", f"{100 * np.mean(np.sign(curvature) != charge):.2f} %"]
        print("".join(text.rjust(15) for text in [name, *cells]))


if __name__ == "__main__":
    main()
