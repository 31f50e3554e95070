"""The perceptron: the lecture's neuron, its weighted sum, its line."""

import numpy as np
import pytest

from chainrule import GradientTape, Perceptron, ops
from chainrule.errors import DTypeError, ShapeError, UnknownNameError


def test_the_lectures_neuron():
    """y = g(1 + 3 x1 - 2 x2) at (-1, 2): z = 1 - 3 - 4 = -6, y = 1 / (1 + e^6) = 0.002473."""
    neuron = Perceptron([3.0, -2.0], bias=1.0, dtype="float64")
    assert neuron.weighted_sum([-1.0, 2.0]).item() == -6.0
    np.testing.assert_allclose(neuron([-1.0, 2.0]).item(), 1 / (1 + np.exp(6)), rtol=1e-14)
    batch = neuron(np.array([[-1.0, 2.0], [0.0, 0.5]]))
    np.testing.assert_allclose(batch.numpy(), [1 / (1 + np.exp(6)), 0.5], rtol=1e-14)


@pytest.mark.parametrize(("weights", "bias"), [([3.0, -2.0], 1.0), ([0.5, 4.0], -2.0), ([0.0, 1.0], 0.0)])
def test_on_the_decision_line_z_is_0(weights, bias):
    neuron = Perceptron(weights, bias, dtype="float64")
    x1 = np.linspace(-5, 5, 11)
    points = np.stack([x1, neuron.decision_line(x1)], axis=1)
    np.testing.assert_allclose(neuron.weighted_sum(points).numpy(), 0, atol=1e-13)


def test_gradient_of_a_neuron():
    """dy/dw = y (1 - y) x, dy/db = y (1 - y)."""
    neuron = Perceptron([3.0, -2.0], bias=1.0, dtype="float64")
    with GradientTape() as tape:
        y = neuron([-1.0, 2.0])
    weights, bias = tape.gradient(y, neuron.trainable_variables)
    slope = y.item() * (1 - y.item())
    np.testing.assert_allclose(weights.numpy(), [-slope, 2 * slope], rtol=1e-12)
    np.testing.assert_allclose(bias.numpy(), slope, rtol=1e-12)


@pytest.mark.parametrize(
    ("weights", "bias", "equation"),
    [
        ([3.0, -2.0], 1.0, "1 + 3 x1 - 2 x2 = 0"),
        ([-0.5], -1.5, "-1.5 - 0.5 x1 = 0"),
        ([0.0, 1.0, 2.0], 0.0, "0 + 0 x1 + 1 x2 + 2 x3 = 0"),
    ],
)
def test_equation(weights, bias, equation):
    assert Perceptron(weights, bias).equation() == equation


def test_activation():
    assert Perceptron([1.0], activation="relu")([-2.0]).item() == 0
    assert Perceptron([1.0], activation=ops.tanh)([0.0]).item() == 0
    assert Perceptron([1.0], activation=None)([-2.0]).item() == -2


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (
            lambda: Perceptron([]),
            ShapeError,
            "weights must be a list w1 .. wm of at least one number, got shape (0,)",
        ),
        (
            lambda: Perceptron([[1.0]]),
            ShapeError,
            "weights must be a list w1 .. wm of at least one number, got shape (1, 1)",
        ),
        (
            lambda: Perceptron([1.0, 2.0])([1.0]),
            ShapeError,
            "the perceptron has 2 weights, got inputs of shape (1,)",
        ),
        (
            lambda: Perceptron([1.0, 0.0]).decision_line(0.0),
            ShapeError,
            "a decision line x2(x1) needs two inputs and w2 other than 0, got weights [1. 0.]",
        ),
        (
            lambda: Perceptron([1.0]).decision_line(0.0),
            ShapeError,
            "a decision line x2(x1) needs two inputs and w2 other than 0, got weights [1.]",
        ),
        (lambda: Perceptron([1.0], bias=[1.0, 2.0]), ShapeError, "bias must be one number, got shape (2,)"),
        (
            lambda: Perceptron("a"),
            DTypeError,
            "a Tensor holds numbers, got str with elements of type str32; encode text and missing values as numbers "
            "first",
        ),
        (
            lambda: Perceptron([1.0], activation="sigmiod"),
            UnknownNameError,
            "unknown activation 'sigmiod'; did you mean 'sigmoid'?",
        ),
    ],
)
def test_errors(use, error, message):
    with pytest.raises(error) as raised:
        use()
    assert str(raised.value) == message
