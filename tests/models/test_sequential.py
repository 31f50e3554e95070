"""Sequential: building, naming, calling, and what it refuses."""

import numpy as np
import pytest

from chainrule import GradientTape, Sequential, Tensor, Variable, ops
from chainrule.errors import ArgumentError, ShapeError, StateError, UnknownNameError
from chainrule.layers import BatchNormalization, Dense, Dropout, Input
from chainrule.models import Model
from tests.models.everything import X, Y, everything, same


@pytest.mark.parametrize("how", ["input", "input_shape", "build", "add", "fit", "call"])
def test_all_ways_to_build_give_the_same_model(how):
    def layers(**first):
        return [Dense(4, activation="tanh", **first), Dense(1)]

    if how == "input":
        model = Sequential([Input((3,)), *layers()], seed=0)
        assert model.built
    elif how == "input_shape":
        model = Sequential(layers(input_shape=(3,)), seed=0)
        assert model.built
    elif how == "add":
        model = Sequential(seed=0)
        for layer in layers():
            model.add(layer)
        assert not model.built
    else:
        model = Sequential(layers(), seed=0)
    if how == "build":
        model.build((None, 3))
    model.compile("sgd", "mse")
    if how == "fit":
        model.fit(X, Y, verbose=0)
        assert model.input_shape == (None, 3)
        return
    model(X) if how == "call" else model.predict(X)
    reference = Sequential([Input((3,)), *layers()], seed=0)
    assert same(model, reference)
    assert (model.input_shape, model.output_shape, model.count_params()) == ((None, 3), (None, 1), 21)


def test_building_needs_no_more_than_once():
    model = Sequential([Dense(1)], seed=0)
    model.build((None, 3))
    before = model.get_weights()
    model.build((20, 3))  # the batch axis is free
    assert all(np.array_equal(v, w) for v, w in zip(before, model.get_weights(), strict=True))


def test_add_after_build_and_prediction():
    model = Sequential([Input((3,)), Dense(4)], seed=0)
    model.predict(X)
    first = model.get_weights()
    model.add(Dense(2))
    assert model.output_shape == (None, 2)
    assert all(np.array_equal(v, w) for v, w in zip(first, model.get_weights(), strict=False))
    assert len(model.parameters) == 16 + 10


def test_a_layer_that_does_not_fit_leaves_the_model_as_it_was():
    model = Sequential([Input((3,)), Dense(4)], seed=0)
    with pytest.raises(ShapeError, match="normalises the last axis"):
        model.add(BatchNormalization(axis=2))
    model.add(Dense(2))
    assert [layer.name for layer in model.layers] == ["dense_1", "dense_2"]
    assert model.predict(X).shape == (20, 2)


def test_names_of_layers():
    model = Sequential([Dense(1, name="dense_2"), Dense(1), Dense(1), Dropout(0.1)])
    assert [layer.name for layer in model.layers] == ["dense_2", "dense_3", "dense_4", "dropout_1"]
    with pytest.raises(ArgumentError, match="two layers are named 'dense_3'; give one of them another name"):
        model.add(Dense(1, name="dense_3"))
    assert len(model.layers) == 4


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: Sequential().predict(X), StateError, "the model has no layers; add one first: model.add(Dense(1))"),
        (
            lambda: Sequential(Dense(1)),
            ArgumentError,
            "Sequential expects a list of layers, got one; write Sequential([Dense(units=1)])",
        ),
        (lambda: Sequential([Dense]), ArgumentError, "add expects a layer, got <class 'chainrule.layers.dense.Dense'>"),
        (lambda: Sequential(["dense"]), ArgumentError, "add expects a layer, got 'dense'"),
        (
            lambda: Sequential([Sequential([Dense(1)])]),
            ArgumentError,
            "a model can't be a layer of another; call what comes next on its outputs",
        ),
        (
            lambda: Sequential([Dense(1), Input((3,))]),
            StateError,
            "Input must be the first entry of a Sequential model",
        ),
        (
            lambda: Sequential([Input((3,)), Input((3,))]),
            StateError,
            "Input must be the first entry of a Sequential model",
        ),
        (
            lambda: Sequential([Dense(1)]).output_shape,
            StateError,
            "output_shape is not known before the model is built; start with Input((features,)) or fit it",
        ),
        (
            lambda: Sequential([Dense(1)]).count_params(),
            StateError,
            "the number of weights is not known before the model is built; start with Input((features,)) or fit it",
        ),
        (
            lambda: Sequential([Dense(1)]).predict([1.0, 2.0]),
            ShapeError,
            "inputs must be rows of features, (batch, features), got shape (2,)",
        ),
        (
            lambda: Sequential([Input((3,)), Dense(1)]).build((None, 4)),
            ShapeError,
            "the model is built for inputs of shape (batch, 3), got (batch, 4)",
        ),
        (
            lambda: Sequential([Dense(1)]).build(4),
            ShapeError,
            "build expects a shape with the batch axis first, such as (None, 4), got 4",
        ),
        (
            lambda: Sequential([Input((3,)), Dense(1)]).predict(X[:, :2]),
            ShapeError,
            "the model expects inputs of shape (batch, 3), got (20, 2)",
        ),
        (
            lambda: Sequential([Dense(1)]).get_layer("dense1"),
            UnknownNameError,
            "unknown layer 'dense1'; did you mean 'dense_1'?",
        ),
        (lambda: Sequential(3), ArgumentError, "Sequential expects a list of layers, got 3"),
        (
            lambda: Sequential([Input((2,)), Dense(1)]).set_weights(None),
            ArgumentError,
            "set_weights expects a list of arrays, as get_weights gives it, got None",
        ),
        (lambda: Sequential([Dense(1)]).get_layer(index="a"), ArgumentError, "the model has 1 layers, got index 'a'"),
        (lambda: Sequential([Dense(1)]).get_layer(index=1), ArgumentError, "the model has 1 layers, got index 1"),
        (
            lambda: Sequential([Dense(1)]).summary(),
            StateError,
            "the model is not built yet; start with Input((features,)), call build((None, features)) or fit it",
        ),
    ],
)
def test_errors(use, error, message):
    with pytest.raises(error) as raised:
        use()
    assert str(raised.value).startswith(message)


def test_a_trained_model_does_not_grow():
    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    with pytest.raises(StateError, match="a model that was trained can't grow"):
        model.add(Dense(1))


def test_get_layer():
    model = everything()
    assert model.get_layer("dense_2") is model.layers[7]
    assert model.get_layer(index=-1) is model.layers[-1]


def test_call_is_recorded_for_any_inputs():
    model = Sequential([Input((3,)), Dense(1, use_bias=False, kernel_initializer="ones")], seed=0)
    for inputs in (Variable(X), Tensor(X)):
        with GradientTape() as tape:
            tape.watch(inputs)
            total = ops.sum(model(inputs))
        np.testing.assert_array_equal(tape.gradient(total, inputs).numpy(), np.ones((20, 3)))
    np.testing.assert_array_equal(model([[1.0, 2.0, 3.0]]).numpy(), [[6.0]])


def test_seeds_are_kept_and_checked():
    assert Sequential(seed=7).seed == 7
    assert 0 <= Sequential().seed < 2**64
    with pytest.raises(ArgumentError, match="seed must be an integer"):
        Sequential(seed=-1)


def test_model_is_a_base_class():
    with pytest.raises(TypeError, match="abstract"):
        Model()
