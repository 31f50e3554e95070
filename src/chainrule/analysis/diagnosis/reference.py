"""Reference: how well simple learners answer rows they have not seen; whether there is anything to learn at all."""

from dataclasses import dataclass

import numpy as np

from chainrule.arrays import Array

MOST_ROWS = 2000
_NEIGHBOURS = 10
_RIDGE = 1e-2  # of the mean eigenvalue


@dataclass(frozen=True)
class Reference:
    """What ten nearest neighbours and ridge regression reach on rows left out, the better of the two.

    Attributes
    ----------
    skill, balanced : float
        As `skill` gives them.
    evidence : float
        The largest correlation of an answer with its target, times the root of the rows: of pure noise it is normal
        with deviation 1 at most, so above 3 there is something to learn.
    """

    skill: float
    balanced: float
    evidence: float


def skill(targets: Array, outputs: Array, classes: bool, balanced: bool = False) -> float:
    """Return how far from guessing (0) to certainty (1) outputs are: of classes by accuracy, of numbers R2.

    Parameters
    ----------
    targets, outputs : arrays (rows, outputs)
        Of classes one column each: indicators, and scores of which the largest answers.
    balanced : bool
        Of classes: by balanced accuracy, as if there were as many rows of each.

    Examples
    --------
    >>> targets = np.eye(2)[[0, 0, 0, 1]]
    >>> skill(targets, targets, classes=True), skill(targets, np.ones((4, 2)), classes=True)
    (1.0, 0.0)
    >>> answers = np.eye(2)[[0, 0, 1, 1]]
    >>> skill(targets, answers, classes=True), round(skill(targets, answers, classes=True, balanced=True), 2)
    (0.0, 0.67)
    """
    if classes:
        right = outputs.argmax(axis=1) == targets.argmax(axis=1)
        shares = targets.mean(axis=0)
        each = shares[targets.argmax(axis=1)]  # the share of its class, for each row
        count = int((shares > 0).sum())
        accuracy = float((right / each).mean() / count if balanced else right.mean())
        guess = 1 / count if balanced else float(shares.max())
        return (accuracy - guess) / (1 - guess) if guess < 1 else 0.0
    spread = float(((targets - targets.mean(axis=0)) ** 2).sum())
    return 1 - float(((targets - outputs) ** 2).sum()) / spread if spread > 0 else 0.0


def reference(x: Array, targets: Array, classes: bool) -> Reference:
    """Return what simple learners reach on `MOST_ROWS` rows at most, each answered from the others.

    Parameters
    ----------
    x : array (rows, features)
    targets : array (rows, outputs)
    classes : bool
    """
    x = x - x.mean(axis=0)
    deviation = x.std(axis=0)
    x = x[:, deviation > 0] / deviation[deviation > 0]
    if not x.shape[1] or len(x) <= 2 * _NEIGHBOURS:
        return Reference(0.0, 0.0, 0.0)
    answers = [_of_neighbours(x, targets), _of_ridge(x, targets)]
    best, balanced = (max(skill(targets, answer, classes, way) for answer in answers) for way in (False, True))
    correlation = max(_correlation(answer[:, k], targets[:, k]) for answer in answers for k in range(targets.shape[1]))
    return Reference(best, balanced, correlation * float(np.sqrt(len(x))))


def _of_neighbours(x: Array, targets: Array) -> Array:
    square = (x**2).sum(axis=1)
    distance = square[:, None] + square - 2 * x @ x.T
    np.fill_diagonal(distance, np.inf)
    nearest = np.argpartition(distance, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    return np.asarray(targets[nearest].mean(axis=1))


def _of_ridge(x: Array, targets: Array) -> Array:
    """Return ridge regression's answer to each row without that row: ``y_i - r_i / (1 - h_ii)``."""
    mean = targets.mean(axis=0)
    left, scale, _ = np.linalg.svd(x, full_matrices=False)
    shrunk = scale**2 / (scale**2 + _RIDGE * len(x))
    fitted = left @ (shrunk[:, None] * (left.T @ (targets - mean)))
    leverage = (left**2) @ shrunk + 1 / len(x)
    return np.asarray(targets - (targets - mean - fitted) / np.maximum(1 - leverage, 1e-6)[:, None])


def _correlation(a: Array, b: Array) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0
