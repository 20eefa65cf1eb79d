#!/usr/bin/env python3
"""Writes expected.json: expressions on random columns and what numpy and awkward give for the same.

Usage: make_expected.py          (needs numpy and awkward; seeded, the same file every time)
tests/unit/table/expression_awkward_test.cpp runs the expressions; test_expressions.py checks that the file is current.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace

import awkward as ak
import numpy as np
from list_expressions import TOLERANCES, list_expressions

EXPECTED = Path(__file__).with_name("expected.json")
NUM_ENTRIES = 64


def random_columns(entries: int = NUM_ENTRIES, seed: int = 20240607, longest: int = 0) -> SimpleNamespace:
    """Columns of every kind, with empty lists, NaN, infinities and the ends of the integers' ranges.

    One entry of the middle has lists of `longest` elements.
    """
    random = np.random.default_rng(seed)

    def reals(size: int, dtype: type) -> np.ndarray:
        values = random.normal(0, 40, size).astype(dtype)
        values[random.random(size) < 0.04] = np.nan
        values[random.random(size) < 0.02] = np.inf
        values[random.random(size) < 0.02] = -np.inf
        values[random.random(size) < 0.03] = 0
        return values

    def integers(size: int, dtype: type, low: int, high: int) -> np.ndarray:
        values = random.integers(low, high, size).astype(dtype)
        info = np.iinfo(dtype)
        values[random.random(size) < 0.05] = info.max
        values[random.random(size) < 0.05] = info.min
        return values

    counts = random.integers(0, 5, entries)
    counts[:3] = 0
    counts[entries // 2] = longest or counts[entries // 2]
    total = int(counts.sum())
    columns = SimpleNamespace(
        f=reals(entries, np.float32),
        d=reals(entries, np.float64),
        i=integers(entries, np.int32, -5, 6),
        n=random.integers(0, 4, entries).astype(np.int16),
        I=integers(entries, np.int64, -20, 21),
        U=integers(entries, np.uint64, 0, 10),
        b=random.random(entries) < 0.5,
        lf=ak.unflatten(reals(total, np.float32), counts),
        ld=ak.unflatten(reals(total, np.float64), counts),
        li=ak.unflatten(integers(total, np.int16, -9, 10), counts),
        lI=ak.unflatten(integers(total, np.int64, -9, 10), counts),
        lU=ak.unflatten(integers(total, np.uint64, 0, 10), counts),
        lb=ak.unflatten(random.random(total) < 0.5, counts),
    )
    inner = random.integers(0, 4, total)
    deep = int(inner.sum())

    def nest(values: np.ndarray) -> ak.Array:
        return ak.unflatten(ak.unflatten(values, inner), counts)

    columns.nf = nest(reals(deep, np.float32))
    columns.nI = nest(random.integers(-9, 10, deep))
    columns.nb = nest(random.random(deep) < 0.5)
    columns.a3 = reals(3 * entries, np.float64).reshape(-1, 3)
    columns.m22 = reals(4 * entries, np.float32).reshape(-1, 2, 2)
    columns.la2 = ak.unflatten(ak.Array(random.integers(-9, 10, (total, 2)).astype(np.int32)), counts)
    words = np.array(["e", "mu", "tau", "", "electron neutrino"])
    columns.s = ak.Array(random.choice(words, entries).tolist())
    columns.ls = ak.unflatten(ak.Array(random.choice(words, total).tolist()), counts)
    others = random.integers(0, 4, entries)
    for name, lengths in (("1", counts), ("2", others)):
        size = int(lengths.sum())
        setattr(columns, "pt" + name, ak.unflatten(random.exponential(30, size), lengths))
        setattr(columns, "eta" + name, ak.unflatten(random.normal(0, 1.5, size), lengths))
        setattr(columns, "phi" + name, ak.unflatten(random.uniform(-math.pi, math.pi, size), lengths))
    columns.I[5] = 2**53 + 1
    columns.d[5] = 2.0**53
    columns.U[6] = 2**63 + 1
    return columns


def as_real(array: ak.Array | np.ndarray) -> ak.Array:
    """Everything is computed in float64 here."""
    return ak.values_astype(ak.Array(array), np.float64)


def element(array: ak.Array, position: int) -> ak.Array:
    """One element of each list, None where it is too short."""
    padded = ak.pad_none(array, abs(position) if position < 0 else position + 1)
    if position < 0:  # pad_none pads at the end: count from the real end
        return ak.Array([list_[position] if len(list_) >= -position else None for list_ in array.to_list()])
    return padded[:, position]


def pairs(left: object, right: object) -> zip:
    return zip(left, right, strict=True)


def expressions(c: SimpleNamespace) -> dict[str, object]:
    """Our notation and the same in numpy and awkward."""
    f, d, lf, ld = as_real(c.f), as_real(c.d), as_real(c.lf), as_real(c.ld)
    big = c.I.astype(object)  # Python's own integers: exact comparisons with floats
    wide = c.U.astype(object)
    nan = float("nan")
    return {
        "f + d": f + d,
        "f - d * 2": f - d * 2,
        "d / f": d / f,
        "d / i": d / as_real(c.i),
        "i / n": as_real(c.i) / as_real(c.n),
        "d % f": np.mod(d, f),
        "i % 3": np.mod(c.i.astype(np.int64), 3),
        "i % -3": np.mod(c.i.astype(np.int64), -3),
        "I % n": np.mod(c.I, c.n.astype(np.int64)),
        "I + 1": c.I + 1,
        "I * 3": c.I * 3,
        "I - i": c.I - c.i,
        "-I": -c.I,
        "U + 1": c.U + np.uint64(1),
        "U * 5 % 7": c.U * np.uint64(5) % np.uint64(7),
        "I ** 2": c.I**2,
        "f ** 2": f**2,
        "abs(f) ** 0.5": np.power(np.abs(f), 0.5),
        "d ** i": np.power(d, as_real(c.i)),
        "I == d": np.array([math.isfinite(y) and x == y for x, y in pairs(big, c.d.tolist())]),
        "I < d": np.array([x < y for x, y in pairs(big, c.d.tolist())]),
        "I >= d": np.array([x >= y for x, y in pairs(big, c.d.tolist())]),
        "U > d": np.array([x > y for x, y in pairs(wide, c.d.tolist())]),
        "d <= U": np.array([y <= x for x, y in pairs(wide, c.d.tolist())]),
        "d > I": np.array([y > x for x, y in pairs(big, c.d.tolist())]),
        "U > I": np.array([x > y for x, y in pairs(wide, big)]),
        "I <= U": np.array([y <= x for x, y in pairs(wide, big)]),
        "f != f": f != f,
        "-20 <= f < 20": (f >= -20) & (f < 20),
        "f > 0 && d > 0 || b": ((f > 0) & (d > 0)) | c.b,
        "not (f > 0) and !b": ~(f > 0) & ~c.b,
        "i && n": (c.i != 0) & (c.n != 0),
        "b ? f : d": ak.where(c.b, f, d),
        "b ? i : n": np.where(c.b, c.i.astype(np.int64), c.n.astype(np.int64)),
        "b + b": c.b.astype(np.int64) * 2,
        "min(f, d)": np.minimum(f, d),
        "max(f, d, 0)": np.maximum(np.maximum(f, d), 0),
        "min(I, n)": np.minimum(c.I, c.n.astype(np.int64)),
        "abs(i)": np.abs(c.i.astype(np.int64)),
        "sign(f)": np.sign(f),
        "sign(I)": np.sign(c.I),
        "floor(f)": np.floor(f),
        "ceil(f)": np.ceil(f),
        "round(f)": np.copysign(np.floor(np.abs(f) + 0.5), f),
        "pow(f, 3)": np.power(f, 3),
        "isnan(f)": np.isnan(f),
        "isinf(f)": np.isinf(f),
        "isfinite(f)": np.isfinite(f),
        "sqrt(f)": np.sqrt(f),
        "exp(f / 20)": np.exp(f / 20),
        "log(f)": np.log(f),
        "log10(f)": np.log10(f),
        "log2(f)": np.log2(f),
        "log1p(f)": np.log1p(f),
        "expm1(f / 20)": np.expm1(f / 20),
        "sin(f)": np.sin(f),
        "cos(f)": np.cos(f),
        "tan(f / 40)": np.tan(f / 40),
        "asin(f / 100)": np.arcsin(f / 100),
        "acos(f / 100)": np.arccos(f / 100),
        "atan(f)": np.arctan(f),
        "sinh(f / 20)": np.sinh(f / 20),
        "cosh(f / 20)": np.cosh(f / 20),
        "tanh(f / 20)": np.tanh(f / 20),
        "atan2(f, d)": np.arctan2(f, d),
        "hypot(f, d)": np.hypot(f, d),
        "lf + ld": lf + ld,
        "lf * f": lf * f,
        "d - lf": d - lf,
        "lI + I": c.lI + c.I,
        "lU % 3": c.lU % np.uint64(3),
        "li / 4": as_real(c.li) / 4,
        "lf > 10": lf > 10,
        "lf > f": lf > f,
        "-10 < lf <= 30": (lf > -10) & (lf <= 30),
        "lb || lf > 0": c.lb | (lf > 0),
        "lb && b": c.lb & c.b,
        "lb ? lf : ld": ak.where(c.lb, lf, ld),
        "sqrt(abs(lf))": np.sqrt(np.abs(lf)),
        "min(lf, ld)": np.minimum(lf, ld),
        "max(li, n)": np.maximum(ak.values_astype(c.li, np.int64), c.n.astype(np.int64)),
        "ld[lf > 0]": ld[lf > 0],
        "lI[lb]": c.lI[c.lb],
        "lb[li > 0]": c.lb[c.li > 0],
        "(lf * 2)[lb][(ld > 0)[lb]]": (lf * 2)[c.lb][(ld > 0)[c.lb]],
        "sum(lf)": ak.sum(lf, axis=1),
        "sum(lI)": ak.sum(c.lI, axis=1),
        "sum(lU)": ak.sum(c.lU, axis=1),
        "sum(lb)": ak.sum(c.lb, axis=1),
        "sum(lf > 0)": ak.sum(lf > 0, axis=1),
        "sum(ld[lf > 0])": ak.sum(ld[lf > 0], axis=1),
        "mean(lf)": [float(np.mean(x)) if len(x) else nan for x in lf.to_list()],
        "mean(li)": [float(np.mean(x)) if len(x) else nan for x in c.li.to_list()],
        "min(lf)": [float(np.min(x)) if len(x) else nan for x in lf.to_list()],
        "max(lf)": [float(np.max(x)) if len(x) else nan for x in lf.to_list()],
        "max(ld, default=-1)": [float(np.max(x)) if len(x) else -1.0 for x in ld.to_list()],
        "min(lI, default=n)": [min(x) if x else int(n) for x, n in pairs(c.lI.to_list(), c.n)],
        "max(lU, default=0)": [max(x) if x else 0 for x in c.lU.to_list()],
        "any(lb)": ak.any(c.lb, axis=1),
        "all(lb)": ak.all(c.lb, axis=1),
        "any(li)": ak.any(c.li != 0, axis=1),
        "all(lf > -30)": ak.all(lf > -30, axis=1),
        "count(lf)": ak.num(lf),
        "count(lf[lb])": ak.num(lf[c.lb]),
        "lf[0]": ak.fill_none(element(lf, 0), nan),
        "lf[2]": ak.fill_none(element(lf, 2), nan),
        "lf[-1]": ak.fill_none(element(lf, -1), nan),
        "ld[-2, 0]": ak.fill_none(element(ld, -2), 0.0),
        "lI[1, -1]": ak.fill_none(element(c.lI, 1), -1),
        "lb[0, false]": ak.fill_none(element(c.lb, 0), False),
        "lf[n]": [x[k] if k < len(x) else nan for x, k in pairs(lf.to_list(), c.n)],
        "sum(lf * f > 0 ? 1 : 0)": ak.sum(lf * f > 0, axis=1),
    }


def encode(value: object) -> object:
    """JSON has no NaN and no infinities: those become strings; everything else is exact."""
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isfinite(number):
            return number
        return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"
    return int(value)


def to_list(array: object) -> list:
    return ak.Array(array).to_list() if not isinstance(array, list) else array


def described(array: object) -> dict:
    """A column: its dtype, the shape of its fixed arrays, its levels of lists, its values."""
    levels = str(ak.Array(array).type).split(" * ")[1:-1]
    is_string = str(ak.Array(array).type).endswith("string")
    shape = [int(level) for level in levels if level != "var"]
    dtype = "string" if is_string else np.asarray(ak.flatten(array, axis=None)).dtype.name
    return {"dtype": dtype, "depth": levels.count("var"), "shape": shape, "values": encode(to_list(array))}


def document() -> str:
    """The text of expected.json."""
    columns = random_columns()
    with np.errstate(all="ignore"):
        expected = expressions(columns) | list_expressions(columns)
    made = {
        "made_with": f"numpy {np.__version__}, awkward {ak.__version__}",
        "columns": {name: described(array) for name, array in vars(columns).items()},
        "tolerances": TOLERANCES,
        "expressions": {text: encode(to_list(array)) for text, array in expected.items()},
    }
    lines = []
    for key, part in made.items():
        if isinstance(part, str):
            lines.append(f'"{key}": {json.dumps(part)}')
        else:
            rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in part.items())
            lines.append(f'"{key}": {{\n{rows}\n}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    EXPECTED.write_text(document(), encoding="utf-8")
