"""Analysis: what a network does and why; each function loads with its module when it is first used."""

from typing import TYPE_CHECKING

from chainrule.lazy import loader

if TYPE_CHECKING:
    pass

__all__: list[str] = []

_HOMES: dict[str, str] = {}  # public name -> module of this package
_NEEDS = {"matplotlib": ("matplotlib", "plot"), "optuna": ("optuna", "search")}
__getattr__ = loader(__name__, _HOMES, _NEEDS)


def __dir__() -> list[str]:
    return __all__
