"""TensorBoard: losses, metrics, the learning rate and weights for that program; by the extra ``tensorboard``."""

from collections.abc import Mapping
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import whole_number
from chainrule.errors import ArgumentError, DependencyError
from chainrule.files import path_of
from chainrule.training.callbacks import Logger


class TensorBoard(Logger):
    """Write event files that ``tensorboard --logdir logs`` shows, under the names that Keras gives them.

    ``log_dir/train`` and ``log_dir/validation`` have ``epoch_<quantity>`` for every epoch, and the former
    ``epoch_learning_rate``. An error, such as a full disk, is told in a warning and never ends the training. A run that
    goes on from a checkpoint hides what the killed one wrote after it.

    Parameters
    ----------
    log_dir : str or path
    histogram_freq : int >= 0
        After so many epochs each, histograms of all weights as ``<layer>/<weight>/histogram``; 0 never.
    update_freq : "epoch", "batch" or int >= 1
        With a number: after so many batches also ``batch_<quantity>``, the means over the epoch so far; "batch" is 1.
    write_steps_per_second : bool
        Whether ``epoch_steps_per_second`` is written.

    Raises
    ------
    DependencyError
        tensorboardX is not installed.

    Examples
    --------
    >>> TensorBoard("logs/first", histogram_freq=5)
    TensorBoard(log_dir='logs/first', histogram_freq=5)
    """

    def __init__(
        self,
        log_dir: str | PathLike[str] = "logs",
        histogram_freq: int = 0,
        update_freq: str | int = "epoch",
        write_steps_per_second: bool = False,
    ) -> None:
        if find_spec("tensorboardX") is None:
            raise DependencyError(
                "TensorBoard needs tensorboardX; install it with: pip install 'chainrule[tensorboard]'"
            )
        self.target = self.log_dir = str(path_of(log_dir))
        self.histogram_freq = whole_number("histogram_freq", histogram_freq, least=0)
        if update_freq == "batch":
            self.pause_every = 1
        elif isinstance(update_freq, str):
            if update_freq != "epoch":
                raise ArgumentError(f"update_freq must be 'epoch', 'batch' or a number of batches, got {update_freq!r}")
        else:
            self.pause_every = whole_number("update_freq", update_freq, least=1)
        self.write_steps_per_second = write_steps_per_second

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Find out whether there can be event files."""
        self._writers: dict[str, Any] = {}
        self._seconds = 0.0
        Path(self.log_dir).mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Write the quantities of an epoch, and its weights now and then."""
        for name, value in logs.items():
            part = "validation" if name.startswith("val_") else "train"
            self._scalar(part, f"epoch_{name.removeprefix('val_')}", value, epoch)
        rate = self.model.optimizer.learning_rate
        steps = self.params["steps"] * (epoch + 1)
        self._scalar("train", "epoch_learning_rate", float(rate(steps) if callable(rate) else rate), epoch)
        if self.histogram_freq and (epoch + 1) % self.histogram_freq == 0:
            for layer in self.model.layers:
                for name, variable in layer.named_weights():
                    self._writer("train", epoch).add_histogram(f"{name}/histogram", variable.numpy(), epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_pause(self, epoch: int, batch: int, logs: Mapping[str, Any]) -> None:
        """Write the quantities of the epoch so far."""
        steps = epoch * self.params["steps"] + batch
        if self.pause_every is not None and steps % self.pause_every == 0:
            for name, value in logs.items():
                if not name.startswith("val_"):
                    self._scalar("train", f"batch_{name}", value, steps)
        if self.write_steps_per_second and batch == self.params["steps"]:
            seconds = self.run.history.seconds - self._seconds
            self._seconds = self.run.history.seconds
            if seconds > 0:
                self._scalar("train", "epoch_steps_per_second", self.params["steps"] / seconds, epoch)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Close the event files."""
        for writer in self._writers.values():
            writer.close()

    def _scalar(self, part: str, tag: str, value: Any, step: int) -> None:
        if np.ndim(value) == 0:
            self._writer(part, step).add_scalar(tag, float(value), step)

    def _writer(self, part: str, step: int) -> Any:
        if part not in self._writers:
            from tensorboardX import SummaryWriter

            purge = step if self.run.resumed else None
            self._writers[part] = SummaryWriter(str(Path(self.log_dir) / part), purge_step=purge)
        return self._writers[part]
