"""compare_capacities: too small, about right and too large networks on the same rows, their curves side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import losses
from chainrule.arrays import Array, whole_number
from chainrule.configurable import named_arguments
from chainrule.errors import ArgumentError
from chainrule.layers import Dense
from chainrule.models.sequential import Sequential
from chainrule.optimizers import Optimizer

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Capacity:
    """How one network fared.

    Attributes
    ----------
    hidden : tuple of int
        Units of its hidden layers.
    parameters : int
    loss, val_loss : ndarray (epochs,)
    verdict : str
        "underfits": its best validation loss is clearly above that of the best network, and so is its training loss;
        "overfits": its validation loss ends clearly above its own best and its training loss; else "about right".
        Clearly is 15 per cent.
    """

    hidden: tuple[int, ...]
    parameters: int
    loss: Array
    val_loss: Array
    verdict: str


@dataclass(frozen=True)
class CapacityComparison:
    """Networks of several sizes on the same rows; ``plot()`` draws them side by side, ``print`` makes a table."""

    networks: tuple[Capacity, ...]

    def __str__(self) -> str:
        lines = ["hidden units      weights    training   validation loss          verdict", ""]
        lines[1] = "                                 loss   best (epoch)      last"
        for n in self.networks:
            best = int(np.argmin(n.val_loss))
            name = "-".join(str(units) for units in n.hidden) or "none"
            lines.append(
                f"{name:<14}{n.parameters:>11,}{n.loss[-1]:>12.4f}{n.val_loss[best]:>8.4f} ({best + 1:,})".ljust(53)
                + f"{n.val_loss[-1]:>8.4f}    {n.verdict}"
            )
        return "\n".join(lines)

    def plot(self) -> "Figure":
        """Return the curves, a panel for each network, on one scale."""
        from chainrule.analysis.drawing.figures import DASHES, SERIES, new_figure

        count = len(self.networks)
        figure, axes = new_figure(columns=count, width=4.0 * count, sharey=True, squeeze=False)
        for axis, n in zip(axes[0], self.networks, strict=True):
            best = int(np.argmin(n.val_loss))
            epochs = np.arange(1, len(n.loss) + 1)
            axis.plot(epochs, n.loss, DASHES[0], color=SERIES[0], label="training")
            axis.plot(epochs, n.val_loss, linestyle=DASHES[1], color=SERIES[1], label="validation")
            axis.plot(best + 1, n.val_loss[best], "o", color=SERIES[1], label=f"best epoch: {best + 1}")
            axis.set_title(f"{'-'.join(map(str, n.hidden)) or 'no'} hidden units: {n.verdict}", loc="left")
            axis.set_xlabel("epoch")
            axis.set_yscale("log")
            axis.legend(frameon=False)
        axes[0][0].set_ylabel("loss")
        return figure


@named_arguments
def compare_capacities(
    X: Any,
    y: Any,
    hidden: Sequence[Sequence[int]] = ((1,), (16,), (256, 256)),
    loss: losses.LossLike = "mse",
    epochs: int = 300,
    activation: str = "tanh",
    optimizer: str | Callable[[], Optimizer] = "adam",
    batch_size: int = 32,
    validation_split: float = 0.5,
    seed: int = 0,
) -> CapacityComparison:
    """Train a network of each size on the same rows, and say which underfits, which overfits and which is right.

    Parameters
    ----------
    X : array-like (rows, features)
    y : array-like (rows,) or (rows, outputs)
        Numbers; classes 0 and 1 with a binary, class codes with a sparse categorical cross-entropy.
    hidden : sequence of sequences of int
        The sizes to compare: units of each hidden layer.
    loss : str or Loss
    epochs, batch_size : int
    activation : str
        Of the hidden layers.
    optimizer : str, or function that makes an Optimizer
        So that every network starts with a fresh one: ``lambda: Adam(0.01)``.
    validation_split : float in (0, 1)
    seed : int

    Returns
    -------
    CapacityComparison

    Examples
    --------
    >>> from chainrule.tables import samples
    >>> wave = samples.sine(rows=60, noise=0.3)
    >>> compared = compare_capacities(wave.X, wave.y, hidden=[(), (4,)], epochs=50)
    >>> [len(n.val_loss) for n in compared.networks], compared.networks[0].parameters
    ([50, 50], 2)
    """
    if not isinstance(hidden, Sequence) or not hidden or not all(isinstance(sizes, Sequence) for sizes in hidden):
        raise ArgumentError("hidden must be a list of at least one size, such as [(1,), (16,), (256, 256)]")
    criterion = losses.get(loss)
    epochs = whole_number("epochs", epochs, least=2)
    trained = []
    for sizes in hidden:
        model = Sequential([*(Dense(n, activation) for n in sizes), _last(criterion, y)], seed=seed)
        model.compile(optimizer() if callable(optimizer) else optimizer, criterion)
        run = model.fit(X, y, batch_size, epochs, verbose=0, validation_split=validation_split).history
        curves = np.asarray(run["loss"]), np.asarray(run["val_loss"])
        trained.append((tuple(sizes), model.count_params(), *curves))
    best = min(float(val_loss.min()) for _, _, _, val_loss in trained)
    fit = min(float(loss.min()) for _, _, loss, _ in trained)
    return CapacityComparison(
        tuple(Capacity(*network, verdict=_verdict(*network[2:], best, fit)) for network in trained)
    )


def _last(loss: losses.Loss, y: Any) -> Dense:
    targets = np.asarray(y)
    if isinstance(loss, losses.SparseCategoricalCrossentropy):
        return Dense(int(targets.max()) + 1, "softmax")
    units = targets.shape[1] if targets.ndim > 1 else 1
    activations: dict[type[losses.Loss], str] = {
        losses.BinaryCrossentropy: "sigmoid",
        losses.CategoricalCrossentropy: "softmax",
    }
    return Dense(units, activations.get(type(loss)))


CLEARLY = 1.15  # times as large


def _verdict(loss: Array, val_loss: Array, best: float, fit: float) -> str:
    if val_loss[-1] > CLEARLY * val_loss.min() and val_loss[-1] > CLEARLY * loss[-1]:
        return "overfits"
    if val_loss.min() > CLEARLY * best and loss[-1] > CLEARLY * fit:
        return "underfits"
    return "about right"
