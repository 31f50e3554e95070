"""Analysis: what a network does and why; each function loads with its module when it is first used."""

from typing import TYPE_CHECKING

from chainrule.lazy import loader

if TYPE_CHECKING:
    from chainrule.analysis.batch_noise import BatchNoise, GradientNoise, gradient_noise
    from chainrule.analysis.capacity import Capacity, CapacityComparison, compare_capacities
    from chainrule.analysis.diagnosis import Diagnosis, diagnose
    from chainrule.analysis.explanation.explain import explain_gradient
    from chainrule.analysis.explanation.gradient_explanation import GradientExplanation
    from chainrule.analysis.explanation.traces import Trace, trace
    from chainrule.analysis.learning_rate import find_learning_rate
    from chainrule.analysis.learning_rate_curve import LearningRateCurve
    from chainrule.analysis.reporting.compose import HtmlReport, report
    from chainrule.analysis.search_space import Range, SearchSpace
    from chainrule.analysis.study import Trial
    from chainrule.analysis.sweep_result import SweepResult
    from chainrule.analysis.sweeps import sweep

__all__ = [
    "BatchNoise",
    "Capacity",
    "CapacityComparison",
    "Diagnosis",
    "GradientExplanation",
    "GradientNoise",
    "HtmlReport",
    "LearningRateCurve",
    "Range",
    "SearchSpace",
    "SweepResult",
    "Trace",
    "Trial",
    "compare_capacities",
    "diagnose",
    "explain_gradient",
    "find_learning_rate",
    "gradient_noise",
    "report",
    "sweep",
    "trace",
]

_HOMES = {  # public name -> module of this package
    "BatchNoise": "batch_noise",
    "Capacity": "capacity",
    "CapacityComparison": "capacity",
    "Diagnosis": "diagnosis",
    "GradientExplanation": "explanation.gradient_explanation",
    "GradientNoise": "batch_noise",
    "HtmlReport": "reporting.compose",
    "LearningRateCurve": "learning_rate_curve",
    "Range": "search_space",
    "SearchSpace": "search_space",
    "SweepResult": "sweep_result",
    "Trace": "explanation.traces",
    "Trial": "study",
    "compare_capacities": "capacity",
    "diagnose": "diagnosis",
    "explain_gradient": "explanation.explain",
    "find_learning_rate": "learning_rate",
    "gradient_noise": "batch_noise",
    "report": "reporting.compose",
    "sweep": "sweeps",
    "trace": "explanation.traces",
}
_NEEDS = {"matplotlib": ("matplotlib", "plot"), "optuna": ("optuna", "search")}
__getattr__ = loader(__name__, _HOMES, _NEEDS)


def __dir__() -> list[str]:
    return __all__
