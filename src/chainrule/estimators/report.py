"""Report: what happened when a table was trained on, as data and as the screen that people read."""

from dataclasses import asdict, dataclass, field, fields
from math import isfinite, log
from typing import Any

from chainrule.errors import FileError
from chainrule.training.history import History

BARS = "▁▂▃▄▅▆▇█"
CURVE = 8


@dataclass
class Report:
    """What `train` did and found; every field is plain data that the model file keeps."""

    name: str
    target: str
    task: str
    reason: str
    classes: list[str] | None
    number_classes: bool
    rows: int
    dropped: int
    notes: list[str]
    columns: list[str]
    split: list[int]
    shape: str
    activation: str
    optimizer: str
    weights: int
    seed: int
    engine: str
    guess: str | float = ""
    best_epoch: int = 0
    epochs: int = 0
    examples: int = 0
    seconds: float = 0.0
    stopped_by: str = ""
    losses: list[float] = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)

    def record(self, history: History) -> None:
        """Keep what the history of the training says."""
        self.best_epoch = (history.weights_epoch or 0) + 1
        self.epochs = len(history.epoch)
        self.examples, self.seconds = history.examples, history.seconds
        self.stopped_by = history.stopped_by
        self.losses = history.history["val_loss"]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Any) -> "Report":
        """Return the report that ``data`` was made from.

        Raises
        ------
        FileError
            If a field is missing or unknown.
        """
        names = {f.name for f in fields(cls)}
        if not isinstance(data, dict) or data.keys() != names:
            raise FileError("the file's report is damaged: its fields are not those of this version")
        return cls(**data)

    def headline(self) -> str:
        """Return the test score in a few words."""
        if self.task == "classification":
            return f"{self.scores['right']} of {self.scores['rows']} test rows right"
        return f"R2 {self.scores['r2']:.3f} on {self.scores['rows']} test rows"

    def lines(self) -> list[str]:
        """Return the screen, without colours."""
        return [
            *self.data_lines(),
            "",
            *self.training_lines(),
            "",
            *score_lines(self.scores, self.target, held_out=True),
        ]

    def data_lines(self) -> list[str]:
        """Return what was read, how it is treated and how it was split."""
        kind = f"{len(self.classes)} classes" if self.classes else "a number"
        lines = [f"{self.name}   {self.rows:,} rows, target {self.target}: {kind} ({self.reason})"]
        lines += [f"  {line}" for line in self.columns]
        train, validation, test = self.split
        lines.append(f"  {'split':<12} {train:,} train, {validation:,} validation, {test:,} test")
        if self.dropped:
            lines.append(f"  {'dropped':<12} {self.dropped:,} rows without {self.target}")
        return lines + [f"  note         {note}" for note in self.notes]

    def training_lines(self) -> list[str]:
        """Return the network and its training."""
        lines = [
            f"{self.shape}  {self.activation}, {self.weights:,} weights, {self.optimizer}",
            f"  validation loss {self.losses[0]:.3g} {sparkline(self.losses)} {self.losses[-1]:.3g}   "
            f"best: epoch {self.best_epoch} of {self.epochs}",
            f"  {self.examples:,} examples in {self.seconds:.{1 if self.seconds >= 1 else 2}f} s",
        ]
        ordinary = self.stopped_by == "all epochs done" or self.stopped_by.startswith("early stopping")
        return lines if ordinary else [*lines, f"  stopped: {self.stopped_by}"]


def score_lines(scores: dict[str, Any], target: str, held_out: bool) -> list[str]:
    """Return the scores as text, with the guess to compare with."""
    what = "Test rows, never used before: " if held_out else ""
    if "confusion" not in scores:
        low, high = scores["rmse_interval"]
        return [
            f"{what}R2 {scores['r2']:.3f} on {scores['rows']:,} rows",
            f"  {target} is off by".ljust(34)
            + f"{number(scores['rmse'])} (RMSE; 95%: {number(low)} to {number(high)})",
            "  mean absolute error".ljust(34) + number(scores["mae"]),
            f"  always answering {number(scores['guess'])}:".ljust(34) + f"{number(scores['guess_rmse'])} (RMSE)",
        ]
    low, high = scores["accuracy_95"]
    lines = [
        f"{what}{scores['right']:,} of {scores['rows']:,} right "
        f"({scores['accuracy']:.1%}; 95%: {100 * low:.0f}-{100 * high:.0f})",
        f"  always answering {scores['guess']}:".ljust(30) + f"{scores['guess_right']:,} of {scores['rows']:,}",
    ]
    return lines + confusion_lines(scores["classes"], scores["confusion"])


def number(value: float) -> str:
    """Return a number with four digits, large ones with thousands separators.

    Examples
    --------
    >>> number(54940.3), number(0.0123456)
    ('54,940', '0.01235')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def confusion_lines(classes: list[str], confusion: list[list[int]]) -> list[str]:
    r"""Return the confusion matrix, or for many classes the confusions that are most frequent.

    Examples
    --------
    >>> print("\n".join(confusion_lines(["no", "yes"], [[3, 1], [0, 5]])))
               no yes  <- predicted
      no        3   1
      yes       0   5
    """
    if len(classes) > 10:
        pairs = [
            (count, classes[i], classes[j])
            for i, row in enumerate(confusion)
            for j, count in enumerate(row)
            if i != j and count
        ]
        return [f"  {count:>6} times {truth} answered as {answer}" for count, truth, answer in sorted(pairs)[:-6:-1]]
    names = [name if len(name) <= 14 else name[:13] + "…" for name in classes]
    first = max(8, *map(len, names))
    widths = [max(len(name), len(str(max(row[j] for row in confusion)))) for j, name in enumerate(names)]
    head = "".join(f" {name:>{width}}" for name, width in zip(names, widths, strict=True))
    lines = [f"  {'':<{first}}{head}  <- predicted"]
    for name, row in zip(names, confusion, strict=True):
        cells = "".join(f" {count:>{width}}" for count, width in zip(row, widths, strict=True))
        lines.append(f"  {name:<{first}}{cells}")
    return lines


def sparkline(values: list[float], width: int = CURVE) -> str:
    """Return a curve as a few block characters, on a logarithmic scale where all values are positive.

    Examples
    --------
    >>> sparkline([8.0, 4.0, 2.0, 1.0])
    '█▅▃▁'
    """
    finite = [value for value in values if isfinite(value)]
    if not finite:
        return ""
    count = min(width, len(finite))
    picked = [finite[round(i * (len(finite) - 1) / max(1, count - 1))] for i in range(count)]
    if min(picked) > 0:
        picked = [log(value) for value in picked]
    low, high = min(picked), max(picked)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[int((value - low) * scale)] for value in picked)
