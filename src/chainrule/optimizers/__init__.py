"""Optimisers: the rules that turn gradients into better weights."""

from typing import Any

from chainrule.configurable import lookup
from chainrule.errors import ArgumentError
from chainrule.optimizers import schedules
from chainrule.optimizers.adadelta import Adadelta
from chainrule.optimizers.adagrad import Adagrad
from chainrule.optimizers.adam import Adam, AdamW
from chainrule.optimizers.optimizer import Optimizer
from chainrule.optimizers.rmsprop import RMSprop
from chainrule.optimizers.scalars import Scalars, ScalarTable
from chainrule.optimizers.segments import Segment
from chainrule.optimizers.sgd import SGD

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "ScalarTable",
    "Scalars",
    "Segment",
    "get",
    "schedules",
]

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "adadelta": Adadelta,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
}


def get(identifier: Any) -> Optimizer:
    """Return the optimiser of a name, in upper or lower case, with its defaults; an optimiser itself passes.

    Raises
    ------
    UnknownNameError
        No optimiser has this name; the message suggests the nearest.

    Examples
    --------
    >>> get("adam")
    Adam()
    >>> get("adma")
    Traceback (most recent call last):
    chainrule.errors.UnknownNameError: unknown optimizer 'adma'; did you mean 'adam'?
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str):
        name = identifier.lower() if identifier.lower() in OPTIMIZERS else identifier
        optimizer: Optimizer = lookup("optimizer", name, OPTIMIZERS)()
        return optimizer
    hint = f"; write {identifier.__name__}()" if isinstance(identifier, type) else ""
    raise ArgumentError(f"optimizer must be a name or an Optimizer, got {identifier!r}{hint}")
