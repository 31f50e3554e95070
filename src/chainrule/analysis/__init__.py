"""Analysis: what a network does and why; each function loads with its module when it is first used."""

from typing import TYPE_CHECKING

from chainrule.lazy import loader

if TYPE_CHECKING:
    from chainrule.analysis.search_space import Range, SearchSpace
    from chainrule.analysis.study import Trial
    from chainrule.analysis.sweep_result import SweepResult
    from chainrule.analysis.sweeps import sweep

__all__ = ["Range", "SearchSpace", "SweepResult", "Trial", "sweep"]

_HOMES = {  # public name -> module of this package
    "Range": "search_space",
    "SearchSpace": "search_space",
    "SweepResult": "sweep_result",
    "Trial": "study",
    "sweep": "sweeps",
}
_NEEDS = {"matplotlib": ("matplotlib", "plot"), "optuna": ("optuna", "search")}
__getattr__ = loader(__name__, _HOMES, _NEEDS)


def __dir__() -> list[str]:
    return __all__
