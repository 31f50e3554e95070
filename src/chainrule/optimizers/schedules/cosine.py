"""Rates that fall along half a wave of the cosine: once, or again and again."""

from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.optimizers.ranges import fraction, is_real, not_negative, positive
from chainrule.optimizers.schedules.schedule import Schedule

_ROUNDING = 1e-12  # of a logarithm of steps


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


class CosineDecayRestarts(Schedule):
    """The rate falls along half a wave of the cosine, starts again, and each period is longer than the one before.

        rate = initial_learning_rate ((1 - alpha) m_mul^i (1 + cos(pi t / T)) / 2 + alpha)
        T = first_decay_steps t_mul^i

    i is the number of restarts so far, t the number of steps since the last one.

    Parameters
    ----------
    initial_learning_rate : float > 0
    first_decay_steps : int > 0, the length of the first period
    t_mul : float >= 1, how much longer each next period is
    m_mul : float > 0, how high each next period starts, times the one before
    alpha : float in [0, 1), the share of the initial rate that remains

    Examples
    --------
    >>> CosineDecayRestarts(0.1, first_decay_steps=2)(np.array([0, 1, 2, 4, 6]))
    array([0.1 , 0.05, 0.1 , 0.05, 0.1 ])

    References
    ----------
    Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", 2016, arXiv:1608.03983.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        *,
        name: str = "CosineDecayRestarts",
    ) -> None:
        self.initial_learning_rate = positive(name, "initial_learning_rate", initial_learning_rate, usual=0.1)
        self.first_decay_steps = positive(name, "first_decay_steps", first_decay_steps, usual=1000)
        if not is_real(t_mul) or t_mul < 1:
            raise ArgumentError(
                f"{name}: t_mul must be a number >= 1, got {t_mul!r}; a usual value is 2 (periods that get shorter "
                "would end after so many steps)"
            )
        self.t_mul = float(t_mul)
        self.m_mul = positive(name, "m_mul", m_mul, usual=1.0)
        self.alpha = fraction(name, "alpha", alpha, usual=0.0)

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        time = np.divide(step, self.first_decay_steps)  # in first periods
        if self.t_mul == 1:
            restarts = np.floor(time)
            done = time - restarts
        else:  # rounding must not put a restart one step too late
            restarts = np.floor(np.log1p(time * (self.t_mul - 1)) / np.log(self.t_mul) + _ROUNDING)
            length = self.t_mul**restarts
            done = np.maximum(time - (length - 1) / (self.t_mul - 1), 0) / length
        falling = self.m_mul**restarts * 0.5 * (1 + np.cos(np.pi * done))
        return np.asarray(self.initial_learning_rate * ((1 - self.alpha) * falling + self.alpha))
