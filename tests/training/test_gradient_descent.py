"""Gradient descent as the lecture writes it: each rule ends it, and the result says which."""

import numpy as np
import pytest

from chainrule import Variable, gradient_descent, ops
from chainrule.errors import ArgumentError, ShapeError


def parabola(w):
    return (w - 3.0) ** 2


def valley(w):
    return ops.sum(ops.square(w) * [1.0, 10.0])


def test_gradient_norm():
    """w - 3 shrinks by 0.8 a step: 2 |w - 3| <= 0.01 after ceil(log(0.01 / 6) / log(0.8)) = 29 steps."""
    result = gradient_descent(parabola, np.float64(0.0), learning_rate=0.1, gradient_tolerance=0.01)
    assert (result.rule, result.steps, result.converged) == ("gradient norm", 29, True)
    np.testing.assert_allclose(result.weights, 3 - 3 * 0.8**29, rtol=1e-12)
    np.testing.assert_allclose(result.gradient_norm, 6 * 0.8**29, rtol=1e-10)
    np.testing.assert_allclose(result.loss, (3 * 0.8**29) ** 2, rtol=1e-10)
    assert result.gradient_norm <= 0.01 < result.gradient_norm / 0.8


def test_change_of_j():
    """J = 9 0.64^t; it changes by 9 0.36 0.64^(t-1) in step t: at most 1e-3 in step 20."""
    result = gradient_descent(parabola, np.float64(0.0), 0.1, gradient_tolerance=0.0, loss_tolerance=1e-3)
    assert (result.rule, result.steps, result.converged) == ("change of J", 20, True)
    changes = np.abs(np.diff(result.losses))
    assert changes[-1] <= 1e-3 < changes[-2]
    np.testing.assert_allclose(changes, 9 * 0.36 * 0.64 ** np.arange(20), rtol=1e-9)


def test_step_limit():
    result = gradient_descent(parabola, np.float64(0.0), 0.1, max_steps=5)
    assert (result.rule, result.steps, result.converged) == ("step limit", 5, False)
    np.testing.assert_allclose(result.weights, 3 - 3 * 0.8**5, rtol=1e-14)


def test_not_finite():
    """With rate 1.5 the distance doubles; J overflows float32 beyond 2^128."""
    result = gradient_descent(parabola, np.float32(0.0), learning_rate=1.5)
    assert (result.rule, result.converged) == ("not finite", False)
    assert np.isfinite(result.weights)
    assert np.isfinite(result.loss)
    assert np.isfinite(result.losses).all()
    assert len(result.losses) == result.steps + 1
    assert result.losses[-1] > 1e37


@pytest.mark.parametrize("start", [-1.0, np.nan])
def test_not_finite_from_the_start(start):
    result = gradient_descent(ops.log, start)
    assert (result.rule, result.steps) == ("not finite", 0)
    np.testing.assert_array_equal(result.weights, np.float32(start))
    assert np.isnan(result.loss)


def test_at_the_minimum_already():
    result = gradient_descent(parabola, 3.0)
    assert (result.rule, result.steps, result.loss) == ("gradient norm", 0, 0.0)


def test_a_constant_has_gradient_0():
    result = gradient_descent(lambda w: ops.sum(w * 0.0), [1.0, 2.0])
    assert (result.rule, result.steps) == ("gradient norm", 0)


def test_path():
    result = gradient_descent(valley, np.array([1.0, 1.0]), 0.02, max_steps=3, keep_path=True)
    expected = np.stack([0.96 ** np.arange(4), 0.6 ** np.arange(4)], axis=1)  # w (1 - 2 rate curvature)
    np.testing.assert_allclose(result.path, expected, rtol=1e-14)
    np.testing.assert_array_equal(result.path[-1], result.weights)
    np.testing.assert_allclose(result.losses, np.sum(expected**2 * [1, 10], axis=1), rtol=1e-14)
    assert len(result.path) == len(result.losses) == 4
    without = gradient_descent(valley, np.array([1.0, 1.0]), 0.02, max_steps=3)
    assert without.path.shape == (0, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_type_and_shape_are_kept(dtype):
    result = gradient_descent(lambda w: ops.sum(w * w), np.ones((2, 3), dtype), 0.1, max_steps=2)
    assert (result.weights.dtype, result.weights.shape) == (np.dtype(dtype), (2, 3))


def test_whole_numbers_to_start_from():
    assert gradient_descent(parabola, 0, 0.1).weights.dtype == np.float32


def test_what_it_starts_from_is_left_alone():
    start = np.array([1.0, 1.0])
    variable = Variable(start)
    gradient_descent(valley, start, 0.01, max_steps=3)
    gradient_descent(valley, variable, 0.01, max_steps=3)
    np.testing.assert_array_equal(start, [1, 1])
    np.testing.assert_array_equal(variable.numpy(), [1, 1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0}, "learning_rate must be > 0, got 0"),
        ({"learning_rate": -0.1}, "learning_rate must be > 0, got -0.1"),
        ({"learning_rate": "0.1"}, "learning_rate must be > 0, got '0.1'"),
        ({"gradient_tolerance": -1.0}, "tolerances must be >= 0, got -1.0 and 0.0"),
        ({"loss_tolerance": -1.0}, "tolerances must be >= 0, got 1e-06 and -1.0"),
        ({"max_steps": 0}, "max_steps must be an integer >= 1, got 0"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ArgumentError) as raised:
        gradient_descent(parabola, 0.0, **options)
    assert str(raised.value) == message


def test_j_must_be_a_number():
    with pytest.raises(ShapeError, match="expected a Tensor with one element"):
        gradient_descent(lambda w: w * w, [1.0, 2.0])
