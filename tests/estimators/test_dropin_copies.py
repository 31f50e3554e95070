"""The drop-in estimators inside scikit-learn's and joblib's tools, in processes and threads."""

import copy
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import engine
from chainrule.engine import threads
from chainrule.estimators import MLPClassifier, MLPRegressor
from tests.estimators.data_sets import BINARY, CLASSES, NUMBERS, X

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
ESTIMATORS = [
    (MLPClassifier((8,), max_iter=20, random_state=0, learning_rate_init=0.02, dropout=0.1), CLASSES),
    (MLPRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0, learning_rate_init=0.02), NUMBERS),
]
every_estimator = pytest.mark.parametrize(("model", "y"), ESTIMATORS, ids=["classifier", "regressor"])


@every_estimator
def test_pipeline_and_grid_search_in_two_processes(model, y):
    pipeline = make_pipeline(StandardScaler(), model)
    name = type(model).__name__.lower()
    grid = {f"{name}__alpha": [1e-4, 1.0], f"{name}__activation": ["tanh", "relu"]}
    alone = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    together = GridSearchCV(pipeline, grid, cv=2, n_jobs=2, error_score="raise").fit(X, y)
    np.testing.assert_array_equal(alone.cv_results_["mean_test_score"], together.cv_results_["mean_test_score"])
    assert alone.best_score_ > 0.5


def test_a_worker_of_two_has_half_of_the_processors():
    """joblib's processes say so in OMP_NUM_THREADS; with two processors each worker trains on one thread."""
    counts = Parallel(n_jobs=2)(delayed(threads.maximum)() for _ in range(2))
    assert set(counts) <= set(range(1, max(1, (os.cpu_count() or 1) // 2) + 1))


@every_estimator
def test_in_threads_of_one_process(model, y):
    engine.set_threads(2)
    try:
        models = Parallel(n_jobs=2, backend="threading")(delayed(clone(model).fit)(X, y) for _ in range(4))
    finally:
        engine.set_threads(None)
    expected = clone(model).fit(X, y)
    for other in models:
        np.testing.assert_array_equal(other.predict(X), expected.predict(X))


@every_estimator
def test_cross_validation_and_importances(model, y):
    scores = cross_validate(model, X, y, cv=3, return_train_score=True, error_score="raise")
    assert scores["train_score"].mean() >= scores["test_score"].mean() > 0.3
    constant = np.c_[X, np.zeros(len(X))]
    found = permutation_importance(clone(model).fit(constant, y), constant, y, n_repeats=2, random_state=0)
    assert found.importances_mean[-1] == 0
    assert found.importances_mean.max() > 0.05


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(method):
    calibrated = CalibratedClassifierCV(ESTIMATORS[0][0], cv=2, method=method).fit(X, BINARY)
    shares = calibrated.predict_proba(X)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert calibrated.score(X, BINARY) > 0.75


@every_estimator
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "deepcopy", "pickle"]
)
def test_copies_predict_and_train_on_alike(model, y, copied):
    fitted = clone(model).fit(X, y)
    twin = copied(fitted)
    np.testing.assert_array_equal(twin.predict(X), fitted.predict(X))
    if copied is copy.copy:
        return  # shares the network, as a shallow copy does
    for each in (fitted, twin):
        each.partial_fit(X, y)
    np.testing.assert_array_equal(twin.predict(X), fitted.predict(X))
    np.testing.assert_array_equal(twin.coefs_[0], fitted.coefs_[0])
    assert not np.shares_memory(twin.coefs_[0], fitted.coefs_[0])
    assert twin.loss_curve_ == fitted.loss_curve_
    assert twin.loss_curve_ is not fitted.loss_curve_


@every_estimator
def test_a_clone_is_not_fitted_and_trains_alike(model, y):
    fitted = clone(model).fit(X, y)
    fresh = clone(fitted)
    assert not hasattr(fresh, "network_")
    np.testing.assert_array_equal(fresh.fit(X, y).predict(X), fitted.predict(X))


def test_data_frames_give_feature_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=[f"x{i}" for i in range(8)])
    model = clone(ESTIMATORS[0][0]).fit(frame, CLASSES)
    assert model.feature_names_in_.tolist() == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.rename(columns={"x0": "other"}))


def test_the_other_estimators_load_without_scikit_learn():
    code = (
        "import sys; sys.modules['sklearn'] = None; import chainrule.estimators as e; e.train, e.TabularModel\n"
        "try:\n    e.MLPClassifier\nexcept ImportError as error:\n    print(error)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "MLPClassifier needs scikit-learn; install it with: pip install 'chainrule[sklearn]'" in result.stdout
