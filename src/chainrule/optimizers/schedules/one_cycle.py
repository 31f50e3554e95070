"""One cycle: the rate rises to a high peak, then falls far below where it began."""

from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, did_you_mean
from chainrule.optimizers.ranges import fraction, positive
from chainrule.optimizers.schedules.schedule import Schedule

_ANNEALING = ("cos", "linear")


class OneCycle(Schedule):
    """The rate rises from ``max_lr / div_factor`` to ``max_lr``, then falls to far below: PyTorch's OneCycleLR.

        initial = max_lr / div_factor,  final = initial / final_div_factor
        rate: initial to max_lr until step pct_start total_steps - 1, then to final at step total_steps - 1

    Each way is half a wave of the cosine, or a straight line. With ``three_phase`` the way back takes as many steps as
    the rise and ends at the initial rate; the rest goes on from there to the final one. Later steps stay at it.

    Parameters
    ----------
    max_lr : float > 0, the peak
    total_steps : int > 1
    pct_start : float in [0, 1), the share of the steps in which the rate rises; with ``three_phase`` below 0.5
    anneal_strategy : {"cos", "linear"}
    div_factor : float > 0, the peak by the initial rate
    final_div_factor : float > 0, the initial by the final rate
    three_phase : bool

    Notes
    -----
    PyTorch can make the momentum fall while the rate rises (``cycle_momentum``); here only the rate changes.

    Examples
    --------
    >>> OneCycle(0.1, total_steps=11, pct_start=0.5, anneal_strategy="linear")(np.array([0, 10, 20])).round(9)
    array([4.e-03, 4.e-07, 4.e-07])

    References
    ----------
    Smith & Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2017,
    arXiv:1708.07120.
    """

    def __init__(
        self,
        max_lr: float,
        total_steps: float,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        *,
        name: str = "OneCycle",
    ) -> None:
        self.max_lr = positive(name, "max_lr", max_lr, usual=0.1)
        self.total_steps = positive(name, "total_steps", total_steps, usual=1000)
        if total_steps <= 1:
            raise ArgumentError(f"{name}: total_steps must be a number > 1, got {total_steps!r}")
        self.pct_start = fraction(name, "pct_start", pct_start, usual=0.3)
        if three_phase and pct_start >= 0.5:
            raise ArgumentError(
                f"{name}: pct_start must be below 0.5 with three_phase, got {pct_start!r}: rise and fall take "
                "as many steps each"
            )
        if anneal_strategy not in _ANNEALING:
            raise ArgumentError(
                f"{name}: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}"
                f"{did_you_mean(str(anneal_strategy), _ANNEALING)}"
            )
        self.anneal_strategy = anneal_strategy
        self.div_factor = positive(name, "div_factor", div_factor, usual=25.0)
        self.final_div_factor = positive(name, "final_div_factor", final_div_factor, usual=1e4)
        self.three_phase = three_phase

    def __call__(self, step: Any) -> Array:
        """Return the rates at the steps."""
        initial, rise, last = self.max_lr / self.div_factor, self.pct_start * self.total_steps - 1, self.total_steps - 1
        ends, rates = [rise, last], [initial, self.max_lr, initial / self.final_div_factor]
        if self.three_phase:
            ends, rates = [rise, 2 * rise, last], [initial, self.max_lr, initial, rates[-1]]
        starts, spans = [0.0, *ends[:-1]], np.diff(ends, prepend=0.0)
        spans[spans == 0] = np.inf  # a rise of no step has only its first rate
        step = np.minimum(step, last)
        phase = np.sum(np.greater.outer(step, ends[:-1]), axis=-1)
        done = (step - np.take(starts, phase)) / spans[phase]
        way = (1 - np.cos(np.pi * done)) / 2 if self.anneal_strategy == "cos" else done
        return np.asarray(np.take(rates, phase) * (1 - way) + np.take(rates, phase + 1) * way)
