"""Layers as a person writes them."""

import numpy as np

from chainrule import ops
from chainrule.layers import BatchNormalization, Dense, Layer

X = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])


class MyDense(Layer):
    """The lecture's: weights in __init__."""

    def __init__(self, input_dim, output_dim):
        super().__init__()
        self.W = self.add_weight([input_dim, output_dim])
        self.b = self.add_weight([1, output_dim])

    def call(self, inputs):
        return ops.sigmoid(inputs @ self.W + self.b)


class Lazy(Layer):
    """Weights in build."""

    def build(self, input_shape):
        self.w = self.add_weight([input_shape[-1]], "ones")

    def call(self, inputs):
        return inputs * self.w


class Block(Layer):
    """Layers inside: an attribute, a list that grows, a dict, and one made in build."""

    def __init__(self):
        super().__init__()
        self.first = Dense(4, activation="tanh")
        self.stack = []
        for units in (3, 2):
            self.stack.append(Dense(units))
        self.named = {"norm": BatchNormalization()}

    def build(self, input_shape):
        self.last = Dense(1)

    def call(self, inputs, training=False):
        x = self.first(inputs)
        for layer in self.stack:
            x = layer(x)
        return self.last(self.named["norm"](x, training=training))
