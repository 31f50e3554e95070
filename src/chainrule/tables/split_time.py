"""Splitting rows by time: what is predicted later comes after what was learned from."""

from collections.abc import Sequence

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.tables.table import Column, counted


def split_time(column: Column, fractions: Sequence[float]) -> list[Array]:
    """Return the row indices of parts of which each is wholly earlier than the next.

    Rows of the same time stay together, so that sizes are as near to ``fractions`` as this allows.

    Parameters
    ----------
    column : Column
        Dates or numbers, none missing.
    fractions : floats > 0 that sum to 1
        The parts' shares of the rows, the earliest first.

    Raises
    ------
    DataError
        The column holds text or truth values, a value is missing, or there are fewer times than parts.

    Examples
    --------
    >>> year = Column("year", "number", np.array([2003.0, 2001, 2002, 2001, 2001]))
    >>> [part.tolist() for part in split_time(year, (0.6, 0.2, 0.2))]
    [[1, 3, 4], [2], [0]]
    """
    missing = column.missing
    if column.kind not in ("date", "number"):
        raise DataError(
            f"time {column.name!r} holds values such as {column.as_text()[~missing][0]!r}; expected dates like "
            "2024-05-31 or 2024-05-31 18:00:00, or numbers"
        )
    if missing.any():
        raise DataError(
            f"time {column.name!r} has no value in {counted(int(missing.sum()), 'row')}, the first is row "
            f"{int(missing.argmax()) + 1}; leave those rows out, or split by something else"
        )
    times, moment, sizes = np.unique(column.values, return_inverse=True, return_counts=True)
    parts = len(fractions)
    if len(times) < parts:
        raise DataError(f"time {column.name!r} has {counted(len(times), 'time')}; {parts} parts need at least as many")
    passed = np.cumsum(sizes)
    cuts: list[int] = []
    for index, share in enumerate(np.cumsum(fractions)[:-1], start=1):
        nearest = int(np.abs(passed - share * passed[-1]).argmin()) + 1
        cuts.append(min(max(nearest, cuts[-1] + 1 if cuts else 1), len(times) - parts + index))
    place = np.searchsorted(cuts, moment, side="right")
    return [np.flatnonzero(place == part) for part in range(parts)]
