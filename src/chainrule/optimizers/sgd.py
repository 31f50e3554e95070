"""Stochastic gradient descent."""

from collections.abc import Mapping
from typing import Unpack

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.optimizers.optimizer import Optimizer, OptimizerOptions
from chainrule.optimizers.ranges import fraction
from chainrule.optimizers.scalars import Scalars
from chainrule.optimizers.schedules import Schedule


class SGD(Optimizer):
    """Gradient descent: a step against the gradient; with momentum, a running sum of such steps.

        w <- w - rate g                                               (momentum 0)
        v <- momentum v - rate g,    w <- w + v                       (momentum)
        v <- momentum v - rate g,    w <- w + momentum v - rate g     (Nesterov)

    Parameters
    ----------
    learning_rate : float > 0, or a Schedule
    momentum : float in [0, 1), the share of the last step that is kept
    nesterov : bool, look one step of momentum ahead
    weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, name
        see :class:`~chainrule.optimizers.optimizer.Optimizer`

    Examples
    --------
    >>> import numpy as np
    >>> optimizer = SGD(learning_rate=0.5)
    >>> weights = np.array([1.0, 2.0])
    >>> scalars = optimizer.scalar_table(0, 1, "float64").row(0)
    >>> optimizer.update(weights, np.array([1.0, -1.0]), {}, scalars)
    >>> weights
    array([0.5, 2.5])

    References
    ----------
    Robbins & Monro, "A stochastic approximation method", 1951. Kiefer & Wolfowitz, "Stochastic estimation of
    the maximum of a regression function", 1952. Sutskever et al., "On the importance of initialization and
    momentum in deep learning", 2013.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum = fraction("SGD", "momentum", momentum, usual=0.9)
        self.nesterov = nesterov
        if nesterov and not momentum:
            raise ArgumentError("SGD: nesterov=True needs a momentum > 0, got 0.0; a usual value is 0.9")

    @property
    def initial_slots(self) -> dict[str, float]:
        """The velocity v, where there is momentum."""
        return {"momentum": 0.0} if self.momentum else {}

    def columns(self, steps: Array, rates: Array) -> dict[str, Array]:
        """Return the rates."""
        return {"rate": rates}

    def update(self, weights: Array, gradient: Array, slots: Mapping[str, Array], scalars: Scalars) -> None:
        """Apply the rule once, in place."""
        step = gradient * scalars.rate
        if self.momentum:
            velocity = slots["momentum"]
            velocity *= self.momentum
            velocity -= step
            if not self.nesterov:
                weights += velocity
                return
            weights += np.multiply(velocity, self.momentum)
        weights -= step
