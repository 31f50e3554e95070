"""Which rows go into which batch: orders, splits and class weights, all from an explicit seed."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.arrays import Array, whole_number
from chainrule.engine.engine import Draw
from chainrule.engine.native import MOST_PERMUTED, permutation, permutations
from chainrule.errors import ArgumentError, DataError

WORTH_DRAWING_AHEAD = 10_000  # rows, whose order takes longer to draw than a thread to wake


def order(rows: int, shuffle: bool | Callable[[int], Array], seed: int, epoch: int) -> Array:
    """Return the order of the rows in one epoch; the epoch counts over all calls of fit.

    Where ``shuffle`` is a function of the epoch, it says the order.

    Examples
    --------
    >>> order(4, shuffle=False, seed=0, epoch=0)
    array([0, 1, 2, 3])
    """
    if callable(shuffle):
        return _own_order(shuffle(epoch), rows)
    return permutation(seed, "shuffle", epoch, rows) if shuffle else np.arange(rows)


def orders(rows: int, shuffle: bool, seed: int, first: int, epochs: int) -> Array:
    """Return the orders of some epochs from ``first`` on, one a row."""
    return permutations(seed, "shuffle", first, epochs, rows) if shuffle else np.tile(np.arange(rows), (epochs, 1))


def draw_ahead(rows: int, shuffle: bool | Callable[[int], Array], seed: int, epoch: int) -> Draw | None:
    """Return what draws the order of an epoch while the one before it runs; None where that is not worth it."""
    if shuffle is not True or not WORTH_DRAWING_AHEAD <= rows <= MOST_PERMUTED:
        return None
    return Draw(seed, "shuffle", epoch, np.empty(rows, np.int64))


def _own_order(given: Any, rows: int) -> Array:
    order = np.asarray(given)
    if order.shape != (rows,) or order.dtype.kind not in "iu" or not (order.min() >= 0 and order.max() < rows):
        raise ArgumentError(
            f"the function given as shuffle must return {rows} numbers of rows, each from 0 to {rows - 1}, "
            f"got {order.dtype} of shape {order.shape}"
        )
    return order


def steps(rows: int, batch_size: int) -> int:
    """Return the number of batches; the last one may be short."""
    return -(-rows // batch_size)


def check_batch_size(batch_size: Any, rows: int) -> int:
    """Return the batch size; None takes 32, and more than all rows takes all.

    Examples
    --------
    >>> check_batch_size(None, 1000), check_batch_size(64, 10)
    (32, 10)
    """
    size = 32 if batch_size is None else batch_size
    return min(whole_number("batch_size", size, least=1), rows)


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
        per_class = np.array([float(class_weight[c]) for c in classes.tolist()])
        if (per_class < 0).any():
            raise ArgumentError(f"class_weight expects weights >= 0, got {per_class.min():g}")
    weights: Array = per_class[places]
    return weights if weight is None else weights * weight
