"""Rows of the test part that training has seen: copies make scores look better than they are."""

from collections.abc import Sequence

import numpy as np

from chainrule.arrays import Array
from chainrule.random import generator
from chainrule.tables.table import Column

LEAST_SHARE = 0.01  # of the test rows
_CHANCE = 10  # times as many as chance must be found
_MULTIPLIER, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)


def count_copies(columns: Sequence[Column], training: Array, test: Array, seed: int = 0) -> int:
    """Return how many test rows are equal to a training row in all columns, 0 where it is no more than chance.

    Rows that agree by chance, as they do in a table of few categories, are no copies: were every column shuffled by
    itself, at most a tenth as many rows must agree. Fewer than 1% of the test rows are nothing to speak of.

    Parameters
    ----------
    columns : sequence of Column
        The target among them, what tells rows apart by name (a counter, an identifier) not.
    training, test : integer arrays
        Indices of rows.
    seed : int
        Of the shuffling.

    Examples
    --------
    >>> x = Column("x", "number", np.array([1.0, 2, 3, 4, 1, 9]))
    >>> y = Column("y", "number", np.array([1.0, 2, 3, 4, 1, 9]))
    >>> count_copies([x, y], np.arange(4), np.array([4, 5]))
    1
    """
    if not columns:
        return 0
    hashes = [_hashes(column) for column in columns]
    found = _agreeing(hashes, training, test)
    if found == 0 or found < LEAST_SHARE * len(test):
        return 0
    random = generator(seed, "sample", 2)
    by_chance = _agreeing([random.permutation(values) for values in hashes], training, test)
    return found if by_chance * _CHANCE <= found else 0


def _agreeing(hashes: Sequence[Array], training: Array, test: Array) -> int:
    """Return how many test rows have the hashes of a training row in all columns."""
    rows = np.zeros(len(hashes[0]), dtype=np.uint64)
    for values in hashes:
        rows = (rows ^ values) * _MULTIPLIER
        rows ^= rows >> _SHIFT
    return int(np.isin(rows[test], rows[training]).sum())


def _hashes(column: Column) -> Array:
    """Return a number of 64 bits for each value, equal for equal ones."""
    if column.kind == "category":
        return np.fromiter(map(hash, column.values), dtype=np.int64, count=len(column.values)).view(np.uint64)
    return np.asarray(np.where(column.missing, np.inf, column.values + 0.0).view(np.uint64))  # -0.0 becomes 0.0
