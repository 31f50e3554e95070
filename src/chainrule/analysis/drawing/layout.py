"""Layout: which units of a layer are drawn, and where columns and their units stand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle: its upper left corner and its size.

    Examples
    --------
    >>> Box(0, 0, 100, 50).left, Box(0, 0, 100, 50).right
    ((0, 25.0), (100, 25.0))
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> tuple[float, float]:
        """The middle of its left side, where edges arrive."""
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> tuple[float, float]:
        """The middle of its right side, where edges leave."""
        return self.x + self.width, self.y + self.height / 2


def shown_units(size: int, wanted: Iterable[int], most: int, least: int = 3) -> list[int]:
    """Return which units of a layer are drawn, in their order: all of a small layer, else those wanted first.

    Parameters
    ----------
    size : int
    wanted : iterable of int
        Most wanted first.
    most : int
        How many fit.
    least : int
        How many to show even if fewer are wanted.

    Examples
    --------
    >>> shown_units(4, [2], most=5), shown_units(64, [9, 40, 3], most=2), shown_units(64, [9], most=6)
    ([0, 1, 2, 3], [9, 40], [0, 1, 9])
    """
    if size <= most:
        return list(range(size))
    chosen = list(dict.fromkeys(wanted))[:most]
    others = (unit for unit in range(size) if unit not in chosen)
    while len(chosen) < min(least, most):
        chosen.append(next(others))
    return sorted(chosen)


def columns(counts: Sequence[int], widths: Sequence[float], area: Box, height: float, gap: float) -> list[list[Box]]:
    """Place boxes in columns from left to right, each column centred from top to bottom.

    Parameters
    ----------
    counts : sequence of int
        How many boxes each column has.
    widths : sequence of float
        Of the boxes of each column.
    area : Box
        What they fill.
    height : float
        Of a box.
    gap : float
        Between two boxes, at most.

    Returns
    -------
    list of lists of Box

    Examples
    --------
    >>> left, right = columns([2, 1], [40, 40], Box(0, 0, 200, 100), height=20, gap=10)
    >>> left[0].y, left[1].y, right[0].x, right[0].y
    (25.0, 55.0, 160.0, 40.0)
    """
    free = (area.width - sum(widths)) / max(1, len(counts) - 1)
    placed, x = [], area.x
    for count, width in zip(counts, widths, strict=True):
        step = height + min(gap, (area.height - count * height) / max(1, count - 1)) if count > 1 else height
        top = area.y + (area.height - (count - 1) * step - height) / 2
        placed.append([Box(x, top + place * step, width, height) for place in range(count)])
        x += width + free
    return placed


def point_between(start: tuple[float, float], end: tuple[float, float], share: float) -> tuple[float, float]:
    """Return the point of a canvas's curve at a share of its way, 0 its start and 1 its end.

    Examples
    --------
    >>> point_between((0, 0), (10, 20), 0.5)
    (5.0, 10.0)
    """
    (x1, y1), (x2, y2) = start, end
    middle, t, u = (x1 + x2) / 2, share, 1 - share
    x = u**3 * x1 + 3 * u * u * t * middle + 3 * u * t * t * middle + t**3 * x2
    y = (u**3 + 3 * u * u * t) * y1 + (3 * u * t * t + t**3) * y2
    return x, y
