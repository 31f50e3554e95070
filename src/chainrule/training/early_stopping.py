"""EarlyStopping: stop before the chance to overfit, and keep the weights of the best epoch."""

from collections.abc import Mapping
from typing import Any

from chainrule.arrays import is_number, whole_number
from chainrule.errors import ArgumentError
from chainrule.training.callbacks import Callback, Run, Stop, check_monitor


class EarlyStopping(Callback):
    """Stop when a quantity has not improved for ``patience`` epochs.

    Parameters
    ----------
    monitor : str
        Name in the logs.
    min_delta : float >= 0
        A smaller improvement counts as none.
    patience : int >= 0
        Number of epochs without improvement after which training stops.
    verbose : int
        1 prints a line when it stops.
    mode : {"auto", "min", "max"}
        Whether less or more is better; "auto" knows it for losses and for chainrule's metrics.
    baseline : float, optional
        Epochs that don't reach this value count as no improvement.
    restore_best_weights : bool
        Give the model the weights of the best epoch at the end; ``history.weights_epoch`` names it.
    start_from_epoch : int
        Epochs before it are not looked at.

    Examples
    --------
    >>> EarlyStopping(patience=3).patience
    3
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        check_monitor(monitor, mode)
        self.monitor, self.mode, self.baseline = monitor, mode, baseline
        for name, number in (("min_delta", min_delta), ("baseline", 0.0 if baseline is None else baseline)):
            if not is_number(number):
                raise ArgumentError(f"{name} must be a number, got {number!r}")
        self.min_delta = abs(float(min_delta))
        self.patience, self.verbose = whole_number("patience", patience, least=0), verbose
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = whole_number("start_from_epoch", start_from_epoch, least=0)

    def set_run(self, run: Run) -> None:
        """Look up whether more of the monitored quantity is better."""
        super().set_run(run)
        self._sign = 1.0 if run.less_is_better("EarlyStopping", self.monitor, self.mode) else -1.0

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Forget earlier runs."""
        self.best = float("inf") * self._sign
        self.best_epoch: int | None = None
        self._wait = 0
        self._snapshot: Any = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> Stop | None:
        """Compare this epoch with the best one."""
        current = self.run.monitored("EarlyStopping", self.monitor, logs)
        if current is None or epoch < self.start_from_epoch:
            return None
        self._wait += 1
        if self._better(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self._snapshot = self.model.snapshot()
            if self.baseline is None or self._better(current, self.baseline):
                self._wait = 0
        elif self._wait >= self.patience:
            epochs = "1 epoch" if self._wait == 1 else f"{self._wait} epochs"
            return Stop(f"early stopping: {self.monitor} has not improved for {epochs}")
        return None

    def get_state(self) -> dict[str, Any]:
        """Return the best epoch, its weights if they are kept, and how long ago it was."""
        return {"best": self.best, "best_epoch": self.best_epoch, "wait": self._wait, "snapshot": self._snapshot}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self._wait, self._snapshot = state["wait"], state["snapshot"]

    def _better(self, current: float, reference: float) -> bool:
        return self._sign * (reference - current) > self.min_delta

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Give the model the best epoch's weights."""
        if self._snapshot is not None:
            self.model.restore(self._snapshot)
            self.run.history.weights_epoch = self.best_epoch
        if self.verbose and self.best_epoch is not None:
            self._say()

    def _say(self) -> None:
        import sys

        held = "; its weights are restored" if self._snapshot is not None else ""
        sys.stdout.write(f"{self.monitor} was best in epoch {self.best_epoch + 1}: {self.best:.6g}{held}\n")  # type: ignore[operator]
