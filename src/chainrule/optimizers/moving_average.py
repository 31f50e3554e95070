"""Moving average of the weights: kept beside them while they train, and put in their place at the end."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from chainrule.arrays import Array, whole_number
from chainrule.optimizers.ranges import is_real, number
from chainrule.optimizers.scalars import Scalars

SLOT = "average"


class MovingAverage(NamedTuple):
    """The exponential moving average (EMA) of the weights over the steps.

        a <- m a + (1 - m) w      after each step; m counts as 0 in the first one, so a starts from the weights
        w <- a                    every ``overwrite_frequency`` steps

    Parameters
    ----------
    momentum : float in [0, 1], the m above
    overwrite_frequency : int >= 1 or None, never

    References
    ----------
    Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
    """

    momentum: float
    overwrite_frequency: int | None

    @classmethod
    def of(cls, owner: str, use_ema: bool, ema_momentum: Any, ema_overwrite_frequency: Any) -> Self | None:
        """Read an optimiser's three arguments."""
        fits = is_real(ema_momentum) and 0 <= ema_momentum <= 1
        momentum = number(owner, "ema_momentum", ema_momentum, expected="a number in [0, 1]", fits=fits, usual=0.99)
        if ema_overwrite_frequency is not None:
            whole_number(f"{owner}: ema_overwrite_frequency", ema_overwrite_frequency, least=1)
        return cls(momentum, ema_overwrite_frequency) if use_ema else None

    def columns(self, steps: Array) -> dict[str, Array]:
        """Return what changes from step to step: m, and whether (1) or not (0) the weights are overwritten."""
        overwrite = np.zeros(len(steps))
        if self.overwrite_frequency is not None:
            overwrite[(steps + 1) % self.overwrite_frequency == 0] = 1
        return {"ema_momentum": np.where(steps == 0, 0.0, self.momentum), "ema_overwrite": overwrite}

    @staticmethod
    def update(weights: Array, slots: Mapping[str, Array], scalars: Scalars) -> None:
        """Take in the weights of a step that was just made, in place."""
        average = slots[SLOT]
        average *= scalars.ema_momentum
        average += weights * (1 - scalars.ema_momentum)
        if scalars.ema_overwrite:
            weights[...] = average
