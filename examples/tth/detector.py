"""A toy detector: particles to smeared jets, b-tag scores, leptons and missing momentum.

Momenta are in GeV. An event's jets are those the analysis uses: transverse momentum
above 30 GeV and |eta| below 2.4, ordered by falling transverse momentum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import awkward as ak
import fastjet
import numpy as np
import vector

vector.register_awkward()

JET_RADIUS = 0.4
JET_MIN_PT = 30.0
JET_MAX_ETA = 2.4
CLUSTERED_MIN_PT = 15.0
CALORIMETER_MAX_ETA = 4.7
LEPTON_MIN_PT = 20.0
LEPTON_MAX_ETA = 2.4
HADRON_MIN_PT = 5.0

# Resolution of the jet transverse momentum: stochastic and constant term.
JET_STOCHASTIC = 0.9
JET_CONSTANT = 0.04
# Resolution of one component of the missing momentum per square root of visible energy.
SOFT_MET_RESOLUTION = 0.5

# The b-tag score is sigmoid(SPREAD * (MEAN[flavour] + normal)); above 0.5 a jet is tagged.
# The means are the normal quantiles of the wanted efficiencies: 72 %, 15 % and 1 %.
BTAG_WORKING_POINT = 0.5
BTAG_SPREAD = 1.5
BTAG_MEANS = {5: 0.583, 4: -1.036, 0: -2.326}
# Below this transverse momentum tracks are few and b jets look more like light ones.
BTAG_SOFT_PT = 50.0
BTAG_SOFT_LOSS = 0.3

Rounding = Callable[[np.ndarray], np.ndarray]


@dataclass
class Events:
    """What the detector saw of a batch; all arrays have one row for each event.

    `jets` is jagged with the fields pt, eta, phi, mass, btag and flavour (5, 4 or 0).
    """

    jets: ak.Array
    met: np.ndarray
    num_leptons: np.ndarray
    true_met: np.ndarray
    higgs_pt: np.ndarray


def momenta(particles: ak.Array) -> ak.Array:
    """Return the particles' momenta as four-vectors that FastJet and vector understand."""
    p = particles.p
    return ak.zip({"px": p.px, "py": p.py, "pz": p.pz, "E": p.e}, with_name="Momentum4D")


def contains_quark(particle_id: ak.Array, quark: int) -> ak.Array:
    """Say which particles are hadrons that contain the quark, from their PDG number."""
    number = abs(particle_id)
    is_hadron = (number > 100) & (number < 1_000_000_000) & ((number // 10) % 10 != 0)
    return is_hadron & (((number // 100) % 10 == quark) | ((number // 1000) % 10 == quark))


def is_prompt_lepton(record: ak.Array) -> ak.Array:
    """Say which particles are final electrons or muons not directly from hadrons, in the acceptance."""
    number = abs(record.id)
    from_tau = abs(record.id[record.mother1]) == 15
    is_prompt = (record.status > 0) & ((number == 11) | (number == 13))
    # Pythia's status codes from 80 up are made in hadronisation and hadron decays.
    is_prompt = is_prompt & ((record.status < 80) | from_tau)
    p = momenta(record)
    return is_prompt & (p.pt > LEPTON_MIN_PT) & (abs(p.eta) < LEPTON_MAX_ETA)


def nearest_within(jets: ak.Array, hadrons: ak.Array) -> ak.Array:
    """Say which jets have one of the hadrons inside their radius."""
    pairs = ak.cartesian({"jet": jets, "hadron": hadrons}, nested=True)
    return ak.any(pairs.jet.deltaR(pairs.hadron) < JET_RADIUS, axis=-1)


def flavours(jets: ak.Array, record: ak.Array) -> ak.Array:
    """Return 5 for jets with a b hadron inside, 4 for a c hadron, otherwise 0."""
    p = momenta(record)
    is_hard = p.pt > HADRON_MIN_PT
    has_b = nearest_within(jets, p[contains_quark(record.id, 5) & is_hard])
    has_c = nearest_within(jets, p[contains_quark(record.id, 4) & is_hard])
    return ak.where(has_b, 5, ak.where(has_c, 4, 0))


def btag_scores(pt: np.ndarray, flavour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a score in (0, 1) for each jet; all arrays are flat."""
    mean = np.select([flavour == 5, flavour == 4], [BTAG_MEANS[5], BTAG_MEANS[4]], BTAG_MEANS[0])
    mean = mean - BTAG_SOFT_LOSS * ((flavour == 5) & (pt < BTAG_SOFT_PT))
    latent = BTAG_SPREAD * (mean + rng.standard_normal(len(pt)))
    return 1.0 / (1.0 + np.exp(-latent))


def cluster(visible: ak.Array) -> ak.Array:
    """Return the anti-kt jets of the visible particles."""
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, JET_RADIUS)
    jets = fastjet.ClusterSequence(visible, definition).inclusive_jets(min_pt=CLUSTERED_MIN_PT)
    return ak.with_name(jets, "Momentum4D")


def smear_factors(jets: ak.Array, rng: np.random.Generator) -> ak.Array:
    """Draw the ratio of measured to true transverse momentum for each jet."""
    pt = ak.to_numpy(ak.flatten(jets.pt))
    resolution = np.hypot(JET_STOCHASTIC / np.sqrt(pt), JET_CONSTANT)
    factor = np.maximum(0.1, 1.0 + resolution * rng.standard_normal(len(pt)))
    return ak.unflatten(factor, ak.num(jets))


def measure_jets(
    true_jets: ak.Array,
    factor: ak.Array,
    record: ak.Array,
    rng: np.random.Generator,
    rounding: Rounding,
) -> ak.Array:
    """Return the selected jets, already rounded: every other number is made from these."""
    flavour = ak.to_numpy(ak.flatten(flavours(true_jets, record)))
    pt = ak.to_numpy(ak.flatten(true_jets.pt * factor))
    # A jet of nearly parallel massless particles can come out with a slightly negative mass.
    mass = np.maximum(0.0, ak.to_numpy(ak.flatten(true_jets.mass * factor)))
    columns = {
        "pt": rounding(pt),
        "eta": rounding(ak.to_numpy(ak.flatten(true_jets.eta))),
        "phi": rounding(ak.to_numpy(ak.flatten(true_jets.phi))),
        "mass": rounding(mass),
        "btag": rounding(btag_scores(pt, flavour, rng)),
        "flavour": flavour,
    }
    jets = ak.unflatten(ak.zip(columns), ak.num(true_jets))
    jets = jets[(jets.pt > JET_MIN_PT) & (abs(jets.eta) < JET_MAX_ETA)]
    return jets[ak.argsort(jets.pt, ascending=False, stable=True)]


def higgs_pt(record: ak.Array) -> np.ndarray:
    """Return the transverse momentum of the Higgs boson before its decay, -1 without one."""
    higgs = momenta(record[record.id == 25])
    return ak.to_numpy(ak.fill_none(ak.firsts(higgs[:, ::-1].pt), -1.0))


def simulate(record: ak.Array, rng: np.random.Generator, rounding: Rounding) -> Events:
    """Pass a batch of particle records through the detector."""
    is_lepton = is_prompt_lepton(record)
    number = abs(record.id)
    is_neutrino = (number == 12) | (number == 14) | (number == 16)
    is_final = record.status > 0
    neutrinos = momenta(record[is_final & is_neutrino])
    visible = momenta(record[is_final & ~is_neutrino & ~is_lepton])
    visible = visible[abs(visible.eta) < CALORIMETER_MAX_ETA]

    true_jets = cluster(visible)
    factor = smear_factors(true_jets, rng)
    jets = measure_jets(true_jets, factor, record, rng, rounding)

    true_x = ak.to_numpy(ak.sum(neutrinos.px, axis=1))
    true_y = ak.to_numpy(ak.sum(neutrinos.py, axis=1))
    lost_x = ak.to_numpy(ak.sum(true_jets.px * (1.0 - factor), axis=1))
    lost_y = ak.to_numpy(ak.sum(true_jets.py * (1.0 - factor), axis=1))
    soft = SOFT_MET_RESOLUTION * np.sqrt(ak.to_numpy(ak.sum(visible.pt, axis=1)))
    met_x = true_x + lost_x + soft * rng.standard_normal(len(soft))
    met_y = true_y + lost_y + soft * rng.standard_normal(len(soft))
    return Events(
        jets=jets,
        met=np.hypot(met_x, met_y),
        num_leptons=ak.to_numpy(ak.sum(is_lepton, axis=1)),
        true_met=np.hypot(true_x, true_y),
        higgs_pt=higgs_pt(record),
    )
