"""Expressions on lists, lists of lists, fixed arrays, strings and bits, and what awkward, numpy and Python give."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import awkward as ak
import numpy as np

NAN = float("nan")


def each(function: object, *columns: object) -> list:
    """function() of the entries of columns."""
    lists = [ak.to_list(column) for column in columns]
    return [function(*entry) for entry in zip(*lists, strict=True)]


def real(array: object) -> ak.Array:
    return ak.values_astype(ak.Array(array), np.float64)


def whole(array: object) -> ak.Array:
    return ak.values_astype(ak.Array(array), np.int64)


def sort_key(x: float) -> tuple:
    return (math.isnan(x), 0 if math.isnan(x) else x)


def argsort(x: list) -> list:
    return sorted(range(len(x)), key=lambda k: sort_key(x[k]))


def descending(x: list) -> list:
    return sorted(range(len(x)), key=lambda k: sort_key(-x[k]))


def arg(x: list, function: object) -> int:
    """numpy's argmin and argmax give the first NaN where there is one."""
    return int(function(np.array(x))) if x else -1


def at(x: list, k: int, missing: object = NAN) -> object:
    return x[k] if -len(x) <= k < len(x) else missing


def pick(x: list, indices: list, missing: object = NAN) -> list:
    return [at(x, k, missing) for k in indices]


def take(x: list, indices: list, missing: object = NAN) -> list:
    return [x[k] if 0 <= k < len(x) else missing for k in indices]


def choose(x: list, k: int) -> list:
    return [list(chosen) for chosen in itertools.combinations(x, k)]


def delta_r(eta1: float, phi1: float, eta2: float, phi2: float) -> float:
    return math.hypot(eta1 - eta2, math.remainder(phi1 - phi2, 2 * math.pi))


def nearest(eta: float, phi: float, others: list) -> tuple[float, int]:
    distances = [(delta_r(eta, phi, e, p), k) for k, (e, p) in enumerate(others)]
    return min(distances, default=(NAN, -1))


def ordered(c: SimpleNamespace) -> dict[str, object]:
    """Orders, positions and elements of lists."""
    lf, ld = real(c.lf), real(c.ld)
    return {
        "sort(lf)": each(lambda x: sorted(x, key=sort_key), lf),
        "sort(lI)": ak.sort(c.lI),
        "sort(lU, ascending=false)": ak.sort(c.lU, ascending=False),
        "sort(lf, ascending=false)": each(lambda x: [x[k] for k in descending(x)], lf),
        "argsort(lf)": each(argsort, lf),
        "argsort(lI)": each(argsort, c.lI),
        "argsort(ld, ascending=false)": each(descending, ld),
        "argmin(lf)": each(lambda x: arg(x, np.argmin), lf),
        "argmax(lf)": each(lambda x: arg(x, np.argmax), lf),
        "argmax(lI)": ak.fill_none(ak.argmax(c.lI, axis=1), -1),
        "argmin(lU, default=7)": ak.fill_none(ak.argmin(c.lU, axis=1), 7),
        "argmax(lb)": ak.fill_none(ak.argmax(c.lb, axis=1), -1),
        "first(lf)": ak.fill_none(ak.firsts(lf), NAN),
        "last(lI, default=-1)": each(lambda x: at(x, -1, -1), c.lI),
        "first(lb, default=false)": ak.fill_none(ak.firsts(c.lb), False),
        "reverse(lf)": lf[:, ::-1],
        "reverse(lb)": c.lb[:, ::-1],
        "positions(lf)": ak.local_index(c.lf),
        "prod(ld)": ak.prod(ld, axis=1),
        "prod(lI)": ak.prod(c.lI, axis=1),
        "prod(lb)": each(lambda x: int(all(x)), c.lb),
        "var(n > 0 ? li / 100 : 0)": each(
            lambda x, n: float(np.var(np.array(x) / 100 * (n > 0))) if x else NAN, c.li, c.n
        ),
        "std(li / 100)": each(lambda x: float(np.std(np.array(x) / 100)) if x else NAN, c.li),
        "lf[argsort(ld)]": each(lambda x, y: [x[k] for k in argsort(y)], lf, ld),
        "lI[argsort(lf)]": each(lambda x, y: [x[k] for k in argsort(y)], c.lI, lf),
        "lf[argmax(lI)]": each(lambda x, y: at(x, arg(y, np.argmax)), lf, c.lI),
        "lf[li % 3]": each(lambda x, y: pick(x, [k % 3 for k in y]), lf, c.li),
        "lI[li % 5 - 2, 99]": each(lambda x, y: pick(x, [k % 5 - 2 for k in y], 99), c.lI, c.li),
        "take(lf, li % 5 - 2)": each(lambda x, y: take(x, [k % 5 - 2 for k in y]), lf, c.li),
        "take(lI, li % 5 - 2, n)": each(lambda x, y, n: take(x, [k % 5 - 2 for k in y], n), c.lI, c.li, c.n),
        "take(lf, i, 0)": each(lambda x, i: x[i] if 0 <= i < len(x) else 0.0, lf, c.i),
        "lf[1:3]": lf[:, 1:3],
        "lf[:2]": lf[:, :2],
        "lI[-2:]": c.lI[:, -2:],
        "lb[:-1]": c.lb[:, :-1],
        "lf[3:1]": lf[:, 3:1],
        "lf[n:]": each(lambda x, n: x[n:], lf, c.n),
        "lf[I:i]": each(lambda x, a, b: x[a:b], lf, c.I, c.i),
        "concatenate(lf, ld)": ak.concatenate([lf, ld], axis=1),
        "concatenate(li, lb, lf > 0)": ak.concatenate([whole(c.li), whole(c.lb), whole(lf > 0)], axis=1),
        "concatenate(lI[lb], lI[:1])": ak.concatenate([c.lI[c.lb], c.lI[:, :1]], axis=1),
    }


def nested(c: SimpleNamespace) -> dict[str, object]:
    """Lists of lists, fixed arrays, combinations."""
    lf, nf, a = real(c.lf), real(c.nf), real(c.a3)
    return {
        "nf * 2": nf * 2,
        "nf + lf": nf + lf,
        "nf * f": nf * c.f.astype(np.float64),
        "nf > 0 && nb": (nf > 0) & c.nb,
        "sum(nf)": ak.sum(nf, axis=2),
        "sum(sum(nI))": ak.sum(ak.sum(c.nI, axis=2), axis=1),
        "count(nf)": ak.num(c.nf, axis=2),
        "count(nf, axis=1)": ak.num(c.nf, axis=1),
        "count(nf, axis=-2)": ak.num(c.nf, axis=1),
        "max(nf)": each(lambda x: [float(np.max(y)) if y else NAN for y in x], nf),
        "max(nI, default=n)": each(lambda x, n: [max(y, default=n) for y in x], c.nI, c.n),
        "any(nb)": ak.any(c.nb, axis=2),
        "all(all(nb))": ak.all(ak.all(c.nb, axis=2), axis=1),
        "mean(nI)": each(lambda x: [float(np.mean(y)) if y else NAN for y in x], c.nI),
        "argmax(nI)": ak.fill_none(ak.argmax(c.nI, axis=2), -1),
        "first(nI, default=0)": ak.fill_none(ak.firsts(c.nI, axis=2), 0),
        "sort(nI)": ak.sort(c.nI, axis=2),
        "reverse(nb)": c.nb[:, :, ::-1],
        "nf[nb]": nf[c.nb],
        "nI[lb]": c.nI[c.lb],
        "nI[count(nI) > 1]": c.nI[ak.num(c.nI, axis=2) > 1],
        "nI[0]": each(lambda x: at(x, 0, []), c.nI),
        "nI[-1]": each(lambda x: at(x, -1, []), c.nI),
        "nI[n][0, -5]": each(lambda x, n: at(at(x, n, []), 0, -5), c.nI, c.n),
        "nI[1:]": c.nI[:, 1:],
        "nI[argsort(lf)]": each(lambda x, y: [x[k] for k in argsort(y)], c.nI, lf),
        "nI[argsort(nI)]": each(lambda x: [[y[k] for k in argsort(y)] for y in x], c.nI),
        "a3 + 1": a + 1,
        "sum(a3)": ak.sum(a, axis=1),
        "a3[2]": a[:, 2],
        "a3[a3 > 0]": each(lambda x: [y for y in x if y > 0], a),
        "m22 * 2": real(c.m22) * 2,
        "sum(m22)": ak.sum(real(c.m22), axis=2),
        "m22[1][0]": real(c.m22)[:, 1, 0],
        "sum(la2)": ak.sum(c.la2, axis=2),
        "la2[1]": each(lambda x: at(x, 1, []), c.la2),
        "la2 + li": ak.from_regular(c.la2, axis=2) + whole(c.li),
        "combinations(lI, 2)": each(lambda x: choose(x, 2), c.lI),
        "combinations(lb, 3)": each(lambda x: choose(x, 3), c.lb),
        "sum(combinations(lI, 2))": each(lambda x: [wrapped(sum(y)) for y in choose(x, 2)], c.lI),
        "count(combinations(lI, 4), axis=1)": each(lambda x: math.comb(len(x), 4), c.lI),
        "max(max(combinations(lI, 3), default=0), default=0)": each(
            lambda x: max((max(y) for y in choose(x, 3)), default=0), c.lI
        ),
        "first(combinations(lf, 2)) - last(combinations(lf, 2))": each(
            lambda x: [y[0] - y[1] for y in choose(x, 2)], lf
        ),
        "combinations(nI, 2)": each(lambda x: [choose(y, 2) for y in x], c.nI),
        "forEach(lI, lb)": each(lambda x, y: [y for _ in x], c.lI, c.lb),
        "forEach(lf[lb], lI) > I": each(lambda x, b, y, i: [[z > i for z in y] for k in b if k], lf, c.lb, c.lI, c.I),
    }


def wrapped(number: int) -> int:
    """As an int64 that has overflown."""
    return (number + 2**63) % 2**64 - 2**63


def physics(c: SimpleNamespace) -> dict[str, object]:
    """Of angles in their usual range, so that remainders are exact."""
    lep = each(lambda e, p: list(zip(e, p, strict=True)), c.eta2, c.phi2)
    jet = each(lambda e, p: list(zip(e, p, strict=True)), c.eta1, c.phi1)
    return {
        "nearest(eta1, phi1, eta2, phi2)": [
            [nearest(*j, others)[1] for j in own] for own, others in zip(jet, lep, strict=True)
        ],
        "nearestDeltaR(eta1, phi1, eta2, phi2)": [
            [nearest(*j, others)[0] for j in own] for own, others in zip(jet, lep, strict=True)
        ],
        "nearestDeltaR(0.5, 1, eta2, phi2, default=99)": [
            nearest(0.5, 1, others)[0] if others else 99.0 for others in lep
        ],
        "min(DeltaR(eta1, phi1, forEach(eta1, eta2), forEach(phi1, phi2)))": [
            [nearest(*j, others)[0] for j in own] for own, others in zip(jet, lep, strict=True)
        ],
        "DeltaPhi(phi1, 3)": each(lambda p: [math.remainder(x - 3, 2 * math.pi) for x in p], c.phi1),
        "DeltaR(eta1, phi1, 0.5, 1)": [[delta_r(*j, 0.5, 1) for j in own] for own in jet],
        "TransverseMass(pt1, phi1, 30, 1)": np.sqrt(2 * c.pt1 * 30 * (1 - np.cos(c.phi1 - 1))),
        "Px(pt1, phi1)": c.pt1 * np.cos(c.phi1),
        "Py(pt1, phi1)": c.pt1 * np.sin(c.phi1),
        "Pz(pt1, eta1)": c.pt1 * np.sinh(c.eta1),
    }


def strings(c: SimpleNamespace) -> dict[str, object]:
    return {
        's == "mu"': each(lambda x: x == "mu", c.s),
        "'tau' != s": each(lambda x: x != "tau", c.s),
        's in ["e", "mu"]': each(lambda x: x in ("e", "mu"), c.s),
        's not in ["e", "mu"]': each(lambda x: x not in ("e", "mu"), c.s),
        'ls == "mu"': each(lambda x: [y == "mu" for y in x], c.ls),
        "ls == s": each(lambda x, s: [y == s for y in x], c.ls, c.s),
        'sum(ls in ["e", ""])': each(lambda x: sum(y in ("e", "") for y in x), c.ls),
        "count(ls)": ak.num(c.ls),
        "s == ls[0]": each(lambda x, s: at(x, 0, "") == s, c.ls, c.s),
        'reverse(ls) == "e"': each(lambda x: [y == "e" for y in x[::-1]], c.ls),
        'ls[ls != "e"][0, "none"] == "none"': each(lambda x: at([y for y in x if y != "e"], 0, "none") == "none", c.ls),
        "any(first(combinations(positions(ls), 2)) == 0) ? n : -1": each(
            lambda x, n: int(n) if len(x) > 1 else -1, c.ls, c.n
        ),
        "abs(i) in [1, 3]": np.isin(np.abs(c.i.astype(np.int64)), [1, 3]),
        "lI not in [n, 4]": each(lambda x, n: [y not in (n, 4) for y in x], c.lI, c.n),
        "d in [0, I]": each(lambda d, i: d in (0, i), c.d, c.I),
    }


def shifted(value: int, by: int, bits: int) -> int:
    return value << by if 0 <= by < bits else 0


def bits(c: SimpleNamespace) -> dict[str, object]:
    small = c.n.astype(np.int64)
    return {
        "I & 6": c.I & 6,
        "I | i": c.I | c.i,
        "I ^ -1": c.I ^ -1,
        "~I": ~c.I,
        "~U": ~c.U,
        "U & 0xff": c.U & np.uint64(0xFF),
        "I << n": c.I << small,
        "I >> n": c.I >> small,
        "U >> 3": c.U >> np.uint64(3),
        "U << 62": c.U << np.uint64(62),
        "I >> 64": np.where(c.I < 0, -1, 0),
        "1 << i": each(lambda i: wrapped(shifted(1, i, 64)), c.i),
        "lI & n": c.lI & small,
        "(li & 1) == 1": (whole(c.li) & 1) == 1,
        "(lf > 0) & lb | b": ((real(c.lf) > 0) & c.lb) | c.b,
        "b ^ (f > 0)": c.b ^ (c.f > 0),
        "~lb": ~c.lb,
        "b & n": c.b.astype(np.int64) & small,
        "any((li >> 2 & 1) == 1)": ak.any((whole(c.li) >> 2 & 1) == 1, axis=1),
    }


def more_functions(c: SimpleNamespace) -> dict[str, object]:
    f, d, lf = real(c.f), real(c.d), real(c.lf)
    finite = np.where(np.isfinite(c.f), c.f, 1.0).astype(np.float64)
    return {
        "fabs(i)": np.abs(c.i.astype(np.float64)),
        "square(I)": c.I * c.I,
        "mod(I, 7)": np.mod(c.I, 7),
        "mod(f, d)": np.mod(f, d),
        "logical_and(b, n)": c.b & (c.n != 0),
        "logical_or(b, lb)": c.b | c.lb,
        "logical_not(lI)": c.lI == 0,
        "float64(I)": c.I.astype(np.float64),
        "int64(lU)": ak.values_astype(c.lU, np.int64),
        "uint64(I)": c.I.astype(np.uint64),
        "where(b, f, d)": ak.where(c.b, f, d),
        "clip(f, -10, 20)": np.clip(f, -10, 20),
        "clip(lI, -3, n)": each(lambda x, n: [min(max(y, -3), n) for y in x], c.lI, c.n),
        "copysign(f, d)": np.copysign(f, d),
        "fmod(f, d)": np.fmod(f, d),
        "fmin(f, d)": np.fmin(f, d),
        "fmax(lf, d)": np.fmax(lf, d),
        "rint(f)": np.rint(f),
        "trunc(lf)": np.trunc(lf),
        "cbrt(f)": np.cbrt(f),
        "exp2(f / 20)": np.exp2(f / 20),
        "asinh(f)": np.arcsinh(f),
        "acosh(f)": np.arccosh(f),
        "atanh(f / 100)": np.arctanh(f / 100),
        "degrees(f)": np.degrees(f),
        "radians(f)": np.radians(f),
        "erf(f / 40)": each(lambda x: math.erf(x / 40), f),
        "erfc(f / 40)": each(lambda x: math.erfc(x / 40), f),
        "lgamma(isfinite(f) ? abs(f) + 2.5 : 1.5)": each(
            lambda x, y: math.lgamma(abs(x) + 2.5) if math.isfinite(y) else math.lgamma(1.5), finite, f
        ),
        "tgamma(isfinite(f) ? abs(f) / 10 + 0.5 : 1.5)": each(
            lambda x, y: math.gamma(abs(x) / 10 + 0.5) if math.isfinite(y) else math.gamma(1.5), finite, f
        ),
    }


def list_expressions(c: SimpleNamespace) -> dict[str, object]:
    return ordered(c) | nested(c) | physics(c) | strings(c) | bits(c) | more_functions(c)


# Where the last digits depend on the library or on cancellation.
TOLERANCES = {
    "lgamma(isfinite(f) ? abs(f) + 2.5 : 1.5)": 1e-13,
    "tgamma(isfinite(f) ? abs(f) / 10 + 0.5 : 1.5)": 1e-13,
    "std(li / 100)": 1e-13,
    "var(n > 0 ? li / 100 : 0)": 1e-13,
    "sum(a3)": 1e-13,
    "sum(nf)": 1e-13,
}
