"""ReduceLROnPlateau: a smaller learning rate once a quantity gets no better."""

from collections.abc import Mapping
from typing import Any

from chainrule.arrays import whole_number
from chainrule.errors import ArgumentError
from chainrule.optimizers.ranges import fraction, not_negative
from chainrule.training.callbacks import Callback, Run, Stop, check_monitor
from chainrule.training.learning_rate_scheduler import current_rate, say


class ReduceLROnPlateau(Callback):
    """Multiply the learning rate by ``factor`` when a quantity has not improved for ``patience`` epochs.

        rate <- max(factor rate, min_lr)

    Parameters
    ----------
    monitor : str
        Name in the logs.
    factor : float in (0, 1)
    patience : int >= 0
        Number of epochs without improvement after which the rate is reduced.
    verbose : int
        1 prints a line when it is.
    mode : {"auto", "min", "max"}
        Whether less or more is better; "auto" knows it for losses and for chainrule's metrics.
    min_delta : float >= 0
        An improvement that is not larger counts as none.
    cooldown : int >= 0
        Number of epochs after a reduction in which none is counted.
    min_lr : float >= 0
        The rate never gets below.

    Raises
    ------
    ArgumentError
        An argument is outside its range, or the optimizer's learning rate is a schedule, which this would replace.

    Examples
    --------
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense
    >>> model = Sequential([Dense(1)], seed=0)
    >>> model.compile("sgd", "mse")
    >>> plateau = ReduceLROnPlateau("loss", factor=0.5, patience=2, min_delta=100.0)  # no epoch is that much better
    >>> history = model.fit([[1.0], [2.0]], [1.0, 2.0], epochs=5, callbacks=[plateau], verbose=0)
    >>> model.optimizer.learning_rate
    0.0025
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        check_monitor(monitor, mode)
        self.monitor, self.mode, self.verbose = monitor, mode, verbose
        self.factor = fraction("ReduceLROnPlateau", "factor", factor, usual=0.1)
        if self.factor == 0:
            raise ArgumentError("ReduceLROnPlateau: factor must be in (0, 1), got 0; a usual value is 0.1")
        self.patience = whole_number("patience", patience, least=0)
        self.cooldown = whole_number("cooldown", cooldown, least=0)
        self.min_delta = not_negative("ReduceLROnPlateau", "min_delta", min_delta, usual=1e-4)
        self.min_lr = not_negative("ReduceLROnPlateau", "min_lr", min_lr, usual=0.0)

    def set_run(self, run: Run) -> None:
        """Look up whether more of the monitored quantity is better."""
        super().set_run(run)
        self._sign = 1.0 if run.less_is_better("ReduceLROnPlateau", self.monitor, self.mode) else -1.0

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Forget earlier runs; refuse an optimizer whose rate is a schedule."""
        current_rate("ReduceLROnPlateau", self.model.optimizer)
        self.best = float("inf") * self._sign
        self._wait = self._cooling = 0

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> Stop | None:
        """Compare this epoch with the best one, and reduce the rate if it is time."""
        current = self.run.monitored("ReduceLROnPlateau", self.monitor, logs)
        if current is None:
            return None
        if self._cooling:
            self._cooling -= 1
            self._wait = 0
        if self._sign * (self.best - current) > self.min_delta:
            self.best, self._wait = current, 0
        elif not self._cooling:
            self._wait += 1
            if self._wait >= self.patience:
                self._reduce(epoch)
        return None

    def _reduce(self, epoch: int) -> None:
        before = current_rate("ReduceLROnPlateau", self.model.optimizer)
        if before <= self.min_lr:
            return
        rate = max(before * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = rate
        self._cooling, self._wait = self.cooldown, 0
        if self.verbose:
            say(epoch, f"learning rate {before:.6g} -> {rate:.6g}: {self.monitor} has not improved")

    def get_state(self) -> dict[str, Any]:
        """Return the best value, how long ago it was, and what is left of the pause after a reduction."""
        return {"best": self.best, "wait": self._wait, "cooling": self._cooling}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.best, self._wait, self._cooling = state["best"], state["wait"], state["cooling"]
