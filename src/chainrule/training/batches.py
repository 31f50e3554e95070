"""Batches: their size and number, and weights of classes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_number, whole_number
from chainrule.engine.data import Rows
from chainrule.errors import ArgumentError, DataError


def steps(rows: int, batch_size: int) -> int:
    """Return the number of batches; the last one may be short."""
    return -(-rows // batch_size)


def check_batch_size(batch_size: Any, rows: int, name: str = "batch_size") -> int:
    """Return the batch size; None takes 32, and more than all rows takes all.

    Examples
    --------
    >>> check_batch_size(None, 1000), check_batch_size(64, 10)
    (32, 10)
    """
    size = 32 if batch_size is None else batch_size
    return min(whole_number(name, size, least=1), rows)


def apply_class_weight(y: Array, weight: Array | None, class_weight: Mapping[int, float] | str) -> Array:
    """Return the weights of the rows times the weights of their classes.

    Parameters
    ----------
    y : array
        Class codes (rows,) or (rows, 1), or one-hot rows.
    weight : array or None
    class_weight : mapping from class code to weight, or "balanced"
        "balanced" gives class c the weight ``rows / (classes rows_c)``.

    Examples
    --------
    >>> apply_class_weight(np.array([0, 0, 0, 1]), None, "balanced")
    array([0.66666667, 0.66666667, 0.66666667, 2.        ])
    """
    codes = np.argmax(y, axis=-1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(len(y))
    classes, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ArgumentError(f"class_weight must be a dict or 'balanced', got {class_weight!r}")
        per_class = len(codes) / (len(classes) * counts)
    else:
        missing = [c for c in classes.tolist() if c not in class_weight]
        if missing:
            raise DataError(f"class_weight has no weight for class {missing[0]:g}; it needs one for every class")
        for c in classes.tolist():
            if not is_number(class_weight[c]) or not 0 <= class_weight[c] < np.inf:
                raise ArgumentError(f"class_weight expects weights >= 0, got {class_weight[c]!r} for class {c:g}")
        per_class = np.array([float(class_weight[c]) for c in classes.tolist()])
    weights: Array = per_class[places]
    return weights if weight is None else weights * weight


def weigh(rows: Rows, class_weight: Any, chosen: Array | None = None) -> Rows:
    """Return the rows with the weights of those that are chosen (None: all) times those of their classes."""
    if class_weight is None or rows.y is None:
        return rows
    if chosen is None:
        return Rows(rows.x, rows.y, apply_class_weight(rows.y, rows.weight, class_weight))
    before = None if rows.weight is None else rows.weight[chosen]
    weight = np.zeros(len(rows))
    weight[chosen] = apply_class_weight(rows.y[chosen], before, class_weight)
    return Rows(rows.x, rows.y, weight)
