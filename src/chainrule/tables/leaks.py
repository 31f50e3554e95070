"""Columns that give the target away: what no honest column can tell by itself."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.random import generator
from chainrule.tables.table import Column

MOST_ROWS, FEWEST_ROWS = 5000, 50
CERTAIN = 0.98  # from here on a column is suspected whatever the others tell
STRIKING = 0.95  # ... and from here, where its error is at most a fifth of that of all others
_OTHERS = 5
_NEIGHBOURS = 3  # rows on each side
_REPEATED = 10  # rows of the same number, on average, that make it a category


class Leak(NamedTuple):
    """A column that tells the target almost by itself.

    Attributes
    ----------
    column : str
    share : float
        How much of the way from guessing to certainty it goes alone.
    next_column : str
        The best of the others, and how far that one goes.
    next_share : float
    """

    column: str
    share: float
    next_column: str
    next_share: float


def find_leaks(columns: Sequence[Column], answers: Array, classes: int | None, seed: int = 0) -> list[Leak]:
    """Return the columns of the training part that tell the answers as no honest column does, the worst first.

    Suspected is a column whose `told` is at least 0.98, or at least 0.95 with an error of at most a fifth of that of
    every other column below 0.95. Nothing is suspected in fewer than 50 rows, or where there is only one column.

    Parameters
    ----------
    columns : sequence of Column
    answers : array (rows,)
        Class codes, or numbers.
    classes : int or None
        The number of classes; None for numbers.
    seed : int
        Of the rows that are looked at: 5,000 at most.

    Examples
    --------
    >>> x = np.arange(100.0)
    >>> columns = [Column("twice", "number", 2 * x), Column("rest", "number", x % 7)]
    >>> [(leak.column, round(leak.share, 2), leak.next_column) for leak in find_leaks(columns, x, None)]
    [('twice', 1.0, 'rest')]
    """
    rows = generator(seed, "sample", 1).permutation(len(answers))[:MOST_ROWS]
    if len(rows) < FEWEST_ROWS or len(columns) < 2:
        return []
    shares = {column.name: told(column.take(rows), answers[rows], classes) for column in columns}
    honest = {name: share for name, share in shares.items() if share < STRIKING}
    next_name = max(honest, key=honest.__getitem__, default="")
    next_share = honest.get(next_name, 0.0)
    limit = max(STRIKING, 1 - (1 - next_share) / _OTHERS)
    leaks = [Leak(name, share, next_name, next_share) for name, share in shares.items() if share >= min(limit, CERTAIN)]
    return sorted(leaks, key=lambda leak: -leak.share)


def told(column: Column, answers: Array, classes: int | None) -> float:
    """Return how much of the way from guessing to certainty a column goes alone, from 0 to 1.

    Each row is answered from others: those with the same category (or number, if numbers repeat ten times), or the
    three nearest on either side in the order of a number. For classes the answer is the most frequent one, and the
    share is ``(accuracy - guess) / (1 - guess)``, with the most frequent class of all as guess. For numbers it is the
    mean, and the share is R2, of ranks, so that neither scale nor outliers matter. Rows of equal numbers must come in
    random order.

    Parameters
    ----------
    column : Column
    answers : array (rows,)
    classes : int or None

    Examples
    --------
    >>> sex = Column("sex", "category", np.array(["m", "f"] * 30, dtype=object))
    >>> told(sex, np.array([0, 1] * 30), 2), told(sex, np.array([0, 0, 1, 1] * 15), 2)
    (1.0, 0.0)
    """
    truth = Truth(answers, classes)
    return truth.by_group(group_codes(column)) if repeats(column) else truth.by_order(column.values)


def repeats(column: Column) -> bool:
    """Whether a column groups rows: categories, booleans, and numbers that repeat ten times on average."""
    if column.kind in ("category", "boolean"):
        return True
    return len(np.unique(column.values)) * _REPEATED <= len(column.values)


def group_codes(column: Column) -> Array:
    """Return a whole number for each row, equal for equal values, from 0 upwards; missing ones are a group, too."""
    number: dict[str | None, int] = {}
    return np.array([number.setdefault(text, len(number)) for text in column.as_text()], dtype=np.int64)


class Truth:
    """Answers, and how much of the way from guessing to certainty other rows of the same kind go.

    Parameters
    ----------
    answers : array (rows,)
        Class codes, or numbers.
    classes : int or None
        The number of classes; None for numbers.
    """

    def __init__(self, answers: Array, classes: int | None) -> None:
        self.answers, self.classes = answers, classes
        truth = np.eye(classes)[answers] if classes is not None else _ranks(answers)[:, None]
        self._truth = truth - truth.mean(axis=0)

    def take(self, rows: slice) -> "Truth":
        """Return the same for some of the rows."""
        return Truth(self.answers[rows], self.classes)

    def by_group(self, groups: Array) -> float:
        """Return the share where each row is answered by the other rows with its code; a row alone by all rows."""
        sizes = np.bincount(groups)
        sums = np.stack([np.bincount(groups, column, minlength=len(sizes)) for column in self._truth.T], axis=1)
        size = sizes[groups][:, None]
        return self._share((sums[groups] - self._truth) / np.maximum(size - 1, 1) * (size > 1))

    def by_order(self, values: Array, groups: Array | None = None) -> float:
        """Return the share where each row is answered by the nearest ones on either side, missing values last.

        With ``groups``, codes of the rows, each is answered by rows of its own group.
        """
        order = np.argsort(values, kind="stable") if groups is None else np.lexsort((values, groups))
        truth = self._truth[order]
        sums = np.concatenate([np.zeros((1, truth.shape[1])), np.cumsum(truth, axis=0)])
        place = np.arange(len(order))
        low, high = np.maximum(place - _NEIGHBOURS, 0), np.minimum(place + _NEIGHBOURS + 1, len(order))
        if groups is not None:
            members = groups[order]
            low = np.maximum(low, np.searchsorted(members, members))
            high = np.minimum(high, np.searchsorted(members, members, side="right"))
        means = np.empty_like(truth)
        means[order] = (sums[high] - sums[low] - truth) / np.maximum(high - low - 1, 1)[:, None]
        return self._share(means)

    def _share(self, others: Array) -> float:
        """Return the share that the means of other rows, (rows, classes) or (rows, 1), go."""
        if self.classes is None:
            missed, all_of_it = ((self._truth - others) ** 2).sum(), (self._truth**2).sum()
        else:
            shares = np.bincount(self.answers, minlength=self.classes) / len(self.answers)
            missed = float(((others + shares).argmax(axis=1) != self.answers).mean())
            all_of_it = 1 - shares.max()
        return max(0.0, 1 - float(missed / all_of_it)) if all_of_it > 0 else 0.0


def _ranks(values: Array) -> Array:
    """Return the rank of each value, equal ones their mean."""
    ordered = np.sort(values)
    return np.asarray((np.searchsorted(ordered, values) + np.searchsorted(ordered, values, side="right")) / 2)
