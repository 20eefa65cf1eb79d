"""Expressions of analyses on NanoAOD, against RDataFrame on the same file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).with_name("expressions")))

# Ours, and RDataFrame's where it is written differently.
SHARED = [
    "Sum(Jet_pt > 30 && abs(Jet_eta) < 2.4) >= 2",
    "nJet >= 4 && MET_pt > 20",
    "Jet_pt[Jet_pt > 30 && abs(Jet_eta) < 2.5]",
    "Sum(Jet_pt[Jet_pt > 30])",
    "Take(Jet_pt, StableArgsort(Jet_btagDeepB))",
    "Reverse(Sort(Concatenate(Muon_pt, Electron_pt)))",
    "Jet_pt * cos(Jet_phi)",
    "sqrt(pow(Sum(Jet_pt * cos(Jet_phi)), 2) + pow(Sum(Jet_pt * sin(Jet_phi)), 2))",
    "(Jet_jetId & 2) != 0",
    "HLT_IsoMu20 || HLT_IsoMu22",
    "Any(Muon_pt > 20 && abs(Muon_eta) < 2.1 && Muon_tightId)",
    "All(Jet_pt > 20)",
    "abs(DeltaPhi(Jet_phi, MET_phi))",
    "Where(Jet_pt > 50, Jet_pt, 0.)",
    "TMath::Abs(MET_phi) < TMath::PiOver2()",
    "Mean(Jet_pt)",
    "Muon_pt[Muon_pfRelIso03_all < 0.15 && Muon_pt > 10]",
    "std::log(MET_pt + 1)",
    "log(Jet_pt)",
    "event % 10 == 3",
    "Jet_pt / Sum(Jet_pt)",
    "PV_npvsGood > 0 && sqrt(PV_x * PV_x + PV_y * PV_y) < 2",
    "Jet_pt.size() > 2 && !HLT_IsoMu20",
    "nMuon == 2 ? MET_pt : -1.",
]
TRANSLATED = [
    ("max(Jet_pt, default=-1)", "nJet > 0 ? Max(Jet_pt) : -1."),
    ("Jet_pt[argmax(Jet_btagDeepB)]", "at(Jet_pt, nJet > 0 ? ArgMax(Jet_btagDeepB) : 0)"),
    ("InvariantMass(Jet_pt[:2], Jet_eta[:2], Jet_phi[:2], Jet_mass[:2])",
     "InvariantMass(Take(Jet_pt, nJet < 2 ? nJet : 2), Take(Jet_eta, nJet < 2 ? nJet : 2), "
     "Take(Jet_phi, nJet < 2 ? nJet : 2), Take(Jet_mass, nJet < 2 ? nJet : 2))"),
    ("DeltaR(Jet_eta[0], Jet_phi[0], Jet_eta[1], Jet_phi[1])",
     "nJet > 1 ? DeltaR(Jet_eta[0], Jet_eta[1], Jet_phi[0], Jet_phi[1]) : none"),
    ("TransverseMass(Muon_pt[0], Muon_phi[0], MET_pt, MET_phi)",
     "nMuon > 0 ? sqrt(2 * Muon_pt[0] * MET_pt * (1 - cos(Muon_phi[0] - MET_phi))) : none"),
    *(
        (f"Sum{part}(Jet_pt, Jet_eta, Jet_phi, Jet_mass)", f"jetSum(Jet_pt, Jet_eta, Jet_phi, Jet_mass).{call}")
        for part, call in [("Pt", "Pt()"), ("Energy", "E()")]
    ),
    *(
        (f"nJet > 0 ? Sum{part}(Jet_pt, Jet_eta, Jet_phi, Jet_mass) : 0",
         f"nJet > 0 ? jetSum(Jet_pt, Jet_eta, Jet_phi, Jet_mass).{part}() : 0.")
        for part in ["Eta", "Phi"]
    ),
    ("SumPt(Muon_pt[0], Muon_eta[0], Muon_phi[0], 0.1, MET_pt, 0, MET_phi, 0)",
     "nMuon > 0 ? (ROOT::Math::PtEtaPhiMVector(Muon_pt[0], Muon_eta[0], Muon_phi[0], 0.1) + "
     "ROOT::Math::PtEtaPhiMVector(MET_pt, 0., MET_phi, 0.)).Pt() : none"),
    ("take(Muon_pt, Jet_muonIdx1, 0)", "taken(Muon_pt, Jet_muonIdx1, 0)"),
    ("nearestDeltaR(Jet_eta, Jet_phi, Muon_eta, Muon_phi)", "nearestDeltaR(Jet_eta, Jet_phi, Muon_eta, Muon_phi)"),
    ("InvariantMass(combinations(Muon_pt, 2), combinations(Muon_eta, 2), combinations(Muon_phi, 2), "
     "combinations(Muon_mass, 2))", "pairMasses(Muon_pt, Muon_eta, Muon_phi, Muon_mass)"),
    ("sum(combinations(Muon_charge, 2))", "pairCharges(Muon_charge)"),
    ("any(60 < InvariantMass(combinations(Muon_pt, 2), combinations(Muon_eta, 2), combinations(Muon_phi, 2), "
     "combinations(Muon_mass, 2)) < 120 && sum(combinations(Muon_charge, 2)) == 0)",
     "Any(pairMasses(Muon_pt, Muon_eta, Muon_phi, Muon_mass) > 60 && "
     "pairMasses(Muon_pt, Muon_eta, Muon_phi, Muon_mass) < 120 && pairCharges(Muon_charge) == 0)"),
    ("(Jet_jetId >> 1 & 1) == 1", "secondBit(Jet_jetId)"),
    ("Jet_jetId in [2, 6]", "Jet_jetId == 2 || Jet_jetId == 6"),
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    from events import write_events

    return write_events(tmp_path_factory.mktemp("events") / "events.root", 5000)


def compare(mlaas, path):
    from events import assert_same, frame_of, ours, theirs

    rows = [(text, text) for text in SHARED] + TRANSLATED
    assert len(rows) >= 30
    found = ours(mlaas, path, [(f"e{k}", text) for k, (text, _) in enumerate(rows)])
    expected = theirs(frame_of(path, [text for _, text in rows]), [(f"e{k}", text) for k, (_, text) in enumerate(rows)])
    for k, (text, _) in enumerate(rows):
        assert_same(
            found[f"e{k}"],
            expected[f"e{k}"],
            text,
            1e-6 if "InvariantMass" in text else 1e-9 if "Sum" in text else 1e-12,
        )


def test_made_events(mlaas, made):
    compare(mlaas, made)


def test_nano_aod(mlaas, testdata):
    compare(mlaas, testdata("nanoAOD_2015_CMS_Open_Data_ttbar.root"))
