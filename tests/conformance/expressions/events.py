"""A small file like NanoAOD, and how our program and RDataFrame evaluate expressions on one."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

NAN = float("nan")
PARTICLES = {"Jet": 4.0, "Muon": 1.4, "Electron": 1.0}


def particles(random: np.random.Generator, counts: np.ndarray, kind: str) -> ak.Array:
    size = int(counts.sum())
    fields = {
        "pt": random.exponential(35, size) + 5,
        "eta": random.normal(0, 1.6, size),
        "phi": random.uniform(-np.pi, np.pi, size),
        "mass": random.exponential(8, size) if kind == "Jet" else np.full(size, 0.106 if kind == "Muon" else 0.000511),
    }
    columns = {name: values.astype(np.float32) for name, values in fields.items()}
    if kind == "Jet":
        columns["btagDeepB"] = random.random(size).astype(np.float32)
        columns["jetId"] = random.integers(0, 8, size).astype(np.int32)
        columns["muonIdx1"] = random.integers(-1, 2, size).astype(np.int32)
    else:
        columns["charge"] = random.choice([-1, 1], size).astype(np.int32)
        columns["pfRelIso03_all"] = random.exponential(0.1, size).astype(np.float32)
        columns["tightId" if kind == "Muon" else "convVeto"] = random.random(size) < 0.7
    return ak.zip({name: ak.unflatten(values, counts) for name, values in columns.items()})


def write_events(path: Path, entries: int) -> Path:
    """Events with jets, muons, electrons, missing energy and triggers; the same ones every time."""
    random = np.random.default_rng(20250101)
    events = {name: particles(random, random.poisson(mean, entries), name) for name, mean in PARTICLES.items()}
    events |= {
        "run": np.full(entries, 1, np.uint32),
        "luminosityBlock": random.integers(1, 100, entries).astype(np.uint32),
        "event": random.integers(0, 2**63, entries).astype(np.uint64),
        "MET_pt": random.exponential(40, entries).astype(np.float32),
        "MET_phi": random.uniform(-np.pi, np.pi, entries).astype(np.float32),
        "PV_npvsGood": random.integers(0, 40, entries).astype(np.int32),
        "PV_x": random.normal(0, 1, entries).astype(np.float32),
        "PV_y": random.normal(0, 1, entries).astype(np.float32),
        "HLT_IsoMu20": random.random(entries) < 0.3,
        "HLT_IsoMu22": random.random(entries) < 0.2,
    }
    with uproot.recreate(path) as file:
        file.mktree("Events", events)
    return path


def real(text: str) -> object:
    return float(text) if isinstance(text, str) else text


def ours(mlaas, path: Path, expressions: list[tuple[str, str]]) -> dict[str, list]:
    """The values of our expressions, as nested lists."""
    program = mlaas.binary.parents[2] / "tests" / "conformance" / "evaluate_expressions"
    if not program.exists():
        pytest.skip("tests/conformance/evaluate_expressions is not built")
    done = subprocess.run(
        [program, path, "Events"],
        input=json.dumps(expressions),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = {}
    for (name, _), line in zip(expressions, done.stdout.splitlines(), strict=True):
        described = json.loads(line)
        values = [real(value) for value in described["values"]]
        for offsets in reversed(described["offsets"]):
            values = [values[a:b] for a, b in itertools.pairwise(offsets)]
        results[name] = values
    return results


HELPERS = r"""
#include <Math/Vector4D.h>
#include <ROOT/RVec.hxx>
#include <cmath>
#include <limits>
namespace analysis_expressions {
using ROOT::RVecD;
using ROOT::RVecI;
using namespace ROOT::VecOps;
const double none = std::numeric_limits<double>::quiet_NaN();
double at(const RVecD& x, size_t i) { return i < x.size() ? x[i] : none; }
RVecD pairMasses(const RVecD& pt, const RVecD& eta, const RVecD& phi, const RVecD& mass) {
  RVecD masses;
  for (size_t i = 0; i < pt.size(); ++i)
    for (size_t j = i + 1; j < pt.size(); ++j)
      masses.push_back(InvariantMass(RVecD{pt[i], pt[j]}, RVecD{eta[i], eta[j]}, RVecD{phi[i], phi[j]},
                                     RVecD{mass[i], mass[j]}));
  return masses;
}
// A vector takes a negative mass, which real jets have, as that of a negative square; InvariantMass() does not.
ROOT::Math::PxPyPzEVector jetSum(const RVecD& pt, const RVecD& eta, const RVecD& phi, const RVecD& mass) {
  ROOT::Math::PxPyPzEVector sum;
  for (size_t i = 0; i < pt.size(); ++i) sum += ROOT::Math::PtEtaPhiMVector(pt[i], eta[i], phi[i], std::abs(mass[i]));
  return sum;
}
RVecI pairCharges(const RVecI& charge) {
  RVecI sums;
  for (size_t i = 0; i < charge.size(); ++i)
    for (size_t j = i + 1; j < charge.size(); ++j) sums.push_back(charge[i] + charge[j]);
  return sums;
}
RVecD nearestDeltaR(const RVecD& eta, const RVecD& phi, const RVecD& otherEta, const RVecD& otherPhi) {
  RVecD result;
  for (size_t i = 0; i < eta.size(); ++i) {
    double best = none;
    for (size_t j = 0; j < otherEta.size(); ++j) {
      const double distance = DeltaR(eta[i], otherEta[j], phi[i], otherPhi[j]);
      if (!(distance >= best)) best = distance;
    }
    result.push_back(best);
  }
  return result;
}
RVecI secondBit(const RVecI& x) { return Map(x, [](int i) { return int((i >> 1 & 1) == 1); }); }
RVecD taken(const RVecD& x, const RVecI& indices, double missing) {
  RVecD result;
  for (int i : indices) result.push_back(i >= 0 && size_t(i) < x.size() ? x[i] : missing);
  return result;
}
}
using namespace analysis_expressions;
"""


def frame_of(path: Path, texts: list[str]):
    """RDataFrame whose columns of float32, those that the texts name, are float64, as we compute."""
    root = pytest.importorskip("ROOT")
    root.gROOT.SetBatch(True)
    if not hasattr(root, "analysis_expressions"):
        assert root.gInterpreter.Declare(HELPERS)
    frame = root.RDataFrame("Events", str(path))
    words = set(re.findall(r"\w+", " ".join(texts)))
    for name in sorted(words & {str(column) for column in frame.GetColumnNames()}):
        kind = frame.GetColumnType(name)
        if kind == "Float_t" or kind == "float":
            frame = frame.Redefine(name, f"double({name})")
        elif kind.endswith("RVec<Float_t>") or kind.endswith("RVec<float>"):
            frame = frame.Redefine(name, f"ROOT::RVecD({name}.begin(), {name}.end())")
    return frame


def plain(value: object) -> object:
    """A value of AsNumpy as numbers and lists."""
    if isinstance(value, (bool, np.bool_)):
        return float(value)
    if np.isscalar(value):
        return value.item() if hasattr(value, "item") else value
    return [plain(element) for element in value]


def theirs(frame, expressions: list[tuple[str, str]]) -> dict[str, list]:
    """The values that RDataFrame gives."""
    columns = []
    for name, text in expressions:
        frame = frame.Define("result_" + name, text)
        columns.append("result_" + name)
    arrays = frame.AsNumpy(columns)
    return {name: [plain(value) for value in arrays["result_" + name]] for name, _ in expressions}


def assert_same(found: list, expected: list, text: str, tolerance: float = 1e-9) -> None:
    assert len(found) == len(expected), text
    shapes = [
        (entry, a, b)
        for entry, (a, b) in enumerate(zip(found, expected, strict=True))
        if isinstance(a, list) != isinstance(b, list) or (isinstance(a, list) and len(a) != len(b))
    ]
    assert not shapes, f"{text}: entry {shapes[0][0]}: {shapes[0][1]} instead of {shapes[0][2]}"
    flat = [np.concatenate([np.atleast_1d(np.array(v, float)) for v in values] or [[]]) for values in (found, expected)]
    np.testing.assert_allclose(flat[0], flat[1], rtol=tolerance, atol=tolerance, err_msg=text)
