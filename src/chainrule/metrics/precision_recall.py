"""Precision, recall and F1: how good the positive answers are, and how many positives they find."""

from abc import abstractmethod
from numbers import Real
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from chainrule.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.metrics import inputs
from chainrule.metrics.metric import Metric, Result

Average = Literal["micro", "macro", "weighted"]


class PositiveCounts(Metric):
    """Base of the metrics of true positives, predicted positives and actual positives of each class."""

    larger_is_better = True

    def __init__(self, threshold: float | None, class_id: int | None, name: str | None) -> None:
        super().__init__(name)
        if class_id is not None and class_id < 0:
            raise ArgumentError(f"{type(self).__name__}: class_id must be 0 or more, got {class_id}")
        if threshold is not None and not isinstance(threshold, Real):
            raise ArgumentError(
                f"{type(self).__name__}: the threshold must be one number, got {threshold!r}; "
                "make one metric for each threshold"
            )
        self.threshold = threshold
        self.class_id = class_id
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all batches."""
        self._counts: Array | None = None  # rows: true positives, predicted, actual; columns: classes
        self._weight = 0.0

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Take in one batch.

        Parameters
        ----------
        y_true : array-like
            Labels 0 and 1, shape (n,) or (n, 1), for one column of predictions; otherwise class numbers,
            shape (n,) or (n, 1), or one-hot, shape (n, k).
        y_pred : array-like of shape (n,), (n, 1) or (n, k)
            The probability of class 1, or one a class.
        sample_weight : array-like of shape (), (n,) or (n, 1), >= 0, optional

        Raises
        ------
        ShapeError
            The shapes don't fit each other, or there is no column ``class_id``.
        DataError
            A label is no class, a prediction is not finite, or a weight is negative or not finite.
        """
        actual, scores = inputs.one_vs_rest(self.name, y_true, y_pred, exclusive=self.threshold is None)
        columns = scores.shape[1]
        inputs.check_class(self.name, self.class_id, columns)
        predicted = self._decide(scores)
        weights = inputs.weights(self.name, sample_weight, len(scores))
        if weights is None:
            weights = np.ones(len(scores))
        counts = np.stack([weights @ (predicted & actual), weights @ predicted, weights @ actual])
        if self._counts is None:
            self._counts = counts
        else:
            inputs.check_columns(self.name, self._counts.shape[1], columns)
            self._counts += counts
        self._weight += float(weights.sum())

    def _decide(self, scores: Array) -> Array:
        if self.threshold is None and scores.shape[1] > 1:
            largest: Array = scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1])
            return largest
        above: Array = scores > (0.5 if self.threshold is None else self.threshold)
        return above

    def result(self) -> Result:
        """Return the value over all batches since the last reset."""
        if self._counts is None or self._weight == 0:
            raise self._no_data()
        kept = slice(None) if self.class_id is None else [self.class_id]
        return self._summary(*self._counts[:, kept])

    @abstractmethod
    def _summary(self, hits: Array, predicted: Array, actual: Array) -> Result:
        """Return the value from the counts of the classes asked for, each of shape (k,)."""


class Precision(PositiveCounts):
    """Share of the predicted positives that are positive.

        precision = true positives / predicted positives      (0 where nothing is predicted positive)

    Parameters
    ----------
    thresholds : float, optional
        A prediction above it is positive. By default 0.5 for one column, and the largest of several columns.
    class_id : int, optional
        The column that counts as positive. By default the mean over all columns (macro average); give
        ``class_id=1`` for the usual precision of a network with two softmax outputs.
    name : str, optional

    Notes
    -----
    Equal to scikit-learn's ``precision_score`` of the decided classes. Labels with several ones a row
    (multi-label) need ``thresholds``.

    Examples
    --------
    >>> Precision()([0, 1, 1, 1], [0.6, 0.9, 0.7, 0.1])
    0.6666666666666666
    >>> Precision(class_id=2)([0, 2, 2], [[0.2, 0.2, 0.6], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
    0.5
    """

    def __init__(self, thresholds: float | None = None, class_id: int | None = None, name: str | None = None) -> None:
        super().__init__(thresholds, class_id, name)

    def _summary(self, hits: Array, predicted: Array, actual: Array) -> float:
        return float(_ratio(hits, predicted).mean())


class Recall(PositiveCounts):
    """Share of the positives that are predicted positive.

        recall = true positives / actual positives      (0 where nothing is positive)

    Parameters
    ----------
    thresholds : float, optional
        A prediction above it is positive. By default 0.5 for one column, and the largest of several columns.
    class_id : int, optional
        The column that counts as positive. By default the mean over all columns (macro average); give
        ``class_id=1`` for the usual recall of a network with two softmax outputs.
    name : str, optional

    Notes
    -----
    Equal to scikit-learn's ``recall_score`` of the decided classes. Labels with several ones a row
    (multi-label) need ``thresholds``.

    Examples
    --------
    >>> Recall()([0, 1, 1, 1], [0.6, 0.9, 0.7, 0.1])
    0.6666666666666666
    >>> Recall(thresholds=0.05)([0, 1, 1, 1], [0.6, 0.9, 0.7, 0.1])
    1.0
    """

    def __init__(self, thresholds: float | None = None, class_id: int | None = None, name: str | None = None) -> None:
        super().__init__(thresholds, class_id, name)

    def _summary(self, hits: Array, predicted: Array, actual: Array) -> float:
        return float(_ratio(hits, actual).mean())


class F1Score(PositiveCounts):
    """Harmonic mean of precision and recall.

        F1 = 2 true positives / (predicted positives + actual positives)      (0 where both are 0)

    Parameters
    ----------
    average : None, "micro", "macro" or "weighted"
        Over several columns: None gives one value a class; "micro" adds the counts up first; "macro" is the
        mean over the classes; "weighted" weighs them by their actual positives.
    threshold : float, optional
        A prediction above it is positive. By default 0.5 for one column, and the largest of several columns.
    class_id : int, optional
        The only column to look at; ``class_id=1`` gives the usual F1 of a network with two softmax outputs.
    name : str, optional

    Notes
    -----
    Equal to scikit-learn's ``f1_score`` of the decided classes. Labels with several ones a row
    (multi-label) need ``threshold``.

    Raises
    ------
    ArgumentError
        ``average`` is none of the above.

    Examples
    --------
    >>> F1Score()([0, 1, 1, 1], [0.6, 0.9, 0.7, 0.1])
    0.6666666666666666
    >>> F1Score()([0, 1, 1], [[0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]).round(3)
    array([0.667, 0.667])
    """

    def __init__(
        self,
        average: Average | None = None,
        threshold: float | None = None,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(threshold, class_id, name)
        if average not in (None, "micro", "macro", "weighted"):
            raise ArgumentError(
                f"F1Score: average must be None, 'micro', 'macro' or 'weighted', got {average!r}; "
                "one class against the rest is class_id"
            )
        self.average = average

    def _summary(self, hits: Array, predicted: Array, actual: Array) -> Result:
        if self.average == "micro":
            return float(_ratio(2 * hits.sum(), predicted.sum() + actual.sum()))
        scores = _ratio(2 * hits, predicted + actual)
        if self.average == "weighted":
            return float(_ratio(scores @ actual, actual.sum()))
        if self.average == "macro" or scores.size == 1:
            return float(scores.mean())
        return scores


def _ratio(part: Array, whole: Array) -> Array:
    """Return part / whole, and 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0)
