"""Expressions in the notations of RDataFrame, TTree::Draw, numpy and awkward, run as they are by us and by those."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).with_name("expressions")))


def calls(pattern: str, names: str) -> list[str]:
    return [pattern.format(name) for name in names.split()]


VEC_OPS = [
    "Sum(Jet_pt)",
    "Sum(Jet_pt > 30)",
    "Product(Jet_pt)",
    "Mean(Jet_pt)",
    "Any(Jet_pt > 60)",
    "All(Jet_pt > 20)",
    "ArgMax(Jet_pt)",
    "ArgMin(Jet_pt)",
    "Argsort(Jet_btagDeepB)",
    "StableArgsort(Jet_jetId)",
    "Sort(Jet_pt)",
    "StableSort(Jet_jetId)",
    "Reverse(Jet_pt)",
    "Take(Jet_pt, Argsort(Jet_btagDeepB))",
    "Where(Jet_pt > 50, Jet_mass, Jet_pt)",
    "Concatenate(Jet_pt, Muon_pt)",
    "ROOT::VecOps::Enumerate(Jet_pt)",
    "InvariantMasses(Jet_pt, Jet_eta, Jet_phi, Jet_mass, Jet_pt, Jet_eta, Jet_phi + 1, Jet_mass)",
    "ROOT::VecOps::InvariantMass(Jet_pt, Jet_eta, Jet_phi, Jet_mass)",
    "ROOT::VecOps::Sum(Jet_pt)",
    "nJet > 0 ? Max(Jet_pt) : 0.",
    "nJet > 0 ? Min(Jet_pt) : 0.",
    "Jet_pt.size()",
    "ROOT::VecOps::sqrt(Jet_pt) + ROOT::VecOps::log(Jet_pt)",
    "HLT_IsoMu20 ? Sum(Jet_pt) : Mean(Muon_pt)",
]
# In their domains; x is MET_phi, within pi, and y is MET_pt.
FUNCTIONS = [
    *calls(
        "TMath::{}(MET_phi)",
        "Abs Exp Sin Cos Tan ATan SinH CosH TanH ASinH Floor Ceil Erf Erfc",
    ),
    *calls(
        "TMath::{}(MET_pt)",
        "Sqrt Log Log10 Log2 Sq",
    ),
    *calls(
        "TMath::{}(MET_phi, MET_pt)",
        "ATan2 Hypot Max Min",
    ),
    *calls(
        "TMath::{}(1 + MET_pt / 50)",
        "Gamma LnGamma",
    ),
    "TMath::ATanH(MET_phi / 4)",
    "TMath::Power(MET_pt, 1.5)",
    "TMath::Sign(MET_pt, MET_phi)",
    "TMath::IsNaN(log(MET_phi))",
    "TMath::Finite(sqrt(MET_phi))",
    "TMath::Pi() + TMath::TwoPi() * TMath::PiOver2() - TMath::PiOver4() + TMath::E()",
    "TMath::DegToRad() * MET_pt + TMath::RadToDeg() * MET_phi + M_PI",
    *calls(
        "std::{}(MET_phi)",
        "abs fabs cbrt exp exp2 expm1 sin cos tan atan sinh cosh tanh asinh floor ceil trunc "
        "round rint erf erfc isnan isinf isfinite",
    ),
    *calls(
        "std::{}(MET_pt)",
        "sqrt log log10 log2 log1p acosh lgamma",
    ),
    *calls(
        "std::{}(MET_phi / 4)",
        "asin acos atanh",
    ),
    *calls(
        "std::{}(MET_phi, MET_pt)",
        "atan2 hypot fmod fmin fmax copysign min max",
    ),
    "std::pow(MET_pt, 2)",
    "std::tgamma(1 + MET_pt / 50)",
    "std::clamp(MET_phi, -1., 1.)",
    "std::abs(PV_npvsGood - 10)",
]
DRAW = [
    "Sum$(Jet_pt)",
    "Sum$(Jet_pt > 30)",
    "Length$(Jet_pt)",
    "Max$(Jet_pt)",
    "Min$(Jet_pt)",
    "Max$(-Jet_pt)",
    "Alt$(Jet_pt[1], -7)",
    "Alt$(Jet_pt[0], MET_pt)",
    "Sum$(Jet_pt * (abs(Jet_eta) < 2)) / MET_pt",
    "TMath::Abs(MET_phi) + TMath::Pi()",
    "Length$(Muon_pt) == 2 && MET_pt > 20",
]
ARRAYS = [
    *calls(
        "np.{}(MET_phi)",
        "abs absolute fabs cbrt exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh floor "
        "ceil trunc rint round around sign degrees radians deg2rad rad2deg isnan isinf isfinite "
        "square",
    ),
    *calls(
        "np.{}(MET_pt)",
        "sqrt log log10 log2 log1p arccosh",
    ),
    *calls(
        "np.{}(MET_phi / 4)",
        "arcsin arccos arctanh",
    ),
    *calls(
        "np.{}(MET_phi, MET_pt)",
        "arctan2 hypot fmod fmin fmax copysign minimum maximum mod remainder",
    ),
    *calls(
        "np.{}(MET_pt > 20, MET_phi > 0)",
        "logical_and logical_or",
    ),
    "np.logical_not(MET_pt > 20)",
    "np.power(MET_pt, 1.5)",
    "np.clip(MET_phi, -1, 1)",
    "np.where(MET_pt > 20, MET_phi, 0)",
    "np.sqrt(Jet_pt) * np.cos(Jet_phi) + np.pi - np.e",
    *calls(
        "ak.{}(Jet_pt > 30, axis=1)",
        "sum any all",
    ),
    *calls(
        "np.{}(Jet_pt, axis=-1)",
        "sum prod",
    ),
    *calls(
        "ak.{}(Jet_pt, axis=1)",
        "sum prod count",
    ),
    "ak.num(Jet_pt)",
    "ak.num(Jet_pt, axis=1) > 2",
    "ak.sort(Jet_pt)",
    "ak.sort(Jet_pt, ascending=False)",
    "ak.argsort(Jet_pt)",
    "ak.argsort(Jet_btagDeepB, ascending=False)",
    "ak.local_index(Jet_pt)",
    "ak.where(Jet_pt > 30, Jet_mass, Jet_pt)",
    "Jet_pt[(Jet_pt > 30) & (abs(Jet_eta) < 2.4) | (Jet_jetId == 6)]",
    "Jet_pt[~(Jet_pt > 30)]",
    "Jet_pt[ak.argsort(Jet_btagDeepB)]",
    "(Jet_jetId & 2) >> 1 | Jet_jetId << 3",
]
# None for an empty list, where ours is NaN or -1.
ARRAYS_OF_NONE = [
    ("ak.firsts(Jet_pt)", float("nan")),
    *((text, float("nan")) for text in calls("ak.{}(Jet_pt, axis=1)", "min max mean")),
    *((text, float("nan")) for text in calls("np.{}(Jet_pt, axis=-1)", "amin amax std var")),
    *((text, -1) for text in calls("ak.{}(Jet_pt, axis=1)", "argmin argmax")),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    from events import write_events

    return write_events(tmp_path_factory.mktemp("notations") / "events.root", 1000)


def named(texts):
    return [(f"e{k}", text) for k, text in enumerate(texts)]


@pytest.mark.parametrize("texts", [VEC_OPS, FUNCTIONS], ids=["vecops", "functions"])
def test_rdataframe(mlaas, made, texts):
    from events import assert_same, frame_of, ours, theirs

    found = ours(mlaas, made, named(texts))
    expected = theirs(frame_of(made, texts), named(texts))
    for name, text in named(texts):
        assert_same(found[name], expected[name], text, 1e-6 if "InvariantMass" in text else 1e-11)


def test_tree_draw(mlaas, made):
    from events import assert_same, ours

    root = pytest.importorskip("ROOT")
    root.gROOT.SetBatch(True)
    found = ours(mlaas, made, named(DRAW))
    file = root.TFile.Open(str(made))
    tree = file["Events"]
    tree.SetEstimate(tree.GetEntries())
    for name, text in named(DRAW):
        assert tree.Draw(text, "", "goff") == tree.GetEntries(), text
        values = tree.GetV1()
        assert_same(found[name], [values[k] for k in range(tree.GetEntries())], text, 1e-6)
    file.Close()


def test_numpy_and_awkward(mlaas, made):
    import awkward as ak
    import numpy as np
    import uproot
    from events import assert_same, ours

    with uproot.open(made) as file:
        columns = {name: column.array() for name, column in file["Events"].items()}
    for name, column in columns.items():
        if "float32" in str(column.type):
            columns[name] = ak.values_astype(column, np.float64)
    rows = [(text, None) for text in ARRAYS] + ARRAYS_OF_NONE
    found = ours(mlaas, made, named([text for text, _ in rows]))
    for (text, missing), (name, _) in zip(rows, named([text for text, _ in rows]), strict=True):
        # The texts are those above: what awkward and numpy make of them, as Python.
        value = eval(text, {"np": np, "ak": ak} | columns)
        if missing is not None:
            value = ak.fill_none(value, missing)
        assert_same(found[name], ak.to_list(value), text, 1e-11)
