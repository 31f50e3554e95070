"""Scores of several targets at once: each by itself, and the rows that are right in all of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.scores import number_scores, wilson
from chainrule.estimators.wording import number, pad, printable, shorten
from chainrule.tables import ClassTarget, LabelsTarget, NumbersTarget, Table
from chainrule.tables.table import counted

_BINARY = ("0", "1")
_LONGEST = 30  # name of a target


@dataclass(frozen=True)
class SeveralScores:
    """How several labels, or several numbers, were answered.

    Attributes
    ----------
    rows : int
    targets : dict of name to dict
        For a label: ``accuracy``, ``positives`` (rows that have it), ``true_positives``, ``false_positives`` and
        ``f1``, None where no row has it or is said to. For a number: ``rmse``, ``mae``, ``rmse_interval`` and ``r2``,
        None where the target does not vary.
    right : int or None
        Rows that are right in all labels; None for numbers.
    """

    rows: int
    targets: dict[str, dict[str, Any]]
    right: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as JSON data; of numbers with the mean of their R2."""
        if self.right is None:
            found = [scores["r2"] for scores in self.targets.values() if scores["r2"] is not None]
            return {"rows": self.rows, "r2": float(np.mean(found)) if found else None, "targets": self.targets}
        return {
            "rows": self.rows,
            "right": self.right,
            "accuracy": self.right / self.rows,
            "accuracy_95": list(wilson(self.right, self.rows)),
            "targets": self.targets,
        }


def several_scores(target: LabelsTarget | NumbersTarget, table: Table, outputs: Array) -> SeveralScores:
    """Return the scores of a network's outputs on rows whose targets are known.

    Raises
    ------
    DataError
        A target has no value in a row, or one that it can't have.

    Examples
    --------
    >>> from chainrule.tables import read_table
    >>> table = read_table({"comedy": [1, 0, 1], "drama": [0, 1, 1]})
    >>> scores = several_scores(LabelsTarget("genre", ("comedy", "drama")), table, np.array([[1, 0], [0, 1], [0, 1]]))
    >>> scores.right, scores.targets["comedy"]["true_positives"], scores.targets["drama"]["f1"]
    (2, 1, 1.0)
    """
    answers = target.answers(outputs)
    if isinstance(target, NumbersTarget):
        found = {}
        for part, predicted in zip(target.parts, answers.T, strict=True):
            truth = part.decode(part.encode(table.column(part.name)))
            scores = number_scores(truth, predicted, guess=0.0).as_dict()
            found[part.name] = {name: scores[name] for name in ("rmse", "mae", "rmse_interval", "r2")}
        return SeveralScores(table.rows, found)
    truth = np.stack([ClassTarget(name, _BINARY).encode(table.column(name)) for name in target.labels], axis=1)
    labels = {name: _label(truth[:, i], answers[:, i]) for i, name in enumerate(target.labels)}
    return SeveralScores(table.rows, labels, int((truth == answers).all(axis=1).sum()))


def _label(truth: Array, answers: Array) -> dict[str, Any]:
    positives, said, found = int(truth.sum()), int(answers.sum()), int((truth & answers).sum())
    return {
        "accuracy": float((truth == answers).mean()),
        "positives": positives,
        "true_positives": found,
        "false_positives": said - found,
        "f1": 2 * found / (positives + said) if positives + said else None,
    }


def several_score_lines(scores: dict[str, Any]) -> list[str]:
    r"""Return scores, as ``as_dict`` of `SeveralScores` gives them, as lines.

    Examples
    --------
    >>> label = {"accuracy": 0.75, "positives": 2, "true_positives": 1, "false_positives": 0, "f1": 2 / 3}
    >>> print("\n".join(several_score_lines(SeveralScores(4, {"comedy": label}, 3).as_dict())))
    3 of 4 rows right in the label (75.0%; 95%: 30-95)
              right  have it  found  wrongly    F1
      comedy  75.0%        2      1        0  0.67
    """
    rows, targets = counted(scores["rows"], "row"), scores["targets"]
    table: list[tuple[str, ...]]
    if "right" in scores:
        low, high = scores["accuracy_95"]
        which = {1: "the label", 2: "both labels"}.get(len(targets), f"all {len(targets)} labels")
        share = f"{scores['accuracy']:.1%}; 95%: {100 * low:.0f}-{100 * high:.0f}"
        head = f"{scores['right']:,} of {rows} right in {which} ({share})"
        table = [("", "right", "have it", "found", "wrongly", "F1")]
        table += [
            (
                name,
                f"{label['accuracy']:.1%}",
                *(f"{label[count]:,}" for count in ("positives", "true_positives", "false_positives")),
                "-" if label["f1"] is None else f"{label['f1']:.2f}",
            )
            for name, label in targets.items()
        ]
    else:
        head = f"R2 {_r2(scores['r2'])} on average over {counted(len(targets), 'target')}, {rows}"
        table = [("", "off by (RMSE)", "mean absolute error", "R2")]
        table += [(name, number(n["rmse"]), number(n["mae"]), _r2(n["r2"])) for name, n in targets.items()]
    return [head, *_aligned(table)]


def _r2(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _aligned(table: list[tuple[str, ...]]) -> list[str]:
    from rich.cells import cell_len

    names = [shorten(printable(row[0]), _LONGEST) for row in table]
    first = max(map(cell_len, names))
    widths = [max(len(row[i]) for row in table) for i in range(1, len(table[0]))]
    return [
        f"  {pad(name, first)}" + "".join(f"  {cell:>{w}}" for cell, w in zip(row[1:], widths, strict=True))
        for name, row in zip(names, table, strict=True)
    ]
