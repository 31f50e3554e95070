"""Probes: short trainings of copies, at other rates and batch sizes; the model itself is never touched."""

import copy
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.analysis.diagnosis.statistics import kernel_of, rms
from chainrule.engine.data import Rows
from chainrule.optimizers import Optimizer
from chainrule.optimizers.schedules import Schedule
from chainrule.random import generator
from chainrule.training import TerminateOnNaN

STEPS = 120
_EPOCH_STEPS = 20  # the last so many give the loss
_FEWEST_STEPS, _WORK = 20, 4e9  # of large networks fewer steps: weights x examples x steps
_UPDATES = 5  # steps after which the update is measured


@dataclass(frozen=True)
class Trainer:
    """Trains copies of a compiled, built model on rows; penalties are not part of the losses it gives.

    Attributes
    ----------
    model : Sequential
        The copy to copy.
    rows : Rows
    rate : float
        The rate of the run, the highest of a schedule.
    batch_size : int
    seed : int
        Of the choice of rows.
    """

    model: Any
    rows: Rows
    rate: float
    batch_size: int
    seed: int

    def loss(self, *, fresh: bool, rate: float = 1.0, batch_size: int | None = None) -> float:
        """Return the mean loss in the last of `STEPS` steps of training; infinite where numbers go wrong.

        Parameters
        ----------
        fresh : bool
            From new initial weights; else from those the model has. The optimiser starts anew in both.
        rate : float
            Factor of the run's rate.
        batch_size : int, optional
            Default: that of the run.
        """
        size = min(batch_size or self.batch_size, len(self.rows))
        work = len(self.model.parameters) * size
        steps = int(np.clip(_WORK / max(1, work), _FEWEST_STEPS, STEPS))
        order = generator(self.seed, "sample", 3).permutation(len(self.rows))[: size * _EPOCH_STEPS]
        epochs = max(2, round(steps * size / len(order)))
        model = self._ready(fresh, rate)
        history = _train(model, self.rows.take(order), size, epochs)
        losses = history.history.get("loss", [])
        if history.diverged or not losses or not np.isfinite(losses[-1]):
            return float("inf")
        return float(losses[-1]) - sum(float(penalty) for penalty in model.losses)

    def updates(self) -> dict[str, float]:
        """Return, for each layer with a kernel, the size of a step relative to the kernel: rms(step) / rms(kernel)."""
        model = self._ready(False, 1.0)
        order = generator(self.seed, "sample", 3).permutation(len(self.rows))
        size = min(self.batch_size, len(self.rows))
        kernels = {layer.name: kernel for layer in model.layers if (kernel := kernel_of(layer)) is not None}
        before: dict[str, Any] = {}
        for start in range(_UPDATES):
            before = {name: kernel.numpy().copy() for name, kernel in kernels.items()}
            if _train(model, self.rows.take(np.roll(order, -start * size)[:size]), size, 1).diverged:
                return {}
        with np.errstate(all="ignore"):
            return {  # of a kernel of zeros every step is large
                name: rms(kernel.numpy() - before[name]) / max(rms(before[name]), 1e-12)
                for name, kernel in kernels.items()
            }

    def _ready(self, fresh: bool, rate: float) -> Any:
        model = copy.deepcopy(self.model)
        if fresh:
            draw_again(model)
        model.compile(with_rate(model.optimizer, self.rate * rate), model.loss, loss_weights=model.loss_weights)
        return model


def _train(model: Any, rows: Rows, batch_size: int, epochs: int) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # what the run itself warned of
        return model.fit(
            rows.x,
            rows.y,
            sample_weight=rows.weight,
            batch_size=batch_size,
            epochs=epochs,
            verbose=0,
            callbacks=[TerminateOnNaN()],
        )


def draw_again(model: Any) -> None:
    """Give a model the weights it began with, as its initializers and its seed say."""
    for layer in model.layers:
        for inner in layer.walk():
            inner.draw_again()


def with_rate(optimizer: Optimizer, rate: float) -> Optimizer:
    """Return an optimiser of the same settings and another rate, before its first step."""
    return type(optimizer)(**{**optimizer.get_config(), "learning_rate": rate})


def peak_rate(rate: float | Schedule, steps: int) -> float:
    """Return the highest rate of so many steps.

    Examples
    --------
    >>> peak_rate(0.1, 1000)
    0.1
    """
    if not callable(rate):
        return float(rate)
    return max(float(rate(int(step))) for step in np.unique(np.linspace(0, max(1, steps) - 1, 201).astype(int)))
