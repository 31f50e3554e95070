"""Layers inside a layer: found, built, seeded, trained and frozen with it."""

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.errors import StateError
from chainrule.layers import Dense, Layer
from tests.layers.layers_of_ones_own import Block, X


def test_layers_inside_are_found_wherever_they_stand():
    model = Sequential([Block()], seed=0)
    model.predict(X)
    (block,) = model.layers
    assert list(block._sublayers) == ["first", "stack_0", "stack_1", "named_norm", "last"]
    assert [name for name, _ in block.named_weights()] == [
        "block_1/first/kernel",
        "block_1/first/bias",
        "block_1/stack_0/kernel",
        "block_1/stack_0/bias",
        "block_1/stack_1/kernel",
        "block_1/stack_1/bias",
        "block_1/named_norm/gamma",
        "block_1/named_norm/beta",
        "block_1/named_norm/moving_mean",
        "block_1/named_norm/moving_variance",
        "block_1/last/kernel",
        "block_1/last/bias",
    ]
    assert len(model.parameters) == 16 + 15 + 8 + 4 + 3
    assert len(model.state) == 4


def test_layers_inside_are_trained_from_the_first_fit_on():
    model = Sequential([Block()], seed=0)
    model.compile("sgd", "mse")
    model.predict(X)
    before = model.get_weights()
    model.fit(X, [1.0, 2.0], verbose=0)
    changed = {v.name for v, old in zip(model.weights, before, strict=True) if (v.numpy() != old).any()}
    assert changed >= {"kernel", "gamma", "beta", "moving_mean", "moving_variance"}


def test_layers_inside_draw_from_the_models_seed():
    """Also those that build makes, and also in another type."""
    made = []
    for seed in (0, 0, 1):
        model = Sequential([Block()], seed=seed)
        model.predict(X)
        made.append(model.get_weights())
    assert all((a == b).all() for a, b in zip(made[0], made[1], strict=True))
    assert any((a != b).any() for a, b in zip(made[0], made[2], strict=True))
    kernels = [w for w in made[0] if w.ndim == 2]
    assert len({w.ravel()[0].item() for w in kernels}) == len(kernels)
    model = Sequential([Block()], dtype="float64", seed=0)
    assert model.predict(X).dtype == np.float64
    assert {v.dtype for v in model.weights} == {np.dtype("float64")}


def test_a_layer_with_its_own_output_shape_builds_the_layers_inside_too():
    class Announced(Block):
        def output_shape(self, input_shape):
            return (*input_shape[:-1], 1)

    model = Sequential([Announced()], seed=0)
    model.compile("sgd", "mse")
    model.fit(X, [1.0, 2.0], verbose=0)
    assert len(model.parameters.variables) == len(model.trainable_weights) == 10


def test_a_layer_inside_two_others_is_refused():
    inner = Dense(2)

    class Holder(Layer):
        def __init__(self):
            super().__init__()
            self.inner = inner

        def call(self, inputs):
            return self.inner(inputs)

    with pytest.raises(StateError, match="dense belongs to a model already"):
        Sequential([Holder(), Holder()])


def test_freezing_reaches_the_layers_inside():
    block = Block()
    model = Sequential([block], seed=0)
    model.predict(X)
    block.trainable = False
    assert model.trainable_weights == []
    before = model.get_weights()
    model(X, training=True)  # the BatchNormalization inside stands still as well
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    block.trainable = True
    assert len(model.trainable_weights) == 10
    block.stack[0].trainable = False
    assert len(model.trainable_weights) == 8


def test_frozen_from_the_start_holds_for_layers_made_in_build():
    block = Block()
    block.trainable = False
    block(X)
    assert block.trainable_weights == []
    assert not block.last.trainable
