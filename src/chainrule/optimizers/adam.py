"""Adam, and AdamW: Adam with weight decay."""

import math
from collections.abc import Mapping
from typing import Unpack

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.optimizers.optimizer import Optimizer, OptimizerOptions, OptionsWithoutDecay
from chainrule.optimizers.ranges import fraction, positive
from chainrule.optimizers.scalars import Scalars
from chainrule.optimizers.schedules import Schedule


class Adam(Optimizer):
    """Adam: steps along the mean gradient, divided by the root mean square of the gradient.

        m <- m + (1 - beta_1) (g - m)
        v <- v + (1 - beta_2) (g^2 - v)
        w <- w - rate_t m / (sqrt(v) + epsilon),   rate_t = rate sqrt(1 - beta_2^t) / (1 - beta_1^t)

    t counts from 1; ``rate_t`` undoes that m and v start from zero. With ``amsgrad``, the largest v so far
    takes the place of v in the last line.

    Parameters
    ----------
    learning_rate : float > 0, or a Schedule
    beta_1 : float in [0, 1), how much of the mean gradient m is kept at each step
    beta_2 : float in [0, 1), how much of the mean square v is kept at each step
    epsilon : float > 0, keeps the division finite
    amsgrad : bool
    weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, name
        see :class:`~chainrule.optimizers.optimizer.Optimizer`

    Examples
    --------
    The first step is as long as the rate, whatever the size of the gradient:

    >>> import numpy as np
    >>> optimizer = Adam(learning_rate=0.5)
    >>> weights = np.array([1.0, 2.0])
    >>> scalars = optimizer.scalar_table(0, 1, "float64").row(0)
    >>> optimizer.update(weights, np.array([100.0, -1.0]), optimizer.init_state(2, "float64"), scalars)
    >>> weights.round(4)
    array([0.5, 2.5])

    References
    ----------
    Kingma & Ba, "Adam: a method for stochastic optimization", 2014, arXiv:1412.6980 (epsilon as in the last
    paragraph of its section 2). Reddi, Kale & Kumar, "On the convergence of Adam and beyond", 2018 (AMSGrad).
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        owner = type(self).__name__
        self.beta_1 = fraction(owner, "beta_1", beta_1, usual=0.9)
        self.beta_2 = fraction(owner, "beta_2", beta_2, usual=0.999)
        self.epsilon = positive(owner, "epsilon", epsilon, usual=1e-7)
        self.amsgrad = amsgrad

    @property
    def initial_slots(self) -> dict[str, float]:
        """The means m and v, and with AMSGrad the largest v."""
        slots = {"momentum": 0.0, "velocity": 0.0}
        return {**slots, "velocity_max": 0.0} if self.amsgrad else slots

    def columns(self, steps: Array, rates: Array) -> dict[str, Array]:
        """Return the rates with their bias correction."""
        t = steps + 1.0
        return {"rate": rates * np.sqrt(_correction(self.beta_2, t)) / _correction(self.beta_1, t)}

    def update(self, weights: Array, gradient: Array, slots: Mapping[str, Array], scalars: Scalars) -> None:
        """Apply the rule once, in place."""
        m, v = slots["momentum"], slots["velocity"]
        work = gradient - m
        work *= 1 - self.beta_1
        m += work
        np.multiply(gradient, gradient, out=work)
        work -= v
        work *= 1 - self.beta_2
        v += work
        if self.amsgrad:
            v = np.maximum(v, slots["velocity_max"], out=slots["velocity_max"])
        np.sqrt(v, out=work)
        work += self.epsilon
        np.divide(m, work, out=work)
        work *= scalars.rate
        weights -= work


class AdamW(Adam):
    """AdamW: Adam that also takes a share of each weight away, apart from the gradient.

        w <- w - weight_decay rate w,   then Adam's step

    Parameters
    ----------
    learning_rate : float > 0, or a Schedule
    weight_decay : float >= 0
    beta_1, beta_2, epsilon, amsgrad
        see :class:`Adam`
    clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, name
        see :class:`~chainrule.optimizers.optimizer.Optimizer`

    Examples
    --------
    >>> AdamW(learning_rate=0.01).weight_decay
    0.004

    References
    ----------
    Loshchilov & Hutter, "Decoupled weight decay regularization", 2019, arXiv:1711.05101.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        amsgrad: bool = False,
        **options: Unpack[OptionsWithoutDecay],
    ) -> None:
        if weight_decay is None:
            raise ArgumentError("AdamW: weight_decay must be a number >= 0, got None; use Adam to train without")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options)


def _correction(beta: float, t: Array) -> Array:
    """Return ``1 - beta^t`` for ascending t; where that has rounded to 1, beta^t is not computed (powers are slow)."""
    settled = math.log(1e-17) / math.log(beta) if beta > 0 else 1.0
    if len(t) and t[0] >= settled:
        return np.ones(1)
    correction = np.ones(len(t))
    early = t[: np.searchsorted(t, settled)]
    correction[: len(early)] -= beta**early
    return correction
