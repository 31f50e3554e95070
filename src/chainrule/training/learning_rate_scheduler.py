"""LearningRateScheduler: the learning rate of each epoch by a function of one's own."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.optimizers import Optimizer
from chainrule.optimizers.ranges import positive
from chainrule.optimizers.schedules import Schedule
from chainrule.training.callbacks import Callback


class LearningRateScheduler(Callback):
    """Set the learning rate at the beginning of every epoch.

        rate = schedule(epoch, rate)

    A schedule of the steps needs no callback: give it to the optimizer as its ``learning_rate``.

    Parameters
    ----------
    schedule : callable(epoch, rate) or callable(epoch)
        Returns the rate of an epoch, counted from 0. A `chainrule.optimizers.schedules.Schedule` then counts epochs.
    verbose : int
        1 prints a line for every epoch.

    Raises
    ------
    ArgumentError
        The optimizer's learning rate is a schedule already, or what the function gives is no number > 0.

    Examples
    --------
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense
    >>> model = Sequential([Dense(1)], seed=0)
    >>> model.compile("sgd", "mse")
    >>> halve = LearningRateScheduler(lambda epoch, rate: rate / 2)
    >>> history = model.fit([[1.0], [2.0]], [1.0, 2.0], epochs=3, callbacks=[halve], verbose=0)
    >>> model.optimizer.learning_rate
    0.00125
    """

    def __init__(self, schedule: Callable[..., Any], verbose: int = 0) -> None:
        if not callable(schedule):
            raise ArgumentError(
                f"LearningRateScheduler: schedule must be a function of the epoch and the rate, got {schedule!r}"
            )
        self.schedule, self.verbose = schedule, verbose
        self._takes_rate = _takes_two(schedule)

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Refuse an optimizer whose rate is a schedule."""
        current_rate("LearningRateScheduler", self.model.optimizer)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Set the rate of this epoch."""
        before = current_rate("LearningRateScheduler", self.model.optimizer)
        given = self.schedule(epoch, before) if self._takes_rate else self.schedule(epoch)
        if isinstance(given, Schedule):
            raise ArgumentError(f"LearningRateScheduler: schedule must return a number, got {given!r}")
        rate = positive("LearningRateScheduler", "what schedule returns", getattr(given, "item", lambda: given)(), 0.01)
        self.model.optimizer.learning_rate = rate
        if self.verbose:
            say(epoch, f"learning rate {rate:.6g}")


def _takes_two(function: Callable[..., Any]) -> bool:
    """Whether a function can be called with the epoch and the rate."""
    try:
        inspect.signature(function).bind(0, 0.1)
    except TypeError:
        return False
    except ValueError:  # one written in C does not say
        return True
    return True


def current_rate(owner: str, optimizer: Optimizer) -> float:
    """Return the learning rate of an optimizer for a callback that sets it; a schedule is refused."""
    rate = optimizer.learning_rate
    if isinstance(rate, Schedule):
        raise ArgumentError(
            f"{owner} sets the learning rate itself, but the optimizer has the schedule {rate!r}; "
            "give the optimizer a number, or leave the callback out"
        )
    return rate


def say(epoch: int, text: str) -> None:
    """Print a line about an epoch."""
    import sys

    sys.stdout.write(f"epoch {epoch + 1}: {text}\n")
