"""Rows in an order of their own, equal ones as one: so a weight means what a repetition means."""

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.tables import Column, Table


def merge_equal_rows(table: Table, answers: Array, weights: Array | None) -> tuple[Array, Array | None]:
    """Return which rows to keep, sorted by their values, and the weight of each: that of all rows equal to it.

    The result of a training then depends neither on the order of the rows, nor on whether a row is repeated or weighs
    more; and no row that is held out for validation has an equal one in training. Rows of weight 0 are left out.

    Parameters
    ----------
    table : Table
    answers : array (rows,) or (rows, outputs)
        Class codes or numbers.
    weights : float64 array (rows,) or None
        At least 0.

    Returns
    -------
    rows : integer array
    weights : float64 array or None
        None where every row counts once.

    Raises
    ------
    DataError
        All weights are 0.

    Examples
    --------
    >>> table = Table((Column("x", "number", np.array([2.0, 1.0, 2.0, 3.0])),))
    >>> merge_equal_rows(table, np.array([0, 1, 0, 1]), np.array([1.0, 1.0, 2.0, 0.0]))
    (array([1, 0]), array([1., 3.]))
    """
    columns = answers.reshape(len(answers), -1).T
    codes = np.stack([*map(_codes, table), *(np.unique(column, return_inverse=True)[1] for column in columns)])
    counted = np.arange(table.rows) if weights is None else np.flatnonzero(weights)
    if len(counted) == 0:
        raise DataError("sample_weight is zero in every row; no row would count")
    order = counted[np.lexsort(codes[::-1, counted])]
    first = np.append(True, (codes[:, order[1:]] != codes[:, order[:-1]]).any(axis=0))
    if weights is None and first.all():
        return order, None
    group = np.cumsum(first) - 1
    return order[first], np.bincount(group, None if weights is None else weights[order]).astype(np.float64)


def _codes(column: Column) -> Array:
    """Return a number for each value, in the order of the values; missing ones come last."""
    if column.kind != "category":
        return np.unique(column.values, return_inverse=True)[1]
    place = {name: index for index, name in enumerate(sorted({name for name in column.values if name is not None}))}
    return np.array([place.get(name, len(place)) for name in column.values], np.int64)
