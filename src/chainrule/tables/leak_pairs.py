"""Pairs of columns that give the target away together, as two parts of a sum do."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.random import generator
from chainrule.tables.leaks import CERTAIN, FEWEST_ROWS, MOST_ROWS, STRIKING, Truth, group_codes, repeats, told
from chainrule.tables.table import Column

MOST_COLUMNS = 30
_GLANCE = 600  # rows on which a pair of numbers must promise to tell
_PROMISING = 0.85
_OTHERS = 5


class LeakingPair(NamedTuple):
    """Two columns that tell the target only together.

    Attributes
    ----------
    columns : (str, str)
    share : float
        How much of the way from guessing to certainty they go together.
    alone : float
        How far the better one of them goes alone.
    """

    columns: tuple[str, str]
    share: float
    alone: float


def find_leaking_pairs(
    columns: Sequence[Column], answers: Array, classes: int | None, seed: int = 0
) -> list[LeakingPair]:
    """Return the pairs of columns of the training part that tell the answers as no honest pair does, the worst first.

    Tried are both values together where they repeat, such as two categories; the order of a number within each
    category; and of two numbers a, b, c1 a + c2 b by least squares, a - b, a b, a / b and, around their medians, a b.
    Suspected is a pair that goes at least 0.98 of the way (see `told`), with an error of at most a fifth of that of
    either column alone and of every pair that is not suspected. Nothing is suspected in fewer than 50 rows or three
    columns. Columns that tell the target alone are for `find_leaks`; of more than 30, those that tell most are tried.

    Parameters
    ----------
    columns, answers, classes, seed
        As for `find_leaks`.

    Examples
    --------
    >>> a, b, c = np.random.Generator(np.random.Philox(0)).normal(size=(3, 200))
    >>> columns = [Column(name, "number", values) for name, values in (("a", a), ("b", b), ("c", c))]
    >>> [pair.columns for pair in find_leaking_pairs(columns, a + b, None)]
    [('a', 'b')]
    """
    rows = generator(seed, "sample", 1).permutation(len(answers))[:MOST_ROWS]
    if len(rows) < FEWEST_ROWS or len(columns) < 3:
        return []
    truth = Truth(answers[rows], classes)
    glance = truth.take(slice(0, _GLANCE))
    alone = {column.name: told(column.take(rows), answers[rows], classes) for column in columns}
    honest = sorted((name for name, share in alone.items() if share < STRIKING), key=lambda name: -alone[name])
    tried = set(honest[:MOST_COLUMNS])
    sides = [_Side(column.take(rows)) for column in columns if column.name in tried]
    shares = {pair: _told_together(*pair, truth, glance) for pair in combinations(sides, 2)}
    rest = max((share for share in shares.values() if share < CERTAIN), default=0.0)
    found = []
    for pair, share in shares.items():
        names = (pair[0].name, pair[1].name)
        best = max(alone[name] for name in names)
        if share >= max(CERTAIN, 1 - (1 - max(best, rest)) / _OTHERS):
            found.append(LeakingPair(names, share, best))
    return sorted(found, key=lambda pair: -pair.share)


class _Side:
    """One column of a pair: codes where values repeat; of numbers themselves, and scaled around their median."""

    def __init__(self, column: Column) -> None:
        self.name, self.values = column.name, column.values
        self.codes = group_codes(column) if repeats(column) else None
        self.numeric = column.kind not in ("category", "boolean")
        if self.numeric and not column.missing.all():
            with np.errstate(over="ignore"):
                centred = column.values - np.nanmedian(column.values)
            self.scaled = centred / (np.nanmax(np.abs(centred)) or 1.0)
        else:
            self.numeric = False

    def take(self, rows: slice) -> tuple[Array, Array]:
        """Return the numbers, and the scaled ones, of some rows."""
        return self.values[rows], self.scaled[rows]


def _told_together(a: _Side, b: _Side, truth: Truth, glance: Truth) -> float:
    """Return the share of the best combination of two columns."""
    best = 0.0
    if a.codes is not None and b.codes is not None:
        _, joint = np.unique(a.codes * (b.codes.max() + 1) + b.codes, return_inverse=True)
        best = truth.by_group(joint)
    for first, second in ((a, b), (b, a)):
        if first.codes is not None and second.codes is None:
            best = max(best, truth.by_order(second.values, first.codes))
    if a.numeric and b.numeric:
        few, all_rows = slice(0, _GLANCE), slice(None)
        for index, values in enumerate(_combined(*a.take(few), *b.take(few), glance.answers)):
            if glance.by_order(values) >= _PROMISING:
                whole = list(_combined(*a.take(all_rows), *b.take(all_rows), truth.answers))
                best = max(best, truth.by_order(whole[index]))
    return best


def _combined(a: Array, a_scaled: Array, b: Array, b_scaled: Array, answers: Array) -> Iterator[Array]:
    """Give what two numbers may have been made from."""
    with np.errstate(over="ignore", invalid="ignore"):  # infinite and no numbers come last
        yield _least_squares(np.stack([a_scaled, b_scaled], axis=1), answers)
        yield a - b
        yield a * b
        yield a / np.where(b == 0, np.nan, b)
        yield a_scaled * b_scaled


def _least_squares(sides: Array, answers: Array) -> Array:
    """Return the line in two numbers (rows, 2) that is nearest to the answers; NaN where one is missing."""
    known = ~np.isnan(sides).any(axis=1)
    if not known.any():
        return sides[:, 0]
    centred = sides[known] - sides[known].mean(axis=0)
    weights = np.linalg.pinv(centred.T @ centred) @ (centred.T @ (answers[known] - answers[known].mean()))
    return np.asarray(sides @ weights)
