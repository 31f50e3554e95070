"""RMSprop: gradients divided by their running size."""

from collections.abc import Mapping
from typing import Unpack

import numpy as np

from chainrule.arrays import Array
from chainrule.optimizers.optimizer import Optimizer, OptimizerOptions
from chainrule.optimizers.ranges import fraction, positive
from chainrule.optimizers.scalars import Scalars
from chainrule.optimizers.schedules import Schedule


class RMSprop(Optimizer):
    """RMSprop: divide each step by a running root mean square of the gradient.

        v <- rho v + (1 - rho) g^2
        d  = rate g / sqrt(v + epsilon)
        w <- w - d                               (momentum 0)
        m <- momentum m + d,    w <- w - m       (momentum)

    With ``centered``, the variance max(v - a^2, 0) takes the place of v in d, where
    a <- rho a + (1 - rho) g is the mean gradient. (Rounding can make v - a^2 negative when the gradient
    hardly changes; the maximum keeps the root real.)

    Parameters
    ----------
    learning_rate : float > 0, or a Schedule
    rho : float in [0, 1), how much of the running means is kept at each step
    momentum : float in [0, 1), the share of the last step that is kept
    epsilon : float > 0, keeps the division finite
    centered : bool, divide by the standard deviation instead
    weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, name
        see :class:`~chainrule.optimizers.optimizer.Optimizer`

    Examples
    --------
    >>> import numpy as np
    >>> optimizer = RMSprop(learning_rate=0.1, rho=0.75)
    >>> weights = np.array([1.0])
    >>> scalars = optimizer.scalar_table(0, 1, "float64").row(0)
    >>> optimizer.update(weights, np.array([2.0]), optimizer.init_state(1, "float64"), scalars)
    >>> weights.round(4)
    array([0.8])

    References
    ----------
    Tieleman & Hinton, lecture 6.5 of "Neural networks for machine learning", Coursera, 2012.
    Graves, "Generating sequences with recurrent neural networks", 2013, arXiv:1308.0850 (centered).
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = fraction("RMSprop", "rho", rho, usual=0.9)
        self.momentum = fraction("RMSprop", "momentum", momentum, usual=0.9)
        self.epsilon = positive("RMSprop", "epsilon", epsilon, usual=1e-7)
        self.centered = centered

    @property
    def initial_slots(self) -> dict[str, float]:
        """The mean square v, with ``centered`` the mean a, with momentum the running step m."""
        slots = {"mean_square": 0.0}
        if self.centered:
            slots["mean"] = 0.0
        if self.momentum:
            slots["momentum"] = 0.0
        return slots

    def columns(self, steps: Array, rates: Array) -> dict[str, Array]:
        """Return the rates."""
        return {"rate": rates}

    def update(self, weights: Array, gradient: Array, slots: Mapping[str, Array], scalars: Scalars) -> None:
        """Apply the rule once, in place."""
        v = slots["mean_square"]
        work = gradient * gradient
        work *= 1 - self.rho
        v *= self.rho
        v += work
        if self.centered:
            mean = slots["mean"]
            np.multiply(gradient, 1 - self.rho, out=work)
            mean *= self.rho
            mean += work
            np.multiply(mean, mean, out=work)
            np.subtract(v, work, out=work)
            np.maximum(work, 0, out=work)
            work += self.epsilon
        else:
            np.add(v, self.epsilon, out=work)
        np.sqrt(work, out=work)
        np.divide(gradient, work, out=work)
        work *= scalars.rate
        if self.momentum:
            momentum = slots["momentum"]
            momentum *= self.momentum
            momentum += work
            work = momentum
        weights -= work
