"""Objects that know the arguments they were made with: layers, losses, optimisers, metrics, callbacks."""

import inspect
from collections.abc import Hashable
from functools import lru_cache
from typing import Any, Self

from chainrule.errors import UnknownArgumentError, UnknownNameError, did_you_mean

# What other libraries, older versions and habit call an argument, and what it is called here.
ALIASES = {
    "p": "rate",
    "lr": "learning_rate",
    "eta": "learning_rate",
    "beta1": "beta_1",
    "beta2": "beta_2",
    "eps": "epsilon",
    "bias": "use_bias",
    "input_dim": "input_shape",
    "out_features": "units",
    "validation_fraction": "validation_split",
    "max_iter": "epochs",
    "nb_epoch": "epochs",
}


@lru_cache(maxsize=512)
def _parameters(cls: Hashable) -> tuple[inspect.Signature, frozenset[str], bool]:
    signature = inspect.signature(cls.__init__)
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items() if name != "self"}
    named = frozenset(n for n, k in kinds.items() if k not in (k.VAR_POSITIONAL, k.VAR_KEYWORD))
    return signature, named, any(kind is kind.VAR_KEYWORD for kind in kinds.values())


def unknown_argument(where: str, name: str, known: frozenset[str]) -> UnknownArgumentError:
    """Build the error for an argument ``name`` that ``where`` does not have."""
    alias = ALIASES.get(name)
    hint = f"; did you mean {alias!r}?" if alias in known else did_you_mean(name, known)
    return UnknownArgumentError(f"{where} has no argument {name!r}{hint}")


class Configurable:
    """Base that records constructor arguments and answers a misspelt one with "did you mean".

    The arguments are looked at before the subclass's ``__init__`` runs, so a subclass does nothing for it.

    Examples
    --------
    >>> class Scale(Configurable):
    ...     def __init__(self, rate=1.0):
    ...         self.rate = rate
    >>> Scale(rate=2.0).get_config()
    {'rate': 2.0}
    >>> Scale(p=2.0)
    Traceback (most recent call last):
    chainrule.errors.UnknownArgumentError: Scale has no argument 'p'; did you mean 'rate'?
    """

    _arguments: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Check the names of the arguments and keep their values."""
        signature, known, takes_any = _parameters(cls)
        if not takes_any:
            for name in kwargs:
                if name not in known:
                    raise unknown_argument(cls.__name__, name, known)
        instance = super().__new__(cls)
        try:
            bound = signature.bind_partial(instance, *args, **kwargs).arguments
        except TypeError:  # too many positional arguments: __init__ itself says so
            bound = {}
        instance._arguments = {name: value for name, value in bound.items() if name in known}
        extra = next((v for n, v in bound.items() if n != "self" and n not in known and isinstance(v, dict)), {})
        instance._arguments.update(extra)
        return instance

    def get_config(self) -> dict[str, Any]:
        """Return the arguments this object was made with, those left at their defaults excluded."""
        return dict(self._arguments)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


def lookup(kind: str, name: str, table: dict[str, Any]) -> Any:
    """Return ``table[name]``; an unknown name raises an error that suggests the nearest one.

    Examples
    --------
    >>> lookup("loss", "msee", {"mse": 1, "mae": 2})
    Traceback (most recent call last):
    chainrule.errors.UnknownNameError: unknown loss 'msee'; did you mean 'mse'?
    """
    if name in table:
        return table[name]
    raise UnknownNameError(f"unknown {kind} {name!r}{did_you_mean(name, table)}")
