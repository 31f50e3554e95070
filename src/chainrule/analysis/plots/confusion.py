"""plot_confusion: which classes are taken for which."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.drawing.figures import INK, SERIES, new_figure, plain
from chainrule.analysis.plots.labels import labels_as_codes
from chainrule.estimators.wording import shorten
from chainrule.metrics import ConfusionMatrix
from chainrule.tables.table import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_NUMBERS = 25  # classes whose cells can hold a number
NAME = 18  # characters


def plot_confusion(
    y_true: Any, y_pred: Any, classes: Sequence[str] | None = None, sample_weight: Any = None
) -> "Figure":
    """Return the confusion matrix: a row for each true class, whose colours are shares of the row.

    Parameters
    ----------
    y_true : array-like (rows,)
        Codes 0, 1, ... or labels.
    y_pred : array-like (rows,), or (rows, classes) of scores, the largest of which decides
    classes : sequence of str, optional
        Names; default: the labels that occur.
    sample_weight : array-like (rows,), optional
        Cells then hold sums of weights.

    Raises
    ------
    ArgumentError, DataError, ShapeError
        There are no rows, or as many labels as predictions are missing, or a label is none of the classes.
    DependencyError
        matplotlib is not installed.

    Examples
    --------
    >>> figure = plot_confusion(["cat", "dog", "dog"], ["cat", "dog", "cat"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1', '0', '1', '1']
    """
    true, pred, names = labels_as_codes(y_true, y_pred, classes)
    metric = ConfusionMatrix(len(names))
    metric.update_state(true, np.eye(len(names))[pred], sample_weight)
    matrix = metric.result()
    totals = matrix.sum(axis=1, keepdims=True)
    shares = matrix / np.where(totals > 0, totals, 1.0)
    size = len(names)
    side = min(11.0, max(3.4, 0.62 * size + 1.2))
    figure, axes = new_figure(width=side + 1.7, height=side + 0.5)
    from matplotlib.colors import LinearSegmentedColormap

    blues = LinearSegmentedColormap.from_list("shares", ["#ffffff", SERIES[0]])
    image = axes.imshow(shares, cmap=blues, vmin=0, vmax=1)
    shown = [plain(shorten(name, NAME)) for name in names]
    axes.set_xticks(range(size), shown, rotation=0 if size <= 4 and max(map(len, shown)) <= 10 else 45)
    if axes.get_xticklabels()[0].get_rotation():
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), shown)
    axes.set(xlabel="predicted", ylabel="true")
    axes.grid(False)
    axes.tick_params(length=0, colors=INK)
    axes.spines[:].set_visible(False)
    if size <= MOST_NUMBERS:
        for row, column in np.ndindex(matrix.shape):
            dark = shares[row, column] > 0.55
            words = f"{matrix[row, column]:,.0f}" if sample_weight is None else f"{matrix[row, column]:.3g}"
            colour = "white" if dark else INK
            axes.text(column, row, words, ha="center", va="center", color=colour, fontsize=12 if size <= 12 else 8)
    right = float(np.trace(matrix) / matrix.sum())
    axes.set_title(f"{right:.1%} of {counted(len(true), 'row')} right")
    figure.colorbar(image, ax=axes, label="share of the true class", fraction=0.045, pad=0.03)
    return figure
