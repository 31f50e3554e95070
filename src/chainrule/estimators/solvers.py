"""The optimisers behind the name of a solver."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from chainrule.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Optimizer
from chainrule.optimizers.schedules import Schedule


def make_optimizer(parameters: Mapping[str, Any]) -> Optimizer:
    """Return a new optimiser for the constructor arguments of an estimator.

    "sgd" takes ``momentum`` and ``nesterovs_momentum``, "adam" and "adamw" take ``beta_1``, ``beta_2`` and
    ``epsilon``; the others have their own defaults beside the learning rate. An Optimizer is copied.

    Examples
    --------
    >>> make_optimizer({"solver": "rmsprop", "learning_rate": "constant", "learning_rate_init": 0.01})
    RMSprop(learning_rate=0.01)
    """
    solver = parameters["solver"]
    if isinstance(solver, Optimizer):
        optimizer = deepcopy(solver)
        if isinstance(parameters["learning_rate"], Schedule):
            optimizer.learning_rate = parameters["learning_rate"]
        return optimizer
    given = parameters["learning_rate"]
    rate = given if isinstance(given, Schedule) else parameters["learning_rate_init"]
    cls = OPTIMIZERS[solver]
    if cls is SGD:
        momentum = parameters["momentum"]
        return SGD(rate, momentum, nesterov=bool(parameters["nesterovs_momentum"] and momentum))
    if cls in (Adam, AdamW):
        return cls(rate, **{name: parameters[name] for name in ("beta_1", "beta_2", "epsilon")})
    return cls(rate)
