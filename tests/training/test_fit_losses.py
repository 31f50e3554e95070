"""The loss of an epoch and the metrics beside it: what they are, whatever the batches."""

import numpy as np
import pytest

from chainrule import Sequential, losses
from chainrule.callbacks import LambdaCallback
from chainrule.layers import Dense, Input
from chainrule.optimizers import SGD
from chainrule.random import generator
from tests.training.networks import CODES, ROUNDING, X, Y, network, still


@pytest.mark.parametrize("batch_size", [1, 7, 32, 49, 50, 1000])
def test_a_short_last_batch_counts_by_its_size(batch_size):
    model = still()
    expected = np.mean((model.predict(X)[:, 0] - Y) ** 2)
    history = model.fit(X, Y, batch_size=batch_size, verbose=0)
    np.testing.assert_allclose(history.history["loss"], [expected], rtol=ROUNDING)
    assert history.params["steps"] == -(-50 // min(batch_size, 50))
    assert history.examples == 50


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
@pytest.mark.parametrize("batch_size", [1, 7, 50])
def test_epoch_loss_with_weights_is_the_loss_of_all_rows(reduction, batch_size):
    weights = generator(1, "check").uniform(0, 3, 50)
    model = still(losses.MeanSquaredError(reduction=reduction))
    expected = float(losses.MeanSquaredError(reduction=reduction)(Y, model.predict(X), sample_weight=weights))
    history = model.fit(X, Y, batch_size=batch_size, sample_weight=weights, verbose=0)
    np.testing.assert_allclose(history.history["loss"], [expected], rtol=ROUNDING)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
def test_evaluate_does_not_depend_on_the_batch_size(reduction, weighted):
    weights = generator(1, "check").uniform(0, 3, 50) if weighted else None
    loss = losses.MeanSquaredError(reduction=reduction)
    layer = Dense(1, kernel_regularizer="l2")
    model = network(layer, loss=loss, metrics=["mae"])
    penalty = 0.01 * np.sum(layer.kernel.numpy() ** 2)
    expected = float(loss(Y, model.predict(X), sample_weight=weights)) + penalty
    for batch_size in (None, 1, 7, 50, 100):
        result = model.evaluate(X, Y, batch_size=batch_size, sample_weight=weights)
        np.testing.assert_allclose(result[0], expected, rtol=ROUNDING)


def test_one_epoch_of_sgd_by_hand():
    """Three rows in batches of 2: w = 0, rate 0.1, f = w x, J = mean (f - y)^2, dJ/dw = mean 2 (f - y) x.

    Batch 1: x = 1, 2; y = 2, 3: dJ/dw = (2 (0 - 2) 1 + 2 (0 - 3) 2) / 2 = -8; w = 0.8; J was (4 + 9) / 2 = 6.5.
    Batch 2: x = 3; y = 1: f = 2.4; dJ/dw = 2 1.4 3 = 8.4; w = -0.04; J was 1.96.
    Epoch: (2 6.5 + 1.96) / 3.
    """
    model = Sequential([Input((1,)), Dense(1, use_bias=False, kernel_initializer="zeros")], dtype="float64", seed=0)
    model.compile(SGD(0.1), "mse")
    history = model.fit([[1.0], [2.0], [3.0]], [2.0, 3.0, 1.0], batch_size=2, shuffle=False, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], [[-0.04]], rtol=1e-13)
    np.testing.assert_allclose(history.history["loss"], [(2 * 6.5 + 1.96) / 3], rtol=ROUNDING)


@pytest.mark.parametrize(
    ("layer", "loss", "y"),
    [
        (Dense(1, activation="sigmoid"), "bce", (CODES > 0)),
        (Dense(1), losses.BinaryCrossentropy(from_logits=True), (CODES > 0)),
        (Dense(3, activation="softmax"), "sparse_categorical_crossentropy", CODES),
        (Dense(3), losses.SparseCategoricalCrossentropy(from_logits=True), CODES),
        (Dense(3), losses.CategoricalCrossentropy(from_logits=True), np.eye(3)[CODES]),
    ],
)
def test_metrics_are_those_of_the_predictions_and_see_probabilities(layer, loss, y):
    layer = Dense(**layer.get_config())  # parameters are shared between runs, layers are not
    model = network(layer, loss=loss, metrics=["accuracy", "log_loss", "roc_auc"], optimizer=SGD(1e-300))
    history = model.fit(X, y, validation_data=(X, y), batch_size=16, verbose=0).history
    outputs = model.predict(X)
    if not isinstance(loss, str):
        e = np.exp(outputs)
        outputs = e / (1 + e) if outputs.shape[1] == 1 else e / e.sum(axis=1, keepdims=True)
    codes = np.argmax(y, axis=1) if y.ndim == 2 else y.astype(int)
    shares = np.column_stack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
    accuracy = np.mean(shares.argmax(axis=1) == codes)
    log_loss = -np.mean(np.log(shares[np.arange(50), codes]))
    for name, expected in (("accuracy", accuracy), ("log_loss", log_loss), ("loss", log_loss)):
        np.testing.assert_allclose(history[name], [expected], rtol=1e-9, err_msg=name)
        np.testing.assert_allclose(history[f"val_{name}"], [expected], rtol=1e-9, err_msg=name)
    assert history["roc_auc"] == history["val_roc_auc"]


def test_training_metrics_are_gathered_while_the_weights_move():
    """As in Keras: each batch is measured with the weights it was trained from."""
    seen = []
    model = network(metrics=["mae"])
    record = LambdaCallback(on_train_batch_begin=lambda batch, logs: seen.append(model.predict(X)[:, 0]))
    history = model.fit(X, Y, batch_size=20, shuffle=False, callbacks=[record], verbose=0)
    rows = [slice(0, 20), slice(20, 40), slice(40, 50)]
    errors = np.concatenate([abs(f[part] - Y[part]) for f, part in zip(seen, rows, strict=True)])
    np.testing.assert_allclose(history.history["mae"], [errors.mean()], rtol=ROUNDING)


def test_a_metric_that_is_no_number():
    model = network(
        Dense(3, activation="softmax"), loss="sparse_categorical_crossentropy", metrics=["confusion_matrix"]
    )
    history = model.fit(X, CODES, epochs=2, validation_data=(X, CODES), verbose=0)
    assert [matrix.sum() for matrix in history.history["confusion_matrix"]] == [50, 50]
    assert "confusion" not in repr(history)
    assert len(history.plot().axes) == 1
