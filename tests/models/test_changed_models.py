"""Models that somebody changes: between fits, during one, and under the engine's feet."""

import numpy as np
import pandas as pd
import pytest

import chainrule
from chainrule import Sequential, Variable, optimizers
from chainrule.callbacks import Callback
from chainrule.errors import DataError, StateError
from chainrule.layers import BatchNormalization, Dense, Dropout

X = np.random.default_rng(0).normal(size=(60, 4))
Y = X[:, 0]


def network(engine="auto"):
    model = Sequential([Dense(8, activation="relu"), Dense(1)], seed=0, dtype="float64")
    model.compile("adam", "mse", engine=engine)
    model.build((None, 4))
    return model


class Unfreeze(Callback):
    def on_epoch_end(self, epoch, logs):
        self.model.layers[0].trainable = True
        self.model.evaluate(X, Y)


@pytest.mark.parametrize("engine", ["auto", "python"])
def test_layers_are_not_unfrozen_while_fit_runs(engine):
    model = network(engine)
    model.layers[0].trainable = False
    with pytest.raises(StateError, match="frozen, unfrozen or changed while fit runs; do that between two fits"):
        model.fit(X, Y, epochs=3, verbose=0, callbacks=[Unfreeze()])
    model.fit(X, Y, epochs=1, verbose=0)  # now it may: fit has ended


@pytest.mark.parametrize("name", ["optimizer", "loss"])
def test_what_was_compiled_is_not_replaced_by_hand(name):
    model = network()
    model.fit(X, Y, verbose=0)
    setattr(model, name, optimizers.SGD() if name == "optimizer" else chainrule.losses.Huber())
    with pytest.raises(StateError, match="replaced after compile; call compile again"):
        model.fit(X, Y, verbose=0)


def test_a_replaced_weight_trains_alike_on_both_engines():
    histories = []
    for engine in ("auto", "python"):
        model = network(engine)
        model.layers[0].kernel = Variable(model.layers[0].kernel.numpy())  # it now lies behind the bias
        histories.append(model.fit(X, Y, epochs=3, verbose=0).history["loss"])
    assert histories[0] == histories[1]


TRAINING_CHANGES = {
    "activation": lambda m: setattr(m.layers[0], "activation", chainrule.activations.tanh),
    "last activation": lambda m: setattr(m.layers[-1], "activation", chainrule.activations.hard_sigmoid),
    "frozen": lambda m: setattr(m.layers[1], "trainable", False),
    "momentum of averages": lambda m: setattr(m.layers[1], "momentum", 0.1),
    "dropout": lambda m: setattr(m.layers[2], "rate", 0.8),
    "seed": lambda m: m.reseed(77),
    "weights": lambda m: m.set_weights([2 * w for w in m.get_weights()]),
    "penalty": lambda m: setattr(m.layers[0].kernel_regularizer, "l2", 0.5),
    "momentum": lambda m: setattr(m.optimizer, "momentum", 0.2),
    "smoothing": lambda m: setattr(m.loss, "label_smoothing", 0.3),
}


def normalised(engine):
    hidden = Dense(8, activation="gelu", kernel_regularizer=chainrule.regularizers.L2(0.01))
    layers = [hidden, BatchNormalization(), Dropout(0.3), Dense(1, activation="sigmoid")]
    model = Sequential(layers, seed=0, dtype="float64")
    model.compile(optimizers.SGD(0.1, momentum=0.9), chainrule.losses.BinaryCrossentropy(), engine=engine)
    return model


def steps(model):
    return [*[model.train_on_batch(X, Y > 0) for _ in range(3)], model.evaluate(X, Y > 0)]


@pytest.mark.parametrize("name", TRAINING_CHANGES)
def test_training_follows_a_change_alike_on_both_engines(name):
    losses = []
    for engine in ("auto", "python"):
        model, unchanged = normalised(engine), normalised(engine)
        assert steps(unchanged) == steps(model)  # the model last: building another one is a change too
        TRAINING_CHANGES[name](model)
        losses.append(steps(model))
        assert losses[-1] != steps(unchanged), "the change made a difference"
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-10)


def test_a_changed_attribute_is_not_trusted():
    model = network("python")
    model.fit(X, Y, verbose=0)
    model.layers[0].units = 6400
    native = network()
    native.fit(X, Y, verbose=0)
    native.layers[0].units = 6400
    if native._engine.name == "native":
        with pytest.raises(
            StateError, match=r"kernel of shape \(4, 8\) was put in place of a weight of shape \(4, 6400\)"
        ):
            native.fit(X, Y, verbose=0)


def test_masked_values_are_refused():
    masked = np.ma.masked_array(X, mask=X > 2)
    with pytest.raises(DataError, match="x has masked values; fill or drop them first"):
        network().fit(masked, Y, verbose=0)


def test_a_frame_with_numbers_as_names():
    model = chainrule.train(pd.DataFrame(X), target="0", epochs=2)
    assert len(model.predict(pd.DataFrame(X))) == len(X)


@pytest.mark.parametrize("engine", ["auto", "python"])
def test_an_optimizer_that_needs_other_slots_than_when_it_was_compiled(engine):
    model = network(engine)
    model.compile(optimizers.SGD(0.01), "mse", engine=engine)
    model.fit(X, Y, verbose=0)
    model.optimizer.momentum = 0.9
    with pytest.raises(StateError, match=r"SGD now keeps 'momentum' for each weight, .* compile again with a new"):
        model.fit(X, Y, verbose=0)
