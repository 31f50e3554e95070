"""Copies of the estimators for tables."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from chainrule import TabularClassifier, TabularRegressor
from tests.estimators.data_sets import CLASSES, FRAME, NUMBERS, QUICK

every_estimator = pytest.mark.parametrize(
    ("model", "y"),
    [(TabularClassifier(**QUICK), CLASSES), (TabularRegressor(**QUICK), NUMBERS)],
    ids=["classifier", "regressor"],
)


@every_estimator
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "deepcopy", "pickle"]
)
def test_copies_predict_alike(model, y, copied):
    fitted = clone(model).fit(FRAME, y)
    twin = copied(fitted)
    np.testing.assert_array_equal(twin.predict(FRAME), fitted.predict(FRAME))
    assert twin.best_iteration_ == fitted.best_iteration_
    assert twin.history_.history == fitted.history_.history
