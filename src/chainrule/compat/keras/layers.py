"""``tf.keras.layers``: `chainrule.layers`, and activation functions as layers."""

from typing import Unpack

from chainrule.compat.names import namespace
from chainrule.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    InputLayer,
    Layer,
    LayerNormalization,
    Normalization,
)
from chainrule.layers.layer import LayerOptions

__all__ = [
    "Activation", "BatchNormalization", "Dense", "Dropout", "Embedding", "Flatten", "Input", "InputLayer", "Layer",
    "LayerNormalization", "Normalization", "ReLU", "Softmax",
]  # fmt: skip

_ONLY_MLP = "chainrule trains multilayer perceptrons; it has no convolutions, recurrence or attention"
_OTHERS = ("Conv1D", "Conv2D", "MaxPooling2D", "GlobalAveragePooling2D", "LSTM", "GRU", "SimpleRNN", "Attention")
__getattr__, __dir__ = namespace(__name__, "tf.keras.layers", dict.fromkeys(_OTHERS, _ONLY_MLP))


def ReLU(**options: Unpack[LayerOptions]) -> Activation:
    """Return ``Activation("relu")``.

    Examples
    --------
    >>> ReLU()([[-1.0, 2.0]])
    Tensor([[0. 2.]], shape=(1, 2), dtype=float32)
    """
    return Activation("relu", **options)


def Softmax(**options: Unpack[LayerOptions]) -> Activation:
    """Return ``Activation("softmax")``, over the last axis.

    Examples
    --------
    >>> Softmax()([[0.0, 0.0]])
    Tensor([[0.5 0.5]], shape=(1, 2), dtype=float32)
    """
    return Activation("softmax", **options)
