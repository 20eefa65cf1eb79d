"""Generates, simulates and selects events of one process: the work of one job.

A job makes a fixed number of selected events from a seed of its own, so the sample
depends on the seed and the numbers of events only, not on how many jobs run at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import awkward as ak
import numpy as np
from detector import BTAG_WORKING_POINT, Events, Rounding, simulate
from observables import observables
from processes import PROCESSES, Generator, Process

BATCH_SIZE = 200
EVENTS_PER_JOB = 250
MIN_JETS = 6
MIN_TAGS = 2
MAX_PYTHIA_SEED = 900_000_000

# The weights imitate those of a next-to-leading-order generator: a share of them is
# negative, and their size varies by event, partly at random and partly with the scale.
NEGATIVE_SHARE = 0.15
WEIGHT_SPREAD = 0.25
SCALE_POWER = -0.25
REFERENCE_SCALE = 250.0


@dataclass(frozen=True)
class Job:
    """What one job makes: events `first` to `first + count` of a process."""

    process: str
    first: int
    count: int
    seed: int
    full_precision: bool


@dataclass
class Batch:
    """Selected events as columns, with what is needed to normalise them.

    `scalars` holds one value for each event; `jagged` the values of all events in a
    row, nJet of them for each event. `generated` and `sum_weights` count all events
    tried, `cross_section_pb` is Pythia's estimate.
    """

    scalars: dict[str, np.ndarray]
    jagged: dict[str, np.ndarray]
    generated: int
    sum_weights: float
    cross_section_pb: float


def round_mantissa(values: np.ndarray) -> np.ndarray:
    """Return the values as float32 with the mantissa rounded to 10 bits, as CMS NanoAOD has them."""
    dropped_bits = np.uint32(13)
    bits = np.asarray(values, dtype=np.float32).view(np.uint32)
    lowest_kept = (bits >> dropped_bits) & np.uint32(1)
    rounded = bits + np.uint32(0x0FFF) + lowest_kept
    return (rounded & np.uint32(0xFFFFE000)).view(np.float32)


def keep_float32(values: np.ndarray) -> np.ndarray:
    """Return the values as float32."""
    return np.asarray(values, dtype=np.float32)


def plan(process: str, events: int, seed: int, full_precision: bool) -> list[Job]:
    """Divide the events of a process into jobs."""
    return [
        Job(process, first, min(EVENTS_PER_JOB, events - first), seed, full_precision)
        for first in range(0, events, EVENTS_PER_JOB)
    ]


def draw_weights(process: Process, scale: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a weight for each event; `scale` is the renormalisation scale in GeV."""
    sign = np.where(rng.random(len(scale)) < NEGATIVE_SHARE, -1.0, 1.0)
    size = np.exp(WEIGHT_SPREAD * rng.standard_normal(len(scale)))
    return process.mean_weight * sign * size * (scale / REFERENCE_SCALE) ** SCALE_POWER


def select(events: Events) -> tuple[np.ndarray, np.ndarray]:
    """Return which events are kept, and the number of b-tagged jets of all events."""
    num_tags = ak.to_numpy(ak.sum(events.jets.btag > BTAG_WORKING_POINT, axis=1))
    num_jets = ak.to_numpy(ak.num(events.jets))
    return (num_jets >= MIN_JETS) & (num_tags >= MIN_TAGS), num_tags


def columns(
    process: Process,
    events: Events,
    weight: np.ndarray,
    chosen: np.ndarray,
    num_tags: np.ndarray,
    rounding: Rounding,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the scalar and the jagged columns of the chosen events."""
    jets = events.jets[chosen]
    measured = observables(jets, events.met[chosen], BTAG_WORKING_POINT)
    scalars = {
        "weight": rounding(weight[chosen]),
        "nJet": ak.to_numpy(ak.num(jets)).astype(np.int32),
        "nBJet": num_tags[chosen].astype(np.int32),
        "nLepton": events.num_leptons[chosen].astype(np.int32),
        **{name: rounding(values) for name, values in measured.items()},
        "truth_process": np.full(len(chosen), process.code, dtype=np.int32),
        "truth_higgs_pt": rounding(events.higgs_pt[chosen]),
        "truth_met": rounding(events.true_met[chosen]),
    }
    jagged = {
        f"Jet_{name}": ak.to_numpy(ak.flatten(jets[name])).astype(np.float32)
        for name in ("pt", "eta", "phi", "mass", "btag")
    }
    jagged["truth_jet_flavour"] = ak.to_numpy(ak.flatten(jets.flavour)).astype(np.uint8)
    return scalars, jagged


def concatenated(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Join columns of several batches."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def join(batches: list[Batch]) -> Batch:
    """Join the results of several jobs of one process."""
    return Batch(
        scalars=concatenated([batch.scalars for batch in batches]),
        jagged=concatenated([batch.jagged for batch in batches]),
        generated=sum(batch.generated for batch in batches),
        sum_weights=sum(batch.sum_weights for batch in batches),
        cross_section_pb=float(np.mean([batch.cross_section_pb for batch in batches])),
    )


def produce(job: Job) -> Batch:
    """Generate events until `job.count` of them are selected."""
    process = PROCESSES[job.process]
    seeds = np.random.SeedSequence([job.seed, process.code, job.first])
    rng = np.random.default_rng(seeds)
    generator = Generator(process, int(seeds.generate_state(1)[0]) % MAX_PYTHIA_SEED + 1)
    rounding = keep_float32 if job.full_precision else round_mantissa

    parts: list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]] = []
    generated, selected, sum_weights = 0, 0, 0.0
    for record in generator.batches(BATCH_SIZE):
        scale = np.sqrt(ak.to_numpy(record.info.Q2Ren))
        weight = draw_weights(process, scale, rng)
        events = simulate(record.prt, rng, rounding)
        passed, num_tags = select(events)
        chosen = np.flatnonzero(passed)[: job.count - selected]
        selected += len(chosen)
        is_last = selected == job.count
        # The last batch counts up to the last event kept, so that rates are unbiased.
        tried = int(chosen[-1]) + 1 if is_last else len(scale)
        generated += tried
        sum_weights += float(weight[:tried].sum())
        if len(chosen) > 0:
            parts.append(columns(process, events, weight, chosen, num_tags, rounding))
        if is_last:
            break

    return Batch(
        scalars=concatenated([scalars for scalars, _ in parts]),
        jagged=concatenated([jagged for _, jagged in parts]),
        generated=generated,
        sum_weights=sum_weights,
        cross_section_pb=generator.cross_section_pb(),
    )
