"""Analysis: what a network does and why; each function loads with its module when it is first used."""

from typing import TYPE_CHECKING

from chainrule.lazy import loader

if TYPE_CHECKING:
    from chainrule.analysis.answers import Predictions, predictions
    from chainrule.analysis.batch_noise import BatchNoise, GradientNoise, gradient_noise
    from chainrule.analysis.capacity import Capacity, CapacityComparison, compare_capacities
    from chainrule.analysis.diagnosis import Diagnosis, diagnose
    from chainrule.analysis.drawing.draw import draw
    from chainrule.analysis.drawing.drawing import Drawing
    from chainrule.analysis.explanation.explain import explain_gradient
    from chainrule.analysis.explanation.gradient_explanation import GradientExplanation
    from chainrule.analysis.explanation.traces import Trace, trace
    from chainrule.analysis.learning_rate import find_learning_rate
    from chainrule.analysis.learning_rate_curve import LearningRateCurve
    from chainrule.analysis.plots.calibration import plot_calibration
    from chainrule.analysis.plots.confusion import plot_confusion
    from chainrule.analysis.plots.curves import plot_curves
    from chainrule.analysis.plots.plot import plot
    from chainrule.analysis.plots.ranking import plot_roc
    from chainrule.analysis.plots.residuals import plot_residuals
    from chainrule.analysis.plots.weights import plot_weights
    from chainrule.analysis.reporting.compose import HtmlReport, report
    from chainrule.analysis.search_space import Range, SearchSpace
    from chainrule.analysis.study import Trial
    from chainrule.analysis.surfaces.activation_maps import activation_maps
    from chainrule.analysis.surfaces.activations import plot_activation
    from chainrule.analysis.surfaces.boundary import decision_boundary
    from chainrule.analysis.surfaces.perceptron_line import perceptron_line
    from chainrule.analysis.sweep_result import SweepResult
    from chainrule.analysis.sweeps import sweep

__all__ = [
    "BatchNoise",
    "Capacity",
    "CapacityComparison",
    "Diagnosis",
    "Drawing",
    "GradientExplanation",
    "GradientNoise",
    "HtmlReport",
    "LearningRateCurve",
    "Predictions",
    "Range",
    "SearchSpace",
    "SweepResult",
    "Trace",
    "Trial",
    "activation_maps",
    "compare_capacities",
    "decision_boundary",
    "diagnose",
    "draw",
    "explain_gradient",
    "find_learning_rate",
    "gradient_noise",
    "perceptron_line",
    "plot",
    "plot_activation",
    "plot_calibration",
    "plot_confusion",
    "plot_curves",
    "plot_residuals",
    "plot_roc",
    "plot_weights",
    "predictions",
    "report",
    "sweep",
    "trace",
]

_HOMES = {  # public name -> module of this package
    "BatchNoise": "batch_noise",
    "Capacity": "capacity",
    "CapacityComparison": "capacity",
    "Diagnosis": "diagnosis",
    "Drawing": "drawing.drawing",
    "GradientExplanation": "explanation.gradient_explanation",
    "GradientNoise": "batch_noise",
    "HtmlReport": "reporting.compose",
    "LearningRateCurve": "learning_rate_curve",
    "Predictions": "answers",
    "Range": "search_space",
    "SearchSpace": "search_space",
    "SweepResult": "sweep_result",
    "Trace": "explanation.traces",
    "Trial": "study",
    "activation_maps": "surfaces.activation_maps",
    "compare_capacities": "capacity",
    "decision_boundary": "surfaces.boundary",
    "diagnose": "diagnosis",
    "draw": "drawing.draw",
    "explain_gradient": "explanation.explain",
    "find_learning_rate": "learning_rate",
    "gradient_noise": "batch_noise",
    "perceptron_line": "surfaces.perceptron_line",
    "plot": "plots.plot",
    "plot_activation": "surfaces.activations",
    "plot_calibration": "plots.calibration",
    "plot_confusion": "plots.confusion",
    "plot_curves": "plots.curves",
    "plot_residuals": "plots.residuals",
    "plot_roc": "plots.ranking",
    "plot_weights": "plots.weights",
    "predictions": "answers",
    "report": "reporting.compose",
    "sweep": "sweeps",
    "trace": "explanation.traces",
}
_NEEDS = {"matplotlib": ("matplotlib", "plot"), "optuna": ("optuna", "search")}
__getattr__ = loader(__name__, _HOMES, _NEEDS)


def __dir__() -> list[str]:
    return __all__
