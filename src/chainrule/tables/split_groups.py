"""Splitting rows so that no group of them comes into two parts."""

from collections.abc import Sequence

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.random import check_seed, generator
from chainrule.tables.table import Column, counted


def split_groups(column: Column, labels: Array | None, fractions: Sequence[float], seed: int = 0) -> list[Array]:
    """Return the row indices of parts that share no group.

    Groups are placed one after another, the largest first and equal ones in an order drawn from the seed, each into
    the part that has the most room left for its rows, class by class. So sizes come near ``fractions``, and shares
    of classes near their own, as far as whole groups allow; every part has at least one group.

    Parameters
    ----------
    column : Column
        What tells the groups apart; a row where it is missing is a group of its own.
    labels : integer array (rows,) of class codes, or None
    fractions : floats > 0 that sum to 1
        The parts' shares of the rows.
    seed : int

    Raises
    ------
    DataError
        There are fewer groups than parts.

    Examples
    --------
    >>> patients = Column("patient", "number", np.array([7.0, 7, 8, 8, 8, 9, 9, 7]))
    >>> [part.tolist() for part in split_groups(patients, None, (0.4, 0.4, 0.2))]
    [[0, 1, 7], [2, 3, 4], [5, 6]]
    """
    groups = _codes(column)
    sizes = np.bincount(groups)
    if len(sizes) < len(fractions):
        raise DataError(
            f"group {column.name!r} has {counted(len(sizes), 'group')}; {len(fractions)} parts need at least as many"
        )
    classes = np.zeros(len(groups), np.int64) if labels is None else np.unique(labels, return_inverse=True)[1]
    shape = len(sizes), int(classes.max()) + 1
    rows = np.bincount(groups * shape[1] + classes, minlength=shape[0] * shape[1]).reshape(shape)
    shares = rows / rows.sum(axis=0)
    order = generator(check_seed(seed), "split", 2).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    room = np.repeat(np.array(fractions)[:, None], shape[1], axis=1)
    place, empty = np.zeros(len(sizes), np.int64), set(range(len(fractions)))
    for index, group in enumerate(order.tolist()):
        fit = room @ shares[group]
        if len(order) - index <= len(empty):  # each of the last groups to a part that has none
            fit[[part for part in range(len(fractions)) if part not in empty]] = -np.inf
        part = int(fit.argmax())
        place[group] = part
        room[part] -= shares[group]
        empty.discard(part)
    return [np.flatnonzero(place[groups] == part) for part in range(len(fractions))]


def _codes(column: Column) -> Array:
    """Return the number of each row's group; a row without one is alone."""
    missing = column.missing
    codes = np.full(len(missing), -1, dtype=np.int64)
    _, codes[~missing] = np.unique(column.values[~missing], return_inverse=True)
    codes[missing] = codes.max() + 1 + np.arange(int(missing.sum()))
    return codes
