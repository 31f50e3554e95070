"""plot_calibration: whether probabilities are as often right as they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.drawing.figures import MUTED, SERIES, new_figure, plain
from chainrule.analysis.plots.labels import flags_and_scores
from chainrule.arrays import Array, whole_number
from chainrule.errors import DataError
from chainrule.estimators.scores import wilson
from chainrule.estimators.wording import shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Calibration:
    """Rows in groups of similar probability, from low to high.

    Attributes
    ----------
    predicted : array (groups,)
        Mean probability of each group.
    observed : array (groups,)
        Share of its rows that are what was predicted.
    low, high : array (groups,)
        Wilson's 95% interval of that share.
    rows : array (groups,)
    error : float
        Expected calibration error: the mean distance of the two, groups counted by their rows.
    """

    predicted: Array
    observed: Array
    low: Array
    high: Array
    rows: Array
    error: float


def calibrate(right: Array, probabilities: Array, bins: int) -> Calibration:
    """Return rows in groups of about equal size by their probability; equal probabilities stay together.

    Examples
    --------
    >>> found = calibrate(np.array([0, 0, 1, 1], bool), np.array([0.1, 0.3, 0.6, 0.8]), bins=2)
    >>> found.predicted, found.observed, round(found.error, 2)
    (array([0.2, 0.7]), array([0., 1.]), 0.25)
    """
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, bins + 1)))
    group = np.clip(np.searchsorted(edges, probabilities, side="right") - 1, 0, max(0, len(edges) - 2))
    groups, place = np.unique(group, return_inverse=True)
    rows = np.bincount(place, minlength=len(groups))
    predicted = np.bincount(place, probabilities) / rows
    observed = np.bincount(place, right) / rows
    intervals = np.array(
        [wilson(round(share * count), int(count)) for share, count in zip(observed, rows, strict=True)]
    )
    error = float(np.average(np.abs(observed - predicted), weights=rows))
    return Calibration(predicted, observed, intervals[:, 0], intervals[:, 1], rows, error)


def plot_calibration(y_true: Any, y_score: Any, classes: Sequence[str] | None = None, bins: int = 10) -> "Figure":
    """Return the reliability curve: how often it was so, over the probability that was said, and how often that was.

    On the diagonal probabilities can be taken at their word; below it the model is too sure. Of two classes the
    probability of the second is looked at, of more that of the class that is answered.

    Parameters
    ----------
    y_true : array-like (rows,)
        Codes 0, 1, ... or labels.
    y_score : array-like (rows,) or (rows, classes)
        Probabilities.
    classes : sequence of str, optional
        Names.
    bins : int >= 1
        Groups of about equal size; bars are 95% intervals (Wilson 1927).

    Raises
    ------
    ArgumentError, ShapeError
        The shapes don't fit.
    DataError
        A score is outside [0, 1], or a label is none of the classes.
    DependencyError
        matplotlib is not installed.

    References
    ----------
    Niculescu-Mizil and Caruana, "Predicting good probabilities with supervised learning", ICML 2005.

    Examples
    --------
    >>> figure = plot_calibration([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.8], bins=2)
    >>> figure.axes[0].get_title()
    'calibration error 0.250'
    """
    flags, scores, names = flags_and_scores("plot_calibration", y_true, y_score, classes)
    if scores.min() < 0 or scores.max() > 1:
        raise DataError(
            f"probabilities must be in [0, 1], got {scores.min():.4g} to {scores.max():.4g}; are they logits?"
        )
    if scores.shape[1] == 1:
        right, said = flags[:, 0], scores[:, 0]
        across = f"predicted probability of {plain(shorten(names[0], 24))}"
        up = "share observed"
    else:
        answers = scores.argmax(axis=1)
        right, said = flags[np.arange(len(flags)), answers], scores.max(axis=1)
        across, up = "predicted probability of the answer", "share of answers right"
    found = calibrate(right, said.astype(np.float64), whole_number("bins", bins, least=1))
    figure, (curve, histogram) = new_figure(
        2, 1, width=5.6, height=6.0, sharex=True, gridspec_kw={"height_ratios": (3, 1)}
    )
    curve.plot([0, 1], [0, 1], color=MUTED, linewidth=1.2, linestyle=":", label="as said")
    spread = np.stack([found.observed - found.low, found.high - found.observed]).clip(min=0)
    curve.errorbar(
        found.predicted, found.observed, spread, color=SERIES[0], marker="o", linewidth=2, elinewidth=1.2, capsize=3,
        label=f"{len(found.rows)} groups, 95% intervals",
    )  # fmt: skip
    curve.set(ylabel=up, ylim=(-0.02, 1.02), title=f"calibration error {found.error:.3f}")
    curve.legend(loc="upper left", frameon=False)
    histogram.hist(said, bins=np.linspace(0, 1, 21), color=SERIES[0], alpha=0.75)
    histogram.set(xlabel=across, ylabel="rows", xlim=(-0.02, 1.02))
    return figure
