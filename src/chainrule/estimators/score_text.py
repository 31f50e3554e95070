"""Scores as the lines that people read: the share that is right, what a guess would get, who is mistaken for whom."""

from typing import Any

from chainrule.estimators.several_scores import several_score_lines
from chainrule.estimators.wording import number, pad, printable, shorten
from chainrule.tables.table import counted

WIDTH = 100
MOST_CLASSES = 10  # of a confusion matrix
_LONGEST = 14  # name in the head of a confusion matrix
_MISTAKES = 5


def score_lines(scores: dict[str, Any], target: str, held_out: bool, width: int = WIDTH) -> list[str]:
    r"""Return scores, as ``as_dict`` of `ClassScores`, `NumberScores` and `SeveralScores` gives them, as lines.

    Parameters
    ----------
    scores : dict
    target : str
        Name of the target.
    held_out : bool
        Whether training has never seen the rows.
    width : int
        Of the screen, in characters.

    Examples
    --------
    >>> from chainrule.estimators.scores import number_scores
    >>> import numpy as np
    >>> scores = number_scores(np.array([10.0, 20.0, 30.0]), np.array([11.0, 20.0, 29.0]), guess=20.0)
    >>> print("\n".join(score_lines(scores.as_dict(), "price", held_out=False)))
    R2 0.990 on 3 rows
      price is off by          0.8165 (RMSE; 95%: 0.000 to 1.000)
      mean absolute error      0.6667
      always answering 20.00    8.165 (RMSE)
    """
    what = "Test rows, never used before: " if held_out else ""
    if "targets" in scores:
        lines = several_score_lines(scores)
    else:
        lines = _class_lines(scores, width) if "confusion" in scores else _number_lines(scores, target)
    return [what + lines[0], *lines[1:]]


def _number_lines(scores: dict[str, Any], target: str) -> list[str]:
    low, high = scores["rmse_interval"]
    rows = counted(scores["rows"], "row")
    table = [
        (
            f"{shorten(printable(target), 40)} is off by",
            scores["rmse"],
            f" (RMSE; 95%: {number(low)} to {number(high)})",
        ),
        ("mean absolute error", scores["mae"], ""),
        (f"always answering {number(scores['guess'])}", scores["guess_rmse"], " (RMSE)"),
    ]
    label = max(len(name) for name, _, _ in table)
    value = max(len(number(amount)) for _, amount, _ in table)
    r2 = "R2 undefined (the target does not vary)" if scores["r2"] is None else f"R2 {scores['r2']:.3f}"
    lines = [f"  {pad(name, label)}  {number(amount):>{value}}{more}" for name, amount, more in table]
    return [f"{r2} on {rows}{', weighted' if scores.get('weighted') else ''}", *lines]


def _class_lines(scores: dict[str, Any], width: int) -> list[str]:
    low, high = scores["accuracy_95"]
    digits = 0 if high - low >= 0.02 else 1 if high - low >= 0.002 else 2
    guess = f"  always answering {shorten(printable(scores['guess']), 40)}:"
    return [
        f"{scores['right']:,} of {scores['rows']:,} right "
        f"({scores['accuracy']:.1%}; 95%: {100 * low:.{digits}f}-{100 * high:.{digits}f})",
        f"{pad(guess, 28)}  {scores['guess_right']:,} of {scores['rows']:,}",
        *([f"{pad('  by weight:', 28)}  {scores['by_weight']:.1%} right"] if "by_weight" in scores else []),
        *confusion_lines(scores["classes"], scores["confusion"], width),
    ]


def confusion_lines(classes: list[str], confusion: list[list[int]], width: int = WIDTH) -> list[str]:
    r"""Return the confusion matrix, or for many classes the confusions that are most frequent.

    Where the names make the matrix wider than the screen they are numbered.

    Examples
    --------
    >>> print("\n".join(confusion_lines(["no", "yes"], [[3, 1], [0, 5]])))
               no yes  <- predicted
      no        3   1
      yes       0   5
    >>> print("\n".join(confusion_lines(["no", "yes"], [[3, 1], [0, 5]], width=30)))
               1 2  <- predicted
      1 no     3 1
      2 yes    0 5
    """
    names = [printable(name) for name in classes]
    if len(names) <= MOST_CLASSES:
        numbers = [str(i + 1) for i in range(len(names))]
        numbered = [f"{i:>{len(numbers[-1])}} {name}" for i, name in zip(numbers, names, strict=True)]
        short = [shorten(name, _LONGEST) for name in names]
        for head, labels in ((short, short), (numbers, [shorten(name, 30) for name in numbered])):
            lines = _matrix(head, labels, confusion)
            if len(lines[0]) <= width and len(set(labels)) == len(labels):
                return lines
    return _mistakes(names, confusion)


def _matrix(head: list[str], labels: list[str], confusion: list[list[int]]) -> list[str]:
    from rich.cells import cell_len

    first = max(8, *map(cell_len, labels))
    widths = [max(cell_len(name), *(len(f"{row[j]:,}") for row in confusion)) for j, name in enumerate(head)]
    top = "".join(f" {pad(name, width, right=True)}" for name, width in zip(head, widths, strict=True))
    lines = [f"  {'':<{first}}{top}  <- predicted"]
    for label, row in zip(labels, confusion, strict=True):
        cells = "".join(f" {count:>{width},}" for count, width in zip(row, widths, strict=True))
        lines.append(f"  {pad(label, first)}{cells}")
    return lines


def _mistakes(names: list[str], confusion: list[list[int]]) -> list[str]:
    pairs = [(count, i, j) for i, row in enumerate(confusion) for j, count in enumerate(row) if i != j and count]
    frequent = sorted(pairs, key=lambda pair: (-pair[0], pair[1:]))[:_MISTAKES]
    return [
        f"  {counted(count, 'time'):>11}  {shorten(names[i], 30)} answered as {shorten(names[j], 30)}"
        for count, i, j in frequent
    ]
