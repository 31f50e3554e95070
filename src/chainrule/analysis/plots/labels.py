"""What plots of classes take in: labels and scores as codes and columns that fit together."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.analysis.answers import class_codes
from chainrule.arrays import Array
from chainrule.errors import ArgumentError, DataError, ShapeError
from chainrule.metrics import inputs


def labels_as_codes(y_true: Any, y_pred: Any, classes: Sequence[str] | None) -> tuple[Array, Array, tuple[str, ...]]:
    """Return true and predicted classes as codes, and the classes' names.

    Raises
    ------
    ArgumentError, DataError, ShapeError

    Examples
    --------
    >>> labels_as_codes(["b", "a"], ["b", "b"], None)
    (array([1, 0]), array([1, 1]), ('a', 'b'))
    """
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    scores = pred.ndim == 2 and pred.shape[1] > 1
    if not scores:
        true, pred = true.reshape(-1), pred.reshape(-1)
    _check_rows(true, pred)
    if classes is None:
        whole = true.dtype.kind in "biuf"
        if scores:
            classes = tuple(map(str, range(pred.shape[1])))
        else:
            found = np.unique(np.concatenate([true.astype(str), pred.astype(str)] if not whole else [true, pred]))
            classes = tuple(str(int(c)) if whole and c == int(c) else str(c) for c in found)
    names = tuple(map(str, classes))
    if len(names) < 2:
        raise DataError(
            f"a confusion needs two classes at least, got {', '.join(names) or 'none'}; name them: classes=[...]"
        )
    codes = np.asarray(pred.argmax(axis=1)) if scores else class_codes(pred, names)
    return class_codes(true, names), codes, names


def flags_and_scores(
    where: str, y_true: Any, y_score: Any, classes: Sequence[str] | None
) -> tuple[Array, Array, tuple[str, ...]]:
    """Return for each class whether it is the true one, and its score: arrays (rows, k), and names.

    Two classes are one column, that of the second.

    Raises
    ------
    ArgumentError, DataError, ShapeError

    Examples
    --------
    >>> flags_and_scores("roc", [0, 1], [[0.9, 0.1], [0.4, 0.6]], ("no", "yes"))
    (array([[False], [ True]]), array([[0.1], [0.6]]), ('yes',))
    """
    score = np.asarray(y_score)
    if score.ndim == 2 and score.shape[1] == 2:
        score = score[:, 1]
    _check_rows(np.asarray(y_true), score)
    score = score.reshape(len(score), -1)
    count = max(2, score.shape[1])
    names = tuple(map(str, classes)) if classes is not None else tuple(map(str, range(count)))
    if len(names) != count:
        raise ArgumentError(f"classes expects {count} names, one for each column of scores, got {len(names)}")
    flags, scores = inputs.one_vs_rest(where, class_codes(y_true, names), score, exclusive=True)
    return flags, scores, names if scores.shape[1] > 1 else names[1:]


def _check_rows(true: Array, pred: Array) -> None:
    if not true.ndim or not pred.ndim or len(true) != len(pred):
        raise ShapeError(
            f"y_true and y_pred must have the same number of rows, got shapes {true.shape} and {pred.shape}"
        )
    if not len(true):
        raise DataError("there are no rows to plot")
