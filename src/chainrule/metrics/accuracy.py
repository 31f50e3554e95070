"""Accuracy: the share of examples whose predicted class is the true one, or is among the k likeliest."""

import numpy as np
from numpy.typing import ArrayLike

from chainrule.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.metrics import inputs
from chainrule.metrics.mean import ExampleMean


class BinaryAccuracy(ExampleMean):
    """Share of labels 0/1 that a prediction above the threshold (1) or not above it (0) gets right.

        mean_i [ y_i == (p_i > threshold) ]

    Parameters
    ----------
    threshold : float
        0.5 for probabilities; 0.0 for logits and for the margins that a hinge loss trains.
    name : str, optional

    Notes
    -----
    ``y_true`` and ``y_pred`` have shape (n,) or (n, 1); with (n, k) each of the k outputs is its own 0/1
    question (multi-label) and the accuracy is over all of them.

    Examples
    --------
    >>> BinaryAccuracy()([0, 1, 1, 1], [0.2, 0.9, 0.6, 0.4])
    0.75
    """

    larger_is_better = True

    def __init__(self, threshold: float = 0.5, name: str | None = None) -> None:
        super().__init__(name)
        self.threshold = threshold

    def _values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        true, pred = inputs.paired(self.name, y_true, y_pred)
        equal: Array = inputs.flags(self.name, true) == (pred > self.threshold)
        return equal


class CategoricalAccuracy(ExampleMean):
    """Share of examples whose likeliest class is the one that a one-hot label marks.

        mean_i [ argmax_c y_ic == argmax_c p_ic ]

    Parameters
    ----------
    name : str, optional

    Notes
    -----
    ``y_true`` is one-hot (or soft, rows adding up to 1) and ``y_pred`` probabilities or logits, both of
    shape (n, classes). Of equal predictions the first class counts.

    Examples
    --------
    >>> CategoricalAccuracy()([[0, 1], [1, 0]], [[0.3, 0.7], [0.4, 0.6]])
    0.5
    """

    larger_is_better = True

    def _values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        codes, pred = one_hot_and_scores(self.name, y_true, y_pred)
        equal: Array = codes == pred.argmax(axis=1)
        return equal


class SparseCategoricalAccuracy(ExampleMean):
    """Share of examples whose likeliest class is the one that the label numbers.

        mean_i [ y_i == argmax_c p_ic ]

    Parameters
    ----------
    name : str, optional

    Notes
    -----
    ``y_true`` holds class numbers 0 ... classes - 1, shape (n,) or (n, 1); ``y_pred`` probabilities or
    logits, shape (n, classes). Of equal predictions the first class counts.

    Examples
    --------
    >>> SparseCategoricalAccuracy()([1, 0], [[0.3, 0.7], [0.4, 0.6]])
    0.5
    """

    larger_is_better = True

    def _values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        codes, pred = codes_and_scores(self.name, y_true, y_pred)
        equal: Array = codes == pred.argmax(axis=1)
        return equal


class _TopK(ExampleMean):
    """Base of the accuracies that ask whether the true class is among the ``k`` likeliest."""

    larger_is_better = True

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        super().__init__(name)
        if k < 1:
            raise ArgumentError(f"{type(self).__name__}: k must be at least 1, got {k}")
        self.k = k

    def _in_top(self, codes: Array, pred: Array) -> Array:
        classes = pred.shape[1]
        if self.k >= classes:
            raise ArgumentError(
                f"{self.name}: k is {self.k}, but there are {classes} classes, so every example would count "
                f"as right; give a k below {classes}"
            )
        true = pred[np.arange(len(pred)), codes][:, None]
        later = np.arange(classes) > codes[:, None]
        ahead: Array = (pred > true) | ((pred == true) & later)
        inside: Array = np.count_nonzero(ahead, axis=1) < self.k
        return inside


class TopKCategoricalAccuracy(_TopK):
    """Share of examples whose true class, one-hot, is among the k likeliest.

    Parameters
    ----------
    k : int, >= 1
    name : str, optional

    Notes
    -----
    Shapes as in `CategoricalAccuracy`. Of equal predictions the later classes come first, as in
    scikit-learn's ``top_k_accuracy_score``: an untrained constant output gets about k / classes, not 1.

    Raises
    ------
    ArgumentError
        ``k`` is below 1, or not below the number of classes.

    Examples
    --------
    >>> TopKCategoricalAccuracy(k=2)([[0, 1, 0], [0, 0, 1]], [[0.5, 0.4, 0.1], [0.5, 0.4, 0.1]])
    0.5
    """

    def _values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        return self._in_top(*one_hot_and_scores(self.name, y_true, y_pred))


class SparseTopKCategoricalAccuracy(_TopK):
    """Share of examples whose true class, given by its number, is among the k likeliest.

    Parameters
    ----------
    k : int, >= 1
    name : str, optional

    Notes
    -----
    Shapes as in `SparseCategoricalAccuracy`, equal predictions as in `TopKCategoricalAccuracy`.

    Raises
    ------
    ArgumentError
        ``k`` is below 1, or not below the number of classes.

    Examples
    --------
    >>> SparseTopKCategoricalAccuracy(k=2)([1, 2], [[0.5, 0.4, 0.1], [0.5, 0.4, 0.1]])
    0.5
    """

    def _values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        return self._in_top(*codes_and_scores(self.name, y_true, y_pred))


def one_hot_and_scores(where: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    """Return the class numbers of one-hot labels, and the predictions."""
    pred = inputs.class_scores(where, y_pred)
    codes = inputs.class_shares(where, y_true, pred.shape[1]).argmax(axis=1)
    inputs.same_length(where, codes, pred)
    return codes, pred


def codes_and_scores(where: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    """Return the class numbers that the labels are, and the predictions."""
    pred = inputs.class_scores(where, y_pred)
    codes = inputs.class_codes(where, y_true, pred.shape[1])
    inputs.same_length(where, codes, pred)
    return codes, pred
