"""plot_roc: how well scores rank, as the ROC curve and the precision-recall curve."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.drawing.figures import MUTED, new_figure, plain, series
from chainrule.analysis.plots.labels import flags_and_scores
from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.estimators.wording import shorten
from chainrule.metrics import inputs
from chainrule.metrics.ranking import average_precision, counts_by_threshold, roc_area

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 6  # curves
NAME = 18  # characters


def plot_roc(y_true: Any, y_score: Any, classes: Sequence[str] | None = None, sample_weight: Any = None) -> "Figure":
    """Return two panels: the ROC curve and the precision-recall curve, with their areas.

        ROC:  share of positives found       over  share of negatives taken for positive
        PR:   share of answers that are right  over  share of positives found

    for every threshold of the score. Of more than two classes there is a curve for each against all others.

    Parameters
    ----------
    y_true : array-like (rows,)
        Codes 0, 1, ... or labels.
    y_score : array-like (rows,) or (rows, classes)
        Of two classes the score of the second is enough. Only the order counts.
    classes : sequence of str, optional
        Names. Of more than 6 classes the 6 of lowest ROC area are drawn.
    sample_weight : array-like (rows,), optional

    Raises
    ------
    ArgumentError, ShapeError
        The shapes don't fit.
    DataError
        No class has both positive and negative rows.
    DependencyError
        matplotlib is not installed.

    References
    ----------
    Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.

    Examples
    --------
    >>> roc, precision_recall = plot_roc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).axes
    >>> roc.lines[0].get_label(), precision_recall.lines[0].get_label()
    ('area 0.750', 'average precision 0.833')
    """
    flags, scores, names = flags_and_scores("plot_roc", y_true, y_score, classes)
    weights = inputs.weights("plot_roc", sample_weight, len(scores))
    weights = np.ones(len(scores)) if weights is None else weights
    found: list[tuple[float, str, Array, Array]] = []
    for column, name in enumerate(names):
        hits, false_alarms = counts_by_threshold(flags[:, column], scores[:, column], weights)
        if hits[-1] > 0 and false_alarms[-1] > 0:
            found.append((roc_area(hits, false_alarms), name, hits, false_alarms))
    if not found:
        raise DataError("these curves need rows of at least two classes; y_true has only one")
    drawn = found if len(found) <= MOST else sorted(found, key=lambda curve: curve[0])[:MOST]
    figure, (roc, precision_recall) = new_figure(columns=2, width=10.4, height=4.7)
    for number, (area, name, hits, false_alarms) in enumerate(drawn):
        who = f"{plain(shorten(name, NAME))}: " if len(names) > 1 else ""
        colour, dashes = series(number)
        style: dict[str, Any] = {"color": colour, "linestyle": dashes, "linewidth": 2.2}
        rates = (np.append(0.0, counts / counts[-1]) for counts in (false_alarms, hits))
        roc.plot(*rates, label=f"{who}area {area:.3f}", **style)
        precision, recall = hits / np.maximum(hits + false_alarms, np.finfo(float).tiny), hits / hits[-1]
        label = f"{who}{'' if who else 'average '}precision {average_precision(hits, false_alarms):.3f}"
        precision_recall.step(np.append(0.0, recall), np.append(precision[:1], precision), label=label, **style)
    roc.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":", label="chance", zorder=1)
    if len(names) == 1:
        share = float(weights @ flags[:, 0] / weights.sum())
        precision_recall.axhline(share, color=MUTED, linewidth=1, linestyle=":", label="chance")
    which = f", the {MOST} hardest of {len(found)} classes" if len(found) > MOST else ""
    second = f" of {plain(shorten(names[0], NAME))}" if len(names) == 1 and names[0] != "1" else ""
    roc.set(xlabel="false positive rate", ylabel="true positive rate (recall)", title=f"ROC{second}{which}")
    precision_recall.set(xlabel="recall", ylabel="precision", title=f"precision and recall{second}{which}")
    for axes, place in ((roc, "lower right"), (precision_recall, "lower left")):
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))
        axes.set_aspect("equal")
        axes.legend(loc=place, framealpha=0.9, fontsize=10)
    return figure
