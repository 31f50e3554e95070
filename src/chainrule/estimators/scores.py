"""Scores of predictions on rows that training never saw, with what a guess without a model would get."""

from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np

from chainrule import metrics
from chainrule.arrays import Array
from chainrule.random import generator

RESAMPLES = 1000
Z95 = 1.959963984540054  # the normal distribution's 97.5% point


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
    """

    classes: tuple[str, ...]
    confusion: Array
    log_loss: float
    guess: str

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
        }


@dataclass(frozen=True)
class NumberScores:
    """How far predictions of a number are off, in its own unit.

    Attributes
    ----------
    rows : int
    rmse, mae, r2 : float
        Root mean squared error, mean absolute error, share of the variance explained.
    rmse_interval : (float, float)
        95% interval by a seeded bootstrap over the rows.
    guess : float
        The mean of training: what one would always answer without a model.
    guess_rmse : float
        RMSE of that answer.
    """

    rows: int
    rmse: float
    mae: float
    r2: float
    rmse_interval: tuple[float, float] = field(default=(0.0, 0.0))
    guess: float = 0.0
    guess_rmse: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as JSON data."""
        return {**vars(self), "rmse_interval": list(self.rmse_interval)}


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


def class_scores(codes: Array, probabilities: Array, classes: tuple[str, ...], guess: str) -> ClassScores:
    """Return the scores of class probabilities (rows, classes)."""
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(confusion, (codes, probabilities.argmax(axis=1)), 1)
    loss = metrics.LogLoss()
    loss.update_state(codes, probabilities)
    return ClassScores(classes, confusion, float(loss.result()), guess)


def number_scores(truth: Array, predicted: Array, guess: float, seed: int = 0) -> NumberScores:
    """Return the scores of predicted numbers."""
    errors = predicted - truth
    squared = errors**2
    draws = generator(seed, "sample").integers(len(squared), size=(RESAMPLES, min(len(squared), 10_000)))
    low, high = np.quantile(np.sqrt(squared[draws].mean(axis=1)), [0.025, 0.975])
    spread = float(((truth - truth.mean()) ** 2).mean())
    return NumberScores(
        rows=len(truth),
        rmse=float(np.sqrt(squared.mean())),
        mae=float(np.abs(errors).mean()),
        r2=1 - float(squared.mean()) / spread if spread > 0 else float("nan"),
        rmse_interval=(float(low), float(high)),
        guess=guess,
        guess_rmse=float(np.sqrt(((truth - guess) ** 2).mean())),
    )
