"""Losses of logits: stable for the largest, and the same as those of probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import GradientTape, Sequential, Tensor, losses, ops
from chainrule.layers import Dense, Input
from tests.losses.data import CODES, FLAGS, ONE_HOT, ROUNDING, Z, both_types


@given(
    logits=st.lists(st.lists(st.floats(-30, 30), min_size=3, max_size=3), min_size=1, max_size=5),
    smoothing=st.floats(0, 1),
)
def test_logits_and_probabilities_agree(logits, smoothing):
    """Within the clip: a probability closer to 0 than 1e-7 is counted as 1e-7, a logit is not."""
    z = np.clip(np.array(logits), -7, 7)
    rows = len(z)
    for cls, activation, y in (
        (losses.BinaryCrossentropy, ops.sigmoid, FLAGS[:rows]),
        (losses.CategoricalCrossentropy, ops.softmax, ONE_HOT[:rows]),
        (losses.SparseCategoricalCrossentropy, ops.softmax, CODES[:rows]),
    ):
        loss = cls(label_smoothing=smoothing)
        expected = loss(y, activation(z)).numpy()
        np.testing.assert_allclose(loss.on_logits()(y, z).numpy(), expected, rtol=1e-9, atol=1e-9)


def value_and_slope(loss, y, z):
    x = Tensor(z)
    with GradientTape() as tape:
        tape.watch(x)
        value = loss(y, x)
    return float(value), tape.gradient(value, x).numpy()


@both_types
def test_logits_of_ten_thousand(dtype):
    """The values and slopes are known: a wrong answer with margin m costs m, and its slope is -1 or 1."""
    with np.errstate(all="raise", under="ignore"):
        binary = losses.BinaryCrossentropy(from_logits=True)
        z = np.array([[1e4], [-1e4], [1e4], [-1e4]], dtype)
        value, slope = value_and_slope(binary, [[1.0], [0.0], [0.0], [1.0]], z)
        assert value == 5000
        np.testing.assert_allclose(slope, [[0], [0], [0.25], [-0.25]], atol=np.finfo(dtype).tiny)
        z = np.array([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0]], dtype)
        sparse = losses.SparseCategoricalCrossentropy(from_logits=True)
        for loss, y in (
            (sparse, [0, 1]),
            (losses.CategoricalCrossentropy(from_logits=True), np.eye(3)[[0, 1]]),
        ):
            value, slope = value_and_slope(loss, y, z)
            assert value == 10_000  # 0 for the right answer, 2e4 for the wrong one
            np.testing.assert_array_equal(slope, [[0, 0, 0], [0.5, -0.5, 0]])
        value, slope = value_and_slope(losses.CategoricalCrossentropy(True, label_smoothing=0.3), np.eye(3)[[0]], z[:1])
        np.testing.assert_allclose(value, 0.1 * 2e4 + 0.1 * 1e4, rtol=ROUNDING[dtype])
        np.testing.assert_allclose(slope, [[0.2, -0.1, -0.1]], rtol=ROUNDING[dtype])


@both_types
def test_the_model_is_as_stable_as_logits_are(dtype):
    """With the activation as the last layer's, training works on what is before it."""
    for units, activation, loss, y in (
        (1, "sigmoid", "binary_crossentropy", [0.0]),
        (2, "softmax", "sparse_categorical_crossentropy", [1]),
        (2, "softmax", "categorical_crossentropy", [[0.0, 1.0]]),
    ):
        model = Sequential([Input((1,)), Dense(units, activation=activation, use_bias=False)], dtype=dtype, seed=0)
        model.set_weights([np.array([[1e4, -1e4][:units]])])
        model.compile("sgd", loss)
        assert model.evaluate([[1.0]], y) == (1e4 if units == 1 else 2e4)
        model.fit([[1.0]], y, verbose=0)
        assert np.isfinite(model.get_weights()[0]).all()


@pytest.mark.parametrize(
    ("activation", "loss", "reached"),
    [("sigmoid", losses.BinaryCrossentropy(), 2e4), ("tanh", losses.MeanSquaredError(), 1.0)],
)
def test_evaluate_is_the_loss_of_the_predictions(activation, loss, reached):
    model = Sequential([Input((3,)), Dense(3, activation=activation)], dtype="float64", seed=1)
    model.compile("sgd", loss)
    np.testing.assert_allclose(model.evaluate(Z, FLAGS), float(loss(FLAGS, model.predict(Z))), rtol=1e-12)
    assert model.evaluate(Z, FLAGS) < reached
