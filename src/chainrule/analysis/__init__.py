"""Analysis: what a network does and why; each function loads with its module when it is first used."""

from typing import TYPE_CHECKING

from chainrule.lazy import loader

if TYPE_CHECKING:
    from chainrule.analysis.explanation.explain import explain_gradient
    from chainrule.analysis.explanation.gradient_explanation import GradientExplanation
    from chainrule.analysis.explanation.traces import Trace, trace

__all__ = [
    "GradientExplanation",
    "Trace",
    "explain_gradient",
    "trace",
]

_HOMES = {  # public name -> module of this package
    "GradientExplanation": "explanation.gradient_explanation",
    "Trace": "explanation.traces",
    "explain_gradient": "explanation.explain",
    "trace": "explanation.traces",
}
_NEEDS = {"matplotlib": ("matplotlib", "plot"), "optuna": ("optuna", "search")}
__getattr__ = loader(__name__, _HOMES, _NEEDS)


def __dir__() -> list[str]:
    return __all__
