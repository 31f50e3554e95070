"""Targets and predictions that the tests of losses share."""

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.layers import Dense, Input
from chainrule.random import generator

ROUNDING = {"float32": 1e-6, "float64": 1e-13}
both_types = pytest.mark.parametrize("dtype", ROUNDING)
Z = generator(0, "check").normal(size=(6, 3))
CODES = np.array([0, 1, 2, 2, 0, 1])
ONE_HOT = np.eye(3)[CODES]
FLAGS = (Z[::-1] > 0).astype(float)
PROBABILITIES = 1 / (1 + np.exp(-Z))
SHARES = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)


def compiled(loss, units, activation=None):
    model = Sequential([Input((2,)), Dense(units, activation=activation)], seed=0)
    model.compile("sgd", loss)
    return model
