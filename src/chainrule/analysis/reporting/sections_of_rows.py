"""Sections of a report that need rows: scores, confusions, calibration, what columns are worth, the worst errors."""

from collections.abc import Sequence

import numpy as np

from chainrule.analysis.plots.calibration import calibrate
from chainrule.analysis.reporting.importance import permutation_importance
from chainrule.analysis.reporting.judgement import Judgement, Score, scores
from chainrule.analysis.reporting.page import Section, bars, details, paragraph, table, text
from chainrule.analysis.reporting.subject import Subject
from chainrule.arrays import Array
from chainrule.estimators.wording import number, shorten
from chainrule.tables import ClassTarget

MOST_CLASSES = 12  # of a confusion matrix
LISTED = 20  # rows that a cell names
WORST = 10
SHOWN_COLUMNS = 6


def score_section(subject: Subject, judgement: Judgement, linear: float | None) -> Section:
    """Return the scores with their intervals, beside what needs no network.

    Parameters
    ----------
    subject : Subject
    judgement : Judgement
    linear : float or None
        Accuracy or RMSE of a network without hidden layers on the same rows; None: it is left out.
    """
    report, target = subject.model.report, subject.model.target
    classes = isinstance(target, ClassTarget)
    guess = target.classes.index(str(report.guess)) if isinstance(target, ClassTarget) else float(report.guess)
    found = scores(judgement, guess)
    name = str(report.guess) if classes else number(float(report.guess))
    rows = [_score_row(score, linear if number_ == 0 else None) for number_, score in enumerate(found)]
    head = ["score", "this model", "95% interval", f"always answering {shorten(name, 24)}", "a linear model"]
    columns = len(head) if linear is not None else len(head) - 1
    parts = [
        paragraph(f"On {subject.about_rows}."),
        table(head[:columns], [row[:columns] for row in rows], numbers=range(1, columns)),
        paragraph(
            "Intervals tell how much the scores would scatter with other rows of the same kind"
            + (
                " (the accuracy's is Wilson's, the others are from 1,000 resamples)."
                if classes
                else " (1,000 resamples)."
            ),
            "note",
        ),
    ]
    return Section("Scores", "\n".join(parts))


def _score_row(score: Score, linear: float | None) -> tuple[str, ...]:
    share = score.name in ("accuracy", "balanced accuracy")

    def shown(value: float | None) -> str:
        return "" if value is None else f"{value:.1%}" if share else number(value)

    return (
        score.name,
        shown(score.value),
        f"{shown(score.low)} to {shown(score.high)}",
        shown(score.guess),
        shown(linear),
    )


def confusion_section(subject: Subject, judgement: Judgement) -> Section | None:
    """Return who is taken for whom; each cell opens to the rows that it counts."""
    target = subject.model.target
    if not isinstance(target, ClassTarget) or subject.places is None:
        return None
    names = target.classes
    if len(names) > MOST_CLASSES:
        return Section("Confusions", _frequent_confusions(names, judgement, subject.places))
    head = "<th>truth</th>" + "".join(f"<th class='number'>{text(shorten(n, 20))}</th>" for n in names)
    body = []
    for i, name in enumerate(names):
        cells = []
        for j in range(len(names)):
            places = subject.places[(judgement.truth == i) & (judgement.answers == j)]
            kind = "right" if i == j else "wrong" if len(places) else ""
            inside = details(f"{len(places):,}", rows_words(places)) if len(places) else "0"
            cells.append(f'<td class="number {kind}">{inside}</td>')
        body.append(f"<tr><td>{text(name)}</td>{''.join(cells)}</tr>")
    grid = (
        f'<div class="wide"><table class="confusion"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )
    words = "Rows by their true class, columns by the answer. A number opens to the rows of the data that it counts."
    return Section("Confusions", paragraph(words) + grid)


def rows_words(places: Array) -> str:
    """Return which rows these are.

    Examples
    --------
    >>> rows_words(np.array([3, 18]))
    'rows 3, 18'
    """
    more = f" and {len(places) - LISTED:,} more" if len(places) > LISTED else ""
    return f"row{'s' if len(places) > 1 else ''} {', '.join(f'{place:,}' for place in places[:LISTED])}{more}"


def _frequent_confusions(names: Sequence[str], judgement: Judgement, places: Array) -> str:
    wrong = judgement.truth != judgement.answers
    pairs, counts = np.unique(np.stack([judgement.truth[wrong], judgement.answers[wrong]]), axis=1, return_counts=True)
    rows = []
    for k in np.argsort(-counts)[:WORST]:
        i, j = pairs[:, k]
        here = places[(judgement.truth == i) & (judgement.answers == j)]
        rows.append((names[i], names[j], f"{counts[k]:,}", rows_words(here)))
    return table(("truth", "answer", "times", "rows"), rows, numbers=(2,))


def calibration_table(judgement: Judgement, bins: int = 10) -> tuple[str, float]:
    """Return how often answers given with some confidence are right, and the mean gap between the two."""
    assert judgement.probabilities is not None
    confidence = judgement.probabilities[np.arange(len(judgement.truth)), judgement.answers].astype(np.float64)
    found = calibrate(judgement.truth == judgement.answers, confidence, bins)
    rows = [
        (f"{said:.1%}", f"{count:,}", f"{share:.1%}", f"{low:.0%} to {high:.0%}")
        for said, count, share, low, high in zip(
            found.predicted, found.rows, found.observed, found.low, found.high, strict=True
        )
    ]
    return table(("mean confidence", "rows", "share right", "95% interval"), rows, numbers=(0, 1, 2, 3)), found.error


def importance_section(subject: Subject) -> Section:
    """Return what each column is worth to the model."""
    assert subject.rows is not None
    found = permutation_importance(subject.model, subject.rows)
    what = "log loss" if isinstance(subject.model.target, ClassTarget) else "RMSE"
    rows = [(i.column, i.mean, f"{number(i.mean)} ({number(i.low)} to {number(i.high)})") for i in found]
    words = (
        f"By how much the {what} rises when the values of one column are shuffled among the rows, so that it says "
        "nothing: the mean of 5 shuffles and their range. Columns that say the same stand in for one another."
    )
    return Section("What each column is worth", paragraph(words) + bars(rows))


def worst_section(subject: Subject, judgement: Judgement) -> Section:
    """Return the rows that the model gets most wrong."""
    assert subject.rows is not None
    assert subject.places is not None
    target = subject.model.target
    worst = [int(i) for i in np.argsort(-judgement.losses, kind="stable")[:WORST]]
    names = [e.name for e in subject.model.encoder.used][:SHOWN_COLUMNS]
    cells = [subject.rows.column(name).take(np.array(worst)).as_text() for name in names]
    rows = []
    for k, i in enumerate(worst):
        if isinstance(target, ClassTarget):
            assert judgement.probabilities is not None
            truth, answer = target.classes[judgement.truth[i]], target.classes[judgement.answers[i]]
            off = f"{judgement.probabilities[i, judgement.truth[i]]:.1%}"
        else:
            truth, answer = number(float(judgement.truth[i])), number(float(judgement.answers[i]))
            off = number(float(judgement.answers[i] - judgement.truth[i]))
        rows.append((f"{subject.places[i]:,}", truth, answer, off, *(shorten(str(column[k]), 24) for column in cells)))
    off = "probability of the truth" if isinstance(target, ClassTarget) else "off by"
    words = "The rows that cost most, with what the model knew of them; a look at them finds faults in data."
    return Section(
        "Worst errors", paragraph(words) + table(("row", "truth", "answer", off, *names), rows, numbers=(0, 3))
    )
