"""Objects that know the arguments they were made with: layers, losses, optimisers, metrics, callbacks."""

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, Self, TypeVar
from weakref import WeakKeyDictionary

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


class _Constructor(NamedTuple):
    signature: inspect.Signature
    named: frozenset[str]
    takes_any: bool  # **kwargs that no base class names


def _named(init: Any) -> tuple[inspect.Signature, frozenset[str], bool]:
    signature = inspect.signature(init)
    kinds = {name: p.kind for name, p in signature.parameters.items() if name != "self"}
    named = frozenset(n for n, kind in kinds.items() if kind not in (kind.VAR_POSITIONAL, kind.VAR_KEYWORD))
    return signature, named, any(kind is kind.VAR_KEYWORD for kind in kinds.values())


_CONSTRUCTORS: WeakKeyDictionary[type, _Constructor] = WeakKeyDictionary()  # inspecting takes longer than making


def _constructor(cls: type) -> _Constructor:
    """Return what a class's constructor takes; ``**kwargs`` are followed up the base classes."""
    known = _CONSTRUCTORS.get(cls)
    if known is not None:
        return known
    inits = [vars(base)["__init__"] for base in cls.__mro__ if "__init__" in vars(base) and base is not object]
    signature, named, open_ended = _named(inits[0]) if inits else (inspect.Signature(), frozenset(), False)
    for init in inits[1:]:
        if not open_ended:
            break
        _, more, open_ended = _named(init)
        named |= more
    return _CONSTRUCTORS.setdefault(cls, _Constructor(signature, named, open_ended))


def unknown_argument(where: str, name: str, known: frozenset[str]) -> UnknownArgumentError:
    """Build the error for an argument ``name`` that ``where`` does not have."""
    alias = ALIASES.get(name)
    hint = f"; did you mean {alias!r}?" if alias in known else did_you_mean(name, known)
    return UnknownArgumentError(f"{where} has no argument {name!r}{hint}")


P = ParamSpec("P")
R = TypeVar("R")


def named_arguments(function: Callable[P, R], **parts: type) -> Callable[P, R]:
    """Make a function or method answer a misspelt argument with "did you mean", as constructors do.

    Parameters
    ----------
    function : function
    parts : class by the name of an argument
        What the argument is an object of; an argument of that class given to the function itself is told so.

    Examples
    --------
    >>> @named_arguments
    ... def fit(epochs=1):
    ...     return epochs
    >>> fit(nb_epoch=3)
    Traceback (most recent call last):
    chainrule.errors.UnknownArgumentError: fit has no argument 'nb_epoch'; did you mean 'epochs'?
    """
    known = frozenset(inspect.signature(function).parameters) - {"self"}
    inside = {name: (part, cls) for part, cls in parts.items() for name in inspect.signature(cls).parameters}

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in kwargs.items():
            if name not in known and name in inside:
                part, cls = inside[name]
                hint = f"write {part}={cls.__name__}({name}={value!r:.60})"
                raise UnknownArgumentError(f"{function.__name__} takes {name} as a part of {part}; {hint}")
            if name not in known:
                raise unknown_argument(function.__name__, name, known)
        return function(*args, **kwargs)

    return checked


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
        signature, known, takes_any = _constructor(cls)
        for name in kwargs:
            if name not in known and not takes_any:
                raise unknown_argument(cls.__name__, name, known)
        instance = super().__new__(cls)
        try:
            bound = signature.bind_partial(instance, *args, **kwargs).arguments
        except TypeError:  # too many positional arguments: __init__ itself says so
            bound = {}
        given = {name: value for name, value in bound.items() if name in known}
        instance._arguments = given | {name: value for name, value in kwargs.items() if name not in given}
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


def snake_case(name: str) -> str:
    """Return the name of a class as the name that its objects have.

    Examples
    --------
    >>> snake_case("BatchNormalization"), snake_case("MLPBlock"), snake_case("F1Score"), snake_case("AUC")
    ('batch_normalization', 'mlp_block', 'f1_score', 'auc')
    """
    return _WORD_STARTS.sub("_", name).lower()


_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
