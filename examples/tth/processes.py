"""The physics processes of the sample and how Pythia generates them.

Every process is leading order with parton shower, hadronisation and multiple
interactions, in proton-proton collisions at 13 TeV with Pythia's default tune.
Cross sections are in pb, energies in GeV.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import awkward as ak
import pythia8mc

COMMON_SETTINGS = (
    "Print:quiet = on",
    "Beams:eCM = 13000.",
    "Random:setSeed = on",
)


@dataclass(frozen=True)
class Process:
    """One class of events.

    `code` is the value of `truth_process`. `mean_weight` is the size of the
    generator weights: generators choose it freely, so it differs by process and
    says nothing about the rate; the rate is cross section over sum of weights.
    """

    name: str
    code: int
    mean_weight: float
    settings: tuple[str, ...]


PROCESSES: dict[str, Process] = {
    process.name: process
    for process in (
        Process(
            name="tth",
            code=0,
            mean_weight=0.5,
            settings=(
                "HiggsSM:gg2Httbar = on",
                "HiggsSM:qqbar2Httbar = on",
                "25:onMode = off",
                "25:onIfMatch = 5 -5",
            ),
        ),
        Process(
            name="ttbar",
            code=1,
            mean_weight=1.7,
            settings=("Top:gg2ttbar = on", "Top:qqbar2ttbar = on"),
        ),
        Process(
            name="multijet",
            code=2,
            mean_weight=3.0,
            settings=("HardQCD:hardbbbar = on", "PhaseSpace:pTHatMin = 250."),
        ),
    )
}


class Generator:
    """A Pythia instance for one process and one seed. Not to be shared by threads."""

    def __init__(self, process: Process, seed: int) -> None:
        self._pythia = pythia8mc.Pythia("", False)
        for setting in (*COMMON_SETTINGS, f"Random:seed = {seed}", *process.settings):
            if not self._pythia.readString(setting):
                raise RuntimeError(f"Pythia does not accept the setting '{setting}'")
        if not self._pythia.init():
            raise RuntimeError(f"Pythia cannot start the process '{process.name}'")

    def batches(self, size: int) -> Iterator[ak.Array]:
        """Yield batches of `size` events with their full particle record, without end."""
        while True:
            yield self._pythia.nextBatch(size)

    def cross_section_pb(self) -> float:
        """Return Pythia's leading-order estimate; it includes H -> bb where that is forced."""
        millibarn_in_pb = 1e9
        return self._pythia.infoPython().sigmaGen() * millibarn_in_pb
