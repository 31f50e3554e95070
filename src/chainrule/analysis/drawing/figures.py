"""Figures of matplotlib in one style: every plot of chainrule begins here, and nothing global changes."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.drawing.palette import COLOURS
from chainrule.arrays import Array
from chainrule.errors import DependencyError
from chainrule.training.interrupts import HeldBack

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, MUTED, LINE = (next(c.light for c in COLOURS if c.name == name) for name in ("ink", "muted", "line"))
# Of curves, in this order; told apart with any colour vision (Okabe and Ito 2008), and by their dashes in grey print.
SERIES = ("#0067a5", "#d55e00", "#009e73", "#7a3d8c", "#b8860b", "#5a636e")
DASHES = ("-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)), (0, (1, 1)))


def new_figure(
    rows: int = 1, columns: int = 1, width: float | None = None, height: float | None = None, **options: Any
) -> "tuple[Figure, Any]":
    """Return an empty figure and its axes, as ``matplotlib.pyplot.subplots`` does, without a global state.

    Parameters
    ----------
    rows, columns : int
    width, height : float, optional
        In inches; default: 5 x 3.6 for every panel.
    **options
        Such as ``sharey=True``.

    Raises
    ------
    DependencyError
        matplotlib is not installed.

    Examples
    --------
    >>> figure, axes = new_figure(columns=2)
    >>> len(axes), len(figure.axes)
    (2, 2)
    """
    held_back = HeldBack()
    try:
        with held_back.listening(), held_back:  # Ctrl-C in the middle of its loading would crash the interpreter
            from matplotlib import rc_context
            from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("matplotlib"):
            raise
        raise DependencyError("plots need matplotlib; install it with: pip install 'chainrule[plot]'") from error
    style: Any = {
        "font.size": 11,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": MUTED,
        "axes.titlesize": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": LINE,
        "grid.linewidth": 0.6,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
    }
    with rc_context(style):
        size = (width or 5.0 * columns, height or 3.6 * rows)
        figure = Figure(figsize=size, layout="constrained", dpi=150)
        axes = figure.subplots(rows, columns, **options)
    return figure, axes


def plain(text: str) -> str:
    r"""Return text from data as matplotlib shows it letter by letter: a dollar sign starts no formula.

    Examples
    --------
    >>> print(plain("price in $ or $x^2$"))
    price in \$ or \$x^2\$
    """
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text).replace("$", r"\$")


def series(number: int) -> tuple[str, Any]:
    """Return the colour and the dashes of a curve by its number; none share both before all were used.

    Examples
    --------
    >>> series(0), series(7)
    (('#0067a5', '-'), ('#d55e00', '-.'))
    """
    count = len(SERIES)
    return SERIES[number % count], DASHES[(number + number // count) % count]


def histogram(axes: Any, values: Array, most_bins: int, colour: str) -> None:
    """Draw a histogram with about as many bins as the values fill, also of values that are all but equal.

    Examples
    --------
    >>> figure, axes = new_figure()
    >>> histogram(axes, np.array([1.0, 1.0 + 1e-16, 1.0]), 40, SERIES[0])
    >>> len(axes.patches)
    5
    """
    middle, width = float(values.mean()), float(np.ptp(values))
    # Values that are equal but for rounding have no width that could be divided into bins.
    ends = None if width > 1e-9 * max(abs(middle), 1e-30) else (middle - 0.5, middle + 0.5)
    axes.hist(values, bins=min(most_bins, max(5, round(2 * len(values) ** 0.4))), range=ends, color=colour, alpha=0.85)
