"""Numbers that describe an event as a whole, from its jets.

All functions take `Jets`: arrays of shape (events, jets) padded with zeros to the
longest event, with `present` saying which entries are jets. Every event has at least
six jets, so pairs and triplets always exist. Masses and momenta are in GeV.
"""

from __future__ import annotations

from dataclasses import dataclass

import awkward as ak
import numpy as np

W_MASS = 80.4
TOP_MASS = 172.5
HIGGS_MASS = 125.0
FAR = 1e9


@dataclass
class Jets:
    """Padded jets and the quantities that several observables share."""

    pt: np.ndarray
    eta: np.ndarray
    phi: np.ndarray
    btag: np.ndarray
    present: np.ndarray
    tagged: np.ndarray
    p4: np.ndarray  # (events, jets, 4): px, py, pz, E

    @classmethod
    def from_jagged(cls, jets: ak.Array, working_point: float) -> Jets:
        """Pad the jagged jets of the detector."""
        length = int(ak.max(ak.num(jets)))

        def padded(name: str) -> np.ndarray:
            filled = ak.fill_none(ak.pad_none(jets[name], length), 0.0)
            return ak.to_numpy(filled).astype(np.float64)

        pt, eta, phi, mass = (padded(name) for name in ("pt", "eta", "phi", "mass"))
        btag = padded("btag")
        px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
        energy = np.sqrt(px**2 + py**2 + pz**2 + mass**2)
        return cls(
            pt=pt,
            eta=eta,
            phi=phi,
            btag=btag,
            present=pt > 0,
            tagged=btag > working_point,
            p4=np.stack([px, py, pz, energy], axis=-1),
        )


@dataclass
class Pairs:
    """All pairs i < j of the padded jets; arrays have the shape (events, pairs)."""

    first: np.ndarray  # (pairs,) index of the first jet
    second: np.ndarray
    present: np.ndarray
    tagged: np.ndarray
    delta_r: np.ndarray
    p4: np.ndarray

    @classmethod
    def of(cls, jets: Jets) -> Pairs:
        """Make every pair of jets."""
        first, second = np.triu_indices(jets.pt.shape[1], k=1)
        delta_phi = np.abs(jets.phi[:, first] - jets.phi[:, second])
        delta_phi = np.minimum(delta_phi, 2 * np.pi - delta_phi)
        return cls(
            first=first,
            second=second,
            present=jets.present[:, first] & jets.present[:, second],
            tagged=jets.tagged[:, first] & jets.tagged[:, second],
            delta_r=np.hypot(jets.eta[:, first] - jets.eta[:, second], delta_phi),
            p4=jets.p4[:, first] + jets.p4[:, second],
        )


def mass_of(p4: np.ndarray) -> np.ndarray:
    """Return the invariant mass of four-vectors along the last axis."""
    squared = p4[..., 3] ** 2 - np.sum(p4[..., :3] ** 2, axis=-1)
    return np.sqrt(np.maximum(0.0, squared))


def pick(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return from each row the entry that `index` names."""
    return values[np.arange(len(values)), index]


def event_shapes(jets: Jets) -> dict[str, np.ndarray]:
    """Scalar sum of momenta, sphericity, aplanarity, centrality and the mass of all jets."""
    momentum = jets.p4[..., :3]
    tensor = np.einsum("eji,ejk->eik", momentum, momentum)
    tensor /= np.trace(tensor, axis1=1, axis2=2)[:, None, None]
    smallest, middle, _ = np.linalg.eigvalsh(tensor).T
    ht = jets.pt.sum(axis=1)
    return {
        "ht": ht,
        "sphericity": 1.5 * (smallest + middle),
        "aplanarity": 1.5 * smallest,
        "centrality": ht / jets.p4[..., 3].sum(axis=1),
        "mass_jets": mass_of(jets.p4.sum(axis=1)),
    }


def fox_wolfram(jets: Jets) -> dict[str, np.ndarray]:
    """Return the Fox-Wolfram moments 1 to 4 of the jets, relative to moment 0."""
    momentum = jets.p4[..., :3]
    size = np.linalg.norm(momentum, axis=-1)
    product = size[:, :, None] * size[:, None, :]
    dot = np.einsum("eik,ejk->eij", momentum, momentum)
    cosine = np.clip(np.divide(dot, product, out=np.zeros_like(dot), where=product > 0), -1, 1)
    total = product.sum(axis=(1, 2))
    legendre = {
        1: cosine,
        2: (3 * cosine**2 - 1) / 2,
        3: (5 * cosine**3 - 3 * cosine) / 2,
        4: (35 * cosine**4 - 30 * cosine**2 + 3) / 8,
    }
    return {
        f"fox_wolfram_{order}": (product * polynomial).sum(axis=(1, 2)) / total
        for order, polynomial in legendre.items()
    }


def b_jet_observables(jets: Jets, pairs: Pairs) -> dict[str, np.ndarray]:
    """Masses and distances of the pairs of tagged jets, and the tags themselves."""
    delta_r = np.where(pairs.tagged, pairs.delta_r, FAR)
    closest = delta_r.argmin(axis=1)
    mass = mass_of(pairs.p4)
    nearest_higgs = np.where(pairs.tagged, np.abs(mass - HIGGS_MASS), FAR).argmin(axis=1)
    tagged_pt = np.where(jets.tagged, jets.pt, 0.0)
    scores = -np.sort(-jets.btag, axis=1)
    return {
        "ht_b": tagged_pt.sum(axis=1),
        "mbb": pick(mass, closest),
        "pt_bb": np.hypot(*pick(pairs.p4, closest)[:, :2].T),
        "min_dr_bb": pick(delta_r, closest),
        "mean_dr_bb": (pairs.delta_r * pairs.tagged).sum(axis=1) / pairs.tagged.sum(axis=1),
        "mbb_higgs": pick(mass, nearest_higgs),
        "bjet1_pt": tagged_pt.max(axis=1),
        "btag_3": scores[:, 2],
        "btag_4": scores[:, 3],
        "btag_mean": jets.btag.sum(axis=1) / jets.present.sum(axis=1),
    }


def top_candidate(jets: Jets, pairs: Pairs) -> dict[str, np.ndarray]:
    """Mass of the W candidate among the jets least like b, and of the best top with it."""
    third_score = -np.sort(-jets.btag, axis=1)[:, 2:3]
    light = jets.present & (jets.btag <= third_score)
    usable = light[:, pairs.first] & light[:, pairs.second]
    w_mass = mass_of(pairs.p4)
    best = np.where(usable, np.abs(w_mass - W_MASS), FAR).argmin(axis=1)

    top_mass = mass_of(pick(pairs.p4, best)[:, None, :] + jets.p4)
    jet = np.arange(jets.pt.shape[1])[None, :]
    in_pair = (jet == pairs.first[best][:, None]) | (jet == pairs.second[best][:, None])
    allowed = jets.present & ~in_pair
    top = np.where(allowed, np.abs(top_mass - TOP_MASS), FAR).argmin(axis=1)
    return {"m_w": pick(w_mass, best), "m_top": pick(top_mass, top)}


def observables(jagged: ak.Array, met: np.ndarray, working_point: float) -> dict[str, np.ndarray]:
    """Return all scalar observables of events with at least six jets and two tags."""
    jets = Jets.from_jagged(jagged, working_point)
    pairs = Pairs.of(jets)
    shapes = event_shapes(jets)
    return {
        **shapes,
        "met": met,
        "met_significance": met / np.sqrt(shapes["ht"]),
        **fox_wolfram(jets),
        **b_jet_observables(jets, pairs),
        **top_candidate(jets, pairs),
        "min_dr_jj": np.where(pairs.present, pairs.delta_r, FAR).min(axis=1),
        "jet1_pt": jets.pt[:, 0],
        "jet6_pt": jets.pt[:, 5],
    }
