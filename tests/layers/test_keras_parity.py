"""Layers give what Keras 3's give, have its defaults and follow its moving averages.

Golden values: keras_golden.json, written by keras_golden.py.
"""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

from chainrule import initializers, layers
from chainrule.layers.layer import LayerOptions

GOLDEN = json.loads(Path(__file__).with_name("keras_golden.json").read_text())
# Outputs are a few units; the order of additions differs.
TOLERANCE = {"float32": 3e-6, "float64": 1e-13}
both_types = pytest.mark.parametrize("dtype", TOLERANCE)


@pytest.mark.parametrize(
    "case", GOLDEN["cases"], ids=lambda case: "-".join([case["name"], *(k for k in case["arguments"])])
)
@both_types
def test_outputs(case, dtype):
    layer = getattr(layers, case["name"])(**case["arguments"], dtype=dtype)
    inputs = np.array(case["inputs"])
    x = inputs if inputs.dtype.kind == "i" else inputs.astype(dtype)
    if case["weights"] is not None:
        layer.ensure_built((None, *x.shape[1:]))
        layer.set_weights(case["weights"])
    y = layer(x, training=case["training"])
    assert y.dtype == dtype
    coarse = case["name"] == "Normalization"  # Keras keeps its statistics in float32
    tolerance = TOLERANCE["float32" if coarse else dtype]
    np.testing.assert_allclose(y.numpy(), case["outputs"], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", GOLDEN["defaults"])
def test_defaults(name):
    """What both have can be left out alike; what only Keras has, we don't pretend to have."""
    signature = inspect.signature(getattr(layers, name))
    ours = {p.name: p.default for p in signature.parameters.values() if p.default is not p.empty}
    ours = {argument: default for argument, default in ours.items() if argument not in LayerOptions.__annotations__}
    theirs = GOLDEN["defaults"][name]
    assert ours.keys() <= theirs.keys()
    for argument, default in ours.items():
        if argument.endswith("initializer"):
            same = initializers.get(default)((50, 40), "float64", seed=1)
            kerass = {"uniform": "random_uniform"}.get(theirs[argument], theirs[argument])
            np.testing.assert_array_equal(same, initializers.get(kerass)((50, 40), "float64", seed=1))
        else:
            assert default == theirs[argument]


@pytest.mark.parametrize("case", GOLDEN["batch_normalization"], ids=lambda case: f"momentum-{case['momentum']}")
@both_types
def test_moving_averages(case, dtype):
    layer = layers.BatchNormalization(momentum=case["momentum"], dtype=dtype)
    close = {"rtol": TOLERANCE[dtype], "atol": TOLERANCE[dtype]}
    for batch, step in zip(case["batches"], case["steps"], strict=True):
        y = layer(np.array(batch, dtype), training=True)
        np.testing.assert_allclose(y.numpy(), step["outputs"], **close)
        np.testing.assert_allclose(layer.moving_mean.numpy(), step["mean"], **close)
        np.testing.assert_allclose(layer.moving_variance.numpy(), step["variance"], **close)
    everything = np.concatenate([case["batches"][0], case["batches"][1]]).astype(dtype)
    magnified = 40 * TOLERANCE[dtype]  # after a batch of one row the variance is 0: 1 / sqrt(epsilon) = 32
    np.testing.assert_allclose(layer(everything).numpy(), case["inference"], rtol=TOLERANCE[dtype], atol=magnified)


@pytest.mark.parametrize("case", GOLDEN["adapt"], ids=["scaled", "three-axes", "constant"])
def test_adapt(case):
    layer = layers.Normalization(dtype="float64")
    layer.adapt(case["data"])
    single = TOLERANCE["float32"]  # Keras adapts in float32
    np.testing.assert_allclose(layer.mean.numpy(), case["mean"], rtol=single, atol=single)
    np.testing.assert_allclose(layer.variance.numpy(), case["variance"], rtol=single, atol=single)
    np.testing.assert_allclose(layer(np.array(case["data"])).numpy(), case["outputs"], rtol=0, atol=10 * single)
