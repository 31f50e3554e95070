"""What every schedule is: a pure function from steps to rates."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.configurable import Configurable
from chainrule.errors import ArgumentError
from chainrule.optimizers.ranges import is_real, positive


class Schedule(Configurable, ABC):
    """Base of the schedules; a subclass says what the rate is at each step.

    The same step always has the same rate: a schedule keeps no count of its own. The ``name`` that the
    built-in schedules take stands in their error messages.

    Examples
    --------
    >>> class Harmonic(Schedule):
    ...     def __call__(self, step):
    ...         return 0.1 / (step + 1)
    >>> Harmonic()(np.array([0, 1, 3]))
    array([0.1  , 0.05 , 0.025])
    """

    @abstractmethod
    def __call__(self, step: Any) -> Array:
        """Return the rates, float64, at an array of steps counted from 0 (or at one step)."""


class Constant(Schedule):
    """The same rate at every step.

    Parameters
    ----------
    learning_rate : float > 0

    Examples
    --------
    >>> Constant(0.1)(np.arange(3))
    array([0.1, 0.1, 0.1])
    """

    def __init__(self, learning_rate: float, *, name: str = "Constant") -> None:
        self.learning_rate = positive(name, "learning_rate", learning_rate, usual=0.001)

    def __call__(self, step: Any) -> Array:
        """Return the rate, once for each step."""
        return np.full(np.shape(step), self.learning_rate)


def part(owner: str, name: str, value: Any) -> Schedule:
    """Return a schedule that another is composed of; a number is a constant rate.

    Examples
    --------
    >>> part("WarmUp", "schedule", 0.1)
    Constant(learning_rate=0.1)
    """
    if isinstance(value, Schedule):
        return value
    if is_real(value) and value > 0:
        return Constant(value)
    raise ArgumentError(f"{owner}: {name} must be a number > 0 or a Schedule, got {value!r}; a usual value is 0.001")
