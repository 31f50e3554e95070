"""Pictures of a report, as SVG inside the page."""

from chainrule.analysis.reporting.judgement import Judgement
from chainrule.analysis.reporting.subject import Subject


def network_picture(subject: Subject) -> str:
    return ""


def curves_picture(subject: Subject) -> str:
    return ""


def calibration_picture(judgement: Judgement) -> str:
    return ""


def residuals_picture(judgement: Judgement) -> str:
    return ""
