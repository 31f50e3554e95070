"""Constraints on weights, of every kind, on both engines."""

import numpy as np
import pytest

from chainrule.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from chainrule.errors import EngineWarning
from chainrule.layers import Activation, BatchNormalization, Dense, Embedding, Flatten, LayerNormalization
from chainrule.optimizers import SGD
from tests.engine_parity.compare import DTYPES, NUMBERS, N, X, build, check_parity, needs_native, rng

pytestmark = [needs_native, pytest.mark.parametrize("dtype", DTYPES)]
CATEGORIES = rng.integers(0, 7, (N, 2))

# Steps large enough that the constraints bind; the second layer is wider than the columns that are summed together.
CONSTRAINED = {
    "max_norm": lambda: [Dense(9, activation="tanh", kernel_constraint=MaxNorm(0.5)), Dense(2)],
    "wide": lambda: [Dense(9, activation="tanh"), Dense(150, "tanh", kernel_constraint=MaxNorm(0.6)), Dense(2)],
    "unit_norm": lambda: [Dense(9, activation="tanh", kernel_constraint="unit_norm"), Dense(2)],
    "min_max_norm": lambda: [Dense(9, "tanh", kernel_constraint=MinMaxNorm(0.4, 0.7, rate=0.5)), Dense(2)],
    "non_neg": lambda: [Dense(9, "tanh", kernel_constraint=NonNeg()), Dense(2, bias_constraint="non_neg")],
    "a bias": lambda: [Dense(9, "tanh", bias_constraint=MaxNorm(0.02)), Dense(2, bias_constraint=UnitNorm())],
    "batch": lambda: [
        Dense(8, use_bias=False),
        BatchNormalization(gamma_constraint="non_neg", beta_constraint=MaxNorm(0.1)),
        Activation("tanh"),
        Dense(2),
    ],
    "layer": lambda: [Dense(8), LayerNormalization(gamma_constraint=MaxNorm(2.0)), Activation("tanh"), Dense(2)],
}


@pytest.mark.parametrize("name", CONSTRAINED)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_constraints(name, batch_size, dtype):
    models = check_parity(
        CONSTRAINED[name], y=10 * NUMBERS, dtype=dtype, batch_size=batch_size, optimizer=lambda: SGD(0.01, clipnorm=1.0)
    )
    free = [w for layer in models["native"].layers for w in layer.weights if w.constraint is not None]
    for weight in free:
        np.testing.assert_allclose(
            weight.constraint(weight.numpy()), weight.numpy(), rtol=0.5 if "min" in name else 1e-6
        )


def test_constrained_embeddings(dtype):
    check_parity(
        lambda: [Embedding(7, 3, embeddings_constraint=MaxNorm(0.05)), Flatten(), Dense(2)], x=CATEGORIES, dtype=dtype
    )


def test_a_constraint_over_another_axis_runs_on_the_python_engine(dtype):
    model = build("auto", lambda: [Dense(3, kernel_constraint=MaxNorm(1.0, axis=1)), Dense(2)], dtype=dtype)
    with pytest.warns(
        EngineWarning, match=r"the constraint of dense_1/kernel is not one of chainrule's own, over axis"
    ):
        model.fit(X, NUMBERS, verbose=0)
    norms = np.linalg.norm(model.layers[0].kernel.numpy(), axis=1)
    assert norms.max() <= 1 + 1e-6
