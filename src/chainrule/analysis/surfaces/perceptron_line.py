"""perceptron_line: the line at which a perceptron changes its mind, and its two sides."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.answers import class_codes
from chainrule.analysis.drawing.figures import INK, new_figure, plain
from chainrule.analysis.surfaces.looks import class_look, scatter_classes
from chainrule.arrays import Array
from chainrule.configurable import named_arguments
from chainrule.errors import ArgumentError, ShapeError
from chainrule.models.perceptron import Perceptron

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CLASSES = ("0", "1")  # the answer where z < 0, and where z > 0
LABEL: dict[str, Any] = {
    "color": INK,
    "fontsize": 14,
    "weight": "bold",
    "ha": "center",
    "va": "center",
    "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 2},
    "zorder": 5,
}


@named_arguments
def perceptron_line(
    perceptron: Perceptron, X: Any = None, y: Any = None, names: tuple[str, str] | None = None
) -> "Figure":
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
        It is no Perceptron. Both weights are 0: there is no line. Or y is given without X.
    DependencyError
        matplotlib is not installed.

    Examples
    --------
    >>> figure = perceptron_line(Perceptron([3.0, -2.0], bias=1.0))
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_text()]
    ['z > 0', 'z < 0', 'w = (3, -2)']
    """
    if not isinstance(perceptron, Perceptron):
        raise ArgumentError(f"perceptron_line expects a Perceptron, got {type(perceptron).__name__}")
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
    centre, half = (nearest, 4.0) if points is None else _view(points)
    figure, axes = new_figure(width=5.8, height=5.4)
    foot = centre - ((centre - nearest) @ normal) * normal  # the point of the line nearest to the middle
    _sides(axes, perceptron, foot, normal, 4 * half + float(np.linalg.norm(foot - centre)))
    if points is not None:
        codes, classes = (np.zeros(len(points), np.int64), ("X",)) if y is None else (class_codes(y, CLASSES), CLASSES)
        scatter_classes(axes, points, codes, classes)
    if np.abs(foot - centre).max() < half:
        _labels(axes, w, foot, normal, half)
    else:  # the line is out of sight: all that is seen is one side
        side = "z > 0" if (centre - nearest) @ normal > 0 else "z < 0"
        axes.text(*centre, side, **LABEL)
    first, second = names or ("x1", "x2")
    axes.set(xlim=(centre[0] - half, centre[0] + half), ylim=(centre[1] - half, centre[1] + half))
    axes.set(xlabel=plain(first), ylabel=plain(second), aspect="equal")
    axes.grid(False)
    axes.legend(loc="upper right", framealpha=0.95)
    return figure


def _points(X: Any, y: Any) -> Array:
    points = np.asarray(X, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ShapeError(f"X must be points, (rows, 2), got shape {points.shape}")
    if y is not None and np.size(y) != len(points):
        raise ShapeError(f"X and y must have the same number of rows, got {len(points)} and {np.size(y)}")
    return points


def _view(points: Array) -> tuple[Array, float]:
    """Return the middle of points, and how far the picture reaches from it to each side."""
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, 0.56 * float((high - low).max()) or 1.0


def _sides(axes: Any, perceptron: Perceptron, foot: Array, normal: Array, reach: float) -> None:
    """Draw the line, and a colour on each side of it."""
    along = np.array([-normal[1], normal[0]])
    ends = np.stack([foot - reach * along, foot + reach * along])
    for side, code in ((-1, 0), (1, 1)):
        corners = np.concatenate([ends, ends[::-1] + side * 2 * reach * normal])
        axes.fill(*corners.T, color=class_look(code)[0], alpha=0.15, linewidth=0)
    axes.plot(*ends.T, color=INK, linewidth=2.2, label=f"z = {perceptron.equation()}")


def _labels(axes: Any, w: Array, foot: Array, normal: Array, half: float) -> None:
    """Say which side is which, and draw w from the line to where z grows."""
    along = np.array([-normal[1], normal[0]])
    for side, words in ((1, "z > 0"), (-1, "z < 0")):
        axes.text(*(foot + side * 0.28 * half * normal - 0.5 * half * along), words, **LABEL)
    tip = foot + 0.36 * half * normal
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 2.2, "mutation_scale": 16, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=tip, xytext=foot, arrowprops=arrow, zorder=6)
    axes.text(*(tip + 0.12 * half * normal), f"w = ({w[0]:.3g}, {w[1]:.3g})", **{**LABEL, "fontsize": 12})
