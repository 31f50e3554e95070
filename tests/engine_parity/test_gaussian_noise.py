"""Gaussian noise, by itself and among other layers, on both engines."""

import pytest

from chainrule.layers import Dense, Dropout, GaussianNoise
from chainrule.optimizers import SGD
from tests.engine_parity.compare import DTYPES, check_parity, needs_native

pytestmark = [needs_native, pytest.mark.parametrize("dtype", DTYPES)]

NOISY = {
    "inputs": lambda: [GaussianNoise(0.2), Dense(8, activation="tanh"), Dense(2)],
    "twice": lambda: [Dense(20, activation="tanh"), GaussianNoise(0.3), Dropout(0.2), GaussianNoise(0.1), Dense(2)],
    "wider than a block of bits": lambda: [Dense(300, activation="tanh"), GaussianNoise(0.4), Dense(2)],
    "a seed of its own": lambda: [Dense(9, activation="tanh"), GaussianNoise(0.5, seed=77), Dense(2)],
    "none": lambda: [Dense(9, activation="tanh"), GaussianNoise(0.0), Dense(2)],
    "last": lambda: [Dense(9, activation="tanh"), Dense(2), GaussianNoise(0.25)],
}


@pytest.mark.parametrize("name", NOISY)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_gaussian_noise(name, batch_size, dtype):
    check_parity(NOISY[name], dtype=dtype, batch_size=batch_size, optimizer=SGD)
