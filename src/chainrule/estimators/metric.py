"""What the best epoch is chosen by, and the decision threshold where that depends on the measure."""

from collections.abc import Callable

import numpy as np

from chainrule import metrics
from chainrule.arrays import Array
from chainrule.errors import ArgumentError, UnknownNameError, did_you_mean
from chainrule.metrics import Metric

Maker = Callable[[int], Metric]


def _named(name: str, loss: str | None, sparse: bool) -> Maker:
    return lambda units: metrics.resolve(name, loss=loss, output_units=units, sparse=sparse)


# Of one column of classes; a network for several labels judges each by itself.
_CLASSES: dict[str, Maker] = {
    "accuracy": _named("accuracy", None, True),
    "balanced_accuracy": lambda units: metrics.Recall(name="balanced_accuracy"),
    "f1": _named("f1", None, True),
    "roc_auc": _named("roc_auc", None, True),
    "log_loss": _named("log_loss", None, True),
}
_NUMBERS: dict[str, Maker] = {name: _named(name, None, False) for name in ("rmse", "mae", "r2")}
METRICS = {"classification": _CLASSES, "regression": _NUMBERS}
NAMES = (*_CLASSES, *_NUMBERS)


def check_metric(name: str, task: str | None = None) -> Maker:
    """Return the function that makes a metric for a number of outputs.

    Raises
    ------
    UnknownNameError
        There is no metric of this name.
    ArgumentError
        It is for another task.

    Examples
    --------
    >>> check_metric("balanced_acuracy")
    Traceback (most recent call last):
    chainrule.errors.UnknownNameError: unknown metric 'balanced_acuracy'; did you mean 'balanced_accuracy'?
    """
    if name not in NAMES:
        raise UnknownNameError(f"unknown metric {name!r}{did_you_mean(str(name), NAMES)}")
    if task is not None and name not in METRICS[task]:
        raise ArgumentError(f"metric {name!r} is not for a {task}; expected one of {', '.join(METRICS[task])}")
    return _CLASSES[name] if name in _CLASSES else _NUMBERS[name]


def _f1(hits: Array, predicted: Array, positives: float, _negatives: float) -> Array:
    return np.asarray(2 * hits / (predicted + positives))


def _balanced_accuracy(hits: Array, predicted: Array, positives: float, negatives: float) -> Array:
    return np.asarray(0.5 * (hits / positives + 1 - (predicted - hits) / negatives))


# Accuracy is not among them: of probabilities that are right, 0.5 is the best threshold, and a search finds chance.
BY_THRESHOLD = {"f1": _f1, "balanced_accuracy": _balanced_accuracy}


def best_threshold(metric: str | None, positive: Array, probabilities: Array, weights: Array | None) -> float | None:
    """Return the probability from which on class 1 of two is answered, where the metric asks for a choice.

    Parameters
    ----------
    metric : str or None
    positive : boolean array (rows,)
    probabilities : array (rows,)
        Of class 1.
    weights : array (rows,) or None

    Returns
    -------
    float or None
        Halfway between the two probabilities where the metric on these rows is largest (of several such places the
        one nearest to 0.5); None for the most likely class: for metrics without a choice, and where only one class
        occurs.

    References
    ----------
    Lipton, Elkan & Narayanaswamy, Thresholding Classifiers to Maximize F1 Score, arXiv:1402.1892, 2014.

    Examples
    --------
    >>> best_threshold("f1", np.array([False, False, True, True]), np.array([0.05, 0.1, 0.3, 0.8]), None)
    0.2
    """
    if metric not in BY_THRESHOLD or positive.all() or not positive.any():
        return None
    weight = np.ones(len(positive)) if weights is None else np.asarray(weights, np.float64)
    order = np.argsort(-probabilities, kind="stable")
    p, w = probabilities[order].astype(np.float64), weight[order]
    hits, predicted = np.cumsum(w * positive[order]), np.cumsum(w)
    last_of_equals = np.append(p[:-1] > p[1:], True)
    if not 0 < hits[-1] < predicted[-1]:
        return None  # a class whose rows weigh nothing
    measured = BY_THRESHOLD[metric](hits, predicted, hits[-1], predicted[-1] - hits[-1])
    values = np.where(last_of_equals, measured, -np.inf)
    thresholds = 0.5 * (p + np.append(p[1:], 0.0))
    best = np.flatnonzero(values >= values.max() - 1e-12)  # equal ones differ by the rounding of their sums of weights
    return float(thresholds[best[np.abs(thresholds[best] - 0.5).argmin()]])
