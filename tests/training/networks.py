"""Data and small networks that the tests of fit share."""

import numpy as np

from chainrule import Sequential
from chainrule.layers import BatchNormalization, Dense, Dropout, Input
from chainrule.optimizers import SGD
from chainrule.random import generator

ROUNDING = 1e-12  # float64, sums of a few hundred numbers around 1
_RNG = generator(0, "check")
X = _RNG.normal(size=(50, 3))
Y = X @ [1.0, -2.0, 0.5] + 0.1 * _RNG.normal(size=50)
CODES = (X[:, 0] > 0.3).astype(int) + (X[:, 1] > 0.5)


def network(*layers, seed=0, dtype="float64", optimizer="adam", loss="mse", **options):
    model = Sequential([Input((3,)), *(layers or (Dense(4, activation="tanh"), Dense(1)))], dtype=dtype, seed=seed)
    model.compile(optimizer, loss, **options)
    return model


def noisy(**options):
    """A model in which everything random takes part."""
    return network(Dropout(0.2), Dense(4, activation="relu"), BatchNormalization(), Dropout(0.3), Dense(1), **options)


def same(a, b):
    return all(np.array_equal(v, w) for v, w in zip(a.get_weights(), b.get_weights(), strict=True))


def still(loss="mse", **options):
    """A model whose optimiser moves nothing: every loss can be computed from its predictions."""

    class Still(SGD):
        def update(self, weights, gradient, slots, scalars):
            pass

    return network(loss=loss, optimizer=Still(), **options)


NAN_ROW = np.where(np.arange(150).reshape(50, 3) == 50 + 3, np.nan, X)
