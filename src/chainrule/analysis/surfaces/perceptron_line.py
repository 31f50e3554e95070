"""perceptron_line: the line at which a perceptron changes its mind, and its two sides."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.drawing.figures import INK, SERIES, new_figure
from chainrule.analysis.predictions import class_codes
from chainrule.analysis.surfaces.looks import scatter_classes
from chainrule.arrays import Array
from chainrule.errors import ArgumentError, ShapeError
from chainrule.models.perceptron import Perceptron

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDES = (SERIES[1], SERIES[0])  # z < 0, z > 0


def perceptron_line(perceptron: Perceptron, X: Any = None, y: Any = None, names: tuple[str, str] | None = None) -> "Figure":
    """Return a picture of the line w1 x1 + w2 x2 + w0 = 0 with its two sides and the vector w that stands on it.

    The vector points to the side where z > 0; both axes have one scale, so that it is seen to be perpendicular.

    Parameters
    ----------
    perceptron : Perceptron
        Of two inputs.
    X : array-like (rows, 2), optional
        Points; default: none, and the line from -4 to 4 about the point of it nearest to 0.
    y : array-like (rows,), optional
        Classes 0 and 1 of the points.
    names : (str, str), optional
        Of the inputs.

    Raises
    ------
    ShapeError
        The perceptron has another number of inputs, or X another number of columns.
    ArgumentError
        Both weights are 0: there is no line. Or y is given without X.
    DependencyError
        matplotlib is not installed.

    Examples
    --------
    >>> figure = perceptron_line(Perceptron([3.0, -2.0], bias=1.0))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['z > 0', 'z < 0', 'w = (3, -2)']
    """
    w, bias = perceptron.weights.numpy().astype(np.float64), float(perceptron.bias.numpy())
    if w.size != 2:
        raise ShapeError(f"a line needs two inputs, the perceptron has {w.size}")
    length = float(np.linalg.norm(w))
    if length == 0:
        raise ArgumentError("both weights are 0: z is the bias everywhere, and there is no line")
    if X is None and y is not None:
        raise ArgumentError("y are the classes of points: give X too")
    points = None if X is None else _points(X, y)
    normal = w / length
    nearest = -bias / length * normal  # the point of the line nearest to 0
    centre, half = (nearest, 4.0) if points is None else _middle(points)
    figure, axes = new_figure(width=5.8, height=5.4)
    foot = centre - ((centre - nearest) @ normal) * normal  # the point of the line nearest to the middle
    along = np.array([-normal[1], normal[0]])
    reach = 4 * half + float(np.linalg.norm(foot - centre))
    ends = np.stack([foot - reach * along, foot + reach * along])
    for side, colour in zip((-1, 1), SIDES, strict=True):
        corners = np.concatenate([ends, ends[::-1] + side * 2 * reach * normal])
        axes.fill(*corners.T, color=colour, alpha=0.14, linewidth=0)
    axes.plot(*ends.T, color=INK, linewidth=2.2, label=f"z = {perceptron.equation()}")
    if points is not None:
        codes = np.zeros(len(points), np.int64) if y is None else class_codes(y, ("0", "1"))
        names_of_classes = ("0", "1") if y is not None else ("X",)
        scatter_classes(axes, points, 1 - codes if y is not None else codes, names_of_classes[::-1])
    visible = np.abs(foot - centre).max() < half
    anchor = foot if visible else centre
    for side, words in ((1, "z > 0"), (-1, "z < 0")):
        at = anchor + side * 0.42 * half * normal - 0.45 * half * along
        inside = np.abs(at - centre).max() < 0.95 * half
        same = visible or np.sign(normal @ (centre - nearest)) == side  # only one side is in sight
        if inside and same:
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 3}
            axes.text(*at, words, color=INK, fontsize=14, ha="center", va="center", weight="bold", bbox=box, zorder=5)
    if visible:
        tip = foot + 0.38 * half * normal
        arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", xy=tip, xytext=foot, arrowprops=arrow, zorder=5).set_visible(True)
        words = f"w = ({w[0]:.3g}, {w[1]:.3g})"
        axes.texts[-1].remove()
        axes.annotate(words, xy=foot, xytext=tip + 0.10 * half * normal + 0.05 * half * along, ha="center", va="center", zorder=6)
        axes.add_patch(_arrow(foot, tip))
    first, second = names or ("x1", "x2")
    axes.set(xlim=(centre[0] - half, centre[0] + half), ylim=(centre[1] - half, centre[1] + half))
    axes.set(xlabel=first, ylabel=second, aspect="equal")
    axes.legend(loc="upper right", framealpha=0.95)
    return figure
