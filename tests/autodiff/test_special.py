"""Numerical care: accuracy against high-precision references, and extreme inputs."""

import math

import numpy as np
import pytest
from mpmath import mp

from chainrule import ops
from chainrule.autodiff.special import erf, sigmoid, softplus
from chainrule.autodiff.tape import gradient
from chainrule.autodiff.tensor import Tensor

FLOATS = ("float32", "float64")
TINY = {"float32": np.finfo(np.float32).tiny, "float64": np.finfo(np.float64).tiny}  # smallest normal numbers
GRID = np.concatenate([np.linspace(-40, 40, 801), [-87.5, -80, 80, 87, 88, 89], 10.0 ** np.arange(-20, 2)])


def exact(function, x):
    """Evaluate with 40 digits, for the very numbers in ``x``, and round once."""
    with mp.workdps(40):
        return np.array([float(function(mp.mpf(float(value)))) for value in x])


REFERENCES = {
    "sigmoid": (sigmoid, lambda x: 1 / (1 + mp.exp(-x))),
    "softplus": (softplus, lambda x: mp.log1p(mp.exp(x))),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", REFERENCES)
def test_full_relative_precision_on_both_sides(name, dtype):
    function, reference = REFERENCES[name]
    x = GRID.astype(dtype)
    expected = exact(reference, x)
    x, expected = x[expected > TINY[dtype]], expected[expected > TINY[dtype]]
    np.testing.assert_allclose(function(x), expected, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", FLOATS)
def test_erf_is_exact_to_a_few_units_in_the_last_place(dtype):
    x = np.concatenate([np.linspace(-7, 7, 2001), [0.9999999, 1.0, 1.0000001], 10.0 ** np.arange(-30, 1)]).astype(dtype)
    np.testing.assert_allclose(erf(x), exact(mp.erf, x), rtol=4 * np.finfo(dtype).eps)
    assert erf(x).dtype == dtype


def test_erf_agrees_with_the_standard_library():
    x = np.linspace(-6, 6, 501)
    # Either may be off by a few units in the last place, of 2.2e-16.
    np.testing.assert_allclose(erf(x), [math.erf(v) for v in x], rtol=1e-15, atol=0)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("function", "low", "high"),
    [
        (ops.sigmoid, 0.0, 1.0),
        (ops.tanh, -1.0, 1.0),
        (ops.erf, -1.0, 1.0),
        (ops.softplus, 0.0, None),
        (ops.relu, 0.0, None),
    ],
)
@pytest.mark.parametrize("size", [88.0, 89.0, 709.0, 710.0, 1e4, np.inf])
def test_saturating_functions_at_extreme_inputs(function, low, high, size, dtype):
    y = function(Tensor([-size, size], dtype)).numpy()
    assert abs(y[0] - low) < 1e-37
    assert y[1] == (size if high is None else high)
    if np.isfinite(size):
        assert np.all(np.isfinite(gradient(function)(Tensor([-size, size], dtype)).numpy()))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "function", [ops.sigmoid, ops.tanh, ops.erf, ops.softplus, ops.relu, ops.exp, ops.log, ops.log1p, ops.sqrt, ops.abs]
)
def test_nan_stays_nan(function, dtype):
    y = function(Tensor([np.nan, 1.0], dtype)).numpy()
    assert np.isnan(y[0])
    assert np.isfinite(y[1])


@pytest.mark.parametrize("function", [ops.logsumexp, ops.softmax, ops.log_softmax, ops.max, ops.min, ops.mean, ops.sum])
def test_nan_stays_nan_in_reductions(function):
    assert np.all(np.isnan(function(Tensor([1.0, np.nan])).numpy()))


@pytest.mark.parametrize("dtype", FLOATS)
def test_softmax_family_at_logits_of_ten_thousand(dtype):
    z = Tensor([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]], dtype)
    np.testing.assert_allclose(ops.softmax(z).numpy(), [[1, 0, 0], [1 / 3] * 3], rtol=1e-6)
    np.testing.assert_allclose(ops.logsumexp(z, axis=-1).numpy(), [1e4, -1e4 + math.log(3)], rtol=1e-6)
    np.testing.assert_allclose(ops.log_softmax(z).numpy(), [[0, -2e4, -1e4], [-math.log(3)] * 3], rtol=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
def test_cross_entropies_and_gradients_at_logits_of_ten_thousand(dtype):
    z, labels = Tensor([[1e4, -1e4], [-1e4, 1e4]], dtype), np.array([[0.0, 1.0], [0.0, 1.0]])
    np.testing.assert_allclose(ops.softmax_cross_entropy(z, labels).numpy(), [2e4, 0], atol=1e-30)
    slope = gradient(lambda x: ops.sum(ops.softmax_cross_entropy(x, labels)))(z)
    np.testing.assert_allclose(slope.numpy(), [[1, -1], [0, 0]], atol=1e-30)
    np.testing.assert_allclose(ops.sigmoid_cross_entropy(z, labels).numpy(), [[1e4, 1e4], [0, 0]], atol=1e-30)
    slope = gradient(lambda x: ops.sum(ops.sigmoid_cross_entropy(x, labels)))(z)
    np.testing.assert_allclose(slope.numpy(), [[1, -1], [0, 0]], atol=1e-30)


def test_sigmoid_cross_entropy_is_exact_where_the_probability_is_next_to_one():
    expected = exact(lambda x: mp.log1p(mp.exp(-x)), [40.0])
    np.testing.assert_allclose(
        ops.sigmoid_cross_entropy(Tensor([40.0], "float64"), [1.0]).numpy(), expected, rtol=1e-15
    )


def test_a_certain_right_answer_costs_plain_zero():
    assert str(ops.softmax_cross_entropy([[100.0, 0.0]], [[1.0, 0.0]]).numpy()) == "[0.]"


def test_softmax_gradient_with_labels_that_do_not_sum_to_one():
    z, labels = np.array([[0.3, -0.2, 0.1]]), np.array([[0.5, 0.0, 2.0]])
    p = np.exp(z) / np.exp(z).sum()
    slope = gradient(lambda x: ops.sum(ops.softmax_cross_entropy(x, labels)))(z)
    np.testing.assert_allclose(slope.numpy(), 2.5 * p - labels, rtol=1e-12)


def test_logsumexp_of_infinities():
    inf = np.inf
    z = Tensor([[-inf, -inf], [inf, 0.0], [-inf, 1.0]])
    np.testing.assert_array_equal(ops.logsumexp(z, axis=1).numpy(), [-inf, inf, 1.0])


@pytest.mark.parametrize(("dtype", "limit"), [("float32", 88.0), ("float64", 709.0)])
def test_exp_up_to_its_limit_is_finite(dtype, limit):
    y = ops.exp(Tensor([-limit, limit], dtype)).numpy()
    np.testing.assert_allclose(y, exact(mp.exp, [-limit, limit]), rtol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("x", [1e-12, -1e-12, 1e-300])
def test_log1p_and_expm1_are_exact_for_small_inputs(x):
    assert ops.log1p(Tensor(x, "float64")).item() == math.log1p(x)
    assert ops.expm1(Tensor(x, "float64")).item() == math.expm1(x)


def test_mean_of_equal_numbers_is_that_number():
    x = np.full(7, 0.1, np.float32)
    assert ops.mean(x).item() == np.mean(x)


def test_variance_is_numpys():
    x = np.random.default_rng(0).normal(size=(4, 5)) + 100
    np.testing.assert_allclose(ops.var(x, axis=0).numpy(), x.var(axis=0), rtol=1e-12)
