"""plot_curves: loss and metrics over the epochs, of training and validation, with the best epoch."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.analysis.drawing.figures import MUTED, SERIES, new_figure, plain
from chainrule.errors import ArgumentError, StateError
from chainrule.training.history import History
from chainrule.training.run_folder import RunFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3  # of panels


def plot_curves(history: Any) -> "Figure":
    """Return a panel for each quantity: training solid, validation dashed, the epoch of lowest loss marked.

    Parameters
    ----------
    history : History, mapping from name to one number an epoch, RunFolder, or path of a run folder
        Quantities named ``val_...`` are those of validation. One that is no single number (a confusion matrix) is left
        out; None, as run folders have it where a number was not finite, is a gap.

    Raises
    ------
    StateError
        No epoch has ended yet.
    ArgumentError
        It is no history, or its quantities have different numbers of epochs.
    FileError
        The run folder's metrics can't be read.
    DependencyError
        matplotlib is not installed.

    Examples
    --------
    >>> figure = plot_curves({"loss": [0.9, 0.5, 0.3], "val_loss": [0.8, 0.6, 0.7]})
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['training', 'validation', 'best epoch 2']
    """
    epochs, curves = _curves(history)
    names = list(dict.fromkeys(name.removeprefix("val_") for name in curves))
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure, grid = new_figure(rows, columns, squeeze=False)
    best = _best(epochs, curves)
    marker = "o" if len(epochs) == 1 else ""
    for axes in grid.flat[len(names) :]:
        axes.remove()
    for axes, name in zip(grid.flat, names, strict=False):
        if name in curves:
            axes.plot(epochs, curves[name], color=SERIES[0], linewidth=2, label="training", marker=marker)
        if f"val_{name}" in curves:
            held_out = curves[f"val_{name}"]
            axes.plot(epochs, held_out, "--", color=SERIES[1], linewidth=2, label="validation", marker=marker)
        if best is not None:
            axes.axvline(best, color=MUTED, linewidth=1.2, linestyle=":", label=f"best epoch {best}")
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_ylabel(plain(name.replace("_", " ")))
        axes.legend(frameon=False)
    return figure


def _curves(history: Any) -> tuple[list[int], dict[str, list[float]]]:
    """Return the epochs, counted from 1, and the quantities that are numbers."""
    if isinstance(history, str | PathLike):
        history = RunFolder(Path(history))
    if isinstance(history, RunFolder):
        lines = history.metrics()
        epochs = [int(line.get("epoch", place)) for place, line in enumerate(lines, start=1)]
        given: Mapping[str, Sequence[Any]] = {
            name: [line.get(name) for line in lines]
            for name in dict.fromkeys(name for line in lines for name in line)
            if name != "epoch"
        }
    elif isinstance(history, History):
        epochs, given = [epoch + 1 for epoch in history.epoch], history.history
    elif isinstance(history, Mapping):
        given = history
        epochs = list(range(1, 1 + max((len(values) for values in given.values()), default=0)))
    else:
        raise ArgumentError(
            f"plot_curves expects a History, a run folder or a dict of lists, got {type(history).__name__}"
        )
    if not epochs:
        raise StateError("there is nothing to plot: no epoch has ended yet")
    curves = {
        name: [float("nan") if value is None else float(value) for value in values]
        for name, values in given.items()
        if all(value is None or (np.ndim(value) == 0 and not isinstance(value, str)) for value in values)
    }
    for name, values in curves.items():
        if len(values) != len(epochs):
            raise ArgumentError(f"{name} has {len(values)} epochs, expected {len(epochs)} as the longest has")
    if not curves:
        raise StateError("there is nothing to plot: the history has no quantity that is a number")
    return epochs, curves


def _best(epochs: Sequence[int], curves: Mapping[str, Sequence[float]]) -> int | None:
    losses = np.array(curves.get("val_loss", curves.get("loss", ())))
    return epochs[int(np.nanargmin(losses))] if np.isfinite(losses).any() else None
