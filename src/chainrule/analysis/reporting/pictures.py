"""Pictures of a report, as SVG inside the page."""

import re
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from chainrule.analysis.drawing.draw import draw
from chainrule.analysis.plots.calibration import plot_calibration
from chainrule.analysis.plots.curves import plot_curves
from chainrule.analysis.plots.residuals import plot_residuals
from chainrule.analysis.reporting.judgement import Judgement
from chainrule.analysis.reporting.page import figure
from chainrule.analysis.reporting.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def network_picture(subject: Subject) -> str:
    """Return the network: units and weights, or blocks where layers are large."""
    caption = "Blue and solid: weights above 0; orange and dashed: below. Large layers are drawn as blocks."
    return figure(draw(subject.model).svg, caption, "network")


def curves_picture(subject: Subject) -> str:
    """Return the curves of the training: all of them where a run folder has them, else what the model file keeps."""
    if subject.run is not None and subject.run.metrics():
        return figure(_svg(plot_curves(subject.run)), "Losses and metrics of each epoch.")
    losses = [np.nan if loss is None else loss for loss in subject.model.report.losses]
    if not np.isfinite(losses).any():
        return ""
    return figure(
        _svg(plot_curves({"val_loss": losses})), "The validation loss of each epoch; a run folder keeps more."
    )


def calibration_picture(subject: Subject, judgement: Judgement) -> str:
    """Return whether probabilities are as often right as they say."""
    plot = plot_calibration(judgement.truth, judgement.probabilities, subject.model.classes)
    return figure(
        _svg(plot), "On the diagonal probabilities can be taken at their word; below it the model is too sure."
    )


def residuals_picture(subject: Subject, judgement: Judgement) -> str:
    """Return predicted over true numbers, and how the errors are spread."""
    plot = plot_residuals(judgement.truth, judgement.answers, subject.model.target.name)
    return figure(_svg(plot), "Left: every point is a row. Right: how far answers are off.")


def _svg(plot: "Figure") -> str:
    """Return a figure as an element of the page, without what a file of its own would begin with."""
    buffer = StringIO()
    plot.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    markup = buffer.getvalue()
    return re.sub(r"\s+xmlns:xlink=\"[^\"]*\"", "", markup[markup.index("<svg") :]).replace("xlink:href", "href")
