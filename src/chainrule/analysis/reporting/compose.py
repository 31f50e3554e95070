"""report: one HTML file on a model and its data, for people."""

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import __version__
from chainrule.analysis.diagnosis import diagnose
from chainrule.analysis.explanation.compose import document_of
from chainrule.analysis.explanation.explain import explain_gradient
from chainrule.analysis.explanation.render_html import fragment
from chainrule.analysis.explanation.render_svg import render_explanation
from chainrule.analysis.explanation.traces import trace
from chainrule.analysis.reporting.judgement import Judgement, judge
from chainrule.analysis.reporting.page import Section, page, paragraph, text
from chainrule.analysis.reporting.pictures import (
    calibration_picture,
    curves_picture,
    network_picture,
    residuals_picture,
)
from chainrule.analysis.reporting.sections_of_data import data_section, repeat_section, training_words
from chainrule.analysis.reporting.sections_of_rows import (
    calibration_table,
    confusion_section,
    importance_section,
    score_section,
    worst_section,
)
from chainrule.analysis.reporting.subject import Subject, settings_of, subject_of
from chainrule.estimators.score_text import score_lines
from chainrule.estimators.tabular import TabularModel
from chainrule.estimators.train_table import train_table
from chainrule.files import write_whole
from chainrule.tables import ClassTarget, NumberTarget

DELTA = 0.1


class HtmlReport:
    """A report as one HTML file; a notebook shows it.

    Attributes
    ----------
    html : str
    """

    def __init__(self, html: str) -> None:
        self.html = html

    def save(self, path: str | PathLike[str], overwrite: bool = True) -> None:
        """Write the file, whole or not at all."""
        write_whole(Path(path), lambda out: out.write(self.html.encode()), overwrite=overwrite)

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{text(self.html).replace(chr(34), "&quot;")}" width="100%" height="800"></iframe>'


def report(model: TabularModel | str | PathLike[str], data: Any = None) -> HtmlReport:
    """Write a report that a person would send to a colleague: one HTML file, which fetches nothing.

    It tells what the data were and what became of them, draws network and curves, gives the scores on rows that
    training never saw with 95% intervals and beside what guessing and a linear model get, lists the examples behind
    each cell of the confusion matrix, how far confidence can be trusted, what each column is worth, the worst errors,
    one gradient explained, the findings of the diagnosis, and how to repeat it all.

    Parameters
    ----------
    model : TabularModel, or path of a model file or a run folder
    data : path, data frame, dict of columns or Table, optional
        Of the table that the model was trained on, the test part is found again, by the seed; other rows with a known
        target are judged as they are. Without data the report holds what the model file knows.

    Returns
    -------
    HtmlReport

    Raises
    ------
    FileError
        No such file, or none that holds a model of a table.
    UnknownNameError, DataError
        The data lack the target, or columns that the model needs.

    Examples
    --------
    >>> import chainrule
    >>> rows = {"hours": [1.0, 2.0, 8.0, 9.0] * 10, "passed": ["no", "no", "yes", "yes"] * 10}
    >>> made = report(chainrule.train(rows, target="passed", epochs=20), rows)
    >>> made.html[:15], "Worst errors" in made.html
    ('<!DOCTYPE html>', True)
    """
    subject = subject_of(model, data)
    about = subject.model.report
    sections: list[Section | None] = [data_section(subject), _network_section(subject)]
    target = subject.model.target
    if subject.rows is not None and isinstance(target, ClassTarget | NumberTarget):
        judgement = judge(subject.model, subject.rows)
        sections = [
            score_section(subject, judgement, _linear(subject)),
            confusion_section(subject, judgement),
            _trust_section(subject, judgement),
            worst_section(subject, judgement),
            importance_section(subject),
            *sections,
            _gradient_section(subject, judgement),
            _diagnosis_section(subject),
        ]
    else:
        sections.insert(0, _kept_scores(subject))
    sections.append(repeat_section(subject))
    title = f"{about.target} from {about.name}"
    kind = f"one of {len(about.classes)} classes" if about.classes else "a number"
    lead = f'<p class="lead">A network that predicts {text(about.target)}, {kind}: {text(about.headline())}.</p>'
    footer = f"Made with chainrule {__version__} from {subject.source}. This page holds everything it shows."
    return HtmlReport(page(title, lead, [section for section in sections if section is not None], footer))


def _kept_scores(subject: Subject) -> Section:
    about = subject.model.report
    words = "The scores of the test part, as the model file keeps them. Give the data for intervals, examples and more."
    lines = score_lines(about.scores, about.target, held_out=True)
    return Section("Scores", f"<pre>{text(chr(10).join(lines))}</pre>" + paragraph(words, "note"))


def _network_section(subject: Subject) -> Section:
    return Section(
        "Network and training",
        paragraph(training_words(subject)) + network_picture(subject) + curves_picture(subject),
    )


def _linear(subject: Subject) -> float | None:
    """Return what a network without hidden layers gets on the same test rows, trained on the same training rows."""
    if subject.prepared is None or subject.data is None:
        return None
    options, data = settings_of(subject.model)
    if not options.hidden:
        return None
    about = subject.model.report
    scores = train_table(subject.data, about.target, about.task, replace(options, hidden=()), data).report.scores
    return float(scores["accuracy"] if about.classes else scores["rmse"])


def _trust_section(subject: Subject, judgement: Judgement) -> Section:
    if judgement.probabilities is None:
        return Section("Predicted and true", residuals_picture(subject, judgement))
    rows, gap = calibration_table(judgement)
    words = (
        "How often answers of a given confidence are right. Where both are alike, a confidence can be read as a "
        f"probability; here they differ by {gap:.1%} on average."
    )
    return Section(
        "How far confidence can be trusted", paragraph(words) + calibration_picture(subject, judgement) + rows
    )


def _gradient_section(subject: Subject, judgement: Judgement) -> Section:
    """Return one gradient explained: of the weight that moves the loss most, on the row that costs most."""
    assert subject.rows is not None
    assert subject.places is not None
    worst = int(np.argmax(judgement.losses))
    model, row = subject.model, subject.rows.take(np.array([worst]))
    assert isinstance(model.target, ClassTarget | NumberTarget)
    inputs, answers = model.encoder.encode(row), model.target.encode(row.column(model.target.name))
    names: dict[str, Any] = {"input_names": model.encoder.feature_names, "output_names": model.classes}
    (weight, _), *_ = trace(model.network, inputs, answers, **names).largest_gradients(1)
    explained = explain_gradient(model.network, inputs, answers, weight=weight, **names)
    about = f"row {subject.places[worst]:,}, the one that costs most"
    words = "How a small change of one weight moves the loss of one row, by the chain rule."
    shown = fragment(document_of(explained, DELTA, about), render_explanation(explained, about))
    return Section("One gradient explained", paragraph(words) + shown)


def _diagnosis_section(subject: Subject) -> Section:
    assert subject.rows is not None
    rows = subject.rows if subject.prepared is None else subject.prepared.training_rows
    found = diagnose(subject.model, rows)
    if not found.findings:
        return Section("Diagnosis", paragraph("No findings: network, data and training look healthy."))
    items = "".join(
        f"<li><strong>{text(f.name)}</strong> ({text(f.where)})<br>{text(f.what)}. {text(f.advice)}.</li>"
        for f in found.findings
    )
    return Section("Diagnosis", f'<ul class="findings">{items}</ul>')
