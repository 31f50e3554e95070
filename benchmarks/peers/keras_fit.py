"""Keras: `fit` with its defaults, on the backend that KERAS_BACKEND names."""

import importlib
import os
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from benchmarks.networks import Network

BACKEND = keras.backend.backend()
VERSIONS = f"{keras.__version__} on {BACKEND} {importlib.import_module(BACKEND).__version__}"


def trainer(network: Network) -> Callable[[int], list[float]]:
    x, y = network.data
    inputs, *hidden, classes = network.widths
    layers = [keras.layers.Dense(units, activation="relu") for units in hidden]
    model = keras.Sequential([keras.Input((inputs,)), *layers, keras.layers.Dense(classes)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def train(epochs: int) -> list[float]:
        return model.fit(x, y, batch_size=network.batch, epochs=epochs, verbose=0).history["loss"]

    return train
