"""decision_boundary: what a model answers over a plane of two inputs, with the data."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.answers import Predictions, class_codes, predictions
from chainrule.analysis.drawing.figures import INK, new_figure, plain
from chainrule.analysis.surfaces.looks import class_look, scatter_classes, thinned
from chainrule.analysis.surfaces.plane import Plane, plane_of
from chainrule.arrays import Array, whole_number
from chainrule.configurable import named_arguments
from chainrule.errors import ShapeError
from chainrule.estimators.core import TabularNetwork

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PALEST, STRONGEST = 0.10, 0.50  # of a class's colour, where the model is undecided and where it is sure


@named_arguments
def decision_boundary(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    features: Sequence[Any] | None = None,
    held: Mapping[Any, Any] | None = None,
    feature_names: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    resolution: int = 160,
) -> "Figure":
    """Return a picture of a model's answers over two inputs: the boundary between classes, or the height of a number.

    The surer the model, the stronger the colour of the class it chooses; the line is where two classes are equal.

    Parameters
    ----------
    model : TabularModel, Sequential, Perceptron, fitted estimator, or function of X
    X : array-like (rows, features); for a TabularModel a path, data frame or Table
        It gives the range of the axes, what the other inputs are held at, and the points.
    y : array-like (rows,), optional
        Colours the points; a TabularModel finds it in the table.
    features : two numbers or names, optional
        The axes. Default: the first two, of a table the first two columns of numbers.
    held : dict from feature to value, optional
        What other inputs are held at. Default: the median, of categories and booleans the most frequent value.
    feature_names : sequence of str, optional
        Default: x1, x2 ...
    classes : sequence of str, optional
        Names.
    resolution : int >= 2
        Points of the grid on each axis.

    Raises
    ------
    ArgumentError, DataError, ShapeError
        The features are not two of the model's, or the data don't fit it.
    DependencyError
        matplotlib is not installed.

    Examples
    --------
    >>> from chainrule import Perceptron
    >>> figure = decision_boundary(Perceptron([3.0, -2.0], bias=1.0), [[-1.0, 2.0], [1.0, 0.0]], [0, 1])
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    ('x1', 'x2')
    """
    plane = plane_of(model, X, features, held, feature_names, whole_number("resolution", resolution, least=2))
    found = predictions(model, plane.rows, classes=classes)
    truth = _truth(model, X, y, found)
    if truth is not None and len(truth) != len(plane.points):
        raise ShapeError(f"X and y must have the same number of rows, got {len(plane.points)} and {len(truth)}")
    figure, axes = new_figure(width=6.4, height=4.8)
    if found.classes is None:
        _draw_numbers(figure, axes, plane, found, truth)
    else:
        _draw_classes(axes, plane, found, truth)
    axes.grid(False)
    axes.set(xlim=plane.extent[:2], ylim=plane.extent[2:], xlabel=plain(plane.names[0]), ylabel=plain(plane.names[1]))
    if plane.held:
        axes.set_title(plain(plane.held_text), fontsize=9)
    return figure


def _truth(model: Any, X: Any, y: Any, found: Predictions) -> Array | None:
    if isinstance(model, TabularNetwork):
        return predictions(model, X).y_true
    if y is None:
        return None
    return np.asarray(y, np.float64).reshape(-1) if found.classes is None else class_codes(y, found.classes)


def _draw_classes(axes: Any, plane: Plane, found: Predictions, truth: Array | None) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    assert found.classes is not None and found.scores is not None
    codes, count = plane.image(found.y_pred), len(found.classes)
    largest = plane.image(found.scores.max(axis=1))
    sure = np.clip((largest - 1 / count) / (1 - 1 / count), 0.0, 1.0)
    strength = (PALEST + (STRONGEST - PALEST) * sure)[..., None]
    colours = np.array([to_rgb(class_look(code)[0]) for code in range(count)])[codes]
    axes.imshow(
        1 - strength * (1 - colours), origin="lower", extent=plane.extent, aspect="auto", interpolation="bilinear"
    )
    for code in np.unique(codes):
        if (codes != code).any():
            is_it = _lead(plane, found, int(code))
            axes.contour(plane.across, plane.up, is_it, levels=[0.0], colors=[INK], linewidths=1.6, linestyles="solid")
    if truth is not None:
        scatter_classes(axes, plane.points, truth, found.classes)
        axes.legend(loc="best", framealpha=0.9)
    else:
        patches = [
            Patch(color=class_look(code)[0], alpha=0.6, label=plain(found.classes[code])) for code in np.unique(codes)
        ]
        axes.legend(handles=patches, loc="best", framealpha=0.9)


def _lead(plane: Plane, found: Predictions, code: int) -> Array:
    """Return by how much a class is ahead of the best other one: below 0 where the answer is another."""
    assert found.scores is not None
    others = np.delete(found.scores, code, axis=1).max(axis=1)
    lead = found.scores[:, code] - others
    agrees = ((lead > 0) == (found.y_pred == code)).all()
    if not agrees:  # a threshold of its own decides between two classes
        lead = np.where(found.y_pred == code, 1.0, -1.0)
    return plane.image(lead)


def _draw_numbers(figure: "Figure", axes: Any, plane: Plane, found: Predictions, truth: Array | None) -> None:
    values = plane.image(found.y_pred)
    everything = values.reshape(-1) if truth is None else np.concatenate([values.reshape(-1), truth])
    limits = {"vmin": float(everything.min()), "vmax": float(everything.max())}
    image = axes.imshow(
        values, origin="lower", extent=plane.extent, aspect="auto", cmap="viridis", interpolation="bilinear", **limits
    )
    if values.max() > values.min():
        lines = axes.contour(plane.across, plane.up, values, levels=8, colors=["white"], linewidths=0.9)
        axes.clabel(lines, fontsize=8)
    if truth is not None:
        shown = thinned(plane.points)
        x, y = plane.points[shown].T
        axes.scatter(x, y, c=truth[shown], cmap="viridis", s=30, edgecolors="white", linewidths=0.8, zorder=3, **limits)
    figure.colorbar(image, ax=axes, label=plain(found.target))
