"""The estimators for tables inside scikit-learn's and joblib's tools, in processes and threads."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from chainrule import TabularClassifier, TabularRegressor, engine
from tests.estimators.data_sets import BINARY, CLASSES, NUMBERS, X

FRAME = pd.DataFrame(X, columns=[f"c{i}" for i in range(X.shape[1])]).assign(
    sign=np.where(X[:, 0] > 0, "plus", "minus")
)
QUICK = {"hidden": (8,), "epochs": 15, "learning_rate": 0.03, "random_state": 0}
every_estimator = pytest.mark.parametrize(
    ("model", "y"),
    [(TabularClassifier(**QUICK), CLASSES), (TabularRegressor(**QUICK), NUMBERS)],
    ids=["classifier", "regressor"],
)


@every_estimator
def test_pipeline_and_grid_search_in_two_processes(model, y):
    pipeline = make_pipeline(FunctionTransformer(), model)
    grid = {f"{type(model).__name__.lower()}__dropout": [0.0, 0.2]}
    alone = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(FRAME, y)
    together = GridSearchCV(pipeline, grid, cv=2, n_jobs=2, error_score="raise").fit(FRAME, y)
    np.testing.assert_array_equal(alone.cv_results_["mean_test_score"], together.cv_results_["mean_test_score"])
    assert alone.best_score_ > 0.4


@every_estimator
def test_in_threads_of_one_process(model, y):
    engine.set_threads(2)
    try:
        models = Parallel(n_jobs=2, backend="threading")(delayed(clone(model).fit)(FRAME, y) for _ in range(4))
    finally:
        engine.set_threads(None)
    expected = clone(model).fit(FRAME, y)
    for other in models:
        np.testing.assert_array_equal(other.predict(FRAME), expected.predict(FRAME))


@every_estimator
def test_cross_validation_and_importances(model, y):
    scores = cross_validate(model, FRAME, y, cv=3, return_train_score=True, error_score="raise")
    assert scores["train_score"].mean() >= scores["test_score"].mean() > 0.3
    constant = FRAME.assign(constant=1.0)
    found = permutation_importance(clone(model).fit(constant, y), constant, y, n_repeats=2, random_state=0)
    assert found.importances_mean[-1] == 0
    assert found.importances_mean.max() > 0.05


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(method):
    calibrated = CalibratedClassifierCV(TabularClassifier(**QUICK), cv=2, method=method).fit(FRAME, BINARY)
    np.testing.assert_allclose(calibrated.predict_proba(FRAME).sum(axis=1), 1)
    assert calibrated.score(FRAME, BINARY) > 0.75


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


@every_estimator
def test_a_clone_is_not_fitted_and_trains_alike(model, y):
    fitted = clone(model).fit(FRAME, y)
    fresh = clone(fitted)
    for name in ("network_", "history_", "best_iteration_", "n_features_in_"):
        assert not hasattr(fresh, name)
    np.testing.assert_array_equal(fresh.fit(FRAME, y).predict(FRAME), fitted.predict(FRAME))
