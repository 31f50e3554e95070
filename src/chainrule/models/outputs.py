"""What a model's outputs are to its loss: whether they fit it, and what they are called."""

import numpy as np

from chainrule import activations, losses
from chainrule.arrays import Array
from chainrule.engine.python import output_activation
from chainrule.errors import ArgumentError
from chainrule.layers import Dense
from chainrule.layers.layer import Layer
from chainrule.losses.cross_entropy import CrossEntropy

PROBABILITY = (0.0, 1.0)


def loss_name(loss: losses.Loss) -> str:
    """Return the name that a loss has in the table, "" for one of another's own."""
    return next((name for name, cls in losses.CLASSES.items() if type(loss) is cls), "")


def classes_of(loss: losses.Loss, y: Array | None) -> Array | None:
    """Return class codes to stratify by, None where targets are no classes."""
    if y is None or loss.activation is None:
        return None
    if loss.integer_labels:
        return y
    if y.ndim == 2 and y.shape[1] > 1:
        return np.asarray(np.argmax(y, axis=1)) if loss.activation == "softmax" else None
    whole = y.reshape(len(y))
    return whole.astype(np.int64) if np.array_equal(whole, whole.round()) else None


def check_outputs(last: Layer, loss: losses.Loss) -> None:
    """Refuse a loss on probabilities over an activation that gives none."""
    activation = output_activation(last)
    if not isinstance(loss, CrossEntropy) or not isinstance(activation, activations.Activation):
        return
    if activation is activations.softmax and isinstance(last, Dense) and last.units == 1:
        raise ArgumentError(f"the softmax of {last.name}'s one output is always 1; set its activation to 'sigmoid'")
    low, high = activation.range
    if loss.from_logits:
        if (low, high) == PROBABILITY:
            raise ArgumentError(
                f"{type(loss).__name__}(from_logits=True) expects logits, but {last.name} is {activation.name}; "
                "leave out one of the two"
            )
        return
    if low < PROBABILITY[0] or high > PROBABILITY[1]:
        raise ArgumentError(
            f"{type(loss).__name__} expects probabilities, but {last.name} is {activation.name}, which gives others; "
            f"set its activation to {loss.activation!r}, or use {type(loss).__name__}(from_logits=True)"
        )
