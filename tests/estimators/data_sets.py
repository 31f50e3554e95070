"""Small tables that the tests of the estimators share."""

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification, make_multilabel_classification

rng = np.random.default_rng(5)
X, CLASSES = make_classification(200, 8, n_informative=5, n_classes=3, class_sep=1.5, random_state=0)
BINARY = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)
LABELS = make_multilabel_classification(200, 8, n_classes=4, random_state=0)[1]
NUMBERS = X @ rng.normal(size=8) / 3
PAIRS = np.c_[NUMBERS, NUMBERS**2]
COUNTS = rng.poisson(np.exp(NUMBERS / 2)).astype(float)
WEIGHTS = rng.uniform(0.1, 3.0, 200)
FRAME = pd.DataFrame(X, columns=[f"c{i}" for i in range(X.shape[1])]).assign(
    sign=np.where(X[:, 0] > 0, "plus", "minus")
)
QUICK = {"hidden": (8,), "epochs": 15, "learning_rate": 0.03, "random_state": 0}  # for the estimators for tables
