#!/usr/bin/env python3
"""Generates muons in four stations of an endcap: hits with bending, multiple scattering and resolution.

    python examples/muon_trigger/generate.py

writes data/train.root and data/test.root, always the same. README.md says what is simulated.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import awkward as ak
import numpy as np
import uproot

STATION_Z = np.array([7.0, 8.3, 9.4, 10.4])  # m
BENDING = np.array([0.80, 1.00, 1.07, 1.10])  # rad GeV at eta = 1.2, between the vertex and each station
LOSS = np.array([1.0, 1.8, 2.6, 3.4])  # GeV on the way to each station
RADIATION_LENGTHS = 50.0  # of iron in front of each station
PHI_RESOLUTION = np.array([0.5e-3, 1e-3, 1e-3, 1e-3])  # rad
BEND_RESOLUTION = 8e-3  # rad, the direction that one station measures
THETA_RESOLUTION = 5e-3
EFFICIENCY = np.array([1.0, 0.94, 0.94, 0.92])
LEAST_PT, MOST_PT = 2.0, 300.0


def rounded(values: np.ndarray, bits: int = 12) -> np.ndarray:
    """float32 with so many bits of mantissa, which compress."""
    mantissa, exponent = np.frexp(values.astype(np.float32))
    return np.ldexp(np.round(mantissa * 2**bits) / 2**bits, exponent).astype(np.float32)


def make_muons(number: int, seed: int) -> dict:
    """Columns of the tree; every muon has a hit in the first station and at least two more."""
    random = np.random.default_rng(seed)
    made = {name: [] for name in ("pt", "eta", "q", "phi", "theta", "bend", "there")}
    while sum(len(part) for part in made["pt"]) < number:
        one = simulate(random, number)
        keep = one["there"].sum(axis=1) >= 3
        for name, values in one.items():
            made[name].append(values[keep])
    muon = {name: np.concatenate(parts)[:number] for name, parts in made.items()}
    there = muon["there"]
    of_all = {"station": np.broadcast_to(np.arange(1, 5, dtype=np.int32), (number, 4))}
    of_all |= {name: rounded(muon[name]) for name in ("phi", "theta", "bend")}
    hits = {name: ak.unflatten(values[there], there.sum(axis=1)) for name, values in of_all.items()}
    return {
        "event": np.arange(number, dtype=np.int64) + seed * 10_000_000,
        "Hit": ak.zip(hits),
        "gen_pt": rounded(muon["pt"]),
        "gen_eta": rounded(muon["eta"]),
        "gen_q": muon["q"].astype(np.int32),
    }


def simulate(random: np.random.Generator, number: int) -> dict:
    pt = np.exp(random.uniform(np.log(LEAST_PT), np.log(MOST_PT), number))
    eta = random.uniform(1.2, 2.4, number) * random.choice([-1, 1], number)
    q = random.choice([-1, 1], number)
    momentum = np.maximum(pt * np.cosh(eta) - 2.0, 0.5)
    radius = STATION_Z / np.sinh(np.abs(eta))[:, None]
    # Less of the solenoid's field is crossed the more forward a muon goes.
    lever = BENDING * (np.sinh(1.2) / np.sinh(np.abs(eta)))[:, None]
    phi0 = random.uniform(-np.pi, np.pi, number)
    bending = q[:, None] * lever / (pt[:, None] * np.maximum(1 - LOSS / (2 * momentum[:, None]), 0.3))
    kicks = random.normal(0, 0.0136 * np.sqrt(RADIATION_LENGTHS) / momentum[:, None], (number, 4))
    shift = np.zeros((number, 4))
    for later in range(1, 4):
        for earlier in range(later):
            shift[:, later] += kicks[:, earlier] * (STATION_Z[later] - STATION_Z[earlier]) / radius[:, later]
    phi = phi0[:, None] + bending + shift + random.normal(0, PHI_RESOLUTION, (number, 4))
    direction = bending / 2 + np.cumsum(kicks, axis=1) + random.normal(0, BEND_RESOLUTION, (number, 4))
    theta = np.arctan2(radius, STATION_Z) + random.normal(0, THETA_RESOLUTION, (number, 4))
    return {
        "pt": pt,
        "eta": eta,
        "q": q,
        "phi": (phi + np.pi) % (2 * np.pi) - np.pi,
        "theta": theta,
        "bend": direction,
        "there": random.uniform(size=(number, 4)) < EFFICIENCY,
    }


def write(file: str, columns: dict) -> None:
    with uproot.recreate(file, compression=uproot.ZSTD(10)) as root:
        types = {name: ak.type(v).content if name == "Hit" else v.dtype for name, v in columns.items()}
        root.mktree("Muons", types)
        root["Muons"].extend(columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=int, default=24_000, help="muons in train.root")
    parser.add_argument("--test", type=int, default=8_000, help="muons in test.root")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "data")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    os.chdir(options.out)  # files hold the name that they were made with
    write("train.root", make_muons(options.train, 1))
    write("test.root", make_muons(options.test, 2))


if __name__ == "__main__":
    main()
