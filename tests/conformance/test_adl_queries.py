"""The eight queries of the ADL benchmarks (iris-hep/adl-benchmarks-index) as defines and selections, and RDataFrame.

All eight are expressible. Where a query is of some events only, the value is the last define and the selection the one
before it; the others are steps, as a workflow would name them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).with_name("expressions")))


def vectors(*fields: str) -> str:
    return ", ".join(f"combinations({field}, {{n}})" for field in fields)


TRIJETS = vectors("Jet_pt", "Jet_eta", "Jet_phi", "Jet_mass").format(n=3)
MUON_PAIRS = vectors("Muon_pt", "Muon_eta", "Muon_phi", "Muon_mass").format(n=2)
LEPTON_PAIRS = vectors("lep_pt", "lep_eta", "lep_phi", "lep_mass").format(n=2)

QUERIES = {
    1: [("value", "MET_pt")],
    2: [("value", "Jet_pt")],
    3: [("value", "Jet_pt[abs(Jet_eta) < 1]")],
    4: [("select", "sum(Jet_pt > 40) >= 2"), ("value", "MET_pt")],
    5: [
        ("mass", f"InvariantMass({MUON_PAIRS})"),
        ("select", "any(sum(combinations(Muon_charge, 2)) == 0 && 60 < mass < 120)"),
        ("value", "MET_pt"),
    ],
    6: [
        ("select", "nJet >= 3"),
        ("best", f"argmin(abs(InvariantMass({TRIJETS}) - 172.5))"),
        ("btag", "max(combinations(Jet_btagDeepB, 3))[best]"),
        ("value", f"SumPt({TRIJETS})[best]"),
    ],
    7: [
        ("near_eta", "concatenate(Muon_eta[Muon_pt > 10], Electron_eta[Electron_pt > 10])"),
        ("near_phi", "concatenate(Muon_phi[Muon_pt > 10], Electron_phi[Electron_pt > 10])"),
        ("distance", "nearestDeltaR(Jet_eta, Jet_phi, near_eta, near_phi, default=99)"),
        ("value", "sum(Jet_pt[Jet_pt > 30 && distance > 0.4])"),
    ],
    8: [
        *((f"lep_{name}", f"concatenate(Muon_{name}, Electron_{name})") for name in ("pt", "eta", "phi", "mass")),
        ("lep_charge", "concatenate(Muon_charge, Electron_charge)"),
        ("lep_isMuon", "concatenate(Muon_pt >= 0, Electron_pt < 0)"),
        ("first_of", "first(combinations(positions(lep_pt), 2))"),
        ("second_of", "last(combinations(positions(lep_pt), 2))"),
        ("flavours", "sum(combinations(lep_isMuon, 2))"),
        ("fits", "flavours != 1 && sum(combinations(lep_charge, 2)) == 0"),
        ("distance", f"fits ? abs(InvariantMass({LEPTON_PAIRS}) - 91.2) : np.inf"),
        ("best", "argmin(distance)"),
        ("select", "count(lep_pt) >= 3 && any(fits)"),
        ("others", "positions(lep_pt) != first_of[best, -1] && positions(lep_pt) != second_of[best, -1]"),
        ("third", "argmax(lep_pt[others])"),
        ("value", "TransverseMass(lep_pt[others][third], lep_phi[others][third], MET_pt, MET_phi)"),
    ],
}

REFERENCE = r"""
namespace adl {
using ROOT::RVecD;
using ROOT::RVecI;
using Vector = ROOT::Math::PtEtaPhiMVector;
bool muonPair(const RVecD& pt, const RVecD& eta, const RVecD& phi, const RVecD& mass, const RVecI& charge) {
  for (size_t i = 0; i < pt.size(); ++i)
    for (size_t j = i + 1; j < pt.size(); ++j) {
      const double m = (Vector(pt[i], eta[i], phi[i], mass[i]) + Vector(pt[j], eta[j], phi[j], mass[j])).M();
      if (charge[i] != charge[j] && m > 60 && m < 120) return true;
    }
  return false;
}
// pt of the trijet nearest to the top quark's mass, and the largest discriminant in it.
RVecD trijet(const RVecD& pt, const RVecD& eta, const RVecD& phi, const RVecD& mass, const RVecD& tag) {
  double best = 1e300;
  RVecD found{0, 0};
  for (size_t i = 0; i < pt.size(); ++i)
    for (size_t j = i + 1; j < pt.size(); ++j)
      for (size_t k = j + 1; k < pt.size(); ++k) {
        const auto sum = Vector(pt[i], eta[i], phi[i], mass[i]) + Vector(pt[j], eta[j], phi[j], mass[j]) +
                         Vector(pt[k], eta[k], phi[k], mass[k]);
        if (std::abs(sum.M() - 172.5) >= best) continue;
        best = std::abs(sum.M() - 172.5);
        found = {sum.Pt(), std::max({tag[i], tag[j], tag[k]})};
      }
  return found;
}
double isolatedSum(const RVecD& pt, const RVecD& eta, const RVecD& phi, const RVecD& muPt, const RVecD& muEta,
                   const RVecD& muPhi, const RVecD& ePt, const RVecD& eEta, const RVecD& ePhi) {
  double sum = 0;
  for (size_t i = 0; i < pt.size(); ++i) {
    bool isolated = pt[i] > 30;
    for (size_t j = 0; j < muPt.size(); ++j)
      isolated &= !(muPt[j] > 10 && ROOT::VecOps::DeltaR(eta[i], muEta[j], phi[i], muPhi[j]) <= 0.4);
    for (size_t j = 0; j < ePt.size(); ++j)
      isolated &= !(ePt[j] > 10 && ROOT::VecOps::DeltaR(eta[i], eEta[j], phi[i], ePhi[j]) <= 0.4);
    if (isolated) sum += pt[i];
  }
  return sum;
}
// -1 where there are no three leptons or no pair.
double thirdLepton(const RVecD& muPt, const RVecD& muEta, const RVecD& muPhi, const RVecD& muMass, const RVecI& muQ,
                   const RVecD& ePt, const RVecD& eEta, const RVecD& ePhi, const RVecD& eMass, const RVecI& eQ,
                   double met, double metPhi) {
  struct Lepton { Vector p; int charge; bool muon; };
  std::vector<Lepton> all;
  for (size_t i = 0; i < muPt.size(); ++i) all.push_back({{muPt[i], muEta[i], muPhi[i], muMass[i]}, muQ[i], true});
  for (size_t i = 0; i < ePt.size(); ++i) all.push_back({{ePt[i], eEta[i], ePhi[i], eMass[i]}, eQ[i], false});
  if (all.size() < 3) return -1;
  double best = 1e300;
  size_t first = 0, second = 0;
  for (size_t i = 0; i < all.size(); ++i)
    for (size_t j = i + 1; j < all.size(); ++j) {
      if (all[i].muon != all[j].muon || all[i].charge == all[j].charge) continue;
      const double distance = std::abs((all[i].p + all[j].p).M() - 91.2);
      if (distance < best) { best = distance; first = i; second = j; }
    }
  if (best == 1e300) return -1;
  const Lepton* third = nullptr;
  for (size_t i = 0; i < all.size(); ++i)
    if (i != first && i != second && (!third || all[i].p.Pt() > third->p.Pt())) third = &all[i];
  return std::sqrt(2 * third->p.Pt() * met * (1 - std::cos(third->p.Phi() - metPhi)));
}
}
"""
MUONS = "Muon_pt, Muon_eta, Muon_phi, Muon_mass, Muon_charge"
ELECTRONS = "Electron_pt, Electron_eta, Electron_phi, Electron_mass, Electron_charge"
TRIJET = "adl::trijet(Jet_pt, Jet_eta, Jet_phi, Jet_mass, Jet_btagDeepB)"
EXPECTED = {
    1: [("value", "MET_pt")],
    2: [("value", "Jet_pt")],
    3: [("value", "Jet_pt[abs(Jet_eta) < 1.0]")],
    4: [("select", "Sum(Jet_pt > 40) >= 2"), ("value", "MET_pt")],
    5: [("select", f"adl::muonPair({MUONS})"), ("value", "MET_pt")],
    6: [("select", "nJet >= 3"), ("btag", f"{TRIJET}[1]"), ("value", f"{TRIJET}[0]")],
    7: [
        (
            "value",
            "adl::isolatedSum(Jet_pt, Jet_eta, Jet_phi, Muon_pt, Muon_eta, Muon_phi, Electron_pt, Electron_eta, "
            "Electron_phi)",
        )
    ],
    8: [
        ("select", f"adl::thirdLepton({MUONS}, {ELECTRONS}, MET_pt, MET_phi) >= 0"),
        ("value", f"adl::thirdLepton({MUONS}, {ELECTRONS}, MET_pt, MET_phi)"),
    ],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    from events import write_events

    return write_events(tmp_path_factory.mktemp("adl") / "events.root", 4000)


def check(mlaas, path, query: int, least_selected: int) -> None:
    from events import assert_same, frame_of, ours, theirs

    root = pytest.importorskip("ROOT")
    if not hasattr(root, "adl"):
        assert root.gInterpreter.Declare("#include <ROOT/RVec.hxx>\n#include <Math/Vector4D.h>\n" + REFERENCE)
    found = ours(mlaas, path, QUERIES[query])
    expected = theirs(frame_of(path, [text for _, text in EXPECTED[query]]), EXPECTED[query])
    selected = [bool(flag) for flag in expected.get("select", [1] * len(expected["value"]))]
    if "select" in found:
        assert [bool(flag) for flag in found["select"]] == selected
    assert sum(selected) >= least_selected
    for name in expected.keys() - {"select"}:
        kept = [
            [value for value, flag in zip(values[name], selected, strict=True) if flag] for values in (found, expected)
        ]
        assert_same(*kept, f"query {query}: {name}", 1e-6)


@pytest.mark.parametrize("query", QUERIES)
def test_made_events(mlaas, made, query):
    check(mlaas, made, query, 20)


@pytest.mark.parametrize("query", QUERIES)
def test_nano_aod(mlaas, testdata, query):
    check(mlaas, testdata("nanoAOD_2015_CMS_Open_Data_ttbar.root"), query, 0)
