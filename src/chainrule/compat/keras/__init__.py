"""Keras's names: ``tf.keras``, or on its own ``from chainrule.compat import keras``.

Examples
--------
>>> from chainrule.compat import keras
>>> model = keras.Sequential([keras.Input(shape=(2,)), keras.layers.Dense(3, activation="relu")], seed=0)
>>> model.count_params()
9
"""

from chainrule.compat.keras import (
    activations,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    utils,
)
from chainrule.compat.names import namespace
from chainrule.layers import Input, InputLayer, Layer
from chainrule.losses import Loss
from chainrule.metrics import Metric
from chainrule.models import Sequential
from chainrule.optimizers import Optimizer

__all__ = [
    "Input", "InputLayer", "Layer", "Loss", "Metric", "Optimizer", "Sequential", "activations", "callbacks",
    "constraints", "initializers", "layers", "losses", "metrics", "models", "optimizers", "regularizers", "utils",
]  # fmt: skip

_HINTS = {
    "Model": models.NO_MODEL,
    "backend": "the operations are in tf.math, tf.nn and chainrule.ops; there is no global state to set or to clear",
    "datasets": "chainrule downloads nothing; give your arrays to fit, or try chainrule.tables.samples",
}
__getattr__, __dir__ = namespace(__name__, "tf.keras", _HINTS)
