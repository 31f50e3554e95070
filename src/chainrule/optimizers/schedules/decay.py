"""Rates that fall along a simple function of the time: exponential, one over the time, a polynomial."""

from abc import abstractmethod
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.optimizers.ranges import not_negative, positive
from chainrule.optimizers.schedules.schedule import Schedule


class _Decay(Schedule):
    """Base of the rates that a ``decay_rate`` lowers every ``decay_steps`` steps."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        *,
        name: str | None = None,
    ) -> None:
        owner = name or type(self).__name__
        self.initial_learning_rate = positive(owner, "initial_learning_rate", initial_learning_rate, usual=0.1)
        self.decay_steps = positive(owner, "decay_steps", decay_steps, usual=1000)
        self.decay_rate = self._check_rate(owner, decay_rate)
        self.staircase = staircase

    @abstractmethod
    def _check_rate(self, owner: str, decay_rate: Any) -> float:
        """Return the ``decay_rate`` where it is in its range."""

    def _periods(self, step: Any) -> Array:
        """Return how many times ``decay_steps`` have gone by."""
        periods = np.divide(step, self.decay_steps)
        return np.asarray(np.floor(periods) if self.staircase else periods)


class ExponentialDecay(_Decay):
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

    def _check_rate(self, owner: str, decay_rate: Any) -> float:
        return positive(owner, "decay_rate", decay_rate, usual=0.96)

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        return np.asarray(self.initial_learning_rate * self.decay_rate ** self._periods(step))


class InverseTimeDecay(_Decay):
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

    def _check_rate(self, owner: str, decay_rate: Any) -> float:
        return not_negative(owner, "decay_rate", decay_rate, usual=0.5)

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        return np.asarray(self.initial_learning_rate / (1 + self.decay_rate * self._periods(step)))


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
