"""Dropout: the mask is a pure function of seed, step and layer, and the mean is kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import GradientTape, Sequential, Tensor, Variable
from chainrule.errors import ArgumentError, ShapeError, UnknownArgumentError
from chainrule.layers import Dense, Dropout
from chainrule.random import random_bits

ONES = np.ones((7, 11), np.float32)


def by_hand(seed, step, layer, rate, shape, dtype="float32"):
    """The contract, written out: 16 bits an element against a threshold, the scale that of the rounded rate."""
    threshold = round(rate * 65536)
    bits = random_bits(seed, step, layer, int(np.prod(shape))).reshape(shape)
    return (bits >= threshold) * np.dtype(dtype).type(65536 / (65536 - threshold))


@given(st.integers(0, 2**32), st.floats(0, 0.99), st.integers(0, 5))
def test_mask_is_random_bits_against_the_threshold(seed, rate, step):
    layer = Dropout(rate, seed=seed)
    layer.stream.step = step
    np.testing.assert_array_equal(layer(ONES, training=True).numpy(), by_hand(seed, step, 0, rate, ONES.shape))


def test_bits_that_equal_the_threshold_are_kept():
    bit = int(random_bits(2, 0, 0, 1)[0])
    assert Dropout(bit / 65536, seed=2)(ONES, training=True).numpy()[0, 0] > 0
    assert Dropout((bit + 1) / 65536, seed=2)(ONES, training=True).numpy()[0, 0] == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_mask_in_a_model_depends_on_the_models_seed_the_step_and_the_place(dtype):
    model = Sequential([Dropout(0.3), Dropout(0.3), Dropout(0.3, seed=8)], dtype=dtype, seed=5)
    x = np.ones((6, 4), dtype)
    model.build(x.shape)
    for step in (0, 1, 7):
        model.seek(step)
        for place, seed in enumerate([5, 5, 8]):
            y = model.layers[place](x, training=True).numpy()
            np.testing.assert_array_equal(y, by_hand(seed, step, place, 0.3, (6, 4), dtype))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_share_and_mean(rate):
    x = np.ones((1000, 400))
    y = Dropout(rate, seed=0, dtype="float64")(x, training=True).numpy()
    deviation = np.sqrt(rate * (1 - rate) / x.size)
    assert abs((y == 0).mean() - rate) < 5 * deviation
    assert abs(y.mean() - 1) < 5 * np.sqrt(rate / (1 - rate) / x.size)
    assert len(np.unique(y)) == 2


def test_only_in_training():
    x = Tensor(ONES)
    assert Dropout(0.9, seed=0)(x) is x
    assert Dropout(0.0, seed=0)(x, training=True) is x


def test_steps_count_by_themselves_in_a_hand_written_loop():
    layer, other = Dropout(0.5, seed=1), Dropout(0.5, seed=1)
    first, second = (layer(ONES, training=True).numpy() for _ in range(2))
    assert (first != second).any()
    np.testing.assert_array_equal(other(ONES, training=True).numpy(), first)
    layer(ONES)  # inference draws nothing
    np.testing.assert_array_equal(other(ONES, training=True).numpy(), second)


def test_gradient_passes_where_the_mask_does():
    layer, x = Dropout(0.5, seed=1), Variable(ONES)
    with GradientTape() as tape:
        y = layer(x, training=True)
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), y.numpy())


def test_noise_shape_shares_the_mask():
    y = Dropout(0.5, noise_shape=(None, 1), seed=1)(ONES, training=True).numpy()
    assert (y == y[:, :1]).all()
    assert len(np.unique(y)) == 2
    y = Dropout(0.5, noise_shape=(1, None), seed=1)(ONES, training=True).numpy()
    assert (y == y[:1]).all()
    np.testing.assert_array_equal(y[0], by_hand(1, 0, 0, 0.5, (11,)))


@pytest.mark.parametrize("noise_shape", [(1,), (None, 3), (7, 1, 1)])
def test_noise_shape_that_does_not_fit(noise_shape):
    with pytest.raises(ShapeError, match="dropout can't stretch a mask of noise_shape"):
        Dropout(0.5, noise_shape=noise_shape, seed=1)(ONES, training=True)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.0, 1.5, float("nan"), "0.5", True, None])
def test_rate_outside_its_range(rate):
    with pytest.raises(ArgumentError) as raised:
        Dropout(rate)
    assert str(raised.value) == f"rate must be in [0, 1), got {rate!r}; 0.5 drops half of the activations"


def test_rate_can_be_numpys():
    assert Dropout(np.float32(0.25)).rate == 0.25


def test_the_largest_rate_keeps_something():
    layer = Dropout(1 - 1e-9, seed=0)
    assert layer.threshold == 65535
    assert np.isfinite(layer(np.ones((300, 300)), training=True).numpy()).all()


@pytest.mark.parametrize("seed", [-1, 0.5, True])
def test_bad_seed(seed):
    with pytest.raises(ArgumentError, match="seed must be an integer from 0"):
        Dropout(0.5, seed=seed)


def test_p_for_rate():
    with pytest.raises(UnknownArgumentError, match=r"Dropout has no argument 'p'; did you mean 'rate'\?"):
        Dropout(p=0.5)


def test_the_scale_keeps_the_mean_exactly_where_the_rate_is_rounded():
    layer = Dropout(1e-5, seed=0, dtype="float64")  # rounds to 1 / 65536
    kept = layer(np.ones((1, 100)), training=True).numpy().max()
    assert kept == 65536 / 65535


def test_training_uses_the_masks_of_its_steps():
    """One step of SGD on f = sum_i w_i x_i m_i by hand: dJ/dw = 2 (f - y) m."""
    model = Sequential([Dropout(0.5), Dense(1, use_bias=False, kernel_initializer="ones")], dtype="float64", seed=3)
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.01
    x = np.arange(1.0, 9.0)[None]
    w = np.ones(8)
    for step in range(3):
        m = by_hand(3, step, 0, 0.5, (8,), "float64")
        w -= 0.01 * 2 * (w @ (x[0] * m) - 1) * x[0] * m
        model.train_on_batch(x, [1.0])
    np.testing.assert_allclose(model.get_weights()[0].ravel(), w, rtol=1e-12)
