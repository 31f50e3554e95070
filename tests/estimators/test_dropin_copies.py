"""Copies of the drop-in estimators, data frames, and life without scikit-learn."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone

from chainrule.estimators import MLPClassifier, MLPRegressor
from tests.estimators.data_sets import CLASSES, NUMBERS, X

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
ESTIMATORS = [
    (MLPClassifier((8,), max_iter=20, random_state=0, learning_rate_init=0.02, dropout=0.1), CLASSES),
    (MLPRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0, learning_rate_init=0.02), NUMBERS),
]
every_estimator = pytest.mark.parametrize(("model", "y"), ESTIMATORS, ids=["classifier", "regressor"])


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
