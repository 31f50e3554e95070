"""GaussianNoise: normal numbers that are a pure function of seed, step and layer; nothing when not training."""

import numpy as np
import pytest

from chainrule import GradientTape, Tensor, Variable
from chainrule.errors import ArgumentError
from chainrule.layers import GaussianNoise
from chainrule.random import normal_quantiles, random_bits

ZEROS = np.zeros((400, 500))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_noise_is_the_quantile_of_the_random_bits(dtype):
    layer = GaussianNoise(0.5, seed=9, dtype=dtype)
    layer.stream.step = 4
    x = np.ones((3, 7), dtype)
    numbers = normal_quantiles(np.dtype(dtype))[random_bits(9, 4, 0, 21).reshape(3, 7)]
    np.testing.assert_array_equal(layer(x, training=True).numpy(), x + np.dtype(dtype).type(0.5) * numbers)


def test_the_numbers_are_normal():
    drawn = GaussianNoise(2.0, seed=1, dtype="float64")(ZEROS, training=True).numpy().ravel() / 2
    n = drawn.size  # 200,000: below, four standard errors
    assert abs(drawn.mean()) < 4 / n**0.5
    assert abs(drawn.std() - 1) < 4 / (2 * n) ** 0.5
    assert abs((drawn**4).mean() - 3) < 4 * (96 / n) ** 0.5
    for below, share in ((-2.0, 0.02275), (-1.0, 0.15866), (0.0, 0.5), (1.0, 0.84134), (2.0, 0.97725)):
        assert abs((drawn < below).mean() - share) < 4 * (share * (1 - share) / n) ** 0.5


def test_only_in_training_and_its_gradient_is_one():
    layer = GaussianNoise(1.0, seed=0)
    np.testing.assert_array_equal(layer(ZEROS[:2]).numpy(), ZEROS[:2])
    x = Variable(np.ones((2, 3), np.float32))
    with GradientTape() as tape:
        y = layer(x, training=True)
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), np.ones((2, 3)))
    still = GaussianNoise(0.0)
    tensor = Tensor(np.ones((2, 3), np.float32))
    assert still(tensor, training=True) is tensor


@pytest.mark.parametrize("stddev", [-0.1, float("nan"), float("inf"), "a", None, True])
def test_errors(stddev):
    with pytest.raises(ArgumentError, match="stddev must be a number >= 0, got"):
        GaussianNoise(stddev)
