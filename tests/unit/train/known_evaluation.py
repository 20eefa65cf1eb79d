"""Prints the values that evaluation_metrics_test.cpp expects, from scikit-learn, numpy and formulas.

Usage: .venv-test/bin/python tests/unit/train/known_evaluation.py
"""

import math

import numpy as np
from known_values import LABEL, SCORE, SIGNED, WEIGHT
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_recall_curve

P = (1 - (SCORE.astype(float) * 23 + 0.5) / 24).astype(np.float32)  # inside (0, 1), rises with the label


def asimov(s: float, b: float, e: float) -> float:
    first = (s + b) * math.log((s + b) * (b + e * e) / (b * b + (s + b) * e * e))
    second = b * b / (e * e) * math.log(1 + e * e * s / (b * (b + e * e)))
    return math.sqrt(2 * (first - second))


def average_precision_by_sums(weight: np.ndarray) -> float:
    total, recall, area = weight[LABEL == 1].sum(), 0.0, 0.0
    for threshold in np.unique(SCORE)[::-1]:
        kept = SCORE >= threshold
        signal = weight[kept & (LABEL == 1)].sum()
        area += signal / weight[kept].sum() * (signal / total - recall)
        recall = signal / total
    return float(area)


def calibration(weight: np.ndarray, bins: int) -> tuple[float, list[float]]:
    index = np.minimum((SCORE.astype(float) * bins).astype(int), bins - 1)
    error, fractions = 0.0, []
    for b in range(bins):
        w = weight[index == b]
        fraction = (w * LABEL[index == b]).sum() / w.sum()
        fractions.append(float(fraction))
        error += abs((w * SCORE[index == b]).sum() - (w * LABEL[index == b]).sum())
    return float(error / weight.sum()), fractions


def signed_correlation(weight: np.ndarray) -> float:
    x, y = SCORE.astype(float), np.sin(np.arange(60)).astype(np.float32).astype(float)
    mx, my = (weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()
    xy = (weight * (x - mx) * (y - my)).sum()
    return float(xy / math.sqrt((weight * (x - mx) ** 2).sum() * (weight * (y - my) ** 2).sum()))


def main() -> None:
    print("average precision", average_precision_score(LABEL, SCORE, sample_weight=WEIGHT))
    precision, recall, threshold = precision_recall_curve(LABEL, SCORE, sample_weight=WEIGHT)
    print("fifth from the top", threshold[-5], precision[-6], recall[-6])
    print("signed", average_precision_by_sums(SIGNED))
    for arguments in ((10, 100, 10), (3, 2, 0.5), (50, 20, 8)):
        print("Asimov", arguments, asimov(*arguments))
    print("calibration", calibration(WEIGHT.astype(float), 5), calibration(SIGNED, 5)[0])
    iso = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(P, LABEL, sample_weight=WEIGHT)
    print("isotonic", iso.X_thresholds_.tolist(), iso.y_thresholds_.tolist())
    print("isotonic at", iso.predict(np.array([0.0, 0.1, 0.3, 0.501, 0.75, 1.0])).tolist())
    logit = np.log(P.astype(float) / (1 - P.astype(float)))
    fit = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10000).fit(logit[:, None], LABEL, sample_weight=WEIGHT)
    print("logistic", fit.coef_[0, 0], fit.intercept_[0])
    x, y, w = SCORE.astype(float), np.sin(np.arange(60)).astype(np.float32).astype(float), WEIGHT.astype(float)
    covariance = np.cov(x, y, aweights=w)
    print("correlation", covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1]), signed_correlation(SIGNED))
    for low, high in ((0.0, 0.3), (0.3, 0.6), (0.6, 1.0)):
        inside = (x >= low) & (x < high)
        for weight in (w, SIGNED):
            passed, total = (weight * LABEL)[inside].sum(), weight[inside].sum()
            e = passed / total
            squares = weight[inside] ** 2
            variance = (((1 - e) ** 2 * LABEL[inside] + e**2 * (1 - LABEL[inside])) * squares).sum()
            print("efficiency", low, e, math.sqrt(variance) / total)


if __name__ == "__main__":
    main()
