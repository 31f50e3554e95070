"""Predictions of every kind of model in one form."""

import numpy as np
import pytest

import chainrule
from chainrule import Perceptron, Sequential, analysis
from chainrule.errors import ArgumentError, DataError, ShapeError
from chainrule.estimators import MLPClassifier, MLPRegressor
from chainrule.layers import Dense, Input
from chainrule.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from chainrule.tables import samples

X = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
CODES = (X[:, 0] > 0).astype(int)


def network(*layers, loss=None):
    model = Sequential([Input((2,)), *layers], seed=0)
    if loss is not None:
        model.compile("adam", loss)
    return model


def test_two_classes_from_one_output():
    model = network(Dense(1, activation="sigmoid"))
    found = analysis.predictions(model, X, CODES, classes=["left", "right"])
    np.testing.assert_allclose(found.scores[:, 1], model.predict(X)[:, 0])
    assert found.classes == ("left", "right") and (found.y_pred == (found.scores[:, 1] > 0.5)).all()


@pytest.mark.parametrize(
    ("units", "loss"),
    [(1, BinaryCrossentropy(from_logits=True)), (3, SparseCategoricalCrossentropy(from_logits=True))],
)
def test_logits_become_probabilities(units, loss):
    found = analysis.predictions(network(Dense(units), loss=loss), X)
    assert found.scores.shape == (40, max(2, units)) and found.y_true is None
    np.testing.assert_allclose(found.scores.sum(axis=1), 1, rtol=1e-6)


def test_numbers_and_functions():
    found = analysis.predictions(network(Dense(1), loss="mse"), X, CODES)
    assert found.classes is None and found.scores is None and found.y_pred.shape == (40,) and len(found) == 40
    assert analysis.predictions(lambda x: x[:, 0] + x[:, 1], X).y_pred == pytest.approx(X.sum(axis=1))
    assert analysis.predictions(Perceptron([1.0, 0.0], activation="tanh"), X).classes is None


def test_estimators():
    labels = np.array(["a", "b"])[CODES]
    classifier = MLPClassifier((4,), max_iter=2000, random_state=0, solver="lbfgs").fit(X, labels)
    found = analysis.predictions(classifier, X, labels)
    assert found.classes == ("a", "b") and (found.y_true == CODES).all()
    assert (np.array(["a", "b"])[found.y_pred] == classifier.predict(X)).all()
    regressor = MLPRegressor(hidden_layer_sizes=(4,), max_iter=2000, random_state=0, solver="lbfgs").fit(X, X[:, 0])
    np.testing.assert_allclose(analysis.predictions(regressor, X).y_pred, regressor.predict(X))


def test_models_of_tables():
    table = {"hours": [1.0, 2.0, 8.0, 9.0] * 10, "passed": ["no", "no", "yes", "yes"] * 10}
    model = chainrule.train(table, target="passed", epochs=3)
    found = analysis.predictions(model, {**table, "passed": [None, *table["passed"][1:]]})
    assert len(found) == 39 and found.classes == ("no", "yes") and found.target == "passed"
    assert analysis.predictions(model, {"hours": [1.0]}).y_true is None
    number = chainrule.train({"x": list(range(40)), "y": [2.0 * i for i in range(40)]}, target="y", epochs=3)
    found = analysis.predictions(number, {"x": [1, 2], "y": [2.0, 4.0]})
    assert found.y_true.tolist() == [2.0, 4.0] and found.y_pred == pytest.approx(number.predict({"x": [1, 2]}))


def test_what_is_refused():
    with pytest.raises(ArgumentError, match="2 outputs that are no classes"):
        analysis.predictions(network(Dense(2)), X)
    with pytest.raises(ArgumentError, match="several labels a row"):
        analysis.predictions(network(Dense(2, activation="sigmoid")), X)
    with pytest.raises(DataError, match="y holds 'c', which is none of the classes; expected a, b"):
        analysis.predictions(network(Dense(1, activation="sigmoid")), X[:1], ["c"], classes=["a", "b"])
    with pytest.raises(ArgumentError, match="classes expects 2 names, got 3"):
        analysis.predictions(network(Dense(1, activation="sigmoid")), X, classes="abc")
    with pytest.raises(ShapeError, match="same number of rows, got 40 and 3"):
        analysis.predictions(network(Dense(1)), X, [1, 2, 3])
    with pytest.raises(ShapeError, match=r"an answer for each row of X, \(40,\), got shape \(\)"):
        analysis.predictions(lambda x: 3.0, X)
    with pytest.raises(ArgumentError, match="predictions expects a Sequential"):
        analysis.predictions(3, X)


def test_samples_have_what_is_needed():
    moons = samples.moons(rows=20)
    assert analysis.predictions(network(Dense(1, activation="sigmoid")), moons.X, moons.y).y_true.tolist() == list(
        moons.y
    )
