"""Folds: cross-validation over the rows of training and validation; the test rows stay out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.arrays import Array, whole_number
from chainrule.errors import ArgumentError, DataError
from chainrule.random import check_seed, generator
from chainrule.tables.split_groups import split_groups
from chainrule.tables.table import Column, counted


@dataclass(frozen=True)
class Fold:
    """One of several splits into training and validation rows, which share the test rows.

    Parameters
    ----------
    index : int
        From 0.
    count : int >= 2

    Examples
    --------
    >>> Fold(5, 5)
    Traceback (most recent call last):
    chainrule.errors.ArgumentError: of 5 folds there is no fold 5; they count from 0
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        """Check the numbers."""
        whole_number("folds", self.count, least=2)
        if not 0 <= self.index < self.count:
            raise ArgumentError(f"of {self.count} folds there is no fold {self.index}; they count from 0")

    def of(self, parts: Sequence[Array], codes: Array | None, group: Column | None, seed: int) -> list[Array]:
        """Return training and validation rows of this fold, and the other parts as they are.

        Parameters
        ----------
        parts : row numbers of training, of validation, and perhaps of test
        codes : integer array (rows,) of class codes, or None
            Every fold has its share of each class.
        group : Column, optional
            Rows with the same value come into the same fold.
        seed : int

        Raises
        ------
        DataError
            There are fewer rows, or groups, than folds.

        Examples
        --------
        >>> parts = [np.arange(6), np.arange(6, 8), np.arange(8, 10)]
        >>> folds = [Fold(i, 4).of(parts, None, None, seed=0) for i in range(4)]
        >>> [len(fold[1]) for fold in folds], sorted(np.concatenate([fold[1] for fold in folds]).tolist())
        ([2, 2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7])
        """
        pool = np.sort(np.concatenate(list(parts[:2])))
        if len(pool) < self.count:
            raise DataError(f"{counted(len(pool), 'row')} can't be split into {self.count} folds")
        labels = None if codes is None else codes[pool]
        if group is None:
            places = _dealt(labels, len(pool), self.count, seed)
        else:
            places = np.empty(len(pool), np.int64)
            shares = [1 / self.count] * self.count
            for fold, rows in enumerate(split_groups(group.take(pool), labels, shares, seed)):
                places[rows] = fold
        held = places == self.index
        return [pool[~held], pool[held], *parts[2:]]


def _dealt(labels: Array | None, rows: int, count: int, seed: int) -> Array:
    """Return the fold of each row: class by class they are dealt out in turn, in an order drawn from the seed."""
    order = generator(check_seed(seed), "split", 3).permutation(rows)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    places = np.empty(rows, np.int64)
    places[order] = np.arange(rows) % count
    return places
