"""Penalties on weights: values, gradients, and how they enter the loss in training."""

import numpy as np
import pytest

from chainrule import GradientTape, Sequential, Variable, gradient_check, ops, regularizers
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.layers import BatchNormalization, Dense, Embedding, Input, LayerNormalization
from chainrule.regularizers import L1, L1L2, L2

W = np.array([[0.5, -2.0, 0.25], [1.0, -0.125, 4.0]])  # sum |w| = 7.875, sum w^2 = 21.328125
VALUES = [(L1(0.5), 3.9375), (L2(0.5), 10.6640625), (L1L2(0.5, 0.25), 3.9375 + 5.33203125), (L1L2(), 0.0)]


@pytest.mark.parametrize(("penalty", "expected"), VALUES, ids=repr)
def test_value(penalty, expected):
    value = penalty(W)
    assert value.shape == ()
    assert float(value) == expected
    assert penalty(W.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("penalty", [penalty for penalty, _ in VALUES], ids=repr)
def test_gradient(penalty):
    gradient_check(penalty, W)
    w = Variable(W)
    with GradientTape() as tape:
        value = penalty(w)
    slope = tape.gradient(value, w).numpy()
    np.testing.assert_array_equal(slope, penalty.l1 * np.sign(W) + 2 * penalty.l2 * W)


def test_names():
    assert float(regularizers.get("l1")([1.0, -1.0])) == pytest.approx(0.02)
    assert float(regularizers.get("l2")([2.0])) == pytest.approx(0.04)
    assert float(regularizers.get("l1_l2")([2.0])) == pytest.approx(0.06)
    assert regularizers.get(None) is None
    assert regularizers.get(ops.sum) is ops.sum


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: L1(-0.1), ArgumentError, "l1 must be a number >= 0, got -0.1"),
        (lambda: L2("a"), ArgumentError, "l2 must be a number >= 0, got 'a'"),
        (lambda: L1L2(l2=float("nan")), ArgumentError, "l2 must be a number >= 0, got nan"),
        (lambda: L1L2(l1=float("inf")), ArgumentError, "l1 must be a number >= 0, got inf"),
        (lambda: L2(True), ArgumentError, "l2 must be a number >= 0, got True"),
        (lambda: regularizers.get("l3"), UnknownNameError, "unknown regularizer 'l3'; expected one of l1, l1_l2, l2"),
        (lambda: regularizers.get(0.1), ArgumentError, "regularizer must be a name, a callable or None, got 0.1"),
        (
            lambda: Dense(3, kernel_regularizer="L2O"),
            UnknownNameError,
            "unknown regularizer 'L2O'; did you mean 'l2'?",
        ),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error) as raised:
        make()
    assert str(raised.value) == message


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_penalty_is_added_as_written_whatever_the_batch_size(batch_size):
    """One step on 8 rows with learning rate 0.1 from w = 2, where the loss itself is 0: only the penalty acts.

    J = l2 w^2 + l1 |b|; dJ/dw = 2 0.25 2 = 1; dJ/db = 0 at b = 0: w becomes 2 - 0.1 = 1.9 after the first step,
    and 1.9 (1 - 0.1 2 0.25) = 1.9 0.95 after the second ...
    """
    layer = Dense(1, kernel_initializer="ones", kernel_regularizer=L2(0.25), bias_regularizer=L1(0.5))
    model = Sequential([Input((1,)), layer], dtype="float64", seed=0)
    model.set_weights([[[2.0]], [0.0]])
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.1
    x = np.zeros((8, 1))
    history = model.fit(x, np.zeros(8), batch_size=batch_size, verbose=0)
    steps = -(-8 // batch_size)
    assert model.get_weights()[0].item() == pytest.approx(2 * 0.95**steps, rel=1e-14)
    assert model.evaluate(x, np.zeros(8)) == pytest.approx(0.25 * (2 * 0.95**steps) ** 2, rel=1e-14)
    if batch_size == 8:
        assert history.history["loss"] == [1.0]  # 0.25 2^2


def test_every_layer_passes_its_regularizers_on():
    block = [
        Embedding(3, 2, embeddings_initializer="ones", embeddings_regularizer=L2(0.5)),  # 0.5 6 = 3
        LayerNormalization(gamma_regularizer=L1(0.1), beta_initializer="ones", beta_regularizer=L2(1.0)),  # 0.2 + 2
        BatchNormalization(gamma_regularizer=L2(0.25), beta_regularizer="l1"),  # 0.5 + 0
    ]
    model = Sequential(block, seed=0)
    model.predict([[0, 2]])
    assert [round(float(penalty), 6) for penalty in model.losses] == [3.0, 0.2, 2.0, 0.5, 0.0]


def test_frozen_weights_are_not_penalised():
    """As in Keras: a penalty that training can't reduce only shifts the loss."""
    layer = Dense(1, kernel_initializer="ones", kernel_regularizer="l2")
    layer([[1.0]])
    assert len(layer.losses) == 1
    layer.trainable = False
    assert layer.losses == []


def test_a_plain_function_as_regularizer():
    model = Sequential([Dense(2, kernel_initializer="ones", kernel_regularizer=lambda w: 0.5 * ops.sum(w))], seed=0)
    model.predict([[1.0, 2.0]])
    assert [float(penalty) for penalty in model.losses] == [2.0]


def test_a_strength_can_be_set_and_is_what_the_config_says():
    penalty = L2(0.1)
    penalty.l2 = 0.5
    assert float(penalty([2.0])) == 2.0
    assert penalty.get_config() == {"l2": 0.5}
    assert repr(L1L2(l1=0.25)) == "L1L2(l1=0.25)"
