"""Pictures of a report, as SVG inside the page."""

import re
from io import StringIO
from typing import Any

import numpy as np

from chainrule.analysis.drawing.figures import DASHES, SERIES, new_figure
from chainrule.analysis.reporting.judgement import Judgement
from chainrule.analysis.reporting.page import figure
from chainrule.analysis.reporting.subject import Subject

MOST_POINTS = 2000  # of a scatter plot


def curves_picture(subject: Subject) -> str:
    """Return the losses of the epochs: of training too, where a run folder has them."""
    report = subject.model.report
    curves = {"validation": [np.nan if loss is None else loss for loss in report.losses]}
    if subject.run is not None:
        lines = subject.run.metrics()
        found = {
            "training": [line.get("loss") for line in lines],
            "validation": [line.get("val_loss") for line in lines],
        }
        curves = {name: [np.nan if v is None else v for v in values] for name, values in found.items()}
    curves = {name: values for name, values in curves.items() if np.isfinite(values).any()}
    if not curves:
        return ""
    plot, axis = new_figure(width=7.0, height=3.2)
    for (name, values), colour, dash in zip(curves.items(), SERIES, DASHES, strict=False):
        axis.plot(np.arange(1, len(values) + 1), values, color=colour, linestyle=dash, label=name)
    validation = curves.get("validation")
    if validation is not None and 1 <= report.best_epoch <= len(validation):
        place = report.best_epoch
        axis.plot(place, validation[place - 1], "o", color=SERIES[2], label=f"weights of epoch {place}")
    axis.set_xlabel("epoch")
    axis.set_ylabel("loss")
    axis.legend(frameon=False)
    return figure(_svg(plot), "The loss of each epoch; the point marks the epoch whose weights were kept.")


def calibration_picture(judgement: Judgement, bins: int = 10) -> str:
    """Return how often answers of some confidence are right, against that confidence."""
    assert judgement.probabilities is not None
    confidence = judgement.probabilities[np.arange(len(judgement.truth)), judgement.answers]
    right = judgement.truth == judgement.answers
    parts = np.array_split(np.argsort(confidence, kind="stable"), min(bins, len(confidence)))
    plot, axis = new_figure(width=4.6, height=4.0)
    lowest = float(min(confidence.min(), right[parts[0]].mean()))
    axis.plot([lowest, 1], [lowest, 1], color=SERIES[5], linestyle="--", label="as confident as right")
    points = [(float(confidence[part].mean()), float(right[part].mean())) for part in parts]
    axis.plot(*zip(*points, strict=True), "o-", color=SERIES[0], label="this model")
    axis.set_xlabel("mean confidence")
    axis.set_ylabel("share right")
    axis.legend(frameon=False)
    return figure(_svg(plot), "Above the line the model is too modest, below it too sure.")


def residuals_picture(judgement: Judgement) -> str:
    """Return predicted against true numbers, and how the errors are spread."""
    chosen = np.linspace(0, len(judgement.truth) - 1, min(MOST_POINTS, len(judgement.truth))).astype(int)
    truth, answers = judgement.truth[chosen], judgement.answers[chosen]
    plot, (left, right) = new_figure(columns=2, width=8.6, height=3.8)
    ends = [float(min(truth.min(), answers.min())), float(max(truth.max(), answers.max()))]
    left.plot(truth, answers, ".", color=SERIES[0], alpha=0.4, markersize=4)
    left.plot(ends, ends, color=SERIES[1], linestyle="--", label="predicted = true")
    left.set_xlabel("true")
    left.set_ylabel("predicted")
    left.legend(frameon=False)
    right.hist(judgement.answers - judgement.truth, bins=40, color=SERIES[0])
    right.axvline(0, color=SERIES[1], linestyle="--")
    right.set_xlabel("predicted - true")
    right.set_ylabel("rows")
    few = f"; {len(chosen):,} of {len(judgement.truth):,} rows are drawn" if len(chosen) < len(judgement.truth) else ""
    return figure(_svg(plot), f"Left: every point is a row{few}. Right: how far answers are off.")


def _svg(plot: Any) -> str:
    """Return a figure as an element of the page: no file of its own, names that no other picture has."""
    buffer = StringIO()
    plot.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    markup = buffer.getvalue()
    return re.sub(r"\s+xmlns:xlink=\"[^\"]*\"", "", markup[markup.index("<svg") :]).replace("xlink:href", "href")
