"""Checks of what the outputs and the loss mean: whether they fit each other and the targets."""

from typing import Any

import numpy as np

from chainrule import losses
from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.estimators.wording import short_number
from chainrule.layers import Activation, Dense, Dropout, Flatten, Layer
from chainrule.training.finding import Finding

_FEW_CODES = 10  # whole numbers 0, 1, ... up to here look like class codes
_ROWS_PER_CLASS = 4  # with fewer, on average, codes look like numbers
_FAR = 50.0  # an activation is tried out at 0 and so far on both sides
_WITHIN = 1e-3


def squashing(layer: Layer) -> str:
    """Return "softmax" or "sigmoid" where the layer ends in one of them, by what its activation does to -50, 0 and 50.

    Examples
    --------
    >>> squashing(Dense(1, activation=lambda z: 1 / (1 + np.exp(-z.numpy())))), squashing(Dense(1))
    ('sigmoid', '')
    """
    if not isinstance(layer, Dense | Activation):
        return ""
    from chainrule.autodiff.tensor import Tensor

    with np.errstate(all="ignore"):
        given: Any = layer.activation(Tensor(np.array([[-_FAR, 0.0, _FAR], [-_FAR, _FAR, 0.0]])))
    y = np.asarray(given)
    if y.shape != (2, 3):
        return ""
    if np.allclose(y, [[0, 0, 1], [0, 1, 0]], atol=_WITHIN):
        return "softmax"
    return "sigmoid" if np.allclose(y, [[0, 0.5, 1], [0, 1, 0.5]], atol=_WITHIN) else ""


def _final(evidence: Evidence) -> list[Layer]:
    """Return the last layers that shape the outputs, the last first: what squashes, one after the other."""
    found = []
    for layer in reversed(evidence.model.layers):
        neutral = isinstance(layer, Dropout | Flatten) or (isinstance(layer, Activation) and _linear(layer))
        if neutral:
            continue
        if not squashing(layer):
            break
        found.append(layer)
        if isinstance(layer, Dense):
            break
    return found


def _linear(layer: Activation) -> bool:
    return getattr(layer.activation, "name", "") == "linear"


def activation_before_logits_loss(evidence: Evidence) -> Finding | None:
    """A loss that expects logits on outputs that a sigmoid or softmax has squashed already."""
    final = _final(evidence)
    if not isinstance(evidence.loss, losses.cross_entropy.CrossEntropy) or not evidence.loss.from_logits or not final:
        return None
    name = type(evidence.loss).__name__
    kind = squashing(final[0])
    return Finding(
        "activation-before-logits-loss",
        "error",
        final[0].name,
        f"{name}(from_logits=True) expects logits, but {final[0].name} is a {kind}: what reaches the loss is "
        "squashed twice",
        {"activation": kind, "largest_probability": 0.7311 if kind == "sigmoid" else 1.0},
        f"make the last layer linear, or write {name}() without from_logits",
    )


def duplicated_softmax(evidence: Evidence) -> Finding | None:
    """Two layers at the end that both turn numbers into probabilities."""
    final = _final(evidence)
    if len(final) < 2:
        return None
    kinds = " after ".join(squashing(layer) for layer in final[:2])
    highest = float(evidence.outputs.max())
    return Finding(
        "duplicated-softmax",
        "error",
        final[0].name,
        f"{final[0].name} squashes what {final[1].name} has squashed already ({kinds}): no class can come near 1",
        {"largest_probability": highest},
        f"leave out {final[0].name}",
    )


def wrong_loss(evidence: Evidence) -> Finding | None:
    """A loss of numbers on class labels (0 and 1, codes 0, 1, 2 ... up to 9, one-hot rows), or of classes on numbers.

    Numbers are given away by having fewer than 4 rows for each different one.
    """
    y = np.asarray(evidence.given_y, np.float64)
    name = type(evidence.loss).__name__
    values = np.unique(y)
    if evidence.loss.activation is None and not isinstance(evidence.loss, losses.Poisson):
        flat = y.size == len(y)
        codes = flat and 2 <= len(values) <= _FEW_CODES and np.array_equal(values, np.arange(len(values)))
        one_hot = not flat and set(values) == {0.0, 1.0} and bool((y.reshape(len(y), -1).sum(axis=1) == 1).all())
        if not codes and not one_hot:
            return None
        count = len(values) if codes else y.shape[-1]
        right = "SparseCategoricalCrossentropy" if codes else "CategoricalCrossentropy"
        fix = "one sigmoid output and BinaryCrossentropy" if count == 2 and codes else f"{count} outputs and {right}"
        what = f"{name} is a loss for numbers, and the targets look like labels of {count} classes"
        return _wrong_loss(what, {"classes": count, "rows": len(y)}, f"use {fix}")
    if evidence.loss.integer_labels and len(values) * _ROWS_PER_CLASS > len(y):
        what = f"{name} is a loss for classes, and the targets look like numbers: {len(values):,} different ones"
        return _wrong_loss(
            what, {"different": len(values), "rows": len(y)}, "use one linear output and MeanSquaredError"
        )
    softmax = isinstance(evidence.loss, losses.CategoricalCrossentropy)
    sums = y.reshape(len(y), -1).sum(axis=1)
    if softmax and not np.allclose(sums, 1, atol=_WITHIN):
        what = f"{name} expects the shares of a row to sum to 1; they sum to {sums.min():g} to {sums.max():g}"
        fix = "where a row can have several labels use sigmoid outputs and BinaryCrossentropy"
        return _wrong_loss(what, {"smallest": float(sums.min()), "largest": float(sums.max())}, fix)
    return None


def _wrong_loss(what: str, evidence: dict[str, Any], advice: str) -> Finding:
    return Finding("wrong-loss", "error", "loss", what, evidence, advice)


def unreachable_targets(evidence: Evidence) -> Finding | None:
    """Numbers of which at least 5% are outside the range of the last activation."""
    activation = evidence.range_of_outputs
    if evidence.classes is not None or activation is None:
        return None
    low, high = activation
    y = evidence.targets(evidence.few)
    outside = float(((y < low) | (y > high)).mean())
    if outside < 0.05:
        return None
    last = evidence.model.layers[-1].name
    return Finding(
        "unreachable-targets",
        "error",
        last,
        f"{outside:.0%} of the targets are outside what {last} can give ({low:g} to {high:g}): "
        f"they go from {short_number(float(y.min()))} to {short_number(float(y.max()))}",
        {"outside": outside, "low": low, "high": high},
        "make the last layer linear",
    )
