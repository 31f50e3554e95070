"""Activations: every row of the table against its gradient, its range, its saturation, and Keras 3.

Golden values: activations_golden.json, written by activations_golden.py.
"""

import copy
import json
import pickle
from math import inf
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import GradientTape, Tensor, activations, gradient_check, ops
from chainrule.errors import ArgumentError, UnknownNameError

GOLDEN = json.loads(Path(__file__).with_name("activations_golden.json").read_text())
ROUNDING = {"float32": 1e-6, "float64": 1e-14}  # a few units in the last place of numbers around 1
FLAT = 0.01  # what the table calls saturated: a slope below this
ROWS = [row for row in activations.ROWS if "softmax" not in row.name]
every_row = pytest.mark.parametrize("row", activations.ROWS, ids=lambda row: row.name)
one_input = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
both_types = pytest.mark.parametrize("dtype", ROUNDING)
SMOOTH = np.array([[-6.3, -2.1, -1.7, -0.4], [0.3, 0.9, 2.2, 7.1]])  # no kink within a step of these


LARGEST = {"exponential": 80.0}  # where a row overflows float32 beyond; the others are finite everywhere


def points(row):
    return GOLDEN["rows"] if "softmax" in row.name else [z for z in GOLDEN["points"] if z <= largest(row)]


def largest(row):
    return LARGEST.get(row.name, 1e4)


@every_row
def test_gradient(row):
    gradient_check(row, SMOOTH)


@one_input
def test_derivative_is_the_tapes_gradient(row):
    z = Tensor([-1e4, -40.0, -3.5, -3.0, -1.0, 0.0, 0.5, 2.0, 3.0, 40.0, largest(row)], "float64")
    with GradientTape() as tape:
        tape.watch(z)
        y = row(z)
    slope = tape.gradient(y, z).numpy()
    np.testing.assert_allclose(row.derivative(z).numpy(), slope, rtol=0, atol=ROUNDING["float64"])


@pytest.mark.parametrize("row", [activations.softmax, activations.log_softmax], ids=lambda row: row.name)
def test_derivative_is_the_diagonal_of_the_jacobian(row):
    z = Tensor(SMOOTH)
    for column in range(4):
        with GradientTape() as tape:
            tape.watch(z)
            y = row(z)[:, column]
        slope = tape.gradient(y, z).numpy()[:, column]
        np.testing.assert_allclose(row.derivative(z).numpy()[:, column], slope, atol=ROUNDING["float64"])


@pytest.mark.parametrize("name", ["leaky_relu", "elu"])
def test_parameters(name):
    row = activations.get(name)
    parameter = {"leaky_relu": "negative_slope", "elu": "alpha"}[name]
    gradient_check(lambda z: row(z, **{parameter: 0.7}), SMOOTH)
    z = Tensor([-2.0, 0.0, 2.0], "float64")
    with GradientTape() as tape:
        tape.watch(z)
        y = row(z, **{parameter: 0.7})
    np.testing.assert_array_equal(row.derivative(z, **{parameter: 0.7}).numpy(), tape.gradient(y, z).numpy())
    assert float(row(-2.0, **{parameter: 0.7})) != float(row(-2.0))


@one_input
def test_range_holds_and_is_nearly_reached(row):
    z = np.concatenate([np.linspace(-60, 60, 240_001), [-1e4, largest(row)]])
    values = row(z).numpy()
    low, high = row.range
    assert low <= values.min()
    assert values.max() <= high
    assert values.min() - low < 1e-3 if low > -inf else values.min() < -1000
    assert high - values.max() < 1e-3 if high < inf else values.max() > 1000


@pytest.mark.parametrize("row", [activations.softmax, activations.log_softmax], ids=lambda row: row.name)
def test_range_of_softmax(row):
    values = row(np.array([[0.0, 60.0, -60.0], [1e4, -1e4, 0.0]])).numpy()
    low, high = row.range
    assert low <= values.min() < (1e-3 if low == 0 else -1000)
    assert high - 1e-3 < values.max() <= high


@one_input
def test_saturation(row):
    low, high = row.saturation
    z = np.linspace(-30, 30, 60_001)
    flat = abs(row.derivative(z).numpy()) < FLAT
    assert flat[(z < low) | (z > high)].all()
    # and it is no needlessly wide claim: just inside the border the slope is not flat, where a side saturates at all
    for border, step in ((low, 0.02), (high, -0.02)):
        if abs(border) < inf:
            assert abs(float(row.derivative(border + step))) >= FLAT
    assert low > -inf or not flat[0]
    assert high < inf or not flat[-1]


@every_row
@both_types
def test_extremes_are_finite_and_keep_their_type(row, dtype):
    high = largest(row)
    z = np.array([[-1e4, high, 0.0], [high, high, -1e4]], dtype)
    with np.errstate(all="raise", under="ignore"):
        for values in (row(z), row.derivative(z)):
            assert values.dtype == dtype
            assert np.isfinite(values.numpy()).all()
        gradient = _gradient(row, z)
    assert gradient.dtype == dtype
    assert np.isfinite(gradient).all()


def _gradient(row, z):
    x = Tensor(z)
    with GradientTape() as tape:
        tape.watch(x)
        y = row(x)
    return tape.gradient(y, x).numpy()


@every_row
def test_nan_stays_nan(row):
    assert np.isnan(row(np.array([np.nan, np.nan])).numpy()).all()


@every_row
@both_types
def test_values_are_kerass(row, dtype):
    expected = np.array(GOLDEN["values"][row.name])
    coarse = "float32" in (dtype, GOLDEN["dtypes"][row.name])
    tolerance = ROUNDING["float32" if coarse else "float64"]
    np.testing.assert_allclose(row(np.array(points(row), dtype)).numpy(), expected, rtol=tolerance, atol=tolerance)


def test_every_row_has_golden_values():
    assert set(GOLDEN["values"]) == set(activations.TABLE)


@every_row
def test_integers_become_float32(row):
    assert row([[1, 2]]).dtype == np.float32


@given(st.lists(st.floats(-700, 700), min_size=2, max_size=8), st.floats(-100, 100))
def test_softmax_adds_up_to_1_and_ignores_a_shift(logits, shift):
    z = np.array([logits])
    shares = activations.softmax(z).numpy()
    np.testing.assert_allclose(shares.sum(), 1, rtol=ROUNDING["float64"])
    np.testing.assert_allclose(activations.softmax(z + shift).numpy(), shares, atol=1e-12)  # z + shift rounds
    logarithms = activations.log_softmax(z).numpy()
    tiny = np.finfo(float).tiny  # below it numbers have fewer digits
    np.testing.assert_allclose(np.exp(logarithms), shares, rtol=1e-11, atol=tiny)  # 700 units of rounding


def test_get():
    assert activations.get(None) is activations.linear
    assert activations.get("ReLU") is activations.relu
    assert activations.get("swish") is activations.silu
    assert activations.get(activations.tanh) is activations.tanh
    assert activations.get(ops.tanh) is ops.tanh
    for row in activations.ROWS:
        assert activations.get(row.name) is row
        assert getattr(activations, row.name) is row


@pytest.mark.parametrize(
    ("identifier", "error", "message"),
    [
        ("rleu", UnknownNameError, "unknown activation 'rleu'; did you mean 'relu'?"),
        ("sigmiod", UnknownNameError, "unknown activation 'sigmiod'; did you mean 'sigmoid'?"),
        ("leakyrelu", UnknownNameError, "unknown activation 'leakyrelu'; did you mean 'leaky_relu'?"),
        (3, ArgumentError, "activation must be a name, a callable or None, got 3"),
    ],
)
def test_unknown_activation(identifier, error, message):
    with pytest.raises(error) as raised:
        activations.get(identifier)
    assert str(raised.value) == message


def test_unknown_activation_lists_all_when_none_is_close():
    with pytest.raises(UnknownNameError, match=r"unknown activation 'zzzz'; expected one of elu, exponential, .*tanh$"):
        activations.get("zzzz")


def test_serialize_only_rows_of_the_table():
    assert activations.serialize(activations.gelu) == "gelu"
    mine = activations.Activation("relu", ops.tanh, ops.tanh, (-1.0, 1.0), (-inf, inf))
    for function in (ops.tanh, mine):
        with pytest.raises(ArgumentError, match="is your own function; a model file holds only those of the table"):
            activations.serialize(function)


def test_copies_are_the_row_itself():
    """Rows are compared by identity: a copied model must hold the same ones."""
    for row in activations.ROWS:
        assert copy.deepcopy(row) is row
        assert pickle.loads(pickle.dumps(row)) is row
