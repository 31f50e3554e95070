"""ModelCheckpoint: save the model, and all that its training needs to go on, while it trains."""

import sys
import time
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from string import Formatter
from typing import Any

from chainrule.arrays import is_number, whole_number
from chainrule.errors import ArgumentError, ChainruleError, UnknownNameError, did_you_mean, warn
from chainrule.files import check_writable, path_of, remove_leftovers
from chainrule.training.callbacks import Callback, Run, check_monitor


class ModelCheckpoint(Callback):
    """Save a checkpoint after epochs, after batches, or from time to time; ``fit(resume_from=path)`` goes on from it.

    A checkpoint is a model file (`chainrule.load` reads it) that also holds the optimiser's state and learning rate,
    the position in the epoch and its losses so far, the seed, the history, and what the callbacks remember. Training
    that goes on from it gives the same bits as training that never stopped. Each takes its place when it is complete
    and on the disk: a process that is killed leaves the one before it. One that can't be written, on a full disk say,
    is told in a warning, once, and training goes on.

    Ctrl-C saves one more, of the last place within or after an epoch that training can go on from, at most about a
    second's work before; a note on the KeyboardInterrupt says where. It does not where only the best epoch or only
    weights are saved, or where the file is named by what is measured.

    Parameters
    ----------
    filepath : str or path
        ``{epoch}`` (from 1), ``{batch}`` and names in the logs are replaced:
        "model-{epoch:02d}-{val_loss:.2f}.safetensors".
        Without them each checkpoint replaces the one before it. Folders are made.
    monitor : str
        What ``save_best_only`` goes by.
    verbose : {0, 1}
        1 prints a line for each checkpoint.
    save_best_only : bool
        Whether an epoch is saved only where ``monitor`` is better than ever before.
    save_weights_only : bool
        Whether only the model is saved, as by ``model.save``; training can't go on from it.
    mode : {"auto", "min", "max"}
        Whether less or more of ``monitor`` is better; "auto" knows it for losses and for chainrule's metrics.
    save_freq : "epoch" or int >= 1
        "epoch", or after so many batches of the run.
    initial_value_threshold : float, optional
        What the first epoch must be better than to be saved, with ``save_best_only``.
    every_epochs : int >= 1, optional
        With ``save_freq="epoch"``: after every so many epochs. Default: 1, or never where ``every_minutes`` is given.
    every_minutes : float >= 0, optional
        Save where so much time has passed since the last checkpoint; in the middle of an epoch too, between two ranges
        of steps, which are about a second apart. 0: at every such place.

    Raises
    ------
    ArgumentError
        Settings out of range, or that exclude each other.
    FileError
        When training begins: there can be no such file.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense
    >>> path = Path(tempfile.mkdtemp()) / "run.safetensors"
    >>> def model():
    ...     model = Sequential([Dense(1)], seed=0)
    ...     model.compile("adam", "mse")
    ...     return model
    >>> x, y = [[1.0], [2.0]], [2.0, 4.0]
    >>> first = model().fit(x, y, epochs=3, callbacks=[ModelCheckpoint(path)], verbose=0)
    >>> second = model().fit(x, y, epochs=5, callbacks=[ModelCheckpoint(path)], verbose=0, resume_from=path)
    >>> second.epoch, second.history["loss"][:3] == first.history["loss"]
    ([0, 1, 2, 3, 4], True)
    """

    def __init__(
        self,
        filepath: str | PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        *,
        every_epochs: int | None = None,
        every_minutes: float | None = None,
    ) -> None:
        check_monitor(monitor, mode)
        if save_freq != "epoch":
            if isinstance(save_freq, str):
                raise ArgumentError(f"save_freq must be 'epoch' or a number of batches, got {save_freq!r}")
            if every_epochs is not None:
                raise ArgumentError("save_freq counts batches and every_epochs epochs; give one of them")
            self.pause_every = whole_number("save_freq", save_freq, least=1)
        if every_minutes is not None and not (is_number(every_minutes) and every_minutes >= 0):
            raise ArgumentError(f"every_minutes must be a number >= 0, got {every_minutes!r}")
        if every_epochs is None and self.pause_every is None and every_minutes is None:
            every_epochs = 1
        self.every_epochs = None if every_epochs is None else whole_number("every_epochs", every_epochs, least=1)
        self.filepath, self.monitor, self.verbose, self.mode = str(path_of(filepath)), monitor, verbose, mode
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.initial_value_threshold, self.every_minutes = initial_value_threshold, every_minutes
        within = self.pause_every is not None or every_minutes is not None
        if within and save_best_only:
            raise ArgumentError("save_best_only compares epochs; it does not go with batches or minutes")
        named = [name for _, name, _, _ in Formatter().parse(self.filepath) if name]
        self._keeps_on_interrupt = not (save_best_only or save_weights_only) and {"epoch", "batch"}.issuperset(named)
        if within and any(name.startswith("val_") for name in named):
            raise ArgumentError(
                f"{self.filepath}: within an epoch there is no validation loss; leave it out of the name"
            )

    def set_run(self, run: Run) -> None:
        """Look up whether more of the monitored quantity is better, and whether the model can be saved."""
        super().set_run(run)
        if self.save_best_only:
            self._sign = 1.0 if run.less_is_better("ModelCheckpoint", self.monitor, self.mode) else -1.0
        run.model.check_keepable()

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Forget earlier runs, and refuse a path that can't be written; what a killed run left there is removed."""
        self.best = self.initial_value_threshold
        self._saved, self._warned = time.monotonic(), False
        folder = Path(self.filepath).parent
        if "{" not in str(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if "{" not in self.filepath:
                remove_leftovers(check_writable(self.filepath, overwrite=True))

    def on_pause(self, epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        """Save where it is time to."""
        if not self._is_due(epoch, batch):
            return
        before = self.best
        if self.save_best_only:
            current = self.run.monitored("ModelCheckpoint", self.monitor, logs)
            if current is None or not (before is None or self._sign * (before - current) > 0):
                return
            self.best = current  # what is saved says so
        if not self._save(self._path(epoch, batch, logs)):
            self.best = before

    @property
    def follows_interrupts(self) -> bool:
        """Whether Ctrl-C saves a checkpoint."""
        return self._keeps_on_interrupt

    def on_interrupt(self, epoch: int, batch: int) -> str | None:
        """Save where training stood, and say where and how to go on."""
        path = self._path(epoch, batch, {})
        if not self._save(path, "no checkpoint is written"):
            return None
        whole = batch == self.params["steps"]
        place = f"epoch {epoch + 1}" if whole else f"batch {batch} of epoch {epoch + 1}"
        return f"the training up to {place} is saved; it goes on with fit(..., resume_from={str(path)!r})"

    def get_state(self) -> dict[str, Any]:
        """Return the best value so far, where there is one."""
        return {"best": self.best} if self.save_best_only else {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from it."""
        self.best = state["best"]

    def _is_due(self, epoch: int, batch: int) -> bool:
        steps = self.params["steps"]
        if self.pause_every is not None and (epoch * steps + batch) % self.pause_every == 0:
            return True
        if self.every_epochs is not None and batch == steps and (epoch + 1) % self.every_epochs == 0:
            return True
        return self.every_minutes is not None and time.monotonic() - self._saved >= 60 * self.every_minutes

    def _path(self, epoch: int, batch: int, logs: Mapping[str, float]) -> Path:
        values = {**logs, "epoch": epoch + 1, "batch": batch}
        try:
            return Path(self.filepath.format(**values))
        except KeyError as error:
            name = str(error.args[0])
            raise UnknownNameError(f"{self.filepath}: no {name!r} is measured{did_you_mean(name, values)}") from None
        except (ValueError, IndexError, TypeError) as error:
            raise ArgumentError(f"{self.filepath} can't be filled in: {error}") from error

    def _save(self, path: Path, failure: str = "no checkpoint is written, training goes on") -> bool:
        self._saved = time.monotonic()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if self.save_weights_only:
                self.model.save(path)
            else:
                self.model.save_checkpoint(path, self.run.state())
        except (OSError, ChainruleError) as error:
            if not self._warned:
                warn(f"{failure}: {error}", RuntimeWarning)
            self._warned = True
            return False
        if self.verbose:
            sys.stdout.write(f"saved {path}\n")
        return True
