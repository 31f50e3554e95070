"""Analysis: what a network does and why; each function loads with its module when it is first used."""

from typing import TYPE_CHECKING

from chainrule.lazy import loader

if TYPE_CHECKING:
    from chainrule.analysis.diagnosis import Diagnosis, diagnose

__all__ = ["Diagnosis", "diagnose"]

_HOMES = {"Diagnosis": "diagnosis", "diagnose": "diagnosis"}  # public name -> module of this package
_NEEDS = {"matplotlib": ("matplotlib", "plot"), "optuna": ("optuna", "search")}
__getattr__ = loader(__name__, _HOMES, _NEEDS)


def __dir__() -> list[str]:
    return __all__
