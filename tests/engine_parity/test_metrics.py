"""Metrics on both engines: accuracies that the native engine counts in the pass, and others, from kept outputs."""

import numpy as np
import pytest

from chainrule import losses, metrics
from chainrule.callbacks import LambdaCallback
from chainrule.engine import measures
from chainrule.engine.lowering import lower
from chainrule.engine.plan import PlannedAccuracy
from chainrule.errors import DataError
from chainrule.layers import Dense
from chainrule.optimizers import SGD
from tests.engine_parity.compare import (
    BITS,
    CODES,
    DTYPES,
    ENGINES,
    NUMBERS,
    ONE_HOT,
    SIGNS,
    WEIGHTS,
    N,
    X,
    build,
    check_parity,
    needs_native,
)

pytestmark = [needs_native, pytest.mark.parametrize("dtype", DTYPES)]

# Loss, targets, units, last activation, metric, and what is counted for it.
COUNTED = {
    "codes": ("sparse_categorical_crossentropy", CODES, 3, "softmax", "accuracy", PlannedAccuracy("codes")),
    "codes, logits": (
        losses.SparseCategoricalCrossentropy(from_logits=True), CODES, 3, None, "accuracy", PlannedAccuracy("codes")
    ),
    "one-hot": ("categorical_crossentropy", ONE_HOT, 3, "softmax", "accuracy", PlannedAccuracy("one_hot")),
    "one-hot, squared error": ("mse", ONE_HOT, 3, "tanh", "accuracy", PlannedAccuracy("one_hot")),
    "binary": ("binary_crossentropy", BITS[:, 0], 1, "sigmoid", "accuracy", PlannedAccuracy("binary", 0.0)),
    "several binary": ("binary_crossentropy", BITS, 2, "sigmoid", "accuracy", PlannedAccuracy("binary", 0.0)),
    "binary, cut": (
        "binary_crossentropy", BITS, 2, "sigmoid", metrics.BinaryAccuracy(0.7), PlannedAccuracy("binary", np.log(7 / 3))
    ),
    "binary, squared error": ("mse", BITS, 2, "sigmoid", metrics.BinaryAccuracy(), PlannedAccuracy("binary", 0.5)),
    "hinge": ("hinge", BITS, 2, None, metrics.BinaryAccuracy(0.0), PlannedAccuracy("binary", 0.0)),
}  # fmt: skip
OTHERS = {
    "two metrics": ("binary_crossentropy", BITS, 2, "sigmoid", ["accuracy", "auc"]),
    "two cuts": ("binary_crossentropy", BITS, 2, "sigmoid", ["accuracy", metrics.BinaryAccuracy(0.4)]),
    "one-hot of sigmoids": ("binary_crossentropy", ONE_HOT, 3, "sigmoid", [metrics.CategoricalAccuracy()]),
    "soft labels": ("categorical_crossentropy", 0.9 * ONE_HOT + 0.1 / 3, 3, "softmax", ["accuracy"]),
    "top k": ("sparse_categorical_crossentropy", CODES, 3, "softmax", [metrics.SparseTopKCategoricalAccuracy(2)]),
    "regression": ("mse", NUMBERS, 2, None, ["mae", "r2"]),
}
REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight")


def network(units, activation):
    return lambda: [Dense(9, activation="tanh"), Dense(units, activation=activation)]


def sgd():
    return SGD(0.1)


@pytest.mark.parametrize("case", COUNTED)
@pytest.mark.parametrize("batch_size", [1, 7, N])
@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["alike", "weighted"])
def test_accuracy_counted_in_the_pass(case, batch_size, weight, dtype):
    loss, y, units, activation, metric, counted = COUNTED[case]
    models = check_parity(
        network(units, activation),
        y=y,
        loss=loss,
        optimizer=sgd,
        dtype=dtype,
        batch_size=batch_size,
        metrics=[metric],
        weighted_metrics=[metric],
        sample_weight=weight,
        steps=12,
        validation_data=(X[:11], y[:11]),
    )
    plan = lower(models["native"]._task)
    assert plan.accuracy == PlannedAccuracy(counted.labels, pytest.approx(counted.cut))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_weighted_accuracy_does_not_depend_on_the_reduction(reduction, dtype):
    results = []
    for scale in (1.0, 3.0):
        loss = losses.SparseCategoricalCrossentropy(reduction=reduction)
        model = build("native", network(3, "softmax"), loss, sgd, dtype, weighted_metrics=["accuracy"])
        model.fit(X, CODES, verbose=0, sample_weight=scale * WEIGHTS, batch_size=N)
        results.append(model.history.history["accuracy"][0])
    untrained = build("native", network(3, "softmax"), "sparse_categorical_crossentropy", sgd, dtype)
    right = untrained.predict(X).argmax(axis=1) == CODES
    assert results == pytest.approx([(right * WEIGHTS).sum() / WEIGHTS.sum()] * 2, rel=1e-6)


@pytest.mark.parametrize("case", OTHERS)
@pytest.mark.parametrize("together", [None, 5])
def test_other_metrics_from_outputs_of_bounded_size(case, together, dtype, monkeypatch):
    if together:
        monkeypatch.setattr(measures, "CHUNK", together)
    loss, y, units, activation, asked = OTHERS[case]
    check_parity(
        network(units, activation),
        y=y,
        loss=loss,
        optimizer=sgd,
        dtype=dtype,
        batch_size=7,
        metrics=asked,
        weighted_metrics=asked[:1],
        sample_weight=WEIGHTS,
        steps=12,
    )


def test_how_outputs_are_cut_changes_no_bit_and_progress_goes_on(dtype, monkeypatch):
    results = []
    for together in (1 << 20, 5):
        monkeypatch.setattr(measures, "CHUNK", together)
        model = build("native", network(2, None), "mse", sgd, dtype, metrics=["mae"])
        told = LambdaCallback(on_epoch_progress=lambda steps, logs: None)
        model.fit(X, NUMBERS, batch_size=7, epochs=3, verbose=0, callbacks=told)
        results.append((model.parameters.values.copy(), model.history.history["mae"]))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    assert results[0][1] == pytest.approx(results[1][1], rel=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_outputs_that_are_not_finite_and_labels_that_are_none(engine, dtype):
    model = build(engine, network(1, "sigmoid"), "binary_crossentropy", sgd, dtype, metrics=["accuracy"])
    with pytest.raises(DataError, match=r"must hold the labels 0 and 1, got 0\.5"):
        model.fit(X, np.full(N, 0.5), verbose=0)
    model.fit(X, BITS[:, 0], verbose=0)
    model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
    with pytest.raises(DataError, match="did the training diverge"):
        model.evaluate(X, BITS[:, 0])


@pytest.mark.parametrize("engine", ENGINES)
def test_margins_need_labels_of_0_and_1_for_accuracy(engine, dtype):
    model = build(engine, network(2, None), "hinge", sgd, dtype, metrics=[metrics.BinaryAccuracy(0.0)])
    with pytest.raises(DataError, match="got -1"):
        model.fit(X, SIGNS, verbose=0)
