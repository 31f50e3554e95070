"""Adagrad: each weight's rate falls with the gradients it has seen."""

from collections.abc import Mapping
from typing import Unpack

import numpy as np

from chainrule.arrays import Array
from chainrule.optimizers.optimizer import Optimizer, OptimizerOptions
from chainrule.optimizers.ranges import not_negative, positive
from chainrule.optimizers.scalars import Scalars
from chainrule.optimizers.schedules import Schedule


class Adagrad(Optimizer):
    """Adagrad: divide each step by the root of the sum of all squared gradients so far.

        s <- s + g^2
        w <- w - rate g / sqrt(s + epsilon)

    Parameters
    ----------
    learning_rate : float > 0, or a Schedule
    initial_accumulator_value : float >= 0, where s starts
    epsilon : float > 0, keeps the division finite
    weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, name
        see :class:`~chainrule.optimizers.optimizer.Optimizer`

    Examples
    --------
    >>> import numpy as np
    >>> optimizer = Adagrad(learning_rate=0.5, initial_accumulator_value=0.0)
    >>> weights = np.array([1.0])
    >>> scalars = optimizer.scalar_table(0, 1, "float64").row(0)
    >>> optimizer.update(weights, np.array([2.0]), optimizer.init_state(1, "float64"), scalars)
    >>> weights.round(4)
    array([0.5])

    References
    ----------
    Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", 2011.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = not_negative(
            "Adagrad", "initial_accumulator_value", initial_accumulator_value, usual=0.1
        )
        self.epsilon = positive("Adagrad", "epsilon", epsilon, usual=1e-7)

    @property
    def initial_slots(self) -> dict[str, float]:
        """The sum of squares s."""
        return {"accumulator": self.initial_accumulator_value}

    def columns(self, steps: Array, rates: Array) -> dict[str, Array]:
        """Return the rates."""
        return {"rate": rates}

    def update(self, weights: Array, gradient: Array, slots: Mapping[str, Array], scalars: Scalars) -> None:
        """Apply the rule once, in place."""
        accumulator = slots["accumulator"]
        work = gradient * gradient
        accumulator += work
        np.add(accumulator, self.epsilon, out=work)
        np.sqrt(work, out=work)
        np.divide(gradient, work, out=work)
        work *= scalars.rate
        weights -= work
