"""Learning rates that change over training: pure functions from steps to rates."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.configurable import Configurable
from chainrule.errors import ArgumentError
from chainrule.optimizers.ranges import fraction, not_negative, positive


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


class ExponentialDecay(Schedule):
    """The rate is multiplied by ``decay_rate`` every ``decay_steps`` steps.

        rate = initial_learning_rate decay_rate^(step / decay_steps)

    Parameters
    ----------
    initial_learning_rate : float > 0
    decay_steps : int > 0
    decay_rate : float > 0
    staircase : bool, round step / decay_steps down: the rate falls in jumps

    Examples
    --------
    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(np.array([0, 10, 20]))
    array([0.1  , 0.05 , 0.025])
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        *,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = positive(name, "initial_learning_rate", initial_learning_rate, usual=0.1)
        self.decay_steps = positive(name, "decay_steps", decay_steps, usual=1000)
        self.decay_rate = positive(name, "decay_rate", decay_rate, usual=0.96)
        self.staircase = staircase

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        return np.asarray(self.initial_learning_rate * self.decay_rate ** _periods(self, step))


class InverseTimeDecay(Schedule):
    """The rate falls as one over the time.

        rate = initial_learning_rate / (1 + decay_rate step / decay_steps)

    Parameters
    ----------
    initial_learning_rate : float > 0
    decay_steps : int > 0
    decay_rate : float >= 0
    staircase : bool, round step / decay_steps down: the rate falls in jumps

    Examples
    --------
    >>> InverseTimeDecay(0.1, decay_steps=1, decay_rate=1.0)(np.array([0, 1, 3]))
    array([0.1  , 0.05 , 0.025])
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        *,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = positive(name, "initial_learning_rate", initial_learning_rate, usual=0.1)
        self.decay_steps = positive(name, "decay_steps", decay_steps, usual=1000)
        self.decay_rate = not_negative(name, "decay_rate", decay_rate, usual=0.5)
        self.staircase = staircase

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        return np.asarray(self.initial_learning_rate / (1 + self.decay_rate * _periods(self, step)))


class PolynomialDecay(Schedule):
    """The rate falls to ``end_learning_rate`` along a power of the time left.

        rate = (initial_learning_rate - end_learning_rate) (1 - step / decay_steps)^power + end_learning_rate

    After ``decay_steps`` it stays there; with ``cycle`` it goes on, with the next multiple of ``decay_steps``
    in the place of ``decay_steps``.

    Parameters
    ----------
    initial_learning_rate : float > 0
    decay_steps : int > 0
    end_learning_rate : float >= 0
    power : float > 0
    cycle : bool

    Examples
    --------
    >>> PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.0)(np.array([0, 5, 10, 15]))
    array([0.1 , 0.05, 0.  , 0.  ])
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        *,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = positive(name, "initial_learning_rate", initial_learning_rate, usual=0.1)
        self.decay_steps = positive(name, "decay_steps", decay_steps, usual=1000)
        self.end_learning_rate = not_negative(name, "end_learning_rate", end_learning_rate, usual=0.0001)
        self.power = positive(name, "power", power, usual=1.0)
        self.cycle = cycle

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        period = self.decay_steps * (np.maximum(np.ceil(step / self.decay_steps), 1) if self.cycle else 1)
        left = 1 - np.minimum(step, period) / period
        above = self.initial_learning_rate - self.end_learning_rate
        return np.asarray(above * left**self.power + self.end_learning_rate)


class CosineDecay(Schedule):
    """The rate falls along half a wave of the cosine, after an optional warm-up.

        rate = peak ((1 - alpha) (1 + cos(pi t / decay_steps)) / 2 + alpha)

    t is the number of steps since the end of the warm-up, ``decay_steps`` at most. Without a warm-up the
    peak is ``initial_learning_rate``. With one, the rate rises in a straight line from there to
    ``warmup_target``, the peak, in ``warmup_steps`` steps.

    Parameters
    ----------
    initial_learning_rate : float > 0 (0 is allowed where a warm-up follows)
    decay_steps : int > 0
    alpha : float in [0, 1), the share of the peak that remains
    warmup_target : float > 0 or None
    warmup_steps : int >= 0, only used with ``warmup_target``

    Examples
    --------
    >>> CosineDecay(0.1, decay_steps=10)(np.array([0, 5, 10, 15]))
    array([0.1 , 0.05, 0.  , 0.  ])

    References
    ----------
    Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016, arXiv:1608.03983.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        *,
        warmup_target: float | None = None,
        warmup_steps: float = 0,
        name: str = "CosineDecay",
    ) -> None:
        check = positive if warmup_target is None else not_negative
        self.initial_learning_rate = check(name, "initial_learning_rate", initial_learning_rate, usual=0.1)
        self.decay_steps = positive(name, "decay_steps", decay_steps, usual=1000)
        self.alpha = fraction(name, "alpha", alpha, usual=0.0)
        self.warmup_target = (
            None if warmup_target is None else positive(name, "warmup_target", warmup_target, usual=0.1)
        )
        self.warmup_steps = not_negative(name, "warmup_steps", warmup_steps, usual=100)

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        start, warmup, peak = self.initial_learning_rate, self.warmup_steps, self.warmup_target
        if peak is None:
            warmup, peak = 0.0, start
        done = np.clip(np.subtract(step, warmup), 0, self.decay_steps) / self.decay_steps
        falling = peak * ((1 - self.alpha) * 0.5 * (1 + np.cos(np.pi * done)) + self.alpha)
        rising = start + (peak - start) * np.divide(step, warmup or 1)
        return np.asarray(np.where(np.less(step, warmup), rising, falling))


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


def _periods(schedule: ExponentialDecay | InverseTimeDecay, step: Any) -> Array:
    periods = np.divide(step, schedule.decay_steps)
    return np.asarray(np.floor(periods) if schedule.staircase else periods)
