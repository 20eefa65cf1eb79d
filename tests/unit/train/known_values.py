"""Prints the values that metrics_test.cpp and flat_optimizer_test.cpp expect, from scikit-learn, scipy and numpy.

Usage: .venv-test/bin/python tests/unit/train/known_values.py
"""

import math

import numpy as np
from scipy import stats
from sklearn.metrics import log_loss, roc_auc_score, roc_curve

EVENTS = np.arange(60)
SCORE = (EVENTS * 37 % 23 / 23).astype(np.float32)
LABEL = (EVENTS * 7 % 5 < 2).astype(int)
WEIGHT = (0.25 + EVENTS * 11 % 8 / 4).astype(np.float32)
SIGNED = np.where(EVENTS % 7 == 3, -WEIGHT, WEIGHT).astype(float)
SIGNAL, BACKGROUND = LABEL == 1, LABEL == 0


def auc_by_pairs(weight: np.ndarray) -> float:
    """The area as a direct sum over all pairs of a signal and a background event."""
    s, b = SCORE[SIGNAL][:, None], SCORE[BACKGROUND][None, :]
    wins = (s > b) + 0.5 * (s == b)
    pairs = weight[SIGNAL][:, None] * weight[BACKGROUND][None, :]
    return float((pairs * wins).sum() / pairs.sum())


def delong_error() -> float:
    """DeLong's error of the unweighted area, with divisors n instead of n - 1."""
    s, b = SCORE[SIGNAL], SCORE[BACKGROUND]
    by_signal = np.array([np.mean((x > b) + 0.5 * (x == b)) for x in s])
    by_background = np.array([np.mean((s > x) + 0.5 * (s == x)) for x in b])
    auc = by_signal.mean()
    return math.sqrt(((by_signal - auc) ** 2).sum() / len(s) ** 2 + ((by_background - auc) ** 2).sum() / len(b) ** 2)


def bootstrap_error() -> float:
    """The weighted area's spread over 20,000 Poisson bootstraps."""
    random = np.random.default_rng(1)
    areas = []
    for _ in range(20000):
        counts = random.poisson(1, len(EVENTS))
        if counts[SIGNAL].sum() and counts[BACKGROUND].sum():
            areas.append(roc_auc_score(LABEL, SCORE, sample_weight=WEIGHT * counts))
    return float(np.std(areas))


def adam(decay: float, decoupled: bool) -> list[float]:
    """Ten steps of Adam on a paraboloid, in double precision."""
    p, rate, beta1, beta2 = np.array([0.3, 0.1, -0.7]), 0.01, 0.9, 0.999
    m, v = np.zeros(3), np.zeros(3)
    for step in range(1, 11):
        g = 2 * (p - np.array([1.0, -2.0, 0.5]))
        if decoupled:
            p = p * (1 - rate * decay)
        else:
            g = g + decay * p
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        p = p - rate / (1 - beta1**step) * m / (np.sqrt(v) / np.sqrt(1 - beta2**step) + 1e-8)
    return p.tolist()


def main() -> None:
    print("auc, weighted        ", roc_auc_score(LABEL, SCORE, sample_weight=WEIGHT))
    print("auc, unweighted      ", roc_auc_score(LABEL, SCORE))
    print("auc, signed weights  ", auc_by_pairs(SIGNED))
    print("auc error, unweighted", delong_error())
    print("auc error, bootstrap ", bootstrap_error())
    p = np.clip(np.where(SIGNAL, SCORE.astype(float), 1 - SCORE.astype(float)), 1e-7, 1)
    print("log loss             ", float((WEIGHT * -np.log(p)).sum() / WEIGHT.sum()))
    fpr, tpr, threshold = roc_curve(LABEL, SCORE, sample_weight=WEIGHT, drop_intermediate=False)
    print("roc                  ", len(fpr), "points, number 5:", threshold[5], tpr[5], fpr[5])
    for truth in (0, 1):
        cells = [(LABEL == truth) & ((SCORE >= 0.5) == bool(predicted)) for predicted in (0, 1)]
        print("confusion            ", truth, [(float(WEIGHT[cell].sum()), int(cell.sum())) for cell in cells])
    scores = np.stack([1 + EVENTS * 3 % 7, 1 + EVENTS * 5 % 11, 1 + EVENTS * 2 % 5], 1).astype(float)
    scores = (scores / scores.sum(1, keepdims=True)).astype(np.float32).astype(float)
    normalised = scores / scores.sum(1, keepdims=True)
    print("log loss, 3 classes  ", log_loss(EVENTS % 3, normalised, sample_weight=WEIGHT))
    print(
        "auc, 3 classes       ", [roc_auc_score(EVENTS % 3 == k, scores[:, k], sample_weight=WEIGHT) for k in range(3)]
    )
    print("Kolmogorov, distance ", stats.ks_2samp(SCORE[SIGNAL], SCORE[BACKGROUND], method="asymp").statistic)
    for value in (0.3, 0.8, 1.0, 1.2, 1.5, 2.0):
        print("Kolmogorov, Q        ", value, stats.kstwobign.sf(value))
    for s, b in ((10, 100), (5, 1), (1, 0.01)):
        print("Asimov               ", s, b, math.sqrt(2 * ((s + b) * math.log(1 + s / b) - s)))
    for decay, decoupled in ((0, False), (0.1, False), (0.1, True)):
        print("Adam                 ", decay, decoupled, adam(decay, decoupled))


if __name__ == "__main__":
    main()
