"""Sections of a report that the model file alone can tell: data and treatment, network, training, how to repeat."""

import shlex

from chainrule.analysis.reporting.page import Section, details, paragraph, table, text
from chainrule.analysis.reporting.subject import Subject
from chainrule.estimators.network import Options
from chainrule.estimators.wording import duration, number
from chainrule.tables.table import counted


def data_section(subject: Subject) -> Section:
    """Return what the data were, and what became of each column."""
    report, encoder = subject.model.report, subject.model.encoder
    train, validation, test = report.split
    kind = f"{len(report.classes)} classes" if report.classes else "a number"
    parts = [
        paragraph(
            f"{report.name}: {counted(report.rows, 'row')}, of which {train:,} trained the network, {validation:,} "
            f"watched over its training and {test:,} were kept for the test. The target, {report.target}, is {kind} "
            f"({report.reason})."
        )
    ]
    lines = [
        line for line in report.columns if line.startswith(("warning", "grouped", "in time", "balanced", "test file"))
    ]
    notes = [*(" ".join(line.split()) for line in lines), *report.notes]
    if report.dropped:
        notes.append(f"{counted(report.dropped, 'row')} without {report.target} left out")
    if notes:
        parts.append("<ul>" + "".join(f"<li>{text(note)}</li>" for note in notes) + "</ul>")
    rows = [(t.column, t.kind, str(t.features), t.text) for t in encoder.describe()]
    parts.append(table(("column", "kind", "inputs", "treatment"), rows, numbers=(2,)))
    return Section("Data", "\n".join(parts))


def training_words(subject: Subject) -> str:
    """Return how training went, in words."""
    report = subject.model.report
    words = (
        f"{report.shape}, {report.activation}, {report.weights:,} weights, trained with {report.optimizer} on "
        f"{report.examples:,} examples in {duration(report.seconds)} ({report.engine} engine). "
        f"The weights are those of epoch {report.best_epoch} of {report.epochs}."
    )
    if report.refitted:
        words += (
            f" Then it was trained once more, on {counted(report.refitted, 'row')}; scores are of the network before."
        )
    return words


def repeat_section(subject: Subject) -> Section:
    """Return how to get this model again: command, settings, seed, versions."""
    report = subject.model.report
    parts = [paragraph("The same data, settings and seed give the same model on the same kind of machine.")]
    parts.append(f"<pre>{text(command_of(subject))}</pre>")
    if subject.run is not None:
        found = subject.run.environment()
        versions = ", ".join(f"{name} {version}" for name, version in dict(found.get("versions", {})).items())
        lines = (
            ("engine", found.get("engine")),
            ("platform", found.get("platform")),
            ("started", found.get("started")),
        )
        rows = [(name, str(value)) for name, value in (*lines, ("versions", versions)) if value]
        parts.append(table(("environment", ""), rows))
    shown = [(name, _setting(value)) for name, value in report.settings.items() if value not in (None, [], False)]
    parts.append(details("all settings", "; ".join(f"{name}: {value}" for name, value in shown)))
    return Section("How to repeat it", "\n".join(parts))


def command_of(subject: Subject) -> str:
    """Return the command that trains this model."""
    report = subject.model.report
    words = ["chainrule", "train", report.name, "--target", report.target]
    usual = Options().as_dict()
    for name, value in report.settings.items():
        if value in (None, [], False) or value == usual.get(name) or name == "number_classes":
            continue
        option = "--" + name.replace("_", "-")
        if value is True:
            words.append(option)
        else:
            words += [option, ",".join(map(str, value)) if isinstance(value, list) else str(value)]
    if "hidden" in report.settings and not report.settings["hidden"]:
        words += ["--hidden", "none"]
    return shlex.join(words)


def _setting(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)
