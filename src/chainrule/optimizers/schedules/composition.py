"""Schedules made of schedules: a warm-up before any, and one after the other."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.optimizers.ranges import fraction, not_negative
from chainrule.optimizers.schedules.schedule import Schedule, part


class SequentialSchedule(Schedule):
    """One schedule after the other, each from its own first step on: PyTorch's SequentialLR.

        rate = schedules[i](step - milestones[i - 1])        for milestones[i - 1] <= step < milestones[i]

    Parameters
    ----------
    schedules : sequence of Schedule, or of rates > 0
    milestones : increasing steps, one fewer: where the next schedule begins

    Examples
    --------
    >>> SequentialSchedule([0.1, 0.05, 0.01], milestones=[2, 4])(np.arange(6))
    array([0.1 , 0.1 , 0.05, 0.05, 0.01, 0.01])
    """

    def __init__(
        self, schedules: Sequence[Schedule | float], milestones: Sequence[float], *, name: str = "SequentialSchedule"
    ) -> None:
        if len(schedules) != len(milestones) + 1:
            raise ArgumentError(
                f"{name}: schedules must be one more than milestones, got {len(schedules)} schedules and "
                f"{len(milestones)} milestones; the last schedule goes on after the last milestone"
            )
        if any(left >= right for left, right in pairwise(milestones)):
            raise ArgumentError(f"{name}: milestones must increase, got {list(milestones)}; sort them")
        self.schedules = [part(name, "each of schedules", schedule) for schedule in schedules]
        self.milestones = [not_negative(name, "each of milestones", step, usual=1000) for step in milestones]

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps; each schedule is asked for its own steps only."""
        steps = np.atleast_1d(step)
        rates, place = np.empty(steps.shape), np.searchsorted(self.milestones, steps, side="right")
        for i, (schedule, start) in enumerate(zip(self.schedules, [0, *self.milestones], strict=True)):
            if (here := place == i).any():
                rates[here] = schedule(steps[here] - start)
        return rates.reshape(np.shape(step))


class WarmUp(Schedule):
    """The rate rises in a straight line to where a schedule begins, which then follows.

        rate = schedule(0) (start_factor + (1 - start_factor) step / warmup_steps)        for step < warmup_steps
        rate = schedule(step - warmup_steps)                                              after it

    PyTorch's LinearLR before another schedule.

    Parameters
    ----------
    schedule : Schedule, or a rate > 0
    warmup_steps : int >= 0
    start_factor : float in [0, 1), the share of the rate to begin with

    Examples
    --------
    >>> WarmUp(0.1, warmup_steps=4, start_factor=0)(np.arange(6))
    array([0.   , 0.025, 0.05 , 0.075, 0.1  , 0.1  ])
    """

    def __init__(
        self, schedule: Schedule | float, warmup_steps: float, start_factor: float = 1 / 3, *, name: str = "WarmUp"
    ) -> None:
        self.schedule = part(name, "schedule", schedule)
        self.warmup_steps = not_negative(name, "warmup_steps", warmup_steps, usual=100)
        self.start_factor = fraction(name, "start_factor", start_factor, usual=1 / 3)

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        done = np.divide(step, self.warmup_steps or 1)
        rising = self.schedule(0) * (self.start_factor + (1 - self.start_factor) * done)
        following = self.schedule(np.maximum(np.subtract(step, self.warmup_steps), 0))
        return np.asarray(np.where(np.less(step, self.warmup_steps), rising, following))
