"""Every loss by itself on both engines: from logits and not, smoothed labels, reductions, weighted rows and classes."""

import numpy as np
import pytest

from chainrule import losses
from chainrule.layers import Activation, Dense, Embedding, Flatten
from chainrule.optimizers import SGD
from tests.engine_parity.compare import (
    BITS,
    CODES,
    COUNTS,
    DTYPES,
    NUMBERS,
    ONE_HOT,
    SIGNS,
    WEIGHTS,
    N,
    X,
    check_parity,
    needs_native,
    rng,
)

pytestmark = [needs_native, pytest.mark.parametrize("dtype", DTYPES)]
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")
SHARES = rng.dirichlet(np.ones(3), N)

# name -> loss, targets, units and activation of the last layer
LOSSES = {
    "squared": (losses.MeanSquaredError(), NUMBERS, 2, None),
    "absolute": (losses.MeanAbsoluteError(), NUMBERS, 2, None),
    "huber": (losses.Huber(), 2 * NUMBERS, 2, None),
    "huber, small delta": (losses.Huber(0.3), NUMBERS, 2, None),
    "hinge": (losses.Hinge(), SIGNS, 2, "tanh"),
    "hinge, 0 and 1": (losses.Hinge(), BITS, 2, None),
    "poisson": (losses.Poisson(), COUNTS, 2, "softplus"),
    "quantile": (losses.Quantile(0.9), NUMBERS, 2, None),
    "a quantile for each output": (losses.Quantile((0.1, 0.8)), NUMBERS, 2, None),
    "quantiles of one target": (losses.Quantile((0.1, 0.5, 0.9)), NUMBERS[:, :1], 3, None),
    "median": (losses.Quantile(), NUMBERS, 2, None),
    "binary": (losses.BinaryCrossentropy(), BITS, 2, "sigmoid"),
    "binary, probabilities": (losses.BinaryCrossentropy(), BITS, 2, "hard_sigmoid"),
    "binary, logits": (losses.BinaryCrossentropy(from_logits=True), BITS, 2, None),
    "binary, smooth": (losses.BinaryCrossentropy(label_smoothing=0.2), BITS, 2, "sigmoid"),
    "binary, smooth probabilities": (losses.BinaryCrossentropy(label_smoothing=0.2), BITS, 2, "hard_sigmoid"),
    "binary, smooth logits": (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), BITS, 2, None),
    "categorical": (losses.CategoricalCrossentropy(), ONE_HOT, 3, "softmax"),
    "categorical, shares": (losses.CategoricalCrossentropy(), SHARES, 3, "softmax"),
    "categorical, probabilities": (losses.CategoricalCrossentropy(), ONE_HOT, 3, "sigmoid"),
    "categorical, logits": (losses.CategoricalCrossentropy(from_logits=True), ONE_HOT, 3, None),
    "categorical, not shares": (losses.CategoricalCrossentropy(from_logits=True), 0.4 * ONE_HOT, 3, None),
    "categorical, smooth": (losses.CategoricalCrossentropy(label_smoothing=0.1), ONE_HOT, 3, "softmax"),
    "categorical, smooth probabilities": (losses.CategoricalCrossentropy(label_smoothing=0.3), ONE_HOT, 3, "sigmoid"),
    "sparse": (losses.SparseCategoricalCrossentropy(), CODES, 3, "softmax"),
    "sparse, probabilities": (losses.SparseCategoricalCrossentropy(), CODES, 3, "sigmoid"),
    "sparse, logits": (losses.SparseCategoricalCrossentropy(from_logits=True), CODES, 3, None),
    "sparse, smooth": (losses.SparseCategoricalCrossentropy(label_smoothing=0.1), CODES, 3, "softmax"),
    "sparse, smooth probabilities": (losses.SparseCategoricalCrossentropy(label_smoothing=0.1), CODES, 3, "sigmoid"),
    "sparse, one wide class": (losses.SparseCategoricalCrossentropy(), CODES, 33, "softmax"),
}


def parity_of(name, dtype, **options):
    loss, y, units, activation = LOSSES[name]
    check_parity(
        lambda: [Dense(7, activation="tanh"), Dense(units, activation=activation)],
        y=y,
        loss=loss,
        dtype=dtype,
        optimizer=lambda: SGD(0.05, momentum=0.5),
        **options,
    )


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_loss(name, batch_size, dtype):
    parity_of(name, dtype, batch_size=batch_size)


@pytest.mark.parametrize("name", LOSSES)
def test_loss_of_weighted_rows(name, dtype):
    parity_of(name, dtype, sample_weight=WEIGHTS)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("batch_size", [1, 16])
def test_reduction(reduction, weighted, batch_size, dtype):
    for loss, y, units in (
        (losses.MeanSquaredError(reduction=reduction), NUMBERS, 2),
        (losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction), CODES, 3),
    ):
        check_parity(
            lambda units=units: [Dense(7, activation="tanh", kernel_regularizer="l2"), Dense(units)],
            y=y,
            loss=loss,
            dtype=dtype,
            batch_size=batch_size,
            optimizer=lambda: SGD(0.005),
            sample_weight=WEIGHTS if weighted else None,
        )


@pytest.mark.parametrize("name", ["binary", "categorical", "sparse"])
@pytest.mark.parametrize("class_weight", ["balanced", "dict"])
def test_class_weights(name, class_weight, dtype):
    loss, y, units, activation = LOSSES[name]
    if units == 2:
        y, units = y[:, :1], 1
    check_parity(
        lambda: [Dense(7, activation="tanh"), Dense(units, activation=activation)],
        y=y,
        loss=loss,
        dtype=dtype,
        class_weight=class_weight if class_weight == "balanced" else {0: 0.5, 1: 2.0, 2: 1.5},
        sample_weight=WEIGHTS,
    )


@pytest.mark.parametrize(
    "weights",
    [
        np.arange(N) % 3,
        (np.arange(N) % 4 > 0),
        WEIGHTS.astype(np.float16),
        WEIGHTS.astype(">f8"),
        WEIGHTS[::-1],
        np.broadcast_to(np.float64(2.5), N),
        list(WEIGHTS),
    ],
    ids=["integers, some 0", "booleans", "float16", "big-endian", "reversed", "one number", "list"],
)
def test_weights_of_any_kind(weights, dtype):
    check_parity(lambda: [Dense(7, activation="tanh"), Dense(2)], dtype=dtype, sample_weight=weights)


def test_activation_layer_that_the_loss_undoes(dtype):
    loss = losses.SparseCategoricalCrossentropy()
    check_parity(lambda: [Dense(7), Dense(3), Activation("softmax")], y=CODES, loss=loss, dtype=dtype)


def test_sure_and_wrong(dtype):
    """Logits in the hundreds: probabilities are 0 and 1 to the last bit, losses and gradients still exact."""
    for name in ("binary", "binary, logits", "categorical", "sparse", "sparse, logits", "sparse, smooth"):
        loss, y, units, activation = LOSSES[name]
        check_parity(
            lambda units=units, activation=activation: [Dense(units, activation=activation)],
            200 * X,
            y,
            loss,
            dtype=dtype,
            optimizer=lambda: SGD(1e-4),
        )


@pytest.mark.parametrize("name", ["binary, probabilities", "binary, smooth probabilities"])
def test_probabilities_of_exactly_0_and_1_are_kept_off_the_logarithm(name, dtype):
    loss, y, units, activation = LOSSES[name]
    check_parity(
        lambda: [Dense(units, activation=activation)], 20 * X, y, loss, dtype=dtype, optimizer=lambda: SGD(1e-4)
    )


def test_one_target_per_row_as_a_vector(dtype):
    check_parity(lambda: [Dense(7, activation="tanh"), Dense(1)], y=NUMBERS[:, 0], dtype=dtype)


def test_binary_loss_over_several_axes(dtype):
    codes, y = rng.integers(0, 5, (N, 2)), rng.integers(0, 2, (N, 2, 3))
    loss = losses.BinaryCrossentropy(from_logits=True)
    check_parity(lambda: [Embedding(5, 3)], codes, y, loss, dtype=dtype, optimizer=SGD)
    check_parity(lambda: [Embedding(5, 3), Flatten()], codes, y.reshape(N, 6), loss, dtype=dtype, optimizer=SGD)
