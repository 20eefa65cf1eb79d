"""Prints the values that traditional_test.cpp expects, from scikit-learn.

Usage: .venv-test/bin/python tests/unit/train/known_traditional.py
"""

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

i = np.arange(200)
label = (i * 7 % 5 < 2).astype(int)
a = (i * 37 % 101) / 101 + 0.3 * label
b = (i * 53 % 89) / 89 - 0.2 * label + 0.5 * a
table = np.stack([a, b, i * 11 % 13], axis=1).astype(np.float32).astype(float)
fit = LinearDiscriminantAnalysis(solver="lsqr").fit(table, label)
print(*fit.coef_[0], fit.intercept_[0], fit.predict_proba(table)[7, 1])
