"""The picture of a history: curves of training and validation, one panel per quantity."""

from typing import TYPE_CHECKING, Any

from chainrule.errors import StateError

if TYPE_CHECKING:
    from chainrule.training.history import History

TRAIN, VALIDATION, MARK = "#0072B2", "#D55E00", "#666666"  # Okabe & Ito's palette: told apart by everybody


def plot_history(history: "History") -> Any:
    """Return a figure with one panel per quantity; training solid, validation dashed, the best epoch marked."""
    if not history.epoch:
        raise StateError("there is nothing to plot: no epoch has ended yet")
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError as error:
        raise ImportError("plot needs matplotlib; install it with: pip install 'chainrule[plot]'") from error
    names = [n for n, values in history.history.items() if not n.startswith("val_") and isinstance(values[-1], float)]
    figure = Figure(figsize=(5.2 * len(names), 3.6), layout="constrained")
    epochs = [epoch + 1 for epoch in history.epoch]
    marker = "o" if len(epochs) == 1 else ""
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        axes.plot(epochs, history.history[name], color=TRAIN, label="training", marker=marker)
        if f"val_{name}" in history.history:
            axes.plot(epochs, history.history[f"val_{name}"], "--", color=VALIDATION, label="validation", marker=marker)
        best = history.best_epoch + 1
        axes.axvline(best, color=MARK, linewidth=0.8, linestyle=":", label=f"best epoch {best}")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel(name.replace("_", " "))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return figure
