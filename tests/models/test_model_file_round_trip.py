"""Model files: what goes in comes out bit for bit."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

import chainrule
from chainrule import Sequential, activations, initializers, losses, metrics, ops, optimizers, regularizers
from chainrule.errors import ArgumentError, FileError, StateError
from chainrule.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Layer,
    LayerNormalization,
    Normalization,
)
from chainrule.models.model_file import KNOWN, decode, encode, load_model
from chainrule.optimizers import schedules
from tests.models.everything import CLASSES, CODES, X


def everything(dtype="float32"):
    """A trained model with a layer of every kind and arguments of every kind."""
    layers = [
        Embedding(5, 4, embeddings_initializer=initializers.RandomNormal(stddev=0.5)),
        Flatten(),
        Normalization(mean=np.arange(8) / 7, variance=np.full(8, 0.3)),
        Dense(6, activation=activations.relu, kernel_regularizer=regularizers.L1L2(0.01, 0.1), name="first"),
        BatchNormalization(momentum=0.9),
        Dropout(0.2, noise_shape=(None, 6), seed=9),
        LayerNormalization(epsilon=0.01, center=False),
        Dense(3, use_bias=False, kernel_initializer=initializers.Constant(0.25), trainable=False),
        Activation("softmax"),
    ]
    model = Sequential([Input((2,)), *layers], name="all of it", seed=4, dtype=dtype)
    rate = schedules.ExponentialDecay(0.01, 10, 0.9)
    loss = losses.SparseCategoricalCrossentropy(label_smoothing=0.1)
    model.compile(optimizers.Adam(rate, clipnorm=1.0), loss, metrics=["accuracy", metrics.LogLoss(name="ll")])
    model.fit(CODES, CLASSES, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_comes_back(tmp_path, dtype):
    model = everything(dtype)
    path = tmp_path / "model.safetensors"
    model.save(path)
    loaded = load_model(path)
    assert [v.dtype for v in loaded.weights] == [v.dtype for v in model.weights]
    for old, new in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(loaded.predict(CODES), model.predict(CODES))
    assert (loaded.name, loaded.seed, loaded.dtype) == (model.name, model.seed, model.dtype)
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert [s.name for s in loaded.parameters.segments] == [s.name for s in model.parameters.segments]
    for old, new in zip(model.layers, loaded.layers, strict=True):
        assert type(old) is type(new)
        assert encode(old)["config"] == encode(new)["config"]
    assert loaded.evaluate(CODES, CLASSES) == model.evaluate(CODES, CLASSES)


@pytest.mark.parametrize("load", [load_model, chainrule.load])
def test_training_goes_on_with_what_was_compiled(tmp_path, load):
    """The optimiser starts afresh, as after compile; penalties, frozen layers and seeds are as they were."""
    model = everything()
    model.save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors")
    assert repr(loaded.optimizer) == repr(model.optimizer)
    assert repr(loaded.loss) == repr(model.loss)
    model.compile(model.optimizer, model.loss, metrics=["accuracy", metrics.LogLoss(name="ll")])
    assert (
        loaded.fit(CODES, CLASSES, epochs=3, verbose=0).history
        == model.fit(CODES, CLASSES, epochs=3, verbose=0).history
    )


def test_a_model_that_was_never_compiled(small):
    model, path = small
    loaded = load_model(path)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    with pytest.raises(StateError, match="fit before compile"):
        loaded.fit(X, X[:, 0])


def test_every_class_that_a_file_may_name_is_known_once():
    """A loss and a metric, an initialiser and a schedule share names: the kind is part of the name in the file."""
    assert KNOWN["losses.MeanSquaredError"] is losses.MeanSquaredError
    assert KNOWN["metrics.MeanSquaredError"] is metrics.MeanSquaredError
    assert KNOWN["initializers.Constant"] is initializers.Constant
    assert KNOWN["optimizers.Constant"] is schedules.Constant
    for module in (chainrule.layers, losses, metrics, optimizers, initializers, regularizers):
        for name in getattr(module, "__all__", vars(module)):
            cls = getattr(module, name)
            if isinstance(cls, type) and cls.__module__.startswith(module.__name__):
                assert cls in KNOWN.values() or not hasattr(cls, "get_config"), cls


@pytest.mark.parametrize(
    "value",
    [
        losses.MeanSquaredError(),
        metrics.MeanSquaredError(),
        metrics.MeanAbsoluteError(name="x"),
        initializers.Constant(0.5),
        schedules.Constant(0.5),
        optimizers.SGD(schedules.Constant(0.1), momentum=0.9),
        losses.Huber(0.5, reduction="sum"),
        regularizers.L1(0.3),
        Dense(3, activation="relu", kernel_regularizer="l2"),
        Dense(np.int64(3), bias_initializer=initializers.Zeros()),
        Dropout(np.float64(0.25), noise_shape=(None, 1)),
    ],
    ids=repr,
)
def test_configurations_survive_json(value):
    again = decode(json.loads(json.dumps(encode(value))), {})
    assert type(again) is type(value)
    assert encode(again) == encode(value)


class Scale(Layer):
    """A layer of one's own, with another inside."""

    def __init__(self, factor, inner_units=2):
        super().__init__()
        self.factor = factor
        self.one, self.two = Dense(inner_units), Dense(inner_units)
        self.norm = Normalization()
        self.norm.adapt([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]])

    def call(self, inputs):
        return self.factor * (self.one(self.norm(inputs)) + self.two(inputs))


def test_layers_of_ones_own(tmp_path):
    model = Sequential([Input((3,)), Scale(2.0, inner_units=3), Dense(1)], seed=0)
    model.layers[0].two.trainable = False
    model.save(tmp_path / "model.safetensors")
    assert "scale_1/two/kernel" in load_file(tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors", custom_objects={"Scale": Scale})
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.layers[0].factor == 2.0
    assert [s.name for s in loaded.parameters.segments] == [
        "scale_1/one/kernel",
        "scale_1/one/bias",
        "dense_1/kernel",
        "dense_1/bias",
    ]  # one of the layers inside is frozen
    with pytest.raises(FileError) as raised:
        load_model(tmp_path / "model.safetensors")
    assert str(raised.value) == (
        "the file needs the class Scale, which chainrule doesn't know; if it is your own, "
        "load it with chainrule.load(path, custom_objects={'Scale': Scale})"
    )


def test_a_class_of_ones_own_with_a_known_name_is_not_mistaken_for_it(tmp_path):
    mine = type("Dense", (Dense,), {"__module__": "elsewhere"})
    model = Sequential([Input((3,)), mine(2)], seed=0)
    model.save(tmp_path / "model.safetensors")
    with pytest.raises(FileError, match="needs the class Dense, which chainrule doesn't know"):
        load_model(tmp_path / "model.safetensors")
    assert type(load_model(tmp_path / "model.safetensors", {"Dense": mine}).layers[0]) is mine


def test_a_plain_function_as_loss_is_left_out(tmp_path):
    model = Sequential([Input((3,)), Dense(1)], seed=0)
    model.compile("sgd", lambda y, f: ops.square(y - f))
    model.save(tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize("layer", [Dense(1, activation=ops.tanh), Dense(1, kernel_regularizer=ops.sum)])
def test_functions_in_layers_cannot_be_saved(tmp_path, layer):
    model = Sequential([Input((3,)), type(layer)(**layer.get_config())], seed=0)
    with pytest.raises(ArgumentError, match="a model file holds"):
        model.save(tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []
