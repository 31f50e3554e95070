"""Adadelta: steps in the units of the weights."""

from collections.abc import Mapping
from typing import Unpack

import numpy as np

from chainrule.arrays import Array
from chainrule.optimizers.optimizer import Optimizer, OptimizerOptions
from chainrule.optimizers.ranges import fraction, positive
from chainrule.optimizers.scalars import Scalars
from chainrule.optimizers.schedules import Schedule


class Adadelta(Optimizer):
    """Adadelta: the gradient times the root mean square of the last steps, over that of the last gradients.

        s <- rho s + (1 - rho) g^2
        d  = g sqrt(u + epsilon) / sqrt(s + epsilon)
        u <- rho u + (1 - rho) d^2
        w <- w - rate d

    u starts from zero, so the first steps are tiny; the paper's own rate is 1.

    Parameters
    ----------
    learning_rate : float > 0, or a Schedule
    rho : float in [0, 1), how much of the mean squares s and u is kept at each step
    epsilon : float > 0, keeps the division finite and sets the size of the first steps
    weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, name
        see :class:`~chainrule.optimizers.optimizer.Optimizer`

    Examples
    --------
    >>> import numpy as np
    >>> optimizer = Adadelta(learning_rate=1.0, epsilon=1e-4)
    >>> weights = np.array([1.0])
    >>> scalars = optimizer.scalar_table(0, 1, "float64").row(0)
    >>> optimizer.update(weights, np.array([2.0]), optimizer.init_state(1, "float64"), scalars)
    >>> weights.round(4)
    array([0.9553])

    References
    ----------
    Zeiler, "ADADELTA: an adaptive learning rate method", 2012, arXiv:1212.5701.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = fraction("Adadelta", "rho", rho, usual=0.95)
        self.epsilon = positive("Adadelta", "epsilon", epsilon, usual=1e-7)

    @property
    def initial_slots(self) -> dict[str, float]:
        """The mean squares s of the gradients and u of the steps."""
        return {"mean_square": 0.0, "step_mean_square": 0.0}

    def columns(self, steps: Array, rates: Array) -> dict[str, Array]:
        """Return the rates."""
        return {"rate": rates}

    def update(self, weights: Array, gradient: Array, slots: Mapping[str, Array], scalars: Scalars) -> None:
        """Apply the rule once, in place."""
        s, u = slots["mean_square"], slots["step_mean_square"]
        work = gradient * gradient
        work *= 1 - self.rho
        s *= self.rho
        s += work
        delta = u + self.epsilon
        np.add(s, self.epsilon, out=work)
        delta /= work
        np.sqrt(delta, out=delta)
        delta *= gradient
        np.multiply(delta, delta, out=work)
        work *= 1 - self.rho
        u *= self.rho
        u += work
        delta *= scalars.rate
        weights -= delta
