"""Area under a curve: how well the scores rank positives above negatives."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from chainrule.arrays import Array
from chainrule.configurable import lookup
from chainrule.errors import ArgumentError, DataError
from chainrule.metrics import inputs
from chainrule.metrics.metric import Metric


class AUC(Metric):
    """Area under the ROC curve, or average precision, exactly.

        ROC:  P(score of a positive > score of a negative) + P(equal) / 2
        PR:   sum over falling thresholds t of (recall_t - recall_before) precision_t

    Parameters
    ----------
    curve : "ROC" or "PR"
    class_id : int, optional
        The column that counts as positive. By default the mean over all columns, each class against the rest.
    name : str, optional

    Notes
    -----
    Equal to scikit-learn's ``roc_auc_score`` (``multi_class="ovr"``) and ``average_precision_score``, ties
    and sample weights included, where Keras reads the curve at 200 thresholds only. The price: the scores of
    all examples are kept until ``reset_state``: a copy of each score, one byte a label, 8 bytes a weight.

    Only the order of the scores matters, so logits do as well as probabilities. ``y_true`` holds labels 0
    and 1, shape (n,) or (n, 1), for ``y_pred`` of shape (n,) or (n, 1); for (n, k) class numbers, shape
    (n,), or 0/1 columns, shape (n, k).

    Raises
    ------
    ArgumentError
        ``curve`` is neither of the two, or ``class_id`` is negative.

    References
    ----------
    Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.

    Examples
    --------
    >>> AUC()([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    >>> round(AUC(curve="PR")([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """

    larger_is_better = True

    def __init__(
        self, curve: Literal["ROC", "PR"] = "ROC", class_id: int | None = None, name: str | None = None
    ) -> None:
        super().__init__(name)
        if class_id is not None and class_id < 0:
            raise ArgumentError(f"AUC: class_id must be 0 or more, got {class_id}")
        self.curve = curve
        self.class_id = class_id
        self._area = lookup("curve of AUC", curve, {"ROC": roc_area, "PR": average_precision})
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all batches, and free the scores kept of them."""
        self._batches: list[tuple[Array, Array, Array]] = []  # flags (n, k), scores (n, k), weights (n,)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Take in one batch; its scores are copied.

        Parameters
        ----------
        y_true, y_pred : array-like
            In the shapes that the class states.
        sample_weight : array-like of shape (), (n,) or (n, 1), >= 0, optional

        Raises
        ------
        ShapeError
            The shapes don't fit each other, or there is no column ``class_id``.
        DataError
            A label is no class, a prediction is not finite, or a weight is negative or not finite.
        """
        actual, scores = inputs.one_vs_rest(self.name, y_true, y_pred, exclusive=False)
        inputs.check_class(self.name, self.class_id, scores.shape[1])
        if self.class_id is not None:
            actual, scores = actual[:, [self.class_id]], scores[:, [self.class_id]]
        if self._batches:
            inputs.check_columns(self.name, self._batches[0][1].shape[1], scores.shape[1])
        weights = inputs.weights(self.name, sample_weight, len(scores))
        if weights is None:
            weights = np.ones(len(scores))
        self._batches.append((actual, scores.copy(), weights))

    def result(self) -> float:
        """Return the area over all batches since the last reset.

        Raises
        ------
        DataError
            A class has no positive or no negative example of positive weight.
        StateError
            There are no data yet.
        """
        if not any(weights.any() for _, _, weights in self._batches):
            raise self._no_data()
        actual, scores, weights = (np.concatenate(parts) for parts in zip(*self._batches, strict=True))
        areas = [self._column_area(c, actual[:, c], scores[:, c], weights) for c in range(scores.shape[1])]
        return sum(areas) / len(areas)

    def _column_area(self, column: int, actual: Array, scores: Array, weights: Array) -> float:
        hits, false_alarms = counts_by_threshold(actual, scores, weights)
        if hits[-1] == 0 or false_alarms[-1] == 0:
            raise DataError(self._one_class(column, missing="positive" if hits[-1] == 0 else "negative"))
        area: float = self._area(hits, false_alarms)
        return area

    def _one_class(self, column: int, missing: str) -> str:
        several = len(self._batches) > 0 and self._batches[0][1].shape[1] > 1
        where = f" for class {column}" if several else ""
        return (
            f"{self.name} needs positive and negative examples, got no {missing} ones{where}; "
            "evaluate on data with both (a stratified split keeps the shares)"
        )


def counts_by_threshold(actual: Array, scores: Array, weights: Array) -> tuple[Array, Array]:
    """Return the weight of the positives and of the negatives that score at least t, for each score t, highest first.

    Examples
    --------
    >>> counts_by_threshold(np.array([True, False, True]), np.array([0.9, 0.4, 0.4]), np.ones(3))
    (array([1., 2.]), array([0., 1.]))
    """
    order = np.argsort(scores)[::-1]
    scores, actual, weights = scores[order], actual[order], weights[order]
    group_ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    return np.cumsum(weights * actual)[group_ends], np.cumsum(weights * ~actual)[group_ends]


def roc_area(hits: Array, false_alarms: Array) -> float:
    """Return the area under the ROC curve from the counts at each threshold, highest threshold first."""
    before = np.append(0.0, hits[:-1])
    area = np.diff(false_alarms, prepend=0.0) @ (hits + before) / 2
    return float(area / (hits[-1] * false_alarms[-1]))


def average_precision(hits: Array, false_alarms: Array) -> float:
    """Return the average precision from the counts at each threshold, highest threshold first."""
    found = np.maximum(hits + false_alarms, np.finfo(np.float64).tiny)  # 0 only before the first weight
    return float(np.diff(hits, prepend=0.0) @ (hits / found) / hits[-1])
