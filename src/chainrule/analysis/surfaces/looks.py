"""How classes and signs look: colours and marks that everybody can tell apart."""

from typing import Any

import numpy as np

from chainrule.analysis.drawing.figures import SERIES, plain
from chainrule.analysis.drawing.palette import COLOURS
from chainrule.arrays import Array
from chainrule.estimators.wording import shorten

MARKS = ("o", "s", "^", "D", "v", "P")
MOST_POINTS = 2000


def class_look(code: int) -> tuple[str, str]:
    """Return a class's colour and mark; classes that share the one differ in the other.

    Examples
    --------
    >>> class_look(0), class_look(6)
    (('#0067a5', 'o'), ('#0067a5', 's'))
    """
    count = len(SERIES)
    return SERIES[code % count], MARKS[(code + code // count) % len(MARKS)]


def diverging() -> Any:
    """Return the colour map from orange, below 0, over white to blue."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = [next(c.light for c in COLOURS if c.name == name) for name in ("negative", "positive")]
    return LinearSegmentedColormap.from_list("chainrule", [ends[0], "#ffffff", ends[1]])


def thinned(points: Array) -> Array:
    """Return which points are drawn: all of a few, else every so many."""
    step = -(-len(points) // MOST_POINTS)
    return np.arange(0, len(points), max(1, step))


def scatter_classes(axes: Any, points: Array, codes: Array, names: tuple[str, ...]) -> None:
    """Draw points of classes, each with its colour and mark, and a legend."""
    shown = thinned(points)
    for code, name in enumerate(names):
        here = shown[codes[shown] == code]
        if len(here):
            colour, mark = class_look(code)
            label = plain(shorten(name, 24))
            style = {"edgecolors": "white", "linewidths": 0.7, "s": 30, "zorder": 3}
            axes.scatter(points[here, 0], points[here, 1], color=colour, marker=mark, label=label, **style)
