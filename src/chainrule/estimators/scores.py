"""Scores of predictions on rows that training never saw, with what a guess without a model would get."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Any

import numpy as np

from chainrule import metrics
from chainrule.arrays import Array
from chainrule.random import generator

RESAMPLES = 1000
MOST_DRAWN = 10_000  # rows of one resample
Z95 = 1.959963984540054  # the normal distribution's 97.5% point


def most_frequent(classes: Sequence[str], codes: Array) -> str:
    """Return the class that most of these codes stand for: what one would always answer without a model.

    Examples
    --------
    >>> most_frequent(("no", "yes"), np.array([1, 0, 1]))
    'yes'
    """
    return classes[int(np.bincount(codes, minlength=len(classes)).argmax())]


@dataclass(frozen=True)
class ClassScores:
    """How many rows of each class were answered how.

    Attributes
    ----------
    classes : tuple of str
    confusion : array (classes, classes)
        Rows of each true class (first axis) by predicted class.
    log_loss : float
    guess : str
        The class that is most frequent in training: what one would always answer without a model.
    by_weight : float or None
        Share of the rows' weight answered right, where rows have weights (the log loss is weighted, too).
    """

    classes: tuple[str, ...]
    confusion: Array
    log_loss: float
    guess: str
    by_weight: float | None = None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """Number of rows answered right."""
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        """Share of the rows answered right."""
        return self.right / self.rows

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the accuracy (Wilson 1927)."""
        return wilson(self.right, self.rows)

    @property
    def guess_right(self) -> int:
        """Rows that always answering ``guess`` gets right."""
        return int(self.confusion[self.classes.index(self.guess)].sum())

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as JSON data."""
        return {
            "rows": self.rows,
            "right": self.right,
            "accuracy": self.accuracy,
            "accuracy_95": list(self.interval),
            "log_loss": self.log_loss,
            "guess": self.guess,
            "guess_right": self.guess_right,
            "classes": list(self.classes),
            "confusion": self.confusion.tolist(),
            **({} if self.by_weight is None else {"by_weight": self.by_weight}),
        }


@dataclass(frozen=True)
class NumberScores:
    """How far predictions of a number are off, in its own unit.

    Attributes
    ----------
    rows : int
    rmse, mae : float
        Root mean squared error, mean absolute error.
    r2 : float or None
        Share of the variance explained; None where the target does not vary.
    rmse_interval : (float, float)
        95% interval by a seeded bootstrap over the rows.
    guess : float
        The mean of training: what one would always answer without a model.
    guess_rmse : float
        RMSE of that answer.
    weighted : bool
        Whether rows counted by their weights, in all of these.
    """

    rows: int
    rmse: float
    mae: float
    r2: float | None
    rmse_interval: tuple[float, float]
    guess: float
    guess_rmse: float
    weighted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as JSON data."""
        scores = {**vars(self), "rmse_interval": list(self.rmse_interval)}
        return scores if self.weighted else {key: value for key, value in scores.items() if key != "weighted"}


def wilson(right: int, rows: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share.

    Examples
    --------
    >>> low, high = wilson(68, 69)
    >>> print(f"{low:.3f} {high:.3f}")
    0.922 0.997
    """
    share = right / rows
    centre = share + Z95**2 / (2 * rows)
    half = Z95 * sqrt(share * (1 - share) / rows + Z95**2 / (4 * rows**2))
    scale = 1 + Z95**2 / rows
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def class_scores(
    codes: Array,
    probabilities: Array,
    classes: tuple[str, ...],
    guess: str,
    weights: Array | None = None,
    answers: Array | None = None,
) -> ClassScores:
    """Return the scores of class probabilities (rows, classes), of rows that may have weights.

    The ``answers``, class codes, are those of the largest probabilities unless others are given.

    Examples
    --------
    >>> scores = class_scores(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), ("a", "b"), "b")
    >>> scores.right, scores.rows, scores.guess_right, scores.confusion.tolist()
    (2, 3, 2, [[1, 0], [1, 1]])
    """
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    answers = probabilities.argmax(axis=1) if answers is None else answers
    np.add.at(confusion, (codes, answers), 1)
    loss = metrics.LogLoss()
    loss.update_state(codes, probabilities, weights)
    by_weight = None if weights is None else float(np.average(answers == codes, weights=weights))
    return ClassScores(classes, confusion, float(loss.result()), guess, by_weight)


def number_scores(
    truth: Array, predicted: Array, guess: float, seed: int = 0, weights: Array | None = None
) -> NumberScores:
    """Return the scores of predicted numbers, of rows that may have weights.

    Examples
    --------
    >>> scores = number_scores(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0]), guess=2.0)
    >>> round(scores.rmse, 3), round(scores.mae, 3), round(scores.r2, 3)
    (1.155, 0.667, -1.0)
    """
    errors, share = predicted - truth, np.ones(len(truth)) if weights is None else weights / weights.mean()
    rmse, spread = _rms(errors, share), _rms(truth - np.average(truth, weights=share), share)
    relative = rmse / spread if spread > 0 else float("inf")
    r2 = 1 - relative * relative
    return NumberScores(
        rows=len(truth),
        rmse=rmse,
        mae=float(np.average(np.abs(errors), weights=share)),
        r2=r2 if isfinite(r2) else None,
        rmse_interval=_rmse_interval(errors, share, seed),
        guess=guess,
        guess_rmse=_rms(truth - guess, share),
        weighted=weights is not None,
    )


def _rms(values: Array, share: Array) -> float:
    """Return the root of the weighted mean square, also of values whose squares are no floats."""
    largest = float(np.abs(values).max())
    return largest * sqrt(((values / largest) ** 2 * share).mean()) if largest > 0 else 0.0


def _rmse_interval(errors: Array, share: Array, seed: int) -> tuple[float, float]:
    """Return the 95% interval of the RMSE by resampling the rows."""
    largest = float(np.abs(errors).max()) or 1.0
    squared = (errors / largest) ** 2 * share
    size = min(len(squared), MOST_DRAWN)
    draws = generator(seed, "sample").integers(len(squared), size=(RESAMPLES, size))
    bounds = np.quantile(np.sqrt(squared[draws].mean(axis=1)), [0.025, 0.975])
    centre = sqrt(squared.mean())
    low, high = largest * (centre + (bounds - centre) * sqrt(size / len(squared)))  # fewer rows scatter more
    return float(low), float(high)
