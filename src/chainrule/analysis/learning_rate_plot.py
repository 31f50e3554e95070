"""The learning-rate curve as a picture."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.drawing.figures import INK, MUTED, SERIES, new_figure
from chainrule.analysis.learning_rate_text import rate_text

if TYPE_CHECKING:
    from chainrule.analysis.learning_rate_curve import LearningRateCurve

CURVE, SUGGESTION = SERIES[:2]
# The regions differ in lightness and are named, too.
BANDS = {"too small": "#EEF0F2", "good": "#D6EBF7", "diverging": "#F9DFD0"}
ABOVE, BELOW = 0.5, 0.12  # of the fall: how much is shown above the first loss and below the lowest


def plot_learning_rates(curve: "LearningRateCurve") -> Any:
    """Return a figure: losses as dots, the smoothed loss as a line, regions as bands, the suggestion marked."""
    figure, axes = new_figure(width=7.2, height=4.2)
    axes.set_xscale("log")
    axes.set_xlim(*curve.shown)
    first, lowest = float(curve.smoothed[0]), float(curve.smoothed.min())
    if curve.learns:
        axes.set_ylim(lowest - BELOW * curve.fall, first + ABOVE * curve.fall)
    for name, ends in curve.regions.items():
        if ends is None:
            continue
        low, high = ends[0], min(ends[1], curve.shown[1])
        axes.axvspan(low, high, color=BANDS[name], linewidth=0, zorder=0)
        narrow = np.log10(high / low) < 0.13 * np.log10(curve.shown[1] / curve.shown[0])
        axes.text(
            float(np.sqrt(low * high)), 0.975, name, transform=axes.get_xaxis_transform(), ha="center", va="top",
            rotation=90 if narrow else 0, color=INK, fontsize=10, fontweight="bold",
        )  # fmt: skip
    axes.plot(curve.rates, curve.losses, ".", color=MUTED, markersize=3, label="loss after each step")
    axes.plot(*curve.drawn(), color=CURVE, linewidth=2.2, label="smoothed")
    if curve.suggestion is not None:
        height = float(np.interp(np.log(curve.suggestion), np.log(curve.rates), curve.smoothed))
        label = f"suggestion {rate_text(curve.suggestion)}"
        axes.axvline(curve.suggestion, color=SUGGESTION, linewidth=1.2, linestyle="--")
        axes.plot([curve.suggestion], [height], "o", color=SUGGESTION, markersize=8, zorder=5, label=label)
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss")
    axes.legend(frameon=False, loc="lower left")
    return figure
