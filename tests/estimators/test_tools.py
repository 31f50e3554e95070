"""All four estimators inside scikit-learn's and joblib's tools, in processes and threads."""

import os
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from chainrule import TabularClassifier, TabularRegressor, engine
from chainrule.engine import threads
from chainrule.estimators import MLPClassifier, MLPRegressor
from tests.estimators.data_sets import BINARY, CLASSES, FRAME, NUMBERS, QUICK, X

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Case(NamedTuple):
    model: Any
    X: Any
    y: Any
    before: Any  # a step of a pipeline
    grid: dict[str, list[Any]]


DROPIN_GRID = {"alpha": [1e-4, 1.0], "activation": ["tanh", "relu"]}
TABULAR_GRID = {"dropout": [0.0, 0.2]}
CASES = [
    Case(
        MLPClassifier((8,), max_iter=20, random_state=0, learning_rate_init=0.02, dropout=0.1),
        X,
        CLASSES,
        StandardScaler(),
        DROPIN_GRID,
    ),
    Case(
        MLPRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0, learning_rate_init=0.02),
        X,
        NUMBERS,
        StandardScaler(),
        DROPIN_GRID,
    ),
    Case(TabularClassifier(**QUICK), FRAME, CLASSES, FunctionTransformer(), TABULAR_GRID),
    Case(TabularRegressor(**QUICK), FRAME, NUMBERS, FunctionTransformer(), TABULAR_GRID),
]
every_estimator = pytest.mark.parametrize("case", CASES, ids=[type(case.model).__name__ for case in CASES])
every_classifier = pytest.mark.parametrize("case", CASES[::2], ids=[type(case.model).__name__ for case in CASES[::2]])


@every_estimator
def test_pipeline_and_grid_search_in_two_processes(case):
    pipeline = make_pipeline(case.before, case.model)
    grid = {f"{type(case.model).__name__.lower()}__{name}": values for name, values in case.grid.items()}
    alone = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(case.X, case.y)
    together = GridSearchCV(pipeline, grid, cv=2, n_jobs=2, error_score="raise").fit(case.X, case.y)
    np.testing.assert_array_equal(alone.cv_results_["mean_test_score"], together.cv_results_["mean_test_score"])
    assert alone.best_score_ > (0.5 if case.X is X else 0.4)


def test_a_worker_of_two_has_half_of_the_processors():
    """joblib's processes say so in OMP_NUM_THREADS; with two processors each worker trains on one thread."""
    counts = Parallel(n_jobs=2)(delayed(threads.maximum)() for _ in range(2))
    assert set(counts) <= set(range(1, max(1, (os.cpu_count() or 1) // 2) + 1))


def test_a_worker_of_a_multiprocessing_pool_uses_one_thread(monkeypatch):
    for name in ("CHAINRULE_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert Parallel(n_jobs=2, backend="multiprocessing")(delayed(threads.maximum)() for _ in range(2)) == [1, 1]
    monkeypatch.setenv("CHAINRULE_THREADS", "1000")  # asked for: as many as there are
    alone = threads.maximum()
    assert Parallel(n_jobs=2, backend="multiprocessing")(delayed(threads.maximum)() for _ in range(2)) == [alone] * 2


@every_estimator
def test_in_threads_of_one_process(case):
    engine.set_threads(2)
    try:
        fits = (delayed(clone(case.model).fit)(case.X, case.y) for _ in range(4))
        models = Parallel(n_jobs=2, backend="threading")(fits)
    finally:
        engine.set_threads(None)
    expected = clone(case.model).fit(case.X, case.y)
    for other in models:
        np.testing.assert_array_equal(other.predict(case.X), expected.predict(case.X))


@every_estimator
def test_cross_validation_and_importances(case):
    scores = cross_validate(case.model, case.X, case.y, cv=3, return_train_score=True, error_score="raise")
    assert scores["train_score"].mean() >= scores["test_score"].mean() > 0.3
    constant = pd.DataFrame(case.X).assign(constant=0.0).rename(columns=str)
    model = clone(case.model).fit(constant, case.y)
    found = permutation_importance(model, constant, case.y, n_repeats=2, random_state=0)
    assert found.importances_mean[-1] == 0
    assert found.importances_mean.max() > 0.05


@every_classifier
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(case, method):
    calibrated = CalibratedClassifierCV(case.model, cv=2, method=method).fit(case.X, BINARY)
    np.testing.assert_allclose(calibrated.predict_proba(case.X).sum(axis=1), 1)
    assert calibrated.score(case.X, BINARY) > 0.75


@every_estimator
def test_a_clone_is_not_fitted_and_trains_alike(case):
    fitted = clone(case.model).fit(case.X, case.y)
    fresh = clone(fitted)
    for name in ("network_", "history_", "n_features_in_", "n_iter_", "best_iteration_"):
        assert not hasattr(fresh, name)
    np.testing.assert_array_equal(fresh.fit(case.X, case.y).predict(case.X), fitted.predict(case.X))
