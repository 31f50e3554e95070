"""A layer in a model: it belongs to one, draws from its seed and has its type."""

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.errors import DTypeError, StateError
from chainrule.layers import Dense, Normalization
from tests.layers.layers_of_ones_own import MyDense, X


@pytest.mark.parametrize("again", ["same model", "other model"])
def test_a_layer_belongs_to_one_model(again):
    layer = Dense(2, name="shared")
    model = Sequential([layer])
    other = model if again == "same model" else Sequential()
    with pytest.raises(StateError) as raised:
        other.add(layer)
    assert str(raised.value) == (
        "shared belongs to a model already; make a new layer, and copy its weights with get_weights"
    )
    assert len(model.layers) == 1


def test_weights_made_in_init_are_drawn_from_the_models_seed():
    made = [Sequential([MyDense(3, 2)], seed=seed).get_weights()[0] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0] != made[2]).any()


def test_a_built_layer_keeps_its_weights_when_it_joins():
    layer = Dense(2)
    layer(X)
    before = layer.get_weights()
    model = Sequential([layer], dtype="float64", seed=5)
    assert model.predict(X).dtype == np.float64  # float32 values fit into float64
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_float64_layer_does_not_fit_a_float32_model():
    model = Sequential([Dense(2, dtype="float64", name="fine")])
    with pytest.raises(DTypeError) as raised:
        model.predict(X)
    assert str(raised.value) == (
        "fine/kernel is float64 in a float32 model; give the model the type: Sequential(..., dtype='float64')"
    )


def test_statistics_adapted_before_keep_all_their_digits_in_a_float64_model():
    layer = Normalization()
    layer.adapt(X / 3)
    model = Sequential([layer], dtype="float64", seed=0)
    model.build((None, 3))
    np.testing.assert_array_equal(layer.mean.numpy(), (X / 3).mean(axis=0))
    np.testing.assert_array_equal(layer.variance.numpy(), (X / 3).var(axis=0))
