"""Constraints: what they make of weights, and that training applies them after every step."""

from copy import deepcopy
from pickle import dumps, loads

import numpy as np
import pytest

from chainrule import GradientTape, Sequential, Variable, constraints, ops
from chainrule.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.layers import Dense, Input
from chainrule.models.model_file import load_model
from chainrule.optimizers import SGD

W = np.array([[3.0, 0.0, 0.1], [4.0, 0.5, 0.0], [0.0, 0.0, 0.0]])  # columns of norm 5, 0.5, 0.1
# Keras 3.15, its values to the 1e-7 that it adds to every norm: keras.constraints.<name>(...)(W)
KERAS = [
    (MaxNorm(2.0), [[1.2, 0.0, 0.1], [1.6, 0.5, 0.0], [0.0, 0.0, 0.0]]),
    (MinMaxNorm(0.2, 1.0), [[0.6, 0.0, 0.2], [0.8, 0.5, 0.0], [0.0, 0.0, 0.0]]),
    (MinMaxNorm(0.2, 1.0, rate=0.5), [[1.8, 0.0, 0.15], [2.4, 0.5, 0.0], [0.0, 0.0, 0.0]]),
    (UnitNorm(), [[0.6, 0.0, 1.0], [0.8, 1.0, 0.0], [0.0, 0.0, 0.0]]),
    (MaxNorm(0.05, axis=1), [[0.05 * 3 / 9.01**0.5, 0.0, 0.05 * 0.1 / 9.01**0.5],
                             [0.05 * 4 / 16.25**0.5, 0.05 * 0.5 / 16.25**0.5, 0.0], [0.0, 0.0, 0.0]]),
    (NonNeg(), W),
]  # fmt: skip


@pytest.mark.parametrize(("constraint", "expected"), KERAS, ids=lambda x: repr(x)[:40])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values(constraint, expected, dtype):
    result = constraint(W.astype(dtype))
    assert result.dtype == dtype
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-7)


def test_weights_that_are_allowed_keep_their_bits():
    w = np.random.default_rng(0).normal(size=(50, 20)).astype(np.float32)
    np.testing.assert_array_equal(MaxNorm(100.0)(w), w)
    cut = MaxNorm(3.0)(w)
    np.testing.assert_allclose(MaxNorm(3.0)(cut), cut, rtol=1e-6)
    assert np.linalg.norm(cut, axis=0).max() <= 3 * (1 + 1e-6)


def test_all_axes_and_zeros_and_nan():
    np.testing.assert_allclose(np.linalg.norm(MaxNorm(1.0, axis=(0, 1))(W)), 1.0)
    np.testing.assert_array_equal(UnitNorm()(np.zeros((2, 2))), np.zeros((2, 2)))
    np.testing.assert_array_equal(NonNeg()([-1.0, np.nan, 2.0]), [0.0, np.nan, 2.0])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MaxNorm(-1.0), ArgumentError, "max_value must be a number >= 0, got -1.0"),
        (lambda: MaxNorm(float("nan")), ArgumentError, "max_value must be a number >= 0, got nan"),
        (lambda: MinMaxNorm(2.0, 1.0), ArgumentError, "min_value must be at most max_value, got 2.0 and 1.0"),
        (lambda: MinMaxNorm(rate=1.5), ArgumentError, r"rate must be in \[0, 1\], got 1.5"),
        (lambda: MaxNorm(axis="0"), ArgumentError, "axis must be an integer or several, got '0'"),
        (lambda: constraints.get("maxnorm"), UnknownNameError, "unknown constraint 'maxnorm'; did you mean 'max_norm'"),
        (lambda: constraints.get(3), ArgumentError, "constraint must be a name, a callable or None, got 3"),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_hand_written_loop_applies_them_too():
    w = Variable([[3.0], [4.0]], constraint=MaxNorm(1.0))
    with GradientTape() as tape:
        loss = ops.sum(w * w)
    SGD(0.1).apply_gradients([(tape.gradient(loss, w), w)])
    np.testing.assert_allclose(w.numpy(), [[0.6], [0.8]], rtol=1e-6)


def test_copies_and_files_keep_them(tmp_path):
    w = Variable([3.0, 4.0], constraint=MaxNorm(1.0))
    for copy in (deepcopy(w), loads(dumps(w))):
        assert copy.constraint.max_value == 1.0
    model = Sequential([Input((2,)), Dense(2, kernel_constraint=MaxNorm(0.25), bias_constraint="non_neg")], seed=0)
    model.compile(SGD(0.5), "mse")
    model.save(tmp_path / "constrained.safetensors")
    again = load_model(tmp_path / "constrained.safetensors")
    again.fit(np.eye(2), np.ones((2, 2)), epochs=5, verbose=0)
    norms = np.linalg.norm(again.layers[0].kernel.numpy(), axis=0)
    assert norms.max() == pytest.approx(0.25, rel=1e-6)
    assert (again.layers[0].bias.numpy() >= 0).all()
