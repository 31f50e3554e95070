"""The schedules that a training on a table can have: by name, from the peak and the number of steps."""

from collections.abc import Callable
from typing import Any

from chainrule.configurable import lookup
from chainrule.errors import ArgumentError
from chainrule.optimizers.schedules import (
    Constant,
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
    Schedule,
    WarmUp,
)

WARM_UP = 0.1  # share of the steps in which the rate rises
_END = 0.01  # of the peak: where an exponential fall ends

_FALLS: dict[str, Callable[[float, int], Schedule]] = {  # from the peak, in so many steps after the warm-up
    "cosine_restarts": lambda peak, steps: CosineDecayRestarts(peak, steps / 7),  # three periods: 1 + 2 + 4
    "exponential": lambda peak, steps: ExponentialDecay(peak, steps, _END),
    "inverse_time": lambda peak, steps: InverseTimeDecay(peak, steps, 1 / _END - 1),
    "linear": lambda peak, steps: PolynomialDecay(peak, steps, end_learning_rate=0.0),
    "step": lambda peak, steps: PiecewiseConstantDecay([steps / 2, steps * 3 / 4], [peak, peak / 10, peak / 100]),
}
SCHEDULES = ("constant", "cosine", "one_cycle", *_FALLS)


def check_schedule(schedule: Any, learning_rate: float | None = None) -> str | Schedule:
    """Return a schedule as it is, or its name in its one form; a dash in it counts as an underscore.

    Raises
    ------
    ArgumentError
        It is neither, or a Schedule that is given a peak too: it says the rates itself.

    Examples
    --------
    >>> check_schedule("one-cycle")
    'one_cycle'
    >>> check_schedule("cosin")
    Traceback (most recent call last):
    chainrule.errors.UnknownNameError: unknown schedule 'cosin'; did you mean 'cosine'?
    """
    if isinstance(schedule, Schedule):
        if learning_rate is not None:
            raise ArgumentError(
                f"schedule={schedule!r} says the rate of every step itself; leave learning_rate={learning_rate!r} out"
            )
        return schedule
    if not isinstance(schedule, str):
        raise ArgumentError(f"schedule must be one of {', '.join(SCHEDULES)}, or a Schedule, got {schedule!r}")
    known: str = lookup("schedule", schedule.replace("-", "_"), {one: one for one in SCHEDULES})
    return known


def make_schedule(name: str | Schedule, peak: float, steps: int) -> Schedule:
    """Return a schedule over so many steps; one that is made already as it is.

    "constant" stays at the peak. "one_cycle" rises to it for 30 % of the steps, then falls to nearly 0. The others
    rise for a tenth of the steps, then fall: "cosine" and "linear" to 0, "exponential" and "inverse_time" to a
    hundredth, "step" to a tenth half-way and a hundredth after three quarters; "cosine_restarts" falls to 0 three
    times, each time for twice as long.

    Examples
    --------
    >>> import numpy as np
    >>> make_schedule("linear", 1.0, 20)(np.array([0, 1, 2, 11, 20]))
    array([0.5 , 0.75, 1.  , 0.5 , 0.  ])
    """
    if isinstance(name, Schedule):
        return name
    if name == "constant" or (name == "one_cycle" and steps < 2):
        return Constant(peak)
    if name == "one_cycle":
        return OneCycle(peak, steps)
    warm_up = int(WARM_UP * steps)
    rest = steps - warm_up
    if name == "cosine":
        return CosineDecay(peak / max(1, warm_up), rest, warmup_target=peak, warmup_steps=warm_up)
    fall = _FALLS[name](peak, rest)
    return WarmUp(fall, warm_up, 1 / warm_up) if warm_up > 1 else fall
