"""Rates that stay for a while, then jump: at given steps, or every so many."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.optimizers.ranges import not_negative, positive
from chainrule.optimizers.schedules.schedule import Schedule


class PiecewiseConstantDecay(Schedule):
    """One rate up to and including each boundary, another after the last.

        rate = values[i] for the first i with step <= boundaries[i], else values[-1]

    Parameters
    ----------
    boundaries : increasing steps
    values : rates > 0, one more than ``boundaries``

    Examples
    --------
    >>> PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001])(np.array([0, 10, 11, 21]))
    array([0.1  , 0.1  , 0.01 , 0.001])
    """

    def __init__(
        self, boundaries: Sequence[float], values: Sequence[float], *, name: str = "PiecewiseConstantDecay"
    ) -> None:
        if len(values) != len(boundaries) + 1:
            raise ArgumentError(
                f"{name}: values must be one more than boundaries, got {len(values)} values and "
                f"{len(boundaries)} boundaries; the last value holds after the last boundary"
            )
        if any(left >= right for left, right in pairwise(boundaries)):
            raise ArgumentError(f"{name}: boundaries must increase, got {list(boundaries)}; sort them")
        self.boundaries = [not_negative(name, "each of boundaries", step, usual=1000) for step in boundaries]
        self.values = [positive(name, "each of values", value, usual=0.001) for value in values]

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        return np.asarray(np.take(self.values, np.searchsorted(self.boundaries, step, side="left")))


class StepDecay(Schedule):
    """The rate is multiplied by ``gamma`` after every ``step_size`` steps: PyTorch's StepLR.

        rate = initial_learning_rate gamma^floor(step / step_size)

    Parameters
    ----------
    initial_learning_rate : float > 0
    step_size : int > 0
    gamma : float > 0

    Examples
    --------
    >>> StepDecay(0.1, step_size=10)(np.array([0, 9, 10, 20]))
    array([0.1  , 0.1  , 0.01 , 0.001])
    """

    def __init__(
        self, initial_learning_rate: float, step_size: float, gamma: float = 0.1, *, name: str = "StepDecay"
    ) -> None:
        self.initial_learning_rate = positive(name, "initial_learning_rate", initial_learning_rate, usual=0.1)
        self.step_size = positive(name, "step_size", step_size, usual=1000)
        self.gamma = positive(name, "gamma", gamma, usual=0.1)

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        return np.asarray(self.initial_learning_rate * self.gamma ** np.floor(np.divide(step, self.step_size)))
