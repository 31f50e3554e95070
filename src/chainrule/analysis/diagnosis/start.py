"""Checks of the start: weights, loss and gradients before the first step."""

import numpy as np

from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.analysis.diagnosis.statistics import LayerStatistics, kernel_of
from chainrule.analysis.diagnosis.units import DEAD
from chainrule.arrays import Array
from chainrule.estimators.wording import short_number
from chainrule.layers import BatchNormalization, LayerNormalization
from chainrule.training.finding import Finding

# The loss at the start, times log(classes), or of numbers the variance: one output of the usual random weights is a
# normal number of up to twice their variance; 3 deviations of it add up to 18.
CLASS_FACTOR, NUMBER_FACTOR = 4.0, 20.0
VANISHED = 1e-2  # gradient of the first hidden layer, of that of the last; alike is right (Glorot & Bengio 2010)
EXPLODED = 1e2


def symmetric_start(evidence: Evidence) -> Finding | None:
    """A hidden layer all of whose units have the same weights: all gradients are the same, and so they stay.

    Zeros are the most usual case. The last layer may start at zero.
    """
    kernels = [(layer, kernel) for layer in evidence.model.layers if (kernel := kernel_of(layer)) is not None]
    for layer, kernel in kernels[:-1]:
        values: Array = kernel.numpy().reshape(-1, kernel.shape[-1])
        if values.shape[-1] > 1 and np.array_equal(values, np.repeat(values[:, :1], values.shape[-1], axis=1)):
            return Finding(
                "symmetric-start",
                "error",
                layer.name,
                f"all {values.shape[-1]} units of {layer.name} have the same weights, and training can't tell "
                "them apart",
                {"units": values.shape[-1], "weight": float(values[0, 0])},
                "start from random weights: kernel_initializer='he_normal' for relu, 'glorot_uniform' for tanh",
            )
    return None


def loss_at_start(evidence: Evidence) -> Finding | None:
    """A loss before training above 4 times log(classes), or of numbers 20 times the variance (A. Karpathy, CS231n)."""
    loss, expected = evidence.start.loss, evidence.uninformed
    limit = expected * (NUMBER_FACTOR if evidence.classes is None else CLASS_FACTOR)
    if not expected or loss <= limit:
        return None
    says = "log of the classes" if evidence.classes is not None else "loss of the best constant"
    return Finding(
        "loss-at-start",
        "warning",
        evidence.model.layers[-1].name,
        f"the loss starts at {short_number(loss)}, and without knowledge it is {short_number(expected)}: "
        "the network begins sure of wrong answers",
        {"loss": loss, "expected": expected, "expected is": says, "limit": limit},
        "start the last layer's weights smaller (kernel_initializer='glorot_uniform'), and scale the targets",
    )


def vanishing_gradients(evidence: Evidence) -> Finding | None:
    """Gradients that reach the first hidden layer with less than a hundredth of their size at the last one."""
    ratio, first, last = _ratio(evidence)
    if ratio is None or first is None or last is None or ratio >= VANISHED:
        return None
    depth = len(_hidden(evidence))
    return Finding(
        "vanishing-gradients",
        "error",
        f"{first.name} to {last.name}",
        f"gradients vanish on their way through {depth} hidden layers: {first.name} gets "
        f"{ratio:.1g} of what {last.name} gets",
        {"ratio": ratio, "first": first.gradient, "last": last.gradient, "limit": VANISHED},
        f"use relu with he_normal instead of {first.activation}, fewer layers, or BatchNormalization between them",
    )


def exploding_gradients(evidence: Evidence) -> Finding | None:
    """Gradients that are more than a hundred times larger at the first hidden layer than at the last one."""
    ratio, first, last = _ratio(evidence)
    if ratio is None or first is None or last is None or ratio <= EXPLODED:
        return None
    return Finding(
        "exploding-gradients",
        "error",
        f"{first.name} to {last.name}",
        f"gradients grow on their way back: {first.name} gets {short_number(ratio)} times what {last.name} gets",
        {"ratio": ratio, "first": first.gradient, "last": last.gradient, "limit": EXPLODED},
        "start from smaller weights (he_normal for relu, glorot_uniform for tanh), or clip gradients (clipnorm=1.0)",
    )


def _hidden(evidence: Evidence) -> list[LayerStatistics]:
    """Return the statistics of the hidden layers with an activation; none where others than their weights decide.

    That is where a layer between them scales, or where most of one's units are dead.
    """
    if any(isinstance(layer, BatchNormalization | LayerNormalization) for layer in evidence.model.layers[1:]):
        return []
    hidden = [layer for layer in evidence.start.layers[:-1] if layer.activation not in ("", "linear")]
    return [] if any((layer.dead or 0) >= DEAD for layer in hidden) else hidden  # a cause of its own


def _ratio(evidence: Evidence) -> tuple[float | None, LayerStatistics | None, LayerStatistics | None]:
    hidden = _hidden(evidence)
    if len(hidden) < 2 or not hidden[-1].gradient > 0 or not np.isfinite(hidden[0].gradient):
        return None, None, None
    return hidden[0].gradient / hidden[-1].gradient, hidden[0], hidden[-1]
