"""plot_residuals: how far predicted numbers are off."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.drawing.figures import INK, SERIES, histogram, new_figure, plain
from chainrule.errors import DataError
from chainrule.estimators.wording import short_number
from chainrule.metrics import inputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CROWD = 600  # points from which on they are small and pale


def plot_residuals(y_true: Any, y_pred: Any, name: str = "y") -> "Figure":
    """Return two panels: predicted over true values with the diagonal, and a histogram of residuals.

        residual = predicted - true

    Parameters
    ----------
    y_true, y_pred : array-like (rows,)
    name : str
        What is predicted, with its unit.

    Raises
    ------
    ShapeError
        The shapes differ.
    DataError
        There are no rows, or a number is not finite.
    DependencyError
        matplotlib is not installed.

    Examples
    --------
    >>> scatter, right = plot_residuals([1.0, 2.0, 3.0], [1.5, 2.0, 2.5]).axes
    >>> scatter.get_title(), right.get_title()
    ('RMSE 0.408, R2 0.750', 'mean 0.00, standard deviation 0.408')
    """
    true, pred = (values.reshape(-1) for values in inputs.paired("plot_residuals", y_true, y_pred))
    if not len(true):
        raise DataError("there are no rows to plot")
    true, pred = inputs.finite("plot_residuals", "y_true", true).astype(np.float64), pred.astype(np.float64)
    residuals = pred - true
    rmse, spread = float(np.sqrt((residuals**2).mean())), float(true.std())
    r2 = f", R2 {short_number(1 - (rmse / spread) ** 2)}" if spread > 0 else ""
    figure, (scatter, right) = new_figure(columns=2, width=10.4, height=4.5)
    low, high = min(true.min(), pred.min()), max(true.max(), pred.max())
    margin = 0.04 * (high - low) or 1.0
    ends = (low - margin, high + margin)
    few = len(true) <= CROWD
    scatter.plot(ends, ends, color=INK, linewidth=1.2, linestyle="--", label="predicted = true", zorder=3)
    scatter.scatter(
        true, pred, s=22 if few else 8, color=SERIES[0], alpha=0.65 if few else 0.25, linewidths=0, rasterized=not few
    )
    name = plain(name)
    scatter.set(xlabel=f"true {name}", ylabel=f"predicted {name}", xlim=ends, ylim=ends, aspect="equal")
    scatter.set_title(f"RMSE {short_number(rmse)}{r2}")
    scatter.legend(loc="upper left", frameon=False)
    histogram(right, residuals, 60, SERIES[0])
    right.axvline(0, color=INK, linewidth=1.2, linestyle="--", label="no error")
    mean = float(residuals.mean())
    right.axvline(mean, color=SERIES[1], linewidth=1.8, label="mean")
    right.set(xlabel=f"residual: predicted - true {name}", ylabel="rows")
    right.set_title(f"mean {short_number(mean)}, standard deviation {short_number(float(residuals.std()))}")
    right.legend(frameon=False)
    right.locator_params(axis="x", nbins=5)  # long numbers would run into each other
    return figure
