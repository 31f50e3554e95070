"""Every name of the compatibility modules is there, is chainrule's own object, and a wrong one gets a suggestion."""

import subprocess
import sys

import pytest

import chainrule
import chainrule.compat.tensorflow as tf
from chainrule.compat import keras

NAMESPACES = [tf, tf.math, tf.nn, tf.random, tf.keras, tf.keras.activations, tf.keras.callbacks, tf.keras.initializers,
              tf.keras.layers, tf.keras.losses, tf.keras.metrics, tf.keras.models, tf.keras.optimizers,
              tf.keras.regularizers, tf.keras.utils]  # fmt: skip


@pytest.mark.parametrize("module", NAMESPACES, ids=lambda module: module.__name__)
def test_all_names_exist(module):
    assert all(hasattr(module, name) for name in module.__all__)
    assert dir(module) == sorted(module.__all__)


@pytest.mark.parametrize("module", NAMESPACES, ids=lambda module: module.__name__)
def test_each_namespace_suggests_the_nearest_name(module):
    name = max(module.__all__, key=len)
    with pytest.raises(AttributeError, match=rf"^tf[\w.]* has no '{name}x'; did you mean '{name}'\?$"):
        getattr(module, f"{name}x")


@pytest.mark.parametrize(
    ("where", "name", "answer"),
    [
        (tf.keras, "layer", "did you mean 'layers'?"),
        (tf.keras, "optimizer", "did you mean 'optimizers'?"),
        (tf.keras, "sequential", "did you mean 'Sequential'?"),
        (tf.keras.layers, "dense", "did you mean 'Dense'?"),
        (tf.keras.layers, "Conv2D", "chainrule trains multilayer perceptrons; it has no convolutions"),
        (tf.keras, "Model", "subclass tf.keras.layers.Layer"),
        (tf.keras, "datasets", "chainrule downloads nothing"),
        (tf.keras.metrics, "Accuracy", "write metrics=['accuracy']"),
        (tf, "reduce_means", "did you mean 'reduce_mean'?"),
        (tf, "softmax", "it is tf.nn.softmax"),
        (tf, "function", "leave @tf.function out"),
        (tf, "qqqq", "dir(tf) lists what it has"),
        (tf.random, "qqqq", "expected one of normal, truncated_normal, uniform"),
        (tf.random, "set_seed", "no global random state"),
        (tf.random, "set_seed", "pass seed= where numbers are drawn: Sequential(layers, seed=0), fit(..., seed=0)"),
        (tf.keras.utils, "set_random_seed", "pass seed="),
    ],
)
def test_what_is_said_about_a_name_that_is_missing(where, name, answer):
    with pytest.raises(AttributeError) as caught:
        getattr(where, name)
    assert answer in str(caught.value)


def test_the_objects_are_chainrules_own():
    assert tf.Variable is chainrule.Variable
    assert tf.Tensor is chainrule.Tensor
    assert tf.GradientTape is chainrule.GradientTape
    assert tf.keras.Sequential is tf.keras.models.Sequential is chainrule.Sequential
    for name in ("layers", "losses", "optimizers", "metrics", "initializers", "regularizers", "callbacks"):
        ours = getattr(chainrule, name)
        shared = [n for n in getattr(keras, name).__all__ if hasattr(ours, n)]
        assert len(shared) >= 3
        assert all(getattr(getattr(keras, name), n) is getattr(ours, n) for n in shared)


def test_import_statements_reach_into_the_namespaces():
    from chainrule.compat.tensorflow.keras import layers
    from chainrule.compat.tensorflow.keras.layers import Dense

    from chainrule.compat.tensorflow import keras as by_from

    assert by_from is keras
    assert layers is keras.layers
    assert Dense is chainrule.layers.Dense
    with pytest.raises(ImportError, match="Dens"):
        from chainrule.compat.tensorflow.keras.layers import Dens  # noqa: F401


def test_import_is_light():
    heavy = "duckdb", "rich", "click", "safetensors", "narwhals", "matplotlib", "pandas"
    code = f"import sys, chainrule.compat.tensorflow; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
