"""plot_activation: activation functions with their derivatives, one or all of the table."""

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import activations
from chainrule.activations import Activation, ActivationLike
from chainrule.analysis.drawing.figures import LINE, MUTED, SERIES, new_figure
from chainrule.arrays import Array
from chainrule.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FARTHEST = 6.0
HIGHEST = 4.0  # of what is drawn: beyond it exponentials would flatten everything else
COLUMNS = 4
OF_SEVERAL = (activations.softmax, activations.log_softmax)  # they need a second number beside z: 0


def plot_activation(activation: ActivationLike = None) -> "Figure":
    """Return a picture of g(z) and dg/dz for z from -6 to 6, with grey where g is saturated.

    Parameters
    ----------
    activation : str or Activation, optional
        Default: all of the table, a panel each.

    Raises
    ------
    UnknownNameError
        There is no activation of that name.
    ArgumentError
        It is a function of your own, whose derivative nobody has told.
    DependencyError
        matplotlib is not installed.

    Notes
    -----
    softmax and log_softmax are of a whole row; they are drawn for the row (z, 0), where softmax is the sigmoid.

    Examples
    --------
    >>> axes, = plot_activation("tanh").axes
    >>> axes.get_title(), [line.get_label() for line in axes.lines[-2:]]
    ('tanh', ['g(z)', 'dg/dz'])
    """
    if activation is None:
        rows = -(-len(activations.ROWS) // COLUMNS)
        figure, grid = new_figure(rows, COLUMNS, 3.1 * COLUMNS, 2.45 * rows, sharex=True, squeeze=False)
        for axes, row in zip(grid.flat, activations.ROWS, strict=False):
            _draw(axes, row)
        for axes in grid.flat[len(activations.ROWS) :]:
            axes.set_visible(False)
        for axes in grid[-1]:
            axes.set_xlabel("z")
        figure.legend(*grid[0, 1].get_legend_handles_labels(), loc="outside upper right", ncols=3, frameon=False)
        return figure
    found = activations.get(activation)
    if not isinstance(found, Activation):
        raise ArgumentError(f"plot_activation expects an activation of the table, with its derivative; got {found!r}")
    figure, axes = new_figure()
    _draw(axes, found)
    axes.set_xlabel("z")
    axes.legend(loc="upper left", framealpha=0.9)
    return figure


def curves_of(activation: Activation, z: Array) -> tuple[Array, Array]:
    """Return g(z) and dg/dz, of softmax and log_softmax the first of the row (z, 0).

    Examples
    --------
    >>> [values.round(2).tolist() for values in curves_of(activations.softmax, np.array([0.0]))]
    [[0.5], [0.25]]
    """
    if activation in OF_SEVERAL:
        row = np.stack([z, np.zeros_like(z)], axis=1)
        return activation(row).numpy()[:, 0], activation.derivative(row).numpy()[:, 0]
    return activation(z).numpy(), activation.derivative(z).numpy()


def _draw(axes: Any, activation: Activation) -> None:
    z = np.linspace(-FARTHEST, FARTHEST, 481)
    values, slopes = curves_of(activation, z)
    low, high = activation.saturation
    flat = [ends for ends in ((-FARTHEST, low), (high, FARTHEST)) if isfinite(sum(ends)) and ends[0] < ends[1]]
    for number, ends in enumerate(flat):
        axes.axvspan(*ends, color=LINE, alpha=0.5, linewidth=0, label="" if number else "saturated")
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.plot(z, values, color=SERIES[0], linewidth=2.2, label="g(z)")
    axes.plot(z, slopes, color=SERIES[1], linewidth=2.0, linestyle="--", label="dg/dz")
    of = " of (z, 0)" if activation in OF_SEVERAL else ""
    bottom = max(-HIGHEST, min(float(values.min()), float(slopes.min()), 0.0))
    top = min(HIGHEST, max(float(values.max()), float(slopes.max())))
    margin = 0.06 * (top - bottom)
    axes.set(title=f"{activation.name}{of}", xlim=(-FARTHEST, FARTHEST), ylim=(bottom - margin, top + margin))
