"""The constructor arguments of MLPClassifier and MLPRegressor: their ranges, checked when fit begins."""

from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any

import numpy as np

from chainrule.arrays import float_dtype, is_number, whole_number
from chainrule.configurable import lookup
from chainrule.errors import ArgumentError
from chainrule.estimators.rate_schedule import SCHEDULES
from chainrule.optimizers import OPTIMIZERS, Optimizer
from chainrule.optimizers.schedules import Schedule

LBFGS = "lbfgs"
SOLVERS: dict[str, Any] = {LBFGS: None, **OPTIMIZERS}
RATE_RULES = ("constant", "invscaling", "adaptive")
NORMALIZATIONS = (None, "batch", "layer")

Range = tuple[str, Callable[[Any], bool]]


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= least


def _number(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: is_number(value) and bool(fits(value))


def _flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


NOT_NEGATIVE: Range = ("a number >= 0", _number(lambda v: 0 <= v < inf))
POSITIVE: Range = ("a number > 0", _number(lambda v: 0 < v < inf))
FRACTION: Range = ("a number in [0, 1)", _number(lambda v: 0 <= v < 1))
COUNT: Range = ("an integer >= 1", _whole(1))
FLAG: Range = ("True or False", _flag)
RANGES: dict[str, Range] = {
    "alpha": NOT_NEGATIVE,
    "batch_size": ("'auto' or an integer >= 1", lambda v: (isinstance(v, str) and v == "auto") or _whole(1)(v)),
    "learning_rate": (
        "'constant', 'invscaling', 'adaptive', the name of a schedule, or a Schedule",
        lambda v: isinstance(v, Schedule | str),
    ),
    "learning_rate_init": POSITIVE,
    "power_t": NOT_NEGATIVE,
    "max_iter": COUNT,
    "shuffle": FLAG,
    "tol": NOT_NEGATIVE,
    "verbose": ("True, False or an integer >= 0", lambda v: _flag(v) or _whole(0)(v)),
    "warm_start": FLAG,
    "momentum": FRACTION,
    "nesterovs_momentum": FLAG,
    "early_stopping": FLAG,
    "validation_fraction": FRACTION,
    "beta_1": FRACTION,
    "beta_2": FRACTION,
    "epsilon": POSITIVE,
    "n_iter_no_change": ("an integer >= 1 or infinity", lambda v: _whole(1)(v) or (is_number(v) and v == inf)),
    "max_fun": COUNT,
    "normalization": ("None, 'batch' or 'layer'", lambda v: v is None or (isinstance(v, str) and v in NORMALIZATIONS)),
    "restore_best_weights": FLAG,
}


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Refuse what is outside its range; what needs the hidden layers is checked when they are made.

    Examples
    --------
    >>> check_parameters({"alpha": -1})
    Traceback (most recent call last):
    chainrule.errors.ArgumentError: alpha must be a number >= 0, got -1
    """
    for name, (words, fits) in RANGES.items():
        if name in parameters and not fits(parameters[name]):
            raise ArgumentError(f"{name} must be {words}, got {parameters[name]!r}")
    rate = parameters.get("learning_rate", RATE_RULES[0])
    if isinstance(rate, str):
        lookup("learning_rate", rate.replace("-", "_"), dict.fromkeys((*RATE_RULES, *SCHEDULES)))
    check_solver(parameters.get("solver", LBFGS))
    if parameters.get("dtype") is not None:
        float_dtype(parameters["dtype"])


def check_solver(solver: Any) -> None:
    """Refuse what is neither the name of a solver nor an Optimizer."""
    if isinstance(solver, Optimizer):
        return
    if not isinstance(solver, str):
        raise ArgumentError(f"solver must be one of {', '.join(SOLVERS)}, or an Optimizer, got {solver!r}")
    lookup("solver", solver, SOLVERS)


def hidden_units(sizes: Any) -> list[int]:
    """Return the units of the hidden layers; a single number is one layer.

    Examples
    --------
    >>> hidden_units((64, 32)), hidden_units(100), hidden_units([])
    ([64, 32], [100], [])
    """
    listed = sizes if isinstance(sizes, Iterable) and not isinstance(sizes, str) else [sizes]
    return [whole_number("each of hidden_layer_sizes", units, least=1) for units in listed]


def per_layer(name: str, value: Any, layers: int) -> list[Any]:
    """Return one value for each hidden layer; what is no list counts for all of them.

    Examples
    --------
    >>> per_layer("dropout", 0.5, 2), per_layer("activation", ["relu", "tanh"], 2)
    ([0.5, 0.5], ['relu', 'tanh'])
    """
    if not isinstance(value, list | tuple | np.ndarray):
        return [value] * layers
    if len(value) != layers:
        raise ArgumentError(f"{name} has {len(value)} entries for {layers} hidden layers; give one for each layer")
    return list(value)
