"""A model with a layer of every kind, and data for it and for smaller ones."""

import numpy as np

from chainrule import Sequential
from chainrule.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    LayerNormalization,
    Normalization,
)
from chainrule.random import generator

X = generator(0, "check").normal(size=(20, 3))
Y = X @ [1.0, -2.0, 0.5]


def everything(seed=0, dtype="float32"):
    """A model with a layer of every kind."""
    layers = [
        Embedding(5, 4),
        Flatten(),
        Normalization(mean=0.01, variance=0.5),
        Dense(6, activation="relu", kernel_regularizer="l2"),
        BatchNormalization(),
        Dropout(0.2),
        LayerNormalization(),
        Dense(3, use_bias=False),
        Activation("softmax"),
    ]
    model = Sequential([Input((2,)), *layers], seed=seed, dtype=dtype)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


CODES = generator(1, "check").integers(0, 5, size=(20, 2))
CLASSES = generator(2, "check").integers(0, 3, size=20)


def same(a, b):
    return all(np.array_equal(v, w) for v, w in zip(a.get_weights(), b.get_weights(), strict=True))
