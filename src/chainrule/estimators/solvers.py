"""The optimisers behind the name of a solver."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.estimators.parameters import RATE_RULES
from chainrule.estimators.rate_schedule import check_schedule, make_schedule
from chainrule.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Optimizer
from chainrule.optimizers.schedules import Schedule


def make_optimizer(parameters: Mapping[str, Any], steps: int | None = None) -> Optimizer:
    """Return a new optimiser for the constructor arguments of an estimator.

    "sgd" takes ``momentum`` and ``nesterovs_momentum``, "adam" and "adamw" take ``beta_1``, ``beta_2`` and
    ``epsilon``; the others have their own defaults beside the learning rate. An Optimizer is copied.

    Parameters
    ----------
    parameters : mapping
    steps : int, optional
        Of the whole training, where that is known: a schedule that is named runs over them.

    Examples
    --------
    >>> make_optimizer({"solver": "rmsprop", "learning_rate": "constant", "learning_rate_init": 0.01})
    RMSprop(learning_rate=0.01)
    """
    solver, schedule = parameters["solver"], parameters["learning_rate"]
    if isinstance(solver, Optimizer):
        optimizer = deepcopy(solver)
        optimizer.learning_rate = _rate(schedule, optimizer.learning_rate, steps)
        return optimizer
    rate = _rate(schedule, parameters["learning_rate_init"], steps)
    cls = OPTIMIZERS[solver]
    if cls is SGD:
        momentum = parameters["momentum"]
        return SGD(rate, momentum, nesterov=bool(parameters["nesterovs_momentum"] and momentum))
    if cls in (Adam, AdamW):
        return cls(rate, **{name: parameters[name] for name in ("beta_1", "beta_2", "epsilon")})
    return cls(rate)


def follows_rule(schedule: Any) -> bool:
    """Whether a ``learning_rate`` is one of scikit-learn's rules, which go by the epochs, and not a schedule."""
    return isinstance(schedule, str) and schedule in RATE_RULES


def _rate(schedule: Any, own: Any, steps: int | None) -> Any:
    """Return the rate for a ``learning_rate``: the one there is already, or a schedule of which it is the peak."""
    if follows_rule(schedule):
        return own
    if isinstance(schedule, Schedule):
        return schedule
    if isinstance(own, Schedule):
        raise ArgumentError(f"learning_rate={schedule!r} needs a rate as its peak, and the solver's is {own!r}")
    if steps is None:
        raise ArgumentError(
            f"learning_rate={schedule!r} runs over all steps, and partial_fit can't know how many there will be; give "
            "a Schedule, CosineDecay(0.001, decay_steps=1000) say"
        )
    return make_schedule(check_schedule(schedule), float(own), steps)
