"""Metrics count every row alike, weighted metrics by the weights of the rows: Keras's meaning and names."""

import numpy as np
import pytest

from chainrule import Sequential, load, metrics
from chainrule.errors import ArgumentError
from chainrule.layers import Dense, Input

# Five rows, of which the network below gets the first three right.
X = np.array([[2.0], [1.0], [-1.0], [-2.0], [3.0]])
CODES = np.array([1, 1, 0, 1, 0])
WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0, 0.0])
ENGINES = pytest.mark.parametrize("engine", ["python", "auto"])


def classifier(engine="auto", **asked):
    model = Sequential([Input((1,)), Dense(1, activation="sigmoid")], dtype="float64", seed=0)
    model.set_weights([np.array([[1.0]]), np.zeros(1)])
    model.compile("sgd", "binary_crossentropy", engine=engine, **asked)
    return model


@ENGINES
def test_only_weighted_metrics_ask_for_weights(engine):
    model = classifier(engine, metrics=["accuracy"], weighted_metrics=["accuracy", "auc"])
    result = model.evaluate(X, CODES, sample_weight=WEIGHTS, return_dict=True)
    assert list(result) == ["loss", "accuracy", "weighted_accuracy", "auc"]
    assert result["accuracy"] == 3 / 5
    assert result["weighted_accuracy"] == pytest.approx(6 / 10)
    assert model.evaluate(X, CODES, return_dict=True)["weighted_accuracy"] == 3 / 5


@ENGINES
def test_class_weights_are_weights_too(engine):
    model = classifier(engine, metrics=["accuracy"], weighted_metrics=["accuracy"])
    history = model.fit(X, CODES, class_weight={0: 5.0, 1: 1.0}, batch_size=5, verbose=0).history
    assert history["accuracy"] == [3 / 5]
    assert history["weighted_accuracy"] == [pytest.approx(7 / 13)]
    result = classifier(engine, weighted_metrics=["accuracy"]).train_on_batch(
        X, CODES, sample_weight=WEIGHTS, return_dict=True
    )
    assert result["accuracy"] == pytest.approx(6 / 10)


def test_metrics_of_one_name_are_numbered():
    model = classifier(
        metrics=["accuracy", metrics.BinaryAccuracy(0.9, name="accuracy")], weighted_metrics=["mse", "mse"]
    )
    result = model.evaluate(X, CODES, return_dict=True)
    assert list(result) == ["loss", "accuracy", "accuracy_1", "mse", "weighted_mse"]
    assert result["accuracy"] != result["accuracy_1"]


def test_errors():
    with pytest.raises(ArgumentError, match=r"weighted_metrics expects a list, got 'mae'; write weighted_metrics="):
        classifier(weighted_metrics="mae")
    shared = metrics.BinaryAccuracy()
    with pytest.raises(ArgumentError, match="a metric keeps one count; make two objects of it"):
        classifier(metrics=[shared], weighted_metrics=[shared])


def test_a_file_keeps_them(tmp_path):
    model = classifier(metrics=["accuracy"], weighted_metrics=["accuracy"])
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    data = {"x": X, "y": CODES, "sample_weight": WEIGHTS, "return_dict": True}
    assert again.evaluate(**data) == model.evaluate(**data)
