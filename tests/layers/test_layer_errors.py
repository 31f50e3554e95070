"""Shapes, arguments and weights that do not fit a layer."""

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.errors import ArgumentError, DTypeError, ShapeError, UnknownNameError
from chainrule.layers import Activation, Dense, Dropout, Input
from tests.layers.layers_of_ones_own import Lazy, X


def test_wrong_input_shape_names_the_layer_before():
    model = Sequential([Input((3,)), Dense(46), Dense(64)], seed=0)
    first, second = model.layers
    with pytest.raises(ShapeError) as raised:
        second(np.ones((1, 64)))
    assert str(raised.value) == (
        "dense_2 expects inputs of shape (batch, 46), got (batch, 64). "
        "dense_1 before it has 64 units; did you mean Dense(46)?"
    )
    with pytest.raises(ShapeError) as raised:
        first(np.ones((1, 2)))
    assert str(raised.value) == "dense_1 expects inputs of shape (batch, 3), got (batch, 2)"


def test_two_layers_that_do_not_fit():
    layer = Dense(8)
    layer(np.ones((1, 64)))  # a layer built before, for 64 inputs
    with pytest.raises(ShapeError) as raised:
        Sequential([Input((3,)), Dense(46), layer])
    assert str(raised.value) == (
        "dense_2 expects inputs of shape (batch, 64), got (batch, 46). "
        "dense_1 before it has 46 units; did you mean Dense(64)?"
    )


def test_declared_input_shape_must_hold():
    with pytest.raises(ShapeError, match=r"dense expects inputs of shape \(batch, 4\), got \(batch, 3\)"):
        Dense(2, input_shape=(4,))(X)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dense(0), ArgumentError, "units must be an integer >= 1, got 0"),
        (lambda: Dense(2.5), ArgumentError, "units must be an integer >= 1, got 2.5"),
        (lambda: Dense(True), ArgumentError, "units must be an integer >= 1, got True"),
        (lambda: Dense(2, activation="rleu"), UnknownNameError, "unknown activation 'rleu'; did you mean 'relu'?"),
        (
            lambda: Dense(2, kernel_initializer="he_nromal"),
            UnknownNameError,
            "unknown initializer 'he_nromal'; did you mean 'he_normal'?",
        ),
        (lambda: Dense(2, dtype="int32"), DTypeError, "dtype int32 can't be trained in; expected float32 or float64"),
        (
            lambda: Dense(2)(np.ones(3)),
            ShapeError,
            "dense expects inputs of shape (batch, features), got (None,)",
        ),
        (
            lambda: Activation("softmaxx"),
            UnknownNameError,
            "unknown activation 'softmaxx'; did you mean 'softmax'?",
        ),
        (lambda: Input(3), ShapeError, "Input expects the shape of one example, such as (4,), got 3"),
        (lambda: Input((0,)), ShapeError, "Input expects the shape of one example, such as (4,), got (0,)"),
        (
            lambda: Lazy().add_weight([2, 0]),
            ShapeError,
            "add_weight expects a shape such as [in, out] with lengths >= 1, got [2, 0]",
        ),
        (
            lambda: Lazy().add_weight(3),
            ShapeError,
            "add_weight expects a shape such as [in, out] with lengths >= 1, got 3",
        ),
        (lambda: Dropout(0.5)("text"), DTypeError, None),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error) as raised:
        make()
    assert message is None or str(raised.value) == message


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([np.ones((3, 2))], ArgumentError, "dense has 2 weights, got 1"),
        ([np.ones((3, 2)), np.ones(3)], ShapeError, "dense/bias has shape (2,), got values of shape (3,)"),
    ],
)
def test_set_weights_that_do_not_fit_changes_nothing(weights, error, message):
    layer = Dense(2)
    layer(X)
    before = layer.get_weights()
    with pytest.raises(error) as raised:
        layer.set_weights(weights)
    assert str(raised.value) == message
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
