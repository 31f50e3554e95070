"""chainrule: `fit` and `predict` as a user calls them; every step must have been the native engine's."""

import gc
from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np

import chainrule
from benchmarks.networks import Array, Network
from chainrule import engine
from chainrule.layers import Dense, Input
from chainrule.losses import SparseCategoricalCrossentropy
from chainrule.optimizers import Adam

VERSIONS = f"{chainrule.__version__}, {engine.describe()}"


def build(network: Network, last: str | None = None) -> chainrule.Sequential:
    inputs, *hidden, classes = network.widths
    layers = [Dense(units, activation="relu") for units in hidden]
    return chainrule.Sequential([Input((inputs,)), *layers, Dense(classes, activation=last)], seed=0)


def compiled(network: Network) -> chainrule.Sequential:
    model = build(network)
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True), engine="native")
    return model


def trainer(network: Network) -> Callable[[int], list[float]]:
    model, (x, y) = compiled(network), network.data

    def train(epochs: int) -> list[float]:
        before = engine.steps_made()
        history = model.fit(x, y, batch_size=network.batch, epochs=epochs, verbose=0)
        assert engine.steps_made() - before == epochs * network.steps
        return history.history["loss"]

    return train


def sweep(rates: list[float], widths: list[int], batch: int, steps: int, epochs: int) -> float:
    """Return the seconds of training a network for each learning rate, one a core."""
    network = Network(tuple(widths), batch, steps)
    x, y = network.data

    def train(rate: float) -> float:
        model = build(network)
        model.compile(Adam(rate), SparseCategoricalCrossentropy(from_logits=True), engine="native")
        return model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0).history["loss"][-1]

    start = perf_counter()
    losses = engine.run_many([partial(train, rate) for rate in rates])
    took = perf_counter() - start
    assert np.isfinite(losses).all(), losses
    return took


def first_fit(widths: list[int], batch: int) -> float:
    """Return the seconds that the first `fit` of a fresh model takes for its one step; earlier models are forgotten."""
    gc.collect()
    network = Network(tuple(widths), batch, 1)
    model, (x, y) = compiled(network), network.data
    start = perf_counter()
    model.fit(x, y, batch_size=batch, verbose=0)
    return perf_counter() - start


def predictor(network: Network) -> Callable[[Array], Array]:
    model = build(network, "softmax")
    model.set_weights([array for layer in network.weights for array in layer])
    return model.predict_on_batch if network.batch == 1 else model.predict
