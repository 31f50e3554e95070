"""Analysis: what a network does and why; each function loads with its module when it is first used."""

from typing import TYPE_CHECKING

from chainrule.lazy import loader

if TYPE_CHECKING:
    from chainrule.analysis.drawing.draw import draw
    from chainrule.analysis.drawing.drawing import Drawing
    from chainrule.analysis.explanation.explain import explain_gradient
    from chainrule.analysis.explanation.gradient_explanation import GradientExplanation
    from chainrule.analysis.explanation.traces import Trace, trace
    from chainrule.analysis.plots.calibration import plot_calibration
    from chainrule.analysis.plots.confusion import plot_confusion
    from chainrule.analysis.plots.curves import plot_curves
    from chainrule.analysis.plots.plot import plot
    from chainrule.analysis.plots.ranking import plot_roc
    from chainrule.analysis.plots.residuals import plot_residuals
    from chainrule.analysis.plots.weights import plot_weights
    from chainrule.analysis.predictions import Predictions, predictions
    from chainrule.analysis.surfaces.activation_maps import activation_maps
    from chainrule.analysis.surfaces.activations import plot_activation
    from chainrule.analysis.surfaces.boundary import decision_boundary
    from chainrule.analysis.surfaces.perceptron_line import perceptron_line

__all__ = [
    "Drawing",
    "GradientExplanation",
    "Predictions",
    "Trace",
    "activation_maps",
    "decision_boundary",
    "draw",
    "explain_gradient",
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
    "trace",
]

_HOMES = {  # public name -> module of this package
    "Drawing": "drawing.drawing",
    "GradientExplanation": "explanation.gradient_explanation",
    "Predictions": "predictions",
    "Trace": "explanation.traces",
    "activation_maps": "surfaces.activation_maps",
    "decision_boundary": "surfaces.boundary",
    "draw": "drawing.draw",
    "explain_gradient": "explanation.explain",
    "perceptron_line": "surfaces.perceptron_line",
    "plot": "plots.plot",
    "plot_activation": "surfaces.activations",
    "plot_calibration": "plots.calibration",
    "plot_confusion": "plots.confusion",
    "plot_curves": "plots.curves",
    "plot_residuals": "plots.residuals",
    "plot_roc": "plots.ranking",
    "plot_weights": "plots.weights",
    "predictions": "predictions",
    "trace": "explanation.traces",
}
_NEEDS = {"matplotlib": ("matplotlib", "plot"), "optuna": ("optuna", "search")}
__getattr__ = loader(__name__, _HOMES, _NEEDS)


def __dir__() -> list[str]:
    return __all__
