"""History: what happened in every epoch, and which epoch's weights the model holds."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.engine import threads
from chainrule.errors import StateError
from chainrule.pictures import picture
from chainrule.training.environment import environment
from chainrule.training.finding import Finding


class History:
    """The record of one `fit`.

    Attributes
    ----------
    history : dict of str to list of float
        One list per quantity (``loss``, ``val_loss``, metrics), one entry per epoch; as in Keras. A metric that is
        no single number (a confusion matrix) has an array per epoch.
    epoch : list of int
        The epochs, counted from 0.
    params : dict
        ``epochs``, ``steps``, ``batch_size``, ``seed``, ``engine``, ``rows``, ``validation_rows``.
    weights_epoch : int or None
        The epoch (from 0) whose weights the model holds; None before the end of the first epoch, and where
        numbers went wrong in the middle of one.
    unfinished : dict of str to float
        Loss and metrics over the steps of an epoch in whose middle numbers went wrong; ``history`` has whole epochs.
    stopped_by : str
        What ended the training: "all epochs done", the reason a callback gave, "interrupted" or an error.
    diverged : bool
        Whether a loss or gradient that is not finite ended the training.
    finding : Finding or None
        Then: where that was, and the likely cause.
    seconds : float
        Wall-clock time; of a run that went on from a checkpoint, that before it too.
    environment : dict
        What the results depend on besides the data.

    Examples
    --------
    >>> history = History({"epochs": 2})
    >>> history.append(0, {"loss": 0.7, "val_loss": 0.6})
    >>> history.append(1, {"loss": 0.5, "val_loss": 0.8})
    >>> history.history["loss"], history.best_epoch
    ([0.7, 0.5], 0)
    """

    def __init__(self, params: dict[str, Any]) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []
        self.params = params
        self.weights_epoch: int | None = None
        self.unfinished: dict[str, Any] = {}
        self.stopped_by = ""
        self.diverged = False
        self.finding: Finding | None = None
        self.seconds = 0.0
        self.examples = 0
        self._started, self._threads = time.time(), threads.maximum()

    def append(self, epoch: int, logs: dict[str, Any]) -> None:
        """Add one epoch; a quantity that was not measured in it gets NaN."""
        for name in logs.keys() - self.history.keys():
            self.history[name] = [float("nan")] * len(self.epoch)
        for name, values in self.history.items():
            values.append(_plain(logs.get(name, float("nan"))))
        if list(self.history) != list(logs):
            self.history = {name: self.history[name] for name in [*logs, *(self.history.keys() - logs.keys())]}
        self.epoch.append(epoch)

    def get_state(self) -> dict[str, Any]:
        """Return the epochs so far, for a checkpoint."""
        return {name: vars(self)[name] for name in ("history", "epoch", "weights_epoch", "seconds", "examples")}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from the epochs of a checkpoint."""
        for name in self.get_state():
            setattr(self, name, state[name])

    @property
    def environment(self) -> dict[str, Any]:
        """What the run's results depend on besides its data: seed, versions, machine, engine, instruction set, threads.

        Numbers of threads don't change them; other instruction sets and the other engine agree to rounding.
        """
        return environment(self.params["engine"], self._threads, self.params["seed"], self._started)

    @property
    def monitored(self) -> str:
        """``val_loss`` where there is one, else ``loss``."""
        return "val_loss" if "val_loss" in self.history else "loss"

    @property
    def best_epoch(self) -> int:
        """The epoch (from 0) of the smallest validation loss, or training loss where nothing was validated."""
        if not self.epoch:
            raise StateError("the history is empty: no epoch has ended yet")
        values = self.history[self.monitored]
        return self.epoch[min(range(len(values)), key=lambda i: (values[i] != values[i], values[i]))]

    def to_frame(self) -> Any:
        """Return a data frame with one row per epoch (pandas, or else Polars).

        Raises
        ------
        ImportError
            If neither is installed.
        """
        columns = {"epoch": self.epoch, **self.history}
        try:
            import pandas
        except ImportError:
            import polars

            return polars.DataFrame(columns)
        return pandas.DataFrame(columns).set_index("epoch")

    def plot(self) -> Any:
        """Return a matplotlib figure: training and validation loss over the epochs, best epoch marked."""
        return picture("curves", self)

    def __repr__(self) -> str:
        last = {name: values[-1] for name, values in self.history.items()} or self.unfinished
        values = "".join(f", {name} {value:.4g}" for name, value in last.items() if isinstance(value, float))
        return f"History({len(self.epoch)} epochs{values}; {self.stopped_by})"


def _plain(value: Any) -> Any:
    """Return a number as Python's float, and an array as it is."""
    if type(value) is float:
        return value
    return float(value) if isinstance(value, int | float) or np.ndim(value) == 0 else value
