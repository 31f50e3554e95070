"""How much each row counts: a column of weights, and classes made equal."""

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.tables.table import Column


def row_weights(column: Column) -> Array:
    """Return a column as weights: float64, finite, none missing or below 0, not all 0.

    Raises
    ------
    DataError
        The column is not so.

    Examples
    --------
    >>> row_weights(Column("w", "number", np.array([1.0, 0.5])))
    array([1. , 0.5])
    """
    if column.kind not in ("number", "boolean"):
        present = column.as_text()[~column.missing]
        raise DataError(f"weight {column.name!r} holds values such as {present[0]!r}; expected numbers of at least 0")
    bad = ~(column.values >= 0)
    if bad.any():
        row = int(bad.argmax())
        got = "nothing" if column.missing[row] else f"{column.values[row]:g}"
        raise DataError(f"weight {column.name!r}, row {row + 1}: expected a number of at least 0, got {got}")
    if not column.values.any():
        raise DataError(f"weight {column.name!r} is 0 in every row; no row would count")
    return column.values


def balanced(codes: Array, weights: Array | None, classes: int) -> Array:
    """Return the weight of each class with which all of them count the same: (classes,), 0 for one without rows.

    ``W / (k W_c)`` with W the weight of all rows, W_c of those of class c, k the number of classes that occur.

    Examples
    --------
    >>> balanced(np.array([0, 0, 0, 1]), None, 2)
    array([0.66666667, 2.        ])
    """
    total = np.bincount(codes, weights, minlength=classes)
    present = total > 0
    return np.asarray(np.divide(total.sum(), present.sum() * total, out=np.zeros(classes), where=present))
